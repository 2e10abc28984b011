/* A list of routes as a stream of JSON text, written object by object. */
#ifndef BGPD_API_STREAM_H
#define BGPD_API_STREAM_H

#include <stdint.h>

#include "api/view_route.h"
#include "base/strbuf.h"
#include "daemon/query.h"

/* Where the routes, and the cursor to go on with, stand in the answer. */
enum route_stream_form {
    ROUTE_STREAM_LIST,   /* result: […]; a cursor, when asked for, is a member beside it */
    ROUTE_STREAM_OBJECT, /* result: {"routes": […], "cursor": …} */
};

struct route_stream;

/* Takes over `query`. `limit` is the greatest number of routes, 0 for all; `renderer` is borrowed.
 */
struct route_stream *route_stream_new(struct route_query *query, struct route_renderer *renderer,
                                      enum route_stream_form form, unsigned extra, uint64_t limit);
void route_stream_free(struct route_stream *s); /* NULL is allowed */

enum route_stream_step {
    ROUTE_STREAM_MORE, /* something was appended */
    ROUTE_STREAM_WAIT, /* nothing yet: go on in a later loop turn */
    ROUTE_STREAM_END,  /* the last piece was appended */
};

/* Appends the next piece of the value (and, behind a list, of what follows it in the answer): the
 * opening, one route, or the end. Looks for a route until time_mono_ns() has reached `deadline_ns`.
 */
enum route_stream_step route_stream_next(struct route_stream *s, struct strbuf *out, int64_t now_s,
                                         uint64_t deadline_ns);

#endif
