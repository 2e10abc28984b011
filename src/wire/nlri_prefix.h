/* What families have in common whose keys are prefixes, after an RD where they have one, and whose
 * routes may have labels: functions for their rows (wire/family_row.h). For src/wire/family_*.c and
 * nlri_prefix*.c only. */
#ifndef BGPD_WIRE_NLRI_PREFIX_H
#define BGPD_WIRE_NLRI_PREFIX_H

#include "wire/family_row.h"

enum {
    LABEL_SHIFT = 4, /* 20 bits of the label, 3 reserved ones, 1 at the bottom of the stack */
    LABEL_BOTTOM = 1,
    LABEL_WITHDRAWN = 0x80000, /* stands for labels in what is withdrawn (RFC 8277 §2.4) */
    /* Of labeled NLRI: 255 bits, and the byte that says so. */
    LABELED_NLRI_MAX_BYTES = 1 + 32,
};

/* Whether a label, where it is the first one, stands for all of them in what is withdrawn: that of
 * RFC 8277, and 0, which some send. */
static inline bool label_is_withdrawal(uint32_t label)
{
    return label == LABEL_WITHDRAWN || label == 0;
}

/* The label at the reader, with its other bits. */
static inline uint32_t label_take(struct reader *r)
{
    uint32_t high = reader_u8(r);
    return high << 16 | reader_u16(r);
}

static inline void label_put(struct writer *w, uint32_t label)
{
    writer_u8(w, (uint8_t)(label >> 16));
    writer_u16(w, (uint16_t)label);
}

/* The prefix of a key. */
struct prefix nlri_prefix_of(const struct family_info *f, struct nlri_key key);

bool nlri_prefix_check(const struct family_info *f, struct span run);
bool nlri_prefix_split(const struct family_info *f, struct reader *r, struct span *ret_nlri);
size_t nlri_prefix_read(const struct family_info *f, struct reader *r, uint8_t *ret_bytes,
                        struct nlri *ret_nlri, size_t most);
size_t nlri_prefix_put(const struct family_info *f, struct writer *w, const struct nlri_key *keys,
                       size_t count, struct span labels);
size_t nlri_prefix_len_bytes(const struct family_info *f, struct nlri nlri);
/* 0/8 but the default route, 127/8, multicast, class E; `::`, `::1`, fe80::/10, ff00::/8. */
bool nlri_prefix_is_martian(const struct family_info *f, struct nlri_key key);
bool nlri_prefix_relates(const struct family_info *f, struct nlri_key key,
                         enum nlri_relation relation, const struct prefix *p);
/* The prefix, with the RD in front. */
void nlri_prefix_format(const struct family_info *f, struct nlri nlri, struct strbuf *out);
/* "prefix", "rd", "labels". */
void nlri_prefix_show(const struct family_info *f, struct nlri nlri,
                      void (*each)(void *ctx, const struct nlri_field *field), void *ctx);
/* Labels may be missing, as in what is withdrawn. */
int nlri_prefix_parse(const struct family_info *f, const struct nlri_text *text, uint8_t *ret_bytes,
                      struct nlri *ret_nlri,
                      void (*each)(void *ctx, int err, const struct route_problem *problem),
                      void *ctx);

/* All of them, for the rows of families that need none of their own. */
#define NLRI_PREFIX_FUNCTIONS                                                                      \
    .check = nlri_prefix_check, .split = nlri_prefix_split, .read = nlri_prefix_read,              \
    .put = nlri_prefix_put, .len_bytes = nlri_prefix_len_bytes,                                    \
    .is_martian = nlri_prefix_is_martian, .relates = nlri_prefix_relates,                          \
    .format = nlri_prefix_format, .show = nlri_prefix_show, .parse = nlri_prefix_parse

#endif
