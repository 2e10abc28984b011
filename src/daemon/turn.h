/* How long the turns of the loop are, and what they spend their time on. A turn is what happens
 * between two waits for events: as long as it lasts nobody else is served. */
#ifndef BGPD_DAEMON_TURN_H
#define BGPD_DAEMON_TURN_H

#include <stdint.h>
#include <uv.h>

#include "base/log_limit.h"

enum turn_part {
    TURN_TIMERS, /* timers, and all that is not one of the others */
    TURN_INPUT,  /* messages of peers, until they are in the RIB */
    TURN_DECIDE, /* removal of dead paths, judging again */
    TURN_EXPORT, /* update groups, and sending */
    TURN_API,
    TURN_RELOAD,
    TURN_PARTS,
};

/* "input"; static storage. */
const char *turn_part_name(enum turn_part part);

/* A turn that is worth remembering. */
struct turn_record {
    uint64_t ns;
    enum turn_part part; /* that took most of it */
    uint64_t part_ns;
    uint64_t ended_mono_ms; /* 0: there was none yet */
};

struct turn_watch {
    uv_loop_t *loop;
    uv_prepare_t prepare;
    enum turn_part part; /* the present one */
    uint64_t part_since_ns;
    uint64_t began_ns;
    uint64_t idle_ns; /* that the loop had waited when the turn began */
    uint64_t part_ns[TURN_PARTS];
    struct turn_record longest;
    uint64_t long_turns; /* longer than TURN_LONG_MS */
    struct log_limit limit;
};

/* A turn that is longer is a fault, and worth a warning. */
#define TURN_LONG_MS 100u

/* Before the loop runs for the first time. */
void turn_watch_init(struct turn_watch *w, uv_loop_t *loop);
void turn_watch_start(struct turn_watch *w);
/* Closes the handle. */
void turn_watch_stop(struct turn_watch *w);

/* From here on the time is that of another part; the part before, to go back to. */
static inline enum turn_part turn_enter(struct turn_watch *w, enum turn_part part)
{
    enum turn_part before = w->part;
    if (before == part)
        return before;
    uint64_t now_ns = uv_hrtime();
    w->part_ns[before] += now_ns - w->part_since_ns;
    w->part_since_ns = now_ns;
    w->part = part;
    return before;
}

#endif
