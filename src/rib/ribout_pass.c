/* Passes: how a new, refreshed or slow member catches up with its group.
 *
 * A pass visits every entry once and sends the present state of those that changed since the
 * version the member has. What changes meanwhile is left to the next pass, so that a slow peer
 * always makes progress; when a pass had little to send, the next one is live: changes are then
 * also sent as they happen, and when it ends the member is in step. */
#include "rib/ribout_pass.h"

#include "rib/ribout_class.h"
#include "rib/ribout_member.h"

#define SLICE_ENTRIES 2048u
/* A pass that sent no more than this is followed by a live one. */
#define LIVE_AFTER_ITEMS 20000u

/* Whether a slot is to be sent in this pass. Passes over everything may differ in `since`, which
 * then only matters to withdrawals: a needless one does no harm, so the earliest counts for all. */
static inline bool pass_wants(const struct ribout_pass *pass, const struct ribout_slot *slot)
{
    if (!slot_in_use(slot) || (pass->live && version_after(slot->version, pass->began)))
        return false;
    return (pass->all && slot->attrs != 0) || version_after(slot->version, pass->since);
}
/* A member of the group whose first pass `m` can fall in with. */
static const struct ribout_member *find_joinable_pass(const struct ribout_member *m)
{
    const struct ribout_group *g = m->group;
    for (uint32_t i = 0; m->pass.all && !m->pass.live && i < g->member_count; i++) {
        const struct ribout_member *other = g->members[i];
        if (other != m && other->started && other->pass.all && !other->pass.live)
            return other;
    }
    return NULL;
}

static void pass_start(struct ribout_member *m)
{
    struct ribout_pass *pass = &m->pass;
    struct ribout_group *g = m->group;
    pass->began = g->version;
    if (m->untold && pass->all)
        pass->since = g->version;
    pass->end = rib_table_count(g->table) ? slab_end(&g->table->entries) : 1;
    pass->left = pass->end - 1;
    pass->pos = 1;
    const struct ribout_member *other = find_joinable_pass(m);
    if (other && other->pass.pos < pass->end)
        pass->pos = other->pass.pos;
    m->started = true;
}

/* Whether a member waits for a pass like another one. */
static bool waits_for(const struct ribout_member *m, const struct ribout_pass *pass)
{
    return !m->started && !m->left.group && member_has_room(m) && m->pass.all == pass->all &&
           m->pass.live == pass->live && (pass->all || m->pass.since == pass->since);
}

/* Starts the pass of a member, and with it those of all who wait for one like it: so they walk
 * together. */
static void start_together(struct ribout_member *lead)
{
    const struct ribout_group *g = lead->group;
    const struct ribout_pass pass = lead->pass;
    pass_start(lead);
    for (uint32_t i = 0; i < g->member_count; i++)
        if (waits_for(g->members[i], &pass))
            pass_start(g->members[i]);
}

static void send_end_of_rib(struct ribout_member *m)
{
    uint8_t bytes[64];
    struct writer w = writer_over(bytes, sizeof(bytes));
    update_encode_end_of_rib(&w, (enum family)m->group->profile.family);
    struct msgbuf *buf = msgbuf_new(bytes, writer_len(&w), 1, 1);
    msgq_push(m->queue, buf);
    msgbuf_unref(buf);
    m->eor_wanted = false;
}

/* The pass has visited everything: in step, or another one over what changed meanwhile. */
static void pass_end(struct ribout_member *m)
{
    struct ribout_pass *pass = &m->pass;
    if (m->eor_wanted)
        send_end_of_rib(m);
    if (pass->live || pass->began == m->group->version) {
        m->in_step = true;
        m->started = false;
        m->group->walking--;
        return;
    }
    bool live = pass->sent <= LIVE_AFTER_ITEMS;
    member_restart(m, false, pass->began);
    m->pass.live = live;
}

void pass_settle(struct ribout_member *m)
{
    if (m->in_step || !group_filled(m->group) || rib_table_count(m->group->table) > 0)
        return;
    pass_start(m);
    pass_end(m);
}

static bool walks_with(const struct ribout_member *m, const struct ribout_pass *lead)
{
    const struct ribout_pass *p = &m->pass;
    return member_has_room(m) && m->started && p->pos == lead->pos && p->all == lead->all &&
           p->live == lead->live && (p->all || p->since == lead->since) &&
           (!p->live || p->began == lead->began);
}

/* Members at the same place, who share a slice. */
struct cohort {
    struct ribout_member **members; /* borrowed */
    uint32_t count;
    struct ribout_pass lead; /* as it was before the slice */
};

/* A slice of a pass. */
struct slice {
    struct pack *pack;
    const struct ribout_group *group;
    const struct ribout_pass *pass;
};

/* Packs what a slot asks for, as a class (NULL: all) is told it; returns how many items. */
static inline uint32_t pack_slot(const struct slice *slice, uint32_t id,
                                 const struct group_class *class, struct ribout_slot slot,
                                 uint32_t told)
{
    if (!pass_wants(slice->pass, &slot))
        return 0;
    const struct ribout_slot said = {told, slot.source, slot.version};
    const struct ribout_member *left_out = class_left_out(slice->group, class, said);
    pack_add(slice->pack, id, told, slot.source, group_all_but(slice->pack, class, left_out));
    /* Its own route: the peer must forget what it was told before. */
    if (left_out && version_after(slot.version, slice->pass->since))
        pack_add(slice->pack, id, 0, 0, group_only(left_out));
    return 1;
}

static uint32_t pack_for_class(void *ctx, uint32_t id, const struct group_class *class,
                               struct class_view view, struct class_view other)
{
    const struct slice *slice = ctx;
    (void)other;
    if (view.told == 0 && !version_after(view.slot.version, slice->pass->since))
        return 0; /* nothing, as before */
    return pack_slot(slice, id, class, view.slot, view.told);
}

/* Packs what the slots in [from, to) ask for, which are the same to all; returns how many items. */
static uint32_t pack_alike(const struct slice *slice, uint32_t from, uint32_t to)
{
    uint32_t items = 0;
    for (uint32_t id = from; id < to; id++) {
        const struct ribout_slot *slot = group_slot(slice->group, id);
        if (slot)
            items += pack_slot(slice, id, NULL, *slot, slot->attrs);
        else
            id |= SLAB_CHUNK_ITEMS - 1; /* no page: on to the next */
    }
    return items;
}

/* The same where some may be another thing to parties. Ends before *to where there are very many
 * personal ones. */
static uint32_t pack_by_class(struct delivery *d, struct slice *slice, uint32_t from, uint32_t *to)
{
    const struct ribout_group *g = d->group;
    uint32_t items = 0;
    uint32_t visited = 0;
    for (uint32_t id = from; id < *to; id++) {
        const struct ribout_slot *slot = group_slot(g, id);
        const uint32_t personal_count = personal_slots_of(&g->personals.slots, id).count;
        bool is_wanted = slot && pass_wants(slice->pass, slot);
        bool has_layers = is_wanted && layers_of(&g->layers, id).count > 0;
        if (personal_count > 0 || (is_wanted && g->has_policies) || has_layers) {
            items += class_each(d, NULL, id, pack_for_class, slice);
            visited += personal_count;
            if (visited >= RIBOUT_SLICE_PERSONAL || d->out->cost >= RIBOUT_SLICE_COST)
                *to = id + 1;
        } else if (is_wanted) {
            items += pack_slot(slice, id, NULL, *slot, slot->attrs);
        } else if (!slot && !personal_page_of(&g->personals.slots, id)) {
            id |= SLAB_CHUNK_ITEMS - 1;
        }
    }
    return items;
}

/* Packs what the slots in [from, *to) ask for. */
static uint32_t pack_range(struct delivery *d, const struct cohort *c, uint32_t from, uint32_t *to)
{
    const struct ribout_group *g = d->group;
    struct slice slice = {d->pack, g, &c->lead};
    if (!group_counts(g) && g->personals.slots.page_count == 0)
        return pack_alike(&slice, from, *to);
    return pack_by_class(d, &slice, from, to);
}

static void deliver_to_cohort(void *ctx, const struct pack_output *output)
{
    const struct cohort *c = ctx;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct ribout_member *m = c->members[i];
        struct pack_share share = pack_share_of(output, m->source, party_name(m->party));
        pack_push(output, &share, m->queue);
    }
}

/* Brings the members that walk with `lead` to the front of the group's array. */
static struct cohort gather_cohort(struct ribout_group *g, const struct ribout_member *lead)
{
    struct cohort c = {.members = g->members, .lead = lead->pass};
    for (uint32_t i = 0; i < g->member_count; i++) {
        struct ribout_member *m = g->members[i];
        if (!walks_with(m, &c.lead))
            continue;
        g->members[i] = g->members[c.count];
        g->members[c.count++] = m;
        if (version_after(c.lead.since, m->pass.since))
            c.lead.since = m->pass.since;
    }
    return c;
}

/* The end of the next slice: no member of the cohort may pass its own end. */
static uint32_t slice_end(const struct cohort *c)
{
    uint32_t to = c->lead.pos + SLICE_ENTRIES;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct ribout_pass *pass = &c->members[i]->pass;
        if (to > pass->end)
            to = pass->end;
        if (to - pass->pos > pass->left)
            to = pass->pos + pass->left;
    }
    return to;
}

static void advance(struct ribout_member *m, uint32_t steps, uint32_t items)
{
    m->pass.pos += steps;
    m->pass.left -= steps;
    m->pass.sent += items;
    m->untold &= items == 0;
    if (m->pass.left == 0)
        pass_end(m);
    else if (m->pass.pos >= m->pass.end)
        m->pass.pos = 1;
}

/* One slice for `lead` and all members at the same place. */
static void walk_slice(struct ribout *out, struct ribout_group *g, const struct ribout_member *lead)
{
    struct cohort c = gather_cohort(g, lead);
    uint32_t to = slice_end(&c);
    struct delivery d = delivery_begin(out, g, out->pack, deliver_to_cohort, &c);
    if (g->party_count > 0 || g->layered)
        party_mark(classes_marks(out->classes), c.members, c.count);
    out->cost = 0;
    uint32_t items = pack_range(&d, &c, c.lead.pos, &to);
    delivery_flush(&d);
    for (uint32_t i = 0; i < c.count; i++)
        advance(c.members[i], to - c.lead.pos, items);
}

void pass_slice(struct ribout *out, struct ribout_member *lead)
{
    if (!lead->started)
        start_together(lead);
    if (lead->pass.left == 0)
        pass_end(lead);
    else
        walk_slice(out, lead->group, lead);
}
