/* Takes the connections of a listening socket. */
#ifndef BGPD_NET_ACCEPTOR_H
#define BGPD_NET_ACCEPTOR_H

#include <uv.h>

/* What the owner does. */
struct acceptor_handler {
    /* A connection: the handler owns `fd` (non-blocking, close-on-exec). It may close the acceptor.
     */
    void (*accept)(void *ctx, int fd);
    /* There is no descriptor or memory for one (`error` is an errno): nothing is accepted for a
     * while. */
    void (*out_of_room)(void *ctx, int error);
    /* The loop has let go of what was closed. */
    void (*closed)(void *ctx);
};

/* Embedded in what owns it, and stays where it is. */
struct acceptor {
    uv_poll_t poll;
    uv_timer_t pause;
    int fd; /* owned */
    unsigned open_handles;
    const struct acceptor_handler *handler; /* borrowed */
    void *ctx;                              /* borrowed */
};

/* Takes over `fd`, which need not listen yet. */
void acceptor_init(struct acceptor *a, uv_loop_t *loop, int fd,
                   const struct acceptor_handler *handler, void *ctx);
void acceptor_start(struct acceptor *a);
/* Closes the socket at once; the handler is told when the memory can go. */
void acceptor_close(struct acceptor *a);

#endif
