/* Parties: how they come and go, and who of them walks. */
#include "rib/ribout_party.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rib/ribout_personal.h"

static bool is_of(const struct ribout_party *party, const struct party_key *key)
{
    return party->config_source == key->config_source && party->view == key->view &&
           party->left == key->left;
}

/* The party of a key; NULL, with a free number for it. */
static struct ribout_party *find(const struct ribout_group *g, const struct party_key *key,
                                 uint32_t *ret_free)
{
    *ret_free = g->party_count;
    for (uint32_t i = 0; i < g->party_count; i++) {
        if (!g->parties[i])
            *ret_free = i;
        else if (is_of(g->parties[i], key))
            return g->parties[i];
    }
    return NULL;
}

static struct ribout_party *make(struct ribout_group *g, uint32_t number,
                                 const struct party_key *key)
{
    if (number == g->party_count)
        g->parties = mem_resize(g->parties, ++g->party_count, sizeof(struct ribout_party *));
    struct ribout_party *party = mem_zalloc(sizeof(*party));
    party->number = number;
    party->config_source = key->config_source;
    party->view = rib_view_ref(key->view);
    party->left = key->left;
    g->parties[number] = party;
    g->party_changes++;
    personal_use(g, key->config_source);
    return party;
}

struct ribout_party *party_for(struct ribout_group *g, struct party_key key)
{
    uint32_t number;
    if (!rib_export_tells_config(&g->profile))
        key.config_source = 0;
    if (key.config_source == 0 && !key.view && !key.left)
        return NULL;
    struct ribout_party *party = find(g, &key, &number);
    if (!party)
        party = make(g, number, &key);
    party->users++;
    return party;
}

void party_unuse(struct ribout *out, struct ribout_group *g, struct ribout_party *party)
{
    if (!party || --party->users > 0)
        return;
    personal_unuse(g, party->config_source);
    rib_view_unref(&out->views, party->view);
    g->parties[party->number] = NULL;
    g->party_changes++;
    free(party);
}

/* --- walks --- */

void party_mark_begin(struct party_marks *marks)
{
    marks->cohort++;
    marks->count = marks->members = 0;
}

void party_mark_one(struct party_marks *marks, struct ribout_member *m)
{
    struct ribout_party *party = m->party;
    marks->members++;
    m->cohort = marks->cohort;
    if (!party)
        return;
    if (party->cohort != marks->cohort) {
        if (marks->count == marks->size) {
            marks->size = marks->size ? marks->size * 2 : 16;
            marks->parties = mem_resize(marks->parties, marks->size, sizeof(struct ribout_party *));
        }
        marks->parties[marks->count++] = party;
        party->cohort = marks->cohort;
        party->in_cohort = 0;
    }
    party->in_cohort++;
}

void party_mark(struct party_marks *marks, struct ribout_member *const *members, uint32_t count)
{
    party_mark_begin(marks);
    for (uint32_t i = 0; i < count; i++)
        party_mark_one(marks, members[i]);
}
