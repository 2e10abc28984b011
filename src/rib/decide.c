/* Best path selection.
 *
 * Each step of RFC 4271 §9.1.2.2 is one comparison; the first that tells two paths apart decides.
 * BGPd has no IGP, so the cost to the next hop (step e) is the same for all. Routes that BGPd
 * originates itself come before learned ones. */
#include "rib/decide.h"

struct side {
    const struct attr_hot *hot;
    const struct rib_source *source;
    uint32_t path_id;
};

/* <0: a is preferred. Written so that "smaller is better". */
static int smaller(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static bool med_comparable(const struct side *a, const struct side *b)
{
    return a->hot->neighbor_as == b->hot->neighbor_as;
}

static uint32_t med_of(const struct side *s)
{
    return s->hot->flags & ATTR_HAS_MED ? s->hot->med : 0;
}

/* RFC 4456 §9: the ORIGINATOR_ID stands for the router id of a reflected route. */
static uint32_t router_id_of(const struct side *s)
{
    return s->hot->flags & ATTR_HAS_ORIGINATOR_ID ? s->hot->originator_id : s->source->router_id;
}

/* The steps whose outcome does not depend on which path was there first; 0 when all are equal. */
static int compare_before_med(const struct side *a, const struct side *b)
{
    int order = smaller(a->source->kind == RIB_SOURCE_PEER, b->source->kind == RIB_SOURCE_PEER);
    if (order == 0)
        order = smaller(b->hot->local_pref, a->hot->local_pref);
    if (order == 0)
        order = smaller(a->hot->as_path_len, b->hot->as_path_len);
    if (order == 0)
        order = smaller(a->hot->origin, b->hot->origin);
    return order;
}

static int compare_quality(const struct side *a, const struct side *b)
{
    int order = compare_before_med(a, b);
    if (order == 0 && med_comparable(a, b))
        order = smaller(med_of(a), med_of(b));
    if (order == 0)
        order = smaller(a->source->ibgp, b->source->ibgp);
    return order;
}

static int compare_identity(const struct side *a, const struct side *b)
{
    int order = smaller(router_id_of(a), router_id_of(b));
    if (order == 0)
        order = smaller(a->hot->cluster_list_len, b->hot->cluster_list_len);
    if (order == 0)
        order = ip_compare(&a->source->addr, &b->source->addr);
    if (order == 0)
        order = smaller(a->path_id, b->path_id);
    return order;
}

static struct side side_of(const struct rib *rib, const struct rib_path *path)
{
    return (struct side){&rib_attrs_at(&rib->attrs, path->attrs)->hot, &rib->sources[path->source],
                         path->path_id};
}

bool rib_decide_better(const struct rib *rib, const struct rib_path *a, const struct rib_path *b,
                       bool a_is_current)
{
    struct side left = side_of(rib, a);
    struct side right = side_of(rib, b);
    int order = compare_quality(&left, &right);
    if (order != 0)
        return order < 0;
    /* RFC 5004 §3; parallel sessions with one speaker are left to its choice of addresses. */
    if (a_is_current && left.source->kind == RIB_SOURCE_PEER && !left.source->ibgp &&
        left.source->router_id != right.source->router_id)
        return true;
    return compare_identity(&left, &right) <= 0;
}

int rib_decide_before_med(const struct rib *rib, const struct rib_path *a, const struct rib_path *b)
{
    struct side left = side_of(rib, a);
    struct side right = side_of(rib, b);
    return compare_before_med(&left, &right);
}

static uint32_t neighbor_as(const struct rib *rib, const struct rib_path *path)
{
    return rib_attrs_at(&rib->attrs, path->attrs)->hot.neighbor_as;
}

/* Whether path `index` loses against another candidate of the same neighbour AS. Full ties
 * go to the earlier one, as in the final comparison. */
static bool beaten_within_as(const struct rib *rib, struct rib_entry *e, unsigned index,
                             rib_decide_candidate candidate, const void *ctx, bool first_is_current)
{
    struct rib_path *path = rib_entry_path(e, index);
    unsigned count = rib_entry_path_count(e);
    for (unsigned i = 0; i < count; i++) {
        struct rib_path *other = rib_entry_path(e, i);
        if (i == index || neighbor_as(rib, other) != neighbor_as(rib, path) ||
            !candidate(ctx, other))
            continue;
        bool path_wins = index < i
                             ? rib_decide_better(rib, path, other, first_is_current && index == 0)
                             : !rib_decide_better(rib, other, path, first_is_current && i == 0);
        if (!path_wins)
            return true;
    }
    return false;
}

/* Index of a candidate that none beats in the steps before the MED, or -1; *ret_rivals says how
 * many others equal it in them. */
static int best_before_med(const struct rib *rib, struct rib_entry *e,
                           rib_decide_candidate candidate, const void *ctx, unsigned *ret_rivals)
{
    int best = -1;
    struct side best_side = {0};
    unsigned count = rib_entry_path_count(e);
    for (unsigned i = 0; i < count; i++) {
        struct rib_path *path = rib_entry_path(e, i);
        if (!candidate(ctx, path))
            continue;
        struct side side = side_of(rib, path);
        int order = best < 0 ? 1 : compare_before_med(&best_side, &side);
        if (order == 0)
            ++*ret_rivals;
        if (order <= 0)
            continue;
        best = (int)i;
        best_side = side;
        *ret_rivals = 0;
    }
    return best;
}

int rib_decide_best(const struct rib *rib, struct rib_entry *e, rib_decide_candidate candidate,
                    const void *ctx, bool first_is_current)
{
    unsigned rivals = 0;
    int best = best_before_med(rib, e, candidate, ctx, &rivals);
    if (best < 0 || rivals == 0)
        return best;
    bool by_as = (e->flags & ENTRY_HAS_MED) && rivals > 1;
    best = -1;
    unsigned count = rib_entry_path_count(e);
    for (unsigned i = 0; i < count; i++) {
        struct rib_path *path = rib_entry_path(e, i);
        if (!candidate(ctx, path) ||
            (by_as && beaten_within_as(rib, e, i, candidate, ctx, first_is_current)))
            continue;
        if (best < 0 || !rib_decide_better(rib, rib_entry_path(e, (unsigned)best), path,
                                           first_is_current && best == 0))
            best = (int)i;
    }
    return best;
}
