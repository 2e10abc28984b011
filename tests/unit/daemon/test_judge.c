/* What is used of what peers send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/judge.h"
#include "wire/aspath.h"

/* 64999 towards one peer, 65000 towards another and by default, 4200000000 towards a third. */
static struct config_peer peers[] = {
    {.local_as = 64999, .router_id = 0x01010101},
    {.local_as = 65000, .router_id = 0x02020202},
    {.local_as = 4200000000, .router_id = 0x02020202},
};
static struct config config = {.router_id = 0x03030303,
                               .default_as = 65000,
                               .cluster_id = 0x09090909,
                               .peers = peers,
                               .peer_count = 3};
static struct judge judge;
static struct judge_rules rules;
static struct attr_block attrs;

static int set_up(void **state)
{
    (void)state;
    judge = (struct judge){0};
    rules = (struct judge_rules){0};
    assert_true(judge_configure(&judge, &config));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    judge_release(&judge);
    return 0;
}

static void own(const char *text, const char *link)
{
    struct ip_addr addr;
    assert_int_equal(ip_parse(text, &addr), 0);
    own_addrs_add(&judge.addrs, &addr, link);
}

/* Attributes with this path (text), and, unless it is empty, one more. */
static enum rib_reject verdict(const char *path, uint8_t type, struct span value)
{
    uint8_t buf[256];
    uint8_t igp = ORIGIN_IGP;
    struct writer w = writer_over(buf, sizeof(buf));
    assert_int_equal(aspath_parse(path, &w), 0);
    attr_block_init(&attrs);
    attr_block_add(&attrs, ATTR_ORIGIN, span_of(&igp, 1));
    attr_block_add(&attrs, ATTR_AS_PATH, writer_span(&w));
    if (value.len_bytes > 0)
        attr_block_add(&attrs, type, value);
    assert_int_equal(attr_block_finish(&attrs), 0);
    return judge_attrs(&judge, &rules, family_info(FAMILY_IPV4_UNICAST), attr_block_span(&attrs),
                       &attrs.hot);
}

static enum rib_reject path_verdict(const char *path)
{
    return verdict(path, 0, span_of(NULL, 0));
}

static void loops_over_all_of_our_asns(void **state)
{
    (void)state;
    assert_int_equal(path_verdict(""), RIB_ACCEPTED);
    assert_int_equal(path_verdict("65001 65002"), RIB_ACCEPTED);
    assert_int_equal(path_verdict("65001 64999 65002"), RIB_REJECT_AS_LOOP);
    assert_int_equal(path_verdict("65001 65000"), RIB_REJECT_AS_LOOP);
    assert_int_equal(path_verdict("65001 {1 4200000000}"), RIB_REJECT_AS_LOOP);
    rules.allow_own_as = 2;
    assert_int_equal(path_verdict("65001 65000 64999"), RIB_ACCEPTED);
    assert_int_equal(path_verdict("65000 65000 64999"), RIB_REJECT_AS_LOOP);
}

static void the_first_as_is_the_peers(void **state)
{
    (void)state;
    rules.first_as = 65001;
    assert_int_equal(path_verdict("65001"), RIB_ACCEPTED);
    assert_int_equal(path_verdict("65001 65001 7"), RIB_ACCEPTED);
    assert_int_equal(path_verdict(""), RIB_REJECT_FIRST_AS);
    assert_int_equal(path_verdict("65002 65001"), RIB_REJECT_FIRST_AS);
    assert_int_equal(path_verdict("{65001} 7"), RIB_REJECT_FIRST_AS);
    assert_int_equal(path_verdict("65002 65000"), RIB_REJECT_AS_LOOP);
}

static void rules_come_from_peer_and_session(void **state)
{
    (void)state;
    struct config_peer peer = {.enforce_first_as = true, .allow_own_as = 3};
    struct peer_session session = {.remote_as = 65001, .role = ROLE_PEER};
    assert_int_equal(ip_parse("2001:db8::1", &session.local.addr), 0);
    own("2001:db8::1", "eth1");
    struct judge_rules r = judge_rules_of(&judge, &peer, &session);
    assert_int_equal(r.first_as, 65001);
    assert_int_equal(r.allow_own_as, 3);
    assert_int_equal(r.role, ROLE_PEER);
    assert_int_equal(r.remote_as, 65001);
    assert_string_equal(r.link, "eth1");
    assert_false(r.accept_martians);
    session.kind = SESSION_INTERNAL;
    peer.accept_martians = true;
    r = judge_rules_of(&judge, &peer, &session);
    assert_int_equal(r.first_as, 0);
    assert_true(r.accept_martians);
    session.kind = SESSION_EXTERNAL;
    peer.enforce_first_as = false;
    assert_int_equal(judge_rules_of(&judge, &peer, &session).first_as, 0);
}

static void reflected_routes_of_ours(void **state)
{
    (void)state;
    const uint8_t ours[][4] = {{1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}};
    const uint8_t clusters[] = {8, 8, 8, 8, 9, 9, 9, 9};
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(verdict("7", ATTR_ORIGINATOR_ID, span_of(ours[i], 4)),
                         RIB_REJECT_ORIGINATOR_LOOP);
    assert_int_equal(verdict("7", ATTR_ORIGINATOR_ID, span_of(clusters, 4)), RIB_ACCEPTED);
    assert_int_equal(verdict("7", ATTR_CLUSTER_LIST, span_of(clusters, 8)),
                     RIB_REJECT_CLUSTER_LOOP);
    assert_int_equal(verdict("7", ATTR_CLUSTER_LIST, span_of(clusters, 4)), RIB_ACCEPTED);
    config.cluster_id = 0x08080808;
    assert_true(judge_configure(&judge, &config));
    assert_int_equal(verdict("7", ATTR_CLUSTER_LIST, span_of(clusters, 4)),
                     RIB_REJECT_CLUSTER_LOOP);
    config.cluster_id = 0x09090909;
}

/* RFC 9234 §5: leaks by our role, and the AS that has marked the route. */
static void marked_routes_that_go_the_wrong_way(void **state)
{
    (void)state;
    enum { PEER_AS = 65001 };
    static const struct {
        enum role role;
        enum rib_reject by_peer; /* marked by its AS */
        enum rib_reject by_other;
    } rows[] = {
        {ROLE_NONE, RIB_ACCEPTED, RIB_ACCEPTED},
        {ROLE_PROVIDER, RIB_REJECT_LEAK_BELOW, RIB_REJECT_LEAK_BELOW},
        {ROLE_RS, RIB_REJECT_LEAK_BELOW, RIB_REJECT_LEAK_BELOW},
        {ROLE_RS_CLIENT, RIB_ACCEPTED, RIB_ACCEPTED},
        {ROLE_CUSTOMER, RIB_ACCEPTED, RIB_ACCEPTED},
        {ROLE_PEER, RIB_ACCEPTED, RIB_REJECT_LEAK_PEER},
    };
    const uint8_t by_peer[] = {0, 0, 0xfd, 0xe9};
    const uint8_t by_other[] = {0, 0, 0xfd, 0xea};
    const uint8_t by_nobody[] = {0, 0, 0, 0};
    rules.remote_as = PEER_AS;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rules.role = (uint8_t)rows[i].role;
        assert_int_equal(verdict("65001", 0, span_of(NULL, 0)), RIB_ACCEPTED);
        assert_int_equal(verdict("65001", ATTR_ONLY_TO_CUSTOMER, span_of(by_peer, 4)),
                         rows[i].by_peer);
        assert_int_equal(verdict("65001", ATTR_ONLY_TO_CUSTOMER, span_of(by_nobody, 4)),
                         rows[i].by_other);
        assert_int_equal(verdict("65001", ATTR_ONLY_TO_CUSTOMER, span_of(by_other, 4)),
                         rows[i].by_other);
        for (enum family f = 0; f < FAMILY_COUNT; f++) {
            bool is_held_to_it = f == FAMILY_IPV4_UNICAST || f == FAMILY_IPV6_UNICAST;
            assert_int_equal(
                judge_attrs(&judge, &rules, family_info(f), attr_block_span(&attrs), &attrs.hot),
                is_held_to_it ? rows[i].by_other : RIB_ACCEPTED);
        }
    }
}

static void configuring_says_what_changes(void **state)
{
    (void)state;
    assert_false(judge_configure(&judge, &config));
    peers[2].local_as = 65000;
    assert_true(judge_configure(&judge, &config));
    assert_false(judge_configure(&judge, &config));
    peers[0].router_id = 0x02020202;
    assert_true(judge_configure(&judge, &config));
    peers[0].router_id = 0x01010101;
    peers[2].local_as = 4200000000;
}

/* RFC 4271 §6.3 a, RFC 2545 §3. */
static void next_hops_that_are_ours(void **state)
{
    (void)state;
    own("192.0.2.1", "eth0");
    own("2001:db8::1", "eth1");
    own("fe80::1%eth1", "eth1");
    const struct {
        uint8_t bytes[32];
        uint8_t len_bytes;
        bool ours;
    } cases[] = {
        {{192, 0, 2, 1}, 4, true},
        {{192, 0, 2, 2}, 4, false},
        {{[10] = 0xff, 0xff, 192, 0, 2, 1}, 16, true},
        {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}, 16, true},
        {{0x20, 0x01, 0x0d, 0xb8, [15] = 2}, 16, false},
        {{0xfe, 0x80, [15] = 1}, 16, true},
        {{0x20, 0x01, 0x0d, 0xb8, [15] = 2, 0xfe, 0x80, [31] = 1}, 32, true},
        {{0x20, 0x01, 0x0d, 0xb8, [15] = 1, 0xfe, 0x80, [31] = 2}, 32, true},
        {{0x20, 0x01, 0x0d, 0xb8, [15] = 2, 0xfe, 0x80, [31] = 2}, 32, false},
    };
    strcpy(rules.link, "eth1");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(verdict("7", ATTR_NEXT_HOP, span_of(cases[i].bytes, cases[i].len_bytes)),
                         cases[i].ours ? RIB_REJECT_NEXT_HOP_IS_US : RIB_ACCEPTED);
    /* Someone else may have it on another link. */
    strcpy(rules.link, "eth0");
    assert_int_equal(verdict("7", ATTR_NEXT_HOP, span_of(cases[5].bytes, 16)), RIB_ACCEPTED);
    strcpy(rules.link, "");
    assert_int_equal(verdict("7", ATTR_NEXT_HOP, span_of(cases[5].bytes, 16)), RIB_ACCEPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(loops_over_all_of_our_asns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_as_is_the_peers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rules_come_from_peer_and_session, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reflected_routes_of_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(marked_routes_that_go_the_wrong_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(configuring_says_what_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(next_hops_that_are_ours, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
