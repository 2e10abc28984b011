/* IP prefixes: an address and a length, the bits after the length always zero. */
#ifndef BGPD_BASE_PREFIX_H
#define BGPD_BASE_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"

struct prefix {
    uint8_t version; /* enum ip_version */
    uint8_t len_bits;
    uint8_t bytes[16]; /* network order, host bits zero */
};

#define PREFIX_TEXT_MAX 52

/* What people call a peer by: an address, that of a link-local one perhaps with its interface, or a
 * network. */
struct scoped_prefix {
    struct prefix prefix;
    char interface[IP_INTERFACE_MAX]; /* "": any */
};

/* Largest length in bits for an IP version: 32 or 128. */
static inline uint8_t prefix_max_bits(uint8_t version)
{
    return version == IP_V4 ? 32 : 128;
}

/* Parses "10.0.0.0/8" or a bare address (then /32 or /128). ERR_INVALID; ERR_RANGE for a length
 * that is too long. Host bits are cleared. */
int prefix_parse(const char *text, struct prefix *ret_prefix);
/* The same, and whether there were host bits to clear. */
int prefix_parse_strict(const char *text, struct prefix *ret_prefix, bool *ret_had_host_bits);

/* Writes the text of `p` into `buf` (PREFIX_TEXT_MAX bytes) and returns `buf`. */
const char *prefix_format(const struct prefix *p, char *buf);

/* From `len_bits` and as many bytes as those need; clears host bits. */
struct prefix prefix_make(uint8_t version, uint8_t len_bits, const void *bytes);
struct prefix prefix_from_ip(const struct ip_addr *addr);

struct scoped_prefix scoped_prefix_from_ip(const struct ip_addr *addr);
/* Whether `addr` is within it, and on its interface if it names one. */
bool scoped_prefix_contains_ip(const struct scoped_prefix *p, const struct ip_addr *addr);
/* Whether the address or network `inner` is `p` or within it, on its interface if it names one. */
bool scoped_prefix_covers(const struct scoped_prefix *p, const struct scoped_prefix *inner);

bool prefix_equal(const struct prefix *a, const struct prefix *b);
/* Address order, shorter prefixes first among equal addresses; IPv4 before IPv6. */
int prefix_compare(const struct prefix *a, const struct prefix *b);
bool prefix_contains_ip(const struct prefix *p, const struct ip_addr *addr);
/* True when `inner` is `p` or a more specific of it. */
bool prefix_covers(const struct prefix *p, const struct prefix *inner);
/* True for a prefix of full length. */
bool prefix_is_host(const struct prefix *p);
/* The address bits of `p` as an address. */
struct ip_addr prefix_address(const struct prefix *p);

#endif
