/* A peer, for the files that share its work. Internal to session/. */
#ifndef BGPD_SESSION_PEER_PRIVATE_H
#define BGPD_SESSION_PEER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "session/connection.h"
#include "session/env_private.h"
#include "session/setback.h"

struct peer {
    struct connection_peer facts; /* what its connections know of it */
    struct peer_env *env;         /* borrowed */
    struct env_member member;
    bool dynamic;
    bool started;
    bool blocked;           /* by the owner: neither connects nor is let in */
    bool collided;          /* the last connection fell victim to a collision: retry soon */
    bool waits_for_link;    /* its interface does not exist or is down: no attempts */
    bool waits_for_address; /* the last attempt failed for want of an address of ours */
    struct setback setback; /* of its last sessions */
    uv_timer_t retry;
    struct connection out;
    struct connection in;
    unsigned open_handles;
    struct peer_session session;
    uint8_t *remote_caps; /* owned */
    size_t remote_caps_len_bytes;
    struct msgq no_queue; /* what peer_queue() hands out without a session */
    void *user;           /* borrowed */
};

static inline struct peer *peer_of(const struct connection *c)
{
    return (struct peer *)((char *)c->peer - offsetof(struct peer, facts));
}

static inline uint64_t peer_now_ms(const struct peer *p)
{
    return uv_now(p->env->commons.loop);
}

/* The most advanced state of its connections. */
static inline enum fsm_state peer_best_state(const struct peer *p)
{
    return p->in.state > p->out.state ? p->in.state : p->out.state;
}

#endif
