/* Blocks of whole pages from the system.
 *
 * The page worker is one for the process, as its memory is. What is asked of it waits in a short
 * queue; whoever takes a spare block takes its request back, or waits for the few microseconds that
 * the worker is at it. So the worker never touches a block that was given to somebody. */
#include "base/pages.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/log.h"
#include "base/thread.h"

/* Blocks that a source must have given before it keeps a spare one: small tables need none. */
#define SPARE_FROM 2u

#define REQUESTS_MAX 16u

struct request {
    void *block;
    size_t block_bytes;
};

static struct {
    pthread_t thread;
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t asked; /* the worker has something to do */
    pthread_cond_t made;  /* `current` is done */
    struct request requests[REQUESTS_MAX];
    unsigned count;
    struct request current; /* block NULL: none */
    bool running;
} worker = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .asked = PTHREAD_COND_INITIALIZER,
    .made = PTHREAD_COND_INITIALIZER,
};

/* --- the worker --- */

/* Makes the pages of a block. Where the system cannot (before Linux 5.14) they are made when they
 * are touched. */
static void make_pages(struct request r)
{
#ifdef MADV_POPULATE_WRITE
    madvise(r.block, r.block_bytes, MADV_POPULATE_WRITE);
#else
    (void)r;
#endif
}

static void *work(void *unused)
{
    pthread_mutex_lock(&worker.lock);
    while (worker.running) {
        if (worker.count == 0) {
            pthread_cond_wait(&worker.asked, &worker.lock);
            continue;
        }
        worker.current = worker.requests[--worker.count];
        pthread_mutex_unlock(&worker.lock);
        make_pages(worker.current);
        pthread_mutex_lock(&worker.lock);
        worker.current.block = NULL;
        pthread_cond_signal(&worker.made);
    }
    pthread_mutex_unlock(&worker.lock);
    return unused;
}

int page_worker_start(void)
{
    worker.running = true;
    int err = thread_start(&worker.thread, "bgpd-pages", work, NULL);
    if (err)
        worker.running = false;
    return err;
}

void page_worker_stop(void)
{
    if (!worker.running)
        return;
    pthread_mutex_lock(&worker.lock);
    worker.running = false;
    worker.count = 0;
    pthread_cond_signal(&worker.asked);
    pthread_mutex_unlock(&worker.lock);
    pthread_join(worker.thread, NULL);
}

/* False when the queue is full. */
static bool ask(struct request r)
{
    pthread_mutex_lock(&worker.lock);
    bool room = worker.running && worker.count < REQUESTS_MAX;
    if (room)
        worker.requests[worker.count++] = r;
    pthread_mutex_unlock(&worker.lock);
    pthread_cond_signal(&worker.asked); /* unlocked, lest the worker should wake to wait again */
    return room;
}

/* The worker is done with the block when this returns; false when it had not come to it. */
static bool settle(const void *block)
{
    bool made = true;
    pthread_mutex_lock(&worker.lock);
    for (unsigned i = 0; i < worker.count; i++) {
        if (worker.requests[i].block != block)
            continue;
        worker.requests[i] = worker.requests[--worker.count];
        made = false;
        break;
    }
    while (worker.current.block == block)
        pthread_cond_wait(&worker.made, &worker.lock);
    pthread_mutex_unlock(&worker.lock);
    return made;
}

/* --- sources --- */

static void *map(size_t block_bytes, int flags)
{
    void *p =
        mmap(NULL, block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (p == MAP_FAILED) {
        log_error("out of memory (%zu bytes wanted)", block_bytes);
        abort();
    }
    return p;
}

static void *take_spare(struct page_source *s, size_t block_bytes)
{
    void *block = s->spare;
    s->spare = NULL;
    if (!settle(block))
        make_pages((struct request){block, block_bytes});
    return block;
}

void *page_source_take(struct page_source *s, size_t block_bytes)
{
    void *block =
        s->spare ? take_spare(s, block_bytes) : map(block_bytes, s->given > 0 ? MAP_POPULATE : 0);
    if (++s->given < SPARE_FROM || !worker.running)
        return block;
    s->spare = map(block_bytes, 0);
    if (!ask((struct request){s->spare, block_bytes})) {
        munmap(s->spare, block_bytes);
        s->spare = NULL;
    }
    return block;
}

void page_source_give_back(struct page_source *s, void *block, size_t block_bytes)
{
    munmap(block, block_bytes);
    if (--s->given >= SPARE_FROM || !s->spare)
        return;
    settle(s->spare);
    munmap(s->spare, block_bytes);
    s->spare = NULL;
}
