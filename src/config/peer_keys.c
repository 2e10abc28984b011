/* The keys of [[peers]] and [groups.NAME]. What concerns several keys is checked in peer_draft.c.
 */
#include "config/peer_keys.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "config/channel_keys.h"
#include "config/parameters.h"
#include "config/peer_draft.h"
#include "config/policies.h"
#include "config/static_routes.h"
#include "config/values.h"

enum { MD5_PASSWORD_MAX = 80 /* TCP_MD5SIG_MAXKEYLEN */ };

/* Why no peer can have this address; NULL when one can. */
static const char *address_problem(const struct ip_addr *addr)
{
    if (ip_is_unspecified(addr))
        return "is no peer's address (any address is 0.0.0.0/0 or ::/0)";
    if (addr->bytes[0] == 0xff || (addr->version == IP_V4 && addr->bytes[0] >= 224))
        return "is not a unicast address";
    if (ip_is_v4_mapped(addr))
        return "is an IPv4 address in disguise: write it as one";
    if (addr->version == IP_V6 && ip_is_link_local(addr) && addr->interface[0] == '\0')
        return "is link-local: its interface must be given (\"fe80::1%eth0\")";
    if (addr->interface[0] != '\0' && !ip_is_link_local(addr))
        return "is not link-local: it takes no interface";
    return NULL;
}

static bool check_address(struct loader *l, const struct schema_key *key,
                          const struct toml_node *value, const struct ip_addr *addr)
{
    const char *problem = address_problem(addr);
    if (problem)
        loader_problem(l, value->place, "%s '%.64s' %s", key->name, value->as.string, problem);
    return !problem;
}

static bool parse_address(struct loader *l, const struct schema_key *key,
                          const struct toml_node *value, struct ip_addr *ret_addr)
{
    struct ip_addr addr;
    if (ip_parse(value->as.string, &addr)) {
        loader_problem(l, value->place, "%s '%.64s' is not an IP address", key->name,
                       value->as.string);
        return false;
    }
    if (!check_address(l, key, value, &addr))
        return false;
    value_warn_interface(l, key->name, value, &addr);
    *ret_addr = addr;
    return true;
}

static bool parse_network(struct loader *l, const struct schema_key *key,
                          const struct toml_node *value, struct prefix *ret_network)
{
    const char *text = value->as.string;
    int err = prefix_parse(text, ret_network);
    if (err == ERR_RANGE)
        loader_problem(l, value->place, "%s '%.64s': the length must be at most %s", key->name,
                       text, strchr(text, ':') ? "128" : "32");
    else if (err)
        loader_problem(l, value->place, "%s '%.64s' is not a network (\"192.0.2.0/24\")", key->name,
                       text);
    return !err;
}

static void set_remote_ip(struct loader *l, const struct schema_key *key,
                          const struct toml_node *value, void *target)
{
    struct config_peer *peer = &((struct peer_draft *)target)->peer;
    struct prefix network;
    struct ip_addr addr;
    if (strchr(value->as.string, '/')) {
        if (!parse_network(l, key, value, &network))
            return;
        addr = prefix_address(&network);
        if (!prefix_is_host(&network) || check_address(l, key, value, &addr))
            peer->remote = network;
    } else if (parse_address(l, key, value, &addr)) {
        peer->remote = prefix_from_ip(&addr);
        memcpy(peer->remote_interface, addr.interface, sizeof(peer->remote_interface));
    }
}

static void set_local_address(struct loader *l, const struct schema_key *key,
                              const struct toml_node *value, void *target)
{
    parse_address(l, key, value, &((struct peer_draft *)target)->peer.local_address);
}

static void set_parameters(struct loader *l, const struct schema_key *key,
                           const struct toml_node *value, void *target)
{
    (void)key;
    (void)target;
    parameters_check(l, value);
    policies_check_parameters(l, value);
}

static void set_next_hop_ipv4(struct loader *l, const struct schema_key *key,
                              const struct toml_node *value, void *target)
{
    struct ip_addr addr = {0};
    if (!parse_address(l, key, value, &addr))
        return;
    if (addr.version != IP_V4)
        loader_problem(l, value->place, "%s must be an IPv4 address of this router", key->name);
    else
        ((struct peer_draft *)target)->peer.next_hop_ipv4 = addr;
}

static void set_hold_timer(struct loader *l, const struct schema_key *key,
                           const struct toml_node *value, void *target)
{
    int64_t seconds = value->as.integer;
    if (seconds == 0 || (seconds >= 3 && seconds <= UINT16_MAX))
        ((struct peer_draft *)target)->peer.hold_time_s = (uint16_t)seconds;
    else
        loader_problem(l, value->place, "%s must be 0 (none) or from 3 to 65535, not %" PRId64,
                       key->name, seconds);
}

static void set_multihop(struct loader *l, const struct schema_key *key,
                         const struct toml_node *value, void *target)
{
    struct config_peer *peer = &((struct peer_draft *)target)->peer;
    if (value->type == TOML_BOOLEAN)
        peer->multihop = value->as.boolean ? CONFIG_ROUTED_TTL : 0;
    else if (value_in_range(l, key, value, 1, UINT8_MAX))
        peer->multihop = (uint8_t)value->as.integer;
}

static void set_role(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    enum role role = role_from_name(value->as.string);
    if (role == ROLE_NONE)
        value_report_word(l, value->place, key->name, value->as.string, role_names, ROLE_NAMES);
    ((struct peer_draft *)target)->peer.role = role;
}

/* A set that is gathered from a list of names. */
struct name_set {
    uint32_t bits;
    size_t known; /* items that were understood */
};

static void add_family(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    struct name_set *set = ctx;
    enum family family = value_family(l, item->place, text);
    if (family == FAMILY_NONE)
        return;
    set->bits |= FAMILY_BIT(family);
    set->known++;
}

static void set_families(struct loader *l, const struct schema_key *key,
                         const struct toml_node *value, void *target)
{
    struct name_set set = {0};
    value_each_text(l, value, false, add_family, &set);
    if (value->as.list.count == 0)
        loader_problem(l, value->place, "%s must name at least one family", key->name);
    else if (set.known == value->as.list.count) /* else routes would be blamed for a typo here */
        ((struct peer_draft *)target)->peer.families = set.bits;
}

/* By the bits of enum advertise_source. */
static const char *const source_names[] = {"api", "config", "peer"};
enum { SOURCES = sizeof(source_names) / sizeof(source_names[0]) };
_Static_assert(ADVERTISE_API == 1 && ADVERTISE_CONFIG == 2 && ADVERTISE_PEER == 4,
               "source_names is in the order of the bits");

static void add_source(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    struct name_set *set = ctx;
    for (size_t i = 0; i < SOURCES; i++) {
        if (strcmp(text, source_names[i]) == 0) {
            set->bits |= UINT32_C(1) << i;
            set->known++;
            return;
        }
    }
    value_report_word(l, item->place, "source", text, source_names, SOURCES);
}

static void set_sources(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    (void)key;
    struct name_set set = {0};
    value_each_text(l, value, false, add_source, &set);
    ((struct peer_draft *)target)->peer.advertise_sources = (uint8_t)set.bits;
}

/* A policy tells peers by names and addresses, and from the other words that its `source` takes. */
static void set_name(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    static const char *const taken[] = {"api", "config", "internal", "external"};
    const char *name = value->as.string;
    struct ip_addr addr;
    if (!value_check_name(l, "a peer", value->place, name))
        return;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (strcmp(name, taken[i]) == 0) {
            loader_problem(l, value->place,
                           "'%s' cannot be the name of a peer: it has a meaning in policies", name);
            return;
        }
    }
    if (ip_parse(name, &addr) == 0)
        loader_problem(l, value->place, "'%.64s' cannot be the name of a peer: it is an address",
                       name);
    else
        value_set_text(l, key, value, target);
}

/* static_flows are among them: the two have one list. */
static bool same_routes(const void *peer_a, const void *peer_b, size_t len_bytes)
{
    const struct config_peer *a = peer_a;
    const struct config_peer *b = peer_b;
    bool same = a->route_count == b->route_count;
    (void)len_bytes;
    for (size_t i = 0; same && i < a->route_count; i++)
        same = static_route_equal(&a->routes[i], &b->routes[i]);
    return same;
}

/* --- what is in force --- */

static void get_multihop(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    uint8_t ttl = *(const uint8_t *)kept;
    (void)key;
    if (ttl == 0)
        strbuf_add(out, "false");
    else
        strbuf_add_u32(out, ttl);
}

/* A list of those names whose bits are set. */
static void put_names(struct strbuf *out, const char *const *names, size_t count, uint32_t bits)
{
    const char *lead = "[";
    for (size_t i = 0; i < count; i++) {
        if ((bits >> i & 1) == 0)
            continue;
        strbuf_add(out, lead);
        value_put_text(out, names[i]);
        lead = ", ";
    }
    strbuf_add(out, bits == 0 ? "[]" : "]");
}

static void get_families(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    const char *names[FAMILY_COUNT];
    (void)key;
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        names[f] = family_info(f)->name;
    put_names(out, names, FAMILY_COUNT, *(const family_set *)kept);
}

static void get_sources(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    (void)key;
    put_names(out, source_names, SOURCES, *(const uint8_t *)kept);
}

static void get_role(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    const char *name = role_name(*(const enum role *)kept);
    (void)key;
    if (name)
        value_put_text(out, name);
}

#define AT(field) .offset = offsetof(struct peer_draft, peer.field)
#define KEPT(field, how)                                                                           \
    .kept = {offsetof(struct config_peer, field), sizeof(((struct config_peer *)0)->field)},       \
    .same = how

static const struct schema_key keys[] = {
    {
        .name = "remote_ip",
        TYPE_STRING,
        .reload = RELOAD_OTHER_PEER,
        .help = "The neighbor's address (`\"192.0.2.1\"`, `\"2001:db8::1\"`, `\"fe80::1%eth0\"`), "
                "or a network (`\"192.0.2.0/24\"`) from which any address may connect.",
        .required = true,
        .peer_only = true,
        .set = set_remote_ip,
    },
    {
        .name = "remote_as",
        TYPE_AS,
        .reload = RELOAD_RESTART,
        .help = "The neighbor's AS.",
        .required = true,
        .set = value_set_as,
        AT(remote_as),
        KEPT(remote_as, value_same_bytes),
        .get = value_get_u32,
    },
    {
        .name = "group",
        TYPE_STRING,
        .reload = RELOAD_AS_INHERITED,
        .help = "The group whose keys this peer inherits.",
        .peer_only = true,
        .set = value_set_later, /* looked up before the keys are read: load.c */
        KEPT(group, value_same_text),
        .get = value_get_text,
    },
    {
        .name = "name",
        TYPE_STRING,
        .default_text = "the address",
        .reload = RELOAD_POLICY,
        .help = "What policies call the peer: a word that no other peer has as its name.",
        .peer_only = true,
        .set = set_name,
        AT(name),
        KEPT(name, value_same_text),
        .get = value_get_text,
    },
    {
        .name = "local_as",
        TYPE_AS,
        .default_text = "`default_as`",
        .reload = RELOAD_RESTART,
        .help = "Our AS towards this peer.",
        .set = value_set_as,
        AT(local_as),
        KEPT(local_as, value_same_bytes),
        .get = value_get_u32,
    },
    {
        .name = "router_id",
        .alias = "local_router_id",
        TYPE_ID,
        .default_text = "`router_id` of the top level",
        .reload = RELOAD_RESTART,
        .help = "Our BGP identifier towards this peer.",
        .set = value_set_id,
        AT(router_id),
        KEPT(router_id, value_same_bytes),
        .get = value_get_id,
    },
    {
        .name = "description",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "Free text, shown by the API and CLI.",
        .set = value_set_text,
        AT(description),
        KEPT(description, value_same_text),
        .get = value_get_text,
    },
    {
        .name = "enabled",
        TYPE_BOOLEAN,
        .default_text = "true",
        .reload = RELOAD_ENABLE,
        .help = "Whether there is to be a session at all.",
        .set = value_set_bool,
        AT(enabled),
        KEPT(enabled, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "passive",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_RETRY,
        .help = "Wait for the peer to connect, and never connect to it. Networks are always "
                "passive.",
        .set = value_set_bool,
        AT(passive),
        KEPT(passive, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "hold_timer",
        TYPE_INTEGER,
        .default_text = "180",
        .reload = RELOAD_NEXT_SESSION,
        .help = "Hold time to propose, in seconds: 0 (no keepalives), or 3 to 65535.",
        .set = set_hold_timer,
        KEPT(hold_time_s, value_same_bytes),
        .get = value_get_u16,
    },
    {
        .name = "extended_messages",
        TYPE_BOOLEAN,
        .default_text = "true",
        .reload = RELOAD_NEXT_SESSION,
        .help = "Offer messages of up to 65,535 bytes (RFC 8654); `false` for a peer that does not "
                "get along with them.",
        .set = value_set_bool,
        AT(extended_messages),
        KEPT(extended_messages, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "dest_port",
        TYPE_INTEGER,
        .default_text = "179",
        .reload = RELOAD_NEXT_ATTEMPT,
        .help = "TCP port to connect to, 1 to 65535.",
        .set = value_set_u16,
        AT(dest_port),
        .min = 1,
        .max = UINT16_MAX,
        KEPT(dest_port, value_same_bytes),
        .get = value_get_u16,
    },
    {
        .name = "connect_retry",
        TYPE_INTEGER,
        .default_text = "`poll_interval`",
        .reload = RELOAD_RETRY,
        .help = "Seconds between attempts to connect to this peer, 1 to 65535.",
        .set = value_set_u32,
        AT(connect_retry_s),
        .min = 1,
        .max = UINT16_MAX,
        KEPT(connect_retry_s, value_same_bytes),
        .get = value_get_u32,
    },
    {
        .name = "local_address",
        TYPE_STRING,
        .default_text = "chosen by the system",
        .reload = RELOAD_NEXT_ATTEMPT,
        .help = "Our address on the session: where connections to the peer start.",
        .set = set_local_address,
        KEPT(local_address, value_same_address),
        .get = value_get_address,
    },
    {
        .name = "md5_password",
        .excludes = "md5_password_file",
        .secret = true,
        TYPE_STRING,
        .reload = RELOAD_MD5,
        .help = "Key of TCP MD5 signatures (RFC 2385), 1 to 80 bytes.",
        .set = value_set_secret,
        AT(md5_password),
        .min = 1,
        .max = MD5_PASSWORD_MAX,
        KEPT(md5_password, value_same_text),
    },
    {
        .name = "md5_password_file",
        TYPE_STRING,
        .reload = RELOAD_MD5,
        .help = "File whose first line is the key. A relative name starts in the folder of the "
                "configuration.",
        .set = value_set_secret_file,
        AT(md5_password),
        .min = 1,
        .max = MD5_PASSWORD_MAX,
        .is_path = true,
    },
    {
        .name = "ttl_security",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_NEXT_CONNECTION,
        .help = "Take packets only from a directly connected peer that sends with TTL 255 "
                "(RFC 5082). Not together with `multihop`.",
        .set = value_set_bool,
        AT(ttl_security),
        KEPT(ttl_security, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "multihop",
        .types = TOML_BOOLEAN | TOML_INTEGER,
        .type_text = "a boolean or a TTL from 1 to 255",
        .default_text = "false",
        .reload = RELOAD_NEXT_CONNECTION,
        .help =
            "TTL of packets to the peer, 1 to 255, or `true` for 64: for external peers that are "
            "more than one hop away.",
        .set = set_multihop,
        KEPT(multihop, value_same_bytes),
        .get = get_multihop,
    },
    {
        .name = "fast_fallover",
        TYPE_BOOLEAN,
        .default_text = "true for external peers, unless `multihop` is more than 1",
        .reload = RELOAD_AT_ONCE,
        .help = "End the session at once when the interface goes down that attaches this host to "
                "the peer's network (never loopback).",
        .set = value_set_bool,
        AT(fast_fallover),
        KEPT(fast_fallover, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "families",
        TYPE_STRINGS,
        .default_text = "those [marked so](#families)",
        .reload = RELOAD_NEXT_SESSION,
        .help = "The [families](#families) to exchange.",
        .set = set_families,
        KEPT(families, value_same_bytes),
        .get = get_families,
    },
    {
        .name = "advertise_sources",
        TYPE_STRINGS,
        .default_text = "`[\"api\", \"config\"]`",
        .reload = RELOAD_EXPORT,
        .help = "Whose routes the peer is sent: `\"api\"`, `\"config\"` (static routes and flows), "
                "`\"peer\"` (what other peers sent).",
        .set = set_sources,
        KEPT(advertise_sources, value_same_bytes),
        .get = get_sources,
    },
    {
        .name = "max_prefixes",
        .types = TOML_INTEGER | TOML_TABLE,
        .type_text = "an integer or a table",
        .default_text = "0",
        .reload = RELOAD_LIMITS,
        .help = "How many prefixes of each family the peer may send, 0 for any number, and what is "
                "done about more: see [Limits](#limits).",
        .set = channel_keys_check_max_prefixes,
    },
    {
        .name = "import",
        .types = CHAIN_TYPES,
        .type_text = CHAIN_TYPE_TEXT,
        .default_text = "none",
        .reload = RELOAD_POLICY,
        .help = "The [policies](#policies) for what the peer sends, one after the other.",
        .set = channel_keys_check_policies,
        .same = channel_keys_same_import,
        .tell = channel_keys_tell_import,
    },
    {
        .name = "export",
        .types = CHAIN_TYPES,
        .type_text = CHAIN_TYPE_TEXT,
        .default_text = "none",
        .reload = RELOAD_POLICY,
        .help = "The [policies](#policies) for what the peer is sent.",
        .set = channel_keys_check_policies,
        .same = channel_keys_same_export,
        .tell = channel_keys_tell_export,
    },
    {
        .name = "parameters",
        .types = TOML_TABLE,
        .type_text = "a table",
        .default_text = "those of the top level",
        .reload = RELOAD_POLICY,
        .help = "Values of the [parameters](#parameters) of policies for this peer; those of a "
                "peer are added to those of its group.",
        .adds = true,
        .set = set_parameters,
        .is_named = true,
    },
    {
        .name = "ebgp_requires_policy",
        TYPE_BOOLEAN,
        .default_text = "`ebgp_requires_policy` of the top level",
        .reload = RELOAD_POLICY,
        .help = "Accept nothing from an external peer without an `import` policy, and tell it "
                "nothing without an `export` policy (RFC 8212).",
        .set = value_set_bool,
        AT(ebgp_requires_policy),
        KEPT(ebgp_requires_policy, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "keep_filtered",
        TYPE_BOOLEAN,
        .default_text = "true",
        .reload = RELOAD_POLICY,
        .help =
            "Keep what the `import` policies reject, so that it can be shown with the rule, and "
            "a change of the policies needs no route refresh. `false` saves the memory, but for "
            "policies that ask for `rov` or `aspa`, as routes must be there when VRPs change (RFC "
            "9324).",
        .set = channel_keys_check_only,
        .same = channel_keys_same_keep,
    },
    {
        .name = "validate_flows",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_IMPORT,
        .help = "Hold each flow that the peer sends against the best unicast route to its "
                "destination (RFC 8955, RFC 9117), and use it only if it is from who announces "
                "that: see [Validating flows](policy.md#validating-flows).",
        .set = channel_keys_check_only,
        .same = channel_keys_same_validation,
    },
    {
        .name = "reject_aspa_invalid",
        TYPE_BOOLEAN,
        .default_text = "true",
        .reload = RELOAD_POLICY,
        .help = "Do not use unicast routes of an external peer whose path is invalid by "
                "[ASPAs](#rpki): they are kept and shown. Which paths are depends on `role`; "
                "without it none is. `false` leaves them to the `import` policies, which have "
                "the match `aspa`.",
        .set = channel_keys_check_only,
        .same = channel_keys_same_aspa,
    },
    {
        .name = "channels",
        .types = TOML_TABLE,
        .type_text = "a table of families: write [peers.channels.\"ipv4 unicast\"]",
        .reload = RELOAD_LIMITS,
        .help = "What is for one family only: see [Channels](#channels).",
        .adds = true,
        .set = channel_keys_check_channels,
        .same = channel_keys_same,
        .get = channel_keys_get_limits,
        .is_named = true,
        .within = &schema_channel,
    },
    {
        .name = "route_reflector_client",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_EXPORT,
        .help = "Reflect the routes of other internal peers to this one and its routes to them "
                "(RFC 4456). Internal peers only.",
        .set = value_set_bool,
        AT(route_reflector_client),
        KEPT(route_reflector_client, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "route_server_client",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_EXPORT,
        .help = "Pass routes between such clients with AS_PATH, next hop and MED unchanged "
                "(RFC 7947). External peers only.",
        .set = value_set_bool,
        AT(route_server_client),
        KEPT(route_server_client, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "interpret_communities",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_EXPORT,
        .help = "Act on NO_EXPORT and NO_ADVERTISE of other route server clients towards this one, "
                "rather than pass them on. Route server clients only.",
        .set = value_set_bool,
        AT(interpret_communities),
        KEPT(interpret_communities, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "next_hop_self",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_EXPORT,
        .help = "Send our own address as the next hop of routes from other peers.",
        .set = value_set_bool,
        AT(next_hop_self),
        KEPT(next_hop_self, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "next_hop_ipv4",
        TYPE_STRING,
        .reload = RELOAD_EXPORT,
        .help = "Our IPv4 address as a next hop over an IPv6 session without RFC 8950.",
        .set = set_next_hop_ipv4,
        KEPT(next_hop_ipv4, value_same_address),
        .get = value_get_address,
    },
    {
        .name = "role",
        TYPE_STRING,
        .default_text = "none",
        .reload = RELOAD_NEXT_SESSION,
        .help = "Our own [role](#roles) in the session (RFC 9234): `\"provider\"`, `\"customer\"`, "
                "`\"peer\"`, `\"rs\"` (route server) or `\"rs-client\"`. External peers only.",
        .set = set_role,
        KEPT(role, value_same_bytes),
        .get = get_role,
    },
    {
        .name = "role_strict",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_NEXT_SESSION,
        .help = "Refuse a peer that announces no role. Needs `role`.",
        .set = value_set_bool,
        AT(role_strict),
        KEPT(role_strict, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "enforce_first_as",
        TYPE_BOOLEAN,
        .default_text = "true",
        .reload = RELOAD_IMPORT,
        .help = "Use only routes whose AS_PATH begins with `remote_as`. `false` is for a peer that "
                "is a route server. External peers only.",
        .set = value_set_bool,
        AT(enforce_first_as),
        KEPT(enforce_first_as, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "allow_own_as",
        TYPE_INTEGER,
        .default_text = "0",
        .reload = RELOAD_IMPORT,
        .help = "How often ASNs of this daemon may stand in the AS_PATH of a route that is used, 0 "
                "to 255.",
        .set = value_set_u16,
        AT(allow_own_as),
        .max = 255,
        KEPT(allow_own_as, value_same_bytes),
        .get = value_get_u16,
    },
    {
        .name = "accept_martians",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_IMPORT,
        .help = "Take prefixes that cannot be routed, such as those in 127.0.0.0/8 or 224.0.0.0/4, "
                "rather than ignore them.",
        .set = value_set_bool,
        AT(accept_martians),
        KEPT(accept_martians, value_same_bytes),
        .get = value_get_bool,
    },
    {
        .name = "static_routes",
        .types = TOML_ARRAY,
        .type_text = "a list of tables: write [[peers.static_routes]]",
        .reload = RELOAD_ROUTES,
        .help = "Routes to announce to this peer: see [Static routes](#static-routes).",
        .adds = true,
        .set = static_routes_set,
        .same = same_routes,
        .keep = SCHEMA_KEEP_SOME,
        .within = &schema_route,
    },
    {
        .name = "static_flows",
        .types = TOML_ARRAY,
        .type_text = "a list of tables: write [[peers.static_flows]]",
        .reload = RELOAD_ROUTES,
        .help = "Flow specifications to announce to this peer: see [Static flows](#static-flows).",
        .adds = true,
        .set = static_routes_set_flows,
        .keep = SCHEMA_KEEP_SOME,
        .within = &schema_flow,
    },
};

const struct schema schema_peer = {
    .title = "[[peers]]",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};
