/* Encoding of UPDATE messages: canonical attributes as a group of peers gets them, and messages
 * packed with NLRI.
 *
 * The attributes are one walk over the canonical bytes. Types that may have to be changed or added
 * are `due`: each is written by put_due() when the walk comes to its place, with the attribute that
 * stands there or with none; runs of others are copied as they are. So the order stays ascending.
 *
 * RFC 4271 §4.3, 5; RFC 4456 §8; RFC 4724 §2; RFC 4760 §3, 4; RFC 6793 §4.2.2; RFC 7606 §5.1;
 * RFC 8950; RFC 9234 §5. */
#include "wire/update.h"

#include <assert.h>
#include <string.h>

#include "base/ip.h"
#include "base/reader.h"
#include "wire/aspath.h"
#include "wire/message.h"
#include "wire/open.h"

#define BIT(type) (UINT64_C(1) << (type))

struct encode {
    struct writer *w;
    const struct attr_export *export;
    const struct attr_hot *hot;
    const uint8_t *next_hop; /* 4 bytes for NEXT_HOP, where that is due */
    uint64_t due;            /* BIT(type) of what put_due has still to write */
    struct span as_path;     /* for AS4_PATH */
    struct span aggregator;  /* for AS4_AGGREGATOR */
};

static void put_u32(struct writer *w, uint8_t type, uint32_t value)
{
    size_t mark = attr_put_begin(w, attr_spec(type)->flags, type);
    writer_u32(w, value);
    attr_put_end(w, mark);
}

static void put_path(struct encode *e, uint8_t type, unsigned asn_bytes)
{
    size_t mark = attr_put_begin(e->w, attr_spec(type)->flags, type);
    aspath_put_prepended(e->w, e->as_path, e->export->prepend, e->export->prepend_count, asn_bytes);
    attr_put_end(e->w, mark);
}

static void put_as_path(struct encode *e, const struct attr_view *have)
{
    if (have)
        e->as_path = have->value;
    put_path(e, ATTR_AS_PATH, e->export->as4 ? 4 : 2);
    if (e->export->as4)
        return;
    bool needs_as4 = aspath_needs_as4(e->as_path);
    for (unsigned i = 0; i < e->export->prepend_count; i++)
        needs_as4 |= e->export->prepend[i] > UINT16_MAX;
    if (needs_as4)
        e->due |= BIT(ATTR_AS4_PATH);
}

/* For 2-octet peers. */
static void put_aggregator_as2(struct encode *e, const struct attr_view *have)
{
    if (!have)
        return;
    struct reader r = reader_over(have->value);
    uint32_t as = reader_u32(&r);
    size_t mark = attr_put_begin(e->w, have->flags, have->type);
    writer_u16(e->w, as > UINT16_MAX ? AS_TRANS : (uint16_t)as);
    writer_put(e->w, reader_rest(&r));
    attr_put_end(e->w, mark);
    if (as > UINT16_MAX) {
        e->aggregator = have->value;
        e->due |= BIT(ATTR_AS4_AGGREGATOR);
    }
}

static void put_cluster_list(struct encode *e, const struct attr_view *have)
{
    size_t mark = attr_put_begin(e->w, ATTR_FLAG_OPTIONAL, ATTR_CLUSTER_LIST);
    writer_u32(e->w, e->export->cluster_id);
    if (have)
        writer_put(e->w, have->value);
    attr_put_end(e->w, mark);
}

static void put_local_pref(struct encode *e, const struct attr_view *have)
{
    bool is_ours = have && !e->export->border;
    put_u32(e->w, ATTR_LOCAL_PREF, is_ours ? e->hot->local_pref : ATTR_LOCAL_PREF_DEFAULT);
}

/* Those that are transitive (RFC 4360 §2: bit 0x40 of the type is not set). */
static void put_transitive(struct encode *e, const struct attr_view *have)
{
    enum { NON_TRANSITIVE = 0x40 };
    size_t each_bytes = have->type == ATTR_EXT_COMMUNITIES ? 8 : 20;
    size_t whole = writer_mark(e->w);
    size_t mark = attr_put_begin(e->w, have->flags, have->type);
    size_t begin = writer_len(e->w);
    struct reader r = reader_over(have->value);
    while (reader_left(&r) >= each_bytes) {
        struct span community = reader_take(&r, each_bytes);
        if (!(community.data[0] & NON_TRANSITIVE))
            writer_put(e->w, community);
    }
    if (writer_len(e->w) == begin)
        writer_rewind(e->w, whole);
    else
        attr_put_end(e->w, mark);
}

/* The rest of put_one, apart, so that what every message has saves no registers. */
static __attribute__((noinline)) void put_other(struct encode *e, uint8_t type,
                                                const struct attr_view *have)
{
    switch (type) {
    case ATTR_AS_PATH:
        put_as_path(e, have);
        break;
    case ATTR_LOCAL_PREF:
        put_local_pref(e, have);
        break;
    case ATTR_AGGREGATOR:
        put_aggregator_as2(e, have);
        break;
    case ATTR_ORIGINATOR_ID:
        put_u32(e->w, type, have ? e->hot->originator_id : e->export->originator_id);
        break;
    case ATTR_CLUSTER_LIST:
        put_cluster_list(e, have);
        break;
    case ATTR_AS4_PATH:
        put_path(e, type, 4);
        break;
    case ATTR_AS4_AGGREGATOR:
        attr_put(e->w, attr_spec(type)->flags, type, e->aggregator);
        break;
    case ATTR_ONLY_TO_CUSTOMER:
        if (have) /* it never changes on its way */
            writer_put(e->w, have->raw);
        else
            put_u32(e->w, type, e->export->only_to_customer);
        break;
    }
}

/* Writes the attribute of a due type; `have` is what stands there, NULL when nothing does. */
static void put_one(struct encode *e, uint8_t type, const struct attr_view *have)
{
    e->due &= ~BIT(type);
    switch (type) {
    case ATTR_ORIGIN:
        attr_put(e->w, ATTR_FLAG_TRANSITIVE, type, span_of(&e->hot->origin, 1));
        break;
    case ATTR_NEXT_HOP:
        assert(e->next_hop);
        attr_put(e->w, ATTR_FLAG_TRANSITIVE, type, span_of(e->next_hop, 4));
        break;
    default:
        put_other(e, type, have);
        break;
    }
}

/* Writes what is due and belongs in front of `type`. */
static void put_due_before(struct encode *e, unsigned type)
{
    while (e->due != 0) {
        unsigned next = (unsigned)__builtin_ctzll(e->due);
        if (next >= type)
            return;
        put_one(e, (uint8_t)next, NULL);
    }
}

/* Whether an attribute that is not due is left out. */
static bool is_dropped(const struct encode *e, uint8_t type)
{
    if (type == ATTR_NEXT_HOP || type == ATTR_LABELS || type == ATTR_LOCAL)
        return true;
    if (type == ATTR_MED)
        return e->export->strip_med;
    const struct attr_spec *spec = e->export->border ? attr_spec(type) : NULL;
    return spec && spec->within_as;
}

/* Whether only some of the values of an attribute are sent. */
static bool is_filtered(const struct encode *e, uint8_t type)
{
    return (type == ATTR_EXT_COMMUNITIES || type == ATTR_IPV6_EXT_COMMUNITIES) &&
           e->export->border && !e->export->transparent;
}

static bool is_unknown(const struct encode *e, uint8_t type)
{
    return (e->hot->flags & ATTR_HAS_UNKNOWN) && !attr_spec(type);
}

/* RFC 4271 §5: an unknown attribute is passed on, as partial, when it is transitive. */
static void put_unknown(struct encode *e, const struct attr_view *a)
{
    if (a->flags & ATTR_FLAG_TRANSITIVE)
        attr_put(e->w, a->flags | ATTR_FLAG_PARTIAL, a->type, a->value);
}

static void put_attrs(struct encode *e, struct span canonical)
{
    struct attr_copy copy = {.w = e->w};
    struct reader r = reader_over(canonical);
    struct attr_view a;
    while (attr_next(&r, &a)) {
        if (e->due != 0) {
            attr_copy_end(&copy);
            put_due_before(e, a.type);
        }
        if (a.type < 64 && (e->due & BIT(a.type))) {
            put_one(e, a.type, &a);
        } else if (is_filtered(e, a.type)) {
            attr_copy_end(&copy);
            put_transitive(e, &a);
        } else if (is_unknown(e, a.type)) {
            attr_copy_end(&copy);
            put_unknown(e, &a);
        } else if (!is_dropped(e, a.type)) {
            attr_copy_add(&copy, a.raw);
        }
    }
    attr_copy_end(&copy);
    put_due_before(e, 256);
}

/* Whether routes are announced in the NLRI field of the message, else in MP_REACH_NLRI. */
static bool is_in_nlri_field(enum family family, size_t next_hop_len_bytes)
{
    return family == FAMILY_OF_FIELDS && next_hop_len_bytes <= 4;
}

/* The next hop of the exported route. */
static struct span export_next_hop(struct span canonical, const struct attr_hot *hot,
                                   const struct attr_export *export)
{
    if (export->next_hop_len_bytes > 0)
        return span_of(export->next_hop, export->next_hop_len_bytes);
    struct reader r = reader_over(canonical);
    reader_take(&r, hot->next_hop_offset);
    return reader_take(&r, hot->next_hop_len_bytes);
}

/* Hands out the next hop as update_begin_reach takes it. */
static uint8_t hand_out_next_hop(struct span next_hop, enum family family, uint8_t *ret_next_hop)
{
    struct writer w = writer_over(ret_next_hop, 32);
    if (family_info(family)->ip_version == IP_V6 && next_hop.len_bytes == 4) {
        struct ip_addr v4 = ip_from_bytes(IP_V4, next_hop.data);
        struct ip_addr mapped = ip_v4_mapped(&v4);
        writer_bytes(&w, mapped.bytes, sizeof(mapped.bytes));
    } else {
        writer_put(&w, next_hop);
    }
    return (uint8_t)writer_len(&w);
}

static uint64_t due_if(bool is_due, enum attr_type type)
{
    return (uint64_t)is_due << type;
}

/* What is due whether it stands there or not. */
static uint64_t due_of(const struct attr_export *export, bool has_next_hop_attr)
{
    return BIT(ATTR_ORIGIN) | BIT(ATTR_AS_PATH) | due_if(has_next_hop_attr, ATTR_NEXT_HOP) |
           due_if(export->session_kind == SESSION_INTERNAL, ATTR_LOCAL_PREF) |
           due_if(export->reflect, ATTR_ORIGINATOR_ID) |
           due_if(export->reflect, ATTR_CLUSTER_LIST) | due_if(!export->as4, ATTR_AGGREGATOR) |
           due_if(export->only_to_customer != 0, ATTR_ONLY_TO_CUSTOMER);
}

void update_encode_attrs(struct writer *w, struct span canonical, const struct attr_hot *hot,
                         enum family family, const struct attr_export *export,
                         uint8_t *ret_next_hop, uint8_t *ret_next_hop_len_bytes)
{
    struct span next_hop = span_of(NULL, 0);
    if (family_info(family)->has_next_hop)
        next_hop = export_next_hop(canonical, hot, export);
    struct encode e = {
        .w = w,
        .export = export,
        .hot = hot,
        .next_hop = next_hop.data,
        .due =
            due_of(export, next_hop.len_bytes > 0 && is_in_nlri_field(family, next_hop.len_bytes)),
    };
    put_attrs(&e, canonical);
    *ret_next_hop_len_bytes = hand_out_next_hop(next_hop, family, ret_next_hop);
}

/* --- messages --- */

enum {
    LENGTH_BYTES = 2,
    MP_FLAGS = ATTR_FLAG_OPTIONAL | ATTR_FLAG_EXTENDED,
};

static void put_family(struct writer *w, enum family family)
{
    const struct family_info *info = family_info(family);
    writer_u16(w, info->afi);
    writer_u8(w, info->safi);
}

/* Writes a length field to be patched; returns its mark. */
static size_t put_length(struct writer *w)
{
    size_t mark = writer_mark(w);
    writer_u16(w, 0);
    return mark;
}

static void end_length(struct writer *w, size_t mark)
{
    writer_patch_u16(w, mark, (uint16_t)(writer_len(w) - mark - LENGTH_BYTES));
}

/* Writes the start of an MP attribute up to its family; returns the mark of its length. */
static size_t begin_mp(struct writer *w, enum attr_type type, enum family family)
{
    writer_u8(w, MP_FLAGS);
    writer_u8(w, (uint8_t)type);
    size_t mark = put_length(w);
    put_family(w, family);
    return mark;
}

/* What update_end writes after the NLRI. */
static size_t trailer_bytes(const struct update_writer *u)
{
    return u->attrs.len_bytes + (u->withdrawn_mark ? LENGTH_BYTES : 0);
}

/* The head is written: NLRI may fill what is between here and the limit. */
static bool begin_nlri(struct update_writer *u, size_t max_bytes)
{
    u->nlri_mark = writer_mark(u->w);
    size_t head = u->nlri_mark - u->message_mark;
    size_t room = max_bytes > head ? max_bytes - head : 0;
    if (room > writer_left(u->w))
        room = writer_left(u->w);
    if (!writer_ok(u->w) || room <= trailer_bytes(u)) {
        writer_rewind(u->w, u->message_mark);
        return false;
    }
    u->limit_mark = u->nlri_mark + room - trailer_bytes(u);
    return true;
}

/* How long a next hop is with the RD in front of each of its addresses. */
static uint8_t mp_next_hop_bytes(const struct family_info *f, size_t next_hop_len_bytes)
{
    size_t addresses = (next_hop_len_bytes + 15) / 16;
    return (uint8_t)(next_hop_len_bytes + addresses * f->rd_bytes);
}

/* Writes it after its length; the RD is 0 (RFC 4364 §4.3.2, RFC 4659 §3.2.1). */
static void put_mp_next_hop(struct writer *w, const struct family_info *f, struct span next_hop)
{
    static const uint8_t no_rd[NLRI_TREE_MAX_BYTES];
    writer_u8(w, mp_next_hop_bytes(f, next_hop.len_bytes));
    struct reader r = reader_over(next_hop);
    while (reader_left(&r) > 0) {
        writer_bytes(w, no_rd, f->rd_bytes);
        writer_put(w, reader_take(&r, reader_left(&r) < 16 ? reader_left(&r) : 16));
    }
}

size_t update_reach_bytes(enum family family, size_t attrs_bytes, uint8_t next_hop_len_bytes,
                          size_t nlri_bytes)
{
    enum {
        MP_HEAD_BYTES = ATTR_HEADER_BYTES + 1 + 3 + 1 + 1
    }; /* family, length of next hop, reserved */
    size_t bytes = MESSAGE_HEADER_BYTES + 2 * LENGTH_BYTES + attrs_bytes + nlri_bytes;
    if (!is_in_nlri_field(family, next_hop_len_bytes))
        bytes += MP_HEAD_BYTES + mp_next_hop_bytes(family_info(family), next_hop_len_bytes);
    return bytes;
}

bool update_begin_reach(struct update_writer *u, struct writer *w, size_t max_bytes,
                        enum family family, struct span attrs, const uint8_t *next_hop,
                        uint8_t next_hop_len_bytes)
{
    *u = (struct update_writer){.w = w, .message_mark = message_begin(w, MESSAGE_UPDATE)};
    writer_u16(w, 0); /* Withdrawn Routes Length */
    u->attrs_len_mark = put_length(w);
    if (is_in_nlri_field(family, next_hop_len_bytes)) {
        writer_put(w, attrs);
        end_length(w, u->attrs_len_mark);
        u->attrs_len_mark = 0;
    } else {
        u->attrs = attrs;
        u->mp_len_mark = begin_mp(w, ATTR_MP_REACH, family);
        put_mp_next_hop(w, family_info(family), span_of(next_hop, next_hop_len_bytes));
        writer_u8(w, 0); /* reserved */
    }
    return begin_nlri(u, max_bytes);
}

bool update_begin_withdraw(struct update_writer *u, struct writer *w, size_t max_bytes,
                           enum family family)
{
    *u = (struct update_writer){.w = w, .message_mark = message_begin(w, MESSAGE_UPDATE)};
    if (family == FAMILY_OF_FIELDS) {
        u->withdrawn_mark = put_length(w);
    } else {
        writer_u16(w, 0); /* Withdrawn Routes Length */
        u->attrs_len_mark = put_length(w);
        u->mp_len_mark = begin_mp(w, ATTR_MP_UNREACH, family);
    }
    return begin_nlri(u, max_bytes);
}

bool update_end(struct update_writer *u)
{
    struct writer *w = u->w;
    if (writer_mark(w) == u->nlri_mark) {
        writer_rewind(w, u->message_mark);
        return false;
    }
    if (u->withdrawn_mark) {
        end_length(w, u->withdrawn_mark);
        writer_u16(w, 0); /* Total Path Attribute Length */
    }
    if (u->mp_len_mark)
        end_length(w, u->mp_len_mark);
    writer_put(w, u->attrs);
    if (u->attrs_len_mark)
        end_length(w, u->attrs_len_mark);
    message_end(w, u->message_mark);
    assert(writer_ok(w));
    return true;
}

void update_encode_end_of_rib(struct writer *w, enum family family)
{
    size_t mark = message_begin(w, MESSAGE_UPDATE);
    writer_u16(w, 0); /* Withdrawn Routes Length */
    size_t attrs_len_mark = put_length(w);
    if (family != FAMILY_OF_FIELDS) {
        size_t mp = attr_put_begin(w, ATTR_FLAG_OPTIONAL, ATTR_MP_UNREACH);
        put_family(w, family);
        attr_put_end(w, mp);
    }
    end_length(w, attrs_len_mark);
    message_end(w, mark);
}
