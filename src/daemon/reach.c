/* To how many peers a route of the API goes, and why to none. Asked when it has just been put into
 * the RIB: what the peers have been told before does not count. */
#include "daemon/reach.h"

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

uint32_t reach_of(struct speaker *s, const struct static_route *route, struct strbuf *why_none)
{
    struct rib_table *t = &s->rib.tables[route->family];
    uint32_t entry = rib_table_find(t, static_route_key(route));
    struct reach r = {.s = s};
    rib_entry_decide(&s->rib, t, entry);
    ribout_each_answer(&s->out, t, entry, RIB_SOURCE_API, take_answer, &r);
    if (r.told == 0)
        explain(&r, (enum family)route->family, why_none);
    return r.told;
}
