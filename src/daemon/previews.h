/* Comparisons with other configurations: reading these, and how many comparisons there are. */
#ifndef BGPD_DAEMON_PREVIEWS_H
#define BGPD_DAEMON_PREVIEWS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "config/load.h"
#include "config/report.h"
#include "daemon/service.h"

/* At a time, those that are still read included. */
#define PREVIEWS_MAX 4u

/* A configuration that is read, or waits for who has asked for it. */
struct preview_file {
    uint64_t ticket;             /* 0: the place is free */
    struct config_source source; /* owned */
    uv_async_t *done;
    pthread_t thread;
    bool has_thread;
    atomic_bool finished;  /* by the thread: what follows is there */
    struct config *config; /* owned; NULL: there are errors */
    struct config_report report;
    unsigned waited_s; /* for who has asked */
};

struct previews {
    uv_async_t done; /* a thread has finished */
    struct preview_file files[PREVIEWS_MAX];
    uint64_t last_ticket;
    unsigned walking;         /* comparisons on their way */
    uint64_t configured;      /* how often the speaker's configuration has become another one */
    uint64_t sessions;        /* how often channels have come up or gone down */
    void (*ready)(void *ctx); /* NULL: nobody's business */
    void *ready_ctx;
};

extern const struct service previews_service;

/* True while a thread reads a file: see speaker_is_loading. */
bool previews_are_loading(const struct previews *p);

#endif
