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

static void enter_party(struct ribout_member *m, struct ribout_party *party)
{
    m->party = party;
    if (!party)
        return;
    m->party_before = NULL;
    m->party_next = party->first;
    if (party->first)
        party->first->party_before = m;
    party->first = m;
    party->members++;
}

static void leave_party(struct ribout *out, struct ribout_member *m)
{
    struct ribout_party *party = m->party;
    if (!party)
        return;
    if (m->party_before)
        m->party_before->party_next = m->party_next;
    else
        party->first = m->party_next;
    if (m->party_next)
        m->party_next->party_before = m->party_before;
    party->members--;
    m->party = NULL;
    party_unuse(out, m->group, party);
}

void member_change_party(struct ribout *out, struct ribout_member *m, struct ribout_party *party)
{
    leave_party(out, m);
    enter_party(m, party);
}

void group_add_member(struct ribout_group *g, struct ribout_member *m, struct ribout_party *party)
{
    m->group = g;
    g->members = mem_resize(g->members, g->member_count + 1, sizeof(struct ribout_member *));
    g->members[g->member_count++] = m;
    if (m->source != 0) {
        group_source_at(g, m->source)->member = m;
        hops_set_member(&g->hops, &m->address, m->source);
    }
    enter_party(m, party);
    m->counted.group = NULL;
    m->told = (struct ribout_count){.state = RIBOUT_UNCOUNTED};
    g->uncounted += group_counts(g);
    m->in_step = true;
    member_restart(m, true, g->version);
}

void group_remove_member(struct ribout *out, struct ribout_member *m)
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
    g->uncounted -= group_counts(g) && m->told.state != RIBOUT_COUNTED;
    leave_party(out, m);
    if (!m->in_step)
        g->walking--;
    group_check_use(g);
}
