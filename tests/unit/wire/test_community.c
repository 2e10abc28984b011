/* Communities: text against the bytes that RFC 1997, 4360, 5668, 5701, 8092 and 8955 lay down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "bytes.h"
#include "wire/attr.h"
#include "wire/community.h"

/* Text as written by people, its kind and bytes, and the text that is shown for it. */
static const struct example {
    const char *text;
    enum community_kind kind;
    uint8_t bytes[20];
    const char *shown;
} examples[] = {
    {"65000:99", COMMUNITY_STANDARD, {0xfd, 0xe8, 0x00, 0x63}, "65000:99"},
    {"65000:0", COMMUNITY_STANDARD, {0xfd, 0xe8, 0x00, 0x00}, "65000:0"},
    {"101", COMMUNITY_STANDARD, {0x00, 0x00, 0x00, 0x65}, "0:101"},
    {"0:101", COMMUNITY_STANDARD, {0x00, 0x00, 0x00, 0x65}, "0:101"},
    {"0:65004", COMMUNITY_STANDARD, {0x00, 0x00, 0xfd, 0xec}, "0:65004"}, /* of exchange points */
    {"0", COMMUNITY_STANDARD, {0x00, 0x00, 0x00, 0x00}, "0:0"},
    {"4259840099", COMMUNITY_STANDARD, {0xfd, 0xe8, 0x00, 0x63}, "65000:99"},
    {"no-export", COMMUNITY_STANDARD, {0xff, 0xff, 0xff, 0x01}, "no-export"},
    {"NO-ADVERTISE", COMMUNITY_STANDARD, {0xff, 0xff, 0xff, 0x02}, "no-advertise"},
    {"no-export-subconfed", COMMUNITY_STANDARD, {0xff, 0xff, 0xff, 0x03}, "no-export-subconfed"},
    {"65535:65284", COMMUNITY_STANDARD, {0xff, 0xff, 0xff, 0x04}, "nopeer"},
    {"65535:666", COMMUNITY_STANDARD, {0xff, 0xff, 0x02, 0x9a}, "blackhole"},
    {"graceful-shutdown", COMMUNITY_STANDARD, {0xff, 0xff, 0x00, 0x00}, "graceful-shutdown"},
    {"65000:1:2", COMMUNITY_LARGE, {0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 0, 0, 0, 2}, "65000:1:2"},
    {"4294967295:0:4294967295",
     COMMUNITY_LARGE,
     {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
     "4294967295:0:4294967295"},
    {"target:65000:1.1.1.1",
     COMMUNITY_EXTENDED,
     {0x00, 0x02, 0xfd, 0xe8, 1, 1, 1, 1},
     "target:65000:16843009"},
    {"rt:1:2", COMMUNITY_EXTENDED, {0x00, 0x02, 0, 1, 0, 0, 0, 2}, "target:1:2"},
    {"target:192.0.2.1:5",
     COMMUNITY_EXTENDED,
     {0x01, 0x02, 192, 0, 2, 1, 0, 5},
     "target:192.0.2.1:5"},
    {"target:4200000000:5",
     COMMUNITY_EXTENDED,
     {0x02, 0x02, 0xfa, 0x56, 0xea, 0x00, 0, 5},
     "target:4200000000:5"},
    {"target:1.10:5", COMMUNITY_EXTENDED, {0x02, 0x02, 0, 1, 0, 10, 0, 5}, "target:65546:5"},
    {"target:0.10:5", COMMUNITY_EXTENDED, {0x02, 0x02, 0, 0, 0, 10, 0, 5}, "target:0.10:5"},
    {"origin:65000:7", COMMUNITY_EXTENDED, {0x00, 0x03, 0xfd, 0xe8, 0, 0, 0, 7}, "origin:65000:7"},
    {"soo:65000:7", COMMUNITY_EXTENDED, {0x00, 0x03, 0xfd, 0xe8, 0, 0, 0, 7}, "origin:65000:7"},
    {"redirect:6:302", COMMUNITY_EXTENDED, {0x80, 0x08, 0, 6, 0, 0, 1, 0x2e}, "redirect:6:302"},
    {"redirect:192.0.2.1:9",
     COMMUNITY_EXTENDED,
     {0x81, 0x08, 192, 0, 2, 1, 0, 9},
     "redirect:192.0.2.1:9"},
    {"redirect-ip:192.0.2.1",
     COMMUNITY_EXTENDED,
     {0x01, 0x0c, 192, 0, 2, 1, 0, 0},
     "redirect-ip:192.0.2.1"},
    {"copy-ip:192.0.2.1",
     COMMUNITY_EXTENDED,
     {0x01, 0x0c, 192, 0, 2, 1, 0, 1},
     "copy-ip:192.0.2.1"},
    {"0x010cc00002010002",
     COMMUNITY_EXTENDED,
     {0x01, 0x0c, 192, 0, 2, 1, 0, 2},
     "0x010cc00002010002"},
    {"redirect-ip:2001:db8::1",
     COMMUNITY_IPV6_EXTENDED,
     {0x00, 0x0c, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0},
     "redirect-ip:2001:db8::1"},
    {"copy-ip:2001:db8::1",
     COMMUNITY_IPV6_EXTENDED,
     {0x00, 0x0c, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1},
     "copy-ip:2001:db8::1"},
    {"redirect-ip:::ffff:192.0.2.1",
     COMMUNITY_IPV6_EXTENDED,
     {0x00, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 0, 0},
     "redirect-ip:::ffff:192.0.2.1"},
    /* 24000 as an IEEE 754 single is 0x46bb8000. */
    {"traffic-rate:65000:24000",
     COMMUNITY_EXTENDED,
     {0x80, 0x06, 0xfd, 0xe8, 0x46, 0xbb, 0x80, 0x00},
     "traffic-rate:65000:24000"},
    {"traffic-rate:0:0", COMMUNITY_EXTENDED, {0x80, 0x06}, "traffic-rate:0:0"},
    {"traffic-rate:0:1e9",
     COMMUNITY_EXTENDED,
     {0x80, 0x06, 0, 0, 0x4e, 0x6e, 0x6b, 0x28},
     "traffic-rate:0:1000000000"},
    {"traffic-rate:0:0.5",
     COMMUNITY_EXTENDED,
     {0x80, 0x06, 0, 0, 0x3f, 0x00, 0x00, 0x00},
     "traffic-rate:0:0.5"},
    {"traffic-rate-packets:0:1",
     COMMUNITY_EXTENDED,
     {0x80, 0x0c, 0, 0, 0x3f, 0x80, 0x00, 0x00},
     "traffic-rate-packets:0:1"},
    {"traffic-action:continue",
     COMMUNITY_EXTENDED,
     {0x80, 0x07, 0, 0, 0, 0, 0, 0x01},
     "traffic-action:continue"},
    {"traffic-action:terminal",
     COMMUNITY_EXTENDED,
     {0x80, 0x07, 0, 0, 0, 0, 0, 0x01},
     "traffic-action:continue"},
    {"traffic-action:sample",
     COMMUNITY_EXTENDED,
     {0x80, 0x07, 0, 0, 0, 0, 0, 0x02},
     "traffic-action:sample"},
    {"traffic-action:sample-continue",
     COMMUNITY_EXTENDED,
     {0x80, 0x07, 0, 0, 0, 0, 0, 0x03},
     "traffic-action:sample-continue"},
    {"traffic-action:sample-terminal",
     COMMUNITY_EXTENDED,
     {0x80, 0x07, 0, 0, 0, 0, 0, 0x03},
     "traffic-action:sample-continue"},
    {"mark:46", COMMUNITY_EXTENDED, {0x80, 0x09, 0, 0, 0, 0, 0, 0x2e}, "mark:46"},
    {"0x030c000000000008",
     COMMUNITY_EXTENDED,
     {0x03, 0x0c, 0, 0, 0, 0, 0, 0x08},
     "0x030c000000000008"},
    {"0x0002FDE800000001",
     COMMUNITY_EXTENDED,
     {0x00, 0x02, 0xfd, 0xe8, 0, 0, 0, 1},
     "target:65000:1"},
    /* Values outside of what the text forms can say keep their bytes. */
    {"0x80060000ffc00000",
     COMMUNITY_EXTENDED,
     {0x80, 0x06, 0, 0, 0xff, 0xc0, 0, 0},
     "0x80060000ffc00000"},
    {"0x8006000080000000",
     COMMUNITY_EXTENDED,
     {0x80, 0x06, 0, 0, 0x80, 0, 0, 0},
     "0x8006000080000000"},
    {"0x8007000000000004",
     COMMUNITY_EXTENDED,
     {0x80, 0x07, 0, 0, 0, 0, 0, 0x04},
     "0x8007000000000004"},
    {"0x8009000000000100",
     COMMUNITY_EXTENDED,
     {0x80, 0x09, 0, 0, 0, 0, 1, 0},
     "0x8009000000000100"},
    {"0x4002fde800000001", /* not transitive */
     COMMUNITY_EXTENDED,
     {0x40, 0x02, 0xfd, 0xe8, 0, 0, 0, 1},
     "0x4002fde800000001"},
    {"target:[2001:db8::1]:7",
     COMMUNITY_IPV6_EXTENDED,
     {0x00, 0x02, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 7},
     "target:[2001:db8::1]:7"},
    {"redirect:[2001:db8::1]:7", /* RFC 8956 §6.1 */
     COMMUNITY_IPV6_EXTENDED,
     {0x00, 0x0d, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 7},
     "redirect:[2001:db8::1]:7"},
    {"0x00aa20010db80000000000000000000000010007",
     COMMUNITY_IPV6_EXTENDED,
     {0x00, 0xaa, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 7},
     "0x00aa20010db80000000000000000000000010007"},
};

static void parses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct example *e = &examples[i];
        struct community c;
        if (community_parse(e->text, &c) != 0)
            fail_msg("%s is refused", e->text);
        assert_int_equal(c.kind, e->kind);
        assert_span_equal(span_of(c.bytes, community_len_bytes(c.kind)),
                          span_of(e->bytes, community_len_bytes(e->kind)));
    }
}

static void formats(void **state)
{
    (void)state;
    struct strbuf out = {0};
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct community c = {.kind = examples[i].kind};
        memcpy(c.bytes, examples[i].bytes, sizeof(c.bytes));
        strbuf_clear(&out);
        community_format(&c, &out);
        assert_string_equal(strbuf_text(&out), examples[i].shown);
    }
    strbuf_release(&out);
}

static const struct {
    const char *text;
    int err;
} bad[] = {
    {"", ERR_INVALID},
    {":", ERR_INVALID},
    {"1:", ERR_INVALID},
    {":1", ERR_INVALID},
    {"1:2:", ERR_INVALID},
    {"1:2:3:4", ERR_INVALID},
    {"65536:1", ERR_RANGE},
    {"1:65536", ERR_RANGE},
    {"4294967296", ERR_RANGE},
    {"99999999999999999999999", ERR_RANGE},
    {"1:2:4294967296", ERR_RANGE},
    {"-1", ERR_INVALID},
    {"1:-1", ERR_INVALID},
    {"1 :2", ERR_INVALID},
    {" 1:2", ERR_INVALID},
    {"no-such-name", ERR_INVALID},
    {"colour:1:2", ERR_INVALID},
    {"target:", ERR_INVALID},
    {"target:1", ERR_INVALID},
    {"target:1:", ERR_INVALID},
    {"target:x:1", ERR_INVALID},
    {"target:4294967296:1", ERR_RANGE},
    {"target:65536:65536", ERR_RANGE},
    {"target:192.0.2.1:65536", ERR_RANGE},
    {"target:1:4294967296", ERR_RANGE},
    {"target:[2001:db8::1]", ERR_INVALID},
    {"redirect-ip:", ERR_INVALID},
    {"redirect-ip:192.0.2.1:5", ERR_INVALID},
    {"redirect-ip:[2001:db8::1]", ERR_INVALID},
    {"redirect-ip:fe80::1%lo", ERR_INVALID},
    {"target:[2001:db8::1%lo]:1", ERR_INVALID},
    {"target:[192.0.2.1]:1", ERR_INVALID},
    {"target:[]:1", ERR_INVALID},
    {"target:[:1", ERR_INVALID},
    {"traffic-rate:0:-1", ERR_INVALID},
    {"traffic-rate:0:nan", ERR_INVALID},
    {"traffic-rate:0:0x10", ERR_INVALID},
    {"traffic-rate:0:1e", ERR_INVALID},
    {"traffic-rate:0:1e99", ERR_RANGE},
    {"traffic-rate:65536:1", ERR_RANGE},
    {"traffic-rate:1", ERR_INVALID},
    {"traffic-action:drop", ERR_INVALID},
    {"mark:64", ERR_RANGE},
    {"mark:ef", ERR_INVALID},
    {"0x", ERR_INVALID},
    {"0x00", ERR_INVALID},
    {"0x00000000000000000", ERR_INVALID},
    {"0x000000000000000g", ERR_INVALID},
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct community c = {.kind = COMMUNITY_LARGE};
        int err = community_parse(bad[i].text, &c);
        if (err != bad[i].err)
            fail_msg("\"%s\": %d instead of %d", bad[i].text, err, bad[i].err);
        assert_int_equal(c.kind, COMMUNITY_LARGE);
    }
    char text[4096];
    memset(text, '1', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    struct community c;
    assert_true(community_parse(text, &c) < 0);
}

static void any_extended_community_reads_back(void **state)
{
    (void)state;
    struct strbuf out = {0};
    uint32_t seed = 1;
    for (unsigned i = 0; i < 200000; i++) {
        struct community c = {.kind = i % 4 == 0 ? COMMUNITY_IPV6_EXTENDED : COMMUNITY_EXTENDED};
        for (unsigned k = 0; k < community_len_bytes(c.kind); k++) {
            seed = seed * 1103515245 + 12345;
            c.bytes[k] = (uint8_t)(seed >> 16);
        }
        /* Mostly types with a text of their own. */
        if (i % 8 != 0) {
            c.bytes[0] = (uint8_t)(c.kind == COMMUNITY_EXTENDED ? (i & 8) << 4 | (i & 3) : 0);
            c.bytes[1] &= 0x0f;
        }
        if (i % 16 == 3) { /* flags that have a name */
            c.bytes[community_len_bytes(c.kind) - 2] = 0;
            c.bytes[community_len_bytes(c.kind) - 1] &= 1;
        }
        strbuf_clear(&out);
        community_format(&c, &out);
        struct community again;
        if (community_parse(strbuf_text(&out), &again) != 0)
            fail_msg("%s is refused", strbuf_text(&out));
        assert_int_equal(again.kind, c.kind);
        assert_memory_equal(again.bytes, c.bytes, community_len_bytes(c.kind));
    }
    strbuf_release(&out);
}

static void collect(void *ctx, const struct community *c)
{
    struct strbuf *out = ctx;
    community_format(c, out);
    strbuf_add_char(out, ' ');
}

static void each_in_order(void **state)
{
    (void)state;
    struct span attrs =
        BYTES(0x40, ATTR_ORIGIN, 1, 0,                                             /* */
              0xc0, ATTR_COMMUNITIES, 8, 0xfd, 0xe8, 0, 1, 0xff, 0xff, 0xff, 0x01, /* */
              0xc0, ATTR_EXT_COMMUNITIES, 8, 0x00, 0x02, 0, 1, 0, 0, 0, 2,         /* */
              0xc0, ATTR_IPV6_EXT_COMMUNITIES, 20, 0, 2, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,
              0, 0, 0, 1, 0, 7, /* */
              0xc0, ATTR_LARGE_COMMUNITIES, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3);
    struct strbuf out = {0};
    community_each(attrs, collect, &out);
    assert_string_equal(strbuf_text(&out),
                        "65000:1 no-export target:1:2 target:[2001:db8::1]:7 1:2:3 ");
    strbuf_clear(&out);
    community_each(BYTES(0x40, ATTR_ORIGIN, 1, 0), collect, &out);
    assert_string_equal(strbuf_text(&out), "");
    strbuf_release(&out);
}

static void extended_ones_are_known_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *community;
        const char *name;
    } named[] = {
        {"rt:65000:1", "target"},
        {"target:[2001:db8::1]:1", "target"},
        {"soo:192.0.2.1:1", "origin"},
        {"redirect-ip:192.0.2.1", "redirect-ip"},
        {"copy-ip:2001:db8::1", "copy-ip"},
        {"traffic-rate:65000:0", "traffic-rate"},
        {"mark:3", "mark"},
    };
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        struct community c;
        assert_int_equal(community_parse(named[i].community, &c), 0);
        for (size_t k = 0; k < sizeof(named) / sizeof(named[0]); k++) {
            const char *text = named[k].name;
            const struct community_name *name = community_name_find(text, strlen(text));
            assert_non_null(name);
            assert_string_equal(community_name_text(name), text);
            assert_int_equal(community_has_name(&c, name), strcmp(text, named[i].name) == 0);
        }
    }
    const struct community standard = {.kind = COMMUNITY_STANDARD, .bytes = {0, 2}};
    assert_false(community_has_name(&standard, community_name_find("target", 6)));
    assert_true(community_name_find("RT", 2) == community_name_find("target", 6));
    assert_true(community_name_has_admin(community_name_find("redirect", 8)));
    assert_false(community_name_has_admin(community_name_find("mark", 4)));
    assert_null(community_name_find("targets", 7));
    assert_null(community_name_find("targe", 5));
}

static void words_that_are_known_can_be_read(void **state)
{
    (void)state;
    unsigned count = 0;
    for (const char *word; (word = community_nth_word(count)); count++) {
        struct community c;
        assert_true(community_parse(word, &c) == 0 || community_name_find(word, strlen(word)));
    }
    assert_int_equal(count, 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(formats),
        cmocka_unit_test(refuses),
        cmocka_unit_test(any_extended_community_reads_back),
        cmocka_unit_test(each_in_order),
        cmocka_unit_test(extended_ones_are_known_by_name),
        cmocka_unit_test(words_that_are_known_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
