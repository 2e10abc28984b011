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
};

/* The versions of OUTCOME_IMPORT. */
enum outcome_version {
    OUTCOME_FIRST,
    OUTCOME_MARKS_ALL,       /* whatever is accepted is marked, and preferred */
    OUTCOME_REJECTS_ORIGINS, /* and the origins that were marked are rejected */
    OUTCOME_VERSIONS,
};

struct outcome {
    enum outcome_kind kind;
    enum outcome_version version;
    struct prefix_list rejected; /* owned; prefixes that OUTCOME_IMPORT rejects */
};

/* Turns the codes that prefixes would have without a policy into those that they must have. */
void outcome_expect(const struct outcome *o, const struct plan *plan, uint16_t *codes);

/* Who is not to be told a prefix: ret_keys[prefix] is the key of these receivers, or 0. */
void outcome_withheld(const struct outcome *o, const struct plan *plan, uint16_t *ret_keys);

/* The key of a receiver that is a sender, too. */
uint16_t outcome_key(const struct outcome *o, uint32_t sender);

#endif
