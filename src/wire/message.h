/* The message header (RFC 4271 §4.1), KEEPALIVE, the writing of NOTIFICATION, and ROUTE-REFRESH
 * (RFC 2918, RFC 7313). */
#ifndef BGPD_WIRE_MESSAGE_H
#define BGPD_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/writer.h"
#include "wire/family.h"
#include "wire/notification.h"

enum {
    MESSAGE_HEADER_BYTES = 19,
    MESSAGE_MAX_BYTES = 4096,
    MESSAGE_MAX_EXTENDED_BYTES = 65535, /* RFC 8654 */
};

enum message_type {
    MESSAGE_OPEN = 1,
    MESSAGE_UPDATE = 2,
    MESSAGE_NOTIFICATION = 3,
    MESSAGE_KEEPALIVE = 4,
    MESSAGE_ROUTE_REFRESH = 5,
};

/* Finds the first message in `input`.
 *
 * Returns its total length in bytes with *ret_type and *ret_body (borrowed from input) set; 0 when
 * more input is needed; or a negative error with *ret_error set to the notification that answers it
 * (Message Header Error, RFC 4271 §6.1). Whether the type's own minimum and maximum length hold is
 * checked as well (an OPEN has at least 29 bytes, a KEEPALIVE exactly 19; OPEN and KEEPALIVE never
 * exceed 4096, RFC 8654). `max_bytes` is 4096 or what extended messages allow. */
int message_frame(struct span input, size_t max_bytes, uint8_t *ret_type, struct span *ret_body,
                  struct notification *ret_error);

/* Starts a message: marker, a length to be patched, type. Returns the mark for message_end. */
size_t message_begin(struct writer *w, enum message_type type);
void message_end(struct writer *w, size_t mark);

/* Whole messages, with their headers. */
void message_encode_keepalive(struct writer *w);
void message_encode_notification(struct writer *w, const struct notification *n);

enum refresh_subtype { REFRESH_REQUEST = 0, REFRESH_BEGIN = 1, REFRESH_END = 2 };

struct route_refresh {
    uint16_t afi;
    uint8_t safi;
    uint8_t subtype; /* enum refresh_subtype; others are to be ignored (RFC 7313 §5) */
};

void message_encode_refresh(struct writer *w, enum family family, enum refresh_subtype subtype);
/* `enhanced`: the peer has the capability of RFC 7313. For others the byte of the subtype is
 * reserved and ignored (RFC 2918 §3): all they send is a request. What follows the family of a
 * request are ORF entries (RFC 5291 §4), which are ignored. ERR_INVALID, with *ret_error set, when
 * the body is shorter than 4 bytes (Bad Message Length), or the subtype is REFRESH_BEGIN or
 * REFRESH_END and it has another length than that (Invalid Message Length, RFC 7313 §5). */
int message_decode_refresh(struct span body, bool enhanced, struct route_refresh *ret_refresh,
                           struct notification *ret_error);

#endif
