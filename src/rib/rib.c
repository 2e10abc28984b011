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
    }
    return "unknown";
}

void rib_init(struct rib *rib)
{
    *rib = (struct rib){.source_count = 1, .sweep.pass = 1};
    rib->sources = mem_zalloc(sizeof(*rib->sources));
    rib->entries_of = mem_zalloc(sizeof(*rib->entries_of));
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

static void forget_entries(struct rib *rib, uint32_t source)
{
    struct id_set *entries = rib->entries_of[source];
    for (unsigned f = 0; entries && f < FAMILY_COUNT; f++)
        id_set_release(&entries[f]);
    free(entries);
    rib->entries_of[source] = NULL;
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
        rib_table_release(t);
    }
    rib_attrs_pool_release(&rib->attrs);
    for (uint32_t i = 1; i < rib->source_count; i++)
        forget_entries(rib, i);
    free(rib->entries_of);
    free(rib->adj_in);
    free(rib->sources);
    rib_looks_free(rib->looks);
}

static inline struct rib_adj_in *adj_in(struct rib *rib, uint32_t source, enum family family)
{
    return &rib->adj_in[source * FAMILY_COUNT + family];
}

/* --- selection --- */

/* The list is emptied at its end only, which may not come for long: what was looked at makes room.
 */
static void make_room_for_dirty(struct rib_table *t)
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

static void mark_dirty(struct rib_table *t, uint32_t id, struct rib_entry *e)
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
        (!added && ((e->flags & ENTRY_HAS_MED) || rib_decide_upholds(rib, &e->best, old))))
        select_among_all(rib, e);
    else if (usable)
        select_after_addition(rib, e, index);
}

/* What the best path was, to see whether it is another one. */
struct best {
    uint32_t attrs; /* 0: none is usable */
    uint32_t source;
};

static struct best best_of(const struct rib_entry *e)
{
    return e->best_usable ? (struct best){e->best.attrs, e->best.source} : (struct best){0};
}

/* RIB-out must look at the entry when the best path is not what it was; where there are routes of
 * our own, any change may concern those that are told them; and it finds out what waits. */
static inline void mark_if_other(struct rib_table *t, uint32_t id, struct rib_entry *e,
                                 struct best before)
{
    struct best now = best_of(e);
    if (now.attrs != before.attrs || now.source != before.source ||
        (e->flags & (ENTRY_HAS_LOCAL | ENTRY_UNDECIDED)))
        mark_dirty(t, id, e);
}

static inline bool must_decide(const struct rib *rib, const struct rib_entry *e)
{
    return (e->flags & ENTRY_UNDECIDED) ||
           (e->best_usable && !rib_source_at(rib, e->best.source)->alive);
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
    bool may_wait = rib->undecided > 0 || rib->sweep.dead > 0 || rib->crowded;
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
    if (count > 0 && t->dirty_done == t->dirty_count) {
        t->dirty_done = t->dirty_count = 0;
        t->drains++;
    }
    return count;
}

/* --- paths go --- */

/* What an entry loses. */
struct loss {
    struct best before;
    bool best;    /* the first path */
    bool matters; /* another one that the choice depends on */
};

/* A path of entry `id` is about to be removed. */
static inline void forget_path(struct rib *rib, struct rib_table *t, uint32_t id,
                               const struct rib_path *path)
{
    const struct rib_source *source = &rib->sources[path->source];
    struct rib_adj_in *in = adj_in(rib, path->source, t->family);
    in->paths--;
    in->rejected -= path->reject != RIB_ACCEPTED;
    if (source->kind == RIB_SOURCE_CONFIG)
        id_set_remove(&rib->entries_of[path->source][t->family], id);
    if (!source->alive)
        rib->sweep.paths[t->family]--;
    t->path_count--;
    path_release(rib, path);
}

/* The same for one that is not the best. */
static void forget_other(struct rib *rib, struct rib_table *t, uint32_t id,
                         const struct rib_path *path, struct loss *loss)
{
    const struct rib_entry *e = rib_table_at(t, id);
    if (e->best_usable && !(e->flags & ENTRY_HAS_MED))
        loss->matters |= rib_decide_upholds(rib, &e->best, path);
    forget_path(rib, t, id, path);
}

/* The last path was removed. */
static inline void note_empty(struct rib_table *t, uint32_t id, struct rib_entry *e)
{
    e->best_usable = false;
    e->flags &= (uint8_t) ~(ENTRY_HAS_LOCAL | ENTRY_HAS_MED);
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

static bool is_dead(const struct rib *rib, const struct rib_path *path)
{
    return !rib->sources[path->source].alive;
}

static inline bool has_dead_path(const struct rib *rib, const struct rib_entry *e)
{
    if (e->best.source == 0)
        return false;
    bool found = is_dead(rib, &e->best);
    for (unsigned i = 0; !found && i < e->more_count; i++)
        found = is_dead(rib, &e->more[i]);
    return found;
}

/* Removes the dead paths after the best one, in one go. */
static void drop_dead_others(struct rib *rib, struct rib_table *t, uint32_t id, struct loss *loss)
{
    struct rib_entry *e = rib_table_at(t, id);
    unsigned kept = 0;
    for (unsigned i = 0; i < e->more_count; i++) {
        const struct rib_path *path = &e->more[i];
        if (is_dead(rib, path))
            forget_other(rib, t, id, path, loss);
        else if (kept++ < i)
            e->more[kept - 1] = *path;
    }
    rib_entry_cut(e, kept);
}

/* Removes all paths of dead sources from an entry that has one. */
static void drop_dead_paths(struct rib *rib, struct rib_table *t, uint32_t id)
{
    struct rib_entry *e = rib_table_at(t, id);
    if (e->more_count == 0) { /* the most frequent case */
        forget_path(rib, t, id, &e->best);
        e->best = (struct rib_path){0};
        note_empty(t, id, e);
        return;
    }
    struct loss loss = {.before = best_of(e)};
    drop_dead_others(rib, t, id, &loss);
    if (is_dead(rib, &e->best)) {
        loss.best = true;
        forget_path(rib, t, id, &e->best);
        rib_entry_remove(e, 0);
    }
    select_after_loss(rib, t, id, &loss);
}

/* --- paths come --- */

/* A path of BGPd itself has come. */
static void note_local(struct rib *rib, const struct rib_table *t, uint32_t id,
                       const struct rib_source *source)
{
    struct rib_entry *e = rib_table_at(t, id);
    e->flags |= ENTRY_HAS_LOCAL;
    rib->crowded |= e->more_count > RIB_DECIDE_AT_ONCE;
    if (source->kind == RIB_SOURCE_CONFIG)
        id_set_add(&rib->entries_of[source - rib->sources][t->family], id);
}

static inline void note_kind(struct rib *rib, const struct rib_table *t, uint32_t id,
                             const struct rib_source *source, const struct attr_hot *hot)
{
    struct rib_entry *e = rib_table_at(t, id);
    if (source->kind != RIB_SOURCE_PEER)
        note_local(rib, t, id, source);
    if (hot->flags & ATTR_HAS_MED)
        e->flags |= ENTRY_HAS_MED;
}

static uint8_t neighbor_tag(uint32_t as)
{
    return (uint8_t)(as ^ as >> 8 ^ as >> 16 ^ as >> 24);
}

/* Fills in a path; `set` is that of a->attrs. Field by field: a path that is made elsewhere and
 * copied would be read in larger pieces than it was just written in. */
static void path_set(struct rib_path *path, struct rib_attrs_pool *pool,
                     const struct rib_announcement *a, struct rib_attrs *set)
{
    set->refs++;
    path->received = a->attrs == a->received ? a->attrs : rib_attrs_ref(pool, a->received);
    path->attrs = a->attrs;
    path->source = a->source;
    path->path_id = a->path_id;
    path->received_mono_s = a->now_mono_s;
    path->reject = (uint16_t)a->reject;
    path->neighbor_tag = neighbor_tag(set->hot.neighbor_as);
    path->flags = 0;
}

/* Replaces the path at `index`, which may be an empty one. */
static void change_path(struct rib *rib, struct rib_table *t, uint32_t id, unsigned index,
                        const struct rib_announcement *a, struct rib_attrs *set)
{
    struct rib_entry *e = rib_table_at(t, id);
    struct best before = best_of(e);
    struct rib_path *path = rib_entry_path(e, index);
    struct rib_path old = *path;
    path_set(path, &rib->attrs, a, set);
    select_after_change(rib, e, index, &old);
    mark_if_other(t, id, e, before);
    if (old.source != 0)
        path_release(rib, &old); /* only now: the comparison above is by id */
}

/* Whether the announcement brings nothing new. */
static bool is_same(const struct rib_path *path, const struct rib_announcement *a)
{
    return path->attrs == a->attrs && path->received == a->received && path->reject == a->reject;
}

/* Makes a full entry take another path, if there are dead ones; *ret_index is where. */
static bool make_place(struct rib *rib, struct rib_table *t, uint32_t id,
                       const struct rib_announcement *a, unsigned *ret_index)
{
    struct rib_entry *e = rib_table_at(t, id);
    if (has_dead_path(rib, e))
        drop_dead_paths(rib, t, id);
    rib_entry_find(e, a->source, a->path_id, ret_index);
    return rib_entry_path_count(e) < RIB_ENTRY_PATHS_MAX;
}

/* Whether the source has as many paths as are taken, or as many that are accepted, and this would
 * be one more. `old` is what it replaces; NULL. */
static bool is_one_too_many(const struct rib_adj_in *in, const struct rib_path *old,
                            enum rib_reject reject)
{
    bool more_paths = !old;
    bool more_accepted = reject == RIB_ACCEPTED && (!old || old->reject != RIB_ACCEPTED);
    return (more_paths && in->paths >= in->most_paths) ||
           (more_accepted && rib_adj_in_accepted(in) >= in->most_accepted);
}

static bool withdraw_entry(struct rib *rib, struct rib_table *t, uint32_t id, uint32_t source,
                           uint32_t path_id);

/* Does not take a path; the entry may have been made for it. True when the source had another. */
static bool ignore(struct rib *rib, struct rib_table *t, uint32_t id,
                   const struct rib_announcement *a)
{
    adj_in(rib, a->source, t->family)->ignored++;
    if (withdraw_entry(rib, t, id, a->source, a->path_id))
        return true;
    rib_entry_settle(t, id);
    return false;
}

/* True when the source had a path. */
static bool announce_entry(struct rib *rib, struct rib_table *t, uint32_t id,
                           const struct rib_announcement *a)
{
    struct rib_entry *e = rib_table_at(t, id);
    const struct rib_source *source = &rib->sources[a->source];
    struct rib_adj_in *in = adj_in(rib, a->source, t->family);
    struct rib_attrs *set = rib_attrs_at(&rib->attrs, a->attrs);
    unsigned index;
    bool known = rib_entry_find(e, a->source, a->path_id, &index);
    if (known && is_same(rib_entry_path(e, index), a))
        return true;
    const struct rib_path *old = known ? rib_entry_path(e, index) : NULL;
    if (in->limited && is_one_too_many(in, old, a->reject))
        return ignore(rib, t, id, a);
    if (old && old->reject != RIB_ACCEPTED)
        in->rejected--;
    if (!known) {
        if (e->more_count == UINT16_MAX && !make_place(rib, t, id, a, &index))
            return false;
        if (index > 0)
            rib_entry_make_room(e, index);
        in->paths++;
        t->path_count++;
    }
    if (a->reject != RIB_ACCEPTED)
        in->rejected++;
    note_kind(rib, t, id, source, &set->hot);
    change_path(rib, t, id, index, a, set);
    return known;
}

bool rib_announce_at(struct rib *rib, enum family family, struct nlri_key key, uint32_t id,
                     const struct rib_announcement *a)
{
    struct rib_table *t = &rib->tables[family];
    return announce_entry(rib, t, id ? id : rib_table_find_or_insert(t, key), a);
}

void rib_announce(struct rib *rib, enum family family, struct nlri_key key,
                  const struct rib_announcement *a)
{
    rib_announce_at(rib, family, key, 0, a);
}

static bool withdraw_entry(struct rib *rib, struct rib_table *t, uint32_t id, uint32_t source,
                           uint32_t path_id)
{
    unsigned index;
    struct rib_entry *e = id == 0 ? NULL : rib_table_at(t, id);
    if (!e || !rib_entry_find(e, source, path_id, &index))
        return false;
    struct loss loss = {.before = best_of(e), .best = index == 0};
    if (index == 0)
        forget_path(rib, t, id, &e->best);
    else
        forget_other(rib, t, id, rib_entry_path(e, index), &loss);
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

/* --- sources --- */

/* Whether the index can stand for another source. While an entry that had paths from the one before
 * is dirty, what the groups were told still names that one. */
static bool is_reusable(const struct rib *rib, uint32_t source)
{
    if (!rib->sources[source].free)
        return false;
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        if (rib->tables[f].drains == rib_source_adj_in(rib, source, f)->drains &&
            rib_dirty_count(&rib->tables[f]) > 0)
            return false;
    return true;
}

uint32_t rib_source_add(struct rib *rib, const struct rib_source *source)
{
    uint32_t index = 1;
    while (index < rib->source_count && !is_reusable(rib, index))
        index++;
    if (index == rib->source_count) {
        rib->sources = mem_resize(rib->sources, (size_t)index + 1, sizeof(*rib->sources));
        rib->adj_in =
            mem_resize(rib->adj_in, (size_t)index + 1, FAMILY_COUNT * sizeof(*rib->adj_in));
        rib->entries_of = mem_resize(rib->entries_of, (size_t)index + 1, sizeof(*rib->entries_of));
        rib->entries_of[index] = NULL;
        rib->source_count++;
    }
    rib->sources[index] = *source;
    rib->sources[index].alive = true;
    rib->sources[index].free = false;
    if (source->kind == RIB_SOURCE_CONFIG)
        rib->entries_of[index] = mem_zalloc(FAMILY_COUNT * sizeof(struct id_set));
    rib->source_changes++;
    memset(adj_in(rib, index, 0), 0, FAMILY_COUNT * sizeof(*rib->adj_in));
    return index;
}

void rib_source_set_most(struct rib *rib, uint32_t source, enum family family, uint32_t paths,
                         uint32_t accepted)
{
    struct rib_adj_in *in = adj_in(rib, source, family);
    in->limited = paths != RIB_ANY_NUMBER || accepted != RIB_ANY_NUMBER;
    in->most_paths = paths;
    in->most_accepted = accepted;
}

void rib_source_down(struct rib *rib, uint32_t source)
{
    struct rib_source *s = &rib->sources[source];
    assert(s->alive);
    s->alive = false;
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        rib->sweep.paths[f] += rib_source_adj_in(rib, source, f)->paths;
    /* A pass that runs already may be past some of its paths: then the next one is the last. */
    s->sweep_pass = rib->sweep.pass + (rib->sweep.running ? 1 : 0);
    rib->sweep.dead++;
}

bool rib_source_set_client(struct rib *rib, uint32_t source, bool reflector_client,
                           bool route_server_client)
{
    struct rib_source *s = &rib->sources[source];
    if (s->reflector_client == reflector_client && s->route_server_client == route_server_client)
        return false;
    bool looks_different = s->route_server_client != route_server_client;
    s->reflector_client = reflector_client;
    s->route_server_client = route_server_client;
    rib->source_changes++;
    rib->retelling = true;
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        rib->tables[f].retell |= looks_different && rib_source_adj_in(rib, source, f)->paths > 0;
    return true;
}

void rib_retold(struct rib *rib)
{
    rib->retelling = false;
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        rib->tables[f].retell &= rib_dirty_count(&rib->tables[f]) > 0;
}

/* True when the verdict is another one. A path to be removed is emptied; so is one that would be
 * accepted as one too many. */
static bool rejudge_path(struct rib *rib, struct rib_table *t, uint32_t id, struct rib_path *path,
                         rib_judge judge, void *ctx, bool *ret_retell)
{
    struct rib_adj_in *in = adj_in(rib, path->source, t->family);
    int verdict = judge(ctx, t, rib_table_at(t, id), path);
    if (verdict != RIB_REMOVE && (verdict & RIB_RETELL)) {
        *ret_retell = true;
        verdict &= ~RIB_RETELL;
    }
    if (verdict == path->reject)
        return false;
    if (verdict == RIB_ACCEPTED && in->limited && rib_adj_in_accepted(in) >= in->most_accepted) {
        in->ignored++;
        verdict = RIB_REMOVE;
    }
    if (verdict == RIB_REMOVE) {
        forget_path(rib, t, id, path);
        *path = (struct rib_path){0};
    } else {
        in->rejected += verdict != RIB_ACCEPTED;
        in->rejected -= path->reject != RIB_ACCEPTED;
        path->reject = (uint16_t)verdict;
    }
    return true;
}

void rib_rejudge(struct rib *rib, struct rib_table *t, uint32_t id, rib_judge judge, void *ctx)
{
    struct rib_entry *e = rib_table_at(t, id);
    struct best before = best_of(e);
    bool changed = false;
    bool retell = false;
    unsigned kept = 0;
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
    if (!changed)
        return;
    if (e->best.source == 0) {
        note_empty(t, id, e);
        return;
    }
    if (!(e->flags & ENTRY_UNDECIDED))
        select_among_all(rib, e);
    mark_if_other(t, id, e, before);
}

/* Looks at up to *budget entries and paths of one table from sweep.pos on, the last entry whole;
 * true when it is done with it. */
static bool sweep_table(struct rib *rib, struct rib_table *t, uint32_t *budget)
{
    uint32_t id = rib->sweep.pos;
    uint32_t end = slab_end(&t->entries);
    uint32_t left = *budget;
    const uint32_t *dead_paths = &rib->sweep.paths[t->family];
    for (; id < end && left > 0 && *dead_paths > 0; id++) {
        if (slab_chunk_empty(&t->entries, id)) {
            id |= SLAB_CHUNK_ITEMS - 1;
            continue;
        }
        const struct rib_entry *e = rib_table_at(t, id);
        uint32_t cost = e->flags & ENTRY_IN_USE ? rib_entry_path_count(e) + 1 : 1;
        left -= cost < left ? cost : left;
        if ((e->flags & ENTRY_IN_USE) && has_dead_path(rib, e))
            drop_dead_paths(rib, t, id);
    }
    rib->sweep.pos = id;
    *budget = left;
    return *dead_paths == 0 || id >= end;
}

static void end_sweep_pass(struct rib *rib)
{
    for (uint32_t i = 1; i < rib->source_count; i++) {
        struct rib_source *s = &rib->sources[i];
        if (s->free || s->alive || s->sweep_pass > rib->sweep.pass)
            continue;
        s->free = true;
        forget_entries(rib, i);
        for (enum family f = 0; f < FAMILY_COUNT; f++)
            adj_in(rib, i, f)->drains = rib->tables[f].drains;
        rib->sweep.dead--;
    }
    rib->sweep.running = false;
    rib->sweep.pass++;
}

bool rib_sweep(struct rib *rib, uint32_t budget)
{
    if (rib->sweep.dead == 0)
        return false;
    if (!rib->sweep.running) {
        rib->sweep.running = true;
        rib->sweep.family = (enum family)0;
        rib->sweep.pos = 1;
    }
    while (rib->sweep.family < FAMILY_COUNT && budget > 0) {
        struct rib_table *t = &rib->tables[rib->sweep.family];
        if (!sweep_table(rib, t, &budget))
            continue;
        rib->sweep.family++;
        rib->sweep.pos = 1;
    }
    if (rib->sweep.family == FAMILY_COUNT)
        end_sweep_pass(rib);
    return rib->sweep.dead > 0;
}
