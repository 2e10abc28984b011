/* Going through the tables. Between two steps a comparison holds keys, counted attribute sets,
 * references to policies, and members of update groups, which are looked for again when sessions
 * have come or gone: so everything may change meanwhile. When the configuration in force changes
 * there is nothing to compare with any more. */
#include "daemon/preview_walk.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "daemon/preview_change.h"
#include "daemon/state.h"

/* Paths, and answers of policies, between two looks at the clock. */
#define WORK_PER_LOOK 64u
#define TESTS_OF_WORK 16u /* of policies: as much as the judging of a path beside that */

struct preview *preview_new(struct speaker *s, struct config *config,
                            const struct scoped_prefix *peers, bool lists)
{
    struct preview *p = mem_zalloc(sizeof(*p));
    p->s = s;
    p->config = config;
    p->configured = s->previews.configured;
    p->sessions = s->previews.sessions;
    preview_plan_init(&p->plan, s, config, peers);
    preview_judge_init(&p->judge, &s->rib, &p->plan, lists);
    s->previews.walking++;
    return p;
}

void preview_free(struct preview *p)
{
    if (!p)
        return;
    for (unsigned d = 0; d < POLICY_DIRECTIONS; d++) {
        free(p->shown.rows[d].rows);
        free(p->shown.examples[d]);
    }
    if (p->scanning)
        rib_cursor_release(&p->cursor);
    preview_judge_release(&p->judge);
    preview_plan_release(&p->plan, &p->s->rib);
    config_free(p->config);
    p->s->previews.walking--;
    memory_freed(p->s);
    free(p);
}

const struct config *preview_config(const struct preview *p)
{
    return p->config;
}

bool preview_is_stale(const struct preview *p)
{
    return p->configured != p->s->previews.configured;
}

void preview_end_list(struct preview *p)
{
    p->judge.lists = false;
}

/* The next entry, or 0 at the end. */
static uint32_t next_entry(struct preview *p)
{
    for (;;) {
        uint32_t id = p->scanning ? rib_cursor_next(&p->cursor) : 0;
        if (id != 0)
            return id;
        if (p->scanning) {
            rib_cursor_release(&p->cursor);
            p->family++;
        }
        p->scanning = false;
        while (p->family < FAMILY_COUNT && !preview_plan_concerns(&p->plan, p->family))
            p->family++;
        if (p->family == FAMILY_COUNT)
            return 0;
        rib_cursor_init(&p->cursor, &p->s->rib.tables[p->family]);
        p->scanning = true;
    }
}

static void follow_sessions(struct preview *p)
{
    if (p->sessions == p->s->previews.sessions)
        return;
    p->sessions = p->s->previews.sessions;
    preview_plan_follow(&p->plan, p->s);
}

static bool next_found(struct preview *p, struct preview_change *ret_change)
{
    if (p->found_at == p->judge.found_count)
        return false;
    const struct preview_found *found = &p->judge.found[p->found_at++];
    *ret_change =
        preview_change_of(&p->plan, &p->s->rib, found->direction, &p->plan.channels[found->channel],
                          &found->pair, p->cursor.last);
    return true;
}

/* Looks at an entry; how much that was to do. */
static uint32_t judge_entry(struct preview *p, uint32_t id)
{
    struct rib_table *t = &p->s->rib.tables[p->family];
    uint32_t work = 1;
    if (rib_table_at(t, id)->flags & ENTRY_UNDECIDED)
        work += rib_entry_decide(&p->s->rib, t, id);
    work += rib_entry_path_count(rib_table_at(t, id));
    p->judge.work = 0;
    preview_judge_entry(&p->judge, t, id);
    work += kept_runs_take_cost(p->judge.in) / TESTS_OF_WORK;
    return work + p->judge.work + kept_runs_take_cost(p->judge.out) / TESTS_OF_WORK;
}

enum preview_step preview_next(struct preview *p, uint64_t deadline_ns,
                               struct preview_change *ret_change)
{
    uint32_t work = 0;
    follow_sessions(p);
    while (!preview_is_stale(p)) {
        if (next_found(p, ret_change))
            return PREVIEW_CHANGE;
        preview_judge_clear(&p->judge);
        p->found_at = 0;
        if (work >= WORK_PER_LOOK && time_mono_ns() >= deadline_ns)
            return PREVIEW_YIELD;
        work = work >= WORK_PER_LOOK ? 0 : work;
        uint32_t id = next_entry(p);
        if (id == 0)
            return PREVIEW_END;
        work += judge_entry(p, id);
    }
    preview_judge_clear(&p->judge);
    p->found_at = 0;
    return PREVIEW_END;
}
