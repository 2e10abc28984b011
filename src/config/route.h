/* A route or flow written by a person (config file, API, CLI), and what BGP makes of it. */
#ifndef BGPD_CONFIG_ROUTE_H
#define BGPD_CONFIG_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "wire/family.h"

/* The fields as written. Everything is borrowed; what is NULL or not `has_` was not given. */
struct route_spec {
    bool is_flow;
    const char *prefix;         /* routes only */
    const char *next_hop;       /* routes: required; flows: must be NULL */
    int afi;                    /* flows only: 1 or 2 */
    const char *action;         /* flows only, required */
    const char *const *matches; /* flows only, at least one */
    size_t match_count;
    const char *origin;         /* "IGP", "EGP" or "Incomplete" in any case; default IGP */
    const char *const *as_path; /* ASNs, plain or dotted; "{1 2}" for a set */
    size_t as_path_count;
    bool has_local_pref;
    uint32_t local_pref;
    bool has_med;
    uint32_t med;
    const char *const *communities; /* wire/community.h says what is understood */
    size_t community_count;
};

/* A route that BGPd itself originates. */
struct static_route {
    enum family family;
    struct prefix prefix; /* unicast */
    struct span flow;     /* flow families: canonical NLRI (wire/flowspec.h); owned */
    struct span attrs;    /* canonical attributes (wire/attr.h); owned */
};

/* Names the field a problem is in: for an index into a list, `index` is 0-based, else -1. */
struct route_problem {
    const char *field; /* "prefix", "next_hop", "communities", …; static */
    int index;
    bool missing;       /* the field is required and was not given */
    struct strbuf text; /* what is wrong and what was expected, without the field; release it */
};

/* Builds a route from its fields. On error returns ERR_INVALID or ERR_RANGE, fills *ret_problem
 * (whose text the caller releases) and leaves *ret_route untouched. */
int static_route_build(const struct route_spec *spec, struct static_route *ret_route,
                       struct route_problem *ret_problem);
/* The same, but goes on after a problem: calls `each` for every one (the problem is borrowed for
 * the call). Returns the error of the first. */
int static_route_build_each(const struct route_spec *spec, struct static_route *ret_route,
                            void (*each)(void *ctx, const struct route_problem *problem),
                            void *ctx);
/* Calls `each` for everything about a route, built of the spec, that is legal and hardly meant:
 * flows that match nothing, actions that contradict each other, dropping without a destination. The
 * text of a warning is what is wrong, without the field; it is borrowed for the call. */
void static_route_warn_each(const struct route_spec *spec, const struct static_route *route,
                            void (*each)(void *ctx, const struct route_problem *warning),
                            void *ctx);
/* A route of its own with the same content. */
void static_route_copy(const struct static_route *route, struct static_route *ret_route);
void static_route_release(struct static_route *route);
/* Order by family and key (prefix or flow bytes); attributes do not count. */
int static_route_compare_key(const struct static_route *a, const struct static_route *b);
bool static_route_equal(const struct static_route *a, const struct static_route *b);

/* Appends the prefix, or the rules of a flow as wire/flowspec.h writes them. */
void static_route_format_key(const struct static_route *route, struct strbuf *out);

#endif
