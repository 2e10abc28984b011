/* One TCP socket on the loop: readiness, the output queue, and a close that lets the last message
 * arrive. Knows of messages only that they are not to be cut. */
#ifndef BGPD_NET_TRANSPORT_H
#define BGPD_NET_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "base/msgbuf.h"

struct transport;

/* Callbacks come from the loop only, never from within a transport_ function, and not at all after
 * transport_close. They may call transport_close. */
struct transport_handler {
    /* The attempt to connect has ended: `error` is 0 or an errno value. */
    void (*connected)(void *ctx, int error);
    /* Input, the end of it, or an error: read until one is found. */
    void (*readable)(void *ctx);
    /* The socket takes more output again, after a transport_write that left some. */
    void (*writable)(void *ctx);
};

/* Takes over `fd`, connected or (`connecting`) on its way to be. Reading is on. */
struct transport *transport_new(uv_loop_t *loop, int fd, bool connecting,
                                const struct transport_handler *handler, void *ctx);

/* Whether input is looked at; while it is not, the peer's TCP window closes. */
void transport_set_reading(struct transport *t, bool reading);
/* As read(2), but returns a negative errno value; -EAGAIN when there is nothing to read now. */
ssize_t transport_read(struct transport *t, void *buf, size_t size_bytes);
/* True when input that nobody has read waits in the kernel. */
bool transport_has_input(const struct transport *t);

/* The queue of messages to be written. */
struct msgq *transport_queue(struct transport *t);
/* Writes what the socket takes now (at no cost while it is known to be full); adds to *messages and
 * *updates what was thereby sent whole. Returns the number of bytes written. Errors show up when
 * the socket is read. */
size_t transport_write(struct transport *t, uint64_t *messages, uint64_t *updates);

/* Replaces what waits in the queue by one last message (a reference is taken). A message that is
 * partly written is finished before. */
void transport_finish_with(struct transport *t, struct msgbuf *last);
/* Closes: at once, or, after transport_finish_with, when that message was written and the other
 * side has closed too, or a short time has passed. The pointer is dead for the caller. */
void transport_close(struct transport *t);

int transport_fd(const struct transport *t); /* borrowed */

#endif
