/* The listening sockets in the file system for one purpose. */
#include "net/local_listening.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

enum { RETRY_MS = 1000 };

struct local_slot {
    struct local_place place;        /* its path is owned */
    struct local_listener *listener; /* owned; NULL: it could not be opened */
    struct strbuf why;               /* why not, or what it is not that it should be */
};

struct local_listening {
    uv_loop_t *loop;
    const char *name;
    local_accept *accept;
    void *ctx;
    struct local_slot *slots; /* owned */
    size_t count;
    uv_timer_t again; /* active while something is missing */
};

static void close_slot(const struct local_listening *l, struct local_slot *slot)
{
    if (slot->listener)
        log_info("%s: no longer listening on unix:%s", l->name, slot->place.path);
    local_listener_free(slot->listener);
    slot->listener = NULL;
}

static void release_slot(struct local_slot *slot)
{
    strbuf_release(&slot->why);
    free((char *)(uintptr_t)slot->place.path);
    *slot = (struct local_slot){0};
}

/* True when it is open now. */
static bool open_slot(struct local_listening *l, struct local_slot *slot)
{
    struct strbuf why = {0};
    int err = local_listener_new(l->loop, &slot->place, l->accept, l->ctx, &slot->listener, &why);
    if (!err)
        log_info("%s: listening on unix:%s", l->name, slot->place.path);
    strbuf_release(&slot->why);
    slot->why = why;
    return !err;
}

static void describe_slot(const struct local_listening *l, const struct local_slot *slot,
                          struct strbuf *lines)
{
    strbuf_printf(lines, "%s: %s%s\n", l->name, strbuf_text(&slot->why),
                  slot->listener ? "" : "; this is tried again");
}

void local_listening_describe(const struct local_listening *l, struct strbuf *lines)
{
    for (size_t i = 0; l && i < l->count; i++)
        if (l->slots[i].why.len_bytes > 0)
            describe_slot(l, &l->slots[i], lines);
}

static bool is_missing(const struct local_listening *l)
{
    bool missing = false;
    for (size_t i = 0; i < l->count; i++)
        missing |= !l->slots[i].listener;
    return missing;
}

static void on_again(uv_timer_t *timer)
{
    struct local_listening *l = timer->data;
    for (size_t i = 0; i < l->count; i++)
        if (!l->slots[i].listener)
            open_slot(l, &l->slots[i]);
    if (!is_missing(l))
        uv_timer_stop(&l->again);
}

struct local_listening *local_listening_new(uv_loop_t *loop, const char *name, local_accept *accept,
                                            void *ctx)
{
    struct local_listening *l = mem_zalloc(sizeof(*l));
    *l = (struct local_listening){.loop = loop, .name = name, .accept = accept, .ctx = ctx};
    uv_timer_init(loop, &l->again);
    l->again.data = l;
    return l;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void local_listening_free(struct local_listening *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->count; i++) {
        local_listener_free(l->slots[i].listener);
        release_slot(&l->slots[i]);
    }
    free(l->slots);
    uv_close((uv_handle_t *)&l->again, on_closed);
}

static struct local_slot slot_of(const struct local_place *place)
{
    struct local_slot slot = {.place = *place};
    slot.place.path = mem_strdup(place->path);
    return slot;
}

int local_listening_open(struct local_listening *l, const struct local_place *places, size_t count,
                         struct strbuf *error)
{
    int err = 0;
    l->slots = mem_resize(NULL, count + 1, sizeof(*l->slots));
    for (; l->count < count; l->count++) {
        struct local_slot *slot = &l->slots[l->count];
        *slot = slot_of(&places[l->count]);
        if (open_slot(l, slot))
            continue;
        strbuf_printf(error, "%s%s: %s", error->len_bytes ? "; " : "", l->name,
                      strbuf_text(&slot->why));
        err = ERR_IO;
    }
    return err;
}

/* Whether what the system makes it is asked for again, which takes a new file. */
static bool is_given_up(uint32_t before, uint32_t now)
{
    return before != LOCAL_KEEP && now == LOCAL_KEEP;
}

/* The open one that can become this; NULL. */
static struct local_slot *find_open(struct local_listening *l, const struct local_place *place)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct local_place *known = &l->slots[i].place;
        if (l->slots[i].listener && strcmp(known->path, place->path) == 0 &&
            !is_given_up(known->uid, place->uid) && !is_given_up(known->gid, place->gid))
            return &l->slots[i];
    }
    return NULL;
}

/* Goes on with one that is open. */
static void take_over(struct local_slot *slot, struct local_slot *known)
{
    slot->listener = known->listener;
    known->listener = NULL;
    bool same = slot->place.uid == known->place.uid && slot->place.gid == known->place.gid &&
                slot->place.mode == known->place.mode && known->why.len_bytes == 0;
    if (!same)
        local_listener_settle(slot->listener, &slot->place, &slot->why);
}

struct listening_counts local_listening_change(struct local_listening *l,
                                               const struct local_place *places, size_t count,
                                               struct strbuf *failed)
{
    struct listening_counts counts = {0};
    struct local_slot *next = mem_resize(NULL, count + 1, sizeof(*next));
    for (size_t i = 0; i < count; i++) {
        next[i] = slot_of(&places[i]);
        struct local_slot *known = find_open(l, &places[i]);
        if (known)
            take_over(&next[i], known);
    }
    for (size_t i = 0; i < l->count; i++) {
        counts.closed += l->slots[i].listener != NULL;
        close_slot(l, &l->slots[i]);
        release_slot(&l->slots[i]);
    }
    free(l->slots);
    l->slots = next;
    l->count = count;
    for (size_t i = 0; i < count; i++)
        counts.opened += !next[i].listener && open_slot(l, &next[i]);
    local_listening_describe(l, failed);
    if (is_missing(l))
        uv_timer_start(&l->again, on_again, RETRY_MS, RETRY_MS);
    else
        uv_timer_stop(&l->again);
    return counts;
}

const char *local_listening_path(const struct local_listening *l, size_t i)
{
    for (size_t k = 0; l && k < l->count; k++)
        if (l->slots[k].listener && i-- == 0)
            return l->slots[k].place.path;
    return NULL;
}
