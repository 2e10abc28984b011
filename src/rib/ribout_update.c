/* Update groups: what happens to the Adj-RIB-Out when entries change, and at its beginning and end.
 */
#include "rib/ribout_update.h"

#include "base/time.h"
#include "rib/ribout_class.h"
#include "rib/ribout_count.h"
#include "rib/ribout_member.h"
#include "rib/ribout_personal.h"
#include "rib/ribout_tombstone.h"

#define STEP_ENTRIES    4096u
#define UPDATED_AT_ONCE 32u /* entries that are fetched together */

static void next_version(struct ribout_group *g)
{
    if (++g->version == 0)
        g->version = 1; /* 0 marks a slot that is not in use */
}

/* An entry that is being updated, and its slot; NULL: its page does not exist. */
struct updated {
    struct rib_entry *entry;
    struct ribout_slot *slot;
};

/* What update_entry remembers from one entry to the next. */
struct update_memo {
    struct rib_export_memo selected;
    struct class_memo compared;
    bool live_pass; /* a member hears of changes in a pass that has not come to all slots yet */
};

/* The path that the group is told, before policies; NULL. */
static inline const struct rib_path *select_next(const struct ribout_group *g, struct rib_entry *e,
                                                 struct update_memo *memo)
{
    enum rib_withheld why;
    if (g->has_policies)
        return rib_export_choose(g->rib, &g->profile, 0, e, &why);
    return rib_export_select_next(g->rib, &g->profile, e, &memo->selected);
}

/* What a change of the group's slot is to those whom it concerns. */
struct heard {
    const struct group_class *class; /* NULL: all */
    struct group_saying said;        /* after policies; but for who is left out */
    struct group_saying next;
    bool is_heard;    /* there are such members */
    bool others_hear; /* and others, who are told another thing than before */
};

/* The group's slot of an entry is about to say `next` instead of `said`, which are not the same. */
__attribute__((always_inline)) static inline void
change_slot(struct delivery *d, uint32_t id, const struct updated *u, struct ribout_slot said,
            struct ribout_slot next, const struct heard *heard, struct update_memo *memo)
{
    struct ribout_group *g = d->group;
    struct ribout_slot *slot = u->slot ? u->slot : group_make_page(g, id);
    if (said.version == 0)
        group_take_slot(g, id, u->entry);
    struct group_saying before = heard->said;
    if (said.attrs != 0)
        before.left_out = class_left_out(g, heard->class, heard->said.slot);
    struct group_saying now = heard->next;
    if (next.attrs != 0) {
        group_slot_comes(g, next);
        now.left_out = class_left_out(g, heard->class, heard->next.slot);
    }
    bool same = group_looks_the_same(g, &g->profile, before.slot, now.slot, &memo->compared.rest);
    bool is_nothing = now.slot.attrs == 0 && !before.may_be_told && !memo->live_pass;
    if (same && before.left_out == now.left_out && !g->leavers && !heard->others_hear)
        next.version = said.version; /* nobody need hear of it, now or later */
    else if (d->pack && heard->is_heard && !is_nothing)
        group_pack_change(d->pack, id, heard->class, before, now, same && !memo->live_pass, false);
    *slot = next;
    if (said.attrs != 0)
        group_slot_goes(d->out, g, said);
    if (next.attrs == 0)
        group_add_tombstone(d->out, g, id, 0);
}

/* Whether the entry has personal slots, or may have to. */
static inline bool may_be_personal(const struct ribout_group *g, uint32_t id,
                                   const struct rib_entry *e)
{
    return g->personals.source_count > 0 &&
           ((e->flags & ENTRY_HAS_LOCAL) || personal_slots_of(&g->personals.slots, id).count > 0);
}

/* The group knows of the source of what a slot is about to say. */
static void know_source(struct ribout_group *g, struct ribout_slot next)
{
    struct group_source *from = next.attrs != 0 ? group_source_at(g, next.source) : NULL;
    if (from && from->advertised + from->below == 0)
        from->is_local = g->rib->sources.at[next.source].kind != RIB_SOURCE_PEER;
}

/* change_slot, if `changed`, for an entry that may be another thing to some parties. */
static __attribute__((noinline)) void
change_by_class(struct delivery *d, uint32_t id, const struct updated *u, struct ribout_slot said,
                struct ribout_slot next, bool changed, struct update_memo *memo)
{
    struct ribout_group *g = d->group;
    struct class_rest rest;
    const struct class_change change = {
        id, u->entry, {.slot = said}, {.slot = next}, memo->live_pass};
    know_source(g, next);
    class_update(d, &change, &memo->compared, &rest);
    if (g->has_policies)
        count_change(g, id, said, next, &rest);
    const struct heard heard = {.class = &rest.class,
                                .said = class_had(g, rest.had, NULL),
                                .next.slot = class_told(rest.now),
                                .is_heard = rest.is_heard,
                                .others_hear = rest.others_hear && g->has_policies};
    if (changed)
        change_slot(d, id, u, said, next, &heard, memo);
    class_end(d->out);
}

/* change_slot, if `changed`, in the way that the entry calls for. */
__attribute__((always_inline)) static inline void
update_slot(struct delivery *d, uint32_t id, const struct updated *u, struct ribout_slot said,
            struct ribout_slot next, bool changed, struct update_memo *memo)
{
    const struct ribout_group *g = d->group;
    if ((g->has_policies && changed) || may_be_personal(g, id, u->entry)) {
        change_by_class(d, id, u, said, next, changed, memo);
    } else if (changed) {
        const struct heard heard = {.said = {.slot = said, .may_be_told = said.attrs != 0},
                                    .next.slot = next,
                                    .is_heard = true};
        change_slot(d, id, u, said, next, &heard, memo);
    }
}

/* --- layers --- */

static bool are_equal(struct layers a, struct layers b)
{
    if (a.count != b.count)
        return false;
    for (uint32_t i = 0; i < a.count; i++)
        if (a.at[i].attrs != b.at[i].attrs || a.at[i].source != b.at[i].source)
            return false;
    return true;
}

/* What the slot of an entry and the layers below it say becomes another thing. */
static void change_layers(struct delivery *d, const struct updated *u,
                          const struct class_change *change, struct update_memo *memo)
{
    struct ribout_group *g = d->group;
    const struct ribout_slot said = change->said.slot;
    struct ribout_slot next = change->next.slot;
    struct class_rest rest;
    if (next.attrs != 0)
        group_slot_comes(g, next);
    layers_come(g, change->next.below);
    class_update(d, change, &memo->compared, &rest);
    count_change(g, change->id, said, next, &rest);
    class_end(d->out);
    struct ribout_slot *slot = u->slot ? u->slot : group_make_page(g, change->id);
    if (said.version == 0)
        group_take_slot(g, change->id, u->entry);
    if (!rest.is_told && said.attrs != 0 && next.attrs != 0 && !g->leavers)
        next.version = said.version; /* nobody need hear of it, now or later */
    *slot = next;
    layers_put(d->out, g, change->id, change->next.below);
    if (said.attrs != 0)
        group_slot_goes(d->out, g, said);
    if (next.attrs == 0)
        group_add_tombstone(d->out, g, change->id, 0);
}

/* The same where they stay what they are, but personal slots do not. */
static void change_personals(struct delivery *d, struct class_change *change,
                             struct update_memo *memo)
{
    struct class_rest rest;
    change->next = change->said;
    class_update(d, change, &memo->compared, &rest);
    count_change(d->group, change->id, change->said.slot, change->said.slot, &rest);
    class_end(d->out);
}

/* update_entry where there are several paths, or were. */
static __attribute__((noinline)) void
update_layers(struct delivery *d, uint32_t id, const struct updated *u, struct update_memo *memo)
{
    static const struct ribout_slot nothing;
    struct ribout_group *g = d->group;
    const struct layers all = layers_select(d->out, g, u->entry);
    const struct ribout_slot said = u->slot ? *u->slot : nothing;
    struct ribout_slot next = {.version = g->version};
    struct layers below = {NULL, 0};
    if (all.count > 0) {
        next.attrs = all.at[0].attrs;
        next.source = all.at[0].source;
        below = (struct layers){all.at + 1, all.count - 1};
    }
    struct class_change change = {
        .id = id,
        .entry = u->entry,
        .said = {said, layers_of(&g->layers, id)},
        .next = {next, below},
        .live_pass = memo->live_pass,
    };
    bool changed = next.attrs != said.attrs || !are_equal(change.said.below, below) ||
                   (next.attrs != 0 && (next.source != said.source || g->table->retell));
    if (change.said.below.count + below.count == 0)
        update_slot(d, id, u, said, next, changed, memo);
    else if (changed)
        change_layers(d, u, &change, memo);
    else if (may_be_personal(g, id, u->entry))
        change_personals(d, &change, memo);
}

/* --- entries --- */

/* Selects again for one entry. */
__attribute__((always_inline)) static inline void
update_entry(struct delivery *d, uint32_t id, const struct updated *u, struct update_memo *memo)
{
    struct ribout_group *g = d->group;
    if (g->layered && (u->entry->more_count > 0 || layers_of(&g->layers, id).count > 0)) {
        update_layers(d, id, u, memo);
        return;
    }
    const struct rib_path *path = select_next(g, u->entry, memo);
    struct ribout_slot next = {.version = g->version};
    if (path) {
        next.attrs = path->attrs;
        next.source = path->source;
    }
    struct ribout_slot said = u->slot ? *u->slot : (struct ribout_slot){0};
    bool changed =
        next.attrs != said.attrs || (path && (next.source != said.source || g->table->retell));
    update_slot(d, id, u, said, next, changed, memo);
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
    struct pack_share share = pack_share_of(output, m->source, party_name(m->party));
    if (m->queue->pending_bytes + share.len_bytes <= RIBOUT_LIVE_LIMIT_BYTES)
        pack_push(output, &share, m->queue);
    else if (m->in_step)
        member_restart(m, false, m->group->version - 1);
    else
        member_restart(m, m->pass.all, m->pass.since);
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

uint32_t group_update(struct ribout *out, struct ribout_group *g, const uint32_t *entries,
                      uint32_t count)
{
    next_version(g);
    struct update_memo memo = {.compared.rest.holds = g->has_policies,
                               .compared.special.holds = g->has_policies,
                               .compared.single.holds = g->has_policies,
                               .live_pass = has_live_pass(g)};
    bool is_heard = memo.live_pass || g->walking < g->member_count;
    struct delivery d = delivery_begin(out, g, is_heard ? out->pack : NULL, deliver_live, g);
    for (uint32_t done = 0; done < count; done += UPDATED_AT_ONCE) {
        struct updated found[UPDATED_AT_ONCE];
        uint32_t some = count - done < UPDATED_AT_ONCE ? count - done : UPDATED_AT_ONCE;
        find_and_fetch(&out->rib->attrs, g, entries + done, some, found);
        for (uint32_t i = 0; i < some; i++) {
            update_entry(&d, entries[done + i], &found[i], &memo);
            if (out->cost >= RIBOUT_SLICE_COST)
                count = done + i + 1;
        }
    }
    delivery_flush(&d);
    group_comparison_release(g, &memo.compared.rest);
    group_comparison_release(g, &memo.compared.special);
    group_comparison_release(g, &memo.compared.single);
    group_bury(out, g);
    return count;
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
        out->cost = 0;
        uint32_t done = group_update(out, g, out->chunk, count);
        if (done < count)
            g->fill_pos = out->chunk[done];
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
            group_slot_goes(out, g, slots[i]);
        slots[i].attrs = 0;
        group_release_slot(g, entry, &slots[i]); /* the last one frees the page */
    }
}

bool group_dissolve(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns)
{
    while (g->personals.slots.page_count > 0) {
        personal_release_page(out, g, g->personals.slots.page_count - 1);
        g->personals.slots.page_count--;
        if (time_mono_ns() >= deadline_ns)
            return !group_is_dissolved(g);
    }
    while (g->page_count > 0) {
        if (g->layered)
            layers_release_page(out, g, g->page_count - 1);
        if (g->pages[g->page_count - 1])
            release_page(out, g, g->page_count - 1);
        g->page_count--;
        if (time_mono_ns() >= deadline_ns)
            break;
    }
    return !group_is_dissolved(g);
}
