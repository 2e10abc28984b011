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

/* To be called after a reload, with its summary, or NULL when the file has errors: listens where
 * the api_socket of the configuration now says (unless it was told otherwise at the start) and adds
 * to the summary what that does; connections that exist go on. */
void api_server_reconfigure(struct api_server *s, struct reload_summary *summary);

/* Where it listens; NULL when it does not any more. */
const struct endpoint *api_server_endpoint(const struct api_server *s);

#endif
