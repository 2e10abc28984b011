/* The keys at the top of the file. */
#include "config/global.h"

#include <string.h>

#include "base/mem.h"
#include "config/api_keys.h"
#include "config/originate_keys.h"
#include "config/peer_keys.h"
#include "config/policies.h"
#include "config/policy_sets.h"
#include "config/rpki_keys.h"
#include "config/state_keys.h"
#include "config/tls_keys.h"
#include "config/values.h"

/* A token that goes over a network in the clear is everybody's who sees it. */
static void check_tokens_in_the_clear(struct loader *l, const struct toml_node *blamed)
{
    const struct config *c = l->config;
    char text[IP_ENDPOINT_TEXT_MAX];
    bool has_tokens = c->api_token || c->tokens;
    for (size_t i = 0; blamed && has_tokens && !c->api_tls && i < c->api_socket_count; i++) {
        const struct endpoint *at = &c->api_sockets[i];
        if (!ip_is_loopback(&at->addr))
            loader_warning(l, blamed->place,
                           "tokens that are sent to the API at %s go over the network in the "
                           "clear: api_tls encrypts them",
                           ip_format_endpoint(&at->addr, at->port, text));
    }
}

void global_check_sockets(struct loader *l)
{
    const struct config *c = l->config;
    const struct toml_node *api = loader_find(l->root, "api_socket");
    const struct toml_node *blamed = api ? api : loader_find(l->root, "bgp_socket");
    char text[IP_ENDPOINT_TEXT_MAX];
    check_tokens_in_the_clear(l, api);
    for (size_t k = 0; blamed && k < c->api_socket_count; k++)
        for (size_t i = 0; i < c->bgp_socket_count; i++)
            if (value_endpoints_overlap(&c->bgp_sockets[i], &c->api_sockets[k]))
                loader_warning(
                    l, blamed->place,
                    "the API cannot listen on %s beside BGP: give it another port",
                    ip_format_endpoint(&c->api_sockets[k].addr, c->api_sockets[k].port, text));
}

static void add_bgp_socket(struct loader *l, const struct toml_node *value, const char *text,
                           void *ctx)
{
    struct config *c = ctx;
    struct endpoint endpoint = {.addr = {.version = IP_V6}, .port = CONFIG_DEFAULT_BGP_PORT};
    if (!value_read_endpoint(l, "bgp_socket", value, text, &endpoint))
        return;
    for (size_t i = 0; i < c->bgp_socket_count; i++) {
        const struct endpoint *other = &c->bgp_sockets[i];
        char shown[IP_ENDPOINT_TEXT_MAX];
        if (!value_endpoints_overlap(other, &endpoint))
            continue;
        if (ip_equal(&other->addr, &endpoint.addr))
            loader_problem(l, value->place, "bgp_socket '%.64s' is listed twice", text);
        else
            loader_problem(l, value->place,
                           "bgp_socket '%.64s' cannot be open beside %s: one is part of the other",
                           text, ip_format_endpoint(&other->addr, other->port, shown));
        return;
    }
    value_warn_interface(l, "bgp_socket", value, &endpoint.addr);
    c->bgp_sockets = mem_resize(c->bgp_sockets, c->bgp_socket_count + 1, sizeof(endpoint));
    c->bgp_sockets[c->bgp_socket_count++] = endpoint;
}

static void set_bgp_socket(struct loader *l, const struct schema_key *key,
                           const struct toml_node *value, void *target)
{
    if (value->type == TOML_STRING)
        add_bgp_socket(l, value, value->as.string, target);
    else if (value->as.list.count == 0)
        loader_problem(l, value->place, "%s must name at least one address", key->name);
    else
        value_each_text(l, value, false, add_bgp_socket, target);
}

static bool same_bgp_sockets(const void *config_a, const void *config_b, size_t len_bytes)
{
    const struct config *a = config_a;
    const struct config *b = config_b;
    bool same = a->bgp_socket_count == b->bgp_socket_count;
    for (size_t i = 0; same && i < a->bgp_socket_count; i++)
        same = value_same_endpoint(&a->bgp_sockets[i], &b->bgp_sockets[i], len_bytes);
    return same;
}

static void put_endpoint(struct strbuf *out, const struct endpoint *endpoint)
{
    char text[IP_ENDPOINT_TEXT_MAX];
    value_put_text(out, ip_format_endpoint(&endpoint->addr, endpoint->port, text));
}

static void get_bgp_sockets(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    const struct config *c = kept;
    (void)key;
    strbuf_add(out, "[");
    for (size_t i = 0; i < c->bgp_socket_count; i++) {
        strbuf_add(out, i > 0 ? ", " : "");
        put_endpoint(out, &c->bgp_sockets[i]);
    }
    strbuf_add(out, "]");
}

#define AT(field) .offset = offsetof(struct config, field)
#define KEPT(field, how)                                                                           \
    .kept = {offsetof(struct config, field), sizeof(((struct config *)0)->field)}, .same = how

static const struct schema_key keys[] = {
    {
        .name = "include",
        TYPE_STRINGS,
        .default_text = "none",
        .reload = RELOAD_AS_WITHIN,
        .help = "Further files of the configuration: see [Included files](#included-files). "
                "Relative names start in the folder of the file in which they stand.",
        .included = true,
        .set = value_set_later, /* sources.c */
        .is_path = true,
    },
    {
        .name = "router_id",
        TYPE_ID,
        .reload = RELOAD_RESTART,
        .help = "BGP identifier of this router. Required unless every peer has its own.",
        .set = value_set_id,
        AT(router_id),
        KEPT(router_id, value_same_bytes),
        .get = value_get_id,
    },
    {
        .name = "default_as",
        TYPE_AS,
        .reload = RELOAD_RESTART,
        .help = "The local AS of peers that have no `local_as`.",
        .set = value_set_as,
        AT(default_as),
        KEPT(default_as, value_same_bytes),
        .get = value_get_u32,
    },
    {
        .name = "cluster_id",
        TYPE_ID,
        .default_text = "`router_id`",
        .reload = RELOAD_EXPORT,
        .help = "Identifier of the cluster this router reflects routes for (RFC 4456).",
        .set = value_set_id,
        AT(cluster_id),
        KEPT(cluster_id, value_same_bytes),
        .get = value_get_id,
    },
    {
        .name = "bgp_socket",
        .types = TOML_STRING | TOML_ARRAY,
        .type_text = "a string or a list of strings",
        .default_text = "`\"[::]:179\"`",
        .reload = RELOAD_SOCKETS,
        .help = "Where BGP connections are accepted: an address, a port (`\":1179\"`) or both, or "
                "a list of those.",
        .set = set_bgp_socket,
        .same = same_bgp_sockets,
        .get = get_bgp_sockets,
    },
    {
        .name = "api_socket",
        .types = TOML_STRING | TOML_ARRAY,
        .type_text = "a string or a list of strings",
        .default_text = "`\"127.0.0.1:8080\"`",
        .reload = RELOAD_SOCKETS,
        .help =
            "Where the API listens, unless `run --api` says so: an address, a port "
            "(`\":8081\"`), both, or `\"unix:PATH\"`, a socket in the file system; or a list of "
            "those. Methods that change something are refused to clients from elsewhere unless "
            "they have a token (`api_tokens`, `api_token_file`).",
        .set = api_keys_set_socket,
        .same = api_keys_same_sockets,
    },
    {
        .name = "api_socket_owner",
        TYPE_STRING,
        .default_text = "the daemon's user",
        .reload = RELOAD_AT_ONCE,
        .help = "The user whose the sockets in the file system are, by name or number.",
        .set = api_keys_set_owner,
        KEPT(api_socket_uid, value_same_bytes),
    },
    {
        .name = "api_socket_group",
        TYPE_STRING,
        .default_text = "the daemon's group",
        .reload = RELOAD_AT_ONCE,
        .help = "Likewise their group.",
        .set = api_keys_set_group,
        KEPT(api_socket_gid, value_same_bytes),
    },
    {
        .name = "api_socket_mode",
        TYPE_STRING,
        .default_text = "`\"0660\"`",
        .reload = RELOAD_AT_ONCE,
        .help = "Who may connect to them: whoever may write, in octal digits as `chmod` has them.",
        .set = api_keys_set_mode,
        KEPT(api_socket_mode, value_same_bytes),
    },
    {
        .name = "api_tls",
        .types = TOML_TABLE,
        .type_text = "a table: write { certificate = \"FILE\", key = \"FILE\" }",
        .reload = RELOAD_AT_ONCE,
        .help = "With it the API speaks TLS wherever it listens at an address: see [TLS](#tls).",
        .set = tls_keys_set,
        .same = tls_keys_same,
        .within = &schema_tls,
    },
    {
        .name = "api_hosts",
        .types = TOML_ARRAY,
        .type_text = "a list of strings",
        .reload = RELOAD_AT_ONCE,
        .help = "Names of this machine by which clients on it may call the API (`Host` header) to "
                "change something, beside its addresses, `localhost` and its own name.",
        .set = api_keys_set_hosts,
        .same = api_keys_same_hosts,
    },
    {
        .name = "api_token_file",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "File whose first line is a token that lets API clients, from elsewhere, too, do "
                "everything. A relative name starts in the folder of the configuration.",
        .set = value_set_secret_file,
        AT(api_token),
        .min = 1,
        .max = 1024,
        KEPT(api_token, value_same_text),
        .is_path = true,
    },
    {
        .name = "api_tokens",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "File of tokens with names and roles: see [API tokens](#api-tokens). A relative "
                "name starts in the folder of the configuration.",
        .set = value_set_later, /* token_keys.c */
        .same = api_keys_same_tokens,
        .is_path = true,
    },
    {
        .name = "api_loopback",
        TYPE_STRING,
        .default_text = "`\"full\"`",
        .reload = RELOAD_AT_ONCE,
        .help = "What API clients on this machine may do without a token: `\"full\"` (everything), "
                "`\"read\"` (nothing that changes something) or `\"none\"`; those from elsewhere "
                "may never do more than read without one, and with `\"none\"` nothing.",
        .set = api_keys_set_loopback,
        KEPT(api_loopback, value_same_bytes),
    },
    {
        .name = "api_audit",
        TYPE_INTEGER,
        .default_text = "10000",
        .reload = RELOAD_AT_ONCE,
        .help = "How many calls that changed something, or were refused, are kept to be asked for "
                "(`show audit`), 0 to 1000000.",
        .set = value_set_u32,
        AT(api_audit),
        .min = 0,
        .max = 1000000,
        KEPT(api_audit, value_same_bytes),
    },
    {
        .name = "api_body_max",
        TYPE_INTEGER,
        .default_text = "67108864",
        .reload = RELOAD_AT_ONCE,
        .help =
            "Bytes that the body of a request to the API may have, 1048576 to 1073741824; all that "
            "are under way together hold at most twice that. Clients that may not change "
            "anything have 1048576 of them. Requests with a call a line have no end.",
        .set = value_set_u32,
        AT(api_body_max_bytes),
        .min = 1 << 20,
        .max = 1 << 30,
        KEPT(api_body_max_bytes, value_same_bytes),
    },
    {
        .name = "poll_interval",
        TYPE_INTEGER,
        .default_text = "30",
        .reload = RELOAD_AT_ONCE,
        .help = "Seconds between attempts to connect to a peer that is idle, 1 to 65535.",
        .set = value_set_u32,
        AT(poll_interval_s),
        .min = 1,
        .max = UINT16_MAX,
        KEPT(poll_interval_s, value_same_bytes),
        .get = value_get_u32,
    },
    {
        .name = "ebgp_requires_policy",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_POLICY,
        .help = "Accept nothing from external peers without an `import` policy, and tell them "
                "nothing without an `export` policy (RFC 8212).",
        .set = value_set_bool,
        AT(ebgp_requires_policy),
        KEPT(ebgp_requires_policy, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "rpki",
        .types = TOML_TABLE,
        .type_text = "a table: write [rpki]",
        .reload = RELOAD_POLICY,
        .help = "What the origins and paths of routes are validated by: see [RPKI](#rpki).",
        .set = rpki_keys_set,
        .same = rpki_keys_same,
        .within = &schema_rpki,
    },
    {
        .name = "state",
        .types = TOML_TABLE,
        .type_text = "a table: write [state]",
        .reload = RELOAD_NEXT_START,
        .help = "What survives a restart: see [State](#state).",
        .set = state_keys_set,
        .same = state_keys_same,
        .within = &schema_state,
    },
    {
        .name = "originate_limits",
        .types = TOML_ARRAY,
        .type_text = "a list of tables: write [[originate_limits]]",
        .reload = RELOAD_AT_ONCE,
        .help = "What the API may originate, by owner: see [Limits on what the "
                "API announces](#limits-on-what-the-api-announces).",
        .set = value_set_later,
        .same = originate_keys_same,
        .within = &schema_originate,
    },
    {
        .name = "prefix_sets",
        .types = TOML_TABLE,
        .type_text = "a table: write [prefix_sets]",
        .reload = RELOAD_POLICY,
        .help = "Prefixes that policies call by a name: see [Sets](#sets).",
        .included = true,
        .set = value_set_later,
        .is_named = true,
        .within = &schema_set_file,
    },
    {
        .name = "as_sets",
        .types = TOML_TABLE,
        .type_text = "a table: write [as_sets]",
        .reload = RELOAD_POLICY,
        .help = "Likewise AS numbers.",
        .included = true,
        .set = value_set_later,
        .is_named = true,
        .within = &schema_set_file,
    },
    {
        .name = "community_sets",
        .types = TOML_TABLE,
        .type_text = "a table: write [community_sets]",
        .reload = RELOAD_POLICY,
        .help = "Likewise communities.",
        .included = true,
        .set = value_set_later,
        .is_named = true,
        .within = &schema_set_file,
    },
    {
        .name = "prefix_origin_sets",
        .types = TOML_TABLE,
        .type_text = "a table: write [prefix_origin_sets]",
        .reload = RELOAD_POLICY,
        .help = "Likewise prefixes with the AS that they begin in.",
        .included = true,
        .set = value_set_later,
        .is_named = true,
        .within = &schema_set_file,
    },
    {
        .name = "parameters",
        .types = TOML_TABLE,
        .type_text = "a table: write [parameters]",
        .reload = RELOAD_POLICY,
        .help = "Values that stand in policies as `\"$NAME\"`: see [Parameters](#parameters).",
        .included = true,
        .set = value_set_later,
        .is_named = true,
    },
    {
        .name = "policies",
        .types = TOML_TABLE,
        .type_text = "a table: write [policies.NAME]",
        .reload = RELOAD_AS_WITHIN,
        .help = "What is accepted, and how it is changed: see [Policies](#policies).",
        .included = true,
        .set = value_set_later,
        .is_named = true,
        .within = &schema_policy,
    },
    {
        .name = "groups",
        .types = TOML_TABLE,
        .type_text = "a table: write [groups.NAME]",
        .reload = RELOAD_AS_WITHIN,
        .help = "Templates: see [Groups](#groups).",
        .included = true,
        .set = value_set_later,
        .is_named = true,
        .within = &schema_peer,
    },
    {
        .name = "peers",
        .types = TOML_ARRAY,
        .type_text = "a list of tables: write [[peers]]",
        .reload = RELOAD_AS_WITHIN,
        .help = "The neighbors: see [Peers](#peers).",
        .included = true,
        .set = value_set_later,
        .within = &schema_peer,
    },
};

const struct schema schema_global = {
    .title = "the top level",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};
