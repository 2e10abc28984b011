/* Blocks of canonical attributes: building them, and the fields that are decoded for the RIB.
 *
 * Invariant: the bytes of a block are canonical (wire/attr.h) after every call. */
#include "base/err.h"
#include "wire/aspath.h"
#include "wire/attr_list.h"
#include "wire/community.h"

/* Hot fields when there are no attributes. */
static const struct attr_hot hot_none = {.local_pref = ATTR_LOCAL_PREF_DEFAULT};

static uint16_t community_flags(struct span value)
{
    unsigned flags = 0;
    struct reader r = reader_over(value);
    while (reader_left(&r) >= 4) {
        switch (reader_u32(&r)) {
        case COMMUNITY_NO_EXPORT:
            flags |= ATTR_NO_EXPORT;
            break;
        case COMMUNITY_NO_ADVERTISE:
            flags |= ATTR_NO_ADVERTISE;
            break;
        case COMMUNITY_NO_EXPORT_SUBCONFED:
            flags |= ATTR_NO_EXPORT_SUBCONFED;
            break;
        case COMMUNITY_NOPEER:
            flags |= ATTR_NOPEER;
            break;
        default:
            break;
        }
    }
    return (uint16_t)flags;
}

static uint32_t value_u32(struct span value)
{
    struct reader r = reader_over(value);
    return reader_u32(&r);
}

static void note_as_path(struct attr_hot *hot, struct span value, size_t offset)
{
    if (value.len_bytes == 0)
        return;
    struct aspath_summary path = aspath_summarize(value);
    hot->as_path_offset = (uint16_t)offset;
    hot->as_path_len = path.length;
    hot->neighbor_as = path.first_as;
    if (path.has_set)
        hot->flags |= ATTR_HAS_AS_SET;
}

/* Takes what is hot from one attribute whose value stands, or will stand, at `offset`. */
static inline void note(struct attr_hot *hot, const struct attr_view *a, size_t offset)
{
    switch (a->type) {
    case ATTR_ORIGIN: {
        struct reader r = reader_over(a->value);
        hot->origin = reader_u8(&r);
        break;
    }
    case ATTR_AS_PATH:
        note_as_path(hot, a->value, offset);
        break;
    case ATTR_NEXT_HOP:
        hot->next_hop_offset = (uint16_t)offset;
        hot->next_hop_len_bytes = (uint8_t)a->value.len_bytes;
        break;
    case ATTR_MED:
        hot->med = value_u32(a->value);
        hot->flags |= ATTR_HAS_MED;
        break;
    case ATTR_LOCAL_PREF:
        hot->local_pref = value_u32(a->value);
        hot->flags |= ATTR_HAS_LOCAL_PREF;
        break;
    case ATTR_COMMUNITIES:
        hot->flags |= community_flags(a->value);
        break;
    case ATTR_ORIGINATOR_ID:
        hot->originator_id = value_u32(a->value);
        hot->flags |= ATTR_HAS_ORIGINATOR_ID;
        break;
    case ATTR_CLUSTER_LIST:
        hot->cluster_list_len = (uint16_t)(a->value.len_bytes / 4);
        break;
    case ATTR_ONLY_TO_CUSTOMER:
        hot->flags |= ATTR_HAS_ONLY_TO_CUSTOMER;
        break;
    case ATTR_LABELS:
        break;
    case ATTR_LOCAL:
        hot->flags |= ATTR_HAS_LOCAL;
        break;
    default:
        if (!attr_spec(a->type))
            hot->flags |= ATTR_HAS_UNKNOWN;
        break;
    }
}

struct attr_hot attr_hot_of(struct span canonical)
{
    struct attr_hot hot = hot_none;
    struct reader r = reader_over(canonical);
    struct attr_view a;
    while (attr_next(&r, &a)) {
        size_t end = canonical.len_bytes - reader_left(&r);
        note(&hot, &a, end - a.value.len_bytes);
    }
    return hot;
}

void attr_put_labels(struct writer *w, struct attr_hot *hot, struct span labels)
{
    uint16_t bytes = (uint16_t)(ATTR_HEADER_BYTES + labels.len_bytes);
    attr_put(w, 0, ATTR_LABELS, labels);
    if (hot->next_hop_len_bytes > 0)
        hot->next_hop_offset += bytes;
    if (hot->as_path_offset > 0)
        hot->as_path_offset += bytes;
}

struct span attr_labels(struct span canonical)
{
    struct span labels;
    return attr_find(canonical, ATTR_LABELS, &labels) ? labels : span_of(NULL, 0);
}

void attr_block_init(struct attr_block *b)
{
    b->len_bytes = 0;
}

/* The offset at which an attribute of `type` belongs; ERR_EXISTS when there is one. */
static int find_place(const struct attr_block *b, uint8_t type, size_t *ret_offset)
{
    struct span bytes = attr_block_span(b);
    struct reader r = reader_over(bytes);
    struct attr_view a;
    size_t offset = 0;
    while (attr_next(&r, &a) && a.type <= type) {
        if (a.type == type)
            return ERR_EXISTS;
        offset = bytes.len_bytes - reader_left(&r);
    }
    *ret_offset = offset;
    return 0;
}

int attr_block_add(struct attr_block *b, uint8_t type, struct span value)
{
    const struct attr_spec *spec = attr_spec(type);
    uint8_t flags = spec ? spec->flags : ATTR_FLAG_OPTIONAL | ATTR_FLAG_TRANSITIVE;
    if (type == ATTR_LABELS || type == ATTR_LOCAL)
        flags = 0;
    size_t offset = 0;
    int err = find_place(b, type, &offset);
    if (err)
        return err;
    size_t raw_bytes = value.len_bytes + (value.len_bytes > UINT8_MAX ? 4 : 3);
    if (raw_bytes > sizeof(b->bytes) - b->len_bytes)
        return ERR_FULL;
    memmove(b->bytes + offset + raw_bytes, b->bytes + offset, b->len_bytes - offset);
    struct writer w = writer_over(b->bytes + offset, raw_bytes);
    attr_put(&w, flags, type, value);
    b->len_bytes += (uint32_t)raw_bytes;
    return 0;
}

int attr_block_finish(struct attr_block *b)
{
    b->hot = attr_hot_of(attr_block_span(b));
    return 0;
}

int attr_block_fill(struct attr_block *b, const struct attr_list *list)
{
    struct writer w = writer_over(b->bytes, sizeof(b->bytes));
    struct attr_copy copy = {.w = &w};
    b->hot = hot_none;
    for (const struct attr_item *item = list->items + 1; item != list->end; item++) {
        const struct attr_view *a = &item->attr;
        if (item->as_is) {
            attr_copy_add(&copy, a->raw);
        } else {
            attr_copy_end(&copy);
            attr_put(&w, a->flags, a->type, a->value);
        }
        note(&b->hot, a, attr_copy_len(&copy) - a->value.len_bytes);
    }
    attr_copy_end(&copy);
    b->len_bytes = (uint32_t)writer_len(&w);
    return writer_ok(&w) ? 0 : ERR_FULL;
}
