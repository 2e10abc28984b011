/* RTR caches and files of VRPs, as sources of daemon/validation. */
#include "daemon/rpki.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/state.h"

/* How long the start waits for files. */
#define START_WAIT_MS 5000u
/* Entries of a file's list that are looked at between two looks at the clock. */
#define FILE_SLICE 64u

/* --- what the sources have goes to validation --- */

static void tell_vrp(void *ctx, const struct vrp *vrp, bool add)
{
    if (add)
        validation_add_vrp(ctx, vrp);
    else
        validation_remove_vrp(ctx, vrp);
}

static void tell_aspa(void *ctx, uint32_t customer, const uint32_t *providers, size_t count,
                      bool add)
{
    if (add)
        validation_add_aspa(ctx, customer, providers, count);
    else
        validation_remove_aspa(ctx, customer, providers, count);
}

/* They are looked for in the table of all. */
static void fetch_vrps(void *ctx, uint8_t ip_version, const uint8_t *const *address_bytes,
                       const uint8_t *len_bits, unsigned count)
{
    const struct speaker *s = ctx;
    vrp_table_fetch(&s->validation.vrps, ip_version, address_bytes, len_bits, count);
}

static void wake(void *ctx)
{
    speaker_wake(ctx);
}

/* --- files --- */

/* Some file has been read. */
static void on_file(void *ctx)
{
    struct speaker *s = ctx;
    for (size_t i = 0; i < s->rpki.file_count; i++) {
        struct rpki_file *f = s->rpki.files[i];
        struct rpki_entries *entries = vrp_file_status(f->file).entries;
        if (f->leaves || !entries || entries == f->told)
            continue;
        rpki_entries_unref(f->told);
        f->told = rpki_entries_ref(entries);
        validation_list_follow(&f->list, entries);
    }
    speaker_wake(s);
}

static struct rpki_file *take_file(struct rpki_file **from, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        struct rpki_file *f = from[i];
        if (!f || f->leaves || strcmp(vrp_file_status(f->file).path, path) != 0)
            continue;
        from[i] = NULL;
        return f;
    }
    return NULL;
}

static struct rpki_file *file_new(struct speaker *s, const char *path)
{
    struct rpki_file *f = mem_zalloc(sizeof(*f));
    f->file = vrp_file_new(s->loop, path, on_file, s);
    return f;
}

static void configure_files(struct speaker *s)
{
    struct rpki *r = &s->rpki;
    struct rpki_file **before = r->files;
    size_t count = r->file_count;
    r->files = mem_resize(NULL, count + s->config->rpki_file_count + 1, sizeof(struct rpki_file *));
    r->file_count = 0;
    for (size_t i = 0; i < s->config->rpki_file_count; i++) {
        const char *path = s->config->rpki_files[i];
        struct rpki_file *f = take_file(before, count, path);
        r->files[r->file_count++] = f ? f : file_new(s, path);
    }
    for (size_t i = 0; i < count; i++) {
        struct rpki_file *f = before[i];
        if (!f)
            continue;
        r->files[r->file_count++] = f;
        if (f->leaves)
            continue;
        f->leaves = true;
        validation_list_follow(&f->list, NULL);
        vrp_file_stop(f->file);
    }
    free(before);
}

static void file_free(struct rpki_file *f)
{
    validation_list_release(&f->list);
    rpki_entries_unref(f->told);
    vrp_file_free(f->file);
    free(f);
}

/* Those that leave go when validation has forgotten what they said, no thread reads them, and the
 * loop has let go of them. */
static void reap_files(struct rpki *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->file_count; i++) {
        struct rpki_file *f = r->files[i];
        if (f->leaves && !f->list.is_moving && vrp_file_is_closed(f->file))
            file_free(f);
        else
            r->files[kept++] = f;
    }
    r->file_count = kept;
}

static bool work_files(struct speaker *s, uint64_t deadline_ns)
{
    bool more = false;
    for (size_t i = 0; i < s->rpki.file_count; i++) {
        bool moves;
        do
            moves = validation_list_step(s, &s->rpki.files[i]->list, FILE_SLICE);
        while (moves && time_mono_ns() < deadline_ns);
        more |= moves;
    }
    return more;
}

bool rpki_is_loading(const struct rpki *r)
{
    bool any = false;
    for (size_t i = 0; i < r->file_count; i++)
        any |= vrp_file_is_reading(r->files[i]->file);
    return any;
}

/* --- showing it --- */

bool speaker_rpki_cache(const struct speaker *s, size_t index, struct rtr_client_status *ret_status)
{
    const struct rpki_caches *c = &s->rpki.caches;
    if (index >= c->count)
        return false;
    *ret_status = rtr_client_status(c->clients[index]);
    return true;
}

bool speaker_rpki_file(const struct speaker *s, size_t index, struct vrp_file_status *ret_status)
{
    const struct rpki *r = &s->rpki;
    if (index >= r->file_count || r->files[index]->leaves)
        return false;
    *ret_status = vrp_file_status(r->files[index]->file);
    return true;
}

struct speaker_rpki_totals speaker_rpki_totals(const struct speaker *s)
{
    const struct validation *v = &s->validation;
    return (struct speaker_rpki_totals){
        .vrps_ipv4 = v->vrps.families[0].count,
        .vrps_ipv6 = v->vrps.families[1].count,
        .aspas = v->aspas.count,
    };
}

/* --- the service --- */

static void configure(struct speaker *s)
{
    configure_files(s);
    rpki_caches_configure(&s->rpki.caches, s->config);
}

/* No session begins before what files say is known: what is invalid would be let through until
 * then. */
static void await_files(struct speaker *s)
{
    uint64_t deadline_mono_ms = time_mono_ms() + START_WAIT_MS;
    for (size_t i = 0; i < s->rpki.file_count; i++) {
        struct vrp_file *f = s->rpki.files[i]->file;
        if (!vrp_file_wait(f, deadline_mono_ms))
            log_warning("RPKI file %s: it takes long to be read; sessions begin without it",
                        vrp_file_status(f).path);
    }
    while (work_files(s, UINT64_MAX))
        ;
}

static void start(struct speaker *s)
{
    rpki_caches_begin(&s->rpki.caches, s->loop, wake, s);
    configure(s);
    await_files(s);
}

static void reconfigure(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    (void)old;
    (void)sum;
    configure(s);
}

static void tick(struct speaker *s)
{
    for (size_t i = 0; i < s->rpki.file_count; i++)
        vrp_file_tick(s->rpki.files[i]->file);
    reap_files(&s->rpki);
}

static bool work(struct speaker *s, uint64_t deadline_ns)
{
    const struct record_sink sink = {
        .vrp = tell_vrp, .aspa = tell_aspa, .fetch = fetch_vrps, .ctx = s};
    bool more = rpki_caches_work(&s->rpki.caches, &sink, deadline_ns);
    s->rpki.is_changing = work_files(s, deadline_ns) || more;
    return s->rpki.is_changing;
}

static void stop(struct speaker *s)
{
    rpki_caches_stop(&s->rpki.caches);
    for (size_t i = 0; i < s->rpki.file_count; i++)
        vrp_file_stop(s->rpki.files[i]->file);
}

static void release(struct speaker *s)
{
    for (size_t i = 0; i < s->rpki.file_count; i++)
        file_free(s->rpki.files[i]);
    free(s->rpki.files);
}

const struct service rpki_service = {
    .name = "rpki",
    .start = start,
    .reconfigure = reconfigure,
    .tick = tick,
    .work = work,
    .share_percent = 25,
    .stop = stop,
    .release = release,
};
