/* What the neighbours of a speaker share, and what their owner is told of them. */
#ifndef BGPD_SESSION_ENV_H
#define BGPD_SESSION_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/ip.h"
#include "base/prefix.h"
#include "base/strbuf.h"
#include "session/session.h"
#include "wire/family.h"
#include "wire/update.h"

struct peer;

/* What the owner of the peers is told. Callbacks may call any peer_ function but peer_free. */
struct session_handler {
    /* The session is Established; peer_session() tells what was negotiated. */
    void (*established)(void *ctx, struct peer *peer);
    /* It is not any more. The output queue is empty again. For a dynamic peer also when its
     * connection ended before the session was Established: its owner may let it go then. */
    void (*down)(void *ctx, struct peer *peer, enum session_down_reason reason);
    /* A decoded UPDATE whose verdict is not RESET; everything is borrowed for the call. */
    void (*update)(void *ctx, struct peer *peer, const struct update *update);
    /* The peer asks for the routes of a family again (RFC 2918). */
    void (*refresh)(void *ctx, struct peer *peer, enum family family);
    /* The socket takes more of what waits in the queue: peer_flush. */
    void (*writable)(void *ctx, struct peer *peer);
    /* Whether the owner takes a message of so many bytes. False while it wants no further input
     * this turn (its work queue is long); the peer then does not read its socket until
     * peers_resume_reading. */
    bool (*want_input)(void *ctx, size_t message_bytes);
    /* What was read of a peer's socket has been processed: what `update` left for later is due. */
    void (*input_end)(void *ctx);
    /* Interfaces or addresses of this machine have come, gone or changed. */
    void (*links_changed)(void *ctx);
};

/* One set of peers shares a loop, handler, receive buffer and decoder. */
struct peer_env;
struct peer_env *peer_env_new(uv_loop_t *loop, const struct session_handler *handler, void *ctx);
/* All peers must be gone; NULL is allowed. Connections that still deliver a last NOTIFICATION live
 * on in the loop for up to 2 s. */
void peer_env_free(struct peer_env *env);
/* Ends a pause that want_input() began: sockets are read again. */
void peers_resume_reading(struct peer_env *env);

/* Takes over an accepted socket that is nobody's: sends a Cease with this subcode and closes it, at
 * no more cost than that. */
void peers_refuse(struct peer_env *env, int fd, uint8_t cease_subcode);

/* Calls `each` for every address of this machine, with the name of its interface ("" when that is
 * not known); perhaps for some of them twice. `links_changed` says when they are others. */
void peers_each_own_address(const struct peer_env *env,
                            void (*each)(void *ctx, const struct ip_addr *addr, const char *link),
                            void *ctx);

#endif
