/* Moves: how a member changes to another group during the session.
 *
 * When the next group is ready the member joins it at once, but begins its pass there only when it
 * has been sent what the new group tells otherwise than the one that it left: a walk over the slots
 * of both side by side, in slices as its queue has room. What looks the same to it is not sent
 * again. Until the walk ends the group that was left keeps the tombstones which the member did not
 * get; what changes in the new one meanwhile has a later version than the member's pass is since,
 * and is left to that pass. Members that change between the same groups together share the walk. */
#include "rib/ribout_move.h"

#include "rib/ribout_class.h"
#include "rib/ribout_count.h"
#include "rib/ribout_member.h"
#include "rib/ribout_personal.h"
#include "rib/ribout_tombstone.h"

#define SLICE_ENTRIES 2048u

static void stop_moving(struct ribout *out, struct ribout_member *m)
{
    struct ribout_group *g = m->moving_to;
    if (!g)
        return;
    m->moving_to = NULL;
    g->incoming--;
    party_unuse(out, g, m->moving_to_party);
    rib_view_unref(&out->views, m->moving_to_view);
    group_check_use(g);
}

void move_to(struct ribout *out, struct ribout_member *m, struct ribout_group *g,
             struct rib_view *view)
{
    stop_moving(out, m);
    if (g == m->group && view == m->view) {
        rib_view_unref(&out->views, view);
        return;
    }
    m->moving_to = g;
    m->moving_to_view = view;
    m->moving_to_party = party_for(g, (struct party_key){m->config_source, view, NULL});
    g->incoming++;
    group_check_use(g); /* it may have been what the member was on the way to before */
}

/* The group that the member left need not remember it any more. */
static void forget_left(struct ribout *out, struct ribout_member *m)
{
    struct ribout_group *left = m->left.group;
    struct ribout_member **link = &left->leavers;
    while (*link != m)
        link = &(*link)->left.next;
    *link = m->left.next;
    m->left.group = NULL;
    member_change_party(out, m,
                        party_for(m->group, (struct party_key){m->config_source, m->view, NULL}));
    party_unuse(out, left, m->left.party);
    m->left.party = NULL;
    group_check_use(left);
    if (!left->dissolving)
        group_bury(out, left);
}

void move_cancel(struct ribout *out, struct ribout_member *m)
{
    stop_moving(out, m);
    if (m->left.group)
        forget_left(out, m);
}

void move_take_config_source(struct ribout *out, struct ribout_member *m, uint32_t config_source)
{
    struct ribout_group *to = m->moving_to;
    struct rib_view *view = to ? rib_view_ref(m->moving_to_view) : NULL;
    struct ribout_party *left = m->left.party;
    stop_moving(out, m);
    m->config_source = config_source;
    if (m->left.group)
        m->left.party = party_for(
            m->left.group, (struct party_key){config_source, left ? left->view : NULL, NULL});
    member_change_party(
        out, m, party_for(m->group, (struct party_key){config_source, m->view, m->left.party}));
    if (m->left.group)
        party_unuse(out, m->left.group, left);
    if (to)
        move_to(out, m, to, view);
}

static bool can_move(const struct ribout_member *m)
{
    return m->moving_to && !m->left.group && !m->given_up && group_ready(m->moving_to);
}

static uint32_t pages_of(const struct ribout_group *g)
{
    uint32_t personal = g->personals.slots.page_count;
    return g->page_count > personal ? g->page_count : personal;
}

static void change_group(struct ribout *out, struct ribout_member *m)
{
    struct ribout_group *from = m->group;
    struct ribout_group *to = m->moving_to;
    uint32_t pages = pages_of(from) > pages_of(to) ? pages_of(from) : pages_of(to);
    uint32_t told = count_told(m);
    m->left.group = from;
    m->left.party = m->party;
    m->left.all = !m->in_step && m->pass.all;
    m->left.since = m->in_step ? from->version : m->pass.since;
    m->left.joined = to->version;
    m->left.pos = 1;
    m->left.end = pages << SLAB_CHUNK_BITS;
    m->left.next = from->leavers;
    from->leavers = m;
    m->moving_to = NULL;
    to->incoming--;
    if (m->party)
        m->party->users++; /* as what it left */
    group_remove_member(out, m);
    rib_view_unref(&out->views, m->view);
    m->view = m->moving_to_view;
    group_add_member(to, m,
                     party_for(to, (struct party_key){m->config_source, m->view, m->left.party}));
    m->told.last = told;
    party_unuse(out, to, m->moving_to_party);
    member_restart(m, false, m->left.joined);
}

void move_members(struct ribout *out, struct ribout_group *g)
{
    for (uint32_t i = 0; i < g->member_count;) {
        if (can_move(g->members[i]))
            change_group(out, g->members[i]); /* another member takes its place in the array */
        else
            i++;
    }
}

bool move_possible(const struct ribout_group *g)
{
    for (uint32_t i = 0; i < g->member_count; i++)
        if (can_move(g->members[i]))
            return true;
    return false;
}

/* Members of one group that left the same one together, and are at the same place. */
struct movers {
    struct ribout_member **members; /* borrowed */
    uint32_t count;
    struct ribout_left left; /* as it was before the slice */
};

static bool moves_with(const struct ribout_member *m, const struct ribout_left *lead)
{
    const struct ribout_left *left = &m->left;
    return left->group == lead->group && left->pos == lead->pos && left->all == lead->all &&
           left->since == lead->since && left->joined == lead->joined && left->end == lead->end &&
           member_has_room(m);
}

/* Brings those that move with `lead` to the front of the group's array. */
static struct movers gather_movers(struct ribout_group *g, const struct ribout_member *lead)
{
    struct movers movers = {.members = g->members, .left = lead->left};
    for (uint32_t i = 0; i < g->member_count; i++) {
        struct ribout_member *m = g->members[i];
        if (!moves_with(m, &movers.left))
            continue;
        g->members[i] = g->members[movers.count];
        g->members[movers.count++] = m;
    }
    return movers;
}

static void deliver_to_movers(void *ctx, const struct pack_output *output)
{
    const struct movers *movers = ctx;
    for (uint32_t i = 0; i < movers->count; i++) {
        const struct ribout_member *m = movers->members[i];
        struct pack_share share = pack_share_of(output, m->source, party_name(m->party));
        pack_push(output, &share, m->queue);
    }
}

/* A slice of the walk. */
struct move {
    struct delivery *delivery;
    const struct ribout_left *left;
    struct group_comparison last;
};

/* What those of a class who move must be told of one entry. */
static uint32_t pack_move(void *ctx, uint32_t id, const struct group_class *class,
                          struct class_view now, struct class_view had)
{
    static const struct group_saying nothing;
    struct move *move = ctx;
    const struct ribout_left *left = move->left;
    struct ribout_group *g = move->delivery->group;
    struct pack *pack = move->delivery->pack;
    if (slot_in_use(&now.slot) && version_after(now.slot.version, left->joined))
        return 0; /* the pass comes to that */
    bool is_known =
        !left->all && !(slot_in_use(&had.slot) && version_after(had.slot.version, left->since));
    const struct group_saying before =
        class_had(left->group, had, class_was_left_out(g, left->group, class, class_told(had)));
    const struct group_saying after = {.slot = class_told(now),
                                       .left_out = class_left_out(g, class, class_told(now))};
    if (!is_known && (slot_in_use(&had.slot) || now.slot.attrs != 0))
        group_pack_change(pack, id, class, nothing, after, false, false);
    else if (before.may_be_told || now.told != 0)
        group_pack_change(
            pack, id, class, before, after,
            group_looks_the_same(g, &left->group->profile, before.slot, after.slot, &move->last),
            true);
    return 0;
}

/* Whether one of the groups may say something of an entry, or of those after it in its page. */
static bool has_page(const struct ribout_group *g, uint32_t id)
{
    return group_slot(g, id) || personal_page_of(&g->personals.slots, id);
}

static uint32_t slots_of(const struct ribout_group *g, uint32_t id)
{
    return personal_slots_of(&g->personals.slots, id).count;
}

void move_slice(struct ribout *out, struct ribout_member *lead)
{
    struct ribout_group *g = lead->group;
    struct movers movers = gather_movers(g, lead);
    struct ribout_group *from = movers.left.group;
    struct delivery d = delivery_begin(out, g, out->pack, deliver_to_movers, &movers);
    struct move move = {
        .delivery = &d, .left = &movers.left, .last.holds = g->has_policies || from->has_policies};
    uint32_t id = movers.left.pos;
    uint32_t end = id + SLICE_ENTRIES;
    uint32_t visited = 0;
    if (end > movers.left.end)
        end = movers.left.end;
    out->cost = 0;
    party_mark(classes_marks(out->classes), movers.members, movers.count);
    for (; id < end; id++) {
        if (!has_page(from, id) && !has_page(g, id))
            id |= SLAB_CHUNK_ITEMS - 1; /* no page: on to the next */
        else
            class_each(&d, from, id, pack_move, &move);
        visited += slots_of(from, id) + slots_of(g, id);
        if (visited >= RIBOUT_SLICE_PERSONAL || out->cost >= RIBOUT_SLICE_COST)
            end = id + 1;
    }
    delivery_flush(&d);
    group_comparison_release(g, &move.last);
    for (uint32_t i = 0; i < movers.count; i++) {
        movers.members[i]->left.pos = id;
        movers.members[i]->untold = false;
        if (id >= movers.left.end)
            forget_left(out, movers.members[i]);
    }
}
