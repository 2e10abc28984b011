/* Communities: standard (RFC 1997), extended (RFC 4360, 5668, 7153, 8955), IPv6 address specific
 * (RFC 5701) and large (RFC 8092), as text and on the wire. */
#ifndef BGPD_WIRE_COMMUNITY_H
#define BGPD_WIRE_COMMUNITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "wire/admin.h"

enum {
    COMMUNITY_NO_EXPORT = 0xffffff01,
    COMMUNITY_NO_ADVERTISE = 0xffffff02,
    COMMUNITY_NO_EXPORT_SUBCONFED = 0xffffff03,
    COMMUNITY_NOPEER = 0xffffff04,
};

enum community_kind {
    COMMUNITY_STANDARD,      /* 4 bytes */
    COMMUNITY_EXTENDED,      /* 8 bytes */
    COMMUNITY_IPV6_EXTENDED, /* 20 bytes */
    COMMUNITY_LARGE,         /* 12 bytes */
};

/* One community of any kind, as its wire bytes. */
struct community {
    enum community_kind kind;
    uint8_t bytes[20];
};

/* Bytes of a community of a kind on the wire, and the attribute (enum attr_type) that carries it.
 */
unsigned community_len_bytes(enum community_kind kind);
uint8_t community_attr_type(enum community_kind kind);

/* Parses one community:
 *   standard  "65000:99", "101" (one number is the whole 32-bit value), "no-export",
 *             "no-advertise", "no-export-subconfed", "nopeer", "blackhole", "graceful-shutdown"
 *   large     "65000:1:2"
 *   extended  "target:A:B" or "rt:A:B", "origin:A:B" or "soo:A:B", "redirect:A:B"; A an ASN, a
 *             dotted ASN (always taken as a 4-octet one) or an IPv4 address; B may be written as
 *             an IPv4 address where it has 4 bytes
 *             "traffic-rate:AS:N", "traffic-rate-packets:AS:N", "mark:DSCP",
 *             "traffic-action:sample|continue|sample-continue", where "terminal" is the same as
 *             "continue": the Terminal Action bit means, when it is set, that further flows are
 *             evaluated (RFC 8955 §7.3)
 *             "redirect-ip:ADDRESS", "copy-ip:ADDRESS", the latter for copies of the packets; an
 *             IPv6 address makes it an IPv6 extended one
 *   IPv6 extended  "target:[2001:db8::1]:B", "origin:…", "redirect:…"
 *   any extended   "0x" and the 16 or 40 hex digits of its bytes
 * ERR_INVALID, ERR_RANGE. */
int community_parse(const char *text, struct community *ret_community);

/* Appends the text that community_parse reads back. A standard community is written "A:B" with A
 * and B 16-bit values, well-known ones by name; unknown extended types as "0x…". */
void community_format(const struct community *c, struct strbuf *out);

/* A name of extended communities: "target". Those that mean the same, "rt", are one. */
struct community_name;

/* NULL: there is none of this name. Static storage. */
const struct community_name *community_name_find(const char *text, size_t len_bytes);
const char *community_name_text(const struct community_name *name);
/* Whether "A:B" (wire/admin.h) follows the name. */
bool community_name_has_admin(const struct community_name *name);
/* Of such a name, the community with these numbers, which are known to have room. */
struct community community_with_admin(const struct community_name *name, const struct admin *admin);
/* Whether the community, of any kind, is one of this name. */
bool community_has_name(const struct community *c, const struct community_name *name);
/* What community_parse knows by name, from 0 up: whole communities, "no-export", and names of
 * extended ones; NULL after the last. */
const char *community_nth_word(unsigned n);

/* Calls `each` for every community in the canonical attributes, in the order standard, extended,
 * IPv6 extended, large. */
void community_each(struct span canonical, void (*each)(void *ctx, const struct community *c),
                    void *ctx);

#endif
