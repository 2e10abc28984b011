/* Flow specifications: the examples of RFC 8955 §4.3 and RFC 8956 §3.8, normalisation, order
 * (RFC 8955 §5.1, RFC 8956 §4), text. */
#include "flows.h"

static struct flow decode(uint8_t version, struct span nlri)
{
    struct flow f;
    struct reader r = reader_over(nlri);
    assert_int_equal(flow_next(&r, version, f.bytes, &f.len_bytes), 1);
    assert_int_equal(reader_left(&r), 0);
    return f;
}

static void assert_text(const struct flow *f, uint8_t version, const char *expected)
{
    struct strbuf out = {0};
    flow_format(flow_span(f), version, &out);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_release(&out);
}

/* The NLRI (length in front) is canonical, has this text, and comes from this text. */
static void assert_both_ways(uint8_t version, struct span nlri, const char *text)
{
    struct flow f = decode(version, nlri);
    uint8_t buf[FLOW_MAX_BYTES + 2];
    struct writer w = writer_over(buf, sizeof(buf));
    flow_put(&w, flow_span(&f));
    assert_span_equal(writer_span(&w), nlri);
    assert_int_equal(flow_len_bytes(flow_span(&f)), nlri.len_bytes);
    assert_text(&f, version, text);
    struct flow parsed = parse(version, text);
    assert_span_equal(flow_span(&parsed), flow_span(&f));
}

static void rfc8955_examples(void **state)
{
    (void)state;
    /* 4.3.1: packets to 192.0.2.0/24 and TCP port 25 */
    assert_both_ways(IP_V4,
                     BYTES(0x0b, 0x01, 0x18, 0xc0, 0x00, 0x02, 0x03, 0x81, 0x06, 0x04, 0x81, 0x19),
                     "destination 192.0.2.0/24; protocol =6; port =25");
    /* 4.3.2: to 192.0.2.0/24 from 203/8 and port {range [137, 139] or 8080} */
    assert_both_ways(IP_V4,
                     BYTES(0x10, 0x01, 0x18, 0xc0, 0x00, 0x02, 0x02, 0x08, 0xcb, 0x04, 0x03, 0x89,
                           0x45, 0x8b, 0x91, 0x1f, 0x90),
                     "destination 192.0.2.0/24; source 203.0.0.0/8; port >=137 <=139 =8080");
    /* 4.3.3: to 192.0.2.1/32 and fragment {DF or FF} */
    assert_both_ways(IP_V4, BYTES(0x09, 0x01, 0x20, 0xc0, 0x00, 0x02, 0x01, 0x0c, 0x80, 0x05),
                     "destination 192.0.2.1/32; fragment dont-fragment+first-fragment");
}

static void rfc8956_examples(void **state)
{
    (void)state;
    /* 3.8.1: from ::1234:5678:9a00:0/64-104 to 2001:db8::/32, upper-layer protocol TCP */
    assert_both_ways(IP_V6,
                     BYTES(0x12, 0x01, 0x20, 0x00, 0x20, 0x01, 0x0d, 0xb8, 0x02, 0x68, 0x40, 0x12,
                           0x34, 0x56, 0x78, 0x9a, 0x03, 0x81, 0x06),
                     "destination 2001:db8::/32; source ::1234:5678:9a00:0/64-104; protocol =6");
    /* 3.8.2: from ::1234:5678:9a00:0/65-104 to 2001:db8::/32 */
    assert_both_ways(IP_V6,
                     BYTES(0x0f, 0x01, 0x20, 0x00, 0x20, 0x01, 0x0d, 0xb8, 0x02, 0x68, 0x41, 0x24,
                           0x68, 0xac, 0xf1, 0x34),
                     "destination 2001:db8::/32; source ::1234:5678:9a00:0/65-104");
}

static void every_component(void **state)
{
    (void)state;
    assert_both_ways(IP_V4, BYTES(2, 1, 0), "destination 0.0.0.0/0");
    assert_both_ways(IP_V6, BYTES(3, 1, 0, 0), "destination ::/0");
    assert_both_ways(IP_V4, BYTES(4, 2, 12, 10, 0x10), "source 10.16.0.0/12");
    assert_both_ways(IP_V4, BYTES(3, 3, 0x81, 17), "protocol =17");
    assert_both_ways(IP_V4, BYTES(6, 4, 0x01, 80, 0x91, 0x1f, 0x90), "port =80 =8080");
    assert_both_ways(IP_V4, BYTES(7, 5, 0x12, 0x1f, 0x40, 0xd5, 0x1f, 0x90),
                     "destination-port >8000 <=8080");
    assert_both_ways(IP_V4, BYTES(3, 6, 0x86, 53), "source-port !=53");
    assert_both_ways(IP_V4, BYTES(3, 7, 0x81, 8), "icmp-type =8");
    assert_both_ways(IP_V4, BYTES(3, 8, 0x84, 1), "icmp-code <1");
    assert_both_ways(IP_V4, BYTES(3, 9, 0x80, 0x02), "tcp-flags syn");
    assert_both_ways(IP_V4, BYTES(3, 9, 0x81, 0x12), "tcp-flags =syn+ack");
    assert_both_ways(IP_V4, BYTES(5, 9, 0x00, 0x02, 0xc2, 0x10), "tcp-flags syn&!ack");
    assert_both_ways(IP_V4, BYTES(3, 9, 0x83, 0xff), "tcp-flags !=fin+syn+rst+psh+ack+urg+ece+cwr");
    assert_both_ways(IP_V4, BYTES(4, 9, 0x91, 0x01, 0x02), "tcp-flags =0x102");
    assert_both_ways(IP_V4, BYTES(3, 9, 0x81, 0x00), "tcp-flags =0x0");
    assert_both_ways(IP_V4, BYTES(3, 10, 0x82, 100), "packet-length >100");
    assert_both_ways(IP_V4, BYTES(3, 11, 0x81, 46), "dscp =46");
    assert_both_ways(IP_V4, BYTES(5, 12, 0x00, 0x02, 0x82, 0x08),
                     "fragment is-fragment | !last-fragment");
    assert_both_ways(IP_V6, BYTES(6, 13, 0xa1, 0x00, 0x0f, 0xff, 0xff), "flow-label =1048575");
    assert_both_ways(IP_V6, BYTES(6, 13, 0xa1, 0, 0, 0, 5), "flow-label =5");
    assert_both_ways(IP_V6, BYTES(11, 13, 0x23, 0, 0, 0, 5, 0xe5, 0, 0, 1, 0),
                     "flow-label >=5 <=256");
    assert_both_ways(IP_V4, BYTES(3, 4, 0x87, 0x00), "port true");
    assert_both_ways(IP_V4, BYTES(3, 4, 0x80, 0x00), "port false");
}

/* AND and OR where the layout of the text would say the other. */
static void joints(void **state)
{
    (void)state;
    assert_both_ways(IP_V4, BYTES(5, 4, 0x02, 10, 0x84, 20), "port >10 | <20");
    assert_both_ways(IP_V4, BYTES(5, 4, 0x02, 20, 0x84, 10), "port >20 | <10");
    assert_both_ways(IP_V4, BYTES(5, 4, 0x02, 20, 0xc4, 10), "port >20 <10");
    assert_both_ways(IP_V4, BYTES(5, 4, 0x04, 10, 0x82, 20), "port <10 >20");
    assert_both_ways(IP_V4, BYTES(5, 4, 0x06, 10, 0xc6, 20), "port !=10&!=20");
    assert_both_ways(IP_V4, BYTES(5, 4, 0x06, 10, 0x86, 20), "port !=10 | !=20");
    assert_both_ways(IP_V4, BYTES(5, 4, 0x01, 10, 0x86, 20), "port =10 | !=20");
    assert_both_ways(IP_V4, BYTES(7, 9, 0x00, 2, 0x42, 0x10, 0x80, 4), "tcp-flags syn&!ack | rst");
    assert_both_ways(IP_V4, BYTES(7, 4, 0x02, 1, 0x42, 5, 0x84, 9), "port >1&>5 <9");
    assert_both_ways(IP_V4, BYTES(7, 4, 0x02, 1, 0x42, 5, 0xc4, 9), "port >1&>5&<9");
    assert_both_ways(IP_V4, BYTES(9, 4, 0x03, 1, 0x45, 5, 0x03, 10, 0xc5, 15),
                     "port >=1 <=5 >=10 <=15");
}

static void spellings(void **state)
{
    (void)state;
    static const struct {
        uint8_t version;
        const char *text;
        const char *shown;
    } texts[] = {
        {IP_V4, "protocol tcp udp", "protocol =6 =17"},
        {IP_V4, "PROTOCOL !=TCP", "protocol !=6"},
        {IP_V6, "protocol icmp6", "protocol =58"},
        {IP_V6, "next-header ipv6-icmp", "protocol =58"},
        {IP_V4, "Next-Header tcp", "protocol =6"},
        {IP_V4, "port 1000-2000", "port >=1000 <=2000"},
        {IP_V4, "port 80 1000 - 2000 443", "port =80 >=1000 <=2000 =443"},
        {IP_V4, "port =1000-0x7d0|5- 5", "port >=1000 <=2000 >=5 <=5"},
        {IP_V4, "port !=1500&1000-2000", "port !=1500&>=1000&<=2000"},
        {IP_V4, "port >5 10-20", "port >5 >=10 <=20"},
        {IP_V4, "port 80 | 443", "port =80 =443"},
        {IP_V4, "port >=100 <=50", "port >=100 <=50"},
        {IP_V4, "tcp-flags syn|!ack", "tcp-flags syn | !ack"},
        {IP_V4, "destination-port 80 443", "destination-port =80 =443"},
        {IP_V4, "destination-port >8000<=8080", "destination-port >8000 <=8080"},
        {IP_V4, "destination-port > 8000 & <= 8080", "destination-port >8000 <=8080"},
        {IP_V4, "destination-port>8000", "destination-port >8000"},
        {IP_V4, "port ==80|==0x51", "port =80 =81"},
        {IP_V4, "icmp-type echo-request", "icmp-type =8"},
        {IP_V6, "icmp-type echo-request", "icmp-type =128"},
        {IP_V4, "tcp-flags push", "tcp-flags psh"},
        {IP_V4, "tcp-flags 0x12", "tcp-flags syn+ack"},
        {IP_V4, "tcp-flags = SYN + ACK & ! rst", "tcp-flags =syn+ack&!rst"},
        {IP_V4, "fragment =is-fragment", "fragment =is-fragment"},
        {IP_V4, "source 10.1.2.3", "source 10.1.2.3/32"},
        {IP_V4, "source 10.1.2.3/8", "source 10.0.0.0/8"},
        {IP_V6, "source 2001:db8:ffff::/16-32", "source 0:db8::/16-32"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct flow f = parse(texts[i].version, texts[i].text);
        assert_text(&f, texts[i].version, texts[i].shown);
    }
    const char *const rules[] = {"port 1 ", " source 10.0.0.0/8;protocol 6; "};
    struct flow f;
    struct strbuf error = {0};
    assert_int_equal(flow_parse(rules, 2, IP_V4, f.bytes, &f.len_bytes, &error), 0);
    assert_text(&f, IP_V4, "source 10.0.0.0/8; protocol =6; port =1");
    strbuf_release(&error);
}

/* A flow whose labels have no room for 4 octets is refused: it could not be sent on. */
static void flow_that_outgrows_its_length(void **state)
{
    (void)state;
    enum { TERM_BYTES = 5 };
    const unsigned most = (FLOW_MAX_BYTES - 1) / TERM_BYTES;
    for (unsigned count = most; count <= most + 1; count++) {
        uint8_t nlri[FLOW_MAX_BYTES + 2];
        struct writer w = writer_over(nlri, sizeof(nlri));
        writer_u16(&w, (uint16_t)(0xf000 | (1 + 2 * count)));
        writer_u8(&w, 13);
        for (unsigned i = 1; i <= count; i++) {
            writer_u8(&w, i == count ? 0x81 : 0x01);
            writer_u8(&w, 5);
        }
        struct flow f;
        struct reader r = reader_over(writer_span(&w));
        int expected = count == most ? 1 : ERR_INVALID;
        assert_int_equal(flow_next(&r, IP_V6, f.bytes, &f.len_bytes), expected);
        if (expected == 1)
            assert_int_equal(f.len_bytes, 1 + TERM_BYTES * most);
    }
}

/* What means the same becomes the same bytes. */
static void normalisation(void **state)
{
    (void)state;
    /* Wide values, reserved operator bits, AND on the first term, two-byte length. */
    struct flow f = decode(IP_V4, BYTES(0xf0, 0x09, 4, 0x61, 0, 0, 0, 80, 0x99, 0x00, 0x51));
    assert_span_equal(flow_span(&f), BYTES(4, 0x01, 80, 0x81, 81));
    f = decode(IP_V4, BYTES(10, 5, 0xb1, 0, 0, 0, 0, 0, 0, 0x1f, 0x90));
    assert_span_equal(flow_span(&f), BYTES(5, 0x91, 0x1f, 0x90));
    /* RFC 8956 §3.7: flow labels have 4 octets, in whatever length they came. */
    const struct span labels[] = {
        BYTES(3, 13, 0x81, 5),
        BYTES(4, 13, 0x91, 0, 5),
        BYTES(6, 13, 0xa1, 0, 0, 0, 5),
        BYTES(10, 13, 0xb1, 0, 0, 0, 0, 0, 0, 0, 5),
    };
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        f = decode(IP_V6, labels[i]);
        assert_span_equal(flow_span(&f), BYTES(13, 0xa1, 0, 0, 0, 5));
    }
    /* Bits after a prefix. */
    f = decode(IP_V4, BYTES(4, 1, 12, 10, 0x1f));
    assert_span_equal(flow_span(&f), BYTES(1, 12, 10, 0x10));
    f = decode(IP_V6, BYTES(4, 1, 12, 8, 0xff));
    assert_span_equal(flow_span(&f), BYTES(1, 12, 8, 0xf0));
    /* RFC 8955 §4.2.2.9, .11, .12: bits that are to be ignored. */
    f = decode(IP_V4, BYTES(4, 9, 0x9d, 0xf0, 0x02));
    assert_span_equal(flow_span(&f), BYTES(9, 0x81, 0x02));
    f = decode(IP_V4, BYTES(3, 11, 0x81, 0xee));
    assert_span_equal(flow_span(&f), BYTES(11, 0x81, 0x2e));
    f = decode(IP_V4, BYTES(3, 12, 0x80, 0xf3));
    assert_span_equal(flow_span(&f), BYTES(12, 0x80, 0x03));
    /* RFC 8956 §3.6: there is no DF bit. */
    f = decode(IP_V6, BYTES(3, 12, 0x80, 0x03));
    assert_span_equal(flow_span(&f), BYTES(12, 0x80, 0x02));
    /* Always true, whatever the value. */
    f = decode(IP_V4, BYTES(3, 4, 0x87, 80));
    assert_span_equal(flow_span(&f), BYTES(4, 0x87, 0));
}

static void assert_refused(uint8_t version, struct span nlri)
{
    struct flow f = {.len_bytes = 12345};
    struct reader r = reader_over(nlri);
    assert_int_equal(flow_next(&r, version, f.bytes, &f.len_bytes), ERR_INVALID);
    assert_false(reader_ok(&r));
    assert_int_equal(f.len_bytes, 12345);
    /* And it stays so. */
    assert_int_equal(flow_next(&r, version, f.bytes, &f.len_bytes), ERR_INVALID);
}

static void malformed(void **state)
{
    (void)state;
    assert_refused(IP_V4, BYTES(0));                          /* no component */
    assert_refused(IP_V4, BYTES(4, 1, 8, 10));                /* cut */
    assert_refused(IP_V4, BYTES(0xf0));                       /* half a length */
    assert_refused(IP_V4, BYTES(2, 1, 8));                    /* cut within */
    assert_refused(IP_V4, BYTES(3, 0, 0x81, 6));              /* type 0 */
    assert_refused(IP_V4, BYTES(3, 13, 0x81, 6));             /* IPv6 only */
    assert_refused(IP_V6, BYTES(3, 14, 0x81, 6));             /* unknown */
    assert_refused(IP_V4, BYTES(6, 4, 0x81, 25, 3, 0x81, 6)); /* misordered */
    assert_refused(IP_V4, BYTES(6, 3, 0x81, 6, 3, 0x81, 17)); /* twice */
    assert_refused(IP_V4, BYTES(7, 1, 33, 10, 0, 0, 0, 0));   /* long prefix */
    assert_refused(IP_V6, BYTES(3, 1, 129, 128));             /* long prefix */
    assert_refused(IP_V6, BYTES(3, 1, 8, 8));                 /* offset = length */
    assert_refused(IP_V6, BYTES(3, 1, 0, 1));                 /* offset > length */
    assert_refused(IP_V4, BYTES(3, 3, 0x01, 6));              /* no end of the list */
    assert_refused(IP_V4, BYTES(3, 3, 0x91, 6));              /* value cut */
    assert_refused(IP_V4, BYTES(4, 3, 0x91, 1, 0));           /* protocol 256 */
    assert_refused(IP_V4, BYTES(6, 4, 0xa1, 0, 1, 0, 0));     /* port 65536 */
    assert_refused(IP_V6, BYTES(6, 13, 0xa1, 0, 0x10, 0, 0)); /* 21 bits */
    struct reader r = reader_over(span_of(NULL, 0));
    struct flow f;
    assert_int_equal(flow_next(&r, IP_V4, f.bytes, &f.len_bytes), 0);
}

static void lengths(void **state)
{
    (void)state;
    /* 240 bytes is the first length of two bytes (RFC 8955 §4.1). */
    uint8_t buf[4300];
    static const struct {
        size_t terms;
        size_t head;
    } cases[] = {{119, 1}, {120, 2}, {2047, 2}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct writer w = writer_over(buf, sizeof(buf));
        size_t len = 1 + 2 * cases[i].terms;
        if (cases[i].head == 1)
            writer_u8(&w, (uint8_t)len);
        else
            writer_u16(&w, (uint16_t)(0xf000 + len));
        writer_u8(&w, 4);
        for (size_t t = 0; t < cases[i].terms; t++)
            writer_put(&w, BYTES(t + 1 == cases[i].terms ? 0x81 : 0x01, 7));
        struct flow f = decode(IP_V4, writer_span(&w));
        assert_int_equal(f.len_bytes, len);
        uint8_t again[4300];
        struct writer w2 = writer_over(again, sizeof(again));
        flow_put(&w2, flow_span(&f));
        assert_span_equal(writer_span(&w2), writer_span(&w));
    }
}

static void several_flows(void **state)
{
    (void)state;
    struct reader r = reader_over(BYTES(3, 3, 0x81, 6, 3, 3, 0x81, 17));
    struct flow f;
    assert_int_equal(flow_next(&r, IP_V4, f.bytes, &f.len_bytes), 1);
    assert_text(&f, IP_V4, "protocol =6");
    assert_int_equal(flow_next(&r, IP_V4, f.bytes, &f.len_bytes), 1);
    assert_text(&f, IP_V4, "protocol =17");
    assert_int_equal(flow_next(&r, IP_V4, f.bytes, &f.len_bytes), 0);
}

/* In order of precedence; each is before all that follow. */
static void assert_ordered(uint8_t version, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            struct flow a = parse(version, texts[i]);
            struct flow b = parse(version, texts[k]);
            int order = flow_compare(flow_span(&a), flow_span(&b), version);
            if (i == k ? order != 0 : (order < 0) != (i < k))
                fail_msg("%s / %s: %d", texts[i], texts[k], order);
        }
    }
}

static void order(void **state)
{
    (void)state;
    static const char *const v4[] = {
        "destination 10.0.0.1/32", /* most specific of those that overlap */
        "destination 10.0.0.0/24; source 1.0.0.0/8; protocol 6",
        "destination 10.0.0.0/24; source 1.0.0.0/8", /* fewer components later */
        "destination 10.0.0.0/24; protocol 6",       /* lower type first */
        "destination 10.0.0.0/24",
        "destination 10.0.0.0/8",
        "destination 20.0.0.0/32", /* no overlap: lower address first */
        "destination 21.0.0.0/8",
        "source 1.0.0.0/8",
        "protocol 6",
        "port 25 80", /* 01 19 81 50 */
        "port 25 90",
        "port 80 25",
        "port 25", /* 81 19 */
    };
    assert_ordered(IP_V4, v4, sizeof(v4) / sizeof(v4[0]));
    static const char *const v6[] = {
        "destination 2001:db8::1/128",
        "destination 2001:db8::/32",
        "destination 2001:db9::/32",
        "destination ::/0",
        "destination ::1234:0:0:0/64-96", /* lower offset first */
        "destination ::1234:0:0:0/64-80",
        "destination ::1:0:0/80-96",
        "flow-label 5",
    };
    assert_ordered(IP_V6, v6, sizeof(v6) / sizeof(v6[0]));
}

static void assert_bad_rules(uint8_t version, const char *rules, int err, const char *what)
{
    struct flow f = {.len_bytes = 77};
    struct strbuf error = {0};
    int got = flow_parse(&rules, 1, version, f.bytes, &f.len_bytes, &error);
    if (got != err || !strstr(strbuf_text(&error), what))
        fail_msg("%s: %d \"%s\"", rules, got, strbuf_text(&error));
    assert_int_equal(f.len_bytes, 77);
    strbuf_release(&error);
}

static void bad_rules(void **state)
{
    (void)state;
    assert_bad_rules(IP_V4, "", ERR_INVALID, "expected destination, source, protocol");
    assert_bad_rules(IP_V4, "colour red", ERR_INVALID, "\"colour red\": no such match");
    assert_bad_rules(IP_V4, "colour red", ERR_INVALID, "fragment)");
    assert_bad_rules(IP_V6, "colour red", ERR_INVALID, "flow-label)");
    assert_bad_rules(IP_V4, "flow-label 5", ERR_INVALID, "IPv6");
    assert_bad_rules(IP_V4, "port 5; source 10.0.0.0/8; port 6", ERR_EXISTS,
                     "\"port 6\": given twice");
    assert_bad_rules(IP_V4, "port", ERR_INVALID,
                     "\"port\": no value after it (expected one text, as \"port 46\")");
    assert_bad_rules(IP_V4, "fragment ", ERR_INVALID, "as \"fragment dont-fragment\"");
    assert_bad_rules(IP_V6, "destination", ERR_INVALID, "as \"destination 2001:db8::/32\"");
    assert_bad_rules(IP_V4, "port abc", ERR_INVALID,
                     "\"abc\" is no value of port (expected a number)");
    assert_bad_rules(IP_V4, "protocol abc", ERR_INVALID, "one of icmp");
    assert_bad_rules(IP_V4, "protocol 256", ERR_RANGE, "at most 255");
    assert_bad_rules(IP_V4, "port 65536", ERR_RANGE, "at most 65535");
    assert_bad_rules(IP_V4, "port 99999999999999999999", ERR_RANGE, "65535");
    assert_bad_rules(IP_V4, "dscp 64", ERR_RANGE, "at most 63");
    assert_bad_rules(IP_V6, "flow-label 1048576", ERR_RANGE, "1048575");
    assert_bad_rules(IP_V4, "port =", ERR_INVALID, "no value");
    assert_bad_rules(IP_V4, "port !5", ERR_INVALID, "\"!\" must be followed by \"=\"");
    assert_bad_rules(IP_V4, "port 20-10", ERR_RANGE,
                     "\"port 20-10\": the range ends before it begins (expected \"10-20\")");
    assert_bad_rules(IP_V4, "port >10-20", ERR_INVALID, "a range has no operator");
    assert_bad_rules(IP_V4, "port !=10-20", ERR_INVALID,
                     "(expected \"10-20\", or \"<10 | >20\" for what is outside of it)");
    assert_bad_rules(IP_V4, "port 10-", ERR_INVALID, "no value of port");
    assert_bad_rules(IP_V4, "port 10-20-30", ERR_INVALID, "no value of port");
    assert_bad_rules(IP_V4, "tcp-flags syn !ack", ERR_INVALID,
                     "\"tcp-flags syn !ack\": this would mean \"syn\" or \"!ack\" (expected "
                     "\"syn&!ack\" where both must hold, \"syn | !ack\" where one is enough)");
    assert_bad_rules(IP_V4, "tcp-flags !ack  = syn", ERR_INVALID, "\"!ack&= syn\"");
    assert_bad_rules(IP_V4, "tcp-flags syn&!ack !rst", ERR_INVALID, "\"!ack&!rst\"");
    assert_bad_rules(IP_V4, "fragment is-fragment !last-fragment", ERR_INVALID,
                     "\"is-fragment | !last-fragment\"");
    assert_bad_rules(IP_V4, "port !=80 !=443", ERR_INVALID, "\"!=80&!=443\"");
    assert_bad_rules(IP_V4, "port 80 !=443", ERR_INVALID, "\"80 | !=443\"");
    assert_bad_rules(IP_V4, "port 10-20 !=15", ERR_INVALID, "\"10-20&!=15\"");
    assert_bad_rules(IP_V4, "port 5 &", ERR_INVALID, "no value");
    assert_bad_rules(IP_V4, "port & 5", ERR_INVALID, "no value");
    assert_bad_rules(IP_V4, "port 5,6", ERR_INVALID,
                     "no \",\" between them (expected spaces or \"|\")");
    assert_bad_rules(IP_V4, "port -5", ERR_INVALID, "no value");
    assert_bad_rules(IP_V4, "port 0x", ERR_INVALID, "no value");
    assert_bad_rules(IP_V4, "tcp-flags foo", ERR_INVALID, "one of fin, syn");
    assert_bad_rules(IP_V4, "tcp-flags syn+", ERR_INVALID, "no value");
    assert_bad_rules(IP_V4, "tcp-flags 0x1000", ERR_RANGE, "tcp-flags");
    assert_bad_rules(IP_V6, "fragment dont-fragment", ERR_INVALID,
                     "IPv6 has no \"dont-fragment\" (expected a number or one of is-fragment");
    assert_bad_rules(IP_V6, "icmp-type source-quench", ERR_INVALID, "IPv6 has no");
    assert_bad_rules(IP_V4, "icmp-type packet-too-big", ERR_INVALID, "IPv4 has no");
    assert_bad_rules(IP_V6, "protocol 6; next-header 17", ERR_EXISTS, "given twice");
    assert_bad_rules(IP_V6, "fragment 0x1", ERR_RANGE, "0xe");
    assert_bad_rules(IP_V4, "source 2001:db8::/32", ERR_INVALID, "IPv4 prefix");
    assert_bad_rules(IP_V6, "source 10.0.0.0/8", ERR_INVALID, "IPv6 prefix");
    assert_bad_rules(IP_V4, "source 10.0.0.0/33", ERR_RANGE, "out of range");
    assert_bad_rules(IP_V4, "source 10.0.0.0/8-16", ERR_INVALID, "IPv4 prefix");
    assert_bad_rules(IP_V6, "source ::/8-8", ERR_RANGE, "out of range");
    assert_bad_rules(IP_V6, "source ::/x-8", ERR_INVALID, "IPv6 prefix");
    assert_bad_rules(IP_V4, "source", ERR_INVALID, "as \"source 192.0.2.0/24\"");
    assert_bad_rules(IP_V4, "source 10.0.0.0/8 10.1.0.0/16", ERR_INVALID, "no prefix");
    struct flow f;
    struct strbuf error = {0};
    assert_int_equal(flow_parse(NULL, 0, IP_V4, f.bytes, &f.len_bytes, &error), ERR_INVALID);
    assert_string_equal(strbuf_text(&error), "a flow needs at least one match");
    strbuf_release(&error);
}

static void too_long(void **state)
{
    (void)state;
    struct strbuf rules = {0};
    strbuf_add(&rules, "port 0");
    for (int i = 1; i < 2048; i++)
        strbuf_add(&rules, " 1");
    assert_bad_rules(IP_V4, strbuf_text(&rules), ERR_FULL, "at most 4095 bytes");
    strbuf_release(&rules);
}

/* Random bytes that decode: text reads back to the same flow, the order is one. */
static void random_flows(void **state)
{
    (void)state;
    uint32_t seed = 7;
    struct flow previous = decode(IP_V4, BYTES(3, 3, 0x81, 6));
    unsigned accepted = 0;
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t nlri[24];
        for (size_t k = 0; k < sizeof(nlri); k++) {
            seed = seed * 1103515245 + 12345;
            nlri[k] = (uint8_t)(seed >> 16);
        }
        nlri[0] = (uint8_t)(3 + nlri[0] % 9);
        nlri[1] = (uint8_t)(3 + nlri[1] % 10);
        struct reader r = reader_over(span_of(nlri, sizeof(nlri)));
        struct flow f;
        if (flow_next(&r, IP_V4, f.bytes, &f.len_bytes) != 1)
            continue;
        accepted++;
        struct strbuf text = {0};
        flow_format(flow_span(&f), IP_V4, &text);
        struct flow again = parse(IP_V4, strbuf_text(&text));
        assert_span_equal(flow_span(&again), flow_span(&f));
        strbuf_release(&text);
        int ab = flow_compare(flow_span(&f), flow_span(&previous), IP_V4);
        int ba = flow_compare(flow_span(&previous), flow_span(&f), IP_V4);
        assert_true((ab < 0) == (ba > 0) && (ab == 0) == (ba == 0));
        assert_int_equal(ab == 0, span_equal(flow_span(&f), flow_span(&previous)));
        previous = f;
    }
    assert_true(accepted > 1000);
}

static void prefixes_of_flows(void **state)
{
    (void)state;
    static const struct {
        const char *flow;
        const char *asked;
        bool covers, equals, within;
    } cases[] = {
        {"destination 10.1.0.0/16", "10.1.2.3", true, false, false},
        {"destination 10.1.0.0/16", "10.1.0.0/16", true, true, true},
        {"destination 10.1.0.0/16", "10.0.0.0/8", false, false, true},
        {"destination 10.1.0.0/16", "10.2.0.0/16", false, false, false},
        {"destination 0.0.0.0/0", "10.2.0.0/16", true, false, false},
        {"source 10.1.0.0/16; port 1", "10.1.2.0/24", true, false, false},
        {"destination 10.0.0.0/8; source 192.0.2.1/32", "192.0.2.1", true, true, true},
        {"destination 10.0.0.0/8; source 192.0.2.1/32", "192.0.2.2", false, false, false},
        {"destination 10.0.0.0/8; source 192.0.2.1/32", "0.0.0.0/0", false, false, true},
        {"protocol 6", "0.0.0.0/0", false, false, false},
        {"destination 2001:db8::/32", "2001:db8::1", true, false, false},
        {"source 2001:db8::/32; flow-label 1", "2001:db8::/32", true, true, true},
        /* The bits from 32 on only. */
        {"destination ::1234:0:0:0/32-48", "2001:db8:1:1234::1", false, false, false},
        {"destination 0:0:1234::/32-48", "2001:db8:1234::1", true, false, false},
        {"destination 0:0:1234::/32-48", "0:0:1234::/48", true, false, false},
        {"destination 0:0:1234::/32-48", "::/0", false, false, true},
        {"destination 0:0:1234::/32-48", "::/16", false, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct prefix asked;
        assert_int_equal(prefix_parse(cases[i].asked, &asked), 0);
        struct flow f = parse(asked.version, cases[i].flow);
        assert_int_equal(flow_relates(flow_span(&f), NLRI_COVERS, &asked), cases[i].covers);
        assert_int_equal(flow_relates(flow_span(&f), NLRI_EQUALS, &asked), cases[i].equals);
        assert_int_equal(flow_relates(flow_span(&f), NLRI_WITHIN, &asked), cases[i].within);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc8955_examples),
        cmocka_unit_test(rfc8956_examples),
        cmocka_unit_test(every_component),
        cmocka_unit_test(joints),
        cmocka_unit_test(spellings),
        cmocka_unit_test(normalisation),
        cmocka_unit_test(flow_that_outgrows_its_length),
        cmocka_unit_test(malformed),
        cmocka_unit_test(lengths),
        cmocka_unit_test(several_flows),
        cmocka_unit_test(order),
        cmocka_unit_test(bad_rules),
        cmocka_unit_test(too_long),
        cmocka_unit_test(random_flows),
        cmocka_unit_test(prefixes_of_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
