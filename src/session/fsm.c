/* The finite state machine of RFC 4271 §8.2.2, without its optional attributes (DelayOpen,
 * SendNOTIFICATIONwithoutOPEN, TrackTcpState; collision detection in Established is on).
 *
 * Where BGPd differs from the letter of the RFC, on purpose:
 * - A connection attempt that fails in Connect leads to Active, where one waits and listens,
 * whether or not a DelayOpen timer exists: Idle means "stopped, or held back after an error".
 * - A NOTIFICATION is never answered with a NOTIFICATION, in OpenSent neither.
 * - Every failed attempt counts, as the count is what the back-off is computed from.
 *
 * Invariant: each row of the table covers every event; a row's absence is a step to Idle without
 * actions, which the unit test of the whole matrix would find. */
#include "session/fsm.h"

#include <assert.h>

enum {
    /* Everything that goes with a connection is released. */
    RELEASE = FSM_STOP_TIMERS | FSM_STOP_CONNECT_RETRY | FSM_DROP_TCP,
    FAIL = RELEASE | FSM_COUNT_RETRY,
    NOTIFY = FSM_SEND_NOTIFICATION | FAIL,
    DOWN = FSM_REPORT_DOWN,
};

static const struct fsm_step table[FSM_STATE_COUNT][FSM_EVENT_COUNT] =
    {
        [FSM_IDLE] =
            {
                [FSM_MANUAL_START] = {FSM_CONNECT, FSM_START_CONNECT_RETRY | FSM_START_CONNECT},
                [FSM_MANUAL_START_PASSIVE] = {FSM_ACTIVE, FSM_START_CONNECT_RETRY},
                [FSM_MANUAL_STOP] = {FSM_IDLE, 0},
                [FSM_CONNECT_RETRY_EXPIRED] = {FSM_IDLE, 0},
                [FSM_HOLD_EXPIRED] = {FSM_IDLE, 0},
                [FSM_KEEPALIVE_EXPIRED] = {FSM_IDLE, 0},
                [FSM_SEND_HOLD_EXPIRED] = {FSM_IDLE, 0},
                [FSM_TCP_CONNECTED] = {FSM_IDLE, FSM_DROP_TCP}, /* Idle refuses connections */
                [FSM_TCP_FAILED] = {FSM_IDLE, 0},
                [FSM_OPEN_RECEIVED] = {FSM_IDLE, 0},
                [FSM_HEADER_ERROR] = {FSM_IDLE, 0},
                [FSM_OPEN_ERROR] = {FSM_IDLE, 0},
                [FSM_COLLISION_DUMP] = {FSM_IDLE, 0},
                [FSM_NOTIFICATION_RECEIVED] = {FSM_IDLE, 0},
                [FSM_KEEPALIVE_RECEIVED] = {FSM_IDLE, 0},
                [FSM_UPDATE_RECEIVED] = {FSM_IDLE, 0},
                [FSM_UPDATE_ERROR] = {FSM_IDLE, 0},
                [FSM_REFRESH_RECEIVED] = {FSM_IDLE, 0},
            },
        [FSM_CONNECT] =
            {
                [FSM_MANUAL_START] = {FSM_CONNECT, 0},
                [FSM_MANUAL_START_PASSIVE] = {FSM_CONNECT, 0},
                [FSM_MANUAL_STOP] = {FSM_IDLE, RELEASE},
                [FSM_CONNECT_RETRY_EXPIRED] = {FSM_CONNECT, FSM_DROP_TCP | FSM_COUNT_RETRY |
                                                                FSM_START_CONNECT_RETRY |
                                                                FSM_START_CONNECT},
                [FSM_HOLD_EXPIRED] = {FSM_IDLE, FAIL},
                [FSM_KEEPALIVE_EXPIRED] = {FSM_IDLE, FAIL},
                [FSM_SEND_HOLD_EXPIRED] = {FSM_IDLE, FAIL},
                [FSM_TCP_CONNECTED] = {FSM_OPEN_SENT, FSM_STOP_CONNECT_RETRY | FSM_SEND_OPEN |
                                                          FSM_START_OPEN_HOLD},
                [FSM_TCP_FAILED] = {FSM_ACTIVE,
                                    FSM_DROP_TCP | FSM_COUNT_RETRY | FSM_START_CONNECT_RETRY},
                [FSM_OPEN_RECEIVED] = {FSM_IDLE, FAIL},
                [FSM_HEADER_ERROR] = {FSM_IDLE, FAIL},
                [FSM_OPEN_ERROR] = {FSM_IDLE, FAIL},
                [FSM_COLLISION_DUMP] = {FSM_IDLE, FAIL},
                [FSM_NOTIFICATION_RECEIVED] = {FSM_IDLE, FAIL},
                [FSM_KEEPALIVE_RECEIVED] = {FSM_IDLE, FAIL},
                [FSM_UPDATE_RECEIVED] = {FSM_IDLE, FAIL},
                [FSM_UPDATE_ERROR] = {FSM_IDLE, FAIL},
                [FSM_REFRESH_RECEIVED] = {FSM_IDLE, FAIL},
            },
        [FSM_ACTIVE] =
            {
                [FSM_MANUAL_START] = {FSM_ACTIVE, 0},
                [FSM_MANUAL_START_PASSIVE] = {FSM_ACTIVE, 0},
                [FSM_MANUAL_STOP] = {FSM_IDLE, RELEASE},
                [FSM_CONNECT_RETRY_EXPIRED] = {FSM_CONNECT,
                                               FSM_START_CONNECT_RETRY | FSM_START_CONNECT},
                [FSM_HOLD_EXPIRED] = {FSM_IDLE, FAIL},
                [FSM_KEEPALIVE_EXPIRED] = {FSM_IDLE, FAIL},
                [FSM_SEND_HOLD_EXPIRED] = {FSM_IDLE, FAIL},
                [FSM_TCP_CONNECTED] = {FSM_OPEN_SENT, FSM_STOP_CONNECT_RETRY | FSM_SEND_OPEN |
                                                          FSM_START_OPEN_HOLD},
                [FSM_TCP_FAILED] = {FSM_IDLE, FAIL},
                [FSM_OPEN_RECEIVED] = {FSM_IDLE, FAIL},
                [FSM_HEADER_ERROR] = {FSM_IDLE, FAIL},
                [FSM_OPEN_ERROR] = {FSM_IDLE, FAIL},
                [FSM_COLLISION_DUMP] = {FSM_IDLE, FAIL},
                [FSM_NOTIFICATION_RECEIVED] = {FSM_IDLE, FAIL},
                [FSM_KEEPALIVE_RECEIVED] = {FSM_IDLE, FAIL},
                [FSM_UPDATE_RECEIVED] = {FSM_IDLE, FAIL},
                [FSM_UPDATE_ERROR] = {FSM_IDLE, FAIL},
                [FSM_REFRESH_RECEIVED] = {FSM_IDLE, FAIL},
            },
        [FSM_OPEN_SENT] =
            {
                [FSM_MANUAL_START] = {FSM_OPEN_SENT, 0},
                [FSM_MANUAL_START_PASSIVE] = {FSM_OPEN_SENT, 0},
                [FSM_MANUAL_STOP] = {FSM_IDLE, FSM_SEND_NOTIFICATION | RELEASE},
                [FSM_CONNECT_RETRY_EXPIRED] = {FSM_IDLE, NOTIFY},
                [FSM_HOLD_EXPIRED] = {FSM_IDLE, NOTIFY},
                [FSM_KEEPALIVE_EXPIRED] = {FSM_IDLE, NOTIFY},
                [FSM_SEND_HOLD_EXPIRED] = {FSM_IDLE, NOTIFY},
                [FSM_TCP_CONNECTED] = {FSM_OPEN_SENT, 0}, /* a machine of its own takes that one */
                [FSM_TCP_FAILED] = {FSM_ACTIVE, FSM_STOP_TIMERS | FSM_DROP_TCP | FSM_COUNT_RETRY |
                                                    FSM_START_CONNECT_RETRY},
                [FSM_OPEN_RECEIVED] = {FSM_OPEN_CONFIRM, FSM_STOP_CONNECT_RETRY |
                                                             FSM_SEND_KEEPALIVE | FSM_START_HOLD |
                                                             FSM_START_KEEPALIVE},
                [FSM_HEADER_ERROR] = {FSM_IDLE, NOTIFY},
                [FSM_OPEN_ERROR] = {FSM_IDLE, NOTIFY},
                [FSM_COLLISION_DUMP] = {FSM_IDLE, NOTIFY},
                [FSM_NOTIFICATION_RECEIVED] = {FSM_IDLE, FAIL},
                [FSM_KEEPALIVE_RECEIVED] = {FSM_IDLE, NOTIFY},
                [FSM_UPDATE_RECEIVED] = {FSM_IDLE, NOTIFY},
                [FSM_UPDATE_ERROR] = {FSM_IDLE, NOTIFY},
                [FSM_REFRESH_RECEIVED] = {FSM_IDLE, NOTIFY},
            },
        [FSM_OPEN_CONFIRM] =
            {
                [FSM_MANUAL_START] = {FSM_OPEN_CONFIRM, 0},
                [FSM_MANUAL_START_PASSIVE] = {FSM_OPEN_CONFIRM, 0},
                [FSM_MANUAL_STOP] = {FSM_IDLE, FSM_SEND_NOTIFICATION | RELEASE},
                [FSM_CONNECT_RETRY_EXPIRED] = {FSM_IDLE, NOTIFY},
                [FSM_HOLD_EXPIRED] = {FSM_IDLE, NOTIFY},
                [FSM_KEEPALIVE_EXPIRED] = {FSM_OPEN_CONFIRM,
                                           FSM_SEND_KEEPALIVE | FSM_START_KEEPALIVE},
                [FSM_SEND_HOLD_EXPIRED] = {FSM_IDLE, NOTIFY},
                [FSM_TCP_CONNECTED] = {FSM_OPEN_CONFIRM, 0},
                [FSM_TCP_FAILED] = {FSM_IDLE, FAIL},
                [FSM_OPEN_RECEIVED] = {FSM_IDLE, NOTIFY},
                [FSM_HEADER_ERROR] = {FSM_IDLE, NOTIFY},
                [FSM_OPEN_ERROR] = {FSM_IDLE, NOTIFY},
                [FSM_COLLISION_DUMP] = {FSM_IDLE, NOTIFY},
                [FSM_NOTIFICATION_RECEIVED] = {FSM_IDLE, FAIL},
                [FSM_KEEPALIVE_RECEIVED] = {FSM_ESTABLISHED, FSM_RESTART_HOLD | FSM_REPORT_UP},
                [FSM_UPDATE_RECEIVED] = {FSM_IDLE, NOTIFY},
                [FSM_UPDATE_ERROR] = {FSM_IDLE, NOTIFY},
                [FSM_REFRESH_RECEIVED] = {FSM_IDLE, NOTIFY},
            },
        [FSM_ESTABLISHED] =
            {
                [FSM_MANUAL_START] = {FSM_ESTABLISHED, 0},
                [FSM_MANUAL_START_PASSIVE] = {FSM_ESTABLISHED, 0},
                [FSM_MANUAL_STOP] = {FSM_IDLE, FSM_SEND_NOTIFICATION | RELEASE | DOWN},
                [FSM_CONNECT_RETRY_EXPIRED] = {FSM_IDLE, NOTIFY | DOWN},
                [FSM_HOLD_EXPIRED] = {FSM_IDLE, NOTIFY | DOWN},
                [FSM_KEEPALIVE_EXPIRED] = {FSM_ESTABLISHED,
                                           FSM_SEND_KEEPALIVE | FSM_START_KEEPALIVE},
                [FSM_SEND_HOLD_EXPIRED] = {FSM_IDLE, NOTIFY | DOWN},
                [FSM_TCP_CONNECTED] = {FSM_ESTABLISHED, 0},
                [FSM_TCP_FAILED] = {FSM_IDLE, FAIL | DOWN},
                [FSM_OPEN_RECEIVED] = {FSM_IDLE, NOTIFY | DOWN},
                [FSM_HEADER_ERROR] = {FSM_IDLE, NOTIFY | DOWN},
                [FSM_OPEN_ERROR] = {FSM_IDLE, NOTIFY | DOWN},
                [FSM_COLLISION_DUMP] = {FSM_IDLE, NOTIFY | DOWN},
                [FSM_NOTIFICATION_RECEIVED] = {FSM_IDLE, FAIL | DOWN},
                [FSM_KEEPALIVE_RECEIVED] = {FSM_ESTABLISHED, FSM_RESTART_HOLD},
                [FSM_UPDATE_RECEIVED] = {FSM_ESTABLISHED, FSM_RESTART_HOLD | FSM_DELIVER},
                [FSM_UPDATE_ERROR] = {FSM_IDLE, NOTIFY | DOWN},
                [FSM_REFRESH_RECEIVED] = {FSM_ESTABLISHED, FSM_RESTART_HOLD | FSM_DELIVER},
            },
};

struct fsm_step fsm_step(enum fsm_state state, enum fsm_event event)
{
    assert(state < FSM_STATE_COUNT && event < FSM_EVENT_COUNT);
    return table[state][event];
}

const char *fsm_state_name(enum fsm_state state)
{
    static const char *const names[FSM_STATE_COUNT] = {
        [FSM_IDLE] = "Idle",
        [FSM_CONNECT] = "Connect",
        [FSM_ACTIVE] = "Active",
        [FSM_OPEN_SENT] = "OpenSent",
        [FSM_OPEN_CONFIRM] = "OpenConfirm",
        [FSM_ESTABLISHED] = "Established",
    };
    return state < FSM_STATE_COUNT ? names[state] : "unknown";
}

const char *fsm_event_name(enum fsm_event event)
{
    static const char *const names[FSM_EVENT_COUNT] = {
        [FSM_MANUAL_START] = "start",
        [FSM_MANUAL_START_PASSIVE] = "passive start",
        [FSM_MANUAL_STOP] = "stop",
        [FSM_CONNECT_RETRY_EXPIRED] = "connect retry timer expired",
        [FSM_HOLD_EXPIRED] = "hold timer expired",
        [FSM_KEEPALIVE_EXPIRED] = "keepalive timer expired",
        [FSM_SEND_HOLD_EXPIRED] = "send hold timer expired",
        [FSM_TCP_CONNECTED] = "TCP connected",
        [FSM_TCP_FAILED] = "TCP failed",
        [FSM_OPEN_RECEIVED] = "OPEN received",
        [FSM_HEADER_ERROR] = "message header error",
        [FSM_OPEN_ERROR] = "OPEN error",
        [FSM_COLLISION_DUMP] = "connection collision",
        [FSM_NOTIFICATION_RECEIVED] = "NOTIFICATION received",
        [FSM_KEEPALIVE_RECEIVED] = "KEEPALIVE received",
        [FSM_UPDATE_RECEIVED] = "UPDATE received",
        [FSM_UPDATE_ERROR] = "UPDATE error",
        [FSM_REFRESH_RECEIVED] = "ROUTE-REFRESH received",
    };
    return event < FSM_EVENT_COUNT ? names[event] : "unknown";
}
