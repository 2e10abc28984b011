/* The RIB.
 *
 * An entry's first path is its best; insertions compare with that one alone where two paths can
 * tell. Entries whose outcome may have changed stand in the dirty list of their table until RIB-out
 * has seen them. Where a change needs a look at more than a few paths, that waits until the entry
 * is taken off the list: so however many changes come, a message costs what its prefixes cost, and
 * one look does for all of them. */
#include "rib/rib.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rib/decide.h"
#include "rib/flow_index.h"
#include "rib/look.h"

const char *rib_reject_text(enum rib_reject reject)
{
    switch (reject) {
    case RIB_ACCEPTED:
        return NULL;
    case RIB_REJECT_AS_LOOP:
        return "AS path loop";
    case RIB_REJECT_FIRST_AS:
        return "AS path does not begin with the peer's AS";
    case RIB_REJECT_ORIGINATOR_LOOP:
        return "originator id is ours";
    case RIB_REJECT_CLUSTER_LOOP:
        return "cluster list loop";
    case RIB_REJECT_NEXT_HOP_IS_US:
        return "next hop is our own address";
    case RIB_REJECT_LEAK_BELOW:
        return "route leak: ONLY_TO_CUSTOMER from a customer or route server client";
    case RIB_REJECT_LEAK_PEER:
        return "route leak: ONLY_TO_CUSTOMER of another AS than the peer's";
    case RIB_REJECT_FLOW_DESTINATION:
        return "flow without a destination prefix";
    case RIB_REJECT_FLOW_ROUTE:
        return "no unicast route to the flow's destination";
    case RIB_REJECT_FLOW_ORIGINATOR:
        return "flow is not from the originator of the unicast route to its destination";
    case RIB_REJECT_FLOW_AS:
        return "flow is not from the AS that the unicast route to its destination is from";
    case RIB_REJECT_FLOW_MORE_SPECIFIC:
        return "another AS has a unicast route within the flow's destination";
    case RIB_REJECT_FLOW_PENDING:
        return "flow is about to be held against unicast routes";
    case RIB_REJECT_ASPA:
        return "AS path is invalid by ASPAs";
    case RIB_REJECT_POLICY:
        break;
    }
    return "unknown";
}

void rib_init(struct rib *rib)
{
    *rib = (struct rib){.sweep.pos = 1};
    rib_sources_init(&rib->sources);
    rib->looks = rib_looks_new();
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        rib_table_init(&rib->tables[f], (enum family)f);
}

/* --- paths of an entry --- */

static void path_release(struct rib *rib, const struct rib_path *path)
{
    if (path->attrs != path->received)
        rib_attrs_unref(&rib->attrs, path->attrs);
    rib_attrs_unref(&rib->attrs, path->received);
}

void rib_release(struct rib *rib)
{
    for (unsigned f = 0; f < FAMILY_COUNT; f++) {
        struct rib_table *t = &rib->tables[f];
        for (uint32_t id = 1; id < slab_end(&t->entries); id++) {
            if (slab_chunk_empty(&t->entries, id)) {
                id |= SLAB_CHUNK_ITEMS - 1;
                continue;
            }
            struct rib_entry *e = rib_table_at(t, id);
            if (!(e->flags & ENTRY_IN_USE))
                continue;
            for (unsigned i = 0; i < rib_entry_path_count(e); i++)
                path_release(rib, rib_entry_path(e, i));
            free(e->more);
        }
        if (t->info->destination)
            flow_index_free(rib->flows[f]);
        rib_table_release(t);
    }
    rib_attrs_pool_release(&rib->attrs);
    rib_sources_release(&rib->sources);
    rib_looks_free(rib->looks);
}

/* --- selection --- */

/* The list is emptied at its end only, which may not come for long: what was looked at makes room.
 */
static __attribute__((noinline)) void make_room_for_dirty(struct rib_table *t)
{
    if (t->dirty_done > t->dirty_size / 2) {
        t->dirty_count -= t->dirty_done;
        memmove(t->dirty, t->dirty + t->dirty_done, t->dirty_count * sizeof(*t->dirty));
        t->dirty_done = 0;
        return;
    }
    t->dirty_size = t->dirty_size ? t->dirty_size * 2 : 1024;
    t->dirty = mem_resize(t->dirty, t->dirty_size, sizeof(*t->dirty));
}

static inline void mark_dirty(struct rib_table *t, uint32_t id, struct rib_entry *e)
{
    if (e->flags & ENTRY_DIRTY)
        return;
    e->flags |= ENTRY_DIRTY;
    if (t->dirty_count == t->dirty_size)
        make_room_for_dirty(t);
    t->dirty[t->dirty_count++] = id;
}

static inline bool is_needless(const struct rib_entry *e)
{
    return e->best.source == 0 && e->out_refs == 0 && !(e->flags & ENTRY_DIRTY);
}

void rib_entry_settle(struct rib_table *t, uint32_t id)
{
    if (is_needless(rib_table_at(t, id)))
        rib_table_remove(t, &id, 1);
}

void rib_dirty_done(struct rib_table *t, uint32_t *ids, uint32_t count)
{
    uint32_t needless = 0;
    if (t->dirty_done == t->dirty_count)
        t->dirty_done = t->dirty_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct rib_entry *e = rib_table_at(t, ids[i]);
        e->flags &= (uint8_t)~ENTRY_DIRTY;
        if (is_needless(e))
            ids[needless++] = ids[i];
    }
    rib_table_remove(t, ids, needless);
}

/* Makes the best path the first one. `best_usable` says whether the first one was the best. */
static void select_now(struct rib *rib, struct rib_entry *e)
{
    bool stands = e->best_usable && rib_decide_usable(rib, &e->best);
    int best = rib_decide_best(rib, e, RIB_DECIDE_KINDS_ALL, stands);
    e->best_usable = best >= 0;
    if (best > 0)
        rib_entry_to_front(e, (unsigned)best);
}

static void select_among_all(struct rib *rib, struct rib_entry *e)
{
    if (rib_entry_path_count(e) <= RIB_DECIDE_AT_ONCE) {
        select_now(rib, e);
    } else {
        e->flags |= ENTRY_UNDECIDED;
        rib->undecided++;
    }
}

/* Selects after path `index`, which is usable, was added. */
static void select_after_addition(struct rib *rib, struct rib_entry *e, unsigned index)
{
    enum rib_decide_outcome outcome = rib_decide_addition(rib, e, index);
    if (outcome == RIB_SELECT_AGAIN)
        select_among_all(rib, e);
    else if (outcome == RIB_BEST_CHANGES)
        rib_entry_to_front(e, index);
}

/* Whether the choice may depend on a path that is not the best, without MEDs. That was decided by
 * what its source was then. */
static bool may_uphold(const struct rib *rib, const struct rib_entry *e,
                       const struct rib_path *path)
{
    if (rib->sources.altered > 0 && rib->sources.life[path->source].altered)
        return true;
    return rib_decide_upholds(rib, &e->best, path);
}

/* Selects after path `index` was added, or has replaced `old`. */
static void select_after_change(struct rib *rib, struct rib_entry *e, unsigned index,
                                const struct rib_path *old)
{
    const struct rib_path *path = rib_entry_path(e, index);
    bool usable = rib_decide_usable(rib, path);
    if (index == 0 && e->more_count == 0) {
        e->best_usable = usable;
        return;
    }
    /* The best path's source may have died since it was selected. */
    e->best_usable = e->best_usable && rib_decide_usable(rib, &e->best);
    if (e->flags & ENTRY_UNDECIDED)
        return;
    bool added = old->source == 0;
    if (index == 0 || !e->best_usable ||
        (!added && ((e->flags & ENTRY_HAS_MED) || may_uphold(rib, e, old))))
        select_among_all(rib, e);
    else if (usable)
        select_after_addition(rib, e, index);
}

/* What the best path was, to see whether it is another one. */
struct best {
    uint32_t attrs; /* 0: none is usable */
    uint32_t source;
    bool has_others; /* there were more paths */
};

static struct best best_of(const struct rib_entry *e)
{
    struct best best = {.has_others = e->more_count > 0};
    if (e->best_usable) {
        best.attrs = e->best.attrs;
        best.source = e->best.source;
    }
    return best;
}

/* RIB-out must look at the entry when the best path is not what it was; where there are routes of
 * our own, or groups that are told further paths, any change may concern those that are told them;
 * and it finds out what waits. */
static inline void mark_if_other(struct rib_table *t, uint32_t id, struct rib_entry *e,
                                 struct best before)
{
    struct best now = best_of(e);
    if (now.attrs != before.attrs || now.source != before.source ||
        (e->flags & (ENTRY_HAS_LOCAL | ENTRY_UNDECIDED)) ||
        (t->layered > 0 && (now.has_others || before.has_others)))
        mark_dirty(t, id, e);
}

static inline bool must_decide(const struct rib *rib, const struct rib_entry *e)
{
    return (e->flags & ENTRY_UNDECIDED) || (e->best_usable && rib_path_is_dead(rib, &e->best));
}

static uint32_t decide(struct rib *rib, struct rib_table *t, uint32_t id)
{
    struct rib_entry *e = rib_table_at(t, id);
    struct best before = best_of(e);
    if (e->flags & ENTRY_UNDECIDED)
        rib->undecided--;
    e->flags &= (uint8_t)~ENTRY_UNDECIDED;
    select_now(rib, e);
    mark_if_other(t, id, e, before);
    return rib_entry_path_count(e);
}

uint32_t rib_entry_decide(struct rib *rib, struct rib_table *t, uint32_t id)
{
    return must_decide(rib, rib_table_at(t, id)) ? decide(rib, t, id) : 0;
}

uint32_t rib_dirty_take(struct rib *rib, struct rib_table *t, uint32_t *ret_ids, uint32_t most)
{
    uint32_t count = rib_dirty_count(t);
    uint32_t looked_at = 0;
    if (count > most)
        count = most;
    for (uint32_t i = 0; i < count; i++)
        ret_ids[i] = t->dirty[t->dirty_done + i];
    bool may_wait = rib->undecided > 0 || rib_has_dead_paths(rib) || rib->crowded;
    for (uint32_t i = 0; may_wait && i < count; i++) {
        const struct rib_entry *e = rib_table_at(t, ret_ids[i]);
        if (must_decide(rib, e))
            looked_at += decide(rib, t, ret_ids[i]);
        else if (rib->crowded && (e->flags & ENTRY_HAS_LOCAL))
            looked_at += rib_entry_path_count(e); /* by the groups */
        if (looked_at >= RIB_DECIDE_PATHS)
            count = i + 1;
    }
    t->dirty_done += count;
    return count;
}

void rib_dirty_give_back(struct rib_table *t, uint32_t count)
{
    t->dirty_done -= count;
}

/* --- paths go --- */

/* What an entry loses. */
struct loss {
    struct best before;
    bool best;    /* the first path */
    bool matters; /* another one that the choice depends on */
};

/* A path of entry `id`, dead or not, is about to be removed. */
static inline void forget_path(struct rib *rib, struct rib_table *t, uint32_t id,
                               const struct rib_path *path, bool is_dead)
{
    struct rib_adj_in *in = rib_source_adj_in(&rib->sources, path->source, t->family);
    if (rib->sources.at[path->source].kind == RIB_SOURCE_CONFIG)
        id_set_remove(&in->entries, id);
    t->path_count--;
    path_release(rib, path);
    if (is_dead) {
        rib_source_lose_dead(&rib->sources, path->source, t->family);
        return;
    }
    in->paths--;
    in->rejected -= path->reject != RIB_ACCEPTED;
}

/* The same for one that is not the best. */
static inline void forget_other(struct rib *rib, struct rib_table *t, uint32_t id,
                                const struct rib_path *path, bool is_dead, struct loss *loss)
{
    const struct rib_entry *e = rib_table_at(t, id);
    if (!loss->best && !loss->matters && e->best_usable && !(e->flags & ENTRY_HAS_MED))
        loss->matters = may_uphold(rib, e, path);
    forget_path(rib, t, id, path, is_dead);
}

/* The last path was removed. */
static inline void note_empty(struct rib_table *t, uint32_t id, struct rib_entry *e)
{
    e->best_usable = false;
    e->flags &= (uint8_t) ~(ENTRY_HAS_LOCAL | ENTRY_HAS_MED | ENTRY_HAS_WEIGHT);
    mark_dirty(t, id, e);
}

/* Selects again, where that matters, after paths were removed. */
static void select_after_loss(struct rib *rib, struct rib_table *t, uint32_t id,
                              const struct loss *loss)
{
    struct rib_entry *e = rib_table_at(t, id);
    if (e->best.source == 0) {
        note_empty(t, id, e);
        return;
    }
    if (loss->best)
        e->best_usable = false;
    bool matters = loss->best || loss->matters || (e->flags & ENTRY_HAS_MED);
    if (matters && !(e->flags & ENTRY_UNDECIDED))
        select_among_all(rib, e);
    mark_if_other(t, id, e, loss->before);
}

/* Removes the dead paths after the best one, in one go: the first `kept` ones are not dead. */
static void drop_dead_others(struct rib *rib, struct rib_table *t, uint32_t id, unsigned kept,
                             struct loss *loss)
{
    struct rib_entry *e = rib_table_at(t, id);
    struct rib_path *paths = e->more;
    for (unsigned i = kept; i < e->more_count;) {
        if (rib_path_is_dead(rib, &paths[i])) {
            forget_other(rib, t, id, &paths[i++], true, loss);
            continue;
        }
        const unsigned run = i;
        while (i < e->more_count && !rib_path_is_dead(rib, &paths[i]))
            i++;
        memmove(&paths[kept], &paths[run], (i - run) * sizeof(*paths));
        kept += i - run;
    }
    rib_entry_cut(e, kept);
}

void rib_entry_bury(struct rib *rib, struct rib_table *t, uint32_t id, unsigned first)
{
    struct rib_entry *e = rib_table_at(t, id);
    if (e->more_count == 0) { /* the most frequent case */
        forget_path(rib, t, id, &e->best, true);
        e->best = (struct rib_path){0};
        note_empty(t, id, e);
        return;
    }
    struct loss loss = {.before = best_of(e), .best = rib_path_is_dead(rib, &e->best)};
    drop_dead_others(rib, t, id, first > 0 ? first - 1 : 0, &loss);
    if (loss.best) {
        forget_path(rib, t, id, &e->best, true);
        rib_entry_remove(e, 0);
    }
    select_after_loss(rib, t, id, &loss);
}

/* --- paths come --- */

/* A path of BGPd itself has come. */
static void note_local(struct rib *rib, const struct rib_table *t, uint32_t id, struct rib_entry *e,
                       uint32_t source)
{
    e->flags |= ENTRY_HAS_LOCAL;
    rib->crowded |= e->more_count > RIB_DECIDE_AT_ONCE;
    if (rib->sources.at[source].kind == RIB_SOURCE_CONFIG)
        id_set_add(&rib_source_adj_in(&rib->sources, source, t->family)->entries, id);
}

/* What an entry is that has a path with these attributes: flags of it. */
static inline uint8_t entry_flags_of(const struct attr_hot *hot)
{
    uint8_t flags = 0;
    if (hot->flags & ATTR_HAS_MED)
        flags |= ENTRY_HAS_MED;
    if (hot->flags & ATTR_HAS_LOCAL)
        flags |= ENTRY_HAS_WEIGHT;
    return flags;
}

static uint8_t neighbor_tag(uint32_t as)
{
    return (uint8_t)(as * 0x9e3779b1u >> 24);
}

void rib_news_init(struct rib_news *news, struct rib *rib, enum family family,
                   const struct rib_announcement *a)
{
    const struct rib_source *source = rib_source_at(rib, a->source);
    struct rib_attrs *set = rib_attrs_at(&rib->attrs, a->attrs);
    *news = (struct rib_news){
        .table = &rib->tables[family],
        .path = {.received = a->received,
                 .attrs = a->attrs,
                 .source = a->source,
                 .path_id = a->path_id,
                 .received_mono_s = a->now_mono_s,
                 .reject = a->reject,
                 .neighbor_tag = neighbor_tag(set->hot.neighbor_as),
                 .generation = source->generation},
        .set = set,
        .adj_in = rib_source_adj_in(&rib->sources, a->source, family),
        .is_local = source->kind != RIB_SOURCE_PEER,
        .entry_flags = entry_flags_of(&set->hot),
    };
    news->is_usable = rib_decide_usable(rib, &news->path);
}

/* The path comes to an entry: to a place in it, whose path is not that of the entry any more. */
static inline void path_comes(struct rib *rib, const struct rib_table *t, uint32_t id,
                              struct rib_entry *e, struct rib_path *place,
                              const struct rib_news *news)
{
    if (news->is_local)
        note_local(rib, t, id, e, news->path.source);
    e->flags |= news->entry_flags;
    news->set->refs++;
    if (news->path.received != news->path.attrs)
        rib_attrs_ref(&rib->attrs, news->path.received);
    *place = news->path;
}

/* Replaces the path at `index`, which may be an empty one. */
static void change_path(struct rib *rib, struct rib_table *t, uint32_t id, struct rib_entry *e,
                        unsigned index, const struct rib_news *news)
{
    struct best before = best_of(e);
    struct rib_path *path = rib_entry_path(e, index);
    struct rib_path old = *path;
    path_comes(rib, t, id, e, path, news);
    select_after_change(rib, e, index, &old);
    mark_if_other(t, id, e, before);
    if (old.source == 0)
        return;
    if (rib->flows[t->family] && old.received != news->path.received)
        mark_dirty(t, id, e); /* they are held against what was received */
    path_release(rib, &old);  /* only now: the comparison above is by id */
}

/* Whether the announcement brings nothing new. */
static bool is_same(const struct rib_path *path, const struct rib_path *next)
{
    return path->attrs == next->attrs && path->received == next->received &&
           path->reject == next->reject;
}

/* Makes a full entry take another path, if there are dead ones; *ret_index is where. */
static bool make_place(struct rib *rib, struct rib_table *t, uint32_t id,
                       const struct rib_path *path, unsigned *ret_index)
{
    struct rib_entry *e = rib_table_at(t, id);
    unsigned dead = rib_entry_first_dead(rib, e);
    if (dead < rib_entry_path_count(e))
        rib_entry_bury(rib, t, id, dead);
    rib_entry_find(e, path->source, path->path_id, ret_index);
    return rib_entry_path_count(e) < RIB_ENTRY_PATHS_MAX;
}

/* Whether the source has as many paths as are taken, or as many that are accepted, and this would
 * be one more. `old` is what it replaces; NULL. */
static bool is_one_too_many(const struct rib_adj_in *in, const struct rib_path *old,
                            uint16_t reject)
{
    bool more_paths = !old;
    bool more_accepted = reject == RIB_ACCEPTED && (!old || old->reject != RIB_ACCEPTED);
    return (more_paths && in->paths >= in->most_paths) ||
           (more_accepted && rib_adj_in_accepted(in) >= in->most_accepted);
}

static bool withdraw_entry(struct rib *rib, struct rib_table *t, uint32_t id, uint32_t source,
                           uint32_t path_id);

/* Does not take a path; the entry may have been made for it. True when the source had another. */
static bool ignore(struct rib *rib, struct rib_table *t, uint32_t id, const struct rib_news *news)
{
    news->adj_in->ignored++;
    if (withdraw_entry(rib, t, id, news->path.source, news->path.path_id))
        return true;
    rib_entry_settle(t, id);
    return false;
}

/* The live path that was announced stands where a dead one of the source stood. */
static void replaced_dead(struct rib *rib, struct rib_table *t, uint32_t id, uint32_t source)
{
    rib_source_adj_in(&rib->sources, source, t->family)->paths++;
    if (rib->sources.life[source].altered)
        mark_dirty(t, id, rib_table_at(t, id));
    rib_source_lose_dead(&rib->sources, source, t->family);
}

/* The only path of an entry, so far: there is nothing to compare it with. */
static inline void take_first(struct rib *rib, struct rib_table *t, uint32_t id,
                              struct rib_entry *e, const struct rib_news *news)
{
    path_comes(rib, t, id, e, &e->best, news);
    e->best_usable = news->is_usable;
    if (e->best_usable || (e->flags & (ENTRY_HAS_LOCAL | ENTRY_UNDECIDED)))
        mark_dirty(t, id, e);
}

/* True when the source had a path. */
static bool announce_entry(struct rib *rib, struct rib_table *t, uint32_t id,
                           const struct rib_news *news)
{
    struct rib_entry *e = rib_table_at(t, id);
    struct rib_adj_in *in = news->adj_in;
    const struct rib_path *path = &news->path;
    unsigned index;
    bool known = rib_entry_find(e, path->source, path->path_id, &index);
    bool is_dead = false;
    if (known) {
        const struct rib_path *old = rib_entry_path(e, index);
        is_dead = old->generation != path->generation;
        if (!is_dead && is_same(old, path))
            return true;
        if (in->limited && is_one_too_many(in, is_dead ? NULL : old, path->reject))
            return ignore(rib, t, id, news);
        if (!is_dead && old->reject != RIB_ACCEPTED)
            in->rejected--;
    } else {
        if (in->limited && is_one_too_many(in, NULL, path->reject))
            return ignore(rib, t, id, news);
        if (e->more_count == UINT16_MAX && !make_place(rib, t, id, path, &index))
            return false;
        if (index > 0)
            rib_entry_make_room(e, index);
        in->paths++;
        t->path_count++;
    }
    if (path->reject != RIB_ACCEPTED)
        in->rejected++;
    if (!known && index == 0) {
        take_first(rib, t, id, e, news);
        return false;
    }
    change_path(rib, t, id, e, index, news);
    if (is_dead)
        replaced_dead(rib, t, id, path->source);
    return known;
}

bool rib_announce_at(struct rib *rib, const struct rib_news *news, struct nlri_key key, uint32_t id)
{
    struct rib_table *t = news->table;
    return announce_entry(rib, t, id ? id : rib_table_find_or_insert(t, key), news);
}

void rib_announce(struct rib *rib, enum family family, struct nlri_key key,
                  const struct rib_announcement *a)
{
    struct rib_news news;
    rib_news_init(&news, rib, family, a);
    rib_announce_at(rib, &news, key, 0);
}

static bool withdraw_entry(struct rib *rib, struct rib_table *t, uint32_t id, uint32_t source,
                           uint32_t path_id)
{
    unsigned index;
    struct rib_entry *e = id == 0 ? NULL : rib_table_at(t, id);
    if (!e || !rib_entry_find(e, source, path_id, &index))
        return false;
    struct loss loss = {.before = best_of(e), .best = index == 0};
    const struct rib_path *path = rib_entry_path(e, index);
    bool is_dead = rib_path_is_dead(rib, path);
    if (index == 0)
        forget_path(rib, t, id, path, is_dead);
    else
        forget_other(rib, t, id, path, is_dead, &loss);
    rib_entry_remove(e, index);
    select_after_loss(rib, t, id, &loss);
    return true;
}

bool rib_withdraw_at(struct rib *rib, enum family family, struct nlri_key key, uint32_t id,
                     uint32_t source, uint32_t path_id)
{
    struct rib_table *t = &rib->tables[family];
    return withdraw_entry(rib, t, id ? id : rib_table_find(t, key), source, path_id);
}

bool rib_withdraw(struct rib *rib, enum family family, struct nlri_key key, uint32_t source,
                  uint32_t path_id)
{
    return rib_withdraw_at(rib, family, key, 0, source, path_id);
}

const struct rib_path *rib_find_path(const struct rib *rib, enum family family, struct nlri_key key,
                                     uint32_t source)
{
    const struct rib_table *t = &rib->tables[family];
    uint32_t id = rib_table_find(t, key);
    if (id == 0)
        return NULL;
    return rib_entry_path_of(rib_table_at(t, id), source);
}

/* --- changes of sources --- */

/* What was told of a path cannot be made again when its source has become another thing, neither to
 * compare it with what is to be told nor to show it. Until all that may have been told before is
 * dirty or gone the tables are marked (`retell`), and RIB-out takes nothing for the same. Live
 * paths become dirty by being judged again, dead ones by being removed or replaced. */
static void mark_tables(struct rib *rib, uint32_t source)
{
    for (enum family f = 0; f < FAMILY_COUNT; f++) {
        struct rib_table *t = &rib->tables[f];
        bool has_live = rib_source_adj_in(&rib->sources, source, f)->paths > 0;
        bool has_dead = rib->sources.life[source].dead_count > 0 && rib->sources.dead[f] > 0;
        bool retell = has_live || has_dead || rib_dirty_count(t) > 0;
        t->retell |= retell;
        t->retells += retell;
    }
}

bool rib_source_update(struct rib *rib, uint32_t source, const struct rib_source *what,
                       struct policy_neighbor *neighbor)
{
    enum rib_source_change change = rib_source_alter(&rib->sources, source, what, neighbor);
    if (change == RIB_SOURCE_LOOKS)
        mark_tables(rib, source);
    bool has_paths = rib_source_has_paths(&rib->sources, source);
    if (change == RIB_SOURCE_SAME || !has_paths)
        return false;
    rib->retelling = true;
    return true;
}

void rib_end_retelling(struct rib *rib)
{
    for (unsigned f = 0; !rib_is_retelling(rib) && f < FAMILY_COUNT; f++)
        rib->tables[f].retell &= rib_dirty_count(&rib->tables[f]) > 0;
}

void rib_retold(struct rib *rib)
{
    rib->retelling = false;
    rib_end_retelling(rib);
}

/* --- judging again --- */

/* The path is emptied. */
static bool remove_judged(struct rib *rib, struct rib_table *t, uint32_t id, struct rib_path *path)
{
    forget_path(rib, t, id, path, false);
    *path = (struct rib_path){0};
    return true;
}

/* The path has other attributes after import policy. */
static void change_attrs(struct rib *rib, const struct rib_table *t, uint32_t id,
                         struct rib_path *path, uint32_t attrs)
{
    const struct rib_attrs *set = rib_attrs_at(&rib->attrs, attrs);
    if (attrs != path->received)
        rib_attrs_ref(&rib->attrs, attrs);
    if (path->attrs != path->received)
        rib_attrs_unref(&rib->attrs, path->attrs);
    path->attrs = attrs;
    path->neighbor_tag = neighbor_tag(set->hot.neighbor_as);
    struct rib_entry *e = rib_table_at(t, id);
    if (rib_source_at(rib, path->source)->kind != RIB_SOURCE_PEER)
        note_local(rib, t, id, e, path->source);
    e->flags |= entry_flags_of(&set->hot);
}

/* True when the verdict is another one. A path to be removed is emptied; so is one that would be
 * accepted as one too many. */
static bool rejudge_path(struct rib *rib, struct rib_table *t, uint32_t id, struct rib_path *path,
                         rib_judge judge, void *ctx, bool *ret_retell)
{
    struct rib_adj_in *in = rib_source_adj_in(&rib->sources, path->source, t->family);
    if (rib_path_is_dead(rib, path))
        return false;
    struct rib_verdict verdict = judge(ctx, t, rib_table_at(t, id), path);
    if (verdict.removed)
        return remove_judged(rib, t, id, path);
    *ret_retell |= verdict.retell;
    if (verdict.reject == path->reject && verdict.attrs == path->attrs)
        return false;
    bool is_new = verdict.reject == RIB_ACCEPTED && path->reject != RIB_ACCEPTED;
    if (is_new && in->limited && rib_adj_in_accepted(in) >= in->most_accepted) {
        in->ignored++;
        return remove_judged(rib, t, id, path);
    }
    in->rejected += verdict.reject != RIB_ACCEPTED;
    in->rejected -= path->reject != RIB_ACCEPTED;
    path->reject = verdict.reject;
    if (verdict.attrs != path->attrs)
        change_attrs(rib, t, id, path, verdict.attrs);
    return true;
}

/* What is left of the entry is selected among again. */
static void select_after_judging(struct rib *rib, struct rib_table *t, uint32_t id,
                                 struct best before)
{
    struct rib_entry *e = rib_table_at(t, id);
    if (e->best.source == 0) {
        note_empty(t, id, e);
        return;
    }
    if (!(e->flags & ENTRY_UNDECIDED))
        select_among_all(rib, e);
    mark_if_other(t, id, e, before);
}

void rib_rejudge(struct rib *rib, struct rib_table *t, uint32_t id, rib_judge judge, void *ctx)
{
    struct rib_entry *e = rib_table_at(t, id);
    struct best before = best_of(e);
    bool changed = false;
    bool retell = false;
    unsigned kept = 0;
    /* It is compared by its id, which must not become another set's meanwhile. */
    if (before.attrs != 0)
        rib_attrs_ref(&rib->attrs, before.attrs);
    for (unsigned i = 0; i < e->more_count; i++) {
        struct rib_path *path = &e->more[i];
        changed |= rejudge_path(rib, t, id, path, judge, ctx, &retell);
        if (path->source != 0 && kept++ < i)
            e->more[kept - 1] = *path;
    }
    rib_entry_cut(e, kept);
    if (e->best.source != 0 && rejudge_path(rib, t, id, &e->best, judge, ctx, &retell)) {
        changed = true;
        e->best_usable = false;
        if (e->best.source == 0)
            rib_entry_remove(e, 0);
    }
    if (retell)
        mark_dirty(t, id, e);
    if (changed)
        select_after_judging(rib, t, id, before);
    rib_attrs_unref(&rib->attrs, before.attrs);
}
