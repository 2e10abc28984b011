/* What a reload would have to do: one key changed at a time. */
#include "config/diff.h"
#include "config/global.h"
#include "config/peer_keys.h"
#include "config_test.h"

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

#define POLICIES "[policies.p]\n[policies.q]\ndefault = \"reject\"\n"

/* The names of the keys that differ, in either direction. */
static void assert_peer_diff(const char *old_lines, const char *new_lines, const char *expected)
{
    char old_text[512];
    char new_text[512];
    snprintf(old_text, sizeof(old_text), PEER "%s\n" POLICIES, old_lines);
    snprintf(new_text, sizeof(new_text), PEER "%s\n" POLICIES, new_lines);
    struct config *a = parse_good(old_text);
    struct config *b = parse_good(new_text);
    config_key_set keys = config_peer_changed_keys(&a->peers[0], &b->peers[0]);
    assert_keys(keys, config_next_peer_key, expected);
    assert_true(config_peer_changed_keys(&b->peers[0], &a->peers[0]) == keys);
    assert_true(config_peer_changed_keys(&b->peers[0], &b->peers[0]) == 0);
    config_free(a);
    config_free(b);
}

static void test_peer(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *keys;
    } cases[] = {
        {"enabled = true\npassive = false\nhold_timer = 180\ndest_port = 179", ""},
        {"enabled = false", "enabled "},
        {"passive = true", "passive "},
        {"local_as = 1", "local_as "},
        {"router_id = \"1.1.1.1\"", "router_id "},
        {"local_address = \"192.0.2.1\"", "local_address "},
        {"dest_port = 1179", "dest_port "},
        {"ttl_security = true", "ttl_security "},
        {"multihop = true", "multihop fast_fallover "},
        {"md5_password = \"x\"", "md5_password "},
        {"hold_timer = 90", "hold_timer "},
        {"extended_messages = false", "extended_messages "},
        {"families = [\"ipv4 unicast\"]", "families "},
        {"advertise_sources = [\"peer\"]", "advertise_sources "},
        {"next_hop_self = true", "next_hop_self "},
        {"route_server_client = true", "route_server_client "},
        {"interpret_communities = true", "interpret_communities "},
        {"next_hop_ipv4 = \"192.0.2.1\"", "next_hop_ipv4 "},
        {"local_as = 65001\nroute_reflector_client = true",
         "local_as fast_fallover route_reflector_client "},
        {"enforce_first_as = false", "enforce_first_as "},
        {"role = \"peer\"", "role "},
        {"role = \"rs\"\nrole_strict = true", "role role_strict "},
        {"allow_own_as = 1", "allow_own_as "},
        {"accept_martians = true", "accept_martians "},
        {"max_prefixes = 5", "channels "},
        {"max_prefixes = 0", ""},
        {"families = [\"ipv6 flow\"]\nmax_prefixes = 5", "families channels "},
        {"channels.\"ipv6 flow\".max_prefixes = 5", "channels "},
        {"channels.\"ipv6 flow\".max_prefixes = 0", ""},
        {"connect_retry = 5", "connect_retry "},
        {"fast_fallover = false", "fast_fallover "},
        {"description = \"x\"", "description "},
        {"name = \"x\"", "name "},
        {"import = \"p\"", "import "},
        {"import = [\"p\", \"q\"]\nexport = \"q\"", "import export "},
        {"import = []", ""},
        {"keep_filtered = false", "keep_filtered "},
        {"validate_flows = true", "validate_flows "},
        {"channels.\"ipv6 flow\".validate_flows = true", "validate_flows "},
        {"channels.\"ipv6 unicast\".validate_flows = true", ""},
        {"reject_aspa_invalid = false", "reject_aspa_invalid "},
        {"ebgp_requires_policy = true", "import export ebgp_requires_policy "},
        {"channels.\"ipv6 flow\".import = \"p\"", "import "},
        {"channels.\"ipv6 flow\".keep_filtered = false", "keep_filtered "},
        {"channels.\"ipv6 unicast\".reject_aspa_invalid = false", "reject_aspa_invalid "},
        {"[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\nnext_hop = \"192.0.2.9\"",
         "static_routes "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_peer_diff("", cases[i].line, cases[i].keys);
    assert_peer_diff("md5_password = \"x\"", "md5_password = \"y\"", "md5_password ");
    assert_peer_diff("md5_password = \"x\"", "md5_password = \"x\"", "");
}

/* What is done, for one key of each kind. */
static void test_what_is_done(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum config_reload reload;
    } cases[] = {
        {"enabled = false", RELOAD_ENABLE},       {"connect_retry = 5", RELOAD_RETRY},
        {"max_prefixes = 5", RELOAD_LIMITS},      {"next_hop_self = true", RELOAD_EXPORT},
        {"allow_own_as = 1", RELOAD_IMPORT},      {"router_id = \"1.1.1.1\"", RELOAD_RESTART},
        {"hold_timer = 90", RELOAD_NEXT_SESSION}, {"ttl_security = true", RELOAD_NEXT_CONNECTION},
        {"md5_password = \"x\"", RELOAD_MD5},     {"dest_port = 1179", RELOAD_NEXT_ATTEMPT},
        {"description = \"x\"", RELOAD_AT_ONCE},
    };
    struct config *a = parse_good(PEER);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), PEER "%s\n", cases[i].line);
        struct config *b = parse_good(text);
        config_key_set keys = config_peer_changed_keys(&a->peers[0], &b->peers[0]);
        assert_true(keys != 0 && (keys & ~config_peer_keys(cases[i].reload)) == 0);
        config_free(b);
    }
    config_free(a);
    assert_keys(config_keys(RELOAD_SOCKETS), config_next_key, "bgp_socket api_socket ");
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
    config_session_copy_free(began);
    config_session_copy_free(NULL);
    config_free(b);
}

static void test_global(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        const char *keys;
    } cases[] = {
        {"bgp_socket = [\"[::]:179\"]\napi_socket = \":8080\"\ncluster_id = \"1.1.1.1\"", ""},
        {"poll_interval = 3\ndefault_as = 3", "default_as poll_interval "},
        {"bgp_socket = \"[::]:1179\"", "bgp_socket "},
        {"bgp_socket = \"0.0.0.0:179\"", "bgp_socket "},
        {"bgp_socket = [\"[::]:179\", \":1179\"]", "bgp_socket "},
        {"api_socket = \"[::1]:8080\"", "api_socket "},
        {"api_socket = [\"127.0.0.1:8080\"]", ""},
        {"api_socket = [\"127.0.0.1:8080\", \"unix:/a\"]", "api_socket "},
        {"api_socket = \"unix:/a\"", "api_socket "},
        {"api_socket_owner = \"7\"", "api_socket_owner "},
        {"api_socket_group = \"root\"", "api_socket_group "},
        {"api_socket_mode = \"600\"", "api_socket_mode "},
        {"api_socket_mode = \"660\"", ""},
        {"api_hosts = [\"h\"]", "api_hosts "},
        {"cluster_id = \"1.1.1.2\"", "cluster_id "},
        {"api_loopback = \"full\"", ""},
        {"api_loopback = \"none\"", "api_loopback "},
        {"api_audit = 0", "api_audit "},
        {"api_audit = 10000", ""},
        {"[rpki]\nvrps = []", ""},
        {"[rpki]\nvrps = [\"10.0.0.0/8 1\"]", "rpki "},
        {"[rpki]\naspas = [\"1: 2\"]", "rpki "},
        {"[rpki]\nfiles = [\"a\"]", "rpki "},
        {"[[rpki.caches]]\naddress = \"::1\"", "rpki "},
        {"[state]\npath = \"a\"", "state "},
        {"[[originate_limits]]\nroutes = { max = 1 }", "originate_limits "},
    };
    struct config *a = parse_good("router_id = \"1.1.1.1\"\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "router_id = \"1.1.1.1\"\n%s\n", cases[i].lines);
        struct config *b = parse_good(text);
        assert_keys(config_changed_keys(a, b), config_next_key, cases[i].keys);
        config_free(b);
    }
    struct config *b = parse_good("router_id = \"1.1.1.1\"\n");
    b->api_token = strdup("x");
    assert_keys(config_changed_keys(a, b), config_next_key, "api_token_file ");
    config_free(b);
    config_free(a);
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

/* What needs no comparison of its own: it says which peer it is, its parts are compared, or another
 * key is the place of its value. */
static bool is_apart(const struct schema_key *key)
{
    static const char *const elsewhere[] = {"md5_password_file",  "max_prefixes", "static_flows",
                                            "prefix_sets",        "as_sets",      "community_sets",
                                            "prefix_origin_sets", "parameters"};
    bool found = key->reload == RELOAD_OTHER_PEER || key->reload == RELOAD_AS_WITHIN;
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
        found |= strcmp(key->name, elsewhere[i]) == 0;
    return found;
}

static void test_no_key_is_forgotten(void **state)
{
    (void)state;
    static const struct schema *const schemas[] = {&schema_global, &schema_peer};
    for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
        for (size_t k = 0; k < schemas[i]->count; k++)
            if ((schemas[i]->keys[k].same == NULL) != is_apart(&schemas[i]->keys[k]))
                fail_msg("a reload does not see a change of %s", schemas[i]->keys[k].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peer),         cmocka_unit_test(test_what_is_done),
        cmocka_unit_test(test_session_keys), cmocka_unit_test(test_global),
        cmocka_unit_test(test_routes),       cmocka_unit_test(test_no_key_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
