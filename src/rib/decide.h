/* Best path selection: RFC 4271 §9.1.2, with RFC 4456 §9 (reflection) and RFC 5004 (no change
 * between equal external paths). Pure: of the RIB it reads sources and attribute sets. */
#ifndef BGPD_RIB_DECIDE_H
#define BGPD_RIB_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/rib_state.h"

/* Sets of kinds of sources: bits (1 << enum rib_source_kind). */
#define RIB_DECIDE_KINDS_ALL UINT8_MAX

/* True for a path that may be selected: accepted, live, of a source of one of the kinds, and not
 * meant for one group of peers only. */
static inline bool rib_decide_usable_of(const struct rib *rib, const struct rib_path *path,
                                        uint8_t kinds)
{
    const struct rib_source *source = rib_source_at(rib, path->source);
    return path->reject == RIB_ACCEPTED && path->generation == source->generation &&
           (kinds & ~(1u << RIB_SOURCE_CONFIG)) >> source->kind & 1;
}

static inline bool rib_decide_usable(const struct rib *rib, const struct rib_path *path)
{
    return rib_decide_usable_of(rib, path, RIB_DECIDE_KINDS_ALL);
}

/* Index of the best among the usable paths of `e` from sources of some kinds, or -1. It is the one
 * that complete selection finds, unless `first_is_current`, the first path is the present best, and
 * RFC 5004 keeps that. In time proportional to the number of paths. */
int rib_decide_best(const struct rib *rib, struct rib_entry *e, uint8_t kinds,
                    bool first_is_current);

/* The usable paths of an entry from sources of some kinds, by preference. Zero-initialised is
 * empty. */
struct rib_ranking {
    uint32_t *order; /* owned: indices of paths */
    uint32_t count;
    uint32_t size;           /* that there is room for */
    struct rib_ranked *rest; /* owned: scratch */
};
void rib_ranking_release(struct rib_ranking *ranking);
/* Ranks the paths of an entry whose best path is decided: that one first, if it is of one of the
 * kinds, and then each time the one that complete selection finds among those that are left. In
 * time proportional to n log n for n paths. */
void rib_decide_rank(const struct rib *rib, struct rib_entry *e, uint8_t kinds,
                     struct rib_ranking *ret);

/* Paths of an entry that may be looked through for every change; more only when it must be. */
#define RIB_DECIDE_AT_ONCE 32u

/* What follows from a look at a change and at the best path alone. */
enum rib_decide_outcome { RIB_BEST_STAYS, RIB_BEST_CHANGES, RIB_SELECT_AGAIN };

/* What follows from the addition of path `index`, not 0, which is usable as the best one is. */
enum rib_decide_outcome rib_decide_addition(const struct rib *rib, struct rib_entry *e,
                                            unsigned index);
/* Whether the loss of `path`, not the best, may change the choice where there are no MEDs: when it
 * is what complete selection takes, `best` was kept only because the two are equal (RFC 5004). */
bool rib_decide_upholds(const struct rib *rib, const struct rib_path *best,
                        const struct rib_path *path);

/* What tells two paths apart: the steps of the decision process, in their order, and what keeps a
 * path out of it. */
enum rib_step {
    RIB_STEP_WEIGHT = 1,   /* the higher one; of policy, for ourselves alone */
    RIB_STEP_OWN,          /* originated by BGPd before learned */
    RIB_STEP_LOCAL_PREF,   /* the higher one: RFC 4271 §9.1.1 */
    RIB_STEP_AS_PATH,      /* the shorter one: §9.1.2.2 a */
    RIB_STEP_ORIGIN,       /* b */
    RIB_STEP_MED,          /* the lower one, of the same neighbour AS: c */
    RIB_STEP_EXTERNAL,     /* d */
    RIB_STEP_ROUTER_ID,    /* the lower one, or ORIGINATOR_ID: f, RFC 4456 §9 */
    RIB_STEP_CLUSTER_LIST, /* the shorter one: RFC 4456 §9 */
    RIB_STEP_ADDRESS,      /* of the peer, the lower one: RFC 4271 §9.1.2.2 g */
    RIB_STEP_PATH_ID,      /* the lower one */
    RIB_STEP_PRESENT,      /* of external paths that are as good the present best stays: RFC 5004 */
    RIB_STEP_UNUSABLE,
    RIB_STEP_FOR_ONE_PEER, /* of the configuration: never the best */
};

/* For people; static storage. */
const char *rib_step_text(enum rib_step step);

/* Why a path is not the best. */
struct rib_settled {
    enum rib_step step;
    unsigned against; /* index of the path that is preferred by it: the best, or of RIB_STEP_MED one
                         of the same neighbour AS */
};
/* Why path `index`, not 0, lost to the best path, which is decided and usable; where it is neither
 * usable nor a candidate, why that is. In time proportional to the number of paths where there are
 * MEDs. */
struct rib_settled rib_decide_settled(const struct rib *rib, struct rib_entry *e, unsigned index);

#endif
