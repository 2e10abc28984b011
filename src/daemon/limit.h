/* The limit on the prefixes of a channel: when to warn, when to act, and when what was ignored is
 * to be asked for again. Pure: knows no clock but the time it is handed. */
#ifndef BGPD_DAEMON_LIMIT_H
#define BGPD_DAEMON_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct limit {
    struct config_limit config;
    bool near;             /* as many as are warned of, and still not much fewer */
    bool over;             /* more than are permitted, or some were ignored, likewise */
    struct {               /* of announcements that were ignored */
        uint64_t known;    /* so many when what they brought was last asked for again */
        uint64_t pause_ms; /* until it may be asked for once more; 0: at once */
        uint64_t not_before_ms;
    } ignored;
};

/* What there is to be said or done, once for each time that it comes about. */
enum limit_event {
    LIMIT_QUIET,
    LIMIT_NEARS,    /* warn_percent is reached */
    LIMIT_EXCEEDED, /* the action is due */
    LIMIT_KEPT,     /* it is no longer exceeded */
};

/* A session begins: nothing has been said or ignored. */
void limit_begin(struct limit *l);
/* Goes over to another configuration: what holds of that is an event anew. */
void limit_change(struct limit *l, const struct config_limit *config);

/* The least count at which limit_note must be asked at once; UINT32_MAX: there is none. What else
 * happens (fewer prefixes, some ignored) may wait a second. */
uint32_t limit_next(const struct limit *l);
/* Takes note of how many prefixes count, and how many announcements were ignored in the session. */
enum limit_event limit_note(struct limit *l, uint32_t count, uint64_t ignored, uint64_t now_ms);
/* Whether the peer is to be asked for what was ignored, as there is room: true once, and for a
 * while not again, which becomes longer as long as there is not room for all. */
bool limit_asks_again(struct limit *l, uint32_t count, uint64_t ignored, uint64_t now_ms);

#endif
