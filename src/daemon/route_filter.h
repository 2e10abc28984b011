/* Which routes are asked for. */
#ifndef BGPD_DAEMON_ROUTE_FILTER_H
#define BGPD_DAEMON_ROUTE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "policy/path_regex.h"
#include "policy/vrp_table.h"
#include "wire/community.h"
#include "wire/family.h"
#include "wire/rd.h"

enum route_query_kind {
    ROUTES_LEARNED,    /* every path, as received */
    ROUTES_ADVERTISED, /* per peer what it was sent, as sent */
    ROUTES_LOC_RIB,    /* every path, with the best one marked */
    ROUTES_ORIGINATED, /* what the API originates, in the RIB or not */
};

enum route_source_kind { ROUTE_SOURCE_PEER, ROUTE_SOURCE_API, ROUTE_SOURCE_CONFIG };

/* Which prefixes: where keys have an RD, those under each RD. Flows are found by what they have of
 * prefixes: one of them is `prefix`, covers it (all that do, not only the longest: which one a
 * packet meets depends on the rest of it), or is within it. */
enum route_match {
    MATCH_ANY,
    MATCH_EXACT,   /* the prefix itself */
    MATCH_LONGEST, /* the longest prefix that covers `prefix` (an address: a host prefix), itself
                      perhaps, and has a route that the filter takes */
    MATCH_LONGER,  /* the prefix and its more specifics */
};

/* One for all kinds of lists. What it says of attributes is about those that a view shows. */
struct route_filter {
    enum route_query_kind kind;
    family_set families; /* 0: all */
    bool has_to;
    struct scoped_prefix to; /* advertised: to these peers */
    bool has_from;
    struct scoped_prefix from; /* from these peers */
    bool has_own;
    enum route_source_kind own; /* of the API or the configuration */
    enum route_match match;
    struct prefix prefix;
    bool has_rd; /* only keys with this one (RFC 4364 §4.2) */
    uint8_t rd[RD_BYTES];
    uint32_t as_in_path;        /* 0: any */
    uint32_t origin_as;         /* 0: any */
    struct path_regex *as_path; /* NULL: any; borrowed, a query has its own reference. A path for
                                   which it is too much work has it not */
    bool has_community;
    struct community community;
    bool best_only;
    bool filtered; /* only those that are not used; not for advertised */
    bool has_rov;  /* only unicast routes with this state */
    enum rov_state rov;
    bool withheld; /* advertised: what was not sent instead, and why */
    /* Of what the API originates; NULL: any. Borrowed, as a query has copies. */
    const char *owner;
    const char *label;
    const char *tag;
    const char *aimed_at; /* an item of its aim */
    bool beyond_limits;   /* only what a limit would not permit now */
};

#endif
