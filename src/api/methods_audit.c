/* The list of what clients have changed, and what has changed by itself. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/handlers.h"
#include "api/methods.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/time.h"

struct audit_stream {
    struct stream base;
    const struct audit *audit; /* borrowed */
    uint64_t at;               /* the number of the last one that was looked at */
    char *owner;               /* owned, as the next is; NULL: whoever */
    char *method;
    struct prefix prefix; /* IP_NONE: whatever */
    int64_t since_unix_s; /* 0: ever */
    uint64_t limit;       /* 0: none */
    uint64_t count;
    bool opened;
    struct jsonw w;
};

/* --- which of them --- */

/* Whether a text names a prefix, or an address, within this one. */
static bool names_within(const char *text, const struct prefix *within)
{
    static const char separators[] = " ,;[]\"";
    char word[PREFIX_TEXT_MAX];
    bool found = false;
    for (const char *at = text; !found && *(at += strspn(at, separators)) != '\0';) {
        size_t len = strcspn(at, separators);
        struct prefix p;
        struct ip_addr addr;
        snprintf(word, sizeof(word), "%.*s", (int)len, at);
        if (prefix_parse(word, &p) == 0)
            found = prefix_covers(within, &p);
        else if (ip_parse(word, &addr) == 0)
            found = prefix_contains_ip(within, &addr);
        at += len;
    }
    return found;
}

static bool is_wanted(const struct audit_stream *s, const char *what, const char *owner)
{
    return (!s->owner || strcmp(s->owner, owner) == 0) &&
           (s->prefix.version == IP_NONE || names_within(what, &s->prefix));
}

/* What can be said without reading the call. */
static bool may_be_wanted(const struct audit_stream *s, const struct audit_entry *entry)
{
    return entry->at_unix_s >= s->since_unix_s &&
           (!s->method || strcmp(s->method, entry->method) == 0);
}

/* --- the list --- */

static void put_entry(struct jsonw *w, const struct audit_entry *entry, const char *what,
                      const char *owner)
{
    char place[PLACE_TEXT_MAX];
    jsonw_object(w, NULL);
    jsonw_uint(w, "number", entry->number);
    jsonw_int(w, "time", entry->at_unix_s);
    jsonw_text(w, "owner", owner[0] != '\0' ? owner : NULL);
    jsonw_bool(w, "token", entry->token != NULL);
    jsonw_text(w, "address", entry->by ? entry->by : place_format(&entry->place, place));
    jsonw_text(w, "method", entry->method);
    jsonw_text(w, "what", what);
    jsonw_text(w, "error", entry->error);
    jsonw_uint(w, "repeats", entry->repeats);
    jsonw_object_end(w);
}

/* Writes one if it is wanted; with `w` NULL that is only asked. */
static bool take(struct audit_stream *s, const struct audit_entry *entry, struct jsonw *w)
{
    struct strbuf what = {0};
    struct strbuf owner = {0};
    if (!may_be_wanted(s, entry))
        return false;
    audit_describe(entry, &what, &owner);
    bool wanted = is_wanted(s, strbuf_text(&what), strbuf_text(&owner));
    if (wanted && w)
        put_entry(w, entry, strbuf_text(&what), strbuf_text(&owner));
    strbuf_release(&what);
    strbuf_release(&owner);
    return wanted;
}

static enum stream_step end_list(struct audit_stream *s, uint64_t cursor)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, cursor);
    jsonw_array_end(&s->w);
    jsonw_text(&s->w, "cursor", cursor > 0 ? text : NULL);
    jsonw_object_end(&s->w);
    return STREAM_END;
}

static enum stream_step next_of_list(struct stream *base, struct strbuf *out,
                                     const struct time_now *now, uint64_t deadline_ns)
{
    struct audit_stream *s = (struct audit_stream *)base;
    const struct audit_entry *entry;
    (void)now;
    s->w.out = out;
    if (!s->opened) {
        s->opened = true;
        jsonw_object(&s->w, NULL);
        jsonw_array(&s->w, "changes");
        return STREAM_MORE;
    }
    while ((entry = audit_after(s->audit, s->at)) != NULL) {
        bool is_full = s->limit > 0 && s->count == s->limit;
        if (is_full && take(s, entry, NULL))
            return end_list(s, s->at);
        s->at = entry->number;
        if (!is_full && take(s, entry, &s->w)) {
            s->count++;
            return STREAM_MORE;
        }
        if (time_mono_ns() >= deadline_ns)
            return STREAM_WAIT;
    }
    return end_list(s, 0);
}

static void free_list(struct stream *base)
{
    struct audit_stream *s = (struct audit_stream *)base;
    free(s->owner);
    free(s->method);
    free(s);
}

static char *copy(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

int handle_show_audit(struct method_call *call)
{
    const char *cursor = method_param(call, "cursor")->text;
    const struct param_value *since = method_param(call, "since");
    const struct param_value *last = method_param(call, "last");
    uint32_t after = 0;
    if (cursor && number_parse(cursor, UINT32_MAX, &after) != 0)
        return method_fail_param(call, "cursor", "it is not one", NULL);
    if (last->given && cursor)
        return method_fail_param(call, "last", "it cannot stand beside cursor", NULL);
    struct audit_stream *s = mem_zalloc(sizeof(*s));
    s->base = (struct stream){.next = next_of_list, .free = free_list};
    s->audit = &call->env->audit;
    s->at = after;
    s->owner = copy(method_param(call, "owner")->text);
    s->method = copy(method_param(call, "method")->text);
    s->prefix = method_param(call, "prefix")->prefix;
    s->limit = method_param(call, "limit")->number;
    s->since_unix_s = since->given ? (int64_t)time(NULL) - since->number : 0;
    if (last->given && s->audit->last_number > last->number)
        s->at = s->audit->last_number - last->number;
    call->stream = &s->base;
    return 0;
}
