/* NLRI whose keys are prefixes: RFC 4271 §4.3, RFC 4760 §5; after an RD: RFC 4364 §4.3.4, RFC 4659
 * §3.2; after labels: RFC 8277 §2.
 *
 * One length, in bits, is that of labels, RD and prefix together, so that labels are counted first.
 * RFC 8277 has a single one, whose S bit means nothing, unless both sides sent the Multiple Labels
 * Capability, which hardly any implementation knows. What is sent beside that is what RFC 3107 had:
 * a stack, with the S bit in its last label. BIRD, GoBGP, ExaBGP and, outside of VPNs, FRR read it
 * so, and so does BGPd, as else the second label would be taken for a part of the RD or the prefix.
 * It ends sooner where it can be seen that the S bit means nothing: after a first label that stands
 * for all of them in what is withdrawn; in VPNs at the first RD of a known type, as labels that are
 * part of a SID may be without the bit (RFC 9252 §4), unless another one follows the label with the
 * bit: labels below 48 look like such types; and after the first label where there is neither.
 *
 * Labels are kept as they are sent: the reserved bits 0, the S bit in the last one. */
#include "wire/nlri_prefix.h"

#include <string.h>

#include "wire/rd.h"

struct prefix nlri_prefix_of(const struct family_info *f, struct nlri_key key)
{
    return prefix_make(f->ip_version, (uint8_t)(key.len - 8u * f->rd_bytes),
                       key.bytes + f->rd_bytes);
}

/* --- the wire --- */

static unsigned least_bits(const struct family_info *f)
{
    return 8 * (f->rd_bytes + (f->has_labels ? LABEL_BYTES : 0u));
}

static unsigned most_bits(const struct family_info *f)
{
    return 8 * (f->key_bytes + (f->has_labels ? NLRI_MAX_LABELS_BYTES : 0u));
}

/* Takes the length and what it is the length of; false at the end, or with the reader failed. */
static bool take_one(const struct family_info *f, struct reader *r, unsigned *ret_len_bits,
                     struct reader *ret_in)
{
    if (reader_left(r) == 0)
        return false;
    unsigned len_bits = reader_u8(r);
    *ret_in = reader_sub(r, (len_bits + 7) / 8);
    if (len_bits < least_bits(f) || len_bits > most_bits(f))
        reader_fail(r);
    *ret_len_bits = len_bits;
    return reader_ok(r);
}

bool nlri_prefix_split(const struct family_info *f, struct reader *r, struct span *ret_nlri)
{
    struct reader begin = *r;
    unsigned len_bits;
    struct reader in;
    if (!take_one(f, r, &len_bits, &in))
        return false;
    *ret_nlri = reader_take(&begin, reader_left(&begin) - reader_left(r));
    return true;
}

/* Whether an RD of a known type is at the reader, and `left_bits` are one and a prefix. */
static bool is_at_rd(const struct family_info *f, struct reader in, unsigned left_bits)
{
    return f->rd_bytes > 0 && left_bits <= 8u * f->key_bytes &&
           rd_is_known(reader_take(&in, f->rd_bytes).data);
}

/* How many labels are at the reader, in front of RD and prefix. */
static unsigned count_labels(const struct family_info *f, struct reader in, unsigned len_bits)
{
    enum { LABEL_BITS = 8 * LABEL_BYTES };
    unsigned before_rd = 0; /* how many are in front of the first RD of a known type */
    for (unsigned count = 1; count <= NLRI_MAX_LABELS; count++) {
        if (len_bits < LABEL_BITS + 8u * f->rd_bytes)
            break;
        len_bits -= LABEL_BITS;
        uint32_t label = label_take(&in);
        if (count == 1 && label_is_withdrawal(label >> LABEL_SHIFT))
            return 1;
        bool is_bottom = (label & LABEL_BOTTOM) != 0;
        if (is_at_rd(f, in, len_bits) && (is_bottom || before_rd == 0))
            before_rd = count;
        if (is_bottom)
            return before_rd > 0 ? before_rd : count;
    }
    return before_rd > 0 ? before_rd : 1;
}

/* Copies labels as they are kept. */
static struct span copy_labels(struct reader labels, uint8_t *ret_bytes)
{
    struct writer w = writer_over(ret_bytes, NLRI_MAX_LABELS_BYTES);
    while (reader_left(&labels) > 0) {
        uint32_t label = label_take(&labels) >> LABEL_SHIFT << LABEL_SHIFT;
        label_put(&w, reader_left(&labels) > 0 ? label : label | LABEL_BOTTOM);
    }
    return writer_span(&w);
}

static bool read_one(const struct family_info *f, struct reader *r, uint8_t *ret_bytes,
                     struct nlri *ret_nlri)
{
    unsigned len_bits;
    struct reader in;
    if (!take_one(f, r, &len_bits, &in))
        return false;
    unsigned label_count = f->has_labels ? count_labels(f, in, len_bits) : 0;
    struct reader labels = reader_sub(&in, (size_t)label_count * LABEL_BYTES);
    len_bits -= 8 * LABEL_BYTES * label_count;
    if (len_bits > 8u * f->key_bytes) {
        reader_fail(r);
        return false;
    }
    memset(ret_bytes, 0, f->key_bytes);
    reader_copy(&in, ret_bytes, (len_bits + 7) / 8);
    if (len_bits % 8 != 0)
        ret_bytes[len_bits / 8] &= (uint8_t)(0xff << (8 - len_bits % 8));
    *ret_nlri = (struct nlri){.key = {ret_bytes, len_bits}};
    if (f->has_labels)
        ret_nlri->labels = copy_labels(labels, ret_bytes + f->key_bytes);
    return true;
}

size_t nlri_prefix_read(const struct family_info *f, struct reader *r, uint8_t *ret_bytes,
                        struct nlri *ret_nlri, size_t most)
{
    size_t each_bytes = f->key_bytes + (f->has_labels ? NLRI_MAX_LABELS_BYTES : 0u);
    size_t count = 0;
    while (count < most && read_one(f, r, ret_bytes + count * each_bytes, &ret_nlri[count]))
        count++;
    return count;
}

bool nlri_prefix_check(const struct family_info *f, struct span run)
{
    uint8_t bytes[NLRI_TREE_MAX_BYTES + NLRI_MAX_LABELS_BYTES];
    struct nlri nlri;
    struct reader r = reader_over(run);
    while (read_one(f, &r, bytes, &nlri))
        ;
    return reader_ok(&r);
}

/* How many bytes the labels take, or what stands for them. */
static size_t labels_bytes(const struct family_info *f, struct nlri nlri)
{
    return f->has_labels && nlri.labels.len_bytes == 0 ? LABEL_BYTES : nlri.labels.len_bytes;
}

size_t nlri_prefix_len_bytes(const struct family_info *f, struct nlri nlri)
{
    return 1 + labels_bytes(f, nlri) + (nlri.key.len + 7) / 8;
}

static void put_one(const struct family_info *f, struct writer *w, struct nlri nlri)
{
    writer_u8(w, (uint8_t)(8 * labels_bytes(f, nlri) + nlri.key.len));
    if (nlri.labels.len_bytes > 0)
        writer_put(w, nlri.labels);
    else if (f->has_labels)
        label_put(w, LABEL_WITHDRAWN << LABEL_SHIFT);
    writer_bytes(w, nlri.key.bytes, (nlri.key.len + 7) / 8);
}

size_t nlri_prefix_put(const struct family_info *f, struct writer *w, const struct nlri_key *keys,
                       size_t count, struct span labels)
{
    size_t put = 0;
    for (; put < count; put++) {
        struct nlri nlri = {keys[put], labels};
        if (nlri_prefix_len_bytes(f, nlri) > writer_left(w))
            break;
        put_one(f, w, nlri);
    }
    return put;
}

/* --- keys --- */

/* Prefixes that cannot be routed, nor anything within them. What covers more than one of them can:
 * 0.0.0.0/1 is half of the default route. */
static const struct prefix martians[] = {
    {IP_V4, 8, {0}},   {IP_V4, 8, {127}},        {IP_V4, 3, {224}}, /* multicast and class E */
    {IP_V6, 128, {0}}, {IP_V6, 128, {[15] = 1}}, {IP_V6, 10, {0xfe, 0x80}}, {IP_V6, 8, {0xff}},
};

bool nlri_prefix_is_martian(const struct family_info *f, struct nlri_key key)
{
    struct prefix p = nlri_prefix_of(f, key);
    for (size_t i = 0; i < sizeof(martians) / sizeof(martians[0]); i++)
        if (prefix_covers(&martians[i], &p))
            return true;
    return false;
}

bool nlri_prefix_relates(const struct family_info *f, struct nlri_key key,
                         enum nlri_relation relation, const struct prefix *p)
{
    struct prefix own = nlri_prefix_of(f, key);
    switch (relation) {
    case NLRI_COVERS:
        return prefix_covers(&own, p);
    case NLRI_EQUALS:
        return prefix_equal(&own, p);
    case NLRI_WITHIN:
        return prefix_covers(p, &own);
    }
    return false;
}
