/* RIB-out: membership of update groups, and the order of work. */
#include "rib/ribout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "rib/flow_check.h"
#include "rib/ribout_class.h"
#include "rib/ribout_count.h"
#include "rib/ribout_member.h"
#include "rib/ribout_move.h"
#include "rib/ribout_pass.h"
#include "rib/ribout_personal.h"
#include "rib/ribout_tombstone.h"
#include "rib/ribout_update.h"

/* Dirty entries that a step shows to the groups: fewer when these are many, so that a step stays
 * short. */
#define CHUNK_ENTRIES     4096u
#define CHUNK_MIN_ENTRIES 64u
#define CHUNK_WORK        (4 * CHUNK_ENTRIES) /* entries times groups */
/* An entry may make two items: for everybody else, and for the peer that the best path moved to. */
#define PACK_ITEMS (2 * CHUNK_ENTRIES + RIBOUT_EXTRA_ITEMS)

void ribout_init(struct ribout *out, struct rib *rib)
{
    *out = (struct ribout){.rib = rib};
    out->pack = pack_new(&rib->attrs, PACK_ITEMS);
    out->chunk = mem_resize(NULL, CHUNK_ENTRIES, sizeof(*out->chunk));
    out->classes = group_classes_new();
    rib_views_init(&out->views, rib);
}

static void remove_group(struct ribout *out, uint32_t index)
{
    outcome_cache_free(out->rib, out->groups[index]->outcomes);
    group_free(out->groups[index]);
    out->groups[index] = out->groups[--out->group_count];
}

void ribout_release(struct ribout *out)
{
    while (out->group_count > 0) {
        assert(out->groups[0]->member_count == 0);
        group_dissolve(out, out->groups[0], UINT64_MAX);
        remove_group(out, 0);
    }
    free(out->groups);
    pack_free(out->pack);
    free(out->chunk);
    free(out->ranked);
    free(out->held);
    rib_ranking_release(&out->ranking);
    group_classes_free(out->classes);
    rib_views_release(&out->views);
}

static struct ribout_group *group_for(struct ribout *out, const struct export_profile *t,
                                      bool has_policies)
{
    for (uint32_t i = 0; i < out->group_count; i++) {
        struct ribout_group *g = out->groups[i];
        if (!g->dissolving && g->has_policies == has_policies &&
            memcmp(&g->profile, t, sizeof(*t)) == 0)
            return g;
    }
    struct ribout_group *g = group_new(out, t, has_policies);
    g->outcomes = has_policies ? outcome_cache_new() : NULL;
    out->groups = mem_resize(out->groups, out->group_count + 1, sizeof(struct ribout_group *));
    return out->groups[out->group_count++] = g;
}

struct ribout_member *ribout_join(struct ribout *out, const struct ribout_outbound *what,
                                  struct msgq *queue, uint32_t source, uint32_t config_source)
{
    struct ribout_member *m = mem_zalloc(sizeof(*m));
    struct ribout_group *g = group_for(out, &what->profile, what->policy != NULL);
    m->queue = queue;
    m->source = source;
    m->config_source = config_source;
    m->view = rib_view_for(&out->views, what->policy, what->peer);
    m->address = hop_key_of_ip(&rib_source_at(out->rib, source)->addr);
    m->eor_wanted = true;
    m->untold = true;
    group_add_member(g, m, party_for(g, (struct party_key){config_source, m->view, NULL}));
    pass_settle(m);
    return m;
}

void ribout_set_config_source(struct ribout *out, struct ribout_member *m, uint32_t config_source)
{
    const struct ribout_group *g = m->group;
    assert(m->config_source == 0 && rib_source_next_entry(g->rib, config_source, g->table, 1) == 0);
    move_take_config_source(out, m, config_source);
}

void ribout_leave(struct ribout *out, struct ribout_member *m)
{
    out->given_up -= m->given_up;
    move_cancel(out, m);
    group_remove_member(out, m);
    rib_view_unref(&out->views, m->view);
    free(m);
}

void ribout_refresh(struct ribout_member *m)
{
    member_restart(m, true, m->in_step ? m->group->version : m->pass.since);
}

void ribout_move(struct ribout *out, struct ribout_member *m, const struct ribout_outbound *what)
{
    struct ribout_group *g = group_for(out, &what->profile, what->policy != NULL);
    move_to(out, m, g, rib_view_for(&out->views, what->policy, what->peer));
}

void ribout_count_hits(struct ribout *out)
{
    kept_runs_count_hits(out->views.kept);
    for (uint32_t i = 0; i < out->group_count; i++)
        outcome_cache_count_hits(out->groups[i]->outcomes);
}

static uint32_t groups_of(const struct ribout *out, const struct rib_table *t)
{
    uint32_t groups = 0;
    for (uint32_t i = 0; i < out->group_count; i++)
        groups += out->groups[i]->table == t;
    return groups;
}

static uint32_t chunk_entries(uint32_t groups)
{
    uint32_t entries = CHUNK_WORK / (1 + groups);
    return entries > CHUNK_ENTRIES       ? CHUNK_ENTRIES
           : entries < CHUNK_MIN_ENTRIES ? CHUNK_MIN_ENTRIES
                                         : entries;
}

/* Takes a chunk of dirty entries of a table and shows it to the groups of its family. */
static void flush_chunk(struct ribout *out, struct rib_table *t)
{
    uint32_t groups = groups_of(out, t);
    uint32_t taken = rib_dirty_take(out->rib, t, out->chunk, chunk_entries(groups));
    uint32_t count = taken;
    for (uint32_t i = 0; i < out->group_count; i++) {
        if (out->groups[i]->table != t || out->groups[i]->dissolving)
            continue;
        out->cost = RIBOUT_SLICE_COST - RIBOUT_SLICE_COST / groups; /* they share a slice */
        count = group_update(out, out->groups[i], out->chunk, count);
    }
    rib_dirty_give_back(t, taken - count); /* groups that had a look see that nothing is new */
    if (out->rib->flows[t->family])
        flow_check_note(out->rib, t, out->chunk, count);
    rib_dirty_done(t, out->chunk, count);
    rib_end_retelling(out->rib);
}

bool ribout_flush(struct ribout *out, uint64_t deadline_ns)
{
    for (unsigned f = 0; f < FAMILY_COUNT; f++) {
        struct rib_table *t = &out->rib->tables[f];
        while (rib_dirty_count(t) > 0) {
            flush_chunk(out, t);
            if (time_mono_ns() >= deadline_ns)
                return true;
        }
    }
    return false;
}

static struct ribout_member *member_with_room(const struct ribout_group *g)
{
    for (uint32_t i = 0; g->walking > 0 && i < g->member_count; i++)
        if (member_has_room(g->members[i]))
            return g->members[i];
    return NULL;
}

/* True when a member of the group could go on. */
static bool can_walk(const struct ribout_group *g)
{
    return member_with_room(g) != NULL;
}

/* Advances the members of a group that have room; true when one could go on at once. */
static bool walk(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns)
{
    if (!group_ready(g))
        return true;
    struct ribout_member *lead;
    while ((lead = member_with_room(g)) != NULL) {
        if (lead->left.group)
            move_slice(out, lead);
        else
            pass_slice(out, lead);
        group_bury(out, g);
        if (time_mono_ns() >= deadline_ns)
            return true;
    }
    return false;
}

/* One group's share of work; true while it has more that can be done now. */
static bool work_on_group(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns)
{
    if (g->dissolving)
        return group_dissolve(out, g, deadline_ns);
    if (group_fill(out, g, deadline_ns))
        return true;
    if (personal_work(out, g, deadline_ns))
        return true;
    move_members(out, g);
    count_anew(g);
    /* However often new members come, the others get on. */
    uint64_t now_ns = time_mono_ns();
    bool is_counting = count_work(
        out, g, deadline_ns > now_ns ? now_ns + (deadline_ns - now_ns) / 2 : deadline_ns);
    return walk(out, g, deadline_ns) || is_counting;
}

bool ribout_work(struct ribout *out, uint64_t deadline_ns)
{
    bool more = false;
    for (uint32_t i = 0; i < out->group_count; i++) {
        uint32_t index = (out->next_walk + i) % out->group_count;
        struct ribout_group *g = out->groups[index];
        more |= work_on_group(out, g, deadline_ns);
        if (time_mono_ns() >= deadline_ns) {
            out->next_walk = index + 1;
            more = true;
            break;
        }
    }
    for (uint32_t i = out->group_count; i-- > 0;)
        if (out->groups[i]->dissolving && group_is_dissolved(out->groups[i]))
            remove_group(out, i);
    return more || ribout_has_work(out);
}

bool ribout_has_work(const struct ribout *out)
{
    for (uint32_t i = 0; i < out->group_count; i++) {
        const struct ribout_group *g = out->groups[i];
        if (g->dissolving || !group_settled(g) || count_is_stale(g) || move_possible(g) ||
            can_walk(g))
            return true;
    }
    return false;
}

uint32_t ribout_member_advertised(struct ribout_member *m)
{
    return count_told(m);
}

bool ribout_member_given_up(const struct ribout_member *m)
{
    return m->given_up;
}

const struct export_profile *ribout_member_profile(const struct ribout_member *m)
{
    return &m->group->profile;
}

bool ribout_member_is_moving(const struct ribout_member *m)
{
    return m->moving_to || m->left.group;
}
