/* Sticky-error cursor that writes big-endian values into a fixed buffer.
 *
 * A write that does not fit writes nothing and marks the writer as failed; so do all later ones.
 * Length fields are written as a mark and patched when the content is known. */
#ifndef BGPD_BASE_WRITER_H
#define BGPD_BASE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct writer {
    uint8_t *start; /* borrowed */
    uint8_t *pos;
    uint8_t *end;
    bool failed;
};

static inline struct writer writer_over(void *buf, size_t size_bytes)
{
    uint8_t *p = buf;
    return (struct writer){.start = p, .pos = p, .end = p + size_bytes};
}

static inline bool writer_ok(const struct writer *w)
{
    return !w->failed;
}

static inline size_t writer_len(const struct writer *w)
{
    return (size_t)(w->pos - w->start);
}

static inline size_t writer_left(const struct writer *w)
{
    return w->failed ? 0 : (size_t)(w->end - w->pos);
}

static inline struct span writer_span(const struct writer *w)
{
    return span_of(w->start, writer_len(w));
}

/* Reserves `n` bytes and returns them, or NULL and failure. */
static inline uint8_t *writer_claim(struct writer *w, size_t n)
{
    if (w->failed || (size_t)(w->end - w->pos) < n) {
        w->failed = true;
        return NULL;
    }
    uint8_t *p = w->pos;
    w->pos += n;
    return p;
}

/* Gives back the last `n` bytes of what was claimed just before. */
static inline void writer_unclaim(struct writer *w, size_t n)
{
    w->pos -= n;
}

static inline void writer_u8(struct writer *w, uint8_t v)
{
    uint8_t *p = writer_claim(w, 1);
    if (p)
        p[0] = v;
}

static inline void writer_u16(struct writer *w, uint16_t v)
{
    uint8_t *p = writer_claim(w, 2);
    if (!p)
        return;
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void writer_u32(struct writer *w, uint32_t v)
{
    uint8_t *p = writer_claim(w, 4);
    if (!p)
        return;
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void writer_bytes(struct writer *w, const void *data, size_t n)
{
    uint8_t *p = writer_claim(w, n);
    if (p && n > 0)
        memcpy(p, data, n);
}

static inline void writer_put(struct writer *w, struct span s)
{
    writer_bytes(w, s.data, s.len_bytes);
}

/* Offset of the next byte, to be handed to writer_patch_* or writer_rewind. */
static inline size_t writer_mark(const struct writer *w)
{
    return writer_len(w);
}

/* Overwrites the two bytes at `mark`; nothing when the writer has failed. */
static inline void writer_patch_u16(struct writer *w, size_t mark, uint16_t v)
{
    if (w->failed)
        return;
    w->start[mark] = (uint8_t)(v >> 8);
    w->start[mark + 1] = (uint8_t)v;
}

static inline void writer_patch_u8(struct writer *w, size_t mark, uint8_t v)
{
    if (!w->failed)
        w->start[mark] = v;
}

/* Forgets everything written since `mark`, and a failure that happened since. */
static inline void writer_rewind(struct writer *w, size_t mark)
{
    w->pos = w->start + mark;
    w->failed = false;
}

#endif
