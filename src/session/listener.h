/* Listening sockets: they accept connections and hand them to the owner, and hold the TCP MD5 keys
 * of all peers, dynamic networks included. */
#ifndef BGPD_SESSION_LISTENER_H
#define BGPD_SESSION_LISTENER_H

#include <uv.h>

#include "config/config.h"

struct listener;

/* An accepted connection: the handler owns `fd`. */
typedef void (*listener_accept)(void *ctx, int fd, const struct endpoint *remote,
                                const struct endpoint *local);

/* Binds and listens. "::" takes IPv4 as well. ERR_IO with errno (and a text in *error, may be NULL)
 * when the address cannot be bound. */
int listener_new(uv_loop_t *loop, const struct endpoint *where, listener_accept on_accept, void *ctx,
                 struct listener **ret_listener, struct strbuf *error);
void listener_free(struct listener *l);
const struct endpoint *listener_endpoint(const struct listener *l);

/* Sets (or with NULL removes) the MD5 key (RFC 2385) for connections from `remote`, an address or a
 * network. ERR_IO with errno. */
int listener_set_md5(struct listener *l, const struct prefix *remote, uint32_t scope_id,
                     const char *password);

#endif
