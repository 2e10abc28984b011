/* The address families (AFI/SAFI) that BGPd speaks: their table. A family is a file with its codec
 * and its rows, and a line here and in family.c. */
#ifndef BGPD_WIRE_FAMILY_H
#define BGPD_WIRE_FAMILY_H

#include "wire/family_row.h"

enum family {
    FAMILY_IPV4_UNICAST,
    FAMILY_IPV6_UNICAST,
    FAMILY_IPV4_FLOW,
    FAMILY_IPV6_FLOW,
    FAMILY_IPV4_MULTICAST,
    FAMILY_IPV6_MULTICAST,
    FAMILY_IPV4_LABELED,
    FAMILY_IPV6_LABELED,
    FAMILY_IPV4_VPN,
    FAMILY_IPV6_VPN,
    FAMILY_COUNT,
    FAMILY_NONE = FAMILY_COUNT,
};

/* What is spoken without multiprotocol capabilities, and stands in the fields of an UPDATE itself
 * (RFC 4760 §3, §8). */
#define FAMILY_OF_FIELDS FAMILY_IPV4_UNICAST

/* A set of families: bit `1 << family`. */
typedef uint32_t family_set;
#define FAMILY_BIT(family) ((family_set)1 << (family))
#define FAMILY_ALL         (UINT32_MAX >> (32 - FAMILY_COUNT))

_Static_assert(FAMILY_COUNT <= 32, "a set holds all families");

/* The rows; static storage. */
extern const struct family_info *const family_rows[FAMILY_COUNT];

/* The row of a family. */
static inline const struct family_info *family_info(enum family family)
{
    return family_rows[family];
}

/* FAMILY_NONE when BGPd does not speak it. */
enum family family_from_wire(uint16_t afi, uint8_t safi);
/* From "ipv4 unicast", "ipv6 flow" (case and separators ' ', '-', '_' alike); FAMILY_NONE. */
enum family family_from_name(const char *name);
/* Those that a peer has unless it is said otherwise. */
family_set family_defaults(void);
/* Those of an IP version whose routes have a next hop. */
family_set family_with_next_hop(uint8_t ip_version);
/* Those of these whose next hop our own can take the place of (family_row.h). */
family_set family_with_own_next_hop(uint8_t ip_version);
/* The family whose routes say who may speak for the destinations that routes of this one are about
 * (RFC 8955 §6, RFC 8956 §6); FAMILY_NONE: there is none. */
enum family family_of_destinations(enum family family);
/* The family that a route of an IP version has where none is named: of those that are written by
 * these parts (bits of enum nlri_text_part) and perhaps others, the one with the fewest others, and
 * the first of these in the table; FAMILY_NONE. */
enum family family_for_text(uint8_t ip_version, uint8_t parts);
/* The name of the family with the number `n`, from 0 up, among those that are written by these
 * parts and perhaps others (0: among all); NULL after the last one. Static storage. */
const char *family_nth_name(uint8_t parts, unsigned n);

static inline bool family_in(family_set set, enum family family)
{
    return family < FAMILY_COUNT && (set & FAMILY_BIT(family)) != 0;
}

#endif
