/* The keys of a peer, good and bad, and the checks that concern several of them. */
#include <net/if.h>
#include <unistd.h>

#include "config_test.h"

static const struct config_peer *only_peer(const struct config *c)
{
    assert_int_equal(c->peer_count, 1);
    return &c->peers[0];
}

static void test_defaults(void **state)
{
    (void)state;
    struct config *c = parse_good(PEER);
    const struct config_peer *p = only_peer(c);
    char text[PREFIX_TEXT_MAX];
    assert_string_equal(prefix_format(&p->remote, text), "192.0.2.2/32");
    assert_string_equal(p->remote_interface, "");
    assert_null(p->description);
    assert_int_equal(p->remote_as, 65001);
    assert_int_equal(p->local_as, 65000);
    assert_int_equal(p->router_id, 0xc0000201);
    assert_true(p->enabled);
    assert_false(p->passive);
    assert_int_equal(p->hold_time_s, 180);
    assert_true(p->extended_messages);
    assert_int_equal(p->dest_port, 179);
    assert_int_equal(p->connect_retry_s, 30);
    assert_int_equal(p->local_address.version, IP_NONE);
    assert_null(p->md5_password);
    assert_false(p->ttl_security);
    assert_int_equal(p->multihop, 0);
    assert_int_equal(p->families, family_defaults());
    assert_int_equal(p->advertise_sources, ADVERTISE_API | ADVERTISE_CONFIG);
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        if (family_in(p->families, f))
            assert_int_equal(limit_of(p, f)->limit, 0);
    assert_false(p->route_reflector_client);
    assert_false(p->route_server_client);
    assert_false(p->next_hop_self);
    assert_true(p->enforce_first_as);
    assert_int_equal(p->role, ROLE_NONE);
    assert_false(p->role_strict);
    assert_int_equal(p->allow_own_as, 0);
    assert_false(p->accept_martians);
    assert_int_equal(p->route_count, 0);
    config_free(c);
}

static void test_values(void **state)
{
    (void)state;
    struct config *c = parse_good("router_id = \"192.0.2.1\"\n"
                                  "poll_interval = 7\n"
                                  "[[peers]]\n"
                                  "remote_ip = \"2001:db8::2\"\n"
                                  "remote_as = \"1.10\"\n"
                                  "local_as = \"65546\"\n"
                                  "local_router_id = \"9.9.9.9\"\n"
                                  "description = \"transit é\"\n"
                                  "enabled = false\n"
                                  "passive = true\n"
                                  "hold_timer = 0\n"
                                  "dest_port = 1179\n"
                                  "local_address = \"2001:db8::1\"\n"
                                  "md5_password = \"hunter2\"\n"
                                  "multihop = 3\n"
                                  "families = [\"ipv6 unicast\", \"ipv6-flow\"]\n"
                                  "advertise_sources = [\"peer\"]\n"
                                  "max_prefixes = { \"ipv6 unicast\" = 1000 }\n"
                                  "route_reflector_client = true\n"
                                  "next_hop_self = true\n"
                                  "next_hop_ipv4 = \"192.0.2.9\"\n"
                                  "enforce_first_as = false\n"
                                  "allow_own_as = 255\n"
                                  "accept_martians = true\n");
    const struct config_peer *p = only_peer(c);
    char text[PREFIX_TEXT_MAX];
    char ip[IP_TEXT_MAX];
    assert_string_equal(prefix_format(&p->remote, text), "2001:db8::2/128");
    assert_int_equal(p->remote_as, 65546);
    assert_int_equal(p->local_as, 65546);
    assert_int_equal(p->router_id, 0x09090909);
    assert_string_equal(p->description, "transit é");
    assert_false(p->enabled);
    assert_true(p->passive);
    assert_int_equal(p->hold_time_s, 0);
    assert_int_equal(p->dest_port, 1179);
    assert_int_equal(p->connect_retry_s, 7);
    assert_string_equal(ip_format(&p->local_address, ip), "2001:db8::1");
    assert_string_equal(p->md5_password, "hunter2");
    assert_int_equal(p->multihop, 3);
    assert_int_equal(p->families, FAMILY_BIT(FAMILY_IPV6_UNICAST) | FAMILY_BIT(FAMILY_IPV6_FLOW));
    assert_int_equal(p->advertise_sources, ADVERTISE_PEER);
    assert_int_equal(limit_of(p, FAMILY_IPV6_FLOW)->limit, 0);
    assert_int_equal(limit_of(p, FAMILY_IPV6_UNICAST)->limit, 1000);
    assert_true(p->route_reflector_client);
    assert_true(p->next_hop_self);
    assert_string_equal(ip_format(&p->next_hop_ipv4, ip), "192.0.2.9");
    assert_false(p->enforce_first_as);
    assert_int_equal(p->allow_own_as, 255);
    assert_true(p->accept_martians);
    config_free(c);
}

static void test_more_values(void **state)
{
    (void)state;
    struct config *c = parse_good(PEER "connect_retry = 2\n"
                                       "ttl_security = true\n"
                                       "multihop = false\n"
                                       "hold_timer = 3\n"
                                       "extended_messages = false\n"
                                       "max_prefixes = 10\n"
                                       "route_server_client = true\n"
                                       "interpret_communities = true\n"
                                       "advertise_sources = []\n");
    const struct config_peer *p = only_peer(c);
    assert_int_equal(p->connect_retry_s, 2);
    assert_true(p->ttl_security);
    assert_int_equal(p->multihop, 0);
    assert_int_equal(p->hold_time_s, 3);
    assert_false(p->extended_messages);
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        if (family_in(p->families, f))
            assert_int_equal(limit_of(p, f)->limit, 10);
    assert_true(p->route_server_client);
    assert_true(p->interpret_communities);
    assert_int_equal(p->advertise_sources, 0);
    config_free(c);
    c = parse_good(PEER "multihop = true\n");
    assert_int_equal(only_peer(c)->multihop, 64);
    config_free(c);
    c = parse_good(PEER "multihop = true\nlocal_as = 65001\n"); /* internal: it is 64 anyway */
    assert_int_equal(only_peer(c)->remote_as, 65001);
    assert_int_equal(only_peer(c)->multihop, 0);
    config_free(c);
}

/* One bad line as line 6, and what is said of it after "t.toml:6:". */
static const struct {
    const char *line;
    const char *problem;
} bad_lines[] = {
    {"local_as = 0", "12: local_as must be from 1 to 4294967295, not 0"},
    {"local_as = true", "12: local_as must be an AS number (65001 or \"1.10\"), not a boolean"},
    {"router_id = \"::1\"",
     "13: router_id '::1' is not an identifier like \"192.0.2.1\" (other than 0.0.0.0)"},
    {"local_router_id = 1",
     "19: local_router_id must be a string like \"192.0.2.1\", not an integer: it needs quotes"},
    {"description = 1", "15: description must be a string, not an integer: it needs quotes"},
    {"enabled = 1", "11: enabled must be a boolean (true or false), not an integer"},
    {"passive = \"true\"", "11: passive must be a boolean (true or false), not a string"},
    {"hold_timer = 1", "14: hold_timer must be 0 (none) or from 3 to 65535, not 1"},
    {"hold_timer = 2", "14: hold_timer must be 0 (none) or from 3 to 65535, not 2"},
    {"hold_timer = 65536", "14: hold_timer must be 0 (none) or from 3 to 65535, not 65536"},
    {"hold_timer = -3", "14: hold_timer must be 0 (none) or from 3 to 65535, not -3"},
    {"hold_timer = \"90\"", "14: hold_timer must be an integer, not a string"},
    {"dest_port = 0", "13: dest_port must be from 1 to 65535, not 0"},
    {"dest_port = 65536", "13: dest_port must be from 1 to 65535, not 65536"},
    {"dest_port = 1.5", "13: dest_port must be an integer, not a float"},
    {"connect_retry = 0", "17: connect_retry must be from 1 to 65535, not 0"},
    {"connect_retry = \"x\"", "17: connect_retry must be an integer, not a string"},
    {"local_address = \"x\"", "17: local_address 'x' is not an IP address"},
    {"local_address = \"0.0.0.0\"",
     "17: local_address '0.0.0.0' is no peer's address (any address is 0.0.0.0/0 or ::/0)"},
    {"local_address = \"2001:db8::1\"",
     "17: local_address must be an IPv4 address, as remote_ip is one"},
    {"local_address = 1", "17: local_address must be a string, not an integer: it needs quotes"},
    {"md5_password = 1", "16: md5_password must be a string, not an integer: it needs quotes"},
    {"md5_password = \"\"", "16: md5_password must hold from 1 to 80 bytes, not 0"},
    {"md5_password_file = 1",
     "21: md5_password_file must be a string, not an integer: it needs quotes"},
    {"md5_password_file = \"/nonexistent/key\"",
     "21: md5_password_file '/nonexistent/key' cannot be read: No such file or directory"},
    {"ttl_security = 255", "16: ttl_security must be a boolean (true or false), not an integer"},
    {"multihop = 0", "12: multihop must be from 1 to 255, not 0"},
    {"multihop = 256", "12: multihop must be from 1 to 255, not 256"},
    {"multihop = \"2\"", "12: multihop must be a boolean or a TTL from 1 to 255, not a string"},
    {"families = \"ipv4 unicast\"", "12: families must be a list of strings, not a string"},
    {"families = []", "12: families must name at least one family"},
    {"families = [\"ipv4 unicast\", \"ipv5 unicast\"]",
     "29: unknown family 'ipv5 unicast' (did you mean 'ipv4 unicast'?)"},
    {"families = [\"ipv4 vpm\"]", "13: unknown family 'ipv4 vpm' (did you mean 'ipv4 vpn'?)"},
    {"families = [1]", "13: families must hold strings, not an integer: it needs quotes"},
    {"advertise_sources = \"api\"",
     "21: advertise_sources must be a list of strings, not a string"},
    {"advertise_sources = [\"API\"]",
     "22: unknown source 'API' (valid: \"api\", \"config\", \"peer\")"},
    {"max_prefixes = -1", "16: max_prefixes must be from 0 to 4294967295, not -1"},
    {"max_prefixes = \"9\"", "16: max_prefixes must be an integer or a table, not a string"},
    {"max_prefixes = { \"ipv4 unicast\" = true }",
     "35: max_prefixes of a family must be an integer, not a boolean"},
    {"max_prefixes = { ipv4 = 1 }", "18: unknown family 'ipv4' (did you mean 'ipv4 unicast'?)"},
    {"max_prefixes = { \"ipv4 unicast\" = 1, IPv4-Unicast = 2 }",
     "38: max_prefixes of \"ipv4 unicast\" is given twice"},
    {"route_reflector_client = 1",
     "26: route_reflector_client must be a boolean (true or false), not an integer"},
    {"route_reflector_client = true",
     "26: route_reflector_client is for internal peers: remote_as 65001 is not local_as 65000"},
    {"route_server_client = 1",
     "23: route_server_client must be a boolean (true or false), not an integer"},
    {"next_hop_self = []", "17: next_hop_self must be a boolean (true or false), not an array"},
    {"interpret_communities = 0",
     "25: interpret_communities must be a boolean (true or false), not an integer"},
    {"next_hop_ipv4 = \"2001:db8::1\"", "17: next_hop_ipv4 must be an IPv4 address of this router"},
    {"next_hop_ipv4 = \"224.0.0.1\"", "17: next_hop_ipv4 '224.0.0.1' is not a unicast address"},
    {"next_hop_ipv4 = 1", "17: next_hop_ipv4 must be a string, not an integer: it needs quotes"},
    {"enforce_first_as = 1",
     "20: enforce_first_as must be a boolean (true or false), not an integer"},
    {"role = \"rs-clent\"", "8: unknown role 'rs-clent' (did you mean 'rs-client'?)"},
    {"role = \"transit\"", "8: unknown role 'transit' (valid: \"provider\", \"rs\", "
                           "\"rs-client\", \"customer\", \"peer\")"},
    {"role = 1", "8: role must be a string, not an integer: it needs quotes"},
    {"role_strict = 1", "15: role_strict must be a boolean (true or false), not an integer"},
    {"allow_own_as = 256", "16: allow_own_as must be from 0 to 255, not 256"},
    {"allow_own_as = true", "16: allow_own_as must be an integer, not a boolean"},
    {"accept_martians = \"no\"",
     "19: accept_martians must be a boolean (true or false), not a string"},
    {"static_routes = 1",
     "17: static_routes must be a list of tables: write [[peers.static_routes]], not an "
     "integer"},
    {"static_flows = {}",
     "16: static_flows must be a list of tables: write [[peers.static_flows]], not a table"},
    {"static_routes = [1]", "18: [[peers.static_routes]] must be a table, not an integer"},
    {"group = \"transit\"", "9: there is no [groups.transit]"},
    {"group = 1", "9: group must be a string, not an integer: it needs quotes"},
    {"remote_asn = 1", "1: unknown key 'remote_asn' in [[peers]] (did you mean "
                       "'remote_as'?)"},
    {"colour = \"x\"", "1: unknown key 'colour' in [[peers]] (valid keys: " PEER_KEYS ")"},
    {"add_path = true", "1: unknown key 'add_path' in [[peers]] (valid keys: " PEER_KEYS ")"},
    {"graceful_restart = true",
     "1: unknown key 'graceful_restart' in [[peers]] (valid keys: " PEER_KEYS ")"},
};

static void test_bad_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
        char text[512];
        char expected[1024];
        snprintf(text, sizeof(text), PEER "%s\n", bad_lines[i].line);
        snprintf(expected, sizeof(expected), "t.toml:6:%s\n", bad_lines[i].problem);
        assert_problems(text, expected);
    }
}

static void test_keys_together(void **state)
{
    (void)state;
    assert_problems(PEER "router_id = \"1.1.1.1\"\nlocal_router_id = \"1.1.1.1\"\n",
                    "t.toml:7:1: router_id and local_router_id cannot be given together: they are "
                    "names of the same thing\n");
    assert_problems(PEER "md5_password = \"a\"\nmd5_password_file = \"/dev/null\"\n",
                    "t.toml:7:1: md5_password and md5_password_file cannot be given together: one "
                    "says what the other says\n"
                    "t.toml:7:21: md5_password_file '/dev/null' cannot be read: it is not a "
                    "regular file\n");
    assert_problems(PEER "multihop = true\nttl_security = true\n",
                    "t.toml:7:16: ttl_security and multihop cannot be given together: the peer is "
                    "either directly connected or not\n");
    assert_problems(PEER "local_as = 65001\nroute_server_client = true\n",
                    "t.toml:7:23: route_server_client is for external peers: remote_as and "
                    "local_as are both 65001\n");
}

/* An unknown family is answered with those of the table. */
static void test_families_of_the_table(void **state)
{
    (void)state;
    struct strbuf expected = {0};
    strbuf_add(&expected, "t.toml:6:13: unknown family 'x' (valid: ");
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        strbuf_printf(&expected, "%s\"%s\"", f > 0 ? ", " : "", family_info(f)->name);
    strbuf_add(&expected, ")\n");
    assert_problems(PEER "families = [\"x\"]\n", strbuf_text(&expected));
    strbuf_release(&expected);
}

static void test_families_in_any_spelling(void **state)
{
    (void)state;
    struct config *c = parse_good(PEER "families = [\"IPv4-Unicast\", \"ipv6 FLOW\"]\n"
                                       "max_prefixes = { ipv4-unicast = 7, \"IPV6 flow\" = 8 }\n");
    assert_int_equal(c->peers[0].families,
                     FAMILY_BIT(FAMILY_IPV4_UNICAST) | FAMILY_BIT(FAMILY_IPV6_FLOW));
    assert_int_equal(limit_of(&c->peers[0], FAMILY_IPV4_UNICAST)->limit, 7);
    assert_int_equal(limit_of(&c->peers[0], FAMILY_IPV6_FLOW)->limit, 8);
    config_free(c);
}

static void test_first_as_of_an_internal_peer(void **state)
{
    (void)state;
    assert_warnings(PEER "local_as = 65001\nenforce_first_as = true\n",
                    "t.toml:7:20: warning: enforce_first_as has no effect: it is for external "
                    "peers, and remote_as and local_as are the same\n");
    assert_warnings(PEER "local_as = 65001\nenforce_first_as = false\n", "");
}

/* RFC 9234: ours, in external sessions. */
static void test_roles(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROLE_NAMES; i++) {
        char text[256];
        snprintf(text, sizeof(text), PEER "role = \"%s\"\nrole_strict = true\n", role_names[i]);
        struct config *c = parse_good(text);
        assert_int_equal(c->peers[0].role, i + ROLE_PROVIDER);
        assert_true(c->peers[0].role_strict);
        config_free(c);
    }
    assert_warnings(PEER "local_as = 65001\nrole = \"peer\"\n",
                    "t.toml:7:8: warning: role has no effect: roles are for external peers (RFC "
                    "9234), and remote_as and local_as are the same\n");
    assert_warnings(PEER "role_strict = true\n",
                    "t.toml:6:15: warning: role_strict has no effect: there is no role\n");
    assert_warnings(PEER "role_strict = false\n", "");
}

static void test_required(void **state)
{
    (void)state;
    assert_problems("[[peers]]\n",
                    "t.toml:1:1: local_as is missing in [[peers]], and there is no default_as\n"
                    "t.toml:1:1: remote_as is missing in [[peers]]\n"
                    "t.toml:1:1: remote_ip is missing in [[peers]]\n"
                    "t.toml:1:1: router_id is missing in [[peers]], and there is none in the top "
                    "level\n");
}

/* A remote_ip in line 4, and what is said of it after "t.toml:4:13: remote_ip '…' ". */
static void test_bad_remotes(void **state)
{
    (void)state;
    static const struct {
        const char *ip;
        const char *problem;
    } cases[] = {
        {"", " is not an IP address"},
        {"localhost", " is not an IP address"},
        {"192.0.2.256", " is not an IP address"},
        {"0.0.0.0", " is no peer's address (any address is 0.0.0.0/0 or ::/0)"},
        {"::", " is no peer's address (any address is 0.0.0.0/0 or ::/0)"},
        {"224.0.0.1", " is not a unicast address"},
        {"255.255.255.255", " is not a unicast address"},
        {"ff02::1", " is not a unicast address"},
        {"::ffff:192.0.2.1", " is an IPv4 address in disguise: write it as one"},
        {"fe80::1", " is link-local: its interface must be given (\"fe80::1%eth0\")"},
        {"fe80::1/128", " is link-local: its interface must be given (\"fe80::1%eth0\")"},
        {"fe80::1%", " is not an IP address"},
        {"fe80::1%interface-of-16b", " is not an IP address"},
        {"fe80::1%lo/128", " is not a network (\"192.0.2.0/24\")"},
        {"2001:db8::1%lo", " is not link-local: it takes no interface"},
        {"192.0.2.0/33", ": the length must be at most 32"},
        {"2001:db8::/129", ": the length must be at most 128"},
        {"192.0.2.0/", " is not a network (\"192.0.2.0/24\")"},
        {"192.0.2.0/x", " is not a network (\"192.0.2.0/24\")"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        char expected[256];
        snprintf(text, sizeof(text),
                 "router_id = \"1.1.1.1\"\ndefault_as = 1\n[[peers]]\n"
                 "remote_ip = \"%s\"\nremote_as = 2\n",
                 cases[i].ip);
        snprintf(expected, sizeof(expected), "t.toml:4:13: remote_ip '%s'%s\n", cases[i].ip,
                 cases[i].problem);
        assert_problems(text, expected);
    }
}

static void test_networks(void **state)
{
    (void)state;
    char text[PREFIX_TEXT_MAX];
    struct config *c = parse_good("router_id = \"1.1.1.1\"\ndefault_as = 1\n[[peers]]\n"
                                  "remote_ip = \"127.0.0.5/28\"\nremote_as = 2\n");
    assert_string_equal(prefix_format(&only_peer(c)->remote, text), "127.0.0.0/28");
    assert_true(only_peer(c)->passive);
    config_free(c);
    c = parse_good("router_id = \"1.1.1.1\"\ndefault_as = 1\n[[peers]]\n"
                   "remote_ip = \"::/0\"\nremote_as = 2\npassive = true\n");
    assert_string_equal(prefix_format(&only_peer(c)->remote, text), "::/0");
    config_free(c);
    c = parse_good("router_id = \"1.1.1.1\"\ndefault_as = 1\n[[peers]]\n"
                   "remote_ip = \"127.0.0.2/32\"\nremote_as = 2\npassive = false\n");
    assert_false(only_peer(c)->passive);
    config_free(c);
    assert_problems("router_id = \"1.1.1.1\"\ndefault_as = 1\n[[peers]]\n"
                    "remote_ip = \"127.0.0.0/28\"\nremote_as = 2\npassive = false\n",
                    "t.toml:6:11: passive cannot be false: remote_ip is a network, from which "
                    "peers can only be waited for\n");
}

static void test_link_local(void **state)
{
    (void)state;
    struct config *c = parse_good("router_id = \"1.1.1.1\"\ndefault_as = 1\n[[peers]]\n"
                                  "remote_ip = \"fe80::1%lo\"\nremote_as = 2\n"
                                  "local_address = \"fe80::2%lo\"\n");
    const struct config_peer *p = only_peer(c);
    assert_string_equal(p->remote_interface, "lo");
    assert_string_equal(p->local_address.interface, "lo");
    config_free(c);
}

static void test_two_interfaces(void **state)
{
    (void)state;
    assert_problems("router_id = \"1.1.1.1\"\ndefault_as = 1\n[[peers]]\n"
                    "remote_ip = \"fe80::1%lo\"\nremote_as = 2\n"
                    "local_address = \"fe80::2%1lo\"\n",
                    "t.toml:6:17: warning: local_address 'fe80::2%1lo': interface 1lo does not "
                    "exist; it is waited for\n"
                    "t.toml:6:17: local_address must be on the interface of remote_ip: lo\n");
}

/* An interface may come later: that is worth a warning, not more. */
static void test_absent_interface(void **state)
{
    (void)state;
    struct config *c =
        parse_saying("router_id = \"1.1.1.1\"\ndefault_as = 1\n"
                     "bgp_socket = \"[fe80::3%nosuchif0]:1179\"\n"
                     "api_socket = \"[fe80::3%nosuchif0]:8080\"\n[[peers]]\n"
                     "remote_ip = \"fe80::1%nosuchif0\"\nremote_as = 2\n"
                     "local_address = \"fe80::2%nosuchif0\"\n",
                     "t.toml:3:14: warning: bgp_socket '[fe80::3%nosuchif0]:1179': interface "
                     "nosuchif0 does not exist; it is waited for\n"
                     "t.toml:4:14: warning: api_socket '[fe80::3%nosuchif0]:8080': interface "
                     "nosuchif0 does not exist; it is waited for\n"
                     "t.toml:6:13: warning: remote_ip 'fe80::1%nosuchif0': interface "
                     "nosuchif0 does not exist; it is waited for\n"
                     "t.toml:8:17: warning: local_address 'fe80::2%nosuchif0': interface "
                     "nosuchif0 does not exist; it is waited for\n");
    assert_string_equal(only_peer(c)->remote_interface, "nosuchif0");
    config_free(c);
}

/* Where nothing is said, by the kind of peer. */
static void test_fast_fallover(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        bool expected;
    } cases[] = {
        {"", true},
        {"multihop = 1", true},
        {"multihop = 2", false},
        {"multihop = true", false},
        {"local_as = 65001", false}, /* internal */
        {"fast_fallover = false", false},
        {"local_as = 65001\nfast_fallover = true", true},
        {"multihop = true\nfast_fallover = true", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), PEER "%s\n", cases[i].lines);
        struct config *c = parse_good(text);
        assert_int_equal(only_peer(c)->fast_fallover, cases[i].expected);
        config_free(c);
    }
}

#define TOP               "router_id = \"192.0.2.1\"\ndefault_as = 65000\n"
#define KEY_PEER(ip, key) "[[peers]]\nremote_ip = \"" ip "\"\nremote_as = 1\n" key
#define KEY               "md5_password = \"secret\"\n"

/* The kernel knows keys by address alone, and asks all of a network for that of the network. */
static void test_no_key_within_a_network_with_one(void **state)
{
    (void)state;
    assert_problems(
        TOP KEY_PEER("192.0.2.0/24", KEY) KEY_PEER("192.0.2.2", "") KEY_PEER("192.0.3.2", ""),
        "t.toml:8:13: 192.0.2.2/32 needs an md5_password: it lies in 192.0.2.0/24, which has one, "
        "and the system asks every address of that network for a key\n");
    /* Also where a network without one is between them, and from a group. */
    assert_problems(TOP "[groups.g]\n" KEY KEY_PEER("2001:db8:1::2", "")
                        KEY_PEER("2001:db8:1::/64", "")
                            KEY_PEER("2001:db8::/32", "group = \"g\"\n"),
                    "t.toml:6:13: 2001:db8:1::2/128 needs an md5_password: it lies in "
                    "2001:db8::/32, which has one, and the system asks every address of that "
                    "network for a key\n"
                    "t.toml:9:13: 2001:db8:1::/64 needs an md5_password: it lies in "
                    "2001:db8::/32, which has one, and the system asks every address of that "
                    "network for a key\n");
    config_free(parse_good(TOP KEY_PEER("192.0.2.0/24", KEY)
                               KEY_PEER("192.0.2.2", "md5_password = \"another\"\n")));
    config_free(parse_good(TOP KEY_PEER("192.0.2.0/24", "") KEY_PEER("192.0.2.2", KEY)));
}

static void test_keys_of_one_link_local_address(void **state)
{
    (void)state;
    assert_problems(
        TOP KEY_PEER("fe80::2%none0", KEY) KEY_PEER("fe80::2%none1", ""),
        "t.toml:4:13: warning: remote_ip 'fe80::2%none0': interface none0 does not exist; it is "
        "waited for\n"
        "t.toml:8:13: fe80::2/128 must have the same md5_password on all interfaces "
        "(see line 4): the system has one key for the address\n"
        "t.toml:8:13: warning: remote_ip 'fe80::2%none1': interface none1 does not exist; it is "
        "waited for\n");
    config_free(parse_good(TOP KEY_PEER("fe80::2%none0", KEY) KEY_PEER("fe80::2%none1", KEY)));
}

static void test_same_remote_twice(void **state)
{
    (void)state;
    assert_problems(PEER "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 1\n"
                         "[[peers]]\nremote_ip = \"192.0.2.2/32\"\nremote_as = 1\n"
                         "[[peers]]\nremote_as = 1\nremote_ip = \"192.0.2.2\"\n",
                    "t.toml:10:13: remote_ip 192.0.2.2/32 is that of another peer: line 4\n"
                    "t.toml:14:13: remote_ip 192.0.2.2/32 is that of another peer: line 10\n");
    /* Another interface or another length is another peer. */
    config_free(parse_good(PEER "[[peers]]\nremote_ip = \"fe80::1%1\"\nremote_as = 1\n"
                                "[[peers]]\nremote_ip = \"fe80::1%2\"\nremote_as = 1\n"
                                "[[peers]]\nremote_ip = \"192.0.2.2/31\"\nremote_as = 1\n"));
}

static void test_secrets_stay_secret(void **state)
{
    (void)state;
    static const char *const texts[] = {
        PEER "md5_password = \"hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2"
             "hunter2hunter2hunter2\"\n",
        PEER "md5_password = hunter2\n",
        PEER "md5_password = \"hunter2\n",
        PEER "md5_password = 'hunter2' hunter2\n",
        PEER "md5_password = [\"hunter2\"]\n",
        PEER "md5_password = \"hunter2\"\nmd5_password_file = \"/nonexistent\"\n",
        PEER "md5_password = \"hunter2\"\nmd5_password = \"hunter2\"\n",
        PEER "md5_password = \"hunter2\"\nhold_timer = 1\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct config_report report = {0};
        assert_null(parse(texts[i], &report));
        assert_true(report.error_count > 0);
        assert_false(report_says(&report, "hunter2"));
        config_report_release(&report);
    }
    struct config_report report = {0};
    assert_null(parse(PEER "md5_password = 99999999999999999999\n", &report));
    assert_false(report_says(&report, "9999"));
    config_report_release(&report);
}

static void test_md5_file(void **state)
{
    (void)state;
    char name[] = "/tmp/bgpd-test-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "hunter2\n", 8), 8);
    close(fd);
    char text[512];
    snprintf(text, sizeof(text), PEER "md5_password_file = \"%s\"\n", name);
    struct config *c = parse_good(text);
    assert_string_equal(only_peer(c)->md5_password, "hunter2");
    config_free(c);
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    for (int i = 0; i < 81; i++)
        fputc('s', f);
    fclose(f);
    char expected[128];
    snprintf(expected, sizeof(expected),
             "t.toml:6:21: md5_password_file must hold from 1 to 80 bytes, not 81\n");
    assert_problems(text, expected);
    unlink(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_more_values),
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_keys_together),
        cmocka_unit_test(test_families_of_the_table),
        cmocka_unit_test(test_families_in_any_spelling),
        cmocka_unit_test(test_first_as_of_an_internal_peer),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_bad_remotes),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_link_local),
        cmocka_unit_test(test_absent_interface),
        cmocka_unit_test(test_fast_fallover),
        cmocka_unit_test(test_two_interfaces),
        cmocka_unit_test(test_no_key_within_a_network_with_one),
        cmocka_unit_test(test_keys_of_one_link_local_address),
        cmocka_unit_test(test_same_remote_twice),
        cmocka_unit_test(test_secrets_stay_secret),
        cmocka_unit_test(test_md5_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
