/* What the API originates as JSON, and withdrawing of many at once, in slices. */
#include "api/originated_stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/query.h"

struct originated_stream {
    struct stream base;
    const struct method_env *env; /* borrowed */
    struct originated_filter filter;
    char *owner; /* owned, as the next two are; what the filter has */
    char *label;
    char *tag;
    uint32_t at; /* the last id that was looked at */
    uint64_t count;
    bool is_dry; /* a withdrawal that is none */
    bool opened;
    struct jsonw w;
};

/* --- one of it --- */

/* As the RIB has it, or, where it is not there, as it would be. */
static struct route_view route_of(const struct speaker *s, const struct originated_view *view)
{
    struct route_view route;
    if (view->source != 0 && route_view_find(s, view->family, view->key, view->source, &route))
        return route;
    return (struct route_view){.family = view->family,
                               .nlri = {view->key, attr_labels(view->attrs)},
                               .source = ROUTE_SOURCE_API,
                               .attrs = view->attrs};
}

/* A text as a list of what stands between separators. */
static void put_words(struct jsonw *w, const char *key, const char *words, const char *separators)
{
    struct strbuf word = {0};
    jsonw_array(w, key);
    for (const char *at = words; *(at += strspn(at, separators)) != '\0'; at += word.len_bytes) {
        strbuf_clear(&word);
        strbuf_add_bytes(&word, at, strcspn(at, separators));
        jsonw_text(w, NULL, strbuf_text(&word));
    }
    jsonw_array_end(w);
    strbuf_release(&word);
}

static void put_text(struct jsonw *w, const char *key, const char *text)
{
    jsonw_text(w, key, *text != '\0' ? text : NULL);
}

static void put_expiry(struct jsonw *w, uint64_t expires_mono_ms, const struct time_now *now)
{
    if (expires_mono_ms == 0) {
        jsonw_null(w, "expires_at");
        jsonw_null(w, "expires_in");
        return;
    }
    uint64_t now_ms = now->mono_ns / 1000000;
    uint64_t left_ms = expires_mono_ms > now_ms ? expires_mono_ms - now_ms : 0;
    jsonw_int(w, "expires_at", time_unix_s_of(now, expires_mono_ms));
    jsonw_uint(w, "expires_in", (left_ms + 500) / 1000);
}

/* Why a limit does not permit it any more. */
static void put_beyond(struct jsonw *w, const struct speaker *s, const struct originated_view *view)
{
    struct strbuf why = {0};
    if (originated_is_beyond(s, view, &why))
        jsonw_text(w, "beyond_limit", strbuf_text(&why));
    strbuf_release(&why);
}

void view_originated_open(struct jsonw *w, const struct method_env *env,
                          const struct originated_view *view, const struct time_now *now)
{
    struct route_view route = route_of(env->speaker, view);
    route_view_put(env->renderer, w, &route, ROUTE_VIEW_OPEN, now);
    put_text(w, "owner", view->owner);
    put_text(w, "label", view->label);
    put_words(w, "tags", view->tags, " ");
    put_words(w, "to", view->to, "\n");
    jsonw_int(w, "created_at", view->created_unix_s);
    jsonw_int(w, "changed_at", view->changed_unix_s);
    put_expiry(w, view->expires_mono_ms, now);
    put_beyond(w, env->speaker, view);
}

/* --- streams --- */

static char *copy(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

static struct originated_stream *stream_new(const struct method_env *env,
                                            const struct originated_filter *filter)
{
    struct originated_stream *s = mem_zalloc(sizeof(*s));
    s->env = env;
    s->filter = *filter;
    s->filter.owner = s->owner = copy(filter->owner);
    s->filter.label = s->label = copy(filter->label);
    s->filter.tag = s->tag = copy(filter->tag);
    return s;
}

static void stream_end(struct stream *base)
{
    struct originated_stream *s = (struct originated_stream *)base;
    free(s->owner);
    free(s->label);
    free(s->tag);
    free(s);
}

void view_originated_put(const void *env, struct jsonw *w, const struct route_view *route,
                         const struct time_now *now)
{
    const struct method_env *e = env;
    struct strbuf why = {0};
    uint32_t peers = originated_reach(e->speaker, route->originated, &why);
    view_originated_open(w, e, route->originated, now);
    jsonw_uint(w, "advertised_to", peers);
    jsonw_object_end(w);
    strbuf_release(&why);
}

static enum stream_step next_of_withdrawal(struct stream *base, struct strbuf *out,
                                           const struct time_now *now, uint64_t deadline_ns)
{
    struct originated_stream *s = (struct originated_stream *)base;
    struct originated_view view;
    bool more;
    (void)now;
    s->w.out = out;
    if (!s->opened) {
        s->opened = true;
        jsonw_object(&s->w, NULL);
        return STREAM_MORE;
    }
    while (originated_next(s->env->speaker, &s->filter, &s->at, deadline_ns, &view, &more)) {
        if (!s->is_dry)
            originated_withdraw(s->env->speaker, view.id);
        s->count++;
        if (time_mono_ns() >= deadline_ns)
            return STREAM_WAIT;
    }
    if (more)
        return STREAM_WAIT;
    jsonw_uint(&s->w, "withdrawn", s->count);
    if (s->is_dry)
        jsonw_bool(&s->w, "dry_run", true);
    jsonw_object_end(&s->w);
    return STREAM_END;
}

struct stream *originated_withdrawal_new(const struct method_env *env,
                                         const struct originated_filter *filter, bool is_dry)
{
    struct originated_stream *s = stream_new(env, filter);
    s->is_dry = is_dry;
    s->base = (struct stream){.next = next_of_withdrawal, .free = stream_end, .changes = true};
    return &s->base;
}
