/* What a change of VRPs or ASPAs concerns is judged again: the routes that prefixes cover, in
 * unicast tables, and paths with an AS whose providers have changed. */
#ifndef BGPD_DAEMON_REVALIDATE_H
#define BGPD_DAEMON_REVALIDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/u32set.h"
#include "config/config.h"
#include "rib/review.h"
#include "wire/attr_local.h"

struct speaker;

/* Zero-initialised, nothing has changed. */
struct revalidate {
    unsigned depends;        /* on which kinds something of the configuration does: ATTR_ROV, … */
    struct prefix *prefixes; /* owned: a ring of those whose VRPs have changed */
    uint32_t first;
    uint32_t count;
    uint64_t since_ms;    /* since when it waits for sources (monotonic); 0: it does not */
    bool all;             /* too many wait to be told apart */
    uint32_t all_in_pass; /* of the review, in which what any VRP concerns is judged again; 0 */
    bool walking;         /* through what one of them covers: */
    struct prefix within;
    enum family family;
    bool has_cursor;
    struct rib_cursor cursor;
    struct u32_set customers; /* whose ASPAs have changed since the pass over all began */
    bool any_customer;        /* of too many to be told apart */
    struct u32_set passing;   /* those that it is about */
    bool passing_any;
    struct rib_review pass;
};

/* Takes over on what the configuration depends. */
void revalidate_configure(struct speaker *s, const struct config *config);
void revalidate_release(struct revalidate *r);

/* What VRPs say of a prefix, or ASPAs of a customer, is another thing by now. */
void revalidate_prefix(struct speaker *s, const struct prefix *prefix);
void revalidate_customer(struct speaker *s, uint32_t customer);
/* What ASPAs say of any. */
void revalidate_customers(struct speaker *s);

/* Whether anything depends on the origins of routes. */
static inline bool revalidate_asks_origins(const struct revalidate *r)
{
    return (r->depends & ATTR_ROV) != 0;
}

/* Judges some again; true while there is more. */
bool revalidate_step(struct speaker *s);

#endif
