/* What decoding on a thread of its own would bring: the same table is loaded with all work on one
 * thread, as the daemon does it, and with framing and decoding on a second one, which hands over
 * what it decoded in parcels. System calls are in neither (host.h).
 *
 *   bgpd-pipeline [TABLE [ROUNDS]]      in turns; `taskset -c 0` tells what it costs one processor
 *
 * A parcel is what could leave the session layer: values alone, NLRI that borrows the input, and
 * canonical attributes that are copied, as the decoder makes the next ones in the same place. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "host.h"
#include "stream.h"
#include "table.h"
#include "wire/message.h"

enum {
    SEED = 1,
    PARCELS = 8,
    PARCEL_UPDATES = 512,
    PARCEL_BYTES = 1 << 17,
    ROUNDS_MAX = 99,
};

static const uint32_t SENDER_AS = 4200000001u;

struct parcel {
    struct update updates[PARCEL_UPDATES];
    unsigned count;
    size_t used_bytes;
    _Alignas(struct attr_block) uint8_t attrs[PARCEL_BYTES]; /* what the updates point to */
};

/* A ring between two threads. */
struct pipeline {
    struct span input; /* not decoded yet */
    struct update_context ctx;
    struct parcel parcels[PARCELS];
    unsigned filled; /* numbers of parcels, ever increasing; guarded by the lock */
    unsigned emptied;
    bool ended;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* --- the decoding thread --- */

/* Copies attributes to the parcel, as far as they go; NULL when there are none. */
static struct attr_block *keep_attrs(struct parcel *p, const struct attr_block *attrs)
{
    if (!attrs)
        return NULL;
    size_t len_bytes = offsetof(struct attr_block, bytes) + attrs->len_bytes;
    size_t align = _Alignof(struct attr_block);
    void *to = p->attrs + p->used_bytes;
    memcpy(to, attrs, len_bytes);
    p->used_bytes += (len_bytes + align - 1) / align * align;
    return to;
}

static bool decode_one(struct pipeline *l, struct update_decoder *decoder, struct parcel *p)
{
    uint8_t type;
    struct span body;
    struct notification error;
    int len_bytes = message_frame(l->input, MESSAGE_MAX_BYTES, &type, &body, &error);
    if (len_bytes <= 0)
        return false;
    l->input = span_of(l->input.data + len_bytes, l->input.len_bytes - (size_t)len_bytes);
    struct update *u = &p->updates[p->count++];
    update_decode(body, &l->ctx, decoder, u);
    u->attrs = keep_attrs(p, u->attrs);
    u->mp_attrs = keep_attrs(p, u->mp_attrs);
    return true;
}

static struct parcel *next_empty(struct pipeline *l)
{
    pthread_mutex_lock(&l->lock);
    while (l->filled - l->emptied == PARCELS)
        pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
    struct parcel *p = &l->parcels[l->filled % PARCELS];
    p->count = 0;
    p->used_bytes = 0;
    return p;
}

static void hand_over(struct pipeline *l, bool ended)
{
    pthread_mutex_lock(&l->lock);
    l->filled++;
    l->ended = ended;
    pthread_mutex_unlock(&l->lock);
    pthread_cond_signal(&l->changed);
}

static void *decode(void *arg)
{
    struct pipeline *l = arg;
    struct update_decoder *decoder = mem_zalloc(sizeof *decoder);
    bool more = true;
    while (more) {
        struct parcel *p = next_empty(l);
        while (more && p->count < PARCEL_UPDATES &&
               p->used_bytes < PARCEL_BYTES - 2 * MESSAGE_MAX_BYTES)
            more = decode_one(l, decoder, p);
        hand_over(l, !more);
    }
    free(decoder);
    return NULL;
}

/* --- the loop's thread --- */

static const struct parcel *next_filled(struct pipeline *l)
{
    pthread_mutex_lock(&l->lock);
    while (l->filled == l->emptied && !l->ended)
        pthread_cond_wait(&l->changed, &l->lock);
    bool found = l->filled != l->emptied;
    pthread_mutex_unlock(&l->lock);
    return found ? &l->parcels[l->emptied % PARCELS] : NULL;
}

static void give_back(struct pipeline *l)
{
    pthread_mutex_lock(&l->lock);
    l->emptied++;
    pthread_mutex_unlock(&l->lock);
    pthread_cond_signal(&l->changed);
}

static void load_in_two(struct host *h, struct span input)
{
    static struct pipeline l;
    l = (struct pipeline){.lock = PTHREAD_MUTEX_INITIALIZER,
                          .changed = PTHREAD_COND_INITIALIZER,
                          .input = input,
                          .ctx = h->peers[0].session.update_ctx};
    pthread_t thread;
    if (pthread_create(&thread, NULL, decode, &l) != 0)
        bench_fail("there can be no thread");
    const struct parcel *p;
    while ((p = next_filled(&l)) != NULL) {
        for (unsigned i = 0; i < p->count; i++)
            neighbor_update(&h->speaker, &h->peers[0].neighbor, &p->updates[i]);
        give_back(&l);
        host_turn(h);
    }
    pthread_join(thread, NULL);
    host_run(h);
}

static void load_in_one(struct host *h, struct span input)
{
    h->peers[0].input = input;
    host_run(h);
}

/* --- measuring --- */

static double seconds_of(void (*load)(struct host *h, struct span input),
                         const struct stream *stream, uint32_t told)
{
    struct host h;
    host_init(&h, 2, SENDER_AS, false);
    host_up(&h, 0);
    host_up(&h, 1);
    host_run(&h);
    uint64_t start_ns = time_mono_ns();
    load(&h, span_of(stream->data, stream->len_bytes));
    double seconds = (double)(time_mono_ns() - start_ns) / 1e9;
    if (host_advertised(&h, 1, FAMILY_IPV4_UNICAST) != told)
        bench_fail("the receiver is told %u prefixes, not %u",
                   host_advertised(&h, 1, FAMILY_IPV4_UNICAST), told);
    host_release(&h);
    return seconds;
}

static int compare_seconds(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double report(const char *what, double *seconds, size_t rounds)
{
    qsort(seconds, rounds, sizeof *seconds, compare_seconds);
    printf("%-22s %.3f s (%.3f-%.3f)\n", what, seconds[rounds / 2], seconds[0],
           seconds[rounds - 1]);
    return seconds[rounds / 2];
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 9;
    if (argc > 3 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bgpd-pipeline [TABLE [ROUNDS]]\n");
        return 2;
    }
    struct table table = {0};
    struct plan plan;
    struct stream stream = {0};
    table_load(&table, argc > 1 ? argv[1] : "gen4:1000000", SEED);
    plan_init(&plan, &table, 1, false);
    plan.sender_as = SENDER_AS;
    stream_add_announcements(&stream, &plan, 0, NULL);
    double one[ROUNDS_MAX];
    double two[ROUNDS_MAX];
    for (unsigned long i = 0; i < rounds; i++) {
        one[i] = seconds_of(load_in_one, &stream, table.prefix_count);
        two[i] = seconds_of(load_in_two, &stream, table.prefix_count);
    }
    double median = report("one thread", one, rounds);
    printf("x%.2f\n", report("decoding on a second", two, rounds) / median);
    stream_release(&stream);
    plan_release(&plan);
    table_release(&table);
    return 0;
}
