/* Reading the files of sets: each thread takes the next that nobody has taken, and all that one
 * makes is that file's alone. This thread is one of them, so it goes on where none can be started.
 */
#include "config/set_reading.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/thread.h"
#include "config/file.h"

enum { THREADS_MAX = 8 };

struct run {
    struct set_readings *all;
    const struct set_files *known;
    atomic_size_t taken;
};

size_t set_readings_add(struct set_readings *all, enum policy_set_kind kind, char *path)
{
    uint64_t hash = hash_bytes(path, strlen(path));
    for (size_t i = 0; i < all->count; i++) {
        const struct set_reading *r = &all->at[i];
        if (r->path_hash == hash && r->kind == kind && strcmp(r->path, path) == 0) {
            free(path);
            return i;
        }
    }
    if (all->count == all->size) {
        all->size = all->size ? 2 * all->size : 16;
        all->at = mem_resize(all->at, all->size, sizeof(*all->at));
    }
    all->at[all->count] = (struct set_reading){.kind = kind, .path = path, .path_hash = hash};
    return all->count++;
}

static void make_set(struct set_reading *r, const struct strbuf *text,
                     const struct set_files *known)
{
    const struct policy_set_row *row = &policy_set_rows[r->kind];
    r->text = set_files_digest(text);
    r->set = set_files_find(known, r->kind, r->text);
    if (r->set)
        return;
    r->set = row->make();
    r->is_wrong = row->read(r->set, strbuf_text(text), text->len_bytes, &r->wrong) != 0;
    row->settle(r->set);
}

/* `text` is where the file is read to. */
static void read_one(struct set_reading *r, const struct set_files *known, struct strbuf *text)
{
    strbuf_clear(text);
    const char *unreadable = config_file_read(r->path, text);
    if (unreadable)
        strbuf_add(&r->unreadable, unreadable);
    else
        make_set(r, text, known);
}

static void *read_some(void *ctx)
{
    struct run *run = ctx;
    struct strbuf text = {0};
    size_t i;
    while ((i = atomic_fetch_add(&run->taken, 1)) < run->all->count)
        read_one(&run->all->at[i], run->known, &text);
    strbuf_release(&text);
    return NULL;
}

void set_readings_run(struct set_readings *all, const struct set_files *known)
{
    struct run run = {.all = all, .known = known};
    pthread_t threads[THREADS_MAX];
    size_t started = 0;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    while (started + 1 < all->count && started < THREADS_MAX && (long)started + 1 < processors &&
           thread_start(&threads[started], "bgpd-sets", read_some, &run) == 0)
        started++;
    read_some(&run);
    while (started > 0)
        pthread_join(threads[--started], NULL);
}

void set_readings_release(struct set_readings *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct set_reading *r = &all->at[i];
        policy_set_rows[r->kind].unref(r->set);
        strbuf_release(&r->unreadable);
        text_error_release(&r->wrong);
        free(r->path);
    }
    free(all->at);
    *all = (struct set_readings){0};
}
