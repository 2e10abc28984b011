/* Looking at the files of a configuration. A thread of its own does it, for a file system that
 * hangs would hold everybody up. It has its own copy of what it needs: nobody waits for it to end.
 */
#include "config/look.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"
#include "config/written.h"

enum { LOOKS_MAX = 8 /* so many may hang */ };

struct looked_at {
    struct written_file file;
    bool is_other; /* than it was */
};

struct config_look {
    atomic_uint refs; /* the owner's and the thread's */
    atomic_bool is_done;
    struct looked_at *at; /* owned */
    size_t count;
};

static atomic_uint looks; /* that are not done */

static struct config_look *look_new(const struct written *w)
{
    struct config_look *look = mem_zalloc(sizeof(*look));
    atomic_init(&look->refs, 2);
    atomic_init(&look->is_done, false);
    look->count = w ? w->file_count : 0;
    look->at = mem_zalloc((look->count + 1) * sizeof(*look->at));
    for (size_t i = 0; i < look->count; i++)
        look->at[i].file = (struct written_file){mem_strdup(w->files[i].path), w->files[i].version};
    return look;
}

void config_look_release(struct config_look *look)
{
    if (!look || atomic_fetch_sub(&look->refs, 1) > 1)
        return;
    for (size_t i = 0; i < look->count; i++)
        free(look->at[i].file.path);
    free(look->at);
    free(look);
}

static void *run(void *ctx)
{
    struct config_look *look = ctx;
    for (size_t i = 0; i < look->count; i++) {
        struct looked_at *l = &look->at[i];
        const struct file_version now = file_version_look(l->file.path);
        l->is_other = !file_version_equal(&l->file.version, &now);
    }
    atomic_store(&look->is_done, true);
    atomic_fetch_sub(&looks, 1);
    config_look_release(look);
    return NULL;
}

struct config_look *config_look_start(const struct config *c)
{
    pthread_t thread;
    struct config_look *look = look_new(c->written);
    if (atomic_fetch_add(&looks, 1) < LOOKS_MAX &&
        thread_start(&thread, "bgpd-look", run, look) == 0) {
        pthread_detach(thread);
        return look;
    }
    atomic_fetch_sub(&looks, 1);
    atomic_store(&look->refs, 1);
    config_look_release(look);
    return NULL;
}

bool config_look_is_done(const struct config_look *look)
{
    return atomic_load(&look->is_done);
}

const char *config_look_next(const struct config_look *look, size_t *at)
{
    while (*at < look->count) {
        const struct looked_at *l = &look->at[(*at)++];
        if (l->is_other)
            return l->file.path;
    }
    return NULL;
}
