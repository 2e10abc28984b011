/* To how many peers a route of the API goes, and why to none. Asked when it has just been put into
 * the RIB: what the peers have been told before does not count. */
#include "daemon/reach.h"

#include "daemon/channel.h"
#include "daemon/state.h"

/* How far the peers get. */
struct reach {
    struct speaker *s;
    enum family family;
    uint32_t entry; /* of the route */
    bool takes;     /* a peer, or a network, takes routes of the API */
    bool is_up;     /* such a peer is up */
    bool has_family;
    uint32_t told;
    const char *why; /* they are not told it, those that could be; NULL: several reasons */
    bool why_known;
    /* The last answer for those of an update group with the same static routes, or none. */
    const struct export_profile *profile;
    uint32_t config_source;
    const struct rib_path *path;
    enum rib_withheld withheld;
};

static void note_reason(struct reach *r, const char *why)
{
    r->why = r->why_known && r->why != why ? NULL : why;
    r->why_known = true;
}

/* A peer in the family. */
static void look_at_member(struct reach *r, const struct ribout_member *m, uint32_t config_source)
{
    const struct export_profile *t = ribout_member_profile(m);
    struct rib_table *table = &r->s->rib.tables[r->family];
    if (t != r->profile || config_source != r->config_source)
        r->path = rib_export_select(&r->s->rib, t, config_source, rib_table_at(table, r->entry),
                                    &r->withheld);
    r->profile = t;
    r->config_source = config_source;
    if (!r->path)
        note_reason(r, rib_withheld_text(r->withheld));
    else if (r->path->source != r->s->api_source)
        note_reason(r, "another route is preferred");
    else if (ribout_member_is_next_hop(m, r->path))
        note_reason(r, rib_withheld_text(RIB_WITHHELD_NEXT_HOP_IS_PEER));
    else
        r->told++;
}

static void look_at_block(struct reach *r, const struct peer_block *b)
{
    if (!(b->config->advertise_sources & ADVERTISE_API))
        return;
    r->takes = true;
    for (uint32_t i = 0; i < b->neighbor_count; i++) {
        const struct neighbor *n = b->neighbors[i];
        r->is_up |= peer_established(n->session);
        const struct ribout_member *m = channel_member(n, r->family);
        if (!m)
            continue;
        r->has_family = true;
        look_at_member(r, m, b->config_source);
    }
}

static void explain(const struct reach *r, struct strbuf *why_none)
{
    if (r->s->block_count == 0)
        strbuf_add(why_none, "there are no peers");
    else if (!r->takes)
        strbuf_add(why_none, "none takes routes of the API (\"api\" in advertise_sources)");
    else if (!r->is_up)
        strbuf_add(why_none, "none that takes routes of the API is up; those that come up get it");
    else if (!r->has_family)
        strbuf_printf(why_none, "none that takes routes of the API and is up has \"%s\"",
                      family_info(r->family)->config_name);
    else
        strbuf_add(why_none, r->why ? r->why : "each has a reason of its own to be left out");
}

uint32_t reach_of(struct speaker *s, const struct static_route *route, struct strbuf *why_none)
{
    struct rib_table *t = &s->rib.tables[route->family];
    struct rib_key key = {.prefix = route->prefix, .flow = route->flow};
    struct reach r = {.s = s, .family = route->family, .entry = rib_table_find(t, &key)};
    rib_entry_decide(&s->rib, t, r.entry);
    for (size_t i = 0; i < s->block_count; i++)
        look_at_block(&r, s->blocks[i]);
    if (r.told == 0)
        explain(&r, why_none);
    return r.told;
}
