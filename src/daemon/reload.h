/* From one configuration to the next. */
#ifndef BGPD_DAEMON_RELOAD_H
#define BGPD_DAEMON_RELOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "config/diff.h"
#include "config/load.h"
#include "daemon/service.h"
#include "daemon/speaker.h"

struct neighbor;

/* How a reload has ended. */
struct reload_outcome {
    bool failed;
    struct reload_summary summary;
    struct config_report report;
};

/* Outcomes are kept for those who have asked, and may look only when the next reload runs. */
#define RELOAD_OUTCOMES 4u

struct reload {
    pthread_t thread; /* that loads, while running; is waited for when it has a result */
    bool has_thread;  /* it is there */
    uv_async_t done;  /* it has one */
    bool running;
    bool again;                  /* the file is to be read once more: it was asked for meanwhile */
    struct config_source source; /* what is read; owned */
    uint64_t ticket;             /* of the one that runs, or ran last */
    struct config *next;         /* what the thread has loaded; NULL: errors */
    struct reload_outcome outcomes[RELOAD_OUTCOMES]; /* that of a ticket by its remainder */
    uint64_t applied_mono_ms;                        /* since when the configuration is in force */
    bool applying; /* what is not a matter of slices: sessions that end meanwhile are counted */
    struct config *old; /* owned; NULL unless static routes are still being applied */
    const struct config_peer *
        *before; /* owned; parallel to the speaker's blocks: what a block's routes were made of; its
                    own: nothing changes; NULL: there were none */
    size_t at;   /* the block that comes next, and where in it */
    struct config_routes_cursor routes;
    void (*notify)(void *ctx, struct reload_summary *summary); /* NULL: nobody's business */
    void *notify_ctx;
};

/* Its work is static routes that a reload has left to change. */
extern const struct service reload_service;

/* An established session has ended. */
void reload_count_session(struct speaker *s, const struct neighbor *n);

#endif
