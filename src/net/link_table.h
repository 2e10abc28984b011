/* What is known of the links and addresses of this machine, as rtnetlink tells them. Pure.
 * Internal to session/. */
#ifndef BGPD_NET_LINK_TABLE_H
#define BGPD_NET_LINK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "net/netlink.h"

/* More are not kept: what concerns them is left to timers. */
enum { LINK_TABLE_LINKS_MAX = 65536, LINK_TABLE_ADDRESSES_MAX = 262144 };

struct link {
    struct link *next;
    uint32_t index;
    uint32_t life; /* another one each time that it has been down, never used by two links */
    uint32_t stamp;
    bool up;
    bool loopback;
    char name[IP_INTERFACE_MAX];
};

struct link_address; /* link_table.c */

struct link_table {
    struct link **links; /* owned: chains by index */
    size_t link_buckets;
    size_t link_count;
    struct link_address **addresses; /* owned: chains by network */
    size_t address_buckets;
    size_t address_count;
    uint32_t network_lengths[2][129]; /* how many of each length, IPv4 and IPv6 */
    uint32_t lives;
    uint32_t stamp;
    bool overfull; /* there are more than are kept */
};

/* Zero-initialised is empty. */
void link_table_release(struct link_table *t);

/* Take over what was told; true when anything changed thereby. */
bool link_table_put_link(struct link_table *t, const struct netlink_link *news);
bool link_table_put_address(struct link_table *t, const struct netlink_address *news);

/* A new account of all that there is begins; what link_table_sweep() then finds not to have been
 * put since is gone (true when there was any). */
void link_table_begin(struct link_table *t);
bool link_table_sweep(struct link_table *t);

/* NULL when there is none with this index. */
const struct link *link_table_find(const struct link_table *t, uint32_t index);
/* The link whose network contains `addr`: the longest one, and of several one that is up. NULL when
 * there is none, and for our own addresses. Not for link-local ones, which name their link. */
const struct link *link_table_via(const struct link_table *t, const struct ip_addr *addr);
/* Whether an address of ours that can be used is on the network of `addr`, on a link that is up; of
 * a link-local one `link` is the index of its link. */
bool link_table_reaches(const struct link_table *t, const struct ip_addr *addr, uint32_t link);
/* Whether `addr` is one of our own and can be used: on any link, a link-local one on `link`. */
bool link_table_has_address(const struct link_table *t, const struct ip_addr *addr, uint32_t link);
/* Calls `each` for every address of ours, usable or not, with the name of its link ("" when that is
 * not known); perhaps for some of them twice. */
void link_table_each_address(const struct link_table *t,
                             void (*each)(void *ctx, const struct ip_addr *addr, const char *link),
                             void *ctx);

#endif
