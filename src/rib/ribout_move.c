/* Moves: how a member changes to another group during the session.
 *
 * When the next group is ready the member joins it at once, but begins its pass there only when it
 * has been sent the withdrawals of what the group it left may have told it and the new one does not
 * tell. That is a walk over the slots of the group that it left, in slices as its queue has room.
 * Until it ends that group keeps the tombstones which the member did not get; what the new group
 * withdraws meanwhile has a later version than the member's pass is since. */
#include <stdlib.h>

#include "rib/ribout_group.h"

#define SLICE_ENTRIES 2048u

void group_check_use(struct ribout_group *g)
{
    g->dissolving = g->member_count == 0 && g->incoming == 0 && !g->leavers;
}

static void stop_moving(struct ribout_member *m)
{
    struct ribout_group *g = m->moving_to;
    if (!g)
        return;
    m->moving_to = NULL;
    g->incoming--;
    group_check_use(g);
}

void move_to(struct ribout_member *m, struct ribout_group *g)
{
    stop_moving(m);
    if (g == m->group)
        return;
    m->moving_to = g;
    g->incoming++;
    group_check_use(g); /* it may have been what the member was on the way to before */
}

/* The group that the member left need not remember it any more. */
static void forget_left(struct ribout_member *m)
{
    struct ribout_group *left = m->left.group;
    struct ribout_member **link = &left->leavers;
    while (*link != m)
        link = &(*link)->left.next;
    *link = m->left.next;
    m->left.group = NULL;
    group_check_use(left);
    if (!left->dissolving)
        group_bury(left);
}

void move_cancel(struct ribout_member *m)
{
    stop_moving(m);
    if (m->left.group)
        forget_left(m);
}

static bool can_move(const struct ribout_member *m)
{
    return m->moving_to && !m->left.group && !m->given_up && group_filled(m->moving_to);
}

static void change_group(struct ribout_member *m)
{
    struct ribout_group *from = m->group;
    struct ribout_group *to = m->moving_to;
    m->left.group = from;
    m->left.since = m->in_step ? from->version : m->pass.since;
    m->left.pos = 1;
    m->left.end = from->page_count << SLAB_CHUNK_BITS;
    m->left.next = from->leavers;
    from->leavers = m;
    m->moving_to = NULL;
    to->incoming--;
    group_remove_member(m);
    group_add_member(to, m);
}

void move_members(struct ribout_group *g)
{
    for (uint32_t i = 0; i < g->member_count;) {
        if (can_move(g->members[i]))
            change_group(g->members[i]); /* another member takes its place in the array */
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

static void deliver_to_member(void *ctx, const struct pack_output *output)
{
    struct ribout_member *m = ctx;
    msgq_push(m->queue, output->buf);
}

void move_slice(struct ribout *out, struct ribout_member *m)
{
    const struct ribout_group *left = m->left.group;
    uint32_t id = m->left.pos;
    uint32_t end = id + SLICE_ENTRIES;
    if (end > m->left.end)
        end = m->left.end;
    for (; id < end; id++) {
        const struct ribout_slot *slot = group_slot(left, id);
        if (!slot)
            id |= SLAB_CHUNK_ITEMS - 1; /* no page: on to the next */
        else if (slot_in_use(slot) && !ribout_member_slot(m, id))
            pack_add(out->pack, id, 0, 0, (struct pack_audience){0});
    }
    pack_encode(out->pack, out->rib, left->table, &left->treatment, deliver_to_member, m);
    m->left.pos = id;
    if (id >= m->left.end)
        forget_left(m);
}
