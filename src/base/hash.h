/* Hashing of byte runs (xxHash, XXH3). */
#ifndef BGPD_BASE_HASH_H
#define BGPD_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t len_bytes);
/* Differs with the seed: for tables whose keys a peer selects, who must not know it. With seed 0
 * the same as hash_bytes. */
uint64_t hash_bytes_seeded(const void *data, size_t len_bytes, uint64_t seed);

/* Mixes a pointer or integer into a well spread value (for open addressing). */
static inline uint64_t hash_mix(uint64_t v)
{
    v ^= v >> 32;
    v *= 0x9e3779b97f4a7c15ULL;
    return v ^ v >> 29;
}

#endif
