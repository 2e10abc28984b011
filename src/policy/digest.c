/* Digests: of each run of bytes, chained. The library is used header-only, as in base/hash. */
#define XXH_INLINE_ALL
#include "policy/digest.h"

#include <string.h>

#include <xxhash.h>

void policy_digest_add(struct policy_digest *d, const void *data, size_t len_bytes)
{
    XXH128_hash_t run = XXH3_128bits(data, len_bytes);
    const uint64_t chain[] = {d->high, d->low, run.high64, run.low64};
    XXH128_hash_t sum = XXH3_128bits(chain, sizeof(chain));
    *d = (struct policy_digest){sum.high64, sum.low64};
}

void policy_digest_add_number(struct policy_digest *d, uint64_t number)
{
    policy_digest_add(d, &number, sizeof(number));
}

void policy_digest_add_text(struct policy_digest *d, const char *text)
{
    policy_digest_add_number(d, text != NULL);
    policy_digest_add(d, text, text ? strlen(text) : 0);
}
