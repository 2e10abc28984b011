/* The BGP finite state machine (RFC 4271 §8) of one TCP connection, as a pure table: state × event
 * -> next state and actions. */
#ifndef BGPD_SESSION_FSM_H
#define BGPD_SESSION_FSM_H

#include <stdint.h>

#include "session/session.h"
#include "wire/family.h"
#include "wire/notification.h"
#include "wire/update.h"

enum fsm_state {
    FSM_IDLE,
    FSM_CONNECT,
    FSM_ACTIVE,
    FSM_OPEN_SENT,
    FSM_OPEN_CONFIRM,
    FSM_ESTABLISHED,
    FSM_STATE_COUNT,
};

/* Events, with their numbers in RFC 4271 §8.1. */
enum fsm_event {
    FSM_MANUAL_START,          /* 1, 3: start, active */
    FSM_MANUAL_START_PASSIVE,  /* 4, 5: start, passive */
    FSM_MANUAL_STOP,           /* 2, 8 */
    FSM_CONNECT_RETRY_EXPIRED, /* 9 */
    FSM_HOLD_EXPIRED,          /* 10 */
    FSM_KEEPALIVE_EXPIRED,     /* 11 */
    FSM_SEND_HOLD_EXPIRED,     /* RFC 9687: 29 */
    FSM_TCP_CONNECTED,         /* 16, 17: a connection is up, in either direction */
    FSM_TCP_FAILED,            /* 18 */
    FSM_OPEN_RECEIVED,         /* 19: a valid OPEN */
    FSM_HEADER_ERROR,          /* 21 */
    FSM_OPEN_ERROR,            /* 22 */
    FSM_COLLISION_DUMP,        /* 23 */
    FSM_NOTIFICATION_RECEIVED, /* 24, 25 */
    FSM_KEEPALIVE_RECEIVED,    /* 26 */
    FSM_UPDATE_RECEIVED,       /* 27 */
    FSM_UPDATE_ERROR,          /* 28; a malformed ROUTE-REFRESH, too (RFC 7313 §5) */
    FSM_REFRESH_RECEIVED,      /* RFC 2918: like an UPDATE for the machine */
    FSM_EVENT_COUNT,
};

/* Something that happened, for the machine and for the records. What it points to is borrowed. */
struct fsm_input {
    enum fsm_event event;
    enum session_down_reason reason;         /* where the event ends the connection */
    const struct notification *notification; /* to be sent, or received; NULL: none */
    const char *why;                         /* for people; NULL: nothing to add */
    uint8_t message_type;                    /* of the message that led here; 0: none */
    const struct update *update;             /* FSM_UPDATE_RECEIVED */
    uint32_t restart_s;                      /* how long to wait after an error; 0: as ever */
    enum family refresh_family;              /* FSM_REFRESH_RECEIVED; FAMILY_NONE: ignore it */
};

/* What the owner must do, from the lowest bit to the highest: a connection is given up before the
 * next attempt is planned, and what calls upward comes last. */
enum fsm_action {
    FSM_SEND_NOTIFICATION = 1 << 0, /* what it says is the owner's: the error, or an FSM error */
    FSM_STOP_TIMERS = 1 << 1,       /* hold and keepalive */
    FSM_STOP_CONNECT_RETRY = 1 << 2,
    FSM_DROP_TCP = 1 << 3,    /* close it, after a NOTIFICATION was sent */
    FSM_COUNT_RETRY = 1 << 4, /* an attempt failed: back off */
    FSM_START_CONNECT_RETRY = 1 << 5,
    FSM_SEND_OPEN = 1 << 6,
    FSM_SEND_KEEPALIVE = 1 << 7,
    FSM_START_OPEN_HOLD = 1 << 8, /* the large hold timer of OpenSent: 4 minutes */
    FSM_START_HOLD = 1 << 9,      /* negotiated; 0 means none */
    FSM_RESTART_HOLD = 1 << 10,
    FSM_START_KEEPALIVE = 1 << 11,
    FSM_START_CONNECT = 1 << 12, /* open a TCP connection */
    FSM_REPORT_UP = 1 << 13,
    FSM_REPORT_DOWN = 1 << 14, /* the session was Established */
    FSM_DELIVER = 1 << 15,     /* hand the UPDATE or refresh upward */
};

struct fsm_step {
    enum fsm_state next;
    unsigned actions; /* enum fsm_action */
};

/* Pure. An event that a state does not expect leads to Idle, with a NOTIFICATION "FSM error"
 * (RFC 4271 §6.6, RFC 6608) from OpenSent on; in Idle it is ignored. */
struct fsm_step fsm_step(enum fsm_state state, enum fsm_event event);

/* "OpenSent", "Established": as in the RFC; static storage. */
const char *fsm_state_name(enum fsm_state state);
/* "connect retry timer expired": for logs; static storage. */
const char *fsm_event_name(enum fsm_event event);

#endif
