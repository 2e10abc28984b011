/* What a group of peers is told. */
#include "rib/export.h"

#include <string.h>

#include "rib/decide.h"

static bool kind_allowed(const struct rib_treatment *t, uint8_t kind)
{
    return (t->source_kinds & (1u << kind)) != 0;
}

/* The best path among those that may be told to the group at all. */
static const struct rib_path *best_allowed(const struct rib *rib, const struct rib_treatment *t,
                                           struct rib_entry *e)
{
    const struct rib_source *source = &rib->sources[e->best.source];
    if (e->best_usable && source->alive && kind_allowed(t, source->kind))
        return &e->best;
    bool is_dead = e->best_usable && !source->alive; /* and was not removed yet */
    if (!is_dead && !(e->flags & ENTRY_HAS_LOCAL))
        return NULL; /* all paths are of one kind */
    int best = rib_decide_best(rib, e, t->source_kinds, false);
    return best < 0 ? NULL : rib_entry_path(e, (unsigned)best);
}

/* The group's own static route for the prefix. */
static const struct rib_path *own_static(const struct rib_treatment *t, struct rib_entry *e)
{
    if (t->config_source == 0 || !(e->flags & ENTRY_HAS_LOCAL))
        return NULL;
    return rib_entry_path_of(e, t->config_source);
}

/* Rules for what was learned from a peer; what BGPd originates may be told to all. */
static bool peer_route_allowed(const struct rib_treatment *t, const struct rib_source *source,
                               const struct attr_hot *hot)
{
    if (hot->flags & ATTR_NO_ADVERTISE)
        return false;
    if (t->ebgp)
        return (hot->flags & (ATTR_NO_EXPORT | ATTR_NO_EXPORT_SUBCONFED)) == 0;
    /* RFC 4456 §6: between internal peers only where one is a client. */
    return !source->ibgp || source->reflector_client || t->reflector_client;
}

/* Whether the peers can take the route's next hop: an IPv6 one with an IPv4 prefix needs RFC 8950.
 */
static bool next_hop_fits(const struct rib *rib, const struct rib_treatment *t,
                          const struct rib_path *path)
{
    uint8_t len = rib_attrs_at(&rib->attrs, path->attrs)->hot.next_hop_len_bytes;
    if (t->family != FAMILY_IPV4_UNICAST || len == 4)
        return true;
    struct attr_export x = rib_export_attrs(rib, t, path->source);
    if (x.next_hop_len_bytes != 0)
        len = x.next_hop_len_bytes;
    return len == 4 || t->extended_next_hop;
}

const struct rib_path *rib_export_select(const struct rib *rib, const struct rib_treatment *t,
                                         struct rib_entry *e)
{
    const struct rib_path *path = own_static(t, e);
    if (!path)
        path = best_allowed(rib, t, e);
    if (!path)
        return NULL;
    const struct rib_source *source = &rib->sources[path->source];
    const struct attr_hot *hot = &rib_attrs_at(&rib->attrs, path->attrs)->hot;
    if (source->kind == RIB_SOURCE_PEER && !peer_route_allowed(t, source, hot))
        return NULL;
    return next_hop_fits(rib, t, path) ? path : NULL;
}

const struct rib_path *rib_export_select_first(const struct rib *rib, const struct rib_treatment *t,
                                               struct rib_entry *e, struct rib_export_memo *memo)
{
    const struct rib_path *path = rib_export_select(rib, t, e);
    if (rib->sources[e->best.source].alive) /* else it is another path that decides */
        *memo = (struct rib_export_memo){e->best.attrs, e->best.source, path != NULL};
    return path;
}

static void set_own_next_hop(struct attr_export *x, const struct rib_treatment *t)
{
    x->next_hop_len_bytes = t->next_hop_len_bytes;
    memcpy(x->next_hop, t->next_hop, sizeof(x->next_hop));
}

struct attr_export rib_export_attrs(const struct rib *rib, const struct rib_treatment *t,
                                    uint32_t source)
{
    const struct rib_source *s = &rib->sources[source];
    bool learned = s->kind == RIB_SOURCE_PEER;
    struct attr_export x = {.as4 = t->as4, .ebgp = t->ebgp};
    if (t->ebgp) {
        if (learned && t->route_server_client)
            return x; /* RFC 7947 §2.2: AS_PATH, next hop and MED stay */
        x.prepend_as = t->local_as;
        x.strip_med = learned;
        if (learned)
            set_own_next_hop(&x, t);
        return x;
    }
    if (learned && s->ibgp) {
        x.reflect = true;
        x.originator_id = s->router_id;
        x.cluster_id = t->cluster_id;
    } else if (learned && t->next_hop_self) {
        set_own_next_hop(&x, t);
    }
    return x;
}
