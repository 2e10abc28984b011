/* What is in force and where it comes from: each key of each table. What is shown, read again, is
 * the same configuration. */
#include "config/listing.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/look.h"
#include "config/originate_keys.h"
#include "config/policy_sets.h"
#include "config/policy_tests.h"
#include "config/rpki_keys.h"
#include "config/state_keys.h"
#include "config/tls_keys.h"
#include "listing_test.h"

#include "../tls_files.h"

static const struct shown *find_below(const struct list *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++)
        if (strncmp(list->at[i].path, path, strlen(path)) == 0)
            return &list->at[i];
    return NULL;
}

/* --- each key --- */

#define TOP                                                                                        \
    "router_id = \"192.0.2.1\"\n"                                                                  \
    "default_as = 65000\n"
#define PEER_HEAD                                                                                  \
    TOP "[policies.p]\n[policies.q]\ndefault = \"reject\"\n[groups.g]\n[groups.h]\n"               \
        "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\n"
#define PEER_PATH "peers.192.0.2.2."
#define ROUTE_HEAD                                                                                 \
    PEER_HEAD "families = [\"ipv4 unicast\", \"ipv4 vpn\"]\n[[peers.static_routes]]\n"
#define ROUTE "prefix = \"10.0.0.0/8\"\nnext_hop = \"10.0.0.1\"\n"

static const struct sample {
    const struct schema *schema;
    const char *key;
    const char *head; /* what stands before it: the configuration without it, unless it is needed */
    const char *value;
    const char *path; /* without the key */
    const char *json; /* NULL: as the value; "": it is not shown */
} samples[] = {
    {&schema_global, "router_id", "default_as = 1\n", "\"1.1.1.1\"", "", NULL},
    {&schema_global, "default_as", "router_id = \"1.1.1.1\"\n", "\"1.10\"", "", NULL},
    {&schema_global, "cluster_id", TOP, "\"2.2.2.2\"", "", NULL},
    {&schema_global, "bgp_socket", TOP, "[\"127.0.0.1:1179\", \"[::1]:1179\"]", "", NULL},
    {&schema_global, "api_socket", TOP, "\"127.0.0.1:9000\"", "", NULL},
    {&schema_global, "api_socket_owner", TOP, "\"7\"", "", NULL},
    {&schema_global, "api_socket_group", TOP, "\"7\"", "", NULL},
    {&schema_global, "api_socket_mode", TOP, "\"0600\"", "", NULL},
    {&schema_global, "api_tls", TOP, "{ certificate = \"a.crt\", key = \"a.key\" }", "", ""},
    {&schema_global, "api_hosts", TOP, "[\"a.example\", \"b.example\"]", "", NULL},
    {&schema_global, "api_token_file", TOP, "\"secret\"", "", NULL},
    {&schema_global, "api_tokens", TOP, "\"tokens\"", "", NULL},
    {&schema_global, "api_loopback", TOP, "\"read\"", "", NULL},
    {&schema_global, "api_audit", TOP, "7", "", NULL},
    {&schema_global, "api_body_max", TOP, "1048576", "", NULL},
    {&schema_global, "poll_interval", TOP, "7", "", NULL},
    {&schema_global, "ebgp_requires_policy", TOP, "true", "", NULL},
    {&schema_global, "rpki", TOP, "{ vrps = [\"10.0.0.0/8 1\"] }", "", ""},
    {&schema_global, "originate_limits", TOP, "[{ owner = \"a\" }]", "", ""},
    {&schema_global, "state", TOP, "{ path = \"s.db\" }", "", ""},
    {&schema_global, "prefix_sets", TOP, "{ x = [\"10.0.0.0/8\"] }", "", ""},
    {&schema_global, "as_sets", TOP, "{ x = [1, \"3-5\"] }", "", ""},
    {&schema_global, "community_sets", TOP, "{ x = [\"1:2\"] }", "", ""},
    {&schema_global, "prefix_origin_sets", TOP, "{ x = [\"10.0.0.0/8 AS1\"] }", "", ""},
    {&schema_global, "parameters", TOP, "{ x = 15 }", "", ""},
    {&schema_global, "policies", TOP, "{ p = {} }", "", ""},
    {&schema_global, "groups", TOP, "{ g = {} }", "", ""},
    {&schema_global, "peers", TOP, "[{ remote_ip = \"192.0.2.2\", remote_as = 1 }]", "", ""},

    {&schema_peer, "remote_ip", TOP "[[peers]]\nremote_as = 1\n", "\"192.0.2.2\"", PEER_PATH, NULL},
    {&schema_peer, "remote_as", TOP "[[peers]]\nremote_ip = \"192.0.2.2\"\n", "\"1.10\"", PEER_PATH,
     NULL},
    {&schema_peer, "group", PEER_HEAD, "\"g\"", PEER_PATH, NULL},
    {&schema_peer, "name", PEER_HEAD, "\"n\"", PEER_PATH, NULL},
    {&schema_peer, "local_as", PEER_HEAD, "65010", PEER_PATH, NULL},
    {&schema_peer, "router_id", PEER_HEAD, "\"3.3.3.3\"", PEER_PATH, NULL},
    {&schema_peer, "description", PEER_HEAD, "\"a \\\"b\\\"\\tc\\u001b \xc3\xa4\"", PEER_PATH,
     NULL},
    {&schema_peer, "enabled", PEER_HEAD, "false", PEER_PATH, NULL},
    {&schema_peer, "passive", PEER_HEAD, "true", PEER_PATH, NULL},
    {&schema_peer, "hold_timer", PEER_HEAD, "33", PEER_PATH, NULL},
    {&schema_peer, "extended_messages", PEER_HEAD, "false", PEER_PATH, NULL},
    {&schema_peer, "dest_port", PEER_HEAD, "1179", PEER_PATH, NULL},
    {&schema_peer, "connect_retry", PEER_HEAD, "5", PEER_PATH, NULL},
    {&schema_peer, "local_address", PEER_HEAD, "\"192.0.2.1\"", PEER_PATH, NULL},
    {&schema_peer, "md5_password", PEER_HEAD, "\"not to be seen\"", PEER_PATH, ""},
    {&schema_peer, "md5_password_file", PEER_HEAD, "\"secret\"", PEER_PATH, NULL},
    {&schema_peer, "ttl_security", PEER_HEAD, "true", PEER_PATH, NULL},
    {&schema_peer, "multihop", PEER_HEAD, "true", PEER_PATH, NULL},
    {&schema_peer, "fast_fallover", PEER_HEAD, "false", PEER_PATH, NULL},
    {&schema_peer, "families", PEER_HEAD, "[\"ipv6 unicast\"]", PEER_PATH, NULL},
    {&schema_peer, "advertise_sources", PEER_HEAD, "[\"peer\"]", PEER_PATH, NULL},
    {&schema_peer, "max_prefixes", PEER_HEAD, "{ action = \"warn\", limit = 5 }", PEER_PATH,
     "{\"action\": \"warn\", \"limit\": 5}"},
    {&schema_peer, "import", PEER_HEAD, "[\"p\", \"q\"]", PEER_PATH, NULL},
    {&schema_peer, "export", PEER_HEAD, "\"q\"", PEER_PATH, NULL},
    {&schema_peer, "parameters", PEER_HEAD, "{ x = \"y\" }", PEER_PATH, ""},
    {&schema_peer, "ebgp_requires_policy", PEER_HEAD, "true", PEER_PATH, NULL},
    {&schema_peer, "keep_filtered", PEER_HEAD, "false", PEER_PATH, NULL},
    {&schema_peer, "validate_flows", PEER_HEAD, "true", PEER_PATH, NULL},
    {&schema_peer, "reject_aspa_invalid", PEER_HEAD, "false", PEER_PATH, NULL},
    {&schema_peer, "channels", PEER_HEAD, "{ \"ipv4 unicast\" = { import = \"p\" } }", PEER_PATH,
     ""},
    {&schema_peer, "route_reflector_client", PEER_HEAD "local_as = 65001\n", "true", PEER_PATH,
     NULL},
    {&schema_peer, "route_server_client", PEER_HEAD, "true", PEER_PATH, NULL},
    {&schema_peer, "interpret_communities", PEER_HEAD, "true", PEER_PATH, NULL},
    {&schema_peer, "next_hop_self", PEER_HEAD, "true", PEER_PATH, NULL},
    {&schema_peer, "next_hop_ipv4", PEER_HEAD, "\"192.0.2.1\"", PEER_PATH, NULL},
    {&schema_peer, "role", PEER_HEAD, "\"rs\"", PEER_PATH, NULL},
    {&schema_peer, "role_strict", PEER_HEAD, "true", PEER_PATH, NULL},
    {&schema_peer, "enforce_first_as", PEER_HEAD, "false", PEER_PATH, NULL},
    {&schema_peer, "allow_own_as", PEER_HEAD, "2", PEER_PATH, NULL},
    {&schema_peer, "accept_martians", PEER_HEAD, "true", PEER_PATH, NULL},
    {&schema_peer, "static_routes", PEER_HEAD,
     "[{ prefix = \"10.0.0.0/8\", next_hop = \"192.0.2.9\" }]", PEER_PATH, ""},
    {&schema_peer, "static_flows", PEER_HEAD,
     "[{ afi = 1, action = \"drop\", matches = [\"source 10.0.0.0/8\"] }]", PEER_PATH, ""},

#define CHANNEL_HEAD PEER_HEAD "[peers.channels.\"ipv6 flow\"]\n"
#define CHANNEL_PATH PEER_PATH "channels.ipv6 flow."
    {&schema_channel, "max_prefixes", CHANNEL_HEAD, "9", CHANNEL_PATH, NULL},
    {&schema_channel, "import", CHANNEL_HEAD, "\"p\"", CHANNEL_PATH, NULL},
    {&schema_channel, "export", CHANNEL_HEAD, "[]", CHANNEL_PATH, NULL},
    {&schema_channel, "keep_filtered", CHANNEL_HEAD, "false", CHANNEL_PATH, NULL},
    {&schema_channel, "validate_flows", CHANNEL_HEAD, "true", CHANNEL_PATH, NULL},
    {&schema_channel, "reject_aspa_invalid", CHANNEL_HEAD, "false", CHANNEL_PATH, NULL},

    {&schema_policy, "rules", TOP "[policies.p]\n", "[{ then = \"accept\" }]", "policies.p.", ""},
    {&schema_policy, "default", TOP "[policies.p]\n", "\"reject\"", "policies.p.", NULL},
    {&schema_policy, "tests", TOP "[policies.p]\ndefault = \"accept\"\n",
     "[{ route = { prefix = \"10.0.0.0/8\" }, expect = { result = \"accept\" } }]", "policies.p.",
     ""},

#define RULE_HEAD TOP "[parameters]\nrov = true\n[policies.p]\n[[policies.p.rules]]\n"
#define RULE_PATH "policies.p.rules.1."
    {&schema_rule, "when", RULE_HEAD, "\"$rov\"", RULE_PATH, NULL},
    {&schema_rule, "name", RULE_HEAD, "\"bogons\"", RULE_PATH, NULL},
    {&schema_rule, "if", RULE_HEAD, "{ prefix = \"10.0.0.0/8 le 24\" }", RULE_PATH,
     "{\"prefix\": \"10.0.0.0/8 le 24\"}"},
    {&schema_rule, "set", RULE_HEAD, "{ local_pref = 5 }", RULE_PATH, "{\"local_pref\": 5}"},
    {&schema_rule, "then", RULE_HEAD, "\"reject\"", RULE_PATH, NULL},

    {&schema_rpki, "caches", TOP "[rpki]\n", "[{ address = \"127.0.0.1\" }]", "rpki.", ""},
    {&schema_rpki, "files", TOP "[rpki]\n", "[\"a.json\"]", "rpki.", NULL},
    {&schema_rpki, "vrps", TOP "[rpki]\n", "[\"10.0.0.0/8 1\"]", "rpki.", NULL},
    {&schema_rpki, "aspas", TOP "[rpki]\n", "[\"1: 2 3\"]", "rpki.", NULL},

#define CACHE_HEAD TOP "[[rpki.caches]]\naddress = \"127.0.0.1\"\n"
#define CACHE_PATH "rpki.caches.1."
    {&schema_rpki_cache, "address", TOP "[[rpki.caches]]\n", "\"::1\"", CACHE_PATH, NULL},
    {&schema_rpki_cache, "port", CACHE_HEAD, "3230", CACHE_PATH, NULL},
    {&schema_rpki_cache, "local_address", CACHE_HEAD, "\"127.0.0.2\"", CACHE_PATH, NULL},
    {&schema_rpki_cache, "description", CACHE_HEAD, "\"d\"", CACHE_PATH, NULL},
    {&schema_rpki_cache, "preference", CACHE_HEAD, "3", CACHE_PATH, NULL},
    {&schema_rpki_cache, "version", CACHE_HEAD, "1", CACHE_PATH, NULL},
    {&schema_rpki_cache, "refresh_s", CACHE_HEAD, "60", CACHE_PATH, NULL},
    {&schema_rpki_cache, "retry_s", CACHE_HEAD, "61", CACHE_PATH, NULL},
    {&schema_rpki_cache, "expire_s", CACHE_HEAD, "700", CACHE_PATH, NULL},
    {&schema_rpki_cache, "max_records", CACHE_HEAD, "8", CACHE_PATH, NULL},

    {&schema_tls, "certificate", TOP "[api_tls]\nkey = \"a.key\"\n", "\"a.crt\"", "api_tls.", NULL},
    {&schema_tls, "key", TOP "[api_tls]\ncertificate = \"a.crt\"\n", "\"a.key\"", "api_tls.", NULL},

    {&schema_state, "path", TOP "[state]\n", "\"s.db\"", "state.", NULL},

#define ORIGINATE_HEAD TOP "[[originate_limits]]\n"
#define ORIGINATE_PATH "originate_limits.1."
    {&schema_originate, "owner", ORIGINATE_HEAD, "\"a\"", ORIGINATE_PATH, NULL},
    {&schema_originate, "within", ORIGINATE_HEAD, "[\"10.0.0.0/8\"]", ORIGINATE_PATH, NULL},
    {&schema_originate, "routes", ORIGINATE_HEAD, "{ max = 3 }", ORIGINATE_PATH, ""},
    {&schema_originate, "blackholes", ORIGINATE_HEAD, "{ ipv4 = 32 }", ORIGINATE_PATH, ""},
    {&schema_originate, "flows", ORIGINATE_HEAD, "{ ipv6 = 128 }", ORIGINATE_PATH, ""},

#define KIND_HEAD ORIGINATE_HEAD "[originate_limits.flows]\n"
#define KIND_PATH ORIGINATE_PATH "flows."
    {&schema_originate_kind, "max", KIND_HEAD, "4", KIND_PATH, NULL},
    {&schema_originate_kind, "ipv4", KIND_HEAD, "\"24-32\"", KIND_PATH, NULL},
    {&schema_originate_kind, "ipv6", KIND_HEAD, "48", KIND_PATH, NULL},
    {&schema_originate_flows, "needs_destination", KIND_HEAD, "true", KIND_PATH, NULL},

#define ROUTE_PATH PEER_PATH "static_routes.1."
    {&schema_route, "prefix", ROUTE_HEAD "next_hop = \"10.0.0.1\"\n", "\"10.0.0.0/8\"", ROUTE_PATH,
     NULL},
    {&schema_route, "next_hop", ROUTE_HEAD "prefix = \"10.0.0.0/8\"\n", "\"10.0.0.1\"", ROUTE_PATH,
     NULL},
    {&schema_route, "family", ROUTE_HEAD ROUTE, "\"ipv4 unicast\"", ROUTE_PATH, NULL},
    {&schema_route, "rd", ROUTE_HEAD ROUTE "labels = 5\n", "\"65000:1\"", ROUTE_PATH, NULL},
    {&schema_route, "labels", ROUTE_HEAD ROUTE "rd = \"65000:1\"\n", "[5, 6]", ROUTE_PATH, NULL},
    {&schema_route, "origin", ROUTE_HEAD ROUTE, "\"EGP\"", ROUTE_PATH, NULL},
    {&schema_route, "as_path", ROUTE_HEAD ROUTE, "[\"1\", 2]", ROUTE_PATH, NULL},
    {&schema_route, "local_pref", ROUTE_HEAD ROUTE, "5", ROUTE_PATH, NULL},
    {&schema_route, "multi_exit_disc", ROUTE_HEAD ROUTE, "6", ROUTE_PATH, NULL},
    {&schema_route, "communities", ROUTE_HEAD ROUTE, "[\"1:2\", 3]", ROUTE_PATH, NULL},
    {&schema_route, "aggregator", ROUTE_HEAD ROUTE, "\"65000:192.0.2.1\"", ROUTE_PATH, NULL},
    {&schema_route, "atomic_aggregate", ROUTE_HEAD ROUTE, "true", ROUTE_PATH, NULL},
    {&schema_route, "originator_id", ROUTE_HEAD ROUTE, "\"192.0.2.1\"", ROUTE_PATH, NULL},
    {&schema_route, "cluster_list", ROUTE_HEAD ROUTE, "[\"192.0.2.1\"]", ROUTE_PATH, NULL},
    {&schema_route, "aigp", ROUTE_HEAD ROUTE, "7", ROUTE_PATH, NULL},

#define FLOW_HEAD PEER_HEAD "[[peers.static_flows]]\n"
#define FLOW_PATH PEER_PATH "static_flows.1."
    {&schema_flow, "afi", FLOW_HEAD "action = \"drop\"\nmatches = [\"protocol 6\"]\n", "1",
     FLOW_PATH, NULL},
    {&schema_flow, "action", FLOW_HEAD "afi = 1\nmatches = [\"protocol 6\"]\n", "\"mark 4\"",
     FLOW_PATH, NULL},
    {&schema_flow, "matches", FLOW_HEAD "afi = 1\naction = \"drop\"\n",
     "[\"protocol 6\", \"port 5\"]", FLOW_PATH, NULL},
};
enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static uint32_t lines_in(const char *text)
{
    uint32_t lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static const struct sample *sample_of(const struct schema *schema, const char *key)
{
    for (size_t i = 0; i < SAMPLES; i++)
        if (samples[i].schema == schema && strcmp(samples[i].key, key) == 0)
            return &samples[i];
    return NULL;
}

static void check_samples(const struct schema *schema)
{
    for (const struct schema *s = schema; s; s = s->more) {
        for (size_t i = 0; i < s->count; i++) {
            const struct schema_key *row = &s->keys[i];
            bool is_include = strcmp(row->name, "include") == 0;
            /* Keys that tables share have one for all. */
            bool is_shared = s != schema && sample_of(&schema_route, row->name);
            if (!is_shared && !is_include && !sample_of(schema, row->name) &&
                !sample_of(s, row->name))
                fail_msg("%s of %s", row->name, s->title);
            /* That of groups is that of peers; in a set no key can be missing. */
            if (row->within && row->within != schema && row->within != &schema_set_file)
                check_samples(row->within);
        }
    }
}

/* A key that is new has to be among the samples, and so have those of a table that is. */
static void test_every_key_has_a_sample(void **state)
{
    (void)state;
    check_samples(&schema_global);
}

/* What holds tables of other keys must say which: else a secret key among those would be shown. */
static void test_tables_say_their_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        const struct schema_key *row = schema_key_named(samples[i].schema, samples[i].key);
        bool is_plain = row->types != TOML_TABLE &&
                        !(row->types == TOML_ARRAY && strstr(row->type_text, "tables"));
        bool is_free =
            row->is_named || row->keep == SCHEMA_KEEP_NONE || samples[i].schema == &schema_rule;
        assert_true(is_plain || row->within || is_free);
        assert_false(row->secret && (row->types & TOML_TABLE));
    }
}

static void check_given(const struct sample *s, const struct schema_key *row)
{
    struct strbuf text = {0};
    struct strbuf path = {0};
    strbuf_printf(&text, "%s%s = %s\n", s->head, s->key, s->value);
    strbuf_printf(&path, "%s%s", s->path, s->key);
    struct config *c = parse_good(strbuf_text(&text));
    struct list list = list_all(c, false);
    const struct shown *shown = row->within || row->is_named ? find_below(&list, strbuf_text(&path))
                                                             : find(&list, strbuf_text(&path));
    if (!shown)
        fail_msg("%s", strbuf_text(&path));
    assert_int_equal(shown->origin, CONFIG_FROM_FILE);
    assert_string_equal(shown->file, "t.toml");
    assert_int_equal(shown->line, lines_in(s->head) + 1);
    assert_int_equal(shown->is_secret, row->secret);
    if (row->secret || row->keep == SCHEMA_KEEP_NONE)
        assert_null(shown->json);
    else if (!row->within && !row->is_named)
        assert_string_equal(shown->json, s->json ? s->json : s->value);
    if (row->secret)
        for (size_t i = 0; i < list.count; i++)
            assert_false(list.at[i].json && strstr(list.at[i].json, "not to be seen"));
    else
        check_again(c, "t.toml");
    list_release(&list);
    config_free(c);
    strbuf_release(&text);
    strbuf_release(&path);
}

static void check_not_given(const struct sample *s, const struct schema_key *row)
{
    struct strbuf path = {0};
    strbuf_printf(&path, "%s%s", s->path, s->key);
    struct config *c = parse_good(s->head);
    struct list list = list_all(c, true);
    const struct shown *shown = find(&list, strbuf_text(&path));
    if (!shown)
        fail_msg("%s", strbuf_text(&path));
    assert_int_equal(shown->origin, CONFIG_FROM_DEFAULT);
    assert_null(shown->file);
    assert_true(shown->json || shown->note);
    assert_int_equal(shown->is_secret, row->secret);
    list_release(&list);
    /* It is not in the short list, but where it is asked for. */
    list = list_all(c, false);
    assert_null(find(&list, strbuf_text(&path)));
    list_release(&list);
    const struct config_listing how = {.path = strbuf_text(&path)};
    list = list_by(c, &how);
    if (list.count != 1)
        fail_msg("%zu %s", list.count, strbuf_text(&path));
    list_release(&list);
    config_free(c);
    strbuf_release(&path);
}

static void test_each_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        const struct schema_key *row = schema_key_named(s->schema, s->key);
        bool is_needed = row->required || strcmp(s->path, "") == 0;
        bool has_own = strcmp(s->key, "labels") == 0 || strcmp(s->key, "rd") == 0;
        check_given(s, row);
        if (!is_needed && !has_own && !row->is_named)
            check_not_given(s, row);
    }
}

/* The same of a group, for those that can stand in one. */
static void test_each_key_of_a_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < schema_peer.count; i++) {
        const struct schema_key *row = &schema_peer.keys[i];
        const struct sample *s = sample_of(&schema_peer, row->name);
        struct strbuf text = {0};
        struct strbuf path = {0};
        if (row->peer_only || row->required)
            continue;
        strbuf_printf(&text,
                      TOP "[policies.p]\n[policies.q]\ndefault = \"reject\"\n[groups.g]\n%s = %s\n"
                          "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = %s\ngroup = \"g\"\n",
                      row->name, s->value,
                      strcmp(row->name, "route_reflector_client") == 0 ? "65000" : "65001");
        strbuf_printf(&path, PEER_PATH "%s", row->name);
        struct config *c = parse_good(strbuf_text(&text));
        struct list list = list_all(c, false);
        const struct shown *shown =
            row->is_named ? find_below(&list, strbuf_text(&path)) : find(&list, strbuf_text(&path));
        if (!shown)
            fail_msg("%s", row->name);
        assert_int_equal(shown->origin, CONFIG_FROM_GROUP);
        assert_string_equal(shown->group, "g");
        assert_int_equal(shown->line, 7);
        if (row->secret)
            assert_null(shown->json);
        else
            check_again(c, "t.toml");
        list_release(&list);
        config_free(c);
        strbuf_release(&path);
        strbuf_release(&text);
    }
}

/* --- what is long --- */

static char *set_of(unsigned count)
{
    struct strbuf text = {0};
    strbuf_add(&text, TOP "[prefix_sets]\ns = [");
    for (unsigned i = 0; i < count; i++)
        strbuf_printf(&text, "%s\"10.%u.%u.0/24\"", i > 0 ? ", " : "", i / 256, i % 256);
    strbuf_add(&text, "]\n");
    return strbuf_take(&text);
}

static void test_long_sets(void **state)
{
    (void)state;
    for (unsigned count = 15; count < 20; count++) {
        char *text = set_of(count);
        struct config *c = parse_good(text);
        const struct config_listing brief = {0};
        struct list list = list_by(c, &brief);
        const struct shown *s = find(&list, "prefix_sets.s");
        assert_true(s->is_counted);
        assert_int_equal(s->count, count);
        assert_true((s->json != NULL) == (count <= 16));
        list_release(&list);
        list = list_all(c, false);
        s = find(&list, "prefix_sets.s");
        assert_non_null(strstr(s->json, "\"10.0.14.0/24\""));
        list_release(&list);
        check_again(c, "t.toml");
        config_free(c);
        free(text);
    }
}

static void add_routes(struct strbuf *text, const char *of, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_printf(text,
                      "[[%s.static_routes]]\nprefix = \"10.%u.%u.0/24\"\n"
                      "next_hop = \"192.0.2.9\"\n",
                      of, i / 256, i % 256);
}

/* Those of a short list are shown, those of a long one if all is asked for, and the length alone of
 * one that makes them too many to be kept. */
static void test_many_routes(void **state)
{
    static const unsigned counts[] = {16, 17, 200, 9990, 9991};
    (void)state;
    for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
        const unsigned count = counts[n];
        const struct config_listing brief = {0};
        struct strbuf text = {0};
        strbuf_add(&text, TOP "[groups.g]\n");
        add_routes(&text, "groups.g", 10);
        strbuf_add(&text, "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 1\n");
        add_routes(&text, "peers", count);
        struct config *c = parse_good(strbuf_text(&text));
        struct list list = list_by(c, &brief);
        const struct shown *s = find(&list, "peers.192.0.2.2.static_routes");
        assert_true((s != NULL) == (count > 16));
        if (s) {
            assert_true(s->is_counted);
            assert_int_equal(s->count, count);
            assert_null(s->json);
            assert_int_equal(s->line, 3 + 30 + 4);
        }
        list_release(&list);
        list = list_all(c, false);
        bool is_kept = count <= 9990;
        assert_true((find(&list, "peers.192.0.2.2.static_routes") == NULL) == is_kept);
        assert_true((find(&list, "peers.192.0.2.2.static_routes.16.next_hop") != NULL) == is_kept);
        assert_non_null(find(&list, "groups.g.static_routes.10.prefix"));
        list_release(&list);
        if (is_kept)
            check_again(c, "t.toml");
        config_free(c);
        strbuf_release(&text);
    }
}

/* Rules are told a stretch at a time. */
static void test_many_rules(void **state)
{
    (void)state;
    struct strbuf text = {0};
    strbuf_add(&text, TOP "[policies.p]\n");
    for (unsigned i = 0; i < 200; i++)
        strbuf_printf(&text, "[[policies.p.rules]]\nname = \"r%u\"\n", i + 1);
    struct config *c = parse_good(strbuf_text(&text));
    struct list list = list_all(c, false);
    assert_int_equal(list.count, 2 + 1 + 2 * 200); /* two keys, a policy, rules with their names */
    assert_int_equal(find(&list, "policies.p.rules.200.name")->line, 3 + 400);
    list_release(&list);
    const struct config_listing brief = {0};
    list = list_by(c, &brief);
    assert_int_equal(find(&list, "policies.p.rules")->count, 200);
    assert_null(find(&list, "policies.p.rules")->json);
    list_release(&list);
    check_again(c, "t.toml");
    config_free(c);
    strbuf_release(&text);
}

/* --- what is asked for --- */

static void assert_paths(const struct config *c, const struct config_listing *how,
                         const char *expected)
{
    struct strbuf out = {0};
    struct list list = list_by(c, how);
    for (size_t i = 0; i < list.count; i++)
        strbuf_printf(&out, "%s ", list.at[i].path);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_release(&out);
    list_release(&list);
}

static void test_questions(void **state)
{
    (void)state;
    struct config *c = parse_good(TOP "[groups.a]\nhold_timer = 5\n[groups.ab]\nmultihop = true\n"
                                      "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 1\n"
                                      "group = \"a\"\n"
                                      "[[peers]]\nremote_ip = \"192.0.2.21\"\nremote_as = 2\n"
                                      "group = \"ab\"\n");
    struct scoped_prefix network = {0};
    assert_int_equal(prefix_parse("192.0.2.16/28", &network.prefix), 0);
    assert_paths(c, &(struct config_listing){.path = "default_as"}, "default_as ");
    assert_paths(c, &(struct config_listing){.path = "default"}, "");
    assert_paths(c, &(struct config_listing){.group = "a"}, "groups.a groups.a.hold_timer ");
    assert_paths(c, &(struct config_listing){.path = "groups.a"}, "groups.a groups.a.hold_timer ");
    assert_paths(c, &(struct config_listing){.path = "peers.192.0.2.2"},
                 "peers.192.0.2.2 peers.192.0.2.2.remote_ip peers.192.0.2.2.remote_as "
                 "peers.192.0.2.2.group peers.192.0.2.2.hold_timer ");
    assert_paths(c, &(struct config_listing){.path = "peers.192.0.2.21.passive"},
                 "peers.192.0.2.21.passive ");
    assert_paths(c, &(struct config_listing){.path = "peers.192.0.2.2.channels.ipv4 flow.import"},
                 "peers.192.0.2.2.channels.ipv4 flow.import ");
    assert_paths(c, &(struct config_listing){.within = &network},
                 "peers.192.0.2.21 peers.192.0.2.21.remote_ip peers.192.0.2.21.remote_as "
                 "peers.192.0.2.21.group peers.192.0.2.21.multihop ");
    assert_true(config_has_group(c, "ab"));
    assert_false(config_has_group(c, "abc"));
    assert_true(config_is_path("peers"));
    assert_true(config_is_path("peers.x"));
    assert_false(config_is_path("peersx"));
    config_free(c);
}

/* Peers are called as everywhere, however they are written. */
static void test_names(void **state)
{
    (void)state;
    struct config *c =
        parse_good(TOP "[[peers]]\nremote_ip = \"2001:DB8:0::1\"\nremote_as = 1\n"
                       "[[peers]]\nremote_ip = \"10.1.2.3/8\"\nremote_as = 1\n"
                       "[[peers]]\nremote_ip = \"fe80::0:1%nowhere\"\nremote_as = 1\n");
    struct list list = list_all(c, false);
    assert_string_equal(find(&list, "peers.2001:db8::1.remote_ip")->json, "\"2001:DB8:0::1\"");
    assert_non_null(find(&list, "peers.10.0.0.0/8.remote_as"));
    assert_non_null(find(&list, "peers.fe80::1%nowhere.remote_as"));
    list_release(&list);
    config_free(c);
}

/* A network is passive, whatever the default of others. */
static void test_what_follows(void **state)
{
    (void)state;
    struct config *c = parse_good(TOP "poll_interval = 9\n[[peers]]\nremote_ip = \"10.0.0.0/8\"\n"
                                      "remote_as = 65000\n");
    struct list list = list_all(c, true);
    assert_string_equal(find(&list, "peers.10.0.0.0/8.passive")->json, "true");
    assert_string_equal(find(&list, "peers.10.0.0.0/8.connect_retry")->json, "9");
    assert_string_equal(find(&list, "peers.10.0.0.0/8.connect_retry")->note, "poll_interval");
    assert_string_equal(find(&list, "peers.10.0.0.0/8.local_as")->json, "65000");
    assert_string_equal(find(&list, "cluster_id")->json, "\"192.0.2.1\"");
    list_release(&list);
    config_free(c);
}

/* --- files on the disk --- */

static void assert_changed(const struct config *c, const char *expected)
{
    size_t at = 0;
    const char *changed;
    struct strbuf out = {0};
    struct config_look *look = config_look_start(c);
    assert_non_null(look);
    while (!config_look_is_done(look))
        sched_yield();
    while ((changed = config_look_next(look, &at)) != NULL)
        strbuf_printf(&out, "%s ", strrchr(changed, '/') + 1);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_release(&out);
    config_look_release(look);
}

/* As programs copy that keep the time at which a file was written. */
static void write_file_at_its_time(const char *path, const char *text)
{
    struct stat before;
    struct stat now;
    assert_int_equal(stat(path, &before), 0);
    const struct timespec times[] = {before.st_atim, before.st_mtim};
    do {
        write_file(path, text); /* until the kernel's clock has gone on */
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
        assert_int_equal(stat(path, &now), 0);
    } while (now.st_ctim.tv_sec == before.st_ctim.tv_sec &&
             now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
}

static void test_files_changed(void **state)
{
    char paths[4][100];
    static const char *const names[] = {"m.toml", "i.toml", "set", "key"};
    struct config_report report = {0};
    for (size_t i = 0; i < 4; i++)
        snprintf(paths[i], sizeof(paths[i]), "%s/%s", (const char *)*state, names[i]);
    write_file(paths[0], "router_id = \"1.1.1.1\"\ninclude = [\"i.toml\"]\n");
    write_file(paths[1], "[prefix_sets]\ns = { file = \"set\" }\n[[peers]]\nremote_ip = "
                         "\"1.1.1.2\"\nremote_as = 1\nlocal_as = 2\nmd5_password_file = \"key\"\n");
    write_file(paths[2], "10.0.0.0/8\n");
    write_file(paths[3], "secret\n");
    struct config *c = config_load(paths[0], &report);
    assert_non_null(c);
    assert_changed(c, "");
    write_file_at_its_time(paths[3], "tercse\n");
    assert_changed(c, "key ");
    write_file(paths[2], "10.0.0.0/8\n10.0.0.0/9\n");
    assert_changed(c, "key set ");
    assert_int_equal(unlink(paths[1]), 0);
    assert_changed(c, "i.toml key set ");
    config_free(c);
    config_report_release(&report);
}

/* A borrower has it for as long as it likes. */
static void test_borrowed(void **state)
{
    (void)state;
    struct config *c = parse_good(PEER);
    const struct config *mine = config_borrow(c);
    config_free(c);
    struct list list = list_all(mine, false);
    assert_non_null(find(&list, "router_id"));
    list_release(&list);
    config_free(c);
}

static int make_folder(void **state)
{
    static char folder[] = "/tmp/bgpd-listing-XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    write_file("secret", "a secret\n");
    write_file("tokens", "[tokens]\n");
    write_tls_files("a.crt", "a.key", 30);
    if (chmod("tokens", S_IRUSR) != 0)
        return -1;
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    char command[100];
    snprintf(command, sizeof(command), "rm -rf %s", (const char *)*state);
    return chdir("/") != 0 || system(command) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_has_a_sample),
        cmocka_unit_test(test_tables_say_their_keys),
        cmocka_unit_test(test_each_key),
        cmocka_unit_test(test_each_key_of_a_group),
        cmocka_unit_test(test_long_sets),
        cmocka_unit_test(test_many_routes),
        cmocka_unit_test(test_many_rules),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_what_follows),
        cmocka_unit_test(test_files_changed),
        cmocka_unit_test(test_borrowed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
