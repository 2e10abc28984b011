/* Lists as streams of JSON text.
 *
 * Whether there is more after the limit is only known after one look further; the cursor must be
 * taken before that look. */
#include "api/stream.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"

/* How often something is sent while there is nothing to be said. */
#define BLANK_INTERVAL_NS 5000000000u

struct route_stream {
    struct stream base;
    struct route_query *query; /* owned */
    struct route_stream_how how;
    uint64_t spoke_ns;
    uint64_t count;       /* routes written */
    struct strbuf cursor; /* after the last route that the limit permits */
    struct jsonw w;
    bool opened;
};

static void put_opening(struct route_stream *s)
{
    s->opened = true;
    if (s->how.form == ROUTE_STREAM_OBJECT) {
        jsonw_object(&s->w, NULL);
        jsonw_array(&s->w, "routes");
    } else {
        jsonw_array(&s->w, NULL);
    }
}

/* The end of the list, and the cursor: NULL when there is nothing to go on with. */
static void put_end(struct route_stream *s, const char *cursor)
{
    jsonw_array_end(&s->w);
    if (s->how.form == ROUTE_STREAM_OBJECT || s->how.limit > 0)
        jsonw_text(&s->w, "cursor", cursor);
    if (s->how.form == ROUTE_STREAM_OBJECT)
        jsonw_object_end(&s->w);
}

enum stream_step stream_wait(uint64_t *spoke_ns, struct strbuf *out)
{
    uint64_t now_ns = time_mono_ns();
    if (now_ns - *spoke_ns < BLANK_INTERVAL_NS)
        return STREAM_WAIT;
    *spoke_ns = now_ns;
    strbuf_add_char(out, ' ');
    return STREAM_MORE;
}

static enum stream_step route_stream_next(struct stream *base, struct strbuf *out,
                                          const struct time_now *now, uint64_t deadline_ns)
{
    struct route_stream *s = (struct route_stream *)base;
    s->w.out = out;
    if (!s->opened) {
        put_opening(s);
        return STREAM_MORE;
    }
    bool at_limit = s->how.limit > 0 && s->count == s->how.limit;
    struct route_view route;
    switch (route_query_next(s->query, deadline_ns, &route)) {
    case QUERY_YIELD:
        return stream_wait(&s->spoke_ns, out);
    case QUERY_END:
        put_end(s, NULL);
        return STREAM_END;
    case QUERY_ROUTE:
        break;
    }
    if (at_limit) {
        put_end(s, strbuf_text(&s->cursor));
        return STREAM_END;
    }
    s->how.put(s->how.ctx, &s->w, &route, now);
    s->spoke_ns = now->mono_ns;
    if (++s->count == s->how.limit)
        route_query_cursor(s->query, &s->cursor);
    return STREAM_MORE;
}

static void route_stream_free(struct stream *base)
{
    struct route_stream *s = (struct route_stream *)base;
    route_query_free(s->query);
    strbuf_release(&s->cursor);
    free(s);
}

struct stream *route_stream_new(struct route_query *query, const struct route_stream_how *how)
{
    struct route_stream *s = mem_alloc(sizeof(*s));
    *s = (struct route_stream){
        .base = {.next = route_stream_next, .free = route_stream_free},
        .query = query,
        .how = *how,
        .spoke_ns = time_mono_ns(),
    };
    return &s->base;
}

/* Peers. */

struct peer_stream {
    struct stream base;
    const struct speaker *speaker; /* borrowed */
    struct peer_selection selection;
    struct scoped_prefix *only; /* owned: of the selection */
    struct speaker_peer_cursor cursor;
    struct jsonw w;
    bool opened;
};

bool peer_is_selected(const struct peer_selection *selection, const struct speaker_peer *peer)
{
    bool selected = selection->only_count == 0;
    for (size_t i = 0; i < selection->only_count && !selected; i++)
        selected = scoped_prefix_covers(&selection->only[i], &peer->remote);
    return selected;
}

static enum stream_step peer_stream_next(struct stream *base, struct strbuf *out,
                                         const struct time_now *now, uint64_t deadline_ns)
{
    struct peer_stream *s = (struct peer_stream *)base;
    s->w.out = out;
    if (!s->opened) {
        s->opened = true;
        jsonw_array(&s->w, NULL);
        return STREAM_MORE;
    }
    struct speaker_peer peer;
    while (speaker_next_peer(s->speaker, &s->cursor, &peer)) {
        if (peer_is_selected(&s->selection, &peer)) {
            s->selection.put(&s->w, NULL, &peer, now);
            return STREAM_MORE;
        }
        if (time_mono_ns() >= deadline_ns)
            return STREAM_WAIT;
    }
    jsonw_array_end(&s->w);
    return STREAM_END;
}

static void peer_stream_free(struct stream *base)
{
    struct peer_stream *s = (struct peer_stream *)base;
    free(s->only);
    free(s);
}

struct stream *peer_stream_new(const struct speaker *speaker,
                               const struct peer_selection *selection)
{
    struct peer_stream *s = mem_alloc(sizeof(*s));
    *s = (struct peer_stream){.base = {.next = peer_stream_next, .free = peer_stream_free},
                              .speaker = speaker,
                              .selection = *selection};
    if (selection->only_count > 0) {
        s->only = mem_resize(NULL, selection->only_count, sizeof(*s->only));
        memcpy(s->only, selection->only, selection->only_count * sizeof(*s->only));
    }
    s->selection.only = s->only;
    return &s->base;
}
