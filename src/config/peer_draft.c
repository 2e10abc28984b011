/* From the tables of a group and a peer to a struct config_peer: inheritance, and the checks that
 * concern several keys. */
#include "config/peer_draft.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void peer_draft_init(struct peer_draft *draft, const struct schema *schema,
                     const struct toml_node *node)
{
    *draft = (struct peer_draft){
        .schema = schema,
        .node = node,
        .peer =
            {
                .enabled = true,
                .hold_time_s = CONFIG_DEFAULT_HOLD_TIME_S,
                .dest_port = CONFIG_DEFAULT_BGP_PORT,
                .families = family_defaults(),
                .advertise_sources = ADVERTISE_API | ADVERTISE_CONFIG,
                .extended_messages = true,
                .enforce_first_as = true,
            },
    };
}

void peer_draft_release(struct peer_draft *draft)
{
    for (size_t i = 0; i < draft->route_count; i++)
        static_route_release(&draft->routes[i].route);
    free(draft->routes);
    config_peer_release(&draft->peer);
    *draft = (struct peer_draft){0};
}

/* What a table says on a key, or on one that excludes it: either settles the matter. */
static bool settles(const struct schema *schema, const struct toml_node *table,
                    const struct schema_key *key)
{
    if (schema_find(key, table) || (key->excludes && loader_find(table, key->excludes)))
        return true;
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_key *other = &schema->keys[i];
        if (other->excludes && strcmp(other->excludes, key->name) == 0)
            return schema_find(other, table) != NULL;
    }
    return false;
}

const struct toml_node *peer_draft_inherited(const struct peer_draft *draft,
                                             const struct schema_key *key)
{
    bool inherits =
        draft->group && !key->peer_only && (key->adds || !settles(draft->schema, draft->node, key));
    return inherits ? schema_find(key, draft->group->node) : NULL;
}

const struct toml_node *peer_draft_find(const struct peer_draft *draft, const char *name)
{
    const struct schema_key *key = schema_key_named(draft->schema, name);
    const struct toml_node *own = schema_find(key, draft->node);
    return own ? own : peer_draft_inherited(draft, key);
}

bool peer_draft_is_certain(const struct peer_draft *draft, const char *name)
{
    ptrdiff_t number = schema_key_named(draft->schema, name) - draft->schema->keys;
    return (draft->doubtful >> number & 1) == 0;
}

void peer_draft_read_group(struct loader *l, struct peer_draft *draft, const char *where)
{
    schema_apply(l, draft->schema, where, draft->node, draft);
    for (size_t i = 0; draft->node->type == TOML_TABLE && i < draft->schema->count; i++) {
        const struct schema_key *key = &draft->schema->keys[i];
        const struct toml_node *node = key->peer_only ? schema_find(key, draft->node) : NULL;
        if (node)
            loader_problem(l, node->key_place, "%s belongs in a peer, not in a group", node->key);
    }
}

void peer_draft_read_peer(struct loader *l, struct peer_draft *draft)
{
    schema_check_keys(l, draft->schema, draft->schema->title, draft->node);
    for (size_t i = 0; i < draft->schema->count; i++) {
        const struct schema_key *key = &draft->schema->keys[i];
        const struct toml_node *own = schema_find(key, draft->node);
        const struct toml_node *from_group = peer_draft_inherited(draft, key);
        l->stumbled = false;
        if (own) {
            schema_set(l, key, own, draft);
        } else if (from_group && !key->adds) {
            l->muted = true;
            schema_set(l, key, from_group, draft);
            l->muted = false;
        } else if (key->required && !from_group && !draft->lost_group) {
            loader_missing(l, draft->node->place, "%s is missing in %s", key->name,
                           draft->schema->title);
        }
        if (l->stumbled)
            draft->doubtful |= UINT64_C(1) << i;
    }
}

/* The place to blame for the value of a key: inherited ones are blamed on the peer that inherits.
 */
static struct toml_place blame(const struct peer_draft *draft, const char *name)
{
    const struct schema_key *key = schema_key_named(draft->schema, name);
    const struct toml_node *own = schema_find(key, draft->node);
    return own ? own->place : draft->node->place;
}

static void take_defaults(struct loader *l, struct peer_draft *draft)
{
    struct config_peer *peer = &draft->peer;
    const struct config *c = l->config;
    if (!peer_draft_find(draft, "local_as")) {
        peer->local_as = c->default_as;
        if (!loader_find(l->root, "default_as") && !draft->lost_group)
            loader_missing(l, draft->node->place,
                           "local_as is missing in [[peers]], and there is no default_as");
    }
    if (!peer_draft_find(draft, "router_id")) {
        peer->router_id = c->router_id;
        if (!loader_find(l->root, "router_id") && !draft->lost_group)
            loader_missing(l, draft->node->place,
                           "router_id is missing in [[peers]], and there is none in the top level");
    }
    if (!peer_draft_find(draft, "ebgp_requires_policy"))
        peer->ebgp_requires_policy = c->ebgp_requires_policy;
    enum session_kind kind = config_peer_kind(peer);
    if (!peer_draft_find(draft, "fast_fallover"))
        peer->fast_fallover = kind == SESSION_EXTERNAL && peer->multihop <= 1;
    if (kind == SESSION_INTERNAL && peer->multihop == CONFIG_ROUTED_TTL)
        peer->multihop = 0; /* theirs in any case */
    if (peer->connect_retry_s == 0)
        peer->connect_retry_s = c->poll_interval_s;
}

static void check_remote(struct loader *l, struct peer_draft *draft)
{
    struct config_peer *peer = &draft->peer;
    if (peer->remote.version == IP_NONE)
        return;
    if (!prefix_is_host(&peer->remote)) {
        if (peer_draft_find(draft, "passive") && !peer->passive)
            loader_problem(l, blame(draft, "passive"),
                           "passive cannot be false: remote_ip is a network, from which peers can "
                           "only be waited for");
        peer->passive = true;
    }
    if (peer->local_address.version != IP_NONE &&
        peer->local_address.version != peer->remote.version)
        loader_problem(l, blame(draft, "local_address"),
                       "local_address must be an IPv%u address, as remote_ip is one",
                       peer->remote.version);
    else if (peer->local_address.interface[0] != '\0' && peer->remote_interface[0] != '\0' &&
             strcmp(peer->local_address.interface, peer->remote_interface) != 0)
        loader_problem(l, blame(draft, "local_address"),
                       "local_address must be on the interface of remote_ip: %s",
                       peer->remote_interface);
}

static void check_kind(struct loader *l, struct peer_draft *draft)
{
    const struct config_peer *peer = &draft->peer;
    if (peer->ttl_security && peer->multihop != 0)
        loader_problem(l, blame(draft, "ttl_security"),
                       "ttl_security and multihop cannot be given together: the peer is either "
                       "directly connected or not");
    if (peer->remote_as == 0 || peer->local_as == 0)
        return; /* reported */
    enum session_kind kind = config_peer_kind(peer);
    if (peer->route_reflector_client && kind == SESSION_EXTERNAL)
        loader_problem(l, blame(draft, "route_reflector_client"),
                       "route_reflector_client is for internal peers: remote_as %" PRIu32
                       " is not local_as %" PRIu32,
                       peer->remote_as, peer->local_as);
    if (peer->route_server_client && kind == SESSION_INTERNAL)
        loader_problem(l, blame(draft, "route_server_client"),
                       "route_server_client is for external peers: remote_as and local_as are "
                       "both %" PRIu32,
                       peer->remote_as);
}

void peer_draft_check(struct loader *l, struct peer_draft *draft)
{
    take_defaults(l, draft);
    check_remote(l, draft);
    check_kind(l, draft);
}
