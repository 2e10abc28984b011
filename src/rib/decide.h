/* Best path selection: RFC 4271 §9.1.2, with RFC 4456 §9 (reflection) and RFC 5004 (no change
 * between equal external paths). Pure: of the RIB it reads sources and attribute sets. */
#ifndef BGPD_RIB_DECIDE_H
#define BGPD_RIB_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/rib.h"

/* True when `a` is to be preferred over `b`. `a_is_current`: a is the present best path, which an
 * equal external path does not displace. MEDs are compared when both come from the same neighbour
 * AS. */
bool rib_decide_better(const struct rib *rib, const struct rib_path *a, const struct rib_path *b,
                       bool a_is_current);

/* True for a path that may be selected: accepted, of a live source, and not meant for one group of
 * peers only. */
static inline bool rib_decide_usable(const struct rib *rib, const struct rib_path *path)
{
    const struct rib_source *source = rib_source_at(rib, path->source);
    return path->reject == RIB_ACCEPTED && source->alive && source->kind != RIB_SOURCE_CONFIG;
}

/* Compares by the steps that come before the MED alone: negative when `a` is preferred, positive
 * when `b` is, 0 when they do not tell. */
int rib_decide_before_med(const struct rib *rib, const struct rib_path *a,
                          const struct rib_path *b);

typedef bool (*rib_decide_candidate)(const void *ctx, const struct rib_path *path);

/* Index of the best among the paths of `e` for which `candidate` says yes, or -1. Deterministic
 * with MEDs: the best of each neighbour AS is found first, then the best of those.
 * `first_is_current`: the first path is the present best. */
int rib_decide_best(const struct rib *rib, struct rib_entry *e, rib_decide_candidate candidate,
                    const void *ctx, bool first_is_current);

#endif
