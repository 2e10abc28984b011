/* Layers of a group: which there are, and who is told which.
 *
 * A party is told the first of slot and layers of which its policy makes something. Layers are gone
 * through in their order for all who are told nothing so far: for all parties together while most
 * are not, then for each that is left, if they are few. */
#include "rib/ribout_layer.h"

#include <stdlib.h>

#include "base/mem.h"

/* Ranked paths that cost as much as an evaluation of a policy. */
#define PATHS_FOR_COST 8u

/* --- which there are --- */

/* Whether everybody gets one of two paths: a member is left out of its own, and of what BGPd itself
 * originates where that goes to it. Where policies have their say nobody knows. */
static bool is_enough(const struct ribout_group *g, const struct layer *layers, uint32_t count)
{
    uint32_t from = 0;
    for (uint32_t i = 0; !g->has_policies && i < count; i++) {
        if (rib_source_at(g->rib, layers[i].source)->kind != RIB_SOURCE_PEER)
            continue;
        if (from != 0 && from != layers[i].source)
            return true;
        from = layers[i].source;
    }
    return false;
}

struct layers layers_select(struct ribout *out, const struct ribout_group *g, struct rib_entry *e)
{
    uint32_t count = 0;
    struct rib_ranking *ranking = &out->ranking;
    rib_decide_rank(g->rib, e, g->profile.source_kinds, ranking);
    out->cost += ranking->count / PATHS_FOR_COST;
    if (ranking->size > out->ranked_size) {
        out->ranked_size = ranking->size;
        out->ranked = mem_resize(out->ranked, out->ranked_size, sizeof(*out->ranked));
    }
    for (uint32_t i = 0; i < ranking->count; i++) {
        const struct rib_path *path = rib_entry_path(e, ranking->order[i]);
        if (rib_export_judge(g->rib, &g->profile, path, e, !g->has_policies) != RIB_TOLD)
            continue;
        out->ranked[count++] = (struct layer){path->attrs, path->source};
        if (is_enough(g, out->ranked, count))
            break;
    }
    return (struct layers){out->ranked, count};
}

/* --- keeping them --- */

void layers_come(struct ribout_group *g, struct layers layers)
{
    for (uint32_t i = 0; i < layers.count; i++) {
        group_name_source(g, layers.at[i].source)->below++;
        rib_attrs_ref(&g->rib->attrs, layers.at[i].attrs);
    }
}

/* All but the array goes. */
static void let_go(struct ribout *out, struct ribout_group *g, struct layers layers)
{
    for (uint32_t i = 0; i < layers.count; i++) {
        g->by_source[layers.at[i].source].below--;
        group_unname_source(g, layers.at[i].source);
        rib_attrs_unref(&out->rib->attrs, layers.at[i].attrs);
    }
}

void layers_put(struct ribout *out, struct ribout_group *g, uint32_t entry, struct layers layers)
{
    let_go(out, g, layers_of(&g->layers, entry));
    layer_table_set(&g->layers, entry, layers);
}

void layers_release_page(struct ribout *out, struct ribout_group *g, uint32_t page)
{
    static const struct layers none;
    const uint32_t end = (page + 1) << SLAB_CHUNK_BITS;
    for (uint32_t entry = page << SLAB_CHUNK_BITS; entry < end; entry++)
        layers_put(out, g, entry, none);
}

/* --- who is told which, one alone --- */

static struct ribout_slot slot_at(const struct layered *said, uint32_t depth)
{
    struct ribout_slot slot = said->slot;
    if (depth > 0) {
        slot.attrs = said->below.at[depth - 1].attrs;
        slot.source = said->below.at[depth - 1].source;
    }
    return slot;
}

/* What is told if nothing is. */
static struct class_view nothing_of(const struct layered *said)
{
    return (struct class_view){.slot = said->slot, .depth = LAYER_LAST};
}

static struct class_view view_at(struct ribout *out, const struct ribout_group *g,
                                 const struct ribout_party *party, uint32_t entry,
                                 const struct layered *said, uint32_t depth)
{
    struct class_view view = {.slot = slot_at(said, depth), .depth = depth};
    view.told = view.slot.attrs;
    if (view.told == 0 || !g->has_policies)
        return view;
    out->cost += depth > 0;
    view.told = outcome_alone(out, g, party, rib_table_at(g->table, entry), view.slot.attrs,
                              view.slot.source)
                    .attrs;
    return view;
}

struct class_view layers_told(struct ribout *out, const struct ribout_group *g,
                              const struct ribout_party *party, uint32_t entry,
                              const struct layered *said)
{
    for (uint32_t depth = 0; depth <= said->below.count; depth++) {
        struct class_view view = view_at(out, g, party, entry, said, depth);
        if (depth == said->below.count) /* a static route of its own has none below, either */
            view.depth = LAYER_LAST;
        if (view.told != 0)
            return view;
    }
    return nothing_of(said);
}

struct class_view layers_told_below(struct ribout *out, const struct ribout_group *g,
                                    const struct ribout_party *party, const struct ribout_member *m,
                                    uint32_t entry, const struct layered *said,
                                    const struct class_view *view)
{
    for (uint32_t depth = view->depth; depth < said->below.count; depth++) {
        struct class_view below = view_at(out, g, party, entry, said, depth + 1);
        const uint32_t source = below.slot.source;
        below.slot.version = view->slot.version; /* where its static route has gone, since then */
        if (below.told != 0 &&
            (g->by_source[source].is_local ? group_next_hop_member(m->group, below.told) != m
                                           : source != m->source))
            return below;
    }
    return (struct class_view){.slot = view->slot, .depth = LAYER_LAST};
}

/* --- all together --- */

const struct layer_view *layer_view_of(const struct layer_views *views,
                                       const struct ribout_party *party)
{
    uint32_t low = 0;
    uint32_t high = views->count;
    while (party && low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct ribout_party *other = views->others[middle].party;
        if (other == party)
            return &views->others[middle];
        if (other->number < party->number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int compare_parties(const void *a, const void *b)
{
    const struct layer_view *x = a;
    const struct layer_view *y = b;
    return x->party->number < y->party->number ? -1 : x->party->number > y->party->number;
}

static void add_other(struct layer_views *views, struct layer_view other)
{
    if (views->count == views->size) {
        views->size = views->size ? views->size * 2 : 16;
        views->others = mem_resize(views->others, views->size, sizeof(*views->others));
    }
    views->others[views->count++] = other;
}

/* Who is told nothing so far, beside what all others are. */
static uint32_t count_left(const struct layer_views *views)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < views->count; i++)
        left += views->others[i].view.told == 0;
    return left;
}

/* A layer, or the slot, for those who are left. */
struct layer_step {
    struct ribout *out;
    struct ribout_group *group;
    const struct layered *said;
    uint32_t entry;
    enum outcome_side side;
    uint32_t depth;
    struct layer_views *views;
};

/* What is told by it; nothing stays what it was. */
static struct class_view told_at(const struct layer_step *s, uint32_t attrs)
{
    if (attrs == 0)
        return nothing_of(s->said);
    return (struct class_view){slot_at(s->said, s->depth), outcome_hold(s->out, attrs), s->depth};
}

static void ask_all(const struct layer_step *s)
{
    struct layer_views *views = s->views;
    const struct outcomes *o =
        outcomes_of(s->out, s->group, slot_at(s->said, s->depth), s->entry, s->side);
    const uint32_t known = views->count;
    for (uint32_t i = 0; i < known; i++)
        if (views->others[i].view.told == 0)
            views->others[i].view = told_at(s, outcome_for(o, views->others[i].party));
    if (views->common.told != 0)
        return;
    for (uint32_t i = 0, at = 0; i < o->count; i++) {
        while (at < known && views->others[at].party->number < o->others[i].party->number)
            at++;
        if (at == known || views->others[at].party != o->others[i].party)
            add_other(views,
                      (struct layer_view){o->others[i].party, told_at(s, o->others[i].attrs)});
    }
    views->common = told_at(s, o->common);
    if (views->count > known && views->count > 1)
        qsort(views->others, views->count, sizeof(*views->others), compare_parties);
}

static void ask_each(const struct layer_step *s)
{
    s->out->views.uncounted = s->side == OUTCOME_BEFORE;
    for (uint32_t i = 0; i < s->views->count; i++) {
        struct layer_view *other = &s->views->others[i];
        if (other->view.told != 0)
            continue;
        other->view =
            told_at(s, view_at(s->out, s->group, other->party, s->entry, s->said, s->depth).told);
    }
    s->out->views.uncounted = false;
}

void layer_views_find(struct ribout *out, struct ribout_group *g, const struct layered *said,
                      uint32_t entry, enum outcome_side side, struct layer_views *ret)
{
    struct layer_step step = {out, g, said, entry, side, 0, ret};
    ret->count = 0;
    ret->common = nothing_of(said);
    for (; step.depth <= said->below.count; step.depth++) {
        const uint32_t left = count_left(ret);
        if (ret->common.told != 0 && left == 0)
            break;
        if (ret->common.told == 0 || (left > 1 && 4 * left >= outcomes_cost(g)))
            ask_all(&step);
        else
            ask_each(&step);
    }
}
