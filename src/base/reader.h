/* Sticky-error cursor over bytes from the wire.
 *
 * After the first read past the end the reader has failed: every later read yields 0 (or an empty
 * span), nothing is left, and reader_ok() is false. So a decoder reads a whole structure into
 * locals, checks once, and then commits. All integers are big-endian on the wire and in host order
 * here. */
#ifndef BGPD_BASE_READER_H
#define BGPD_BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct reader {
    const uint8_t *pos; /* borrowed; never NULL, so that 0 can be added to it */
    const uint8_t *end;
    bool failed;
};

static inline struct reader reader_over(struct span s)
{
    static const uint8_t nothing[1];
    const uint8_t *pos = s.data ? s.data : nothing;
    return (struct reader){.pos = pos, .end = pos + s.len_bytes};
}

/* Bytes not read yet; 0 after a failure. */
static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->pos);
}

static inline bool reader_ok(const struct reader *r)
{
    return !r->failed;
}

static inline void reader_fail(struct reader *r)
{
    r->failed = true;
    r->pos = r->end;
}

/* Takes `n` bytes; an empty span and failure when fewer are left. */
static inline struct span reader_take(struct reader *r, size_t n)
{
    if (reader_left(r) < n) {
        reader_fail(r);
        return span_of(NULL, 0);
    }
    struct span s = span_of(r->pos, n);
    r->pos += n;
    return s;
}

/* Everything that is left, as a span; the reader is then at its end. */
static inline struct span reader_rest(struct reader *r)
{
    return reader_take(r, reader_left(r));
}

/* A bounded reader over the next `n` bytes, which this reader skips. When fewer are left both this
 * reader and the returned one have failed. */
static inline struct reader reader_sub(struct reader *r, size_t n)
{
    struct reader sub = reader_over(reader_take(r, n));
    sub.failed = r->failed;
    return sub;
}

static inline uint8_t reader_u8(struct reader *r)
{
    struct span s = reader_take(r, 1);
    return s.len_bytes ? s.data[0] : 0;
}

static inline uint16_t reader_u16(struct reader *r)
{
    struct span s = reader_take(r, 2);
    return s.len_bytes ? (uint16_t)((unsigned)s.data[0] << 8 | s.data[1]) : 0;
}

static inline uint32_t reader_u32(struct reader *r)
{
    struct span s = reader_take(r, 4);
    if (!s.len_bytes)
        return 0;
    return (uint32_t)s.data[0] << 24 | (uint32_t)s.data[1] << 16 | (uint32_t)s.data[2] << 8 |
           s.data[3];
}

static inline uint64_t reader_u64(struct reader *r)
{
    struct reader in = reader_sub(r, 8);
    uint64_t high = reader_u32(&in);
    return high << 32 | reader_u32(&in);
}

/* Copies `n` bytes to `ret_bytes`, or zeroes it and fails. */
static inline void reader_copy(struct reader *r, void *ret_bytes, size_t n)
{
    struct span s = reader_take(r, n);
    if (s.len_bytes)
        memcpy(ret_bytes, s.data, n);
    else if (n > 0)
        memset(ret_bytes, 0, n);
}

#endif
