/* The listening sockets for one purpose.
 *
 * Invariant: there are old sockets only while a wanted one is missing. A wanted socket whose
 * address overlaps that of an old one (127.0.0.1 and 0.0.0.0 on one port) is opened beside it, so
 * that at no time nobody listens. */
#include "net/listening.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/holder.h"

enum {
    RETRY_MS = 1000,
    /* Looking for whoever has a port: before the start nobody waits for us, later all do. */
    LOOK_FIRST_MS = 1000,
    LOOK_LATER_MS = 50,
};

struct slot {
    struct endpoint where;     /* as configured */
    struct listener *listener; /* owned; NULL: it could not be opened */
    int error;                 /* errno of the last attempt */
    struct strbuf why;         /* the same for people */
};

struct slots {
    struct slot *items; /* owned */
    size_t count;
};

struct listening {
    uv_loop_t *loop;
    const char *name;
    const struct listener_handler *handler;
    void (*changed)(void *ctx);
    void *ctx;
    struct slots wanted;
    struct slots old;
    struct listening_counts counts; /* since the start */
    uv_timer_t again;               /* active while something is missing */
};

static const char *endpoint_text(const struct endpoint *e, char *buf)
{
    return ip_format_endpoint(&e->addr, e->port, buf);
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && ip_equal(&a->addr, &b->addr);
}

/* --- sets of slots --- */

static struct slot *find_slot(const struct slots *s, const struct endpoint *where)
{
    for (size_t i = 0; i < s->count; i++)
        if (same_endpoint(&s->items[i].where, where))
            return &s->items[i];
    return NULL;
}

/* Takes over what a slot has. */
static void move_slot(struct slot *to, struct slot *from)
{
    *to = *from;
    from->listener = NULL;
    from->why = (struct strbuf){0};
}

static void release_slots(struct slots *s)
{
    for (size_t i = 0; i < s->count; i++)
        strbuf_release(&s->items[i].why);
    free(s->items);
    *s = (struct slots){0};
}

/* Those of `from` that are open go after what is in `to`, which has room for them. */
static void gather_open(struct slots *to, struct slots *from)
{
    for (size_t i = 0; i < from->count; i++)
        if (from->items[i].listener)
            move_slot(&to->items[to->count++], &from->items[i]);
}

static struct slots with_room(size_t count)
{
    return (struct slots){.items = mem_zalloc((count + 1) * sizeof(struct slot))};
}

static bool is_missing(const struct slots *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (!s->items[i].listener)
            return true;
    return false;
}

/* --- opening and closing --- */

static void close_slot(struct listening *l, struct slot *slot)
{
    char text[IP_ENDPOINT_TEXT_MAX];
    if (!slot->listener)
        return;
    log_info("%s: no longer listening on %s", l->name,
             endpoint_text(listener_endpoint(slot->listener), text));
    listener_free(slot->listener);
    slot->listener = NULL;
    l->counts.closed++;
}

static int new_listener(struct listening *l, struct slot *slot, struct strbuf *why)
{
    struct listener **old = mem_resize(NULL, l->old.count + 1, sizeof(struct listener *));
    size_t count = 0;
    for (size_t i = 0; i < l->old.count; i++)
        if (l->old.items[i].listener)
            old[count++] = l->old.items[i].listener;
    int err =
        listener_new(l->loop, &slot->where, l->handler, l->ctx, old, count, &slot->listener, why);
    int saved = errno;
    free(old);
    errno = saved;
    return err;
}

/* True when it could not be opened, for another reason than before: there is something to tell. */
static bool fails_anew(struct listening *l, struct slot *slot, unsigned look_ms)
{
    char text[IP_ENDPOINT_TEXT_MAX];
    struct strbuf why = {0};
    if (new_listener(l, slot, &why) == 0) {
        l->counts.opened++;
        slot->error = 0;
        log_info("%s: listening on %s", l->name,
                 endpoint_text(listener_endpoint(slot->listener), text));
        return false;
    }
    if (errno == slot->error) {
        strbuf_release(&why);
        return false;
    }
    slot->error = errno;
    holder_explain(&slot->where, slot->error, look_ms, &why);
    strbuf_release(&slot->why);
    slot->why = why;
    return true;
}

/* --- telling --- */

static bool is_absent(const struct slot *slot)
{
    return slot->error == EADDRNOTAVAIL || slot->error == ENODEV;
}

static void describe_slot(const struct listening *l, const struct slot *slot, struct strbuf *out)
{
    char text[IP_ENDPOINT_TEXT_MAX];
    strbuf_printf(out, "%s: %s; this is tried again", l->name, strbuf_text(&slot->why));
    for (size_t i = 0; i < l->old.count; i++)
        strbuf_printf(out, "%s%s", i == 0 ? ", and until then it listens on " : ", ",
                      endpoint_text(&l->old.items[i].where, text));
}

static void log_slot(const struct listening *l, const struct slot *slot)
{
    struct strbuf line = {0};
    describe_slot(l, slot, &line);
    log_line(is_absent(slot) && l->old.count == 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "%s",
             strbuf_text(&line));
    strbuf_release(&line);
}

void listening_describe(const struct listening *l, struct strbuf *lines)
{
    for (size_t i = 0; l && i < l->wanted.count; i++) {
        if (l->wanted.items[i].listener)
            continue;
        describe_slot(l, &l->wanted.items[i], lines);
        strbuf_add_char(lines, '\n');
    }
}

/* --- life --- */

static void on_again(uv_timer_t *timer)
{
    listening_retry(timer->data);
}

struct listening *listening_new(uv_loop_t *loop, const char *name,
                                const struct listener_handler *handler, void (*changed)(void *ctx),
                                void *ctx)
{
    struct listening *l = mem_zalloc(sizeof(*l));
    l->loop = loop;
    l->name = name;
    l->handler = handler;
    l->changed = changed;
    l->ctx = ctx;
    uv_timer_init(loop, &l->again);
    l->again.data = l;
    return l;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void listening_free(struct listening *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->wanted.count; i++)
        listener_free(l->wanted.items[i].listener);
    for (size_t i = 0; i < l->old.count; i++)
        listener_free(l->old.items[i].listener);
    release_slots(&l->wanted);
    release_slots(&l->old);
    uv_close((uv_handle_t *)&l->again, on_closed);
}

static struct slots slots_of(const struct endpoint *where, size_t count)
{
    struct slots s = with_room(count);
    for (; s.count < count; s.count++)
        s.items[s.count].where = where[s.count];
    return s;
}

int listening_open(struct listening *l, const struct endpoint *where, size_t count,
                   struct strbuf *error)
{
    int err = 0;
    l->wanted = slots_of(where, count);
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = &l->wanted.items[i];
        if (!fails_anew(l, slot, LOOK_FIRST_MS))
            continue;
        if (is_absent(slot)) {
            log_slot(l, slot);
            continue;
        }
        strbuf_printf(error, "%s%s: %s", error->len_bytes ? "; " : "", l->name,
                      strbuf_text(&slot->why));
        err = ERR_IO;
    }
    if (!err && is_missing(&l->wanted))
        uv_timer_start(&l->again, on_again, RETRY_MS, RETRY_MS);
    return err;
}

/* Opens what is missing; when nothing is any more, what is not wanted goes. `tell`: the log is told
 * what cannot be opened, when that is news. */
static void go_on(struct listening *l, bool tell)
{
    for (size_t i = 0; i < l->wanted.count; i++) {
        struct slot *slot = &l->wanted.items[i];
        if (!slot->listener && fails_anew(l, slot, LOOK_LATER_MS) && tell)
            log_slot(l, slot);
    }
    if (is_missing(&l->wanted)) {
        if (!uv_is_active((uv_handle_t *)&l->again))
            uv_timer_start(&l->again, on_again, RETRY_MS, RETRY_MS);
        return;
    }
    for (size_t i = 0; i < l->old.count; i++)
        close_slot(l, &l->old.items[i]);
    release_slots(&l->old);
    if (uv_is_active((uv_handle_t *)&l->again))
        log_info("all %s sockets are open", l->name);
    uv_timer_stop(&l->again);
}

static bool is_same(const struct slots *wanted, const struct endpoint *where, size_t count)
{
    bool same = wanted->count == count;
    for (size_t i = 0; same && i < count; i++)
        same = same_endpoint(&wanted->items[i].where, &where[i]);
    return same;
}

/* Whether more is amiss than that an address does not exist. */
static bool has_failed(const struct listening *l)
{
    bool failed = l->old.count > 0;
    for (size_t i = 0; i < l->wanted.count; i++)
        failed |= !l->wanted.items[i].listener && !is_absent(&l->wanted.items[i]);
    return failed;
}

struct listening_counts listening_change(struct listening *l, const struct endpoint *where,
                                         size_t count, struct strbuf *failed,
                                         struct strbuf *warnings)
{
    struct listening_counts before = l->counts;
    bool is_new = !is_same(&l->wanted, where, count);
    struct slots next = slots_of(where, count);
    for (size_t i = 0; i < count; i++) {
        struct slot *known = find_slot(&l->wanted, &where[i]);
        known = known ? known : find_slot(&l->old, &where[i]);
        if (known)
            move_slot(&next.items[i], known);
    }
    struct slots old = with_room(l->wanted.count + l->old.count);
    gather_open(&old, &l->wanted);
    gather_open(&old, &l->old);
    release_slots(&l->wanted);
    release_slots(&l->old);
    l->wanted = next;
    l->old = old;
    go_on(l, false);
    listening_describe(l, is_new || has_failed(l) ? failed : warnings);
    return (struct listening_counts){.opened = l->counts.opened - before.opened,
                                     .closed = l->counts.closed - before.closed};
}

static void close_stale(struct listening *l, struct slots *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].listener && listener_is_stale(s->items[i].listener))
            close_slot(l, &s->items[i]);
}

void listening_retry(struct listening *l)
{
    struct listening_counts before = l->counts;
    close_stale(l, &l->wanted);
    close_stale(l, &l->old);
    struct slots old = with_room(l->old.count);
    gather_open(&old, &l->old);
    release_slots(&l->old);
    l->old = old;
    if (is_missing(&l->wanted))
        go_on(l, true);
    if (l->changed && memcmp(&before, &l->counts, sizeof(before)) != 0)
        l->changed(l->ctx);
}

/* --- reading --- */

static struct listener *nth_open(const struct slots *s, size_t *i)
{
    for (size_t k = 0; k < s->count; k++)
        if (s->items[k].listener && (*i)-- == 0)
            return s->items[k].listener;
    return NULL;
}

size_t listening_count(const struct listening *l)
{
    size_t count = 0;
    while (listening_at(l, count))
        count++;
    return count;
}

struct listener *listening_at(const struct listening *l, size_t i)
{
    if (!l)
        return NULL;
    struct listener *found = nth_open(&l->wanted, &i);
    return found ? found : nth_open(&l->old, &i);
}
