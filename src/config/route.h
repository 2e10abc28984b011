/* A route or flow written by a person (config file, API, CLI), and what BGP makes of it. */
#ifndef BGPD_CONFIG_ROUTE_H
#define BGPD_CONFIG_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "wire/family.h"
#include "wire/nlri_text.h"

/* The fields as written. Everything is borrowed; what is NULL or not `has_` was not given. */
struct route_spec {
    bool by_rules;   /* what is written by rules, and its AFI; else by a prefix */
    bool has_family; /* else it is what the key speaks for */
    enum family family;
    struct nlri_text text;      /* by what the family asks for: a prefix, one rule at least, … */
    int afi;                    /* by rules only: 1 or 2 */
    const char *next_hop;       /* required where the family has one; else must be NULL */
    const char *origin;         /* "IGP", "EGP" or "Incomplete" in any case; default IGP */
    const char *const *as_path; /* ASNs, plain or dotted; "{1 2}" for a set */
    size_t as_path_count;
    bool has_local_pref;
    uint32_t local_pref;
    bool has_med;
    uint32_t med;
    bool atomic_aggregate;
    const char *aggregator;          /* "65000:192.0.2.1": ASN, plain or dotted, and router ID */
    const char *originator_id;       /* a router ID, "192.0.2.1" (RFC 4456) */
    const char *const *cluster_list; /* such texts, the nearest cluster first */
    size_t cluster_list_count;
    bool has_aigp;
    uint64_t aigp; /* RFC 7311 */
};

/* A route that BGPd itself originates. */
struct static_route {
    uint8_t family;   /* enum family */
    uint32_t key_len; /* as in struct nlri_key */
    uint32_t attrs_bytes;
    uint8_t *bytes; /* owned: of the key, and then canonical attributes (wire/attr.h) */
};

/* How many bytes the key has. */
static inline size_t static_route_key_bytes(const struct static_route *route)
{
    return nlri_key_bytes(family_info((enum family)route->family),
                          (struct nlri_key){route->bytes, route->key_len});
}

/* Both borrow. */
static inline struct nlri_key static_route_key(const struct static_route *route)
{
    return (struct nlri_key){route->bytes, route->key_len};
}
static inline struct span static_route_attrs(const struct static_route *route)
{
    return span_of(route->bytes + static_route_key_bytes(route), route->attrs_bytes);
}

/* Builds a route from its fields. On error returns ERR_INVALID or ERR_RANGE, fills *ret_problem
 * (whose text the caller releases) and leaves *ret_route untouched. */
int static_route_build(const struct route_spec *spec, struct static_route *ret_route,
                       struct route_problem *ret_problem);
/* The same of a key, as that is withdrawn: what belongs to the path is not needed. */
int static_route_build_key(const struct route_spec *spec, struct static_route *ret_route,
                           struct route_problem *ret_problem);
/* As static_route_build, but goes on after a problem: calls `each` for every one (the problem is
 * borrowed for the call). Returns the error of the first. */
int static_route_build_each(const struct route_spec *spec, struct static_route *ret_route,
                            void (*each)(void *ctx, const struct route_problem *problem),
                            void *ctx);
/* Calls `each` for everything about a route, built of the spec, that is legal on the wire but
 * cannot be meant, or hardly is (a warning), as far as its family knows (`judge` in
 * wire/family_row.h); the problem is borrowed for the call. Returns 0, or ERR_INVALID where
 * something cannot be meant: such a route is not to be originated. */
int static_route_judge_each(const struct route_spec *spec, const struct static_route *route,
                            void (*each)(void *ctx, const struct route_problem *problem),
                            void *ctx);
/* A route of its own with the same content. */
void static_route_copy(const struct static_route *route, struct static_route *ret_route);
void static_route_release(struct static_route *route);
/* Order by family and key; attributes do not count. */
int static_route_compare_key(const struct static_route *a, const struct static_route *b);
/* Likewise, of a route and a place. */
int static_route_compare_to(const struct static_route *route, enum family family,
                            struct nlri_key key);
bool static_route_equal(const struct static_route *a, const struct static_route *b);

/* Appends the text of what it is about, as its family writes it. */
void static_route_format_key(const struct static_route *route, struct strbuf *out);

#endif
