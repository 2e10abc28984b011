/* How long the turns of the loop are, and what they spend their time on. A turn is what happens
 * between two waits for events: as long as it lasts nobody else is served. */
#ifndef BGPD_DAEMON_TURN_H
#define BGPD_DAEMON_TURN_H

#include <stdint.h>
#include <uv.h>

#include "base/log_limit.h"

/* Parts of a turn are told apart by their names: static texts, each in one place in memory. This
 * one is timers, and all that is nobody's in particular. */
extern const char turn_timers[];

/* Parts that a turn can have. */
#define TURN_PARTS_MAX 16

/* A turn that is worth remembering. */
struct turn_record {
    uint64_t ns;
    uint64_t processor_ns; /* what of it the loop had of a processor: else others had them */
    const char *part;      /* that took most of it */
    uint64_t part_ns;
    uint64_t ended_mono_ms; /* 0: there was none yet */
};

struct turn_watch {
    uv_loop_t *loop;
    uv_prepare_t prepare;
    const char *part; /* the present one */
    uint64_t part_since_ns;
    uint64_t began_ns;
    uint64_t idle_ns;      /* that the loop had waited when the turn began */
    uint64_t processor_ns; /* that its thread had had by then */
    struct {
        const char *name;
        uint64_t ns;
    } parts[TURN_PARTS_MAX]; /* that were left in this turn */
    unsigned part_count;
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

/* In the callback of a signal: what the loop waited for it is forgotten by libuv, and so would be
 * taken for work. The turn begins here. */
void turn_after_signal(struct turn_watch *w);

/* From here on the time is that of another part. */
void turn_change(struct turn_watch *w, const char *part);
/* The same where it may be the present one; the part before, to go back to. */
static inline const char *turn_enter(struct turn_watch *w, const char *part)
{
    const char *before = w->part;
    if (before != part)
        turn_change(w, part);
    return before;
}

#endif
