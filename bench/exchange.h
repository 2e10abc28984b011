/* An exchange with a route server: what its members may announce, what is known of the origins of
 * prefixes, and what each member is then told. The daemons' policies are in harness/exchange.py;
 * the lists that they are made of are written here. */
#ifndef BGPD_BENCH_EXCHANGE_H
#define BGPD_BENCH_EXCHANGE_H

#include "outcome.h"
#include "plan.h"

/* The versions of OUTCOME_MEMBERS. */
enum exchange_version {
    EXCHANGE_FIRST,
    EXCHANGE_OTHER_LISTS, /* ten members have another prefix list */
    EXCHANGE_OTHER_RULE,  /* and bogon ASNs are let through */
    EXCHANGE_VERSIONS,
};

enum { EXCHANGE_VRPS = 400000 };

/* See outcome_choices. A path is a choice where the list of its announcer has the prefix, the
 * origin is not invalid, and no bogon ASN is in it. */
void exchange_choices(const struct plan *p, enum exchange_version version,
                      struct choices *ret_choices);

/* Writes member-N.txt, a prefix list for each sender (as prefix_list.h has it) of 1,000 to 10,000
 * entries, and vrps.txt: prefix, longest length and AS on each line. Exits with a message when that
 * is not possible. */
void exchange_write(const struct plan *p, enum exchange_version version, const char *directory);

#endif
