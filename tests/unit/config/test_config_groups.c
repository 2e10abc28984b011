/* Groups: what peers inherit, what they add, and who is blamed. */
#include "config_test.h"

#define TOP "router_id = \"192.0.2.1\"\ndefault_as = 65000\n"

static void test_inherit(void **state)
{
    (void)state;
    struct config *c = parse_good(TOP "[groups.transit]\n"
                                      "remote_as = 65001\n"
                                      "local_as = 65009\n"
                                      "description = \"transit\"\n"
                                      "hold_timer = 9\n"
                                      "families = [\"ipv4 unicast\"]\n"
                                      "max_prefixes = { \"ipv4 unicast\" = 5 }\n"
                                      "[[peers]]\n"
                                      "remote_ip = \"192.0.2.2\"\n"
                                      "group = \"transit\"\n"
                                      "[[peers]]\n"
                                      "remote_ip = \"192.0.2.3\"\n"
                                      "group = \"transit\"\n"
                                      "remote_as = 65002\n"
                                      "description = \"other\"\n"
                                      "families = [\"ipv6 unicast\"]\n"
                                      "max_prefixes = { \"ipv6 unicast\" = 6 }\n");
    const struct config_peer *a = &c->peers[0];
    const struct config_peer *b = &c->peers[1];
    assert_int_equal(a->remote_as, 65001);
    assert_int_equal(a->local_as, 65009);
    assert_int_equal(a->hold_time_s, 9);
    assert_string_equal(a->description, "transit");
    assert_int_equal(a->families, FAMILY_BIT(FAMILY_IPV4_UNICAST));
    assert_int_equal(limit_of(a, FAMILY_IPV4_UNICAST)->limit, 5);
    assert_int_equal(a->dest_port, 179);
    assert_int_equal(b->remote_as, 65002);
    assert_int_equal(b->local_as, 65009);
    assert_int_equal(b->hold_time_s, 9);
    assert_string_equal(b->description, "other");
    assert_int_equal(b->families, FAMILY_BIT(FAMILY_IPV6_UNICAST));
    assert_null(config_peer_channel(b, FAMILY_IPV4_UNICAST));
    assert_int_equal(limit_of(b, FAMILY_IPV6_UNICAST)->limit, 6);
    config_free(c);
}

/* Whatever settles a matter in the peer keeps the group's word on it out. */
static void test_other_names(void **state)
{
    (void)state;
    struct config *c = parse_good(TOP "[groups.g]\n"
                                      "remote_as = 1\n"
                                      "router_id = \"1.1.1.1\"\n"
                                      "md5_password = \"from the group\"\n"
                                      "[[peers]]\n"
                                      "remote_ip = \"192.0.2.2\"\n"
                                      "group = \"g\"\n"
                                      "local_router_id = \"2.2.2.2\"\n"
                                      "md5_password = \"own\"\n"
                                      "[[peers]]\n"
                                      "remote_ip = \"192.0.2.3\"\n"
                                      "group = \"g\"\n");
    assert_int_equal(c->peers[0].router_id, 0x02020202);
    assert_string_equal(c->peers[0].md5_password, "own");
    assert_int_equal(c->peers[1].router_id, 0x01010101);
    assert_string_equal(c->peers[1].md5_password, "from the group");
    config_free(c);

    char name[] = "/tmp/bgpd-test-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    assert_non_null(f);
    fputs("from a file\n", f);
    fclose(f);
    char text[512];
    snprintf(text, sizeof(text),
             TOP "[groups.a]\nmd5_password = \"group\"\n"
                 "[groups.b]\nmd5_password_file = \"%s\"\n"
                 "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 1\ngroup = \"a\"\n"
                 "md5_password_file = \"%s\"\n"
                 "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 1\ngroup = \"b\"\n"
                 "md5_password = \"own\"\n"
                 "[[peers]]\nremote_ip = \"192.0.2.4\"\nremote_as = 1\ngroup = \"b\"\n",
             name, name);
    c = parse_good(text);
    assert_string_equal(c->peers[0].md5_password, "from a file");
    assert_string_equal(c->peers[1].md5_password, "own");
    assert_string_equal(c->peers[2].md5_password, "from a file");
    config_free(c);
    remove(name);
}

static void test_routes_are_added(void **state)
{
    (void)state;
    struct config *c = parse_good(TOP "[groups.g]\n"
                                      "remote_as = 1\n"
                                      "[[groups.g.static_routes]]\n"
                                      "prefix = \"10.2.0.0/16\"\n"
                                      "next_hop = \"192.0.2.9\"\n"
                                      "[[groups.g.static_flows]]\n"
                                      "afi = 1\n"
                                      "action = \"traffic-rate 0\"\n"
                                      "matches = [\"destination 10.2.0.1/32\"]\n"
                                      "[[peers]]\n"
                                      "remote_ip = \"192.0.2.2\"\n"
                                      "group = \"g\"\n"
                                      "[[peers.static_routes]]\n"
                                      "prefix = \"10.1.0.0/16\"\n"
                                      "next_hop = \"192.0.2.9\"\n"
                                      "[[peers]]\n"
                                      "remote_ip = \"192.0.2.3\"\n"
                                      "group = \"g\"\n");
    assert_int_equal(c->peers[0].route_count, 3);
    assert_int_equal(c->peers[1].route_count, 2);
    assert_true(static_route_equal(&c->peers[0].routes[1], &c->peers[1].routes[0]));
    assert_true(static_route_equal(&c->peers[0].routes[2], &c->peers[1].routes[1]));
    assert_ptr_not_equal(c->peers[0].routes[1].bytes, c->peers[1].routes[0].bytes);
    config_free(c);
}

static void test_problems(void **state)
{
    (void)state;
    /* Said once, where it stands, however many peers inherit it; unused groups are checked too. */
    assert_problems(TOP "[groups.g]\n"
                        "remote_as = 0\n"
                        "hold_tmer = 3\n"
                        "remote_ip = \"192.0.2.9\"\n"
                        "group = \"g\"\n"
                        "[groups.unused]\n"
                        "dest_port = 0\n"
                        "[[peers]]\n"
                        "remote_ip = \"192.0.2.2\"\n"
                        "group = \"g\"\n"
                        "[[peers]]\n"
                        "remote_ip = \"192.0.2.3\"\n"
                        "group = \"h\"\n"
                        "remote_as = 1\n"
                        "[[peers]]\n"
                        "remote_ip = \"192.0.2.4\"\n"
                        "group = \"unusd\"\n"
                        "remote_as = 1\n",
                    "t.toml:4:13: remote_as must be from 1 to 4294967295, not 0\n"
                    "t.toml:5:1: unknown key 'hold_tmer' in [groups.g] (did you mean "
                    "'hold_timer'?)\n"
                    "t.toml:6:1: remote_ip belongs in a peer, not in a group\n"
                    "t.toml:7:1: group belongs in a peer, not in a group\n"
                    "t.toml:9:13: dest_port must be from 1 to 65535, not 0\n"
                    "t.toml:15:9: there is no [groups.h]\n"
                    "t.toml:19:9: there is no [groups.unusd] (did you mean 'unused'?)\n");
    assert_problems(TOP "groups = { g = 1 }\n"
                        "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 1\ngroup = \"g\"\n",
                    "t.toml:3:16: [groups.g] must be a table, not an integer\n");
}

static void test_blame_the_peer(void **state)
{
    (void)state;
    assert_problems(TOP "[groups.g]\n"
                        "passive = false\n"
                        "route_reflector_client = true\n"
                        "[[groups.g.static_routes]]\n"
                        "prefix = \"10.0.0.0/8\"\n"
                        "next_hop = \"192.0.2.9\"\n"
                        "[[groups.g.static_routes]]\n"
                        "prefix = \"2001:db8::/32\"\n"
                        "next_hop = \"2001:db8::9\"\n"
                        "[[peers]]\n"
                        "remote_ip = \"192.0.2.0/24\"\n"
                        "remote_as = 1\n"
                        "group = \"g\"\n"
                        "families = [\"ipv4 unicast\"]\n"
                        "[[peers.static_routes]]\n"
                        "prefix = \"10.0.0.0/8\"\n"
                        "next_hop = \"192.0.2.8\"\n",
                    "t.toml:12:1: passive cannot be false: remote_ip is a network, from which "
                    "peers can only be waited for\n"
                    "t.toml:12:1: route_reflector_client is for internal peers: remote_as 1 is "
                    "not local_as 65000\n"
                    "t.toml:16:12: warning: static routes of the peer's group in \"ipv6 unicast\" "
                    "will not be announced: families does not have it\n"
                    "t.toml:17:1: '10.0.0.0/8' is announced twice: also on line 6, in the peer's "
                    "group\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inherit),          cmocka_unit_test(test_other_names),
        cmocka_unit_test(test_routes_are_added), cmocka_unit_test(test_problems),
        cmocka_unit_test(test_blame_the_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
