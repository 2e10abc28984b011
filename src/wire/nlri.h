/* Unicast NLRI: length in bits and as many bytes as it needs (RFC 4271 §4.3). */
#ifndef BGPD_WIRE_NLRI_H
#define BGPD_WIRE_NLRI_H

#include <endian.h>

#include "base/prefix.h"
#include "base/reader.h"
#include "base/writer.h"

/* Reads the leading `len_bits` of a run of at most 64 that starts at the reader, as the leading
 * bits of the result; the others are 0. What holds them is known to be there; `step_bytes` (4
 * or 8, and enough for all) are read at once where there are as many. */
static inline uint64_t nlri_bits(struct reader r, unsigned len_bits, unsigned step_bytes)
{
    uint64_t bits = 0;
    if (len_bits == 0)
        return 0;
    if (reader_left(&r) >= step_bytes) {
        bits = step_bytes == 4 ? (uint64_t)reader_u32(&r) << 32 : reader_u64(&r);
    } else {
        reader_copy(&r, &bits, (len_bits + 7) / 8);
        bits = be64toh(bits);
    }
    return bits & UINT64_MAX << (64 - len_bits);
}

/* Reads one prefix. False at the end of the input, or with the reader failed when the length is
 * too large or the bytes are cut. Set bits after the length are cleared. */
static inline bool nlri_next(struct reader *r, uint8_t version, struct prefix *ret_prefix)
{
    if (reader_left(r) == 0)
        return false;
    uint8_t len_bits = reader_u8(r);
    struct reader bytes = *r;
    reader_take(r, (len_bits + 7u) / 8);
    if (len_bits > prefix_max_bits(version))
        reader_fail(r);
    if (!reader_ok(r))
        return false;
    uint64_t high = 0;
    uint64_t low = 0;
    if (version == IP_V4) {
        high = nlri_bits(bytes, len_bits, 4);
    } else if (len_bits <= 64) {
        high = nlri_bits(bytes, len_bits, 8);
    } else {
        high = reader_u64(&bytes);
        low = nlri_bits(bytes, len_bits - 64u, 8);
    }
    high = htobe64(high);
    low = htobe64(low);
    ret_prefix->version = version;
    ret_prefix->len_bits = len_bits;
    memcpy(ret_prefix->bytes, &high, sizeof(high));
    memcpy(ret_prefix->bytes + sizeof(high), &low, sizeof(low));
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

/* The same from the whole address, of `addr_bytes` (4 or 16). Fails where the longest prefix would
 * not fit: it is copied whole, as copies of a fixed size are much faster than others. */
static inline void nlri_put_address(struct writer *w, uint8_t len_bits, const uint8_t *addr,
                                    unsigned addr_bytes)
{
    uint8_t *out = writer_claim(w, 1 + addr_bytes);
    if (!out)
        return;
    out[0] = len_bits;
    memcpy(out + 1, addr, addr_bytes);
    writer_unclaim(w, addr_bytes - (len_bits + 7u) / 8);
}

#endif
