/* The structures behind session/peer.h, and what connections tell their peer.
 * Internal to session/. */
#ifndef BGPD_SESSION_PEER_PRIVATE_H
#define BGPD_SESSION_PEER_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/log_limit.h"
#include "base/strbuf.h"
#include "net/links.h"
#include "net/refusals.h"
#include "session/connection.h"
#include "session/peer.h"
#include "session/setback.h"

/* Input of one turn and connection. The tail of the turn before, shorter than the longest message
 * unless the owner paused, goes in front. */
#define RECEIVE_BUFFER_BYTES (256 * 1024)

struct peer_env {
    uv_loop_t *loop;
    const struct session_handler *handler; /* borrowed */
    void *ctx;                             /* borrowed */
    struct peer *first;                    /* list of all peers */
    struct peer *last;
    bool paused;               /* want_input() said no */
    uv_check_t resume;         /* active after a pause, until waiting input is processed */
    uv_idle_t keep_awake;      /* with it: the loop must not sleep */
    struct links *links;       /* owned */
    uint32_t links_version;    /* counts their changes */
    uv_idle_t look;            /* active while peers have not looked at the last one */
    struct refusals *refusals; /* owned */
    struct setbacks setbacks;  /* of dynamic peers that are gone */
    unsigned open_handles;
    struct msgbuf *keepalive; /* the message, shared by all */
    uint8_t *buffer;          /* RECEIVE_BUFFER_BYTES */
    struct update_decoder decoder;
};

struct peer {
    struct peer_env *env; /* borrowed */
    struct peer *prev;
    struct peer *next;
    const struct config_peer *config; /* borrowed */
    struct ip_addr remote;
    char name[IP_TEXT_MAX];
    bool dynamic;
    bool started;
    bool blocked;           /* by the owner: neither connects nor is let in */
    bool collided;          /* the last connection fell victim to a collision: retry soon */
    bool plain_open;        /* the next OPEN goes without capabilities: the peer refused them */
    bool waits_for_link;    /* its interface does not exist or is down: no attempts */
    bool waits_for_address; /* the last attempt failed for want of an address of ours */
    uint32_t links_seen;    /* env->links_version when it last looked */
    unsigned failures;
    struct setback setback; /* of its last sessions */
    uv_timer_t retry;
    struct connection out;
    struct connection in;
    unsigned open_handles;
    struct peer_session session;
    struct peer_counters counters;
    uint8_t *remote_caps; /* owned */
    size_t remote_caps_len_bytes;
    struct strbuf last_error;
    uint64_t last_error_mono_ms;
    struct log_limit event_limit;
    struct log_limit refusal_limit; /* of its own: a peer in a hurry hides nothing else */
    struct log_limit problem_limit;
    struct msgq no_queue; /* what peer_queue() hands out without a session */
    void *user;           /* borrowed */
};

static inline uint64_t peer_now_ms(const struct peer *p)
{
    return uv_now(p->env->loop);
}

/* env.c: the peer list. env_peer_to_end gives the others precedence when input is resumed. */
void env_add_peer(struct peer_env *env, struct peer *p);
void env_remove_peer(struct peer_env *env, struct peer *p);
void env_peer_to_end(struct peer_env *env, struct peer *p);

/* Whether a line may be logged, within the budget of `limit`; *ret_left_out is for peer_log_text.
 */
bool peer_may_log(const struct peer *p, struct log_limit *limit, enum log_level level,
                  uint32_t *ret_left_out);
/* Logs a line about the peer, to which is added how many were left out. */
void peer_log_text(const struct peer *p, enum log_level level, struct strbuf *text,
                   uint32_t left_out);
/* Both in one, for what is formatted in one go. */
void peer_log(struct peer *p, struct log_limit *limit, enum log_level level, const char *format,
              ...) __attribute__((format(printf, 4, 5)));

/* What peer_last_error tells from now on: a copy of `why`, which is not a part of the one before.
 */
void peer_set_last_error(struct peer *p, const char *why);

/* Plans an attempt very soon where it is up to us to make one, as if none had failed. */
void peer_retry_soon(struct peer *p);

/* peer_link.c: what interfaces and addresses mean to the peer. */
/* A connection is up: notes the link that it runs over. */
void peer_note_link(struct peer *p, struct connection *c);
/* Whether it has to wait for its interface; says so when that is new. */
bool peer_must_wait(struct peer *p);
/* An attempt ended at once: `err` as of tcp_connect() and errno, or 0 when it is under way. */
void peer_note_attempt(struct peer *p, int err);
/* Ends what has lost its link, waits, or tries again. */
void peer_look_at_links(struct peer *p);

/* Called by connections, in the course of connection_event(): */

/* Starts to connect: a socket; ERR_IO with errno, ERR_NOT_FOUND when our address does not exist. */
int peer_open_socket(struct peer *p, int *ret_fd);
void peer_arm_retry(struct peer *p);
void peer_stop_retry(struct peer *p);
/* An OPEN that is good arrived on `c`. False when `c` was ended because it collides. */
bool peer_resolve_collision(struct peer *p, struct connection *c);
void peer_connection_up(struct peer *p, struct connection *c);
/* `c` is Idle again, having been in state `before`; plans the next attempt. */
void peer_connection_ended(struct peer *p, struct connection *c, enum fsm_state before,
                           const struct fsm_input *o);
void peer_connection_down(struct peer *p, const struct fsm_input *o);

#endif
