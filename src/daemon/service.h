/* A service: one of the things that a speaker does, as a row of functions. The table of them is in
 * daemon/speaker.c; it is gone through in its order, and backwards where something ends. What a
 * service has no use for is NULL. */
#ifndef BGPD_DAEMON_SERVICE_H
#define BGPD_DAEMON_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

struct config;
struct reload_summary;
struct speaker;

struct service {
    const char *name; /* what show_info and the log call the time that it takes */

    /* Makes it ready, before anything has started. An error, with the reason appended to *error,
     * ends the program; the others are made ready all the same, as all of them will be stopped. */
    int (*init)(struct speaker *s, struct strbuf *error);
    void (*start)(struct speaker *s);
    /* Goes over to the configuration that the speaker has now; `old` is the one before. Counts what
     * that does, and appends what there is to be said. */
    void (*reconfigure)(struct speaker *s, const struct config *old, struct reload_summary *sum);
    /* Interfaces or addresses of the machine are others than before. */
    void (*links_changed)(struct speaker *s);
    /* Comes round each second. */
    void (*tick)(struct speaker *s);
    /* Appends a line for each thing that is not in force and is tried again. */
    void (*describe)(const struct speaker *s, struct strbuf *lines);
    /* Closes its handles on the loop. */
    void (*stop)(struct speaker *s);
    /* Frees what it has, when the loop has let go of the handles. */
    void (*release)(struct speaker *s);

    /* Its work in a turn of the loop (daemon/schedule): some in any case, more as long as it is not
     * `deadline_ns` (monotonic). True while there is more that can be done now. */
    bool (*work)(struct speaker *s, uint64_t deadline_ns);
    uint8_t share_percent; /* of the budget of a turn, at most */
    bool is_beside;        /* has its share whatever the others have taken */
    /* Its share while changes go on to be made (makes_changes), as it does as much for many of them
     * as for few; 0: the same. */
    uint8_t gathering_percent;
    /* What it does is work for the update groups. A call is but a slice; others follow within its
     * share as long as the groups keep up. */
    bool makes_changes;
};

#endif
