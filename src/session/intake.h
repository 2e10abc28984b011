/* Input of all connections: from the sockets into the buffer that they share, and message by
 * message to whom it is for; and the pause that the owner may ask for. Knows of messages only where
 * they begin and end. Internal to session/. */
#ifndef BGPD_SESSION_INTAKE_H
#define BGPD_SESSION_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/span.h"
#include "net/transport.h"
#include "wire/notification.h"

struct intake;
struct intake_source;

/* What a source does with its input. Callbacks may detach any source. */
struct intake_handler {
    /* A whole message of a known type; borrowed. */
    void (*message)(struct intake_source *s, uint8_t type, struct span body);
    /* What comes is not a message: `error` is the answer (RFC 4271 §6.1). */
    void (*malformed)(struct intake_source *s, const struct notification *error);
    /* The other side has closed (0), or the socket has failed (errno). */
    void (*closed)(struct intake_source *s, int error);
};

/* A socket whose input is taken. Embedded; zero-initialised is detached. */
struct intake_source {
    const struct intake_handler *handler; /* borrowed */
    struct transport *transport;          /* borrowed; NULL: detached */
    size_t max_message_bytes;             /* longer ones are malformed */
    bool may_wait;                        /* it is held up while the owner wants no input */

    uint8_t *tail; /* owned: what was read but not processed yet; NULL when empty */
    size_t tail_len_bytes;
    bool waits;   /* the tail may hold whole messages: the owner wanted no more input */
    bool stopped; /* it is in the list of those that are not read */
    struct intake_source *prev;
    struct intake_source *next;
};

/* `want_input` says whether the owner takes a message of so many bytes: false while it wants no
 * further input, which begins a pause. `input_end`: what was read of a socket has been processed.
 */
struct intake *intake_new(uv_loop_t *loop, bool (*want_input)(void *ctx, size_t message_bytes),
                          void (*input_end)(void *ctx), void *ctx);
/* All sources must be detached. The memory goes when the loop has let go of the handles. */
void intake_free(struct intake *in);
/* Ends a pause: sockets are read again. Nothing when there is none. */
void intake_resume(struct intake *in);

/* Begins to take the input of a connected transport, whose owner tells when it is readable; with
 * messages of 4096 bytes at most, none of which may wait. */
void intake_attach(struct intake_source *s, struct transport *transport);
/* Forgets what came and was not processed. Nothing when it is detached. */
void intake_detach(struct intake *in, struct intake_source *s);
/* Its socket is readable: reads once, and processes what is complete. */
void intake_receive(struct intake *in, struct intake_source *s);

#endif
