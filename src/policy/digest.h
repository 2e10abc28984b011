/* What the content of a set or policy is recognised by: 128 bits (XXH3). Those of equal content are
 * equal, and others differ but by an accident that is not to be expected. Content that is made to
 * collide is not told apart: it keeps nothing secret and nobody out. */
#ifndef BGPD_POLICY_DIGEST_H
#define BGPD_POLICY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised is that of nothing. */
struct policy_digest {
    uint64_t high;
    uint64_t low;
};

/* Adds a run of bytes after those before it. Where one ends and the next begins counts. */
void policy_digest_add(struct policy_digest *d, const void *data, size_t len_bytes);
void policy_digest_add_number(struct policy_digest *d, uint64_t number);
/* NULL and "" are not the same. */
void policy_digest_add_text(struct policy_digest *d, const char *text);

static inline bool policy_digest_equal(struct policy_digest a, struct policy_digest b)
{
    return a.high == b.high && a.low == b.low;
}

#endif
