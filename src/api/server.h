/* The API server: JSON-RPC over HTTP on the daemon's loop. */
#ifndef BGPD_API_SERVER_H
#define BGPD_API_SERVER_H

#include <uv.h>

#include "base/strbuf.h"
#include "config/config.h"
#include "daemon/speaker.h"

struct api_server;

/* Listens on `where`, or, when that is NULL, on the api_socket of the configuration. NULL, with the
 * reason in *error, when that is not possible. The token is always that of the configuration. */
struct api_server *api_server_new(uv_loop_t *loop, struct speaker *speaker,
                                  const struct endpoint *where, struct strbuf *error);
/* Ends all connections; to be called before speaker_free and before the loop's last run, which
 * frees the memory. NULL is allowed. */
void api_server_free(struct api_server *s);

/* To be called after a reload: when the api_socket of the configuration has changed (and is what
 * the server listens on), listens on the new one; connections that exist go on. When that is not
 * possible the old one stays. */
void api_server_reconfigure(struct api_server *s);

/* Where it listens; NULL when it does not any more. */
const struct endpoint *api_server_endpoint(const struct api_server *s);

#endif
