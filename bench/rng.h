/* Small deterministic random numbers (splitmix64): the same seed gives the same table everywhere.
 */
#ifndef BGPD_BENCH_RNG_H
#define BGPD_BENCH_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

/* One value out of a seed, for choices that must not depend on the order they are made in. */
static inline uint64_t rng_of(uint64_t a, uint64_t b)
{
    struct rng r = {.state = a * 0xd1342543de82ef95ULL ^ b};
    rng_next(&r);
    return rng_next(&r);
}

/* 0 … n - 1. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
    return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

#endif
