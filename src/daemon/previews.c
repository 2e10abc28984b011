/* Reading configurations to compare with. Each is read in a thread of its own, which touches
 * nothing but its place; whoever has asked for it takes it, or it is forgotten. */
#include "daemon/previews.h"

#include <stdlib.h>

#include "base/thread.h"
#include "config/load.h"
#include "daemon/preview_walk.h"
#include "daemon/state.h"

/* A configuration that was read is kept so long for who has asked for it, and may have gone. */
#define WAIT_MAX_S 10u

/* --- reading --- */

static void *load(void *file)
{
    struct preview_file *f = file;
    f->config = config_source_load(&f->source, &f->report);
    atomic_store(&f->finished, true);
    uv_async_send(f->done);
    return NULL;
}

static struct preview_file *find(struct previews *p, uint64_t ticket)
{
    for (unsigned i = 0; i < PREVIEWS_MAX; i++)
        if (p->files[i].ticket == ticket)
            return &p->files[i];
    return NULL;
}

static unsigned count(const struct previews *p)
{
    unsigned used = p->walking;
    for (unsigned i = 0; i < PREVIEWS_MAX; i++)
        used += p->files[i].ticket != 0;
    return used;
}

uint64_t preview_load(struct speaker *s, struct config_source source)
{
    struct previews *p = &s->previews;
    if (count(p) >= PREVIEWS_MAX || s->stopping) {
        config_source_release(&source);
        return 0;
    }
    struct preview_file *f = find(p, 0);
    *f = (struct preview_file){.ticket = ++p->last_ticket, .source = source, .done = &p->done};
    config_source_know(&f->source, s->config);
    f->has_thread = thread_start(&f->thread, "bgpd-preview", load, f) == 0;
    if (!f->has_thread) {
        config_report_fail(&f->report, source.text ? source.name : source.path,
                           "there is no thread to read it");
        atomic_store(&f->finished, true);
        uv_async_send(&p->done);
    }
    return f->ticket;
}

/* The place is free again; what it still has is given back. */
static void forget(struct preview_file *f)
{
    config_free(f->config);
    config_report_release(&f->report);
    config_source_release(&f->source);
    *f = (struct preview_file){0};
}

bool previews_are_loading(const struct previews *p)
{
    bool any = false;
    for (unsigned i = 0; i < PREVIEWS_MAX; i++)
        any |= p->files[i].has_thread;
    return any;
}

static void loaded(uv_async_t *done)
{
    struct speaker *s = done->data;
    struct previews *p = &s->previews;
    for (unsigned i = 0; i < PREVIEWS_MAX; i++) {
        struct preview_file *f = &p->files[i];
        if (!f->has_thread || !atomic_load(&f->finished))
            continue;
        pthread_join(f->thread, NULL);
        f->has_thread = false;
    }
    if (s->stopping && !previews_are_loading(p))
        uv_close((uv_handle_t *)&p->done, NULL);
    else if (!s->stopping && p->ready)
        p->ready(p->ready_ctx);
}

enum preview_state preview_loaded(struct speaker *s, uint64_t ticket,
                                  const struct scoped_prefix *peers, bool lists,
                                  struct preview **ret_preview, struct config_report *ret_report)
{
    struct preview_file *f = find(&s->previews, ticket);
    if (f && (f->has_thread || !atomic_load(&f->finished)))
        return PREVIEW_LOADING;
    if (!f) {
        *ret_report = (struct config_report){0};
        return PREVIEW_FAILED;
    }
    struct config *config = f->config;
    *ret_report = f->report;
    f->config = NULL;
    f->report = (struct config_report){0};
    forget(f);
    if (!config)
        return PREVIEW_FAILED;
    *ret_preview = preview_new(s, config, peers, lists);
    return PREVIEW_LOADED;
}

void preview_on_loaded(struct speaker *s, void (*ready)(void *ctx), void *ctx)
{
    s->previews.ready = ready;
    s->previews.ready_ctx = ctx;
}

/* --- the service --- */

static int init(struct speaker *s, struct strbuf *error)
{
    (void)error;
    uv_async_init(s->loop, &s->previews.done, loaded);
    s->previews.done.data = s;
    uv_unref((uv_handle_t *)&s->previews.done);
    return 0;
}

static void reconfigure(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    (void)old;
    (void)sum;
    s->previews.configured++;
}

static void tick(struct speaker *s)
{
    for (unsigned i = 0; i < PREVIEWS_MAX; i++) {
        struct preview_file *f = &s->previews.files[i];
        if (f->ticket != 0 && !f->has_thread && ++f->waited_s > WAIT_MAX_S)
            forget(f);
    }
}

/* Files that are being read are waited for by nobody: see speaker_is_loading. */
static void stop(struct speaker *s)
{
    if (!previews_are_loading(&s->previews))
        uv_close((uv_handle_t *)&s->previews.done, NULL);
}

static void release(struct speaker *s)
{
    for (unsigned i = 0; i < PREVIEWS_MAX; i++)
        if (s->previews.files[i].ticket != 0)
            forget(&s->previews.files[i]);
}

const struct service previews_service = {
    .name = "previews",
    .init = init,
    .reconfigure = reconfigure,
    .tick = tick,
    .stop = stop,
    .release = release,
};
