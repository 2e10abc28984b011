/* OPEN messages and capabilities: RFC 4271 §4.2, 5492 (capabilities), 9072 (extended parameters),
 * 4760 (multiprotocol), 2918/7313 (refresh), 8950 (extended next hop), 8654 (extended messages),
 * 8277 (multiple labels), 6793 (4-octet AS), 9234 (roles). */
#ifndef BGPD_WIRE_OPEN_H
#define BGPD_WIRE_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/writer.h"
#include "wire/capability.h"
#include "wire/notification.h"

enum { AS_TRANS = 23456 };

struct open_msg {
    uint8_t version;
    uint32_t as;  /* 4-octet value: from the AS4 capability when there is one */
    uint16_t as2; /* the 2-octet field as sent */
    uint16_t hold_time_s;
    uint32_t bgp_id; /* host order */
    struct open_caps caps;
    struct span raw_capabilities; /* all capability TLVs one after the other; borrowed; see below */
};

/* Bytes the capabilities of one OPEN may take when gathered from several parameters. */
#define OPEN_CAPABILITIES_MAX 4096

/* Reads the body of an OPEN. `scratch` (OPEN_CAPABILITIES_MAX bytes) receives the capability TLVs
 * when they stand in more than one parameter; raw_capabilities borrows from it or from the body.
 * On error returns a negative code, with *ret_error set as RFC 4271 §6.2 and RFC 5492 say: an
 * unsupported version (data: 4 as 2 bytes), an unknown optional parameter, a malformed one
 * (subcode 0), hold time 1 or 2, BGP identifier 0, AS 0 (RFC 7607). A capability with a malformed
 * length is ignored, unless it cuts the parameter short. Families default to IPv4 unicast when no
 * multiprotocol capability is present. Whether the AS is the one expected is the session's
 * business. */
int open_decode(struct span body, uint8_t *scratch, struct open_msg *ret_open,
                struct notification *ret_error);

/* Writes a whole OPEN with its header: `as` as AS_TRANS where it needs 4 octets, one optional
 * parameter with all capabilities. */
void open_encode(struct writer *w, uint32_t as, uint16_t hold_time_s, uint32_t bgp_id,
                 const struct open_caps *caps);

/* What both sides announced (RFC 5492 §3): the set of things that may be used on the session. */
struct open_caps open_negotiate(const struct open_caps *ours, const struct open_caps *theirs);

/* Calls `each` with a line for people for each capability TLV ("Multiprotocol: ipv4 unicast",
 * "4-octet AS: 65001", "code 200 (3 bytes)"). */
void open_describe_capabilities(struct span raw_capabilities,
                                void (*each)(void *ctx, const char *text), void *ctx);

#endif
