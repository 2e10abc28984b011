/* Limits on what an owner may originate by the API: how many routes, where, and of which lengths.
 * Pure: who counts, and when it is asked, is the daemon's affair. */
#ifndef BGPD_CONFIG_ORIGINATE_LIMITS_H
#define BGPD_CONFIG_ORIGINATE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "wire/family.h"

struct prefix_set;

/* A route with the community BLACKHOLE (RFC 7999) is a kind of its own. */
enum originate_kind { ORIGINATE_ROUTE, ORIGINATE_BLACKHOLE, ORIGINATE_FLOW, ORIGINATE_KINDS };

/* "routes": as the configuration has them. */
extern const char *const originate_kind_names[ORIGINATE_KINDS];

/* What is said of one kind. */
struct originate_rule {
    bool given;
    bool has_max;
    uint32_t max;
    uint8_t from_bits[2]; /* lengths of prefixes that are permitted: IPv4, IPv6 */
    uint8_t to_bits[2];
    bool needs_destination; /* a prefix to which a flow is, other than all addresses */
};

struct originate_limit {
    char *owner; /* owned; NULL: each owner that has none of its own */
    char *place; /* owned: "FILE:LINE:COLUMN" */
    struct originate_rule of[ORIGINATE_KINDS];
    struct prefix_set **within; /* owned array of references; none: anywhere */
    size_t within_count;
    char *within_text; /* owned: what they are called; NULL: there are none */
};

/* The limit of an owner ("": nobody is named): its own, or the one for all others; NULL. */
const struct originate_limit *originate_limit_of(const struct originate_limit *limits, size_t count,
                                                 const char *owner);
enum originate_kind originate_kind_of(enum family family, struct span attrs);
/* As what a kind counts for a limit: blackholes of which it says nothing are routes. */
enum originate_kind originate_kind_for(const struct originate_limit *limit,
                                       enum originate_kind kind);

/* The prefix that a route is to, or a flow; false: it names none. */
bool originate_prefix(enum family family, struct nlri_key key, struct prefix *ret_prefix);
/* Whether the prefix lies within one of an entry of a set. */
bool originate_is_within(struct prefix_set *const *sets, size_t count, const struct prefix *p);

/* Whether a limit permits a route of a kind, however many there are; else appends why not. */
bool originate_limit_permits(const struct originate_limit *limit, enum originate_kind kind,
                             enum family family, struct nlri_key key, struct strbuf *why);
/* Whether a limit permits that there are `count` of a kind (originate_kind_for); else why not. */
bool originate_limit_permits_count(const struct originate_limit *limit, enum originate_kind kind,
                                   uint32_t count, struct strbuf *why);
/* Appends which limit it is: "originate_limits of 'ddos', bgpd.toml:12:1". */
void originate_limit_name(const struct originate_limit *limit, struct strbuf *out);

bool originate_limit_equal(const struct originate_limit *a, const struct originate_limit *b);
void originate_limit_release(struct originate_limit *limit);

#endif
