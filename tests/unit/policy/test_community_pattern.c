/* Patterns of communities: what matches, what is made of them, and what is said of bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/err.h"
#include "policy/community_pattern.h"

static const struct ip_addr peer_address = {.version = IP_V4, .bytes = {192, 0, 2, 1}};
static const struct policy_values values = {.peer_as = 65001,
                                            .local_as = 4200000000,
                                            .origin_as = 64512,
                                            .neighbor_as = 65003,
                                            .peer_address = &peer_address};
static const struct policy_values nothing;

static struct community_pattern pattern_of(const char *text)
{
    struct text_error error = {0};
    struct community_pattern p;
    if (community_pattern_parse(text, &p, &error) != 0)
        fail_msg("%s: %s", text, strbuf_text(&error.say));
    return p;
}

static struct community community_of(const char *text)
{
    struct community c = {0};
    if (community_parse(text, &c) != 0)
        fail_msg("no community: %s", text);
    return c;
}

static void what_matches(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *community;
        bool matches;
    } cases[] = {
        {"65000:100", "65000:100", true},
        {"65000:100", "65000:101", false},
        {"65000:100", "65000:100:0", false},
        {"no-export", "65535:65281", true},
        {"no-export", "no-advertise", false},
        {"65000:*", "65000:7", true},
        {"65000:*", "65001:7", false},
        {"65000:*", "65000:7:7", false},
        {"65000:100-199", "65000:100", true},
        {"65000:100-199", "65000:199", true},
        {"65000:100-199", "65000:99", false},
        {"65000:100-199", "65000:200", false},
        {"*:666", "1:666", true},
        {"*:666", "1:667", false},
        {"64512-65534:*", "64512:1", true},
        {"64512-65534:*", "65535:1", false},
        {"65000:1:*", "65000:1:4294967295", true},
        {"65000:1:*", "65000:2:1", false},
        {"*:1-2:3", "4200000000:2:3", true},
        {"*:1-2:3", "4200000000:3:3", false},
        {"*:1-2:3", "4200000000:2:4", false},
        {"target:65000:*", "target:65000:1", true},
        {"rt:65000:*", "target:65000:1", true},
        {"target:65000:*", "rt:65000:4294967295", true},
        {"target:65000:*", "target:0.65000:1", false},
        {"target:65000:*", "target:65001:1", false},
        {"target:65000:*", "origin:65000:1", false},
        {"target:65000:*", "target:192.0.2.1:1", false},
        {"target:0.65000:*", "target:0.65000:1", true},
        {"target:0.65000:*", "target:65000:1", false},
        {"target:4200000000:1-5", "target:4200000000:5", true},
        {"target:4200000000:1-5", "target:4200000000:6", false},
        {"target:64000-70000:1", "target:65000:1", true},
        {"target:64000-70000:1", "target:69999:1", true},
        {"target:*:1", "target:[2001:db8::1]:1", true},
        {"target:*:1", "target:192.0.2.1:1", true},
        {"target:*:1", "target:70000:1", true},
        {"target:*:1", "target:70000:2", false},
        {"target:*:1", "target:[2001:db8::1]:2", false},
        {"target:*:*", "redirect:65000:1", false},
        {"target:192.0.2.1:*", "target:192.0.2.1:9", true},
        {"target:192.0.2.1:*", "target:192.0.2.2:9", false},
        {"target:*:192.0.2.1", "target:1:3221225985", true},
        {"target:*:192.0.2.1", "target:192.0.2.1:1", false},
        {"target:[2001:db8::1]:*", "target:[2001:db8::1]:9", true},
        {"target:[2001:db8::1]:*", "target:[2001:db8::2]:9", false},
        {"target:[2001:db8::1]:8-9", "target:[2001:db8::1]:7", false},
        {"target:*", "target:[2001:db8::1]:9", true},
        {"target:*", "target:65000:9", true},
        {"target:*", "soo:65000:9", false},
        {"redirect-ip:*", "redirect-ip:192.0.2.1", true},
        {"redirect-ip:*", "redirect-ip:2001:db8::1", true},
        {"redirect-ip:*", "copy-ip:192.0.2.1", false},
        {"copy-ip:*", "copy-ip:2001:db8::1", true},
        {"traffic-rate:*", "traffic-rate:65000:0", true},
        {"traffic-rate:*", "traffic-rate-packets:65000:0", false},
        {"*", "1:1", true},
        {"*", "1:1:1", true},
        {"*", "0x0102030405060708", true},
        /* variables */
        {"0:{peer.as}", "0:65001", true},
        {"0:{peer.as}", "0:65002", false},
        {"{origin.as}:{neighbor.as}", "64512:65003", true},
        {"{origin.as}:{neighbor.as}", "64512:65001", false},
        {"{local.as}:1", "59904:1", false}, /* has no room */
        {"{local.as}:1:{peer.as}", "4200000000:1:65001", true},
        {"{local.as}:1:{peer.as}", "4200000000:1:65000", false},
        {"target:{peer.as}:*", "target:65001:5", true},
        {"target:{peer.as}:*", "target:0.65001:5", false},
        {"target:{local.as}:*", "target:4200000000:5", true},
        {"target:{peer.address}:1", "target:192.0.2.1:1", true},
        {"target:{peer.address}:1", "target:192.0.2.2:1", false},
        {"target:1:{peer.address}", "target:1:192.0.2.1", true},
        {"target:1:{peer.address}", "target:1:192.0.2.9", false},
        {"target:[2001:db8::1]:{peer.as}", "target:[2001:db8::1]:65001", true},
        {"target:[2001:db8::1]:{peer.as}", "target:[2001:db8::1]:1", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct community_pattern p = pattern_of(cases[i].pattern);
        struct community c = community_of(cases[i].community);
        if (community_pattern_matches(&p, &c, &values) != cases[i].matches)
            fail_msg("%s and %s", cases[i].pattern, cases[i].community);
        if (p.variables)
            assert_false(community_pattern_matches(&p, &c, &nothing));
    }
}

static void what_is_made(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *made; /* NULL: there is no room */
    } cases[] = {
        {"65000:100", "65000:100"},
        {"blackhole", "blackhole"},
        {"0:{peer.as}", "0:65001"},
        {"{local.as}:1", NULL},
        {"1:{local.as}", NULL},
        {"{local.as}:1:{peer.as}", "4200000000:1:65001"},
        {"target:{peer.as}:70000", "target:65001:70000"},
        {"target:{local.as}:7", "target:4200000000:7"},
        {"target:{local.as}:70000", NULL},
        {"target:65000:{local.as}", "target:65000:4200000000"},
        {"target:70000:{local.as}", NULL},
        {"soo:{peer.address}:{origin.as}", "origin:192.0.2.1:64512"},
        {"soo:{peer.address}:{local.as}", NULL},
        {"target:1:{peer.address}", "target:1:3221225985"},
        {"target:[2001:db8::1]:{peer.as}", "target:[2001:db8::1]:65001"},
        {"target:[2001:db8::1]:{local.as}", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text_error error = {0};
        struct community_pattern p;
        struct community c = {0};
        struct strbuf text = {0};
        assert_int_equal(community_pattern_parse_exact(cases[i].pattern, &p, &error), 0);
        bool made = community_pattern_make(&p, &values, &c);
        if (made)
            community_format(&c, &text);
        if (made != (cases[i].made != NULL))
            fail_msg("%s became %s", cases[i].pattern, strbuf_text(&text));
        if (made) {
            assert_string_equal(strbuf_text(&text), cases[i].made);
            assert_true(community_pattern_matches(&p, &c, &values));
        }
        if (p.variables)
            assert_false(community_pattern_make(&p, &nothing, &c));
        strbuf_release(&text);
    }
}

/* What a pattern makes of any values is what it matches with them. */
static void what_is_made_matches(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "{peer.as}:{origin.as}",        "{peer.as}:{local.as}:{neighbor.as}",
        "target:{peer.as}:{origin.as}", "redirect:{peer.address}:{peer.as}",
        "target:5:{peer.address}",      "target:[::1]:{peer.as}",
    };
    struct random r = {5};
    unsigned made = 0;
    for (unsigned i = 0; i < 20000; i++) {
        struct ip_addr address = ip_from_v4(random_below(&r, UINT32_MAX));
        struct policy_values v = {.peer_address = &address};
        uint32_t *const numbers[] = {&v.peer_as, &v.local_as, &v.origin_as, &v.neighbor_as};
        for (size_t k = 0; k < 4; k++)
            *numbers[k] = random_below(&r, random_below(&r, 2) ? 66000 : UINT32_MAX);
        struct community_pattern p = pattern_of(patterns[i % 6]);
        struct community c = {0};
        uint32_t as;
        if (!community_pattern_make(&p, &v, &c))
            continue;
        made++;
        assert_true(community_pattern_matches(&p, &c, &v));
        if (p.variables & POLICY_PEER_AS) {
            struct policy_values general = v;
            general.peer_as = 0;
            general.peer_address = NULL;
            assert_false(community_pattern_matches(&p, &c, &general));
            assert_true(community_pattern_find_peer_as(&p, &c, &general, &as));
            assert_int_equal(as, v.peer_as);
        }
    }
    assert_true(made > 5000);
}

static void whose_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *community;
        uint32_t as; /* 0: nobody's */
    } cases[] = {
        {"0:{peer.as}", "0:7", 7},
        {"0:{peer.as}", "1:7", 0},
        {"0:{peer.as}", "0:0", 0},
        {"{peer.as}:{peer.as}", "7:7", 7},
        {"{peer.as}:{peer.as}", "7:8", 0},
        {"{local.as}:1:{peer.as}", "1:1:7", 7},
        {"{local.as}:1:{peer.as}", "2:1:7", 0},
        {"target:{peer.as}:{peer.address}", "target:7:192.0.2.9", 7},
        {"target:{peer.address}:{peer.as}", "target:192.0.2.9:7", 7},
        {"target:{peer.address}:{peer.as}", "target:9:7", 0},
        {"target:*:{peer.as}", "target:[::1]:7", 7},
        {"target:{peer.as}:1", "target:0.7:1", 0},
        {"target:{peer.address}:1", "target:192.0.2.1:1", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy_values general = {.local_as = 1};
        struct community_pattern p = pattern_of(cases[i].pattern);
        struct community c = community_of(cases[i].community);
        uint32_t as = 0;
        bool found = community_pattern_find_peer_as(&p, &c, &general, &as);
        if (found != (cases[i].as != 0) || as != cases[i].as)
            fail_msg("%s and %s: %u", cases[i].pattern, cases[i].community, as);
    }
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
        size_t column;
        const char *say;
    } cases[] = {
        {"", ERR_INVALID, 1, "is no community or pattern"},
        {"65000", 0, 0, NULL},
        {"65000:", ERR_INVALID, 7, "there is no number"},
        {"65000:70000", ERR_RANGE, 7, "'70000' is too large: there is room up to 65535"},
        {"65000:1-70000", ERR_RANGE, 9, "'70000' is too large"},
        {"65000:9-1", ERR_RANGE, 7, "'9-1' is an empty range"},
        {"65000:x", ERR_INVALID, 7, "'x' is no number"},
        {"1:2:3:4", ERR_INVALID, 1, "is no community or pattern"},
        {"1:*:4294967296", ERR_RANGE, 5, "room up to 4294967295"},
        {"*:*:*:*", ERR_INVALID, 1, "is no community or pattern"},
        {"no-exprt", ERR_INVALID, 1, "(did you mean 'no-export'?)"},
        {"targt:1:1", ERR_INVALID, 1, "'targt' is no community (did you mean 'target'?)"},
        {"target:1", ERR_INVALID, 8, "is not what follows such a name"},
        {"target:1:x", ERR_INVALID, 10, "'x' is no number"},
        {"target:x:1", ERR_INVALID, 8, "'x' is no number"},
        {"target:70000:70000", ERR_RANGE, 14, "room up to 65535"},
        {"target:192.0.2.1:70000-80000", ERR_RANGE, 18, "room up to 65535"},
        {"target:[::x]:1", ERR_INVALID, 8, "is no IPv6 address"},
        {"target:[::1]:70000", ERR_RANGE, 14, "room up to 65535"},
        {"traffic-rate:1:*", ERR_INVALID, 14, "is not what follows such a name"},
        {"0:{peer.a}", ERR_INVALID, 3, "'{peer.a}' is no variable (did you mean '{peer.as}'?)"},
        {"0:{peer.as", ERR_INVALID, 3, "is no variable"},
        {"0:{}", ERR_INVALID, 3,
         "'{}' is no variable (expected {peer.as}, {local.as}, {origin.as} or {neighbor.as})"},
        {"0:{peer.address}", ERR_INVALID, 3, "'{peer.address}' has no place here (expected "},
        {"0:{peer.name}", ERR_INVALID, 3, "has no place here"},
        {"target:70000:{peer.address}", ERR_INVALID, 14, "has no place here"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text_error error = {0};
        struct community_pattern p;
        assert_int_equal(community_pattern_parse(cases[i].text, &p, &error), cases[i].err);
        if (cases[i].say && !strstr(strbuf_text(&error.say), cases[i].say))
            fail_msg("%s: %s", cases[i].text, strbuf_text(&error.say));
        assert_int_equal(error.column, cases[i].column);
        text_error_release(&error);
    }
    static const char *const many[] = {"*",          "65000:*", "1:2:3-4",    "target:*",
                                       "target:*:1", "1-2:1",   "target:1:*", "mark:*"};
    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
        struct text_error error = {0};
        struct community_pattern p;
        assert_int_equal(community_pattern_parse_exact(many[i], &p, &error), ERR_INVALID);
        assert_non_null(strstr(strbuf_text(&error.say), "is more than one community"));
        text_error_release(&error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_matches),          cmocka_unit_test(what_is_made),
        cmocka_unit_test(what_is_made_matches),  cmocka_unit_test(whose_it_is),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
