/* A list of routes as a stream of JSON text.
 *
 * Whether there is more behind the limit is only known after one look further; the cursor must be
 * taken before that look. */
#include "api/stream.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

struct route_stream {
    struct route_query *query;       /* owned */
    struct route_renderer *renderer; /* borrowed */
    enum route_stream_form form;
    unsigned extra;       /* enum route_view_extra */
    uint64_t limit;       /* 0: none */
    uint64_t count;       /* routes written */
    struct strbuf cursor; /* behind the last route that the limit permits */
    struct jsonw w;
    bool opened;
};

struct route_stream *route_stream_new(struct route_query *query, struct route_renderer *renderer,
                                      enum route_stream_form form, unsigned extra, uint64_t limit)
{
    struct route_stream *s = mem_zalloc(sizeof(*s));
    s->query = query;
    s->renderer = renderer;
    s->form = form;
    s->extra = extra;
    s->limit = limit;
    return s;
}

void route_stream_free(struct route_stream *s)
{
    if (!s)
        return;
    route_query_free(s->query);
    strbuf_release(&s->cursor);
    free(s);
}

static void put_opening(struct route_stream *s)
{
    s->opened = true;
    if (s->form == ROUTE_STREAM_OBJECT) {
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
    if (s->form == ROUTE_STREAM_OBJECT || s->limit > 0)
        jsonw_text(&s->w, "cursor", cursor);
    if (s->form == ROUTE_STREAM_OBJECT)
        jsonw_object_end(&s->w);
}

enum route_stream_step route_stream_next(struct route_stream *s, struct strbuf *out, int64_t now_s,
                                         uint64_t deadline_ns)
{
    s->w.out = out;
    if (!s->opened) {
        put_opening(s);
        return ROUTE_STREAM_MORE;
    }
    bool at_limit = s->limit > 0 && s->count == s->limit;
    struct route_view route;
    switch (route_query_next(s->query, deadline_ns, &route)) {
    case QUERY_YIELD:
        return ROUTE_STREAM_WAIT;
    case QUERY_END:
        put_end(s, NULL);
        return ROUTE_STREAM_END;
    case QUERY_ROUTE:
        break;
    }
    if (at_limit) {
        put_end(s, strbuf_text(&s->cursor));
        return ROUTE_STREAM_END;
    }
    route_view_put(s->renderer, &s->w, &route, s->extra, now_s);
    if (++s->count == s->limit)
        route_query_cursor(s->query, &s->cursor);
    return ROUTE_STREAM_MORE;
}
