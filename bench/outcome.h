/* What route policies have to make of a table. The policies themselves are in harness/policies.py,
 * in the words of each daemon; here they are a third time, applied to what was drawn: a daemon that
 * lets a route through, or holds one back, or marks it otherwise, is not done. */
#ifndef BGPD_BENCH_OUTCOME_H
#define BGPD_BENCH_OUTCOME_H

#include <stdint.h>

#include "plan.h"
#include "prefix_list.h"

enum outcome_kind {
    OUTCOME_NONE,
    OUTCOME_IMPORT,  /* on what the sender announces; there is one sender */
    OUTCOME_PEER_AS, /* export: a peer is not told what has the community 0:<its AS> */
    OUTCOME_CLASSES, /* export: a peer is not told what has 65000:<its number modulo 100> */
    /* What each member of an exchange may announce, and OUTCOME_PEER_AS without path hiding; see
     * exchange.h. */
    OUTCOME_MEMBERS,
    OUTCOME_ORIGINS, /* origin validation, on import or export; see origins.h */
    OUTCOME_KINDS,
};

/* The versions of OUTCOME_IMPORT; those of OUTCOME_MEMBERS are in exchange.h, of OUTCOME_ORIGINS in
 * origins.h. */
enum outcome_version {
    OUTCOME_FIRST,
    OUTCOME_MARKS_ALL,       /* whatever is accepted is marked, and preferred */
    OUTCOME_REJECTS_ORIGINS, /* and the origins that were marked are rejected */
    OUTCOME_VERSIONS,
};

struct outcome {
    enum outcome_kind kind;
    unsigned version;            /* enum outcome_version, exchange_version or origins_version */
    struct prefix_list rejected; /* owned; prefixes that OUTCOME_IMPORT rejects */
};

/* What receivers may have of a prefix: paths, as codes, the best first, each with the key of those
 * that are not to be told it, or 0. */
struct choices {
    struct choice {
        uint16_t code, withheld_from;
    } ranks[PLAN_RANKS];
};

/* Fills in the choices for each prefix of the table. */
void outcome_choices(const struct outcome *o, const struct plan *plan, struct choices *ret_choices);

/* The key of a receiver that is a sender, too. */
uint16_t outcome_key(const struct outcome *o, uint32_t sender);

#endif
