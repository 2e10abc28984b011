/* What a comparison of two configurations finds of the routes of a channel in one direction: how
 * many change and how, by which rules, and some of them. */
#ifndef BGPD_DAEMON_PREVIEW_TALLY_H
#define BGPD_DAEMON_PREVIEW_TALLY_H

#include <stddef.h>

#include "daemon/preview.h"
#include "rib/rib_state.h"

/* Examples of each kind that are shown. More are kept of those that several channels share, as each
 * of these may be without some. */
#define PREVIEW_EXAMPLES      5u
#define PREVIEW_EXAMPLES_KEPT 64u

/* What decided: the number of a rule of the chain, or one of these. */
#define PREVIEW_CAUSE_NO_POLICY 0x10000u
#define PREVIEW_CAUSE_WITHHELD  0x20000u /* and an enum rib_withheld */

/* What becomes of a route by one of the configurations. */
struct preview_outcome {
    bool accepted; /* or, on the way out, told */
    uint32_t cause;
    uint32_t attrs;  /* id of a set; 0: there is none */
    uint32_t source; /* whose it is */
};

struct preview_pair {
    enum preview_kind kind;
    struct preview_outcome of[PREVIEW_TIMES];
};

/* Routes that change likewise. */
struct preview_row {
    enum preview_kind kind;
    uint32_t cause[PREVIEW_TIMES];
    int64_t count; /* below 0: they are counted with others, and do not concern this channel */
};

struct preview_example {
    struct preview_pair pair; /* the sets are counted */
    uint8_t *key;             /* owned */
    uint32_t key_len;         /* as in struct nlri_key */
    uint32_t *except;         /* owned: channels of those that share it which it does not concern */
    uint32_t except_count;
};

/* Zero-initialised is empty. */
struct preview_tally {
    struct preview_row *rows; /* owned */
    size_t row_count, row_size;
    size_t last;                      /* the row that was added to last */
    struct preview_example *examples; /* owned */
    size_t example_count, example_size;
    unsigned kept[PREVIEW_KINDS]; /* of them */
};

void preview_tally_release(struct preview_tally *t, struct rib *rib);
/* Counts routes, or takes some out. */
void preview_tally_add(struct preview_tally *t, const struct preview_pair *pair, int64_t count);
/* Keeps an example, of a route with this key. Takes references. */
void preview_tally_keep(struct preview_tally *t, struct rib *rib, const struct family_info *info,
                        struct nlri_key key, const struct preview_pair *pair,
                        const uint32_t *except, uint32_t except_count);
/* Adds what another one has counted. */
void preview_tally_join(struct preview_tally *t, const struct preview_tally *other);

#endif
