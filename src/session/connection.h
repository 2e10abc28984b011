/* One BGP connection of a peer: the machine of session/fsm.h with its TCP connection, timers, input
 * and output. A peer has two, one for each direction, which live as long as the peer.
 * Internal to session/. */
#ifndef BGPD_SESSION_CONNECTION_H
#define BGPD_SESSION_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "net/links.h"
#include "net/transport.h"
#include "session/fsm.h"
#include "session/peer.h"

struct connection {
    struct peer *peer; /* borrowed: the owner */
    bool incoming;
    enum fsm_state state;
    struct transport *transport; /* owned; NULL while there is no TCP connection */

    struct link_ref link; /* that it runs over, where that is known and matters */

    /* Input: what was read but not processed yet. */
    uint8_t *tail; /* owned; NULL when empty */
    size_t tail_len_bytes;
    bool input_waits; /* the tail may hold whole messages: the owner wanted no more input */

    /* One timer for all deadlines, armed for the first of them (time of the loop, ms). */
    uv_timer_t timer;
    uint64_t last_received_ms; /* the hold timer counts from here */
    uint64_t hold_ms;          /* 0: off */
    uint64_t keepalive_at_ms;  /* 0: off */
    uint64_t stuck_since_ms;   /* output waits since, without any progress; 0: it does not */
    bool over_half;            /* the queue holds more than half of its limit */

    struct config_peer *began_with; /* owned: config_session_copy() at our OPEN; NULL before */
    struct open_msg our_open;       /* as sent; capabilities all zero where it had none */
    struct peer_session session;    /* valid from OpenConfirm on */
};

/* Something that happened, for the machine and for the records. */
struct fsm_input {
    enum fsm_event event;
    enum session_down_reason reason;         /* where the event ends the connection */
    const struct notification *notification; /* to be sent, or received; NULL: none */
    const char *why;                         /* for people; NULL: nothing to add */
    uint8_t message_type;                    /* of the message that led here; 0: none */
    const struct update *update;             /* FSM_UPDATE_RECEIVED */
    enum family refresh_family;              /* FSM_REFRESH_RECEIVED; FAMILY_NONE: ignore it */
};

void connection_init(struct connection *c, struct peer *peer, bool incoming);
/* Closes the timer handle; the connection must be Idle. */
void connection_release(struct connection *c, uv_close_cb on_closed);

/* Runs the machine. The connection may be gone from its state afterwards in any way: callbacks to
 * the owner may have stopped it. */
void connection_event(struct connection *c, const struct fsm_input *o);
/* Takes over an accepted socket; the connection must be Idle. */
void connection_accept(struct connection *c, int fd);

/* Queues a copy of one encoded message and writes. */
void connection_send(struct connection *c, struct span message);
void connection_flush(struct connection *c);

/* receive.c: reads once and processes what is complete. */
void connection_receive(struct connection *c);
/* receive.c: goes on with input that waits, and reading. */
void connection_resume(struct connection *c);
/* receive.c: forgets the tail. */
void connection_forget_input(struct connection *c);

#endif
