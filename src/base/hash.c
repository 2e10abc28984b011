/* Hashing of byte runs. The library is used header-only, so that the compiler sees the whole of it.
 */
#define XXH_INLINE_ALL
#include "base/hash.h"

#include <xxhash.h>

uint64_t hash_bytes(const void *data, size_t len_bytes)
{
    return XXH3_64bits(data, len_bytes);
}

uint64_t hash_bytes_seeded(const void *data, size_t len_bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, len_bytes, seed);
}
