/* The table of capabilities behind wire/open.h: how each is read, written and described. */
#ifndef BGPD_WIRE_CAPABILITY_H
#define BGPD_WIRE_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "base/writer.h"
#include "wire/open.h"

/* One capability TLV (RFC 5492 §4). */
struct capability_view {
    uint8_t code;
    struct span value; /* borrowed */
};

/* Reads the next capability; false at the end, or with the reader failed when it is cut short. */
bool capability_next(struct reader *r, struct capability_view *ret_cap);

/* Enters what the peer says into `open`. Capabilities that are unknown, have a wrong length or
 * concern families BGPd does not speak change nothing. */
void capability_apply(const struct capability_view *cap, struct open_msg *open);

/* Writes the TLVs of everything `caps` announces: less than 250 bytes. `as` goes into the 4-octet
 * AS capability. */
void capability_put_all(struct writer *w, uint32_t as, const struct open_caps *caps);

/* Appends one line for people. */
void capability_describe(const struct capability_view *cap, struct strbuf *out);

#endif
