/* JSON views of routes. */
#ifndef BGPD_API_VIEW_ROUTE_H
#define BGPD_API_VIEW_ROUTE_H

#include "api/jsonw.h"
#include "base/span.h"
#include "base/time.h"
#include "daemon/query.h"
#include "policy/chain.h"

/* Members of a route that only some lists have. */
enum route_view_extra {
    ROUTE_VIEW_BEST = 1 << 0, /* "best" */
    /* The route as one that was advertised: "source" is the peer it went to, "learned_from" where
     * it came from. */
    ROUTE_VIEW_ADVERTISED = 1 << 1,
    ROUTE_VIEW_OPEN = 1 << 2, /* the object stays open, for further members */
};

/* Writes routes; remembers the text of attributes that were written lately, for many routes have
 * the same. */
struct route_renderer;
struct route_renderer *route_renderer_new(void);
void route_renderer_free(struct route_renderer *r); /* NULL is allowed */

/* Writes one route as an object. `extra` is a set of enum route_view_extra; ages are counted to
 * `now`. */
void route_view_put(struct route_renderer *r, struct jsonw *w, const struct route_view *route,
                    unsigned extra, const struct time_now *now);

/* Writes the members that show canonical attributes into an open object: "next_hop" and so on;
 * with `has_actions`, as of flows, "actions" as well. */
void route_view_put_attrs(struct jsonw *w, struct span attrs, bool has_actions);
/* The same, of text that was made lately where that can be. */
void route_view_put_attrs_kept(struct route_renderer *r, struct jsonw *w, struct span attrs,
                               bool has_actions);
/* Writes what a route is to, as its family shows it, into an open object. */
void route_view_put_nlri(struct jsonw *w, enum family family, struct nlri nlri);
/* What the member that shows an attribute is called; NULL: it has none of its own. */
const char *route_view_attr_key(uint8_t type);
/* Writes the value of an attribute that has one, under any key; null where there is none. */
void route_view_put_attr(struct jsonw *w, const char *key, uint8_t type, struct span value);

/* Writes the rule that a place is, as an object with `policy`, `rule`, `number` and `line`; null
 * where it has no policy. */
void route_view_put_place(struct jsonw *w, const char *key, const struct policy_place *place);

/* Writes where a route comes from: as "source" of it. */
void route_view_put_source(struct jsonw *w, const char *key, enum route_source_kind source,
                           const struct ip_addr *peer);

#endif
