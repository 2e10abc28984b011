/* Origin validation of a table by VRPs that a cache has (R scenarios): what the VRPs are, and what
 * becomes of each prefix. The daemons' policies are in harness/origins.py. */
#ifndef BGPD_BENCH_ORIGINS_H
#define BGPD_BENCH_ORIGINS_H

#include "outcome.h"
#include "plan.h"

/* The versions of OUTCOME_ORIGINS: what the cache has. */
enum origins_version {
    ORIGINS_NONE,
    ORIGINS_FIRST,  /* two for five prefixes of the table */
    ORIGINS_OTHERS, /* as many, none of which was there before */
    ORIGINS_UPDATE, /* some 1,000 of these are replaced */
    ORIGINS_VERSIONS,
};

/* See outcome_choices. There is one sender, who announces all of it. */
void origins_choices(const struct plan *p, enum origins_version version,
                     struct choices *ret_choices);

/* Writes vrps.txt: prefix, longest length and AS on each line. Exits with a message when that is
 * not possible. */
void origins_write(const struct plan *p, enum origins_version version, const char *directory);

#endif
