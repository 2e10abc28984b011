/* Several caches.
 *
 * Whoever comes to count is passed on before those are taken back who do not count any more: the
 * records of sets in use come first in rpki_caches_work, and the others wait for them. */
#include "rpki/caches.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

void rpki_caches_begin(struct rpki_caches *c, uv_loop_t *loop, void (*wake)(void *ctx), void *ctx)
{
    *c = (struct rpki_caches){.loop = loop, .wake = wake, .ctx = ctx};
}

static bool has_data(const struct rtr_client *client)
{
    return rtr_client_status(client).session->has_data;
}

/* The lowest preference of those in the configuration that have data; UINT32_MAX: none has. */
static uint32_t best_preference(const struct rpki_caches *c)
{
    uint32_t best = UINT32_MAX;
    for (size_t i = 0; i < c->configured; i++) {
        uint32_t own = rtr_client_status(c->clients[i]).preference;
        if (has_data(c->clients[i]) && own < best)
            best = own;
    }
    return best;
}

static void decide(struct rpki_caches *c)
{
    uint32_t best = best_preference(c);
    for (size_t i = 0; i < c->count; i++) {
        struct rtr_client *client = c->clients[i];
        bool counts = i < c->configured ? rtr_client_status(client).preference == best
                                        : best == UINT32_MAX && c->configured > 0;
        rtr_client_use(client, counts && has_data(client));
    }
}

static void on_changed(void *ctx)
{
    struct rpki_caches *c = ctx;
    decide(c);
    c->wake(c->ctx);
}

/* Takes the client of a cache out of `from`; NULL: there is none. */
static struct rtr_client *take_client(struct rtr_client **from, size_t count,
                                      const struct config_rpki_cache *config)
{
    for (size_t i = 0; i < count; i++) {
        struct rtr_client *client = from[i];
        if (!client || !rtr_client_is(client, config))
            continue;
        from[i] = NULL;
        return client;
    }
    return NULL;
}

void rpki_caches_configure(struct rpki_caches *c, const struct config *config)
{
    struct rtr_client **before = c->clients;
    size_t count = c->count;
    c->clients =
        mem_resize(NULL, count + config->rpki_cache_count + 1, sizeof(struct rtr_client *));
    c->count = 0;
    c->configured = 0;
    for (size_t i = 0; i < config->rpki_cache_count; i++) {
        const struct config_rpki_cache *cache = &config->rpki_caches[i];
        struct rtr_client *client = take_client(before, count, cache);
        if (client)
            rtr_client_set(client, cache);
        else
            client = rtr_client_new(c->loop, cache, on_changed, c);
        c->clients[c->count++] = client;
        c->configured = c->count;
    }
    for (size_t i = 0; i < count; i++) {
        if (!before[i])
            continue;
        c->clients[c->count++] = before[i];
        rtr_client_leave(before[i]);
    }
    free(before);
    on_changed(c);
}

/* Those that leave go when nothing of them counts any more. */
static void reap(struct rpki_caches *c)
{
    size_t kept = c->configured;
    for (size_t i = kept; i < c->count; i++) {
        struct rtr_client_status status = rtr_client_status(c->clients[i]);
        bool is_over = !status.records->used && !record_set_has_work(status.records);
        if (is_over)
            rtr_client_free(c->clients[i]);
        else
            c->clients[kept++] = c->clients[i];
    }
    c->count = kept;
}

/* A step of one of those that are in use, or of one that is not. */
static bool step(struct rpki_caches *c, const struct record_sink *sink, bool used)
{
    for (size_t i = 0; i < c->count; i++)
        if (rtr_client_status(c->clients[i]).records->used == used &&
            rtr_client_step(c->clients[i], sink))
            return true;
    return false;
}

bool rpki_caches_work(struct rpki_caches *c, const struct record_sink *sink, uint64_t deadline_ns)
{
    bool more;
    do {
        more = step(c, sink, true) || step(c, sink, false);
    } while (more && time_mono_ns() < deadline_ns);
    reap(c);
    return more;
}

void rpki_caches_stop(struct rpki_caches *c)
{
    for (size_t i = 0; i < c->count; i++)
        rtr_client_free(c->clients[i]);
    free(c->clients);
    c->clients = NULL;
    c->count = c->configured = 0;
}
