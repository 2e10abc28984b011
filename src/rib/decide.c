/* Best path selection.
 *
 * Each step of RFC 4271 §9.1.2.2 is one comparison; the first that tells two paths apart decides.
 * An order of two paths has the number of that step as its magnitude, so that what is told of a
 * choice is what has made it. BGPd has no IGP, so the cost to the next hop (step e) is the same for
 * all. Routes that BGPd originates itself come before learned ones. A weight, which a policy gave a
 * route for ourselves alone, comes before all of that.
 *
 * MEDs count between paths of one neighbour AS only (step c), so that comparing two at a time is no
 * order: A beats B by router id, B beats C likewise, and C beats A by its MED. Complete selection
 * therefore takes the paths that none beats before the MED, of these the best of each neighbour AS,
 * and of those the best.
 *
 * RFC 5004 then keeps an external best path that is equal to what was found but for router id and
 * address, so that the choice is always one of these two. */
#include "rib/decide.h"

#include <stdlib.h>

#include "base/mem.h"
#include "wire/attr_local.h"

#define FETCH_AHEAD_PATHS 8u
#define FETCH_FROM_PATHS  16u /* fewer are few enough */

struct side {
    const struct rib_attrs *attrs;
    const struct rib_source *source;
    uint32_t path_id;
};

/* An order of two paths: <0: a is preferred, by the step -order. Written so that "smaller is
 * better". */
static inline int smaller(enum rib_step step, uint64_t a, uint64_t b)
{
    if (a == b) /* a jump on to the next step, which is what mostly follows */
        return 0;
    return a < b ? -(int)step : (int)step;
}

/* A path that begins with a set has no neighbour AS. An empty one has: our own, as 0. */
static bool has_neighbor_as(const struct side *s)
{
    return s->attrs->hot.neighbor_as != 0 || s->attrs->hot.as_path_len == 0;
}

static bool med_comparable(const struct side *a, const struct side *b)
{
    return a->attrs->hot.neighbor_as == b->attrs->hot.neighbor_as && has_neighbor_as(a) &&
           has_neighbor_as(b);
}

static uint32_t med_of(const struct side *s)
{
    return s->attrs->hot.flags & ATTR_HAS_MED ? s->attrs->hot.med : 0;
}

/* RFC 4456 §9: the ORIGINATOR_ID stands for the router id of a reflected route. */
static uint32_t router_id_of(const struct side *s)
{
    return s->attrs->hot.flags & ATTR_HAS_ORIGINATOR_ID ? s->attrs->hot.originator_id
                                                        : s->source->router_id;
}

static uint32_t weight_of(const struct rib_attrs *attrs)
{
    return attrs->hot.flags & ATTR_HAS_LOCAL ? attr_local_of(rib_attrs_span(attrs)).weight : 0;
}

/* Apart from the rest, which need not save what it compares for it. */
static __attribute__((noinline)) int compare_weights(const struct rib_attrs *a,
                                                     const struct rib_attrs *b)
{
    return smaller(RIB_STEP_WEIGHT, weight_of(b), weight_of(a));
}

/* The steps whose outcome does not depend on which path was there first; 0 when all are equal.
 * `weighs`: there may be weights, which hardly any path has. Always in line: it is most of a
 * selection among a few paths. */
__attribute__((always_inline)) static inline int
compare_before_med(const struct side *a, const struct side *b, bool weighs)
{
    int order = weighs ? compare_weights(a->attrs, b->attrs) : 0;
    if (order == 0)
        order = smaller(RIB_STEP_OWN, a->source->kind == RIB_SOURCE_PEER,
                        b->source->kind == RIB_SOURCE_PEER);
    if (order == 0)
        order = smaller(RIB_STEP_LOCAL_PREF, b->attrs->hot.local_pref, a->attrs->hot.local_pref);
    if (order == 0)
        order = smaller(RIB_STEP_AS_PATH, a->attrs->hot.as_path_len, b->attrs->hot.as_path_len);
    if (order == 0)
        order = smaller(RIB_STEP_ORIGIN, a->attrs->hot.origin, b->attrs->hot.origin);
    return order;
}

static int compare_from_med(const struct side *a, const struct side *b)
{
    int order = med_comparable(a, b) ? smaller(RIB_STEP_MED, med_of(a), med_of(b)) : 0;
    if (order == 0)
        order = smaller(RIB_STEP_EXTERNAL, a->source->session_kind, b->source->session_kind);
    return order;
}

static int compare_quality(const struct side *a, const struct side *b)
{
    int order = compare_before_med(a, b, true);
    return order != 0 ? order : compare_from_med(a, b);
}

static int compare_addresses(const struct ip_addr *a, const struct ip_addr *b)
{
    int order = ip_compare(a, b);
    return order < 0 ? -RIB_STEP_ADDRESS : order > 0 ? RIB_STEP_ADDRESS : 0;
}

static int compare_identity(const struct side *a, const struct side *b)
{
    int order = smaller(RIB_STEP_ROUTER_ID, router_id_of(a), router_id_of(b));
    if (order == 0)
        order = smaller(RIB_STEP_CLUSTER_LIST, a->attrs->hot.cluster_list_len,
                        b->attrs->hot.cluster_list_len);
    if (order == 0)
        order = compare_addresses(&a->source->addr, &b->source->addr);
    if (order == 0)
        order = smaller(RIB_STEP_PATH_ID, a->path_id, b->path_id);
    return order;
}

static struct side side_of(const struct rib *rib, const struct rib_path *path)
{
    return (struct side){rib_attrs_at(&rib->attrs, path->attrs), &rib->sources.at[path->source],
                         path->path_id};
}

/* --- RFC 5004 --- */

static bool is_external(const struct rib_source *source)
{
    return source->kind == RIB_SOURCE_PEER && source->session_kind == SESSION_EXTERNAL;
}

/* Whether an external best path stays when another is equal by quality (§3). Parallel sessions with
 * one speaker are left to its choice of addresses. */
static bool stays_when_equal(const struct rib_source *best, const struct rib_source *other)
{
    return is_external(best) && best->router_id != other->router_id;
}

/* --- complete selection --- */

/* The best path of each neighbour AS: an open-addressing table. */
struct as_class {
    uint32_t as;
    uint32_t best; /* index + 1; 0: free */
};

/* Enough for the selections that are made at once (rib.c). */
#define CLASSES_ON_STACK 128u

struct selection {
    const struct rib *rib;
    struct rib_entry *e;
    uint8_t kinds;
    int best;                 /* index; -1: none yet */
    struct side side;         /* of the best */
    unsigned rivals;          /* further candidates that are equal to the best before the MED */
    unsigned rival;           /* index of the last of them */
    struct as_class *classes; /* NULL: MEDs need no look at classes */
    uint32_t classes_size;    /* power of two */
};

/* Finds the first candidate that none beats in the steps before the MED, and its rivals. */
__attribute__((always_inline)) static inline void find_before_med(struct selection *s, bool weighs)
{
    const struct rib *rib = s->rib;
    struct rib_entry *e = s->e;
    const unsigned count = rib_entry_path_count(e);
    const unsigned fetch_until = count > FETCH_FROM_PATHS ? count - FETCH_AHEAD_PATHS : 0;
    int best = -1;
    unsigned rivals = 0;
    unsigned rival = 0;
    struct side best_side = {0};
    for (unsigned i = 0; i < count; i++) {
        if (i < fetch_until)
            rib_attrs_prefetch(&rib->attrs, rib_entry_path(e, i + FETCH_AHEAD_PATHS)->attrs);
        const struct rib_path *path = rib_entry_path(e, i);
        if (!rib_decide_usable_of(rib, path, s->kinds))
            continue;
        struct side side = side_of(rib, path);
        int order = best < 0 ? 1 : compare_before_med(&best_side, &side, weighs);
        if (order < 0)
            continue;
        if (order == 0) {
            rivals++;
            rival = i;
            continue;
        }
        best = (int)i;
        best_side = side;
        rivals = 0;
    }
    s->best = best;
    s->side = best_side;
    s->rivals = rivals;
    s->rival = rival;
}

/* A loop for each, so that the one without weights is none the slower for them. */
static void select_before_med(struct selection *s)
{
    if (s->e->flags & ENTRY_HAS_WEIGHT)
        find_before_med(s, true);
    else
        find_before_med(s, false);
}

/* The place of a neighbour AS. The pool's seed keeps peers from choosing ASNs that collide. */
static struct as_class *class_of(const struct selection *s, uint32_t as)
{
    uint32_t mask = s->classes_size - 1;
    uint32_t i = (uint32_t)hash_mix(as ^ s->rib->attrs.seed) & mask;
    while (s->classes[i].best != 0 && s->classes[i].as != as)
        i = (i + 1) & mask;
    return &s->classes[i];
}

static void consider(struct selection *s, unsigned index, const struct side *side)
{
    int order = s->best < 0 ? 1 : compare_from_med(&s->side, side);
    if (order == 0)
        order = compare_identity(&s->side, side);
    if (order <= 0)
        return;
    s->best = (int)index;
    s->side = *side;
}

static void consider_in_class(struct selection *s, unsigned index, const struct side *side)
{
    struct as_class *class = class_of(s, side->attrs->hot.neighbor_as);
    if (class->best != 0) {
        struct side best = side_of(s->rib, rib_entry_path(s->e, class->best - 1));
        int order = compare_from_med(&best, side);
        if (order < 0 || (order == 0 && compare_identity(&best, side) <= 0))
            return;
    }
    *class = (struct as_class){side->attrs->hot.neighbor_as, index + 1};
}

/* Selects among the candidates that are equal to the first best one before the MED. */
static void select_from_med(struct selection *s)
{
    struct side top = s->side;
    unsigned count = rib_entry_path_count(s->e);
    unsigned first = (unsigned)s->best;
    const bool weighs = (s->e->flags & ENTRY_HAS_WEIGHT) != 0;
    s->best = -1;
    for (unsigned i = first; i < count; i++) {
        const struct rib_path *path = rib_entry_path(s->e, i);
        if (!rib_decide_usable_of(s->rib, path, s->kinds))
            continue;
        struct side side = side_of(s->rib, path);
        if (compare_before_med(&top, &side, weighs) != 0)
            continue;
        if (s->classes && has_neighbor_as(&side))
            consider_in_class(s, i, &side);
        else
            consider(s, i, &side);
    }
    for (uint32_t i = 0; s->classes && i < s->classes_size; i++) {
        if (s->classes[i].best == 0)
            continue;
        unsigned index = s->classes[i].best - 1;
        struct side side = side_of(s->rib, rib_entry_path(s->e, index));
        consider(s, index, &side);
    }
}

/* Whether the first path, the present best, stays although another one was found: it is equal to
 * that, and no MED beats it. */
static bool first_stays(const struct selection *s)
{
    const struct rib_path *path = rib_entry_path(s->e, 0);
    if (!rib_decide_usable_of(s->rib, path, s->kinds))
        return false;
    struct side first = side_of(s->rib, path);
    if (!stays_when_equal(first.source, s->side.source) || compare_quality(&first, &s->side) != 0)
        return false;
    if (!s->classes || !has_neighbor_as(&first))
        return true;
    uint32_t index = class_of(s, first.attrs->hot.neighbor_as)->best - 1;
    struct side class_best = side_of(s->rib, rib_entry_path(s->e, index));
    return med_of(&first) == med_of(&class_best);
}

static void make_classes(struct selection *s, struct as_class *few)
{
    s->classes_size = 4;
    while (s->classes_size < 2 * (s->rivals + 1))
        s->classes_size *= 2;
    s->classes = few;
    if (s->classes_size > CLASSES_ON_STACK)
        s->classes = mem_resize(NULL, s->classes_size, sizeof(*s->classes));
    for (uint32_t i = 0; i < s->classes_size; i++)
        s->classes[i].best = 0;
}

/* Selects among the best path before the MED and its rivals, of which there are. */
static int select_among_rivals(struct selection *s, bool first_is_current)
{
    struct as_class few[CLASSES_ON_STACK];
    if (s->rivals == 1) { /* two alone are told apart by comparing them */
        struct side side = side_of(s->rib, rib_entry_path(s->e, s->rival));
        consider(s, s->rival, &side);
    } else {
        if (s->e->flags & ENTRY_HAS_MED)
            make_classes(s, few);
        select_from_med(s);
    }
    bool stays = first_is_current && s->best > 0 && first_stays(s);
    if (s->classes != few)
        free(s->classes);
    return stays ? 0 : s->best;
}

int rib_decide_best(const struct rib *rib, struct rib_entry *e, uint8_t kinds,
                    bool first_is_current)
{
    struct selection s = {.rib = rib, .e = e, .kinds = kinds};
    select_before_med(&s);
    return s.rivals == 0 ? s.best : select_among_rivals(&s, first_is_current);
}

/* --- ranking --- */

/* A path that is ranked. Paths of one neighbour AS that are equal before the MED come out one after
 * the other by their MEDs, whatever their router ids, and which AS is next is for the router ids of
 * its first one left to say: so a path comes when that one of its AS does that is the worst up to
 * it, in this. */
struct rib_ranked {
    struct side side;
    struct side worst;
    uint32_t index;
    uint32_t place; /* among those of its AS */
};

void rib_ranking_release(struct rib_ranking *ranking)
{
    free(ranking->order);
    free(ranking->rest);
    *ranking = (struct rib_ranking){0};
}

/* What of the order is left when MEDs do not count. */
static int compare_without_med(const struct side *a, const struct side *b)
{
    int order = smaller(RIB_STEP_EXTERNAL, a->source->session_kind, b->source->session_kind);
    return order != 0 ? order : compare_identity(a, b);
}

static int compare_indices(const struct rib_ranked *a, const struct rib_ranked *b)
{
    return a->index < b->index ? -1 : a->index > b->index;
}

static int compare_ranked(const void *x, const void *y)
{
    const struct rib_ranked *a = x;
    const struct rib_ranked *b = y;
    int order = compare_before_med(&a->side, &b->side, true);
    if (order == 0)
        order = compare_without_med(&a->side, &b->side);
    return order != 0 ? order : compare_indices(a, b);
}

/* By neighbour AS where paths are equal before the MED: those without one are alone. */
static int compare_in_as(const void *x, const void *y)
{
    const struct rib_ranked *a = x;
    const struct rib_ranked *b = y;
    const uint32_t as_a = a->side.attrs->hot.neighbor_as;
    const uint32_t as_b = b->side.attrs->hot.neighbor_as;
    int order = compare_before_med(&a->side, &b->side, true);
    if (order == 0)
        order = has_neighbor_as(&a->side) - has_neighbor_as(&b->side);
    if (order == 0 && as_a != as_b)
        order = as_a < as_b ? -1 : 1;
    if (order == 0)
        order = compare_from_med(&a->side, &b->side);
    if (order == 0)
        order = compare_identity(&a->side, &b->side);
    return order != 0 ? order : compare_indices(a, b);
}

static int compare_by_worst(const void *x, const void *y)
{
    const struct rib_ranked *a = x;
    const struct rib_ranked *b = y;
    int order = compare_before_med(&a->side, &b->side, true);
    if (order == 0)
        order = compare_without_med(&a->worst, &b->worst);
    if (order == 0 && a->place != b->place)
        order = a->place < b->place ? -1 : 1;
    return order != 0 ? order : compare_indices(a, b);
}

static void find_worst(struct rib_ranked *all, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct rib_ranked *r = &all[i];
        const struct rib_ranked *before = i > 0 ? &all[i - 1] : NULL;
        r->worst = r->side;
        r->place = 0;
        if (!before || !med_comparable(&before->side, &r->side) ||
            compare_before_med(&before->side, &r->side, true) != 0)
            continue;
        r->place = before->place + 1;
        if (compare_without_med(&before->worst, &r->side) > 0)
            r->worst = before->worst;
    }
}

static void make_room_to_rank(struct rib_ranking *ranking, uint32_t count)
{
    if (count <= ranking->size)
        return;
    ranking->size = 2 * count;
    ranking->order = mem_resize(ranking->order, ranking->size, sizeof(*ranking->order));
    ranking->rest = mem_resize(ranking->rest, ranking->size, sizeof(*ranking->rest));
}

void rib_decide_rank(const struct rib *rib, struct rib_entry *e, uint8_t kinds,
                     struct rib_ranking *ret)
{
    const unsigned count = rib_entry_path_count(e);
    const bool first_leads = e->best_usable && rib_decide_usable_of(rib, &e->best, kinds);
    uint32_t rest = 0;
    make_room_to_rank(ret, count);
    for (unsigned i = first_leads; i < count; i++) {
        const struct rib_path *path = rib_entry_path(e, i);
        if (rib_decide_usable_of(rib, path, kinds))
            ret->rest[rest++] = (struct rib_ranked){.side = side_of(rib, path), .index = i};
    }
    if (rest > 1 && (e->flags & ENTRY_HAS_MED)) {
        qsort(ret->rest, rest, sizeof(*ret->rest), compare_in_as);
        find_worst(ret->rest, rest);
        qsort(ret->rest, rest, sizeof(*ret->rest), compare_by_worst);
    } else if (rest > 1) {
        qsort(ret->rest, rest, sizeof(*ret->rest), compare_ranked);
    }
    ret->count = 0;
    if (first_leads)
        ret->order[ret->count++] = 0;
    for (uint32_t i = 0; i < rest; i++)
        ret->order[ret->count++] = ret->rest[i].index;
}

/* --- two paths --- */

/* Whether another path may be from the same neighbour AS as path `index`, not 0, so that MEDs count
 * between the two. */
static bool has_rival_in_as(struct rib_entry *e, unsigned index)
{
    const uint8_t tag = rib_entry_path(e, index)->neighbor_tag;
    const unsigned count = e->more_count;
    if (count >= RIB_DECIDE_AT_ONCE || e->best.neighbor_tag == tag)
        return true;
    unsigned found = 0; /* itself among them */
    for (unsigned i = 0; i < count; i++)
        found += e->more[i].neighbor_tag == tag;
    return found > 1;
}

enum rib_decide_outcome rib_decide_addition(const struct rib *rib, struct rib_entry *e,
                                            unsigned index)
{
    struct side best = side_of(rib, &e->best);
    struct side added = side_of(rib, rib_entry_path(e, index));
    int order = compare_before_med(&best, &added, (e->flags & ENTRY_HAS_WEIGHT) != 0);
    if (order == 0 && (e->flags & ENTRY_HAS_MED) && has_rival_in_as(e, index))
        return RIB_SELECT_AGAIN;
    if (order == 0)
        order = smaller(RIB_STEP_EXTERNAL, best.source->session_kind, added.source->session_kind);
    if (order != 0)
        return order < 0 ? RIB_BEST_STAYS : RIB_BEST_CHANGES;
    if (stays_when_equal(best.source, added.source) || compare_identity(&best, &added) <= 0)
        return RIB_BEST_STAYS;
    /* The best path may have been kept although complete selection takes a third one. */
    return is_external(best.source) ? RIB_SELECT_AGAIN : RIB_BEST_CHANGES;
}

bool rib_decide_upholds(const struct rib *rib, const struct rib_path *best,
                        const struct rib_path *path)
{
    const struct rib_source *left = rib_source_at(rib, best->source);
    const struct rib_source *right = rib_source_at(rib, path->source);
    if (!is_external(left) || !is_external(right) || right->router_id >= left->router_id ||
        path->reject != RIB_ACCEPTED)
        return false;
    struct side a = side_of(rib, best);
    struct side b = side_of(rib, path);
    return compare_quality(&a, &b) == 0;
}

/* --- telling --- */

const char *rib_step_text(enum rib_step step)
{
    static const char *const texts[] = {
        [RIB_STEP_WEIGHT] = "weight",
        [RIB_STEP_OWN] = "own route",
        [RIB_STEP_LOCAL_PREF] = "local preference",
        [RIB_STEP_AS_PATH] = "AS path length",
        [RIB_STEP_ORIGIN] = "origin",
        [RIB_STEP_MED] = "MED",
        [RIB_STEP_EXTERNAL] = "external over internal",
        [RIB_STEP_ROUTER_ID] = "router ID",
        [RIB_STEP_CLUSTER_LIST] = "cluster list length",
        [RIB_STEP_ADDRESS] = "peer address",
        [RIB_STEP_PATH_ID] = "path ID",
        [RIB_STEP_PRESENT] = "present best",
        [RIB_STEP_UNUSABLE] = "not usable",
        [RIB_STEP_FOR_ONE_PEER] = "for one peer alone",
    };
    return texts[step];
}

/* Whether a path keeps another one of its neighbour AS from being chosen at all, by its MED. */
static bool beats_by_med(const struct rib *rib, const struct rib_path *path,
                         const struct side *other)
{
    if (!rib_decide_usable(rib, path))
        return false;
    struct side side = side_of(rib, path);
    return compare_before_med(&side, other, true) == 0 &&
           compare_from_med(&side, other) == -RIB_STEP_MED;
}

struct rib_settled rib_decide_settled(const struct rib *rib, struct rib_entry *e, unsigned index)
{
    const struct rib_path *path = rib_entry_path(e, index);
    if (rib_source_at(rib, path->source)->kind == RIB_SOURCE_CONFIG)
        return (struct rib_settled){.step = RIB_STEP_FOR_ONE_PEER};
    if (!rib_decide_usable(rib, path))
        return (struct rib_settled){.step = RIB_STEP_UNUSABLE};
    struct side best = side_of(rib, &e->best);
    struct side side = side_of(rib, path);
    int order = compare_before_med(&best, &side, true);
    const unsigned count = e->flags & ENTRY_HAS_MED && order == 0 ? rib_entry_path_count(e) : 0;
    for (unsigned i = 0; i < count; i++)
        if (beats_by_med(rib, rib_entry_path(e, i), &side))
            return (struct rib_settled){.step = RIB_STEP_MED, .against = i};
    if (order == 0)
        order = compare_from_med(&best, &side);
    if (order == 0)
        order = compare_identity(&best, &side);
    return (struct rib_settled){.step = order < 0 ? (enum rib_step) - order : RIB_STEP_PRESENT};
}
