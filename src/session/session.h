/* Values that tell of the sessions with a neighbour. */
#ifndef BGPD_SESSION_SESSION_H
#define BGPD_SESSION_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "wire/open.h"
#include "wire/session_kind.h"
#include "wire/update.h"

/* How much output may wait for a peer. Whoever fills its queue stops there, and goes on when some
 * of it was sent. */
#define PEER_QUEUE_LIMIT_BYTES (256 * 1024)

/* Why a connection has ended. */
enum session_down_reason {
    DOWN_ADMIN,             /* disabled, removed, reset, shutdown: by us */
    DOWN_NOTIFICATION_SENT, /* we found an error */
    DOWN_NOTIFICATION_RECEIVED,
    DOWN_HOLD_EXPIRED,
    DOWN_SEND_HOLD_EXPIRED,
    DOWN_TCP_CLOSED, /* closed or failed without a NOTIFICATION */
    DOWN_COLLISION,
    DOWN_LINK, /* the interface is down or gone, or our address does not exist */
};

/* What was negotiated for a session, and between which ends it runs. */
struct peer_session {
    struct open_caps negotiated;
    struct update_context update_ctx;
    uint32_t remote_as;
    uint32_t remote_bgp_id;   /* host order */
    uint16_t hold_time_s;     /* negotiated; 0: none */
    uint16_t keepalive_s;     /* hold_time_s / 3 */
    size_t max_message_bytes; /* towards the peer: 4096 or 65535 */
    struct endpoint local;
    struct endpoint remote;
    enum session_kind kind;
    bool enhanced_refresh; /* the peer announced the capability of RFC 7313 */
    uint8_t role;          /* enum role: ours; ROLE_NONE in internal sessions */
    uint8_t remote_role;   /* that the peer announced */
    uint64_t established_mono_ms;
};

/* Of all sessions with a neighbour. */
struct peer_counters {
    uint64_t messages_received;
    uint64_t messages_sent;
    uint64_t updates_received;
    uint64_t updates_sent;
    uint64_t times_established;
    uint64_t problems;              /* attributes discarded and UPDATEs treated as withdrawn */
    uint64_t last_received_mono_ms; /* 0: never */
    uint64_t last_sent_mono_ms;
};

#endif
