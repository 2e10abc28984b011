/* One BGP connection of a peer: the machine of session/fsm.h with its TCP connection, timers and
 * output. A peer has two, one for each direction, which live as long as the peer. What a connection
 * knows of its peer is `struct connection_peer`. Internal to session/. */
#ifndef BGPD_SESSION_CONNECTION_H
#define BGPD_SESSION_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/msgbuf.h"
#include "config/config.h"
#include "net/links.h"
#include "net/transport.h"
#include "session/fsm.h"
#include "session/intake.h"
#include "session/journal.h"
#include "session/session.h"
#include "wire/open.h"
#include "wire/update.h"

struct connection;

/* What all connections share. */
struct connection_commons {
    uv_loop_t *loop;          /* borrowed */
    struct intake *intake;    /* owned */
    struct msgbuf *keepalive; /* owned; the message */
    struct update_decoder decoder;
};

/* The parts of a connection that are not its own, carried out by its peer. Any of them may end the
 * connection, or the other one. */
struct connection_handler {
    /* A message came; borrowed. */
    void (*message)(struct connection *c, uint8_t type, struct span body);
    /* An OPEN that is good came with these capabilities; false when `c` was ended: it collides. */
    bool (*open_received)(struct connection *c, struct span capabilities);
    /* An action of the machine that is the peer's (connection.c says which are). */
    void (*act)(struct connection *c, enum fsm_action action, const struct fsm_input *input);
    /* Starts to connect. As tcp_connect(). */
    int (*open_socket)(struct connection *c, int *ret_fd);
    /* The TCP connection is up; `session` has its ends. */
    void (*tcp_connected)(struct connection *c);
    /* It is Idle again, having been in state `before`. */
    void (*ended)(struct connection *c, enum fsm_state before, const struct fsm_input *input);
    /* Established: the socket takes more of what waits in the queue: connection_flush. */
    void (*writable)(struct connection *c);
};

/* The peer as its two connections know it. The peer owns it and keeps it true. */
struct connection_peer {
    struct connection_commons *commons;       /* borrowed */
    const struct connection_handler *handler; /* borrowed */
    const struct config_peer *config;         /* borrowed */
    struct ip_addr remote;
    unsigned failures; /* attempts and sessions in a row that have failed */
    bool plain_open;   /* the next OPEN goes without capabilities: the peer refused them */
    struct journal journal;
    struct peer_counters counters;
};

struct connection {
    struct connection_peer *peer; /* borrowed */
    bool incoming;
    enum fsm_state state;
    struct transport *transport; /* owned; NULL while there is no TCP connection */
    struct intake_source input;

    struct link_ref link; /* the peer's note: that it runs over, where that is known and matters */

    /* One timer for all deadlines, armed for the first of them (time of the loop, ms). */
    uv_timer_t timer;
    uint64_t last_received_ms; /* the hold timer counts from here */
    uint64_t hold_ms;          /* 0: off */
    uint64_t keepalive_at_ms;  /* 0: off */
    uint64_t stuck_since_ms;   /* output waits since, without any progress; 0: it does not */

    struct config_peer *began_with; /* owned: config_session_copy() at our OPEN; NULL before */
    struct open_msg our_open;       /* as sent; capabilities all zero where it had none */
    struct peer_session session;    /* valid from OpenConfirm on */
};

/* Takes over the intake. */
void connection_commons_init(struct connection_commons *commons, uv_loop_t *loop,
                             struct intake *intake);
void connection_commons_release(struct connection_commons *commons);

void connection_init(struct connection *c, struct connection_peer *peer, bool incoming);
/* Closes the timer handle; the connection must be Idle. */
void connection_release(struct connection *c, uv_close_cb on_closed);

/* Runs the machine. The connection may be gone from its state afterwards in any way: the peer may
 * have stopped it. */
void connection_event(struct connection *c, const struct fsm_input *input);
/* Takes over an accepted socket; the connection must be Idle. */
void connection_accept(struct connection *c, int fd);

/* Queues a copy of one encoded message and writes. */
void connection_send(struct connection *c, struct span message);
/* Writes what the socket takes; nothing without a TCP connection. */
void connection_flush(struct connection *c);

#endif
