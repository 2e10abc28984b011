/* The listening sockets that the configuration names.
 *
 * An address that does not exist yet is no reason to do without the others: its socket is opened
 * when rtnetlink tells of the address, or the speaker's timer comes by. A socket that is opened
 * later gets all protections before it listens, as all do (guards.c). */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/state.h"

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && ip_equal(&a->addr, &b->addr);
}

/* The open listener at `where`, taken out of the list; NULL. */
static struct listener *take_listener(struct speaker *s, const struct endpoint *where)
{
    for (size_t i = 0; i < s->listener_count; i++) {
        struct listener *l = s->listeners[i];
        if (listener_is_stale(l) || !same_endpoint(listener_endpoint(l), where))
            continue;
        s->listeners[i] = s->listeners[--s->listener_count];
        return l;
    }
    return NULL;
}

static void close_all(struct speaker *s)
{
    for (size_t i = 0; i < s->listener_count; i++)
        listener_free(s->listeners[i]);
    free(s->listeners);
    s->listeners = NULL;
    s->listener_count = 0;
}

void speaker_close_listeners(struct speaker *s)
{
    close_all(s);
    strbuf_release(&s->listeners_absent);
}

static void add_line(struct strbuf *lines, const char *line)
{
    strbuf_printf(lines, "%s%s", lines->len_bytes ? "; " : "", line);
}

static const struct listener_handler events = {.guard = speaker_guard_listener,
                                               .accept = speaker_accept};

/* Opens one; what prevents that is added to *absent when the address does not exist, else to
 * *error. */
static int open_one(struct speaker *s, const struct endpoint *where, struct listener **ret_listener,
                    struct strbuf *absent, struct strbuf *error)
{
    struct strbuf why = {0};
    int err = listener_new(s->loop, where, &events, s, ret_listener, &why);
    if (err == ERR_NOT_FOUND)
        add_line(absent, strbuf_text(&why));
    else if (err)
        add_line(error, strbuf_text(&why));
    strbuf_release(&why);
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int open_all(struct speaker *s, struct strbuf *absent, struct strbuf *error)
{
    size_t count = s->config->bgp_socket_count;
    struct listener **listeners = mem_resize(NULL, count, sizeof(struct listener *));
    size_t kept = 0;
    bool opened = false;
    int err = 0;
    for (size_t i = 0; i < count; i++) {
        const struct endpoint *where = &s->config->bgp_sockets[i];
        struct listener *l = take_listener(s, where);
        if (!l) {
            int failed = open_one(s, where, &l, absent, error);
            err = failed ? failed : err;
            opened |= l != NULL;
        }
        if (l)
            listeners[kept++] = l;
    }
    close_all(s); /* those that the configuration does not name any more */
    s->listeners = listeners;
    s->listener_count = kept;
    if (opened)
        speaker_report_guards(s);
    return err;
}

/* Says what is waited for, when that is news. */
static void note_absent(struct speaker *s, struct strbuf *absent)
{
    if (absent->len_bytes > 0 &&
        strcmp(strbuf_text(absent), strbuf_text(&s->listeners_absent)) != 0)
        log_warning("%s; this is tried again", strbuf_text(absent));
    strbuf_release(&s->listeners_absent);
    s->listeners_absent = *absent;
}

int speaker_open_listeners(struct speaker *s, struct strbuf *error)
{
    struct strbuf absent = {0};
    int err = open_all(s, &absent, error);
    note_absent(s, &absent);
    return err;
}

void speaker_check_listeners(struct speaker *s)
{
    bool stale = false;
    for (size_t i = 0; i < s->listener_count; i++)
        stale |= listener_is_stale(s->listeners[i]);
    if (!stale && s->listeners_absent.len_bytes == 0)
        return;
    struct strbuf absent = {0};
    open_all(s, &absent, &absent);
    if (absent.len_bytes == 0)
        log_info("all BGP sockets are open");
    note_absent(s, &absent);
}
