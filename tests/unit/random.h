/* A small generator, so that a failing run can be repeated: xorshift64. */
#ifndef BGPD_TESTS_RANDOM_H
#define BGPD_TESTS_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state; /* not 0 */
};

static inline uint32_t random_below(struct random *r, uint32_t limit)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (uint32_t)(r->state >> 32) % limit;
}

/* How many rounds of something random: `count`, or a fifth where a sanitizer makes each several
 * times slower. What it looks for shows in any of them, and what is wrong otherwise without it. */
static inline unsigned random_rounds(unsigned count)
{
#ifdef __SANITIZE_ADDRESS__
    return (count + 4) / 5;
#else
    return count;
#endif
}

#endif
