/* From one configuration to the next, and back. */
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
    bool by_signal;              /* SIGHUP has asked for the one that runs, */
    bool again_by_signal;        /* or for that one */
    bool by_itself;              /* nobody has asked for the one that runs */
    struct config_source source; /* what is read; owned */
    uint32_t confirm_s;          /* of the one that runs: it is to be confirmed; 0: it is not */
    bool goes_back;              /* that one is to what was in force before */
    uint64_t ticket;             /* of the one that runs, or ran last */
    struct config *next;         /* owned; what comes in force; NULL: errors */
    struct reload_outcome outcomes[RELOAD_OUTCOMES]; /* that of a ticket by its remainder */
    uint64_t applied_mono_ms;                        /* since when the configuration is in force */
    bool applying; /* what is not a matter of slices: sessions that end meanwhile are counted */
    struct config *old;          /* owned; NULL unless static routes are still being applied */
    bool drops_old;              /* then it goes; else it is what was in force before */
    struct config *previous;     /* owned; what was in force before; NULL: there was nothing */
    uint64_t previous_mono_ms;   /* since when it was */
    uint64_t confirm_by_mono_ms; /* until then what is in force must be confirmed; 0: it stands */
    bool rolled_back;            /* what is in force was so before: see `previous` */
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
