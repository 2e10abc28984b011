/* Capabilities: the table of how each is read, written and described, and what those that BGPd uses
 * say. */
#ifndef BGPD_WIRE_CAPABILITY_H
#define BGPD_WIRE_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "base/writer.h"
#include "wire/family.h"
#include "wire/role.h"

enum capability_code {
    CAPABILITY_MULTIPROTOCOL = 1,
    CAPABILITY_ROUTE_REFRESH = 2,
    CAPABILITY_EXTENDED_NEXT_HOP = 5,
    CAPABILITY_EXTENDED_MESSAGE = 6,
    CAPABILITY_MULTIPLE_LABELS = 8,
    CAPABILITY_ROLE = 9,
    CAPABILITY_GRACEFUL_RESTART = 64,
    CAPABILITY_AS4 = 65,
    CAPABILITY_ADD_PATH = 69,
    CAPABILITY_ENHANCED_REFRESH = 70,
    CAPABILITY_LONG_LIVED_GRACEFUL_RESTART = 71,
    CAPABILITY_FQDN = 73,
    CAPABILITY_REFRESH_OLD = 128,
};

/* What one side says in its OPEN. The same struct is built from config to be sent, and filled from
 * the peer's message. Everything that is 0 is not announced. */
struct open_caps {
    family_set families;    /* multiprotocol; those BGPd knows */
    bool has_multiprotocol; /* at least one multiprotocol capability, known or not */
    bool route_refresh;
    bool enhanced_refresh;
    bool extended_message;
    bool as4;
    family_set extended_next_hop; /* families whose next hop may be IPv6 though their AFI is IPv4 */
    bool has_multiple_labels;     /* the capability, whatever it says */
    uint8_t labels[FAMILY_COUNT]; /* how many a route may have, where that is more than one */
    uint8_t role;                 /* enum role; ROLE_SEVERAL: RFC 9234 §4.2 */
};

/* One capability TLV (RFC 5492 §4). */
struct capability_view {
    uint8_t code;
    struct span value; /* borrowed */
};

/* Reads the next capability; false at the end, or with the reader failed when it is cut short. */
bool capability_next(struct reader *r, struct capability_view *ret_cap);

/* Enters what the peer says into `caps`, and its AS where the capability has it. Those that are
 * unknown, have a wrong length or concern families BGPd does not speak change nothing. */
void capability_apply(const struct capability_view *cap, struct open_caps *caps, uint32_t *as);

/* Writes the TLVs of everything `caps` announces: less than 250 bytes. `as` goes into the 4-octet
 * AS capability. */
void capability_put_all(struct writer *w, uint32_t as, const struct open_caps *caps);

/* Appends one line for people. */
void capability_describe(const struct capability_view *cap, struct strbuf *out);

#endif
