/* What a reload would have to do: one key changed at a time. */
#include "config/diff.h"
#include "config_test.h"

static unsigned peer_diff(const char *old_lines, const char *new_lines)
{
    char old_text[512];
    char new_text[512];
    snprintf(old_text, sizeof(old_text), PEER "%s\n", old_lines);
    snprintf(new_text, sizeof(new_text), PEER "%s\n", new_lines);
    struct config *a = parse_good(old_text);
    struct config *b = parse_good(new_text);
    unsigned changes = config_peer_diff(&a->peers[0], &b->peers[0]);
    assert_int_equal(config_peer_diff(&b->peers[0], &a->peers[0]), changes);
    assert_int_equal(config_peer_diff(&b->peers[0], &b->peers[0]), 0);
    config_free(a);
    config_free(b);
    return changes;
}

static void test_peer(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        unsigned changes;
    } cases[] = {
        {"enabled = true\npassive = false\nhold_timer = 180\ndest_port = 179", 0},
        {"enabled = false", PEER_CHANGE_ENABLED},
        {"passive = true", PEER_CHANGE_PASSIVE},
        {"local_as = 1", PEER_CHANGE_IDENTITY},
        {"router_id = \"1.1.1.1\"", PEER_CHANGE_IDENTITY},
        {"local_address = \"192.0.2.1\"", PEER_CHANGE_TRANSPORT},
        {"dest_port = 1179", PEER_CHANGE_TRANSPORT},
        {"ttl_security = true", PEER_CHANGE_TRANSPORT},
        {"multihop = true", PEER_CHANGE_TRANSPORT | PEER_CHANGE_LIMITS},
        {"md5_password = \"x\"", PEER_CHANGE_MD5},
        {"hold_timer = 90", PEER_CHANGE_OPEN},
        {"extended_messages = false", PEER_CHANGE_OPEN},
        {"families = [\"ipv4 unicast\"]", PEER_CHANGE_OPEN},
        {"advertise_sources = [\"peer\"]", PEER_CHANGE_EXPORT},
        {"next_hop_self = true", PEER_CHANGE_EXPORT},
        {"route_server_client = true", PEER_CHANGE_EXPORT},
        {"interpret_communities = true", PEER_CHANGE_EXPORT},
        {"next_hop_ipv4 = \"192.0.2.1\"", PEER_CHANGE_EXPORT},
        {"local_as = 65001\nroute_reflector_client = true",
         PEER_CHANGE_EXPORT | PEER_CHANGE_IDENTITY | PEER_CHANGE_LIMITS},
        {"enforce_first_as = false", PEER_CHANGE_IMPORT},
        {"allow_own_as = 1", PEER_CHANGE_IMPORT},
        {"accept_martians = true", PEER_CHANGE_IMPORT},
        {"max_prefixes = 5", PEER_CHANGE_LIMITS},
        {"connect_retry = 5", PEER_CHANGE_LIMITS},
        {"fast_fallover = false", PEER_CHANGE_LIMITS},
        {"description = \"x\"", PEER_CHANGE_DESCRIPTION},
        {"[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\nnext_hop = \"192.0.2.9\"",
         PEER_CHANGE_ROUTES},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(peer_diff("", cases[i].line), cases[i].changes);
    assert_int_equal(peer_diff("md5_password = \"x\"", "md5_password = \"y\""), PEER_CHANGE_MD5);
    assert_int_equal(peer_diff("md5_password = \"x\"", "md5_password = \"x\""), 0);
}

static void assert_keys(config_key_set keys,
                        const char *(*next)(config_key_set keys, unsigned *bit),
                        const char *expected)
{
    struct strbuf out = {0};
    unsigned bit = 0;
    const char *key;
    while ((key = next(keys, &bit)) != NULL)
        strbuf_printf(&out, "%s ", key);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_release(&out);
}

/* What a session goes on with is what the copy keeps of it. */
static void test_session_keys(void **state)
{
    (void)state;
    struct config *a = parse_good(PEER "md5_password = \"x\"\ndescription = \"d\"\n");
    struct config *b = parse_good(PEER "md5_password = \"y\"\nhold_timer = 30\ndest_port = 7\n"
                                       "enabled = false\n");
    struct config_peer *began = config_session_copy(&a->peers[0]);
    config_free(a);
    assert_keys(config_peer_changed_keys(began, &b->peers[0]), config_next_peer_key,
                "enabled hold_timer dest_port md5_password ");
    config_key_set keys = config_peer_changed_keys(began, &b->peers[0]) & config_session_keys(true);
    assert_keys(keys, config_next_peer_key, "hold_timer dest_port md5_password ");
    assert_true(config_keys_need_connection(keys));
    keys = config_peer_changed_keys(began, &b->peers[0]) & config_session_keys(false);
    assert_keys(keys, config_next_peer_key, "hold_timer md5_password ");
    assert_keys(config_session_keys(true), config_next_peer_key,
                "hold_timer extended_messages dest_port local_address md5_password "
                "md5_password_file ttl_security multihop families ");
    config_session_copy_free(began);
    config_session_copy_free(NULL);
    config_free(b);
}

static void test_global_keys(void **state)
{
    (void)state;
    struct config *a = parse_good("router_id = \"1.1.1.1\"\n");
    struct config *b = parse_good("router_id = \"1.1.1.1\"\ncluster_id = \"2.2.2.2\"\n"
                                  "api_hosts = [\"h\"]\nbgp_socket = \":1179\"\n"
                                  "poll_interval = 4\n");
    config_key_set keys = config_changed_keys(a, b);
    assert_keys(keys, config_next_key, "cluster_id bgp_socket api_hosts poll_interval ");
    assert_keys(config_socket_keys(), config_next_key, "bgp_socket api_socket ");
    assert_keys(config_changed_keys(b, b), config_next_key, "");
    config_free(a);
    config_free(b);
}

static void log_route(struct strbuf *out, char sign, const struct static_route *route)
{
    strbuf_add_char(out, sign);
    static_route_format_key(route, out);
    strbuf_add_char(out, ' ');
}

static void assert_routes_diff(const struct config *a, const struct config *b, const char *expected)
{
    struct strbuf out = {0};
    struct config_routes_cursor at = {0};
    const struct static_route *route;
    enum config_route_change change;
    while ((change = config_routes_next(&a->peers[0], &b->peers[0], &at, &route)))
        if (change != CONFIG_ROUTE_STAYS)
            log_route(&out, change == CONFIG_ROUTE_COMES ? '+' : '-', route);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_release(&out);
}

static void test_routes(void **state)
{
    (void)state;
    struct config *none = parse_good(PEER);
    struct config *a = parse_good(PEER "static_routes = [\n"
                                       "{ prefix = \"10.3.0.0/16\", next_hop = \"192.0.2.9\" },\n"
                                       "{ prefix = \"10.1.0.0/16\", next_hop = \"192.0.2.9\" },\n"
                                       "{ prefix = \"10.2.0.0/16\", next_hop = \"192.0.2.9\" },\n"
                                       "]\n");
    struct config *b =
        parse_good(PEER "static_routes = [\n"
                        "{ prefix = \"10.0.0.0/16\", next_hop = \"192.0.2.9\" },\n"
                        "{ prefix = \"10.2.0.0/16\", next_hop = \"192.0.2.8\" },\n"
                        "{ prefix = \"10.3.0.0/16\", next_hop = \"192.0.2.9\" },\n"
                        "{ prefix = \"2001:db8::/32\", next_hop = \"2001:db8::1\" },\n"
                        "]\n"
                        "[[peers.static_flows]]\n"
                        "afi = 1\naction = \"mark 1\"\nmatches = [\"protocol 6\"]\n");
    assert_routes_diff(a, a, "");
    assert_routes_diff(none, none, "");
    assert_routes_diff(none, a, "+10.1.0.0/16 +10.2.0.0/16 +10.3.0.0/16 ");
    assert_routes_diff(a, none, "-10.1.0.0/16 -10.2.0.0/16 -10.3.0.0/16 ");
    assert_routes_diff(a, b, "+10.0.0.0/16 -10.1.0.0/16 +10.2.0.0/16 +2001:db8::/32 +protocol =6 ");
    assert_routes_diff(b, a, "-10.0.0.0/16 +10.1.0.0/16 +10.2.0.0/16 -2001:db8::/32 -protocol =6 ");
    config_free(none);
    config_free(a);
    config_free(b);
}

static void test_global(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        unsigned changes;
    } cases[] = {
        {"poll_interval = 3\ndefault_as = 3", 0},
        {"bgp_socket = [\"[::]:179\"]\napi_socket = \":8080\"\ncluster_id = \"1.1.1.1\"", 0},
        {"bgp_socket = \"[::]:1179\"", CONFIG_CHANGE_BGP_SOCKETS},
        {"bgp_socket = \"0.0.0.0:179\"", CONFIG_CHANGE_BGP_SOCKETS},
        {"bgp_socket = [\"[::]:179\", \":1179\"]", CONFIG_CHANGE_BGP_SOCKETS},
        {"api_socket = \"[::1]:8080\"", CONFIG_CHANGE_API_SOCKET},
        {"cluster_id = \"1.1.1.2\"", CONFIG_CHANGE_CLUSTER_ID},
    };
    struct config *a = parse_good("router_id = \"1.1.1.1\"\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "router_id = \"1.1.1.1\"\n%s\n", cases[i].line);
        struct config *b = parse_good(text);
        assert_int_equal(config_global_diff(a, b), cases[i].changes);
        config_free(b);
    }
    struct config *b = parse_good("router_id = \"1.1.1.1\"\n");
    b->api_token = strdup("x");
    assert_int_equal(config_global_diff(a, b), CONFIG_CHANGE_API_TOKEN);
    config_free(b);
    config_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peer),        cmocka_unit_test(test_session_keys),
        cmocka_unit_test(test_global_keys), cmocka_unit_test(test_routes),
        cmocka_unit_test(test_global),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
