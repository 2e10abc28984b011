/* A borrowed, read-only run of bytes. */
#ifndef BGPD_BASE_SPAN_H
#define BGPD_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *data; /* borrowed; may be NULL when len_bytes is 0 */
    size_t len_bytes;
};

static inline struct span span_of(const void *data, size_t len_bytes)
{
    return (struct span){.data = data, .len_bytes = len_bytes};
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.len_bytes == b.len_bytes &&
           (a.len_bytes == 0 || memcmp(a.data, b.data, a.len_bytes) == 0);
}

/* Whether `b` begins where `a` ends, in the same run of bytes. Never when `a` is empty. */
static inline bool span_joins(struct span a, struct span b)
{
    return a.len_bytes > 0 && a.data + a.len_bytes == b.data;
}

#endif
