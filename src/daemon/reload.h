/* From one configuration to the next. */
#ifndef BGPD_DAEMON_RELOAD_H
#define BGPD_DAEMON_RELOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "config/diff.h"
#include "daemon/service.h"
#include "daemon/speaker.h"

struct neighbor;

struct reload {
    uv_thread_t thread; /* that loads, while running; is waited for when it has a result */
    bool has_thread;    /* it is there */
    uv_async_t done;    /* it has one */
    bool running;
    bool again;                  /* another one was asked for meanwhile */
    uint64_t ticket;             /* of the one that runs, or ran last */
    struct config *next;         /* what the thread has loaded; NULL: errors */
    struct config_report report; /* of the last one */
    bool applying; /* what is not a matter of slices: sessions that end meanwhile are counted */
    struct reload_summary summary;
    struct config *old; /* owned; NULL unless static routes are still being applied */
    const struct config_peer *
        *before; /* owned; parallel to the speaker's blocks: what a block's routes were made of; its
                    own: nothing changes; NULL: there were none */
    size_t at;   /* the block that comes next, and where in it */
    struct config_routes_cursor routes;
    bool failed;
    void (*notify)(void *ctx, struct reload_summary *summary); /* NULL: nobody's business */
    void *notify_ctx;
};

/* Its work is static routes that a reload has left to change. */
extern const struct service reload_service;

/* An established session has ended. */
void reload_count_session(struct speaker *s, const struct neighbor *n);

#endif
