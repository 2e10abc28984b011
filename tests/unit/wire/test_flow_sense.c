/* Flows that are hardly meant: what matches nothing, leaves nothing out, or concerns all addresses.
 */
#include "../random.h"
#include "flows.h"

/* What no packet can match, and why; NULL: one can. */
static void never_matches(void **state)
{
    (void)state;
    static const struct {
        uint8_t version;
        const char *rules;
        uint8_t type;
        const char *why;
    } flows[] = {
        {IP_V4, "port >=100 <=50", FLOW_PORT, "no packet matches \"port >=100 <=50\""},
        {IP_V4, "port >=100&<=50", FLOW_PORT, "no packet matches \"port >=100 <=50\""},
        {IP_V4, "port 80 >=100 <=50", 0, NULL},
        {IP_V4, "port >=50 <=100", 0, NULL},
        {IP_V4, "port >=50 <=50", 0, NULL},
        {IP_V4, "port >50 <51", FLOW_PORT, "no packet"},
        {IP_V4, "port >50 <52", 0, NULL},
        {IP_V4, "port >50 <52&!=51", FLOW_PORT, "no packet"},
        {IP_V4, "port <0", FLOW_PORT, "no packet"},
        {IP_V4, "port <=0", 0, NULL},
        {IP_V4, "port >65535", FLOW_PORT, "no packet"},
        {IP_V4, "port !=0", 0, NULL},
        {IP_V4, "port 5&6", FLOW_PORT, "no packet"},
        {IP_V4, "port false", FLOW_PORT, "no packet"},
        {IP_V4, "port true", 0, NULL},
        {IP_V4, "dscp >63", FLOW_DSCP, "no packet"},
        {IP_V6, "flow-label >1048575", FLOW_LABEL, "no packet"},
        {IP_V6, "flow-label >1048574", 0, NULL},
        {IP_V4, "tcp-flags syn&!ack", 0, NULL},
        {IP_V4, "tcp-flags syn&!syn", FLOW_TCP_FLAGS, "no packet matches \"tcp-flags syn&!syn\""},
        {IP_V4, "tcp-flags =syn+ack&!ack", FLOW_TCP_FLAGS, "no packet"},
        {IP_V4, "tcp-flags syn+ack&!ack", 0, NULL},
        {IP_V4, "tcp-flags 0x0", FLOW_TCP_FLAGS, "no packet"},
        {IP_V4, "tcp-flags =0x0", 0, NULL},
        {IP_V4, "protocol icmp; port 80", FLOW_PORT,
         "no packet matches both \"protocol =1\" and \"port =80\": only TCP, UDP"},
        {IP_V4, "protocol tcp udp; port 80", 0, NULL},
        {IP_V4, "protocol sctp; destination-port 80", 0, NULL},
        {IP_V4, "protocol !=tcp&!=udp; source-port 80", 0, NULL},
        {IP_V4, "protocol udp; tcp-flags syn", FLOW_TCP_FLAGS, "only TCP has flags"},
        {IP_V4, "port 80; icmp-type 8", FLOW_ICMP_TYPE,
         "both \"port =80\" and \"icmp-type =8\": only ICMP has"},
        {IP_V4, "protocol tcp; icmp-code 0", FLOW_ICMP_CODE, "only ICMP has"},
        {IP_V6, "protocol icmp6; icmp-type 128", 0, NULL},
        {IP_V6, "protocol tcp; icmp-type 128", FLOW_ICMP_TYPE, "only ICMPv6 has"},
        {IP_V6, "protocol icmp", 0, NULL}, /* there may be such packets */
        {IP_V6, "protocol icmp; icmp-type 128", FLOW_ICMP_TYPE,
         "only ICMPv6 has types and codes; in IPv6, ICMP is \"protocol icmp6\""},
        {IP_V4, "fragment is-fragment&first-fragment", FLOW_FRAGMENT,
         "no packet matches \"fragment is-fragment&first-fragment\""},
        {IP_V4, "fragment =first-fragment+last-fragment", FLOW_FRAGMENT, "no packet"},
        {IP_V4, "fragment last-fragment&!is-fragment", FLOW_FRAGMENT, "no packet"},
        {IP_V4, "fragment =is-fragment+last-fragment&dont-fragment", 0, NULL},
        {IP_V6, "fragment !is-fragment&!first-fragment", 0, NULL},
        {IP_V4, "destination-port 53; fragment is-fragment", FLOW_FRAGMENT,
         "no packet matches both \"destination-port =53\" and \"fragment is-fragment\": only the "
         "first fragment has ports"},
        {IP_V4, "tcp-flags syn; fragment last-fragment", FLOW_FRAGMENT,
         "only the first fragment has flags"},
        {IP_V6, "icmp-type 128; fragment is-fragment", FLOW_FRAGMENT, "a type and a code"},
        {IP_V4, "destination-port 53; fragment is-fragment first-fragment", 0, NULL},
        {IP_V4, "destination-port 53; fragment !is-fragment", 0, NULL},
        {IP_V4, "port 1; destination-port 2; source-port 3", FLOW_PORT,
         "no packet matches \"port =1\" beside \"destination-port =2\" and \"source-port =3\": it "
         "has no third port"},
        {IP_V4, "port 1; destination-port 2", 0, NULL},
        {IP_V4, "port 1 3; destination-port 2; source-port >=3", 0, NULL},
        {IP_V4, "port >65534; destination-port 2; source-port !=3", 0, NULL},
        {IP_V4, "destination 10.0.0.0/8; source 10.0.0.0/8; fragment is-fragment", 0, NULL},
    };
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        struct flow f = parse(flows[i].version, flows[i].rules);
        struct strbuf why = {0};
        uint8_t type = 0;
        bool never = flow_never_matches(flow_span(&f), flows[i].version, &type, &why);
        if (never != (flows[i].why != NULL) || type != flows[i].type ||
            (never && !strstr(strbuf_text(&why), flows[i].why)))
            fail_msg("%s: %d %s", flows[i].rules, type, strbuf_text(&why));
        strbuf_release(&why);
    }
}

/* Against trying all values. */
static void never_matches_like_trying(void **state)
{
    (void)state;
    uint32_t seed = 3;
    for (unsigned i = 0; i < random_rounds(3000); i++) {
        static const char *const operators[] = {"=", "!=", "<", "<=", ">", ">="};
        struct strbuf rule = {0};
        struct {
            bool is_and;
            unsigned op;
            unsigned value;
        } terms[4];
        strbuf_add(&rule, "packet-length ");
        for (unsigned k = 0; k < 4; k++) {
            seed = seed * 1103515245 + 12345;
            terms[k].is_and = k > 0 && (seed >> 16) % 4 != 0;
            terms[k].op = (seed >> 18) % 6;
            terms[k].value = (seed >> 21) % 5;
            strbuf_printf(&rule, "%s%s%u",
                          k == 0            ? ""
                          : terms[k].is_and ? "&"
                                            : "|",
                          operators[terms[k].op], terms[k].value);
        }
        bool found = false;
        for (unsigned value = 0; value < 8; value++) {
            bool group = true;
            for (unsigned k = 0; k < 4; k++) {
                unsigned v = terms[k].value;
                const bool holds[] = {value == v, value != v, value<v, value <= v, value> v,
                                      value >= v};
                found |= k > 0 && !terms[k].is_and && group;
                group = holds[terms[k].op] && (group || !terms[k].is_and);
            }
            found |= group;
        }
        struct flow f = parse(IP_V4, strbuf_text(&rule));
        struct strbuf why = {0};
        uint8_t type;
        if (flow_never_matches(flow_span(&f), IP_V4, &type, &why) == found)
            fail_msg("%s", strbuf_text(&rule));
        strbuf_release(&why);
        strbuf_release(&rule);
    }
}

/* --- against trying packets --- */

enum { VALUES = 6, FIELDS = 7, TERMS = 3 };

/* A packet: what it has of each kind of component, small values only. */
struct packet {
    unsigned protocol;
    unsigned place; /* bits of the fragment component */
    unsigned source;
    unsigned destination;
    unsigned length; /* of which nothing else depends */
};

/* A component of few values, and what it says of each. */
struct field {
    bool given;
    bool takes[256];
};

enum { PROTOCOL, PORT, DESTINATION, SOURCE, FLAGS, LENGTH, FRAGMENT };

static uint32_t model_seed;

static unsigned draw(unsigned below)
{
    model_seed = model_seed * 1103515245 + 12345;
    return (model_seed >> 16) % below;
}

/* A random list of comparisons with numbers below `top`, as text and as what it takes. */
static void draw_numbers(struct strbuf *rules, const char *name, unsigned first, unsigned top,
                         struct field *ret_field)
{
    static const char *const operators[] = {"=", "!=", "<", "<=", ">", ">="};
    bool group[256] = {0};
    memset(ret_field, 0, sizeof(*ret_field));
    ret_field->given = true;
    strbuf_printf(rules, "%s%s ", rules->len_bytes ? "; " : "", name);
    for (unsigned k = 0, count = 1 + draw(TERMS); k < count; k++) {
        bool is_and = k > 0 && draw(3) != 0;
        unsigned op = draw(6);
        unsigned v = first + draw(top - first);
        strbuf_printf(rules, "%s%s%u", k == 0 ? "" : is_and ? "&" : "|", operators[op], v);
        for (unsigned value = 0; value < 256; value++) {
            const bool holds[] = {value == v, value != v, value<v, value <= v, value> v,
                                  value >= v};
            if (!is_and) {
                ret_field->takes[value] |= group[value];
                group[value] = true;
            }
            group[value] = group[value] && holds[op];
        }
    }
    for (unsigned value = 0; value < 256; value++)
        ret_field->takes[value] |= group[value];
}

/* The same of bits, of those in `mask`. */
static void draw_bits(struct strbuf *rules, const char *name, unsigned mask,
                      struct field *ret_field)
{
    bool group[256] = {0};
    memset(ret_field, 0, sizeof(*ret_field));
    ret_field->given = true;
    strbuf_printf(rules, "%s%s ", rules->len_bytes ? "; " : "", name);
    for (unsigned k = 0, count = 1 + draw(TERMS); k < count; k++) {
        bool is_and = k > 0 && draw(3) != 0;
        bool is_not = draw(2) == 0;
        bool is_all = draw(2) == 0;
        unsigned bits = draw(256) & mask;
        strbuf_printf(rules, "%s%s%s0x%x",
                      k == 0   ? ""
                      : is_and ? "&"
                               : "|",
                      is_not ? "!" : "", is_all ? "=" : "", bits);
        for (unsigned value = 0; value < 256; value++) {
            bool holds = (is_all ? (value & bits) == bits : (value & bits) != 0) != is_not;
            if (!is_and) {
                ret_field->takes[value] |= group[value];
                group[value] = true;
            }
            group[value] = group[value] && holds;
        }
    }
    for (unsigned value = 0; value < 256; value++)
        ret_field->takes[value] |= group[value];
}

/* RFC 8955 §4.2.2, naively. */
static bool packet_matches(const struct field fields[FIELDS], const struct packet *p,
                           unsigned flags)
{
    bool has_header = (p->place & 2) == 0;
    bool has_ports = has_header && (p->protocol == 6 || p->protocol == 17 || p->protocol == 33 ||
                                    p->protocol == 132 || p->protocol == 136);
    if (fields[PROTOCOL].given && !fields[PROTOCOL].takes[p->protocol])
        return false;
    if (fields[LENGTH].given && !fields[LENGTH].takes[p->length])
        return false;
    if (fields[FRAGMENT].given && !fields[FRAGMENT].takes[p->place])
        return false;
    if (fields[FLAGS].given && (!has_header || p->protocol != 6 || !fields[FLAGS].takes[flags]))
        return false;
    if ((fields[PORT].given || fields[SOURCE].given || fields[DESTINATION].given) && !has_ports)
        return false;
    if (fields[SOURCE].given && !fields[SOURCE].takes[p->source])
        return false;
    if (fields[DESTINATION].given && !fields[DESTINATION].takes[p->destination])
        return false;
    return !fields[PORT].given || fields[PORT].takes[p->source] ||
           fields[PORT].takes[p->destination];
}

static bool any_packet_matches(const struct field fields[FIELDS])
{
    static const unsigned places[] = {0, 4, 2, 10, 1, 5, 3, 11};
    static const unsigned protocols[] = {0, 1, 4, 5, 6, 7, 8, 16, 17, 18, 33, 132, 136, 255};
    struct packet p;
    unsigned flag_values = fields[FLAGS].given ? 256 : 1;
    for (unsigned i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
        for (unsigned k = 0; k < sizeof(places) / sizeof(places[0]); k++)
            for (p.source = 0; p.source <= VALUES; p.source++)
                for (p.destination = 0; p.destination <= VALUES; p.destination++)
                    for (p.length = 0; p.length <= VALUES; p.length++)
                        for (unsigned flags = 0; flags < flag_values; flags++) {
                            p.protocol = protocols[i];
                            p.place = places[k];
                            if (packet_matches(fields, &p, flags))
                                return true;
                        }
    return false;
}

/* Random flows of several components against trying all packets that there could be. */
static void never_matches_like_trying_packets(void **state)
{
    (void)state;
    unsigned never_count = 0;
    model_seed = 17;
    for (unsigned i = 0; i < random_rounds(4000); i++) {
        struct field fields[FIELDS] = {0};
        struct strbuf rules = {0};
        if (draw(2) == 0)
            draw_numbers(&rules, "protocol", 5, 8, &fields[PROTOCOL]);
        if (draw(2) == 0)
            draw_numbers(&rules, "port", 0, VALUES, &fields[PORT]);
        if (draw(2) == 0)
            draw_numbers(&rules, "destination-port", 0, VALUES, &fields[DESTINATION]);
        if (draw(2) == 0)
            draw_numbers(&rules, "source-port", 0, VALUES, &fields[SOURCE]);
        if (draw(4) == 0)
            draw_bits(&rules, "tcp-flags", 0x07, &fields[FLAGS]);
        if (draw(4) == 0 || rules.len_bytes == 0)
            draw_numbers(&rules, "packet-length", 0, VALUES, &fields[LENGTH]);
        if (draw(3) == 0)
            draw_bits(&rules, "fragment", 0x0f, &fields[FRAGMENT]);
        struct flow f = parse(IP_V4, strbuf_text(&rules));
        struct strbuf why = {0};
        uint8_t type;
        bool never = flow_never_matches(flow_span(&f), IP_V4, &type, &why);
        if (never == any_packet_matches(fields))
            fail_msg("%s: %s", strbuf_text(&rules), never ? strbuf_text(&why) : "matches nothing");
        never_count += never;
        strbuf_release(&why);
        strbuf_release(&rules);
    }
    assert_in_range(never_count, random_rounds(500), random_rounds(3500));
}

/* Alternatives of which one always holds. */
static void leaves_nothing_out(void **state)
{
    (void)state;
    static const struct {
        uint8_t version;
        const char *rules;
        uint8_t type; /* 0: it does leave something out, or is not about alternatives */
    } flows[] = {
        {IP_V4, "port <=90 >=80", FLOW_PORT},
        {IP_V4, "port <=90 >=92", 0},
        {IP_V4, "port <=90 >=91", FLOW_PORT},
        {IP_V4, "protocol 6; port !=80 | !=443", FLOW_PORT},
        {IP_V4, "port !=80&!=443", 0},
        {IP_V4, "port 0-65535", 0},
        {IP_V4, "port true", 0},
        {IP_V4, "port 0-100 101-65535", FLOW_PORT},
        {IP_V4, "port 0-100 102-65535", 0},
        {IP_V4, "port 1-65535 | 80", 0},
        {IP_V4, "port 0-65534 | 80", 0},
        {IP_V4, "dscp <5 | >=5", FLOW_DSCP},
        {IP_V6, "flow-label 5 | !=5", FLOW_LABEL},
        {IP_V4, "tcp-flags syn | !syn", FLOW_TCP_FLAGS},
        {IP_V4, "tcp-flags syn | !ack", 0},
        {IP_V4, "protocol !=6 | 6", FLOW_PROTOCOL},
        {IP_V4, "protocol !=58 | 6", 0},
        {IP_V4, "fragment is-fragment | !is-fragment", FLOW_FRAGMENT},
        {IP_V4, "fragment =first-fragment | is-fragment | !=first-fragment", FLOW_FRAGMENT},
        {IP_V4, "destination 0.0.0.0/0; port 1 2", 0},
    };
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        struct flow f = parse(flows[i].version, flows[i].rules);
        struct strbuf why = {0};
        uint8_t type = 0;
        bool found = flow_excludes_nothing(flow_span(&f), flows[i].version, &type, &why);
        if (type != flows[i].type || found != (type != 0))
            fail_msg("%s: %d %s", flows[i].rules, type, strbuf_text(&why));
        strbuf_release(&why);
    }
}

static void other_icmp(void **state)
{
    (void)state;
    static const struct {
        uint8_t version;
        const char *rules;
        const char *why;
    } flows[] = {
        {IP_V4, "protocol icmp6",
         "hardly a packet matches \"protocol =58\": in IPv4, ICMP is "
         "\"protocol icmp\""},
        {IP_V6, "protocol >0 <2; port 1", "in IPv6, ICMP is \"protocol icmp6\""},
        {IP_V4, "protocol icmp6 icmp", NULL},
        {IP_V4, "protocol icmp", NULL},
        {IP_V6, "protocol icmp6", NULL},
        {IP_V6, "protocol true", NULL},
        {IP_V4, "port 58", NULL},
    };
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        struct flow f = parse(flows[i].version, flows[i].rules);
        struct strbuf why = {0};
        bool is = flow_is_of_other_icmp(flow_span(&f), flows[i].version, &why);
        if (is != (flows[i].why != NULL) || (is && !strstr(strbuf_text(&why), flows[i].why)))
            fail_msg("%s: %s", flows[i].rules, strbuf_text(&why));
        strbuf_release(&why);
    }
}

static void to_all_addresses(void **state)
{
    (void)state;
    static const struct {
        uint8_t version;
        const char *rules;
        bool to_all;
    } flows[] = {
        {IP_V4, "port 80", true},
        {IP_V4, "source 10.0.0.0/8", true},
        {IP_V4, "destination 0.0.0.0/0; source 10.0.0.0/8", true},
        {IP_V4, "destination 0.0.0.0/1", false},
        {IP_V4, "destination 10.0.0.0/8; source 0.0.0.0/0", false},
        {IP_V6, "destination ::/0", true},
        {IP_V6, "destination ::1/64-128", false},
    };
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        struct flow f = parse(flows[i].version, flows[i].rules);
        if (flow_is_to_all(flow_span(&f), flows[i].version) != flows[i].to_all)
            fail_msg("%s", flows[i].rules);
    }
}

/* Lists of as many values as there is room for. */
static void many_values(void **state)
{
    (void)state;
    struct strbuf never = {0};
    struct strbuf all = {0};
    uint8_t type = 0;
    for (unsigned n = 300; n < 900; n++) /* each alternative contradicts itself */
        strbuf_printf(&never, "%s>=%u&<=%u", n > 300 ? "|" : "port ", n + 1, n);
    for (unsigned n = 0; n < 600; n++) /* from each number to the next, and all from there on */
        strbuf_printf(&all, "%s>=%u&<=%u", n > 0 ? "|" : "packet-length ", n * 100, n * 100 + 99);
    strbuf_add(&all, "|>=59999");
    for (unsigned i = 0; i < 2; i++) {
        struct flow f = parse(IP_V4, strbuf_text(&never));
        struct strbuf why = {0};
        assert_int_equal(flow_never_matches(flow_span(&f), IP_V4, &type, &why), i == 0);
        if (i == 0) {
            assert_int_equal(type, FLOW_PORT);
            assert_non_null(strstr(strbuf_text(&why), "…"));
            assert_true(why.len_bytes < 250);
        }
        strbuf_release(&why);
        f = parse(IP_V4, strbuf_text(&all));
        assert_int_equal(flow_excludes_nothing(flow_span(&f), IP_V4, &type, &why), i == 0);
        strbuf_release(&why);
        strbuf_add(&never, "|700"); /* something after all */
        all.len_bytes -= strlen("|>=59999");
        strbuf_add(&all, "|>=60001");
    }
    strbuf_release(&never);
    strbuf_release(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_matches),
        cmocka_unit_test(never_matches_like_trying),
        cmocka_unit_test(never_matches_like_trying_packets),
        cmocka_unit_test(leaves_nothing_out),
        cmocka_unit_test(other_icmp),
        cmocka_unit_test(to_all_addresses),
        cmocka_unit_test(many_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
