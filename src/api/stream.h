/* Results that are written piece by piece: lists of routes and of peers as streams of JSON text. */
#ifndef BGPD_API_STREAM_H
#define BGPD_API_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "api/jsonrpc.h"
#include "api/view_route.h"
#include "base/strbuf.h"
#include "base/time.h"
#include "daemon/query.h"
#include "daemon/speaker.h"

/* Where the routes, and the cursor to go on with, stand in the answer. */
enum route_stream_form {
    ROUTE_STREAM_LIST,   /* result: […]; a cursor, when asked for, is a member beside it */
    ROUTE_STREAM_OBJECT, /* result: {"routes": […], "cursor": …} */
};

enum stream_step {
    STREAM_MORE, /* something was appended */
    STREAM_WAIT, /* nothing yet: go on in a later loop turn */
    STREAM_END,  /* the last piece was appended */
};

/* What all streams begin with. */
struct stream {
    /* Appends the next piece of the value (and, after a list, of what follows it in the answer):
     * the opening, one item, or the end. Looks for an item until time_mono_ns() has reached
     * `deadline_ns`; ages are counted to `now`. */
    enum stream_step (*next)(struct stream *s, struct strbuf *out, const struct time_now *now,
                             uint64_t deadline_ns);
    void (*free)(struct stream *s);
    /* It changes something: then it is carried out before the answer is begun, and its text is
     * short. */
    bool changes;
    struct jsonrpc_error error; /* of one that changes something, at its end: instead of the text */
};

/* How a list of routes is written. */
struct route_stream_how {
    enum route_stream_form form;
    uint64_t limit; /* the greatest number of routes; 0: none */
    void (*put)(const void *ctx, struct jsonw *w, const struct route_view *route,
                const struct time_now *now);
    const void *ctx; /* borrowed */
};

/* Takes over `query`. */
struct stream *route_stream_new(struct route_query *query, const struct route_stream_how *how);

/* For streams that have nothing to write yet: now and then a blank, lest the connection be taken
 * for a dead one. *spoke_ns is when something was written last. */
enum stream_step stream_wait(uint64_t *spoke_ns, struct strbuf *out);

/* Which peers a list holds, and how each is written. */
struct peer_selection {
    /* Borrowed: the peers with these addresses, and all in these networks; none: all peers. */
    const struct scoped_prefix *only;
    size_t only_count;
    void (*put)(struct jsonw *w, const char *key, const struct speaker_peer *peer,
                const struct time_now *now);
};

/* At most this many may be named. */
#define PEER_SELECTION_MAX 1024u

bool peer_is_selected(const struct peer_selection *selection, const struct speaker_peer *peer);
/* The list of them, as they are when it is written; copies what it borrows. */
struct stream *peer_stream_new(const struct speaker *speaker,
                               const struct peer_selection *selection);

static inline void stream_free(struct stream *s) /* NULL is allowed */
{
    if (s)
        s->free(s);
}

#endif
