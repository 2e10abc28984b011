/* The links and addresses of this machine, followed as they come and go: by rtnetlink(7) on the
 * loop, and where that is not to be had by looking at times.
 *
 * A link is known by its name; its index changes when it is deleted and made again. */
#ifndef BGPD_NET_LINKS_H
#define BGPD_NET_LINKS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/ip.h"
#include "base/strbuf.h"

struct links;

/* The link that a connection runs over, as it was when that was asked. */
struct link_ref {
    uint32_t index; /* 0: none that is known, or one that does not count */
    uint32_t life;
    char name[IP_INTERFACE_MAX];
};

/* Begins with all that there is. `on_change` is called when something has changed, once for many
 * changes, or may have; never from within a function of this header. */
struct links *links_new(uv_loop_t *loop, void (*on_change)(void *ctx), void *ctx);
/* The memory goes when the loop has let go of the handles. NULL is allowed. */
void links_free(struct links *l);

/* The link over which connections to `remote` run, where that is sure: the interface of a
 * link-local address, or the one that is attached to its network. Index 0 for others, for our own
 * addresses and for loopback. */
struct link_ref links_via(const struct links *l, const struct ip_addr *remote);
/* Whether the link is gone, or (unless `only_gone`) is down or has been since; appends to *why what
 * happened. False for index 0. */
bool links_lost(const struct links *l, const struct link_ref *ref, bool only_gone,
                struct strbuf *why);
/* Whether no connection to `remote` is possible now: its interface does not exist or is down, or
 * (`with_network`) the one that is attached to its network is down. Appends why. */
bool links_block(const struct links *l, const struct ip_addr *remote, bool with_network,
                 struct strbuf *why);
/* Whether `addr` is on a network that this machine is attached to (or cannot be routed at all:
 * loopback and link-local). */
bool links_attach(const struct links *l, const struct ip_addr *addr);
/* Whether `addr` is one of our own that can be used. */
bool links_have_address(const struct links *l, const struct ip_addr *addr);
/* Calls `each` for every address of ours, usable or not, with the name of its link ("" when that is
 * not known); perhaps for some of them twice. */
void links_each_address(const struct links *l,
                        void (*each)(void *ctx, const struct ip_addr *addr, const char *link),
                        void *ctx);
/* Whether an address of ours that can be used is on the network of `remote`, on a link that is up.
 */
bool links_reach(const struct links *l, const struct ip_addr *remote);

#endif
