/* NOTIFICATION codes and their names (RFC 4271 §4.5 and §6, RFC 4486, RFC 6608, RFC 8203/9003,
 * RFC 7313, RFC 5492, RFC 9234). */
#ifndef BGPD_WIRE_NOTIFICATION_H
#define BGPD_WIRE_NOTIFICATION_H

#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"

enum notify_code {
    NOTIFY_HEADER = 1,
    NOTIFY_OPEN = 2,
    NOTIFY_UPDATE = 3,
    NOTIFY_HOLD_EXPIRED = 4,
    NOTIFY_FSM = 5,
    NOTIFY_CEASE = 6,
    NOTIFY_ROUTE_REFRESH = 7,
    NOTIFY_SEND_HOLD_EXPIRED = 8,
};

enum notify_header_subcode {
    NOTIFY_HEADER_NOT_SYNCHRONIZED = 1,
    NOTIFY_HEADER_BAD_LENGTH = 2,
    NOTIFY_HEADER_BAD_TYPE = 3,
};

enum notify_open_subcode {
    NOTIFY_OPEN_UNSPECIFIC = 0,
    NOTIFY_OPEN_BAD_VERSION = 1,
    NOTIFY_OPEN_BAD_PEER_AS = 2,
    NOTIFY_OPEN_BAD_BGP_ID = 3,
    NOTIFY_OPEN_BAD_OPTIONAL_PARAMETER = 4,
    NOTIFY_OPEN_BAD_HOLD_TIME = 6,
    NOTIFY_OPEN_UNSUPPORTED_CAPABILITY = 7,
    NOTIFY_OPEN_ROLE_MISMATCH = 11,
};

enum notify_update_subcode {
    NOTIFY_UPDATE_MALFORMED_ATTRIBUTES = 1,
    NOTIFY_UPDATE_UNRECOGNIZED_WELL_KNOWN = 2,
    NOTIFY_UPDATE_MISSING_WELL_KNOWN = 3,
    NOTIFY_UPDATE_ATTRIBUTE_FLAGS = 4,
    NOTIFY_UPDATE_ATTRIBUTE_LENGTH = 5,
    NOTIFY_UPDATE_INVALID_ORIGIN = 6,
    NOTIFY_UPDATE_INVALID_NEXT_HOP = 8,
    NOTIFY_UPDATE_OPTIONAL_ATTRIBUTE = 9,
    NOTIFY_UPDATE_INVALID_NETWORK = 10,
    NOTIFY_UPDATE_MALFORMED_AS_PATH = 11,
};

enum notify_fsm_subcode { /* RFC 6608 */
                          NOTIFY_FSM_UNSPECIFIC = 0,
                          NOTIFY_FSM_IN_OPEN_SENT = 1,
                          NOTIFY_FSM_IN_OPEN_CONFIRM = 2,
                          NOTIFY_FSM_IN_ESTABLISHED = 3,
};

enum notify_cease_subcode {
    NOTIFY_CEASE_MAX_PREFIXES = 1,
    NOTIFY_CEASE_ADMIN_SHUTDOWN = 2,
    NOTIFY_CEASE_PEER_DECONFIGURED = 3,
    NOTIFY_CEASE_ADMIN_RESET = 4,
    NOTIFY_CEASE_CONNECTION_REJECTED = 5,
    NOTIFY_CEASE_CONFIG_CHANGE = 6,
    NOTIFY_CEASE_COLLISION = 7,
    NOTIFY_CEASE_OUT_OF_RESOURCES = 8,
    NOTIFY_CEASE_HARD_RESET = 9,
    NOTIFY_CEASE_BFD_DOWN = 10,
};

/* What a message of 4,096 bytes, which every peer takes, has room for. */
#define NOTIFICATION_DATA_MAX (4096 - 19 - 2)

/* A notification to send or received; the data are copied and cut at NOTIFICATION_DATA_MAX. Large:
 * not to be kept, nor to be initialised as a whole. */
struct notification {
    uint8_t code;
    uint8_t subcode;
    uint16_t data_len_bytes;
    uint8_t data[NOTIFICATION_DATA_MAX];
};

struct notification notification_make(uint8_t code, uint8_t subcode, struct span data);
/* A Cease with a shutdown message (RFC 9003; UTF-8, cut at 255 bytes between characters). Only the
 * subcodes Administrative Shutdown and Administrative Reset carry one; `message` may be NULL. */
struct notification notification_cease(uint8_t subcode, const char *message);

/* The registered name of a code or of a subcode of it, "unknown" for others; static storage. */
const char *notification_code_name(uint8_t code);
const char *notification_subcode_name(uint8_t code, uint8_t subcode);

/* Appends one line for people: names, numbers, the shutdown message of RFC 9003 or the data in hex
 * ("Cease (6) / Administrative Shutdown (2), message \"…\""). Control characters and
 * invalid UTF-8 in a message are replaced. */
void notification_describe(const struct notification *n, struct strbuf *out);

/* Reads the body of a NOTIFICATION message; ERR_TRUNCATED when it has less than two bytes. */
int notification_decode(struct span body, struct notification *ret_n);

#endif
