/* Listening sockets: they accept connections and hand them to the owner, and hold the TCP MD5 keys
 * of all whose connections come in, whole networks included. */
#ifndef BGPD_NET_LISTENER_H
#define BGPD_NET_LISTENER_H

#include <uv.h>

#include "base/ip.h"
#include "base/prefix.h"
#include "base/strbuf.h"

struct listener;

/* What the owner does with one. */
struct listener_handler {
    /* It is bound, and about to listen: it gets its protections now, as the kernel takes
     * connections from then on. May be NULL. */
    void (*guard)(void *ctx, struct listener *l);
    /* An accepted connection: the handler owns `fd` (non-blocking, close-on-exec). */
    void (*accept)(void *ctx, int fd, const struct endpoint *remote, const struct endpoint *local);
};

/* Binds and listens. "::" takes IPv4 as well. Port 0 lets the kernel choose. The address may
 * overlap those of `others`, sockets of ours whose place it is to take (127.0.0.1 and 0.0.0.0 on
 * one port): until they are closed, connections go to the one whose address says more.
 * ERR_NOT_FOUND when the address or its interface does not exist, ERR_IO when it cannot be bound,
 * both with errno (and a text in *error, may be NULL). */
int listener_new(uv_loop_t *loop, const struct endpoint *where,
                 const struct listener_handler *handler, void *ctx, struct listener *const *others,
                 size_t other_count, struct listener **ret_listener, struct strbuf *error);
/* Stops listening at once; the memory goes when the loop has let go of the handles. NULL is
 * allowed. */
void listener_free(struct listener *l);
/* Whether the interface of its link-local address is gone, or another one of that name: nothing
 * will come in any more. */
bool listener_is_stale(const struct listener *l);
/* Where it listens, with the real port. */
const struct endpoint *listener_endpoint(const struct listener *l);

/* Sets (or with NULL removes) the MD5 key (RFC 2385) for connections from `remote`, an address or a
 * network. Does nothing for addresses of a version that this socket cannot accept. The
 * kernel keeps one key for a link-local address, whatever its interface. ERR_IO with errno. */
int listener_set_md5(struct listener *l, const struct prefix *remote, const char *password);

/* Sets the TTL that what comes over IPv4 and IPv6 must at least have, SYNs included, as far as the
 * socket takes them; 0: any. Has the SYNs kept as well, for tcp_syn_ttl(). ERR_IO with errno: TTL
 * security is not in force. */
int listener_set_minimum_ttl(struct listener *l, int ipv4, int ipv6);

#endif
