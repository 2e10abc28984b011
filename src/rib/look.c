/* How routes look to peers: a direct-mapped table of what was made last.
 *
 * What is kept holds for the same profile, id of a set, and index of a source, as long as no long
 * set was freed and no source has changed, so that both still stand for the same. */
#include "rib/look.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "wire/message.h"

#define KEPT_LOOKS 512u /* power of two */

struct kept_look {
    uint64_t age; /* of the RIB, see age_of, when it was made; 0: none */
    struct export_profile profile;
    uint32_t attrs;
    uint32_t source;
    struct rib_look look;
};

struct rib_looks {
    struct kept_look kept[KEPT_LOOKS];
    /* Attributes as they are sent, which may be too long for any message, and a next hop. */
    uint8_t scratch[2 * MESSAGE_MAX_EXTENDED_BYTES];
};

struct rib_looks *rib_looks_new(void)
{
    return mem_zalloc(sizeof(struct rib_looks));
}

void rib_looks_free(struct rib_looks *looks)
{
    free(looks);
}

static struct rib_look make_look(const struct rib *rib, const struct export_profile *t,
                                 uint32_t attrs, uint32_t source)
{
    const struct rib_attrs *set = rib_attrs_at(&rib->attrs, attrs);
    struct attr_export export;
    struct rib_look look = {0};
    uint8_t next_hop[32];
    struct writer w = writer_over(rib->looks->scratch, sizeof(rib->looks->scratch));
    if (rib_export_attrs(rib, t, attrs, source, &export) != RIB_TOLD)
        return look;
    update_encode_attrs(&w, rib_attrs_span(set), &set->hot, (enum family)t->family, &export,
                        next_hop, &look.next_hop_len_bytes);
    look.attrs_bytes = (uint32_t)writer_len(&w);
    if (family_info((enum family)t->family)->has_labels)
        writer_put(&w, attr_labels(rib_attrs_span(set)));
    writer_bytes(&w, next_hop, look.next_hop_len_bytes);
    look.digest = hash_bytes_seeded(w.start, writer_len(&w), rib->attrs.seed);
    look.is_told = writer_ok(&w);
    return look;
}

/* Grows whenever an id of a long set or an index of a source may begin to stand for another. */
static uint64_t age_of(const struct rib *rib)
{
    return 1 + rib->attrs.long_freed + rib->sources.changes;
}

struct rib_look rib_look(const struct rib *rib, const struct export_profile *t, uint32_t attrs,
                         uint32_t source)
{
    if (rib_attrs_at(&rib->attrs, attrs)->len_bytes < RIB_ATTRS_LONG_BYTES)
        return make_look(rib, t, attrs, source);
    uint64_t hash = hash_bytes_seeded(t, sizeof(*t), (uint64_t)attrs << 32 | source);
    struct kept_look *kept = &rib->looks->kept[hash & (KEPT_LOOKS - 1)];
    if (kept->age != age_of(rib) || kept->attrs != attrs || kept->source != source ||
        memcmp(&kept->profile, t, sizeof(*t)) != 0)
        *kept =
            (struct kept_look){age_of(rib), *t, attrs, source, make_look(rib, t, attrs, source)};
    return kept->look;
}
