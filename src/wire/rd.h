/* Route distinguishers (RFC 4364 §4.2): what tells apart equal prefixes of different VPNs. */
#ifndef BGPD_WIRE_RD_H
#define BGPD_WIRE_RD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

enum { RD_BYTES = 8 };

/* Whether the bytes begin with a type that RFC 4364 defines. */
bool rd_is_known(const uint8_t *bytes);
/* Reads "65000:1" (type 0), "192.0.2.1:1" (1), "4200000000:1" or, for an ASN that 2 bytes have room
 * for, "0.65000:1" (2), or of any type "0x" and its 16 hex digits. ERR_INVALID, ERR_RANGE. */
int rd_parse(const char *text, uint8_t *ret_bytes);
/* Appends the text that rd_parse reads back; hex digits where the type is not known. */
void rd_format(const uint8_t *bytes, struct strbuf *out);

#endif
