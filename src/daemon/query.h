/* Reading the RIBs in slices: learned (Adj-RIB-In), advertised (Adj-RIB-Out) and best (Loc-RIB)
 * routes, filtered. A query survives every change to the tables between its steps. */
#ifndef BGPD_DAEMON_QUERY_H
#define BGPD_DAEMON_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "daemon/route_filter.h"
#include "daemon/speaker.h"
#include "policy/chain.h"
#include "wire/attr.h"
#include "wire/family.h"

/* One route; everything borrowed until the next call on the query. */
struct originated_view;

struct route_view {
    enum family family;
    struct nlri nlri;
    enum route_source_kind source;
    struct ip_addr source_peer; /* ROUTE_SOURCE_PEER */
    struct ip_addr to_peer;     /* ROUTES_ADVERTISED, and config routes (made for one peer only) */
    uint32_t received_mono_s;   /* when it came, by the monotonic clock; 0: it has gone since */
    struct span attrs;          /* canonical */
    uint32_t only_to_customer; /* the AS that a route counts as marked by without the attribute (RFC
                                  9234 §5); 0: none */
    bool best;
    const char *rov;      /* what VRPs say of its origin, if there are any; NULL */
    const char *aspa;     /* what ASPAs say of its path, if it is verified; NULL */
    const char *filtered; /* why the route is not used ("AS path loop", …), or NULL */
    const char *withheld; /* why it is not sent to `to_peer`, or NULL */
    /* The rules that say so; without a policy: none do. Good as long as the configuration. */
    struct policy_place filtered_by;
    struct policy_place withheld_by;
    const struct originated_view *originated; /* ROUTES_ORIGINATED; else NULL */
};

/* The route of a source for a key, as the RIB has it; false: there is none. Borrowed until the RIB
 * changes. */
bool route_view_find(const struct speaker *s, enum family family, struct nlri_key key,
                     uint32_t source, struct route_view *ret_view);

struct rib_table;
struct rib_entry;
struct rib_path;

/* A path of an entry, with a set of its attributes, by id. Likewise. */
struct route_view route_view_of(const struct speaker *s, const struct rib_table *t,
                                const struct rib_entry *e, const struct rib_path *path,
                                uint32_t attrs);

struct route_query;

/* `position` is a cursor from route_query_cursor() of a query with the same filter, or NULL.
 * ERR_INVALID when it is none. */
int route_query_new(struct speaker *s, const struct route_filter *filter, const char *position,
                    struct route_query **ret_query);
void route_query_free(struct route_query *q);

enum route_query_step {
    QUERY_END,
    QUERY_ROUTE, /* *ret_view is set */
    QUERY_YIELD, /* the deadline came before a route was found: call again in a later loop turn */
};
/* Goes on until a route is found or time_mono_ns() has reached `deadline_ns`; looks at some,
 * however late it is. */
enum route_query_step route_query_next(struct route_query *q, uint64_t deadline_ns,
                                       struct route_view *ret_view);

/* Appends an opaque text (printable, no spaces) from which a later query goes on after the last
 * route returned. */
void route_query_cursor(const struct route_query *q, struct strbuf *out);

#endif
