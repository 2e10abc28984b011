/* What one receiver holds: for every prefix of the table a code that says whose path it has and of
 * which generation (see plan_code), so that announcements, replacements and withdrawals are tracked
 * exactly. */
#ifndef BGPD_BENCH_HELD_H
#define BGPD_BENCH_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "index.h"
#include "outcome.h"
#include "plan.h"

/* Shared by all receivers. */
struct target {
    struct prefix_index index;
    const struct plan *plan;       /* borrowed */
    const struct outcome *outcome; /* borrowed */
    struct choices *choices;       /* owned; what each prefix is to have in the end */
};

struct held {
    uint16_t *codes;    /* owned; what each prefix has now */
    uint32_t sender;    /* the receiver's own number as a sender, or UINT32_MAX */
    uint32_t expected;  /* prefixes of which it is known what is to be held */
    uint32_t right;     /* of these, how many are as expected */
    uint32_t absent;    /* of these, how many are not to be held */
    uint32_t held;      /* prefixes with any path */
    uint16_t key;       /* see outcome_key */
    uint32_t hint;      /* where the next prefix is expected in the table */
    uint64_t foreign;   /* prefixes received that the table does not have */
    uint64_t malformed; /* UPDATEs that could not be read */
};

void held_init(struct held *h, const struct target *t, uint32_t sender);
void held_release(struct held *h);

/* Counts anew after the target has changed. */
void held_recount(struct held *h, const struct target *t);

/* Takes the body of an UPDATE. */
void held_update(struct held *h, const struct target *t, struct span body);

/* Forgets everything: the session is gone. */
void held_clear(struct held *h, const struct target *t);

/* True for a prefix that is counted and is not what it is to be. */
bool held_is_wrong(const struct held *h, const struct target *t, uint32_t prefix_index);

static inline bool held_complete(const struct held *h)
{
    return h->right == h->expected;
}

#endif
