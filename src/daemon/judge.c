/* Judging what peers sent.
 *
 * A path that fails is kept with the reason and is no candidate; prefixes that cannot be routed are
 * not taken at all. Loops are looked for over everything that the daemon is: a route that went out
 * under one of its ASNs or router ids is not to come back under another.
 *
 * RFC 4271 §6.3 (next hop, first AS), 9.1.2 (AS loop); RFC 4456 §8; RFC 9234 §5 (leaks). */
#include "daemon/judge.h"

#include <stdio.h>
#include <string.h>

#include "wire/aspath.h"

/* --- preparation --- */

/* Makes *set what `next` is, and empties that; false when it was the same. */
static bool take_set(struct u32_set *set, struct u32_set *next)
{
    u32_set_settle(next);
    bool same = u32_set_equal(set, next);
    u32_set_release(set);
    *set = *next;
    *next = (struct u32_set){0};
    return !same;
}

bool judge_configure(struct judge *j, const struct config *config)
{
    struct u32_set asns = {0};
    struct u32_set router_ids = {0};
    if (config->default_as != 0)
        u32_set_add(&asns, config->default_as);
    u32_set_add(&router_ids, config->router_id);
    for (size_t i = 0; i < config->peer_count; i++) {
        u32_set_add(&asns, config->peers[i].local_as);
        u32_set_add(&router_ids, config->peers[i].router_id);
    }
    bool changed = take_set(&j->asns, &asns);
    changed |= take_set(&j->router_ids, &router_ids);
    changed |= j->cluster_id != config->cluster_id;
    j->cluster_id = config->cluster_id;
    return changed;
}

void judge_release(struct judge *j)
{
    u32_set_release(&j->asns);
    u32_set_release(&j->router_ids);
    own_addrs_release(&j->addrs);
}

struct judge_rules judge_rules_of(const struct judge *j, const struct config_peer *peer,
                                  const struct peer_session *session)
{
    struct judge_rules rules = {
        .first_as =
            session->kind == SESSION_EXTERNAL && peer->enforce_first_as ? session->remote_as : 0,
        .allow_own_as = peer->allow_own_as,
        .accept_martians = peer->accept_martians,
        .role = session->role,
        .remote_as = session->remote_as,
    };
    snprintf(rules.link, sizeof(rules.link), "%s", own_addrs_link(&j->addrs, &session->local.addr));
    return rules;
}

/* --- attributes --- */

static bool loops(const struct judge *j, const struct judge_rules *rules, struct span canonical)
{
    struct span as_path;
    return attr_find(canonical, ATTR_AS_PATH, &as_path) &&
           aspath_count_in(as_path, &j->asns) > rules->allow_own_as;
}

static bool in_cluster_list(struct span canonical, uint32_t cluster_id)
{
    struct span value;
    if (!attr_find(canonical, ATTR_CLUSTER_LIST, &value))
        return false;
    struct reader r = reader_over(value);
    while (reader_left(&r) >= 4)
        if (reader_u32(&r) == cluster_id)
            return true;
    return false;
}

static bool is_ours(const struct judge *j, const struct judge_rules *rules, struct span bytes)
{
    struct reader r = reader_over(bytes);
    reader_take(&r, bytes.len_bytes - 4);
    uint32_t last = reader_u32(&r);
    if (!reader_ok(&r) || !own_addrs_may_have(&j->addrs, last))
        return false;
    struct ip_addr addr = ip_from_bytes(bytes.len_bytes == 4 ? IP_V4 : IP_V6, bytes.data);
    if (ip_is_link_local(&addr))
        memcpy(addr.interface, rules->link, sizeof(addr.interface));
    return own_addrs_has(&j->addrs, &addr);
}

/* An IPv6 next hop is one address, or a global and a link-local one (RFC 2545 §3). */
static bool next_hop_is_ours(const struct judge *j, const struct judge_rules *rules,
                             struct span canonical, const struct attr_hot *hot)
{
    struct reader r = reader_over(canonical);
    reader_take(&r, hot->next_hop_offset);
    if (hot->next_hop_len_bytes != 32)
        return is_ours(j, rules, reader_take(&r, hot->next_hop_len_bytes));
    bool global = is_ours(j, rules, reader_take(&r, 16));
    return global || is_ours(j, rules, reader_take(&r, 16));
}

/* A route that somebody has marked for customers only does not come from below, and from a peer
 * with that peer's own mark alone. */
static enum rib_reject judge_leak(const struct judge_rules *rules, struct span canonical)
{
    struct span value;
    bool is_below = role_looks_down(rules->role) && !role_looks_up(rules->role);
    if (is_below)
        return RIB_REJECT_LEAK_BELOW;
    if (rules->role != ROLE_PEER || !attr_find(canonical, ATTR_ONLY_TO_CUSTOMER, &value))
        return RIB_ACCEPTED;
    struct reader r = reader_over(value);
    return reader_u32(&r) == rules->remote_as ? RIB_ACCEPTED : RIB_REJECT_LEAK_PEER;
}

enum rib_reject judge_attrs(const struct judge *j, const struct judge_rules *rules,
                            const struct family_info *family, struct span canonical,
                            const struct attr_hot *hot)
{
    if (hot->as_path_len > 0 && loops(j, rules, canonical))
        return RIB_REJECT_AS_LOOP;
    if (rules->first_as != 0 && hot->neighbor_as != rules->first_as)
        return RIB_REJECT_FIRST_AS;
    if ((hot->flags & ATTR_HAS_ORIGINATOR_ID) && u32_set_has(&j->router_ids, hot->originator_id))
        return RIB_REJECT_ORIGINATOR_LOOP;
    if (hot->cluster_list_len > 0 && in_cluster_list(canonical, j->cluster_id))
        return RIB_REJECT_CLUSTER_LOOP;
    if (hot->next_hop_len_bytes > 0 && next_hop_is_ours(j, rules, canonical, hot))
        return RIB_REJECT_NEXT_HOP_IS_US;
    if ((hot->flags & ATTR_HAS_ONLY_TO_CUSTOMER) && family->is_unicast)
        return judge_leak(rules, canonical);
    return RIB_ACCEPTED;
}
