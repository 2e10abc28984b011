/* The addresses that are ours, as far as the daemon knows: those of the machine's interfaces, of
 * the configuration, and of our ends of the sessions. Counted, as one may have several reasons. */
#ifndef BGPD_DAEMON_OWN_ADDRS_H
#define BGPD_DAEMON_OWN_ADDRS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/u32set.h"

struct own_addr {
    struct own_addr *next;
    struct ip_addr addr;         /* never an IPv4-mapped one: that is the IPv4 address */
    char link[IP_INTERFACE_MAX]; /* the interface that has it; "": not known */
    uint32_t refs;
};

/* Zero-initialised is empty. */
struct own_addrs {
    struct own_addr **buckets; /* owned: chains */
    uint32_t bucket_count;     /* a power of two, or 0 */
    uint32_t count;
    uint64_t filter;  /* the bits of all that are, and of some that were there */
    uint32_t changes; /* how often an address came, went, or was found on another link */
};

struct own_addrs_item {
    struct ip_addr addr;
    char link[IP_INTERFACE_MAX];
};

/* Addresses that came together, to go together. Zero-initialised is empty. */
struct own_addrs_list {
    struct own_addrs_item *items; /* owned */
    uint32_t count;
    uint32_t size;
};

/* `link`: the interface that has it, "" when it is not known. */
void own_addrs_list_add(struct own_addrs_list *list, const struct ip_addr *addr, const char *link);

/* Unspecified addresses, and none (IP_NONE), are nobody's: they are neither added nor found. Each
 * address that is added is to be removed once. */
void own_addrs_add(struct own_addrs *own, const struct ip_addr *addr, const char *link);
void own_addrs_remove(struct own_addrs *own, const struct ip_addr *addr);
/* Takes over `next` in the place of what was `held`; *held is the new list then, *next empty. */
void own_addrs_replace(struct own_addrs *own, struct own_addrs_list *held,
                       struct own_addrs_list *next);
void own_addrs_release(struct own_addrs *own);

/* Whether an address is ours; a link-local one by its interface. An IPv4-mapped one stands for the
 * IPv4 address. */
bool own_addrs_has(const struct own_addrs *own, const struct ip_addr *addr);
/* False for most addresses that are not ours; `last` are their last four bytes, in host order. */
static inline bool own_addrs_may_have(const struct own_addrs *own, uint32_t last)
{
    return (own->filter & u32_set_bit(last)) != 0;
}
/* The interface that one of our addresses is on; "": not known. Borrowed until the next change. */
const char *own_addrs_link(const struct own_addrs *own, const struct ip_addr *addr);

#endif
