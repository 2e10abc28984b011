/* The attributes that are drawn for a set of prefixes, as values: `stream.c` writes them, and
 * `outcome.c` finds out from them what policies have to make of the set. */
#ifndef BGPD_BENCH_DRAWN_H
#define BGPD_BENCH_DRAWN_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

enum {
    DRAWN_PATH_MAX = 96,
    DRAWN_COMMUNITIES_MAX = 16,
    DRAWN_CLASSES = 100, /* of peers, by what the export policies of P6b reject */
};

struct drawn {
    uint8_t origin;
    uint32_t path[DRAWN_PATH_MAX]; /* one AS_SEQUENCE */
    uint32_t path_count;
    uint32_t communities[DRAWN_COMMUNITIES_MAX];
    uint32_t community_count;
    bool has_med, has_aggregator;
    uint32_t med, aggregator_as, aggregator;
};

/* What `sender` announces `set` with: the same whenever it is asked for. */
void drawn_make(struct drawn *d, const struct plan *p, uint32_t sender,
                const struct table_set *set);

/* With TRAITS_PEERS and TRAITS_MEMBERS, the sender whom the communities are meant for that `sender`
 * announces a set with, or PLAN_NOBODY. */
uint32_t drawn_meant_for(const struct plan *p, uint32_t sender, const struct table_set *set);

static inline uint32_t drawn_community(uint32_t as, uint32_t value)
{
    return as << 16 | value;
}

#endif
