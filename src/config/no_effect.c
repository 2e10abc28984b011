/* Settings that have no effect beside others. What a peer says itself is warned of where it stands.
 * What it inherits may well be of use to other peers of its group: it is warned of in the group,
 * once, when it was of use to none. Where a peer takes the effect away by a key of its own that
 * decides over routes, that key is to blame. */
#include "config/no_effect.h"

#include <inttypes.h>
#include <string.h>

#include "config/channel_keys.h"
#include "config/loader.h"

#define LACKS_PEER   "advertise_sources does not have \"peer\""
#define LACKS_CONFIG "advertise_sources does not have \"config\""

/* Flows have no next hop, and routes with labels keep theirs. */
#define NEXT_HOP_STAYS "has no effect: families has no routes whose next hop could be our own"
#define NEXT_HOP_STAYS_IPV4                                                                        \
    "has no effect: families has no IPv4 routes whose next hop could be our own"

/* Why a setting has no effect. */
struct verdict {
    const char *text;   /* after the name of the key; NULL: it has one */
    const char *blames; /* the key that is to blame when it is the peer's own; NULL: none is */
};

static bool is_external(const struct config_peer *peer)
{
    return config_peer_kind(peer) == SESSION_EXTERNAL;
}

static bool gets_routes_of_peers(const struct config_peer *peer)
{
    return (peer->advertise_sources & ADVERTISE_PEER) != 0;
}

static struct verdict judge_reflector_client(const struct config_peer *peer,
                                             const struct toml_node *value)
{
    if (!value->as.boolean || gets_routes_of_peers(peer) || is_external(peer))
        return (struct verdict){0}; /* where it must not stand at all, that was said */
    return (struct verdict){"reflects nothing to the peer: " LACKS_PEER, "advertise_sources"};
}

static struct verdict judge_server_client(const struct config_peer *peer,
                                          const struct toml_node *value)
{
    if (!value->as.boolean || gets_routes_of_peers(peer) || !is_external(peer))
        return (struct verdict){0}; /* likewise */
    return (struct verdict){"passes nothing on to the peer: " LACKS_PEER, "advertise_sources"};
}

static struct verdict judge_interpret(const struct config_peer *peer, const struct toml_node *value)
{
    if (!value->as.boolean || peer->route_server_client)
        return (struct verdict){0};
    return (struct verdict){.text =
                                "has no effect: it is for a route_server_client, and communities "
                                "of all others are acted upon in any case"};
}

static struct verdict judge_next_hop_self(const struct config_peer *peer,
                                          const struct toml_node *value)
{
    if (!value->as.boolean)
        return (struct verdict){0};
    if (!gets_routes_of_peers(peer))
        return (struct verdict){
            .text = "has no effect: it is for routes of other peers, and " LACKS_PEER};
    if (!(peer->families & (family_with_own_next_hop(IP_V4) | family_with_own_next_hop(IP_V6))))
        return (struct verdict){.text = NEXT_HOP_STAYS};
    if (is_external(peer) && !peer->route_server_client)
        return (struct verdict){
            .text = "has no effect: external peers are sent our own address in any case"};
    return (struct verdict){0};
}

static struct verdict judge_next_hop_ipv4(const struct config_peer *peer,
                                          const struct toml_node *value)
{
    (void)value;
    if (peer->remote.version == IP_V4)
        return (struct verdict){.text = "has no effect: it is for sessions between IPv6 addresses"};
    if (!(peer->families & family_with_own_next_hop(IP_V4)))
        return (struct verdict){.text = NEXT_HOP_STAYS_IPV4};
    if (!gets_routes_of_peers(peer))
        return (struct verdict){
            .text = "has no effect: it is for routes of other peers, and " LACKS_PEER};
    return (struct verdict){0};
}

static struct verdict judge_first_as(const struct config_peer *peer, const struct toml_node *value)
{
    if (!value->as.boolean || is_external(peer))
        return (struct verdict){0};
    return (struct verdict){
        .text = "has no effect: it is for external peers, and remote_as and local_as are the same"};
}

static struct verdict judge_multihop(const struct config_peer *peer, const struct toml_node *value)
{
    if (value->type != TOML_BOOLEAN || !value->as.boolean || is_external(peer))
        return (struct verdict){0}; /* a number is the TTL of internal peers as well */
    return (struct verdict){
        .text = "has no effect: internal peers may be any number of hops away in any case"};
}

static struct verdict judge_dest_port(const struct config_peer *peer, const struct toml_node *value)
{
    (void)value;
    if (!peer->passive)
        return (struct verdict){0};
    return (struct verdict){.text = "has no effect: the peer is waited for, and not connected to"};
}

static struct verdict judge_static(const struct config_peer *peer, const struct toml_node *value)
{
    if (value->as.list.count == 0 || (peer->advertise_sources & ADVERTISE_CONFIG))
        return (struct verdict){0};
    return (struct verdict){"are not announced: " LACKS_CONFIG, "advertise_sources"};
}

static struct verdict judge_export(const struct config_peer *peer, const struct toml_node *value)
{
    if (peer->advertise_sources != 0 || (value->type == TOML_ARRAY && value->as.list.count == 0))
        return (struct verdict){0};
    return (struct verdict){"has no effect: advertise_sources is empty", "advertise_sources"};
}

static struct verdict judge_keep_filtered(const struct config_peer *peer,
                                          const struct toml_node *value)
{
    (void)value;
    for (size_t i = 0; i < peer->channel_count; i++)
        if (peer->channels[i].import)
            return (struct verdict){0};
    return (struct verdict){.text = "has no effect: there is no import policy"};
}

static struct verdict judge_aspa(const struct config_peer *peer, const struct toml_node *value)
{
    (void)value;
    if (is_external(peer) && peer->role != ROLE_NONE)
        return (struct verdict){0};
    return (struct verdict){
        .text = "has no effect: paths are verified where an external peer has a role"};
}

static struct verdict judge_role(const struct config_peer *peer, const struct toml_node *value)
{
    (void)value;
    if (is_external(peer))
        return (struct verdict){0};
    return (struct verdict){
        .text =
            "has no effect: roles are for external peers (RFC 9234), and remote_as and local_as "
            "are the same"};
}

static struct verdict judge_role_strict(const struct config_peer *peer,
                                        const struct toml_node *value)
{
    if (!value->as.boolean || peer->role != ROLE_NONE)
        return (struct verdict){0};
    return (struct verdict){.text = "has no effect: there is no role"};
}

static struct verdict judge_validation(const struct config_peer *peer,
                                       const struct toml_node *value)
{
    if (!value->as.boolean)
        return (struct verdict){0};
    for (size_t i = 0; i < peer->channel_count; i++)
        if (family_info(peer->channels[i].family)->destination)
            return (struct verdict){0};
    return (struct verdict){.text = "has no effect: families has no flows"};
}

static struct verdict judge_requirement(const struct config_peer *peer,
                                        const struct toml_node *value)
{
    if (!value->as.boolean || is_external(peer))
        return (struct verdict){0};
    return (struct verdict){
        .text = "has no effect: it is for external peers, and remote_as and local_as are the same"};
}

static const struct rule {
    const char *key;
    const char *looks_at; /* another key, which must have been understood; NULL */
    struct verdict (*judge)(const struct config_peer *peer, const struct toml_node *value);
} rules[] = {
    {"route_reflector_client", "advertise_sources", judge_reflector_client},
    {"route_server_client", "advertise_sources", judge_server_client},
    {"interpret_communities", "route_server_client", judge_interpret},
    {"next_hop_self", "advertise_sources", judge_next_hop_self},
    {"next_hop_ipv4", "advertise_sources", judge_next_hop_ipv4},
    {"enforce_first_as", NULL, judge_first_as},
    {"role", NULL, judge_role},
    {"role_strict", "role", judge_role_strict},
    {"multihop", NULL, judge_multihop},
    {"dest_port", "passive", judge_dest_port},
    {"static_routes", "advertise_sources", judge_static},
    {"static_flows", "advertise_sources", judge_static},
    {"export", "advertise_sources", judge_export},
    {"keep_filtered", "import", judge_keep_filtered},
    {"validate_flows", "families", judge_validation},
    {"reject_aspa_invalid", "role", judge_aspa},
    {"ebgp_requires_policy", NULL, judge_requirement},
};

enum {
    RULE_COUNT = sizeof(rules) / sizeof(rules[0]),
    SLOT_WITHIN_AS = RULE_COUNT, /* of static routes, by enum within_as: no keys of the peer */
    SLOT_COUNT = SLOT_WITHIN_AS + WITHIN_AS_COUNT,
};
_Static_assert((int)SLOT_COUNT <= (int)NO_EFFECT_SLOTS, "every rule has a slot");

static void judge_own(struct loader *l, const struct rule *rule, const struct peer_draft *draft,
                      const struct toml_node *value)
{
    struct verdict verdict = rule->judge(&draft->peer, value);
    if (verdict.text)
        loader_warning(l, value->place, "%s %s", value->key, verdict.text);
}

static void judge_inherited(struct loader *l, const struct rule *rule,
                            const struct peer_draft *draft, const struct toml_node *value)
{
    struct verdict verdict = rule->judge(&draft->peer, value);
    const struct toml_node *blamed =
        verdict.blames ? loader_find(draft->node, verdict.blames) : NULL;
    struct group_use *use = &draft->group->use;
    size_t slot = (size_t)(rule - rules);
    if (!verdict.text) {
        use->slots[slot].effective = true;
    } else if (blamed) {
        loader_warning(l, blamed->place, "%s of the peer's group %s", value->key, verdict.text);
    } else {
        use->slots[slot].text = verdict.text;
        use->slots[slot].place = value->place;
    }
}

#define STAYS_WITHIN_AS(key) key " of static routes has no effect: external peers are sent none"

/* An attribute of static routes that stays within the AS. */
static void check_within_as(struct loader *l, const struct peer_draft *draft, unsigned which)
{
    static const char *const texts[WITHIN_AS_COUNT] = {
        [WITHIN_AS_LOCAL_PREF] = STAYS_WITHIN_AS("local_pref"),
        [WITHIN_AS_ORIGINATOR_ID] = STAYS_WITHIN_AS("originator_id"),
        [WITHIN_AS_CLUSTER_LIST] = STAYS_WITHIN_AS("cluster_list"),
        [WITHIN_AS_AIGP] = STAYS_WITHIN_AS("aigp"),
    };
    const size_t slot = SLOT_WITHIN_AS + which;
    const struct placed_route *own = NULL;
    for (size_t i = 0; i < draft->route_count; i++) {
        const struct placed_route *route = &draft->routes[i];
        if (!(route->within_as & 1u << which))
            continue;
        if (route->inherited && is_external(&draft->peer)) {
            draft->group->use.slots[slot].text = texts[which];
            draft->group->use.slots[slot].place = route->place;
        } else if (route->inherited) {
            draft->group->use.slots[slot].effective = true;
        } else if (!own) {
            own = route;
        }
    }
    if (own && is_external(&draft->peer))
        loader_warning(l, own->place, "%s", texts[which]);
}

void no_effect_check_peer(struct loader *l, const struct peer_draft *draft)
{
    const struct config_peer *peer = &draft->peer;
    if (draft->group)
        draft->group->use.inherited = true;
    if (peer->remote_as == 0 || peer->local_as == 0 || peer->remote.version == IP_NONE)
        return; /* reported: what kind of peer it is meant to be is not known */
    for (const struct rule *rule = rules; rule < rules + RULE_COUNT; rule++) {
        const struct schema_key *key = schema_key_named(draft->schema, rule->key);
        const struct toml_node *own = schema_find(key, draft->node);
        const struct toml_node *from_group = peer_draft_inherited(draft, key);
        if (!peer_draft_is_certain(draft, rule->key) ||
            (rule->looks_at && !peer_draft_is_certain(draft, rule->looks_at)))
            continue;
        if (own)
            judge_own(l, rule, draft, own);
        if (from_group)
            judge_inherited(l, rule, draft, from_group);
    }
    channel_keys_check_effect(l, draft);
    for (unsigned which = 0; which < WITHIN_AS_COUNT; which++)
        check_within_as(l, draft, which);
}

void no_effect_check_group(struct loader *l, const struct peer_draft *group)
{
    const struct group_use *use = &group->use;
    for (size_t slot = 0; slot < SLOT_COUNT; slot++) {
        if (!use->slots[slot].text || use->slots[slot].effective)
            continue;
        loader_warning(l, use->slots[slot].place, "%s%s%s",
                       slot < RULE_COUNT ? rules[slot].key : "", slot < RULE_COUNT ? " " : "",
                       use->slots[slot].text);
    }
    channel_keys_check_group(l, group);
}
