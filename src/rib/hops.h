/* Addresses that matter to a group as next hops: those of its members, and those of the routes that
 * BGPd originates. A route is not told to the peer that is its next hop (RFC 4271 §5.1.3). */
#ifndef BGPD_RIB_HOPS_H
#define BGPD_RIB_HOPS_H

#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"

struct hop_key {
    uint8_t bytes[16]; /* IPv4 addresses are mapped ones */
};

struct hop {
    struct hop_key key;
    uint32_t member; /* source of the member with this address; 0: none */
    uint32_t routes; /* originated ones with this next hop. Both 0: the hop does not exist */
};

/* Zero-initialised is empty. */
struct hops {
    struct hop *slots; /* owned; hash table with linear probing */
    uint32_t size;     /* power of two, or 0 */
    uint32_t count;
};

void hops_release(struct hops *h);

struct hop_key hop_key_of_ip(const struct ip_addr *addr);
/* Of a next hop of 4, 16 or 32 bytes (of which the first 16, the global address, count). */
struct hop_key hop_key_of_next_hop(struct span next_hop);

/* NULL when there is none. Borrowed until the next change. */
const struct hop *hops_find(const struct hops *h, const struct hop_key *key);
/* Sets the member, adds to the number of routes. */
void hops_set_member(struct hops *h, const struct hop_key *key, uint32_t member);
void hops_add_routes(struct hops *h, const struct hop_key *key, int32_t routes);

#endif
