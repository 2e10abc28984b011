/* Members of update groups. */
#include "rib/ribout_member.h"

#include "base/mem.h"

void member_restart(struct ribout_member *m, bool all, uint32_t since)
{
    if (m->in_step) {
        m->in_step = false;
        m->group->walking++;
    }
    m->started = false;
    m->pass = (struct ribout_pass){.all = all, .since = since};
}

bool member_has_room(const struct ribout_member *m)
{
    return !m->in_step && !m->given_up && m->queue->pending_bytes < RIBOUT_PASS_LIMIT_BYTES;
}

void group_add_member(struct ribout_group *g, struct ribout_member *m)
{
    m->group = g;
    g->members = mem_resize(g->members, g->member_count + 1, sizeof(struct ribout_member *));
    g->members[g->member_count++] = m;
    if (m->source != 0) {
        group_source_at(g, m->source)->member = m;
        hops_set_member(&g->hops, &m->address, m->source);
    }
    personal_use(g, m->config_source);
    personal_count_member(g, m->config_source, 1);
    m->counted.group = NULL;
    m->in_step = true;
    member_restart(m, true, g->version);
}

void group_remove_member(struct ribout_member *m)
{
    struct ribout_group *g = m->group;
    uint32_t i = 0;
    while (g->members[i] != m)
        i++;
    g->members[i] = g->members[--g->member_count];
    if (m->source != 0) {
        group_source_at(g, m->source)->member = NULL;
        hops_set_member(&g->hops, &m->address, 0);
    }
    personal_count_member(g, m->config_source, -1);
    personal_unuse(g, m->config_source);
    if (!m->in_step)
        g->walking--;
    group_check_use(g);
}
