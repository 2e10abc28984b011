/* A pass over all tables in which paths are judged again, in slices. It goes in the order of
 * memory; paths that come meanwhile are for their sender to judge rightly. */
#ifndef BGPD_RIB_REVIEW_H
#define BGPD_RIB_REVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/rib.h"

/* Zero-initialised: no pass is under way. */
struct rib_review {
    bool running;
    enum family family;
    uint32_t pos;    /* id of the next entry */
    uint32_t budget; /* what is left of that of the step */
};

/* Begins a pass, or goes on with it: looks at about `budget` entries and paths, an entry whole.
 * True when it is over. */
bool rib_review_step(struct rib *rib, struct rib_review *review, uint32_t budget, rib_judge judge,
                     void *ctx);

/* What judges says that it has done as much as for so many paths more than it was asked about: the
 * step ends by that, too. */
void rib_review_spend(struct rib_review *review, uint32_t paths);

#endif
