/* Tombstones stand in the order of their versions, so that burying looks at the first ones only.
 * What a member that takes nothing makes them grow to is bounded: it is given up on. */
#include "rib/ribout_tombstone.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rib/ribout_member.h"
#include "rib/ribout_personal.h"

/* An array of more is not kept. */
#define KEPT_TOMBSTONES 4096u

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
    member_restart(m, true, m->group->version);
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

void group_make_room_for_tombstones(struct ribout *out, struct ribout_group *g)
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
        if (g->tombstone_size > KEPT_TOMBSTONES) {
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
            group_release_slot(g, t.entry, slot);
    }
    tombstones_compact(g);
}
