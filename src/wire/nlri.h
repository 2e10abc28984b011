/* Unicast NLRI: length in bits and as many bytes as it needs (RFC 4271 §4.3). */
#ifndef BGPD_WIRE_NLRI_H
#define BGPD_WIRE_NLRI_H

#include "base/prefix.h"
#include "base/reader.h"
#include "base/writer.h"

/* Reads one prefix. False at the end of the input, or with the reader failed when the length is
 * too large or the bytes are cut. Set bits behind the length are cleared. */
static inline bool nlri_next(struct reader *r, uint8_t version, struct prefix *ret_prefix)
{
    if (reader_left(r) == 0)
        return false;
    uint8_t len_bits = reader_u8(r);
    if (len_bits > prefix_max_bits(version)) {
        reader_fail(r);
        return false;
    }
    unsigned len_bytes = (len_bits + 7u) / 8;
    struct span s = reader_take(r, len_bytes);
    if (!reader_ok(r))
        return false;
    struct prefix p = {.version = version, .len_bits = len_bits};
    if (len_bytes > 0) {
        memcpy(p.bytes, s.data, len_bytes);
        if (len_bits % 8)
            p.bytes[len_bytes - 1] &= (uint8_t)(0xff00u >> (len_bits % 8));
    }
    *ret_prefix = p;
    return true;
}

/* True when nlri_next would read all of `nlri` without an error (RFC 7606 §5.3). */
static inline bool nlri_check(struct span nlri, uint8_t version)
{
    struct reader r = reader_over(nlri);
    unsigned max_bits = prefix_max_bits(version);
    while (reader_left(&r) > 0) {
        unsigned len_bits = reader_u8(&r);
        if (len_bits > max_bits)
            return false;
        reader_take(&r, (len_bits + 7) / 8);
    }
    return reader_ok(&r);
}

/* Bytes a prefix takes as NLRI. */
static inline unsigned nlri_len_bytes(const struct prefix *p)
{
    return 1 + (p->len_bits + 7u) / 8;
}

static inline void nlri_put(struct writer *w, const struct prefix *p)
{
    uint8_t *out = writer_claim(w, nlri_len_bytes(p));
    if (!out)
        return;
    out[0] = p->len_bits;
    memcpy(out + 1, p->bytes, (p->len_bits + 7u) / 8);
}

#endif
