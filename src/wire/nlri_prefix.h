/* What families have in common whose keys are prefixes, after an RD where they have one: functions
 * for their rows (wire/family_row.h). For src/wire/family_*.c only. */
#ifndef BGPD_WIRE_NLRI_PREFIX_H
#define BGPD_WIRE_NLRI_PREFIX_H

#include "wire/family_row.h"

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
void nlri_prefix_format(const struct family_info *f, struct nlri nlri, struct strbuf *out);
int nlri_prefix_parse(const struct family_info *f, const struct nlri_text *text, uint8_t *ret_bytes,
                      struct nlri *ret_nlri,
                      void (*each)(void *ctx, int err, const struct route_problem *problem),
                      void *ctx);

#endif
