/* Numbers that the holder of an AS or of an address assigns: the last six bytes of extended
 * communities (RFC 4360 §3, RFC 5668) and of route distinguishers (RFC 4364 §4.2). */
#ifndef BGPD_WIRE_ADMIN_H
#define BGPD_WIRE_ADMIN_H

#include <stdint.h>

#include "base/reader.h"
#include "base/strbuf.h"
#include "base/writer.h"

/* Who assigns it, as types of communities and of RDs say (RFC 7153 §2). */
enum admin_form {
    ADMIN_AS2 = 0,  /* an ASN of 2 bytes, and a number of 4 */
    ADMIN_IPV4 = 1, /* an address, and a number of 2 bytes */
    ADMIN_AS4 = 2,  /* an ASN of 4 bytes, and a number of 2 */
};

struct admin {
    enum admin_form form;
    uint32_t holder; /* ASN or address */
    uint32_t number;
};

/* Reads "A:B": A an ASN, a dotted ASN (always taken as a 4-octet one) or an IPv4 address; B may be
 * written as an IPv4 address where it has 4 bytes. ERR_INVALID; ERR_RANGE: there is not so much
 * room. */
int admin_parse(const char *text, struct admin *ret_admin);
/* Appends the text that admin_parse reads back. */
void admin_format(const struct admin *admin, struct strbuf *out);

/* The six bytes, written and read. */
void admin_put(struct writer *w, const struct admin *admin);
struct admin admin_take(struct reader *r, enum admin_form form);

#endif
