/* Dead paths: those of a session that has ended. They do not count from the moment of its end on,
 * and are removed in slices, unless the source announces the prefix again before. */
#ifndef BGPD_RIB_SWEEP_H
#define BGPD_RIB_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/rib.h"

/* The session has ended: all paths of the source are dead, and what is announced from now on is of
 * another generation. In constant time, unless 255 generations have come to an end while the sweep
 * has not gone round twice: then all dead paths are removed here, before the number of the first
 * one comes again. */
void rib_source_down(struct rib *rib, uint32_t source);

/* Removes dead paths; looks at about `budget` entries and paths. True while there are more. */
bool rib_sweep(struct rib *rib, uint32_t budget);

#endif
