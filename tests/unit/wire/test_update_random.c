/* Random attributes, canonical on the wire and not, against plain models: what update_decode makes
 * of them, and what update_encode_attrs makes of that. The models go through the types one by one
 * and know no order, no runs and no shortcuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "update_fixture.h"
#include "wire/aspath.h"

enum { ROUNDS = 20000, ATTRS_MAX = 14, VALUE_MAX = 400, AS_TRANS = 23456 };

/* xorshift64, so that a failing run can be repeated. */
static uint64_t random_state = 1;

static uint32_t below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % limit;
}

/* One attribute as it is put on the wire. */
struct sent {
    uint8_t flags;
    uint8_t type;
    bool extended; /* whether it is needed or not */
    size_t len_bytes;
    uint8_t value[VALUE_MAX];
};

struct message_model {
    const struct update_context *ctx;
    bool in_field; /* NLRI in the field of the message */
    bool in_mp;    /* and in MP_REACH_NLRI */
    unsigned count;
    struct sent attrs[ATTRS_MAX];
};

static const uint8_t next_hop[] = {192, 0, 2, 7};
static const uint8_t mp_next_hop[] = {GLOBAL_};

/* --- what is sent --- */

static void draw_bytes(struct sent *a, size_t len_bytes)
{
    a->len_bytes = len_bytes;
    for (size_t i = 0; i < len_bytes; i++)
        a->value[i] = (uint8_t)below(256);
}

static void put_asn(struct writer *w, unsigned asn_bytes)
{
    uint32_t as = 1 + below(70000);
    if (asn_bytes == 4)
        writer_u32(w, as);
    else
        writer_u16(w, as > UINT16_MAX ? AS_TRANS : (uint16_t)as);
}

static void draw_path(struct sent *a, unsigned asn_bytes, unsigned least_segments)
{
    struct writer w = writer_over(a->value, VALUE_MAX);
    for (unsigned segments = least_segments + below(3); segments > 0; segments--) {
        unsigned count = 1 + below(below(8) ? 6 : 30);
        writer_u8(&w, below(4) ? ASPATH_SEQUENCE : ASPATH_SET);
        writer_u8(&w, (uint8_t)count);
        for (; count > 0; count--)
            put_asn(&w, asn_bytes);
    }
    assert_true(writer_ok(&w));
    a->len_bytes = writer_len(&w);
}

static void draw_aggregator(struct sent *a, unsigned asn_bytes)
{
    struct writer w = writer_over(a->value, VALUE_MAX);
    put_asn(&w, asn_bytes);
    writer_u32(&w, below(UINT32_MAX));
    a->len_bytes = writer_len(&w);
}

static void draw_communities(struct sent *a)
{
    struct writer w = writer_over(a->value, VALUE_MAX);
    for (unsigned count = 1 + below(below(8) ? 6 : 70); count > 0; count--)
        writer_u32(&w, below(3) ? below(UINT32_MAX) : 0xffffff01 + below(4));
    a->len_bytes = writer_len(&w);
}

static void draw_mp_reach(struct sent *a)
{
    struct span bytes = BYTES(0, 2, 1, 16, GLOBAL_, 0, IPV6_NLRI_);
    a->len_bytes = bytes.len_bytes;
    memcpy(a->value, bytes.data, bytes.len_bytes);
}

/* A good value for any type. */
static void draw_value(struct sent *a, const struct update_context *ctx)
{
    unsigned asn_bytes = ctx->attr.as4 ? 4 : 2;
    switch (a->type) {
    case ATTR_ORIGIN:
        a->len_bytes = 1;
        a->value[0] = (uint8_t)below(3);
        break;
    case ATTR_AS_PATH:
        draw_path(a, asn_bytes, 0);
        break;
    case ATTR_AS4_PATH:
        draw_path(a, 4, 1);
        break;
    case ATTR_NEXT_HOP:
        a->len_bytes = sizeof(next_hop);
        memcpy(a->value, next_hop, sizeof(next_hop));
        break;
    case ATTR_AGGREGATOR:
        draw_aggregator(a, asn_bytes);
        break;
    case ATTR_AS4_AGGREGATOR:
        draw_aggregator(a, 4);
        break;
    case ATTR_COMMUNITIES:
        draw_communities(a);
        break;
    case ATTR_MP_REACH:
        draw_mp_reach(a);
        break;
    default: {
        const struct attr_spec *spec = attr_spec(a->type);
        draw_bytes(a, spec ? spec->min_bytes : below(below(8) ? 20 : VALUE_MAX));
        break;
    }
    }
}

static void add(struct message_model *m, uint8_t type)
{
    const struct attr_spec *spec = attr_spec(type);
    struct sent *a = &m->attrs[m->count++];
    a->type = type;
    a->flags = spec ? spec->flags : ATTR_FLAG_OPTIONAL;
    if (!spec && below(4))
        a->flags |= ATTR_FLAG_TRANSITIVE;
    if (below(8) == 0)
        a->flags |= ATTR_FLAG_PARTIAL;
    if (below(20) == 0)
        a->flags |= (uint8_t)below(16); /* unused bits */
    draw_value(a, m->ctx);
    a->extended = a->len_bytes > UINT8_MAX || below(10) == 0;
}

/* Types beside the mandatory ones. 35, the highest known, is there for the bounds of the table. */
static const uint8_t optional_types[] = {
    ATTR_MED,
    ATTR_LOCAL_PREF,
    ATTR_ATOMIC_AGGREGATE,
    ATTR_AGGREGATOR,
    ATTR_COMMUNITIES,
    ATTR_ORIGINATOR_ID,
    ATTR_CLUSTER_LIST,
    ATTR_EXT_COMMUNITIES,
    ATTR_AS4_PATH,
    ATTR_AS4_AGGREGATOR,
    ATTR_LARGE_COMMUNITIES,
    ATTR_ONLY_TO_CUSTOMER,
    36,
    63,
    64,
    200,
    255,
};

static void sort_or_mix(struct message_model *m)
{
    bool sort = below(2);
    for (unsigned i = 1; i < m->count; i++) {
        for (unsigned k = i; k > 0; k--) {
            bool swap = sort ? m->attrs[k - 1].type > m->attrs[k].type : below(2);
            if (!swap)
                break;
            struct sent other = m->attrs[k];
            m->attrs[k] = m->attrs[k - 1];
            m->attrs[k - 1] = other;
        }
    }
}

static void draw_message(struct message_model *m)
{
    static const struct update_context *const contexts[] = {&ebgp, &ibgp, &ebgp_as2};
    m->ctx = contexts[below(3)];
    m->in_mp = below(2);
    m->in_field = !m->in_mp || below(4) == 0;
    m->count = 0;
    add(m, ATTR_ORIGIN);
    add(m, ATTR_AS_PATH);
    if (m->in_field || below(4) == 0)
        add(m, ATTR_NEXT_HOP);
    for (unsigned more = below(8); more > 0; more--)
        add(m, optional_types[below(sizeof(optional_types))]);
    if (below(20) == 0)
        add(m, ATTR_AS_PATH); /* once more */
    sort_or_mix(m);
    if (m->in_mp) { /* in front, as it should be, or at the end */
        add(m, ATTR_MP_REACH);
        struct sent last = m->attrs[m->count - 1];
        if (below(2)) {
            memmove(m->attrs + 1, m->attrs, (m->count - 1) * sizeof(m->attrs[0]));
            m->attrs[0] = last;
        }
    }
}

static struct span write_attrs(const struct message_model *m, uint8_t *buf, size_t size)
{
    struct writer w = writer_over(buf, size);
    for (const struct sent *a = m->attrs; a != m->attrs + m->count; a++) {
        writer_u8(&w, (uint8_t)(a->flags | (a->extended ? ATTR_FLAG_EXTENDED : 0)));
        writer_u8(&w, a->type);
        if (a->extended)
            writer_u16(&w, (uint16_t)a->len_bytes);
        else
            writer_u8(&w, (uint8_t)a->len_bytes);
        writer_bytes(&w, a->value, a->len_bytes);
    }
    assert_true(writer_ok(&w));
    return writer_span(&w);
}

/* --- the model of decoding --- */

/* The first attribute of a type counts. */
static const struct sent *find(const struct message_model *m, uint8_t type)
{
    for (const struct sent *a = m->attrs; a != m->attrs + m->count; a++)
        if (a->type == type)
            return a;
    return NULL;
}

static struct span value_of(const struct sent *a)
{
    return span_of(a->value, a->len_bytes);
}

static void put_expected_path(struct writer *w, const struct message_model *m, bool use_as4)
{
    struct span path = value_of(find(m, ATTR_AS_PATH));
    const struct sent *as4_path = find(m, ATTR_AS4_PATH);
    if (m->ctx->attr.as4)
        writer_put(w, path);
    else if (use_as4 && as4_path)
        aspath_put_merged(w, path, value_of(as4_path));
    else
        aspath_put_widened(w, path);
}

static void put_expected_aggregator(struct writer *w, const struct message_model *m)
{
    const struct sent *aggregator = find(m, ATTR_AGGREGATOR);
    const struct sent *wide = find(m, ATTR_AS4_AGGREGATOR);
    struct reader r = reader_over(value_of(aggregator));
    uint32_t as2 = m->ctx->attr.as4 ? 0 : reader_u16(&r);
    if (!m->ctx->attr.as4 && as2 == AS_TRANS && wide) {
        writer_put(w, value_of(wide));
        return;
    }
    if (!m->ctx->attr.as4)
        writer_u32(w, as2);
    writer_put(w, reader_rest(&r));
}

/* A narrow aggregator with an AS of its own beside AS4_AGGREGATOR (RFC 6793 §4.2.3). */
static bool as4_is_void(const struct message_model *m)
{
    const struct sent *aggregator = find(m, ATTR_AGGREGATOR);
    if (!aggregator || !find(m, ATTR_AS4_AGGREGATOR))
        return false;
    struct reader r = reader_over(value_of(aggregator));
    return reader_u16(&r) != AS_TRANS;
}

/* False when the attribute is not kept. */
static bool expected_flags(const struct message_model *m, const struct sent *a, uint8_t *ret_flags)
{
    enum { OPTIONAL_TRANSITIVE = ATTR_FLAG_OPTIONAL | ATTR_FLAG_TRANSITIVE };
    const struct attr_spec *spec = attr_spec(a->type);
    if (!spec) {
        *ret_flags = a->flags & (OPTIONAL_TRANSITIVE | ATTR_FLAG_PARTIAL);
        return true;
    }
    *ret_flags = spec->flags;
    if (spec->flags == OPTIONAL_TRANSITIVE)
        *ret_flags |= a->flags & ATTR_FLAG_PARTIAL;
    return m->ctx->attr.session_kind == SESSION_INTERNAL || !spec->within_as;
}

static void put_expected(struct writer *w, const struct message_model *m, uint8_t type)
{
    const struct sent *a = find(m, type);
    uint8_t flags;
    if (!a || !expected_flags(m, a, &flags))
        return;
    uint8_t buf[4 * VALUE_MAX];
    struct writer v = writer_over(buf, sizeof(buf));
    if (type == ATTR_AS_PATH)
        put_expected_path(&v, m, !as4_is_void(m));
    else if (type == ATTR_AGGREGATOR)
        put_expected_aggregator(&v, m);
    else
        writer_put(&v, value_of(a));
    assert_true(writer_ok(&v));
    attr_put(w, flags, type, writer_span(&v));
}

static struct span expected_block(const struct message_model *m, struct span hop, uint8_t *buf,
                                  size_t size)
{
    struct writer w = writer_over(buf, size);
    for (unsigned type = 0; type <= UINT8_MAX; type++) {
        if (type == ATTR_NEXT_HOP)
            attr_put(&w, ATTR_FLAG_TRANSITIVE, ATTR_NEXT_HOP, hop);
        else if (type != ATTR_MP_REACH && type != ATTR_AS4_PATH && type != ATTR_AS4_AGGREGATOR)
            put_expected(&w, m, (uint8_t)type);
    }
    assert_true(writer_ok(&w));
    return writer_span(&w);
}

static void assert_block(const struct attr_block *block, const struct message_model *m,
                         struct span hop)
{
    static uint8_t buf[16384];
    struct span expected = expected_block(m, hop, buf, sizeof(buf));
    struct attr_hot hot = attr_hot_of(expected);
    assert_attrs(block, expected);
    assert_memory_equal(&block->hot, &hot, sizeof(hot));
}

static void decode_message(const struct message_model *m)
{
    static uint8_t attrs[16384];
    decode(m->ctx, none, write_attrs(m, attrs, sizeof(attrs)),
           m->in_field ? BYTES(NLRI_10_) : none);
    assert_true(update.verdict < VERDICT_WITHDRAW);
}

static void decoded_blocks_are_those_of_the_model(void **state)
{
    (void)state;
    static struct message_model m;
    for (unsigned i = 0; i < ROUNDS; i++) {
        draw_message(&m);
        decode_message(&m);
        assert_int_equal(update.attrs != NULL, m.in_field);
        assert_int_equal(update.mp_attrs != NULL, m.in_mp);
        if (m.in_field)
            assert_block(update.attrs, &m, span_of(next_hop, sizeof(next_hop)));
        if (m.in_mp)
            assert_block(update.mp_attrs, &m, span_of(mp_next_hop, sizeof(mp_next_hop)));
    }
}

/* --- the model of encoding --- */

static struct attr_export draw_export(void)
{
    struct attr_export export = {
        .as4 = true,
        .session_kind = (uint8_t)below(2),
        .border = below(2),
        .transparent = below(2),
        .strip_med = below(2),
        .prepend = {64500 + below(2000), 64500 + below(2000)},
        .prepend_count = (uint8_t)below(3),
        .next_hop_len_bytes = below(2) ? 4 : 0,
        .next_hop = {198, 51, 100, 1},
        .reflect = below(2),
        .originator_id = 0x01020304,
        .cluster_id = 0x05060708,
    };
    return export;
}

/* What may leave the AS; false when nothing may. */
static bool put_transitive(struct writer *w, struct span value, unsigned each_bytes)
{
    for (size_t i = 0; i < value.len_bytes; i += each_bytes)
        if ((value.data[i] & 0x40) == 0)
            writer_bytes(w, value.data + i, each_bytes);
    return writer_len(w) > 0;
}

/* The value that an attribute is sent with, written to `w`; false when it is not sent. */
static bool put_sent_value(struct writer *w, uint8_t type, uint8_t flags, const struct span *have,
                           const struct attr_export *export)
{
    const struct attr_spec *spec = attr_spec(type);
    if (type == ATTR_AS_PATH) {
        aspath_put_prepended(w, *have, export->prepend, export->prepend_count, 4);
        return true;
    }
    if (type == ATTR_NEXT_HOP && export->next_hop_len_bytes > 0) {
        writer_bytes(w, export->next_hop, export->next_hop_len_bytes);
        return true;
    }
    if (type == ATTR_LOCAL_PREF && export->session_kind == SESSION_INTERNAL &&
        (!have || export->border)) {
        writer_u32(w, 100);
        return true;
    }
    if (type == ATTR_ORIGINATOR_ID && export->reflect && !have) {
        writer_u32(w, export->originator_id);
        return true;
    }
    if (type == ATTR_CLUSTER_LIST && export->reflect) {
        writer_u32(w, export->cluster_id);
        writer_put(w, have ? *have : none);
        return true;
    }
    if (!have || (type == ATTR_MED && export->strip_med))
        return false;
    if (!spec && !(flags & ATTR_FLAG_TRANSITIVE))
        return false;
    bool reflected = type == ATTR_ORIGINATOR_ID && export->reflect;
    if (export->border && spec && spec->within_as && !reflected)
        return false;
    if (export->border && !export->transparent &&
        (type == ATTR_EXT_COMMUNITIES || type == ATTR_IPV6_EXT_COMMUNITIES))
        return put_transitive(w, *have, type == ATTR_EXT_COMMUNITIES ? 8 : 20);
    writer_put(w, *have);
    return true;
}

static uint8_t flags_in(struct span canonical, uint8_t type)
{
    struct reader r = reader_over(canonical);
    struct attr_view a;
    while (attr_next(&r, &a))
        if (a.type == type)
            return a.flags;
    return attr_spec(type) ? attr_spec(type)->flags : 0;
}

static void assert_encoded(const struct attr_block *block, const struct attr_export *export)
{
    static uint8_t sent_buf[16384];
    static uint8_t expected_buf[16384];
    static uint8_t value_buf[4096];
    uint8_t hop[32];
    uint8_t hop_len_bytes;
    struct span canonical = attr_block_span(block);
    struct writer expected = writer_over(expected_buf, sizeof(expected_buf));
    for (unsigned type = 0; type <= UINT8_MAX; type++) {
        struct span value;
        bool have = attr_find(canonical, (uint8_t)type, &value);
        struct writer v = writer_over(value_buf, sizeof(value_buf));
        uint8_t flags = flags_in(canonical, (uint8_t)type);
        if (!put_sent_value(&v, (uint8_t)type, flags, have ? &value : NULL, export))
            continue;
        if (!attr_spec((uint8_t)type))
            flags |= ATTR_FLAG_PARTIAL;
        attr_put(&expected, flags, (uint8_t)type, writer_span(&v));
    }
    struct writer w = writer_over(sent_buf, sizeof(sent_buf));
    update_encode_attrs(&w, canonical, &block->hot, FAMILY_IPV4_UNICAST, export, hop,
                        &hop_len_bytes);
    assert_true(writer_ok(&w) && writer_ok(&expected));
    assert_span_equal(writer_span(&w), writer_span(&expected));
    assert_int_equal(hop_len_bytes, 4);
}

static void encoded_attributes_are_those_of_the_model(void **state)
{
    (void)state;
    static struct message_model m;
    for (unsigned i = 0; i < ROUNDS; i++) {
        draw_message(&m);
        if (!m.in_field)
            continue;
        decode_message(&m);
        struct attr_export export = draw_export();
        assert_encoded(update.attrs, &export);
    }
}

static size_t encode_into(uint8_t *buf, size_t size_bytes, const struct attr_block *block,
                          const struct attr_export *export)
{
    uint8_t hop[32];
    uint8_t hop_len_bytes;
    struct writer w = writer_over(buf, size_bytes);
    update_encode_attrs(&w, attr_block_span(block), &block->hot, FAMILY_IPV4_UNICAST, export, hop,
                        &hop_len_bytes);
    return writer_len(&w);
}

/* Another draw of what peers may or may not be told: the same route with another MED,
 * say. */
static void change_one(struct attr_block *block)
{
    static const uint8_t types[] = {ATTR_ORIGIN,     ATTR_NEXT_HOP,      ATTR_MED,
                                    ATTR_LOCAL_PREF, ATTR_ORIGINATOR_ID, ATTR_EXT_COMMUNITIES};
    uint8_t type = types[below(sizeof(types))];
    struct span value;
    if (below(4) == 0 || !attr_find(attr_block_span(block), type, &value) || value.len_bytes == 0)
        return;
    block->bytes[value.data - block->bytes + (type == ATTR_ORIGIN ? 0 : 3)] ^= 1;
    block->hot = attr_hot_of(attr_block_span(block));
}

/* What is said to differ at once does so in its encoding. */
static void sets_that_differ_at_once_have_different_bytes(void **state)
{
    (void)state;
    static struct message_model m;
    static struct attr_block other;
    static uint8_t bytes[2][16384];
    unsigned different = 0;
    unsigned others = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        draw_message(&m);
        if (!m.in_field)
            continue;
        decode_message(&m);
        other = *update.attrs;
        change_one(&other);
        if (!update_differ_at_once(attr_block_span(update.attrs), &update.attrs->hot,
                                   attr_block_span(&other), &other.hot)) {
            others++;
            continue;
        }
        struct attr_export export = draw_export();
        size_t len = encode_into(bytes[0], sizeof(bytes[0]), update.attrs, &export);
        assert_false(len == encode_into(bytes[1], sizeof(bytes[1]), &other, &export) &&
                     memcmp(bytes[0], bytes[1], len) == 0);
        different++;
    }
    assert_true(different > ROUNDS / 100 && others > ROUNDS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_that_differ_at_once_have_different_bytes),
        cmocka_unit_test(decoded_blocks_are_those_of_the_model),
        cmocka_unit_test(encoded_attributes_are_those_of_the_model),
    };
    return cmocka_run_group_tests_name("update_random", tests, NULL, NULL);
}
