/* Who works for how long in a turn of the loop. */
#ifndef BGPD_DAEMON_SCHEDULE_H
#define BGPD_DAEMON_SCHEDULE_H

#include <stddef.h>

#include "daemon/service.h"

/* What all of them together may take of a turn, but for those beside them. */
#define TURN_BUDGET_NS 5000000u

/* What the schedule asks and tells while a turn goes on. */
struct schedule {
    uint64_t (*now_ns)(void); /* monotonic */
    /* Whether the update groups keep up with what changes. */
    bool (*has_room)(const struct speaker *s);
    void (*enter)(struct speaker *s, const struct service *service);
};

/* Has every service of the table do its work, in this order; true when one has more of it. */
bool schedule_turn(const struct schedule *schedule, const struct service *const *services,
                   size_t count, struct speaker *s);

#endif
