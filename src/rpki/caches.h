/* The caches of a configuration, and which of them count: of those that have data, the ones with
 * the lowest preference, all of them together. What counts is passed on record by record, in
 * slices. */
#ifndef BGPD_RPKI_CACHES_H
#define BGPD_RPKI_CACHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "rpki/rtr_client.h"

/* Zero-initialised and then begun; it must not be moved. */
struct rpki_caches {
    uv_loop_t *loop;
    void (*wake)(void *ctx); /* there is work */
    void *ctx;
    struct rtr_client **clients; /* owned array; those of the configuration first, in its order,
                                    then those that leave */
    size_t count;
    size_t configured; /* of them */
};

void rpki_caches_begin(struct rpki_caches *c, uv_loop_t *loop, void (*wake)(void *ctx), void *ctx);
/* Goes over to a configuration. A cache that stays keeps its connection and its data. The data of
 * one that leaves count until another cache has some, if there are others. */
void rpki_caches_configure(struct rpki_caches *c, const struct config *config);
/* Works until the deadline (monotonic), at least a step; true while there is more. */
bool rpki_caches_work(struct rpki_caches *c, const struct record_sink *sink, uint64_t deadline_ns);
/* Closes all connections and handles; nothing is passed on any more. */
void rpki_caches_stop(struct rpki_caches *c);

#endif
