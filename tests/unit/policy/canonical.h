/* Whether attributes are canonical: they are encoded for an internal peer, decoded, and must be the
 * same then. Include after cmocka. */
#ifndef BGPD_TESTS_CANONICAL_H
#define BGPD_TESTS_CANONICAL_H

#include "../wire/update_fixture.h"
#include "wire/attr_edit.h"

static struct attr_edit canonical_edit;
static struct attr_block sent;

/* What is sent of attributes, and comes back. */
static inline struct span sent_and_read(struct span attrs, enum family family)
{
    static const uint8_t nlri_v4[] = {8, 10};
    static const uint8_t nlri_v6[] = {16, 0x20, 1};
    static uint8_t bytes[65536], body[65536 + 64];
    uint8_t next_hop[32], next_hop_len_bytes;
    struct attr_hot hot = attr_hot_of(attrs);
    struct attr_export x = {.as4 = true, .session_kind = SESSION_INTERNAL};
    struct update_context ctx = ibgp;
    struct writer w = writer_over(bytes, sizeof(bytes));
    struct update_writer u;
    ctx.extended_next_hop = FAMILY_ALL;
    update_encode_attrs(&w, attrs, &hot, family, &x, next_hop, &next_hop_len_bytes);
    assert_true(writer_ok(&w));
    struct writer m = writer_over(body, sizeof(body));
    assert_true(
        update_begin_reach(&u, &m, 65535, family, writer_span(&w), next_hop, next_hop_len_bytes));
    bool v6 = family_info(family)->ip_version == IP_V6;
    assert_true(
        update_put(&u, v6 ? span_of(nlri_v6, sizeof(nlri_v6)) : span_of(nlri_v4, sizeof(nlri_v4))));
    assert_true(update_end(&u));
    decode_body(&ctx, span_of(body + MESSAGE_HEADER_BYTES, writer_len(&m) - MESSAGE_HEADER_BYTES));
    assert_int_equal(update.verdict, VERDICT_OK);
    return attr_block_span(update.attrs ? update.attrs : update.mp_attrs);
}

/* Attributes are the same in all families but for next hops and labels. */
static inline bool is_canonical(struct span attrs, enum family family)
{
    struct span value;
    bool v4 = family_info(family)->ip_version == IP_V4;
    attr_edit_begin(&canonical_edit, attrs);
    attr_edit_remove(&canonical_edit, ATTR_LOCAL);
    attr_edit_remove(&canonical_edit, ATTR_LABELS);
    if (!attr_edit_find(&canonical_edit, ATTR_LOCAL_PREF, &value)) /* is always sent */
        attr_edit_put_u32(&canonical_edit, ATTR_LOCAL_PREF, ATTR_LOCAL_PREF_DEFAULT);
    assert_int_equal(attr_edit_finish(&canonical_edit, &sent), 0);
    if (sent.hot.next_hop_len_bytes == 0) /* nothing is sent */
        return true;
    struct attr_hot hot = attr_hot_of(attr_block_span(&sent));
    assert_memory_equal(&sent.hot, &hot, sizeof(hot));
    return span_equal(sent_and_read(attrs, v4 ? FAMILY_IPV4_UNICAST : FAMILY_IPV6_UNICAST),
                      attr_block_span(&sent));
}

#endif
