/* Update groups: the Adj-RIB-Out and what happens to it when entries change. */
#include "rib/ribout_group.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

#define STEP_ENTRIES    4096u
#define UPDATED_AT_ONCE 32u /* entries that are fetched together */
#define PAGE_BYTES      (SLAB_CHUNK_ITEMS * sizeof(struct ribout_slot))

struct ribout_group *group_new(struct ribout *out, const struct export_profile *t)
{
    struct ribout_group *g = mem_zalloc(sizeof(*g));
    g->profile = *t;
    g->rib = out->rib;
    g->table = &out->rib->tables[t->family];
    g->version = 1;
    g->fill_pos = 1;
    g->fill_end = rib_table_count(g->table) ? slab_end(&g->table->entries) : 1;
    return g;
}

static void free_page(struct ribout_group *g, uint32_t page)
{
    page_source_give_back(&g->source, g->pages[page], PAGE_BYTES);
    g->pages[page] = NULL;
}

void group_free(struct ribout_group *g)
{
    assert(g->member_count == 0);
    for (uint32_t i = 0; i < g->page_count; i++)
        if (g->pages[i])
            free_page(g, i);
    free(g->pages);
    free(g->page_used);
    free(g->members);
    personal_release(g);
    free(g->by_source);
    hops_release(&g->hops);
    free(g->tombstones);
    free(g);
}

/* --- slots --- */

/* Makes the page that an entry's slot is in; the slot. */
static struct ribout_slot *make_page(struct ribout_group *g, uint32_t entry)
{
    uint32_t page = entry >> SLAB_CHUNK_BITS;
    if (page >= g->page_count) {
        uint32_t count = page + 1;
        g->pages = mem_resize(g->pages, count, sizeof(struct ribout_slot *));
        g->page_used = mem_resize(g->page_used, count, sizeof(*g->page_used));
        for (uint32_t i = g->page_count; i < count; i++) {
            g->pages[i] = NULL;
            g->page_used[i] = 0;
        }
        g->page_count = count;
    }
    if (!g->pages[page])
        g->pages[page] = page_source_take(&g->source, PAGE_BYTES);
    return group_slot(g, entry);
}

/* Makes the slot of an entry one in use: slot_set() must follow. */
static void slot_take(struct ribout_group *g, uint32_t id, struct rib_entry *e)
{
    g->page_used[id >> SLAB_CHUNK_BITS]++;
    e->out_refs++;
}

void group_add_source(struct ribout_group *g, uint32_t source)
{
    uint32_t size = source + 64;
    g->by_source = mem_resize(g->by_source, size, sizeof(*g->by_source));
    for (uint32_t i = g->by_source_size; i < size; i++)
        g->by_source[i] = (struct group_source){0};
    g->by_source_size = size;
}

static struct hop_key next_hop_of(const struct rib *rib, uint32_t attrs)
{
    const struct rib_attrs *set = rib_attrs_at(&rib->attrs, attrs);
    return hop_key_of_next_hop(
        span_of(set->bytes + set->hot.next_hop_offset, set->hot.next_hop_len_bytes));
}

struct ribout_member *group_next_hop_member(const struct ribout_group *g, uint32_t attrs)
{
    struct hop_key key = next_hop_of(g->rib, attrs);
    const struct hop *hop = hops_find(&g->hops, &key);
    return hop && hop->member != 0 ? g->by_source[hop->member].member : NULL;
}

static void count_next_hop(struct ribout_group *g, uint32_t attrs, int32_t change)
{
    struct hop_key key = next_hop_of(g->rib, attrs);
    hops_add_routes(&g->hops, &key, change);
}

/* What a slot is about to say counts from here on … */
static inline void slot_comes(struct ribout_group *g, struct ribout_slot slot)
{
    struct group_source *from = group_source_at(g, slot.source);
    if (from->advertised++ == 0)
        from->is_local = g->rib->sources[slot.source].kind != RIB_SOURCE_PEER;
    g->advertised++;
    rib_attrs_ref(&g->rib->attrs, slot.attrs);
    if (from->is_local)
        count_next_hop(g, slot.attrs, 1);
}

/* … and what it said does not any more. */
static inline void slot_goes(struct ribout *out, struct ribout_group *g, struct ribout_slot slot)
{
    struct group_source *from = &g->by_source[slot.source];
    from->advertised--;
    g->advertised--;
    if (from->is_local)
        count_next_hop(g, slot.attrs, -1);
    rib_attrs_unref(&out->rib->attrs, slot.attrs);
}

/* Gives a slot without attributes back, and with it perhaps the entry. */
__attribute__((always_inline)) static inline void
slot_release(struct ribout_group *g, uint32_t entry, struct ribout_slot *slot)
{
    uint32_t page = entry >> SLAB_CHUNK_BITS;
    assert(slot_in_use(slot) && slot->attrs == 0);
    *slot = (struct ribout_slot){0};
    if (--g->page_used[page] == 0)
        free_page(g, page);
    rib_table_at(g->table, entry)->out_refs--;
    rib_entry_settle(g->table, entry);
}

/* --- tombstones --- */

/* The slot that a tombstone of the group's own stands for; NULL when the entry was announced again
 * since. */
static inline struct ribout_slot *tombstone_slot(const struct ribout_group *g,
                                                 const struct tombstone *t)
{
    struct ribout_slot *slot = group_slot(g, t->entry);
    return slot && slot->attrs == 0 && slot->version == t->version ? slot : NULL;
}

static inline bool stands(const struct ribout_group *g, const struct tombstone *t)
{
    if (t->config_source != 0)
        return personal_is_tombstone(g, t->entry, t->config_source, t->version);
    return tombstone_slot(g, t) != NULL;
}

/* The version that a member has; of one that moved here, in the group that it left. */
static uint32_t version_of(const struct ribout_group *g, const struct ribout_member *m)
{
    return m->left.group == g ? m->left.since : m->in_step ? g->version : m->pass.since;
}

static void give_up_on(struct ribout *out, struct ribout_member *m)
{
    pass_restart(m, true, m->group->version);
    m->given_up = true;
    out->given_up++;
}

/* Gives up on the members that have not even passed the older half of the tombstones, lest a peer
 * that takes nothing should make these grow for as long as another one has new prefixes. */
static void give_up_on_slowest(struct ribout *out, struct ribout_group *g)
{
    uint32_t least = g->tombstones[g->tombstone_count / 2].version;
    for (uint32_t i = 0; i < g->member_count; i++)
        if (!g->members[i]->given_up && version_after(least, version_of(g, g->members[i])))
            give_up_on(out, g->members[i]);
    for (struct ribout_member *m = g->leavers; m; m = m->left.next)
        if (!m->given_up && version_after(least, version_of(g, m)))
            give_up_on(out, m);
}

/* While a member does not get on, prefixes may come and go many times: only the last tombstone of
 * each is kept. */
static void make_room_for_tombstones(struct ribout *out, struct ribout_group *g)
{
    uint32_t kept = 0;
    for (uint32_t i = g->tombstone_done; i < g->tombstone_count; i++)
        if (stands(g, &g->tombstones[i]))
            g->tombstones[kept++] = g->tombstones[i];
    g->tombstone_count = kept;
    g->tombstone_done = 0;
    if (kept > RIBOUT_TOMBSTONE_LIMIT && kept / 2 > g->advertised_most)
        give_up_on_slowest(out, g);
    if (kept < g->tombstone_size / 2)
        return;
    g->tombstone_size = g->tombstone_size ? g->tombstone_size * 2 : 256;
    g->tombstones = mem_resize(g->tombstones, g->tombstone_size, sizeof(*g->tombstones));
}

static inline void add_tombstone(struct ribout *out, struct ribout_group *g, uint32_t entry,
                                 uint32_t config_source)
{
    uint32_t advertised = g->advertised + g->personals.told;
    if (g->advertised_most <= advertised)
        g->advertised_most = advertised + 1;
    if (g->tombstone_count == g->tombstone_size)
        make_room_for_tombstones(out, g);
    g->tombstones[g->tombstone_count++] = (struct tombstone){entry, g->version, config_source};
}

void group_add_tombstone(struct ribout *out, struct ribout_group *g, uint32_t entry,
                         uint32_t config_source)
{
    add_tombstone(out, g, entry, config_source);
}

/* The version that every member has, and had when it left. */
static uint32_t version_of_all(const struct ribout_group *g)
{
    uint32_t floor = g->version;
    for (uint32_t i = 0; g->walking > 0 && i < g->member_count; i++)
        if (!g->members[i]->given_up && version_after(floor, version_of(g, g->members[i])))
            floor = version_of(g, g->members[i]);
    for (const struct ribout_member *m = g->leavers; m; m = m->left.next)
        if (!m->given_up && version_after(floor, version_of(g, m)))
            floor = version_of(g, m);
    return floor;
}

/* Moves the unburied tombstones to the front once most of the array is done with. */
static void tombstones_compact(struct ribout_group *g)
{
    if (g->tombstone_done == g->tombstone_count) {
        g->tombstone_done = g->tombstone_count = 0;
        g->advertised_most = 0;
        if (g->tombstone_size > STEP_ENTRIES) {
            free(g->tombstones);
            g->tombstones = NULL;
            g->tombstone_size = 0;
        }
    } else if (g->tombstone_done > g->tombstone_count / 2) {
        uint32_t left = g->tombstone_count - g->tombstone_done;
        for (uint32_t i = 0; i < left; i++)
            g->tombstones[i] = g->tombstones[g->tombstone_done + i];
        g->tombstone_count = left;
        g->tombstone_done = 0;
    }
}

void group_bury(struct ribout *out, struct ribout_group *g)
{
    uint32_t floor = version_of_all(g);
    while (g->tombstone_done < g->tombstone_count) {
        struct tombstone t = g->tombstones[g->tombstone_done];
        if (version_after(t.version, floor))
            break;
        g->tombstone_done++;
        if (t.config_source != 0) {
            personal_bury(out, g, t.entry, t.config_source, t.version);
            continue;
        }
        struct ribout_slot *slot = tombstone_slot(g, &t);
        if (slot)
            slot_release(g, t.entry, slot);
    }
    tombstones_compact(g);
}

/* --- changes --- */

static void next_version(struct ribout_group *g)
{
    if (++g->version == 0)
        g->version = 1; /* 0 marks a slot that is not in use */
}

void group_compare(const struct ribout_group *g, const struct export_profile *before,
                   struct ribout_slot old, struct ribout_slot next, struct group_comparison *ret)
{
    struct rib_exported a = {before, old.attrs, old.source};
    struct rib_exported b = {&g->profile, next.attrs, next.source};
    ret->old = old;
    ret->next = next;
    /* When a source has changed, what was told of its routes cannot be made again. */
    ret->same = !g->table->retell && rib_export_equal(g->rib, &a, &b);
}

/* An entry that is being updated, and its slot; NULL: its page does not exist. */
struct updated {
    struct rib_entry *entry;
    struct ribout_slot *slot;
};

/* What update_entry remembers from one entry to the next. */
struct update_memo {
    struct rib_export_memo selected;
    struct group_comparison compared;
    struct group_comparison compared_personal;
    bool live_pass; /* a member hears of changes in a pass that has not come to all slots yet */
};

/* The group's slot of an entry is about to say `next` instead of `said`, which are not the same.
 * `class`: the members whom that concerns, NULL: all; `is_heard`: there are such. */
__attribute__((always_inline)) static inline void
change_slot(struct delivery *d, uint32_t id, const struct updated *u,
            const struct group_class *class, bool is_heard, struct ribout_slot said,
            struct ribout_slot next, struct update_memo *memo)
{
    struct ribout_group *g = d->group;
    struct ribout_slot *slot = u->slot ? u->slot : make_page(g, id);
    if (said.version == 0)
        slot_take(g, id, u->entry);
    struct group_saying before = {.slot = said};
    if (said.attrs != 0)
        before.left_out = class_left_out(g, class, said);
    struct group_saying now = {.slot = next};
    if (next.attrs != 0) {
        slot_comes(g, next);
        now.left_out = class_left_out(g, class, next);
    }
    bool same = group_looks_the_same(g, &g->profile, said, next, &memo->compared);
    if (same && before.left_out == now.left_out && !g->leavers)
        next.version = said.version; /* nobody need hear of it, now or later */
    else if (d->pack && is_heard)
        group_pack_change(d->pack, id, class, before, now, same && !memo->live_pass, false);
    *slot = next;
    if (said.attrs != 0)
        slot_goes(d->out, g, said);
    if (next.attrs == 0)
        add_tombstone(d->out, g, id, 0);
}

/* Whether the entry has personal slots, or may have to. */
static inline bool may_be_personal(const struct ribout_group *g, uint32_t id,
                                   const struct rib_entry *e)
{
    return g->personals.source_count > 0 &&
           ((e->flags & ENTRY_HAS_LOCAL) || personal_slots_of(&g->personals, id).count > 0);
}

/* change_slot, if `changed`, for an entry with personal slots. */
static __attribute__((noinline)) void
change_personal(struct delivery *d, uint32_t id, const struct updated *u, struct ribout_slot said,
                struct ribout_slot next, bool changed, struct update_memo *memo)
{
    struct ribout_group *g = d->group;
    struct group_class rest;
    if (next.attrs != 0) {
        struct group_source *from = group_source_at(g, next.source);
        if (from->advertised == 0)
            from->is_local = g->rib->sources[next.source].kind != RIB_SOURCE_PEER;
    }
    bool others = personal_update(d, id, u->entry, said, next, memo->live_pass,
                                  &memo->compared_personal, &rest);
    if (changed)
        change_slot(d, id, u, &rest, others, said, next, memo);
}

/* Selects again for one entry. */
__attribute__((always_inline)) static inline void
update_entry(struct delivery *d, uint32_t id, const struct updated *u, struct update_memo *memo)
{
    struct ribout_group *g = d->group;
    const struct rib_path *path =
        rib_export_select_next(d->out->rib, &g->profile, u->entry, &memo->selected);
    struct ribout_slot next = {.version = g->version};
    if (path) {
        next.attrs = path->attrs;
        next.source = path->source;
    }
    struct ribout_slot said = u->slot ? *u->slot : (struct ribout_slot){0};
    bool changed =
        next.attrs != said.attrs || (path && (next.source != said.source || g->table->retell));
    if (may_be_personal(g, id, u->entry))
        change_personal(d, id, u, said, next, changed, memo);
    else if (changed)
        change_slot(d, id, u, NULL, true, said, next, memo);
}

/* Entries that have changed may lie anywhere, and so may the attributes that they were told with
 * before, and the slots of these in the pool: each is fetched for all entries before the next. */
static void find_and_fetch(const struct rib_attrs_pool *attrs, const struct ribout_group *g,
                           const uint32_t *ids, uint32_t count, struct updated *ret_found)
{
    for (uint32_t i = 0; i < count; i++) {
        ret_found[i] = (struct updated){rib_table_at(g->table, ids[i]), group_slot(g, ids[i])};
        __builtin_prefetch(ret_found[i].entry);
        __builtin_prefetch(ret_found[i].slot);
    }
    uint32_t old[UPDATED_AT_ONCE];
    uint32_t old_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = ret_found[i].slot ? ret_found[i].slot->attrs : 0;
        if (id == 0 || (old_count > 0 && old[old_count - 1] == id))
            continue;
        rib_attrs_prefetch(attrs, id);
        old[old_count++] = id;
    }
    for (uint32_t i = 0; i < old_count; i++)
        rib_attrs_prefetch_slot(attrs, rib_attrs_at(attrs, old[i])->hash);
}

/* --- delivery --- */

/* Queues a member's share of a buffer; one whose queue is full falls out of step. */
static void push_live(struct ribout_member *m, const struct pack_output *output)
{
    m->untold = false;
    struct pack_share share = pack_share_of(output, m->source, m->config_source);
    if (m->queue->pending_bytes + share.len_bytes <= RIBOUT_LIVE_LIMIT_BYTES)
        pack_push(output, &share, m->queue);
    else if (m->in_step)
        pass_restart(m, false, m->group->version - 1);
    else
        pass_restart(m, m->pass.all, m->pass.since);
}

static bool hears_live(const struct ribout_member *m)
{
    return m->in_step || (m->started && m->pass.live);
}

static void deliver_live(void *ctx, const struct pack_output *output)
{
    struct ribout_group *g = ctx;
    for (uint32_t i = 0; i < g->member_count; i++)
        if (hears_live(g->members[i]))
            push_live(g->members[i], output);
}

static bool has_live_pass(const struct ribout_group *g)
{
    for (uint32_t i = 0; g->walking > 0 && i < g->member_count; i++)
        if (!g->members[i]->in_step && hears_live(g->members[i]))
            return true;
    return false;
}

void group_update(struct ribout *out, struct ribout_group *g, const uint32_t *entries,
                  uint32_t count)
{
    next_version(g);
    struct update_memo memo = {.live_pass = has_live_pass(g)};
    bool is_heard = memo.live_pass || g->walking < g->member_count;
    struct delivery d = {out, g, is_heard ? out->pack : NULL, deliver_live, g, 0};
    for (uint32_t done = 0; done < count; done += UPDATED_AT_ONCE) {
        struct updated found[UPDATED_AT_ONCE];
        uint32_t some = count - done < UPDATED_AT_ONCE ? count - done : UPDATED_AT_ONCE;
        find_and_fetch(&out->rib->attrs, g, entries + done, some, found);
        for (uint32_t i = 0; i < some; i++)
            update_entry(&d, entries[done + i], &found[i], &memo);
    }
    delivery_flush(&d);
    group_bury(out, g);
}

/* --- coming and going --- */

/* Collects up to STEP_ENTRIES ids of entries in use from *pos on, up to `end`: fewer when their
 * best paths have yet to be found among many, or there are many of BGPd itself. */
static uint32_t collect(struct rib *rib, struct rib_table *t, uint32_t *pos, uint32_t end,
                        uint32_t *ret_ids)
{
    uint32_t count = 0;
    uint32_t looked_at = 0;
    uint32_t id = *pos;
    for (; id < end && count < STEP_ENTRIES && looked_at < RIB_DECIDE_PATHS; id++) {
        if (slab_chunk_empty(&t->entries, id)) {
            id |= SLAB_CHUNK_ITEMS - 1;
            continue;
        }
        if (!(rib_table_at(t, id)->flags & ENTRY_IN_USE))
            continue;
        looked_at += rib_entry_decide(rib, t, id);
        if (rib_table_at(t, id)->flags & ENTRY_HAS_LOCAL)
            looked_at += rib_entry_path_count(rib_table_at(t, id));
        ret_ids[count++] = id;
    }
    *pos = id;
    return count;
}

bool group_fill(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns)
{
    while (!group_filled(g)) {
        uint32_t count = collect(out->rib, g->table, &g->fill_pos, g->fill_end, out->chunk);
        group_update(out, g, out->chunk, count);
        if (time_mono_ns() >= deadline_ns)
            break;
    }
    return !group_filled(g);
}

static void release_page(struct ribout *out, struct ribout_group *g, uint32_t page)
{
    struct ribout_slot *slots = g->pages[page];
    uint32_t used = g->page_used[page];
    for (uint32_t i = 0; used > 0; i++) {
        if (!slot_in_use(&slots[i]))
            continue;
        used--;
        uint32_t entry = (page << SLAB_CHUNK_BITS) + i;
        if (slots[i].attrs != 0)
            slot_goes(out, g, slots[i]);
        slots[i].attrs = 0;
        slot_release(g, entry, &slots[i]); /* the last one frees the page */
    }
}

bool group_dissolve(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns)
{
    while (g->personals.page_count > 0) {
        personal_release_page(out, g, g->personals.page_count - 1);
        g->personals.page_count--;
        if (time_mono_ns() >= deadline_ns)
            return !group_is_dissolved(g);
    }
    while (g->page_count > 0) {
        if (g->pages[g->page_count - 1])
            release_page(out, g, g->page_count - 1);
        g->page_count--;
        if (time_mono_ns() >= deadline_ns)
            break;
    }
    return !group_is_dissolved(g);
}
