/* The API server: JSON-RPC over HTTP on the daemon's loop. */
#ifndef BGPD_API_SERVER_H
#define BGPD_API_SERVER_H

#include <uv.h>

#include "base/strbuf.h"
#include "config/config.h"
#include "daemon/speaker.h"

struct api_server;

/* Where the API listens, whatever the configuration says. */
struct api_where {
    struct endpoint endpoint;
    const char *path; /* of a socket in the file system, in place of the endpoint; NULL; borrowed */
};

/* Listens on `where`, or, when that is NULL, on the api_socket of the configuration. NULL, with the
 * reason in *error, when that is not possible. Tokens are always those of the configuration. */
struct api_server *api_server_new(uv_loop_t *loop, struct speaker *speaker,
                                  const struct api_where *where, struct strbuf *error);
/* Ends all connections; to be called before speaker_free and before the loop's last run, which
 * frees the memory. NULL is allowed. */
void api_server_free(struct api_server *s);

/* To be called after a reload, with its summary, or NULL when the file has errors: listens where
 * the api_socket of the configuration now says (unless it was told otherwise at the start) and adds
 * to the summary what that does; connections that exist go on. */
void api_server_reconfigure(struct api_server *s, struct reload_summary *summary);

/* The first address where it listens; NULL when there is none. */
const struct endpoint *api_server_endpoint(const struct api_server *s);

#endif
