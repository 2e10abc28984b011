/* To how many peers a route of the API goes, and why to none. Asked when it has just been put into
 * the RIB: what the peers have been told before does not count. */
#include "daemon/reach.h"

#include "daemon/channel.h"
#include "daemon/state.h"
#include "rib/ribout_answer.h"

/* How far a route gets with the peers of its family that take routes of the API. */
struct reach {
    const struct speaker *s;
    uint32_t told;
    bool has_family; /* there are such peers */
    const char *why; /* they are not told it; NULL: several reasons */
    bool why_known;
};

static void note_reason(struct reach *r, const char *why)
{
    r->why = r->why_known && r->why != why ? NULL : why;
    r->why_known = true;
}

static void take_answer(void *ctx, const struct ribout_answer *answer)
{
    struct reach *r = ctx;
    r->has_family = true;
    if (answer->path && answer->path->source != r->s->api_source)
        note_reason(r, "another route is preferred");
    else if (answer->why != RIB_TOLD)
        note_reason(r, rib_withheld_text(answer->why));
    else
        r->told += answer->members;
}

/* Why there are no such peers. */
static const char *why_nobody(const struct speaker *s)
{
    bool takes = false;
    for (size_t i = 0; i < s->block_count; i++) {
        const struct peer_block *b = s->blocks[i];
        if (!(b->config->advertise_sources & ADVERTISE_API))
            continue;
        takes = true;
        for (uint32_t k = 0; k < b->neighbor_count; k++)
            if (peer_established(b->neighbors[k]->session))
                return NULL;
    }
    if (s->block_count == 0)
        return "there are no peers";
    return takes ? "none that takes routes of the API is up; those that come up get it"
                 : "none takes routes of the API (\"api\" in advertise_sources)";
}

static void explain(const struct reach *r, enum family family, struct strbuf *why_none)
{
    const char *nobody = r->has_family ? NULL : why_nobody(r->s);
    if (nobody)
        strbuf_add(why_none, nobody);
    else if (!r->has_family)
        strbuf_printf(why_none, "none that takes routes of the API and is up has \"%s\"",
                      family_info(family)->name);
    else
        strbuf_add(why_none, r->why ? r->why : "each has a reason of its own to be left out");
}

uint32_t reach_of(struct speaker *s, enum family family, struct nlri_key key,
                  struct strbuf *why_none)
{
    struct rib_table *t = &s->rib.tables[family];
    uint32_t entry = rib_table_find(t, key);
    struct reach r = {.s = s};
    rib_entry_decide(&s->rib, t, entry);
    ribout_each_answer(&s->out, t, entry, RIB_SOURCE_API, take_answer, &r);
    if (r.told == 0)
        explain(&r, family, why_none);
    return r.told;
}

/* --- aimed routes --- */

static void look_at_neighbors(struct aimed_reach *reach, const struct peer_block *b,
                              enum family family)
{
    for (uint32_t i = 0; i < b->neighbor_count; i++) {
        reach->has_up |= b->neighbors[i]->up;
        reach->has_family |= channel_member(b->neighbors[i], family) != NULL;
    }
}

void reach_add_block(struct aimed_reach *reach, struct speaker *s, struct peer_block *b,
                     enum family family, struct nlri_key key, bool is_own)
{
    bool takes = (b->config->advertise_sources & ADVERTISE_API) != 0;
    reach->has_block = true;
    reach->has_taker |= takes;
    reach->has_own |= is_own;
    if (!is_own)
        return;
    look_at_neighbors(reach, b, family);
    reach->told += peer_block_count_told(s, b, family, key);
}

const char *reach_why_none(const struct aimed_reach *reach)
{
    if (!reach->has_block)
        return "nobody whom it is aimed at is configured now";
    if (!reach->has_taker)
        return "none whom it is aimed at takes routes of the API (\"api\" in advertise_sources)";
    if (!reach->has_own)
        return "another route of the API is aimed at the same more precisely, or later";
    if (!reach->has_up)
        return "none whom it is aimed at is up; those that come up get it";
    return reach->has_family ? "none whom it is aimed at may have it: `explain` says why"
                             : "none whom it is aimed at and is up has its family";
}
