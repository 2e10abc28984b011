/* Unicast NLRI: length in bits and as many bytes as it needs (RFC 4271 §4.3). */
#ifndef BGPD_WIRE_NLRI_H
#define BGPD_WIRE_NLRI_H

#include <endian.h>

#include "base/prefix.h"
#include "base/reader.h"
#include "base/writer.h"
#include "wire/family_row.h"

/* The bits of an IPv4 prefix, which is known to be there; the reader stands at its length, so that
 * nearly always four bytes can be read at once. What follows the prefix may be anything. */
static inline uint32_t nlri_bits_v4(struct reader at_length, unsigned len_bits)
{
    uint32_t bits = 0;
    if (reader_left(&at_length) >= 4) {
        bits = reader_u32(&at_length) << 8;
        if (len_bits > 24)
            bits |= reader_u8(&at_length);
    } else {
        reader_u8(&at_length);
        for (unsigned shift = 24; reader_left(&at_length) > 0; shift -= 8)
            bits |= (uint32_t)reader_u8(&at_length) << shift;
    }
    return bits & (uint32_t)(UINT64_C(0xffffffff00000000) >> len_bits);
}

/* Reads the leading `len_bits` of a run of at most 64 that starts at the reader, as the leading
 * bits of the result; those after them are 0. What holds them is known to be there; eight bytes are
 * read at once where there are as many. */
static inline uint64_t nlri_bits_v6(struct reader r, unsigned len_bits)
{
    uint64_t bits = 0;
    if (len_bits == 0)
        return 0;
    reader_copy(&r, &bits, reader_left(&r) >= 8 ? 8 : (len_bits + 7) / 8);
    return bits & htobe64(UINT64_MAX << (64 - len_bits));
}

/* Reads one prefix. False at the end of the input, or with the reader failed when the length is
 * too large or the bytes are cut. Set bits after the length are cleared. */
static inline bool nlri_next(struct reader *r, uint8_t version, struct prefix *ret_prefix)
{
    struct reader at_length = *r;
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
        high = htobe64((uint64_t)nlri_bits_v4(at_length, len_bits) << 32);
    } else if (len_bits <= 64) {
        high = nlri_bits_v6(bytes, len_bits);
    } else {
        reader_copy(&bytes, &high, sizeof(high));
        low = nlri_bits_v6(bytes, len_bits - 64u);
    }
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

static inline void nlri_put_bits(struct writer *w, uint8_t len_bits, const uint8_t *addr)
{
    unsigned bytes = (len_bits + 7u) / 8;
    uint8_t *out = writer_claim(w, 1 + bytes);
    if (!out)
        return;
    out[0] = len_bits;
    memcpy(out + 1, addr, bytes);
}

/* Reads up to `most` prefixes as keys: to `ret_bytes`, one after the other. How many. */
static inline size_t nlri_read_prefixes(struct reader *r, uint8_t version, uint8_t *ret_bytes,
                                        struct nlri *ret_nlri, size_t most)
{
    struct reader in = *r; /* a copy stays in registers */
    struct prefix p;
    struct nlri *nlri = ret_nlri;
    for (; nlri < ret_nlri + most && nlri_next(&in, version, &p); nlri++) {
        memcpy(ret_bytes, p.bytes, ip_len_bytes(version));
        *nlri = (struct nlri){.key = {ret_bytes, p.len_bits}};
        ret_bytes += ip_len_bytes(version);
    }
    *r = in;
    return (size_t)(nlri - ret_nlri);
}

/* Writes as many of the keys as there is room for; how many. Of those that fit however long they
 * are whole addresses are copied, to room that is claimed for all of them. */
static inline size_t nlri_put_prefixes(struct writer *w, unsigned addr_bytes,
                                       const struct nlri_key *keys, size_t count)
{
    size_t put = writer_left(w) / (1 + addr_bytes);
    if (put > count)
        put = count;
    uint8_t *start = writer_claim(w, put * (1 + addr_bytes));
    uint8_t *out = start;
    for (size_t i = 0; i < put; i++) {
        const struct nlri_key key = keys[i];
        out[0] = (uint8_t)key.len;
        memcpy(out + 1, key.bytes, addr_bytes);
        out += 1 + (key.len + 7) / 8;
    }
    writer_unclaim(w, put * (1 + addr_bytes) - (size_t)(out - start));
    for (; put < count && writer_left(w) > (keys[put].len + 7) / 8; put++)
        nlri_put_bits(w, (uint8_t)keys[put].len, keys[put].bytes);
    return put;
}

#endif
