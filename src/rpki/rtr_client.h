/* A cache: the connection to it on the loop, its RTR session and its records. It connects, asks,
 * and connects again by itself, for as long as it is there. */
#ifndef BGPD_RPKI_RTR_CLIENT_H
#define BGPD_RPKI_RTR_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "rpki/record_set.h"
#include "rpki/rtr_session.h"

struct rtr_client;

/* Calls `changed` when the cache has come to have data or lost them, or its records have work. */
struct rtr_client *rtr_client_new(uv_loop_t *loop, const struct config_rpki_cache *config,
                                  void (*changed)(void *ctx), void *ctx);
/* Follows the configuration, when it is of this cache. */
void rtr_client_set(struct rtr_client *c, const struct config_rpki_cache *config);
/* Whether the configuration is of this cache: the endpoints and `max_records` are those. */
bool rtr_client_is(const struct rtr_client *c, const struct config_rpki_cache *config);
/* Closes the connection. The data stay until they expire. */
void rtr_client_leave(struct rtr_client *c);
/* Gives it back: at once but for the handles, which the loop lets go of later. */
void rtr_client_free(struct rtr_client *c);

/* Does a small step of what its records have to do; false: there is nothing. */
bool rtr_client_step(struct rtr_client *c, const struct record_sink *sink);

/* How it stands; what is pointed to is borrowed until the next loop turn. */
struct rtr_client_status {
    struct endpoint remote;
    const char *description; /* NULL: none */
    const char *state;       /* "waiting", "connecting", or that of the session */
    uint32_t preference;
    bool leaving; /* it is not in the configuration any more */
    bool connected;
    const struct rtr_session *session;
    const struct record_set *records;
    uint64_t next_attempt_ms; /* while waiting; monotonic */
};
struct rtr_client_status rtr_client_status(const struct rtr_client *c);
/* Whether what it says is to be used. */
void rtr_client_use(struct rtr_client *c, bool used);

#endif
