/* What two configurations make of an entry. */
#ifndef BGPD_DAEMON_PREVIEW_JUDGE_H
#define BGPD_DAEMON_PREVIEW_JUDGE_H

#include "daemon/preview_plan.h"
#include "rib/decide.h"
#include "rib/kept_runs.h"

/* A change for a list. The sets are counted. */
struct preview_found {
    enum policy_direction direction;
    uint32_t channel; /* index */
    struct preview_pair pair;
};

struct preview_judge {
    struct rib *rib;           /* borrowed */
    struct preview_plan *plan; /* borrowed */
    struct kept_runs *in;      /* owned: what import policies say, of both configurations */
    struct kept_runs *out;     /* and what export policies say */
    struct rib_entry after;    /* the entry as it would be; its further paths are `more` */
    struct rib_path *more;     /* owned */
    uint32_t more_size;
    uint32_t *held; /* owned: sets that are needed until the entry is done with; counted */
    uint32_t held_count, held_size;
    uint32_t *except; /* owned: channels that are told something else than their audience */
    uint32_t except_count, except_size;
    uint32_t *marks; /* owned, by channel: the round in which it was such a one */
    uint32_t round;
    struct rib_ranking ranking;  /* scratch: paths for clients of the route server */
    uint32_t work;               /* how often policies were asked, and channels were looked at */
    bool lists;                  /* what is found is kept */
    struct preview_found *found; /* owned */
    uint32_t found_count, found_size;
};

void preview_judge_init(struct preview_judge *j, struct rib *rib, struct preview_plan *plan,
                        bool lists);
void preview_judge_release(struct preview_judge *j);
/* Counts what changes of an entry, whose best path is decided; in lists it is added to what was
 * found. */
void preview_judge_entry(struct preview_judge *j, struct rib_table *t, uint32_t id);
/* What was found is not needed any more. */
void preview_judge_clear(struct preview_judge *j);

#endif
