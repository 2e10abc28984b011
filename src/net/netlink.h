/* Messages of rtnetlink(7) about links and their addresses: the requests for what there is, and the
 * decoding of what the kernel tells. Pure: bytes in, values out.
 * Internal to session/. */
#ifndef BGPD_NET_NETLINK_H
#define BGPD_NET_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"

/* Room for a request. */
#define NETLINK_REQUEST_MAX 64

struct netlink_link {
    uint32_t index;
    char name[IP_INTERFACE_MAX];
    bool gone;
    bool up; /* set up, and with a carrier: it can be used */
    bool loopback;
};

struct netlink_address {
    uint32_t link;         /* index */
    struct ip_addr own;    /* our address */
    struct prefix network; /* what is attached: of a point-to-point link the other end */
    bool gone;
    bool usable; /* not under duplicate address detection (RFC 4862 §5.4), nor found to be one */
};

struct netlink_handler {
    void (*link)(void *ctx, const struct netlink_link *link);
    void (*address)(void *ctx, const struct netlink_address *address);
};

enum netlink_result {
    NETLINK_MORE,    /* nothing is said about the end */
    NETLINK_DONE,    /* the answer to request `seq` is complete */
    NETLINK_REPEAT,  /* messages were lost, or the answer is inconsistent: ask again */
    NETLINK_REFUSED, /* request `seq` was refused; *ret_error is an errno value */
};

/* Decodes what one read returned, and calls the handler for each message that is understood; others
 * are passed over. `bytes` must be aligned for a uint32_t. */
enum netlink_result netlink_decode(const void *bytes, size_t len_bytes, uint32_t seq,
                                   const struct netlink_handler *handler, void *ctx,
                                   int *ret_error);

/* Write a request for all links or all addresses into `buf` (aligned, NETLINK_REQUEST_MAX bytes);
 * return its length. */
size_t netlink_request_links(void *buf, uint32_t seq);
size_t netlink_request_addresses(void *buf, uint32_t seq);

#endif
