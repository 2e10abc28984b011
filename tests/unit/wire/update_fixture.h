/* Building and decoding UPDATE messages in tests. Include after cmocka; the decoder is too large
 * for the stack, so that there is one of everything. */
#ifndef BGPD_TESTS_UPDATE_FIXTURE_H
#define BGPD_TESTS_UPDATE_FIXTURE_H

#include "bytes.h"
#include "wire/update.h"

static const struct span none = {NULL, 0};

static const struct update_context ebgp = {.attr = {.as4 = true}, .families = FAMILY_ALL};
static const struct update_context ibgp = {.attr = {.as4 = true, .session_kind = SESSION_INTERNAL},
                                           .families = FAMILY_ALL};
static const struct update_context ebgp_as2 = {.families = FAMILY_ALL};

static struct update_decoder decoder;
static struct update update; /* of the last decode */
static uint8_t message[65536];

/* Attributes that many messages share. */
#define ORIGIN_IGP_  0x40, 1, 1, 0
#define AS_PATH_     0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9 /* 65001 */
#define AS_PATH_AS2_ 0x40, 2, 4, 2, 1, 0xfd, 0xe9
#define NEXT_HOP_    0x40, 3, 4, 192, 0, 2, 1
#define MANDATORY_   ORIGIN_IGP_, AS_PATH_, NEXT_HOP_
#define NLRI_10_     8, 10
#define GLOBAL_      0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
#define LOCAL_       0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
#define ZERO_        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
/* 2001:db8:1::/48 by 2001:db8::1 */
#define IPV6_NLRI_   48, 0x20, 1, 0xd, 0xb8, 0, 1
#define MP_REACH_V6_ 0x80, 14, 28, 0, 2, 1, 16, GLOBAL_, 0, IPV6_NLRI_

static inline void decode_body(const struct update_context *ctx, struct span body)
{
    update_decode(body, ctx, &decoder, &update);
}

/* Builds the body of an UPDATE from its three parts and decodes it. */
static inline void decode(const struct update_context *ctx, struct span withdrawn,
                          struct span attrs, struct span nlri)
{
    struct writer w = writer_over(message, sizeof(message));
    writer_u16(&w, (uint16_t)withdrawn.len_bytes);
    writer_put(&w, withdrawn);
    writer_u16(&w, (uint16_t)attrs.len_bytes);
    writer_put(&w, attrs);
    writer_put(&w, nlri);
    assert_true(writer_ok(&w));
    decode_body(ctx, writer_span(&w));
}

static inline void assert_nlri(const struct update_nlri *nlri, enum family family,
                               struct span bytes)
{
    assert_int_equal(nlri->family, family);
    if (family != FAMILY_NONE)
        assert_span_equal(nlri->bytes, bytes);
}

static inline void assert_no_nlri(void)
{
    assert_nlri(&update.reach, FAMILY_NONE, none);
    assert_nlri(&update.mp_reach, FAMILY_NONE, none);
    assert_nlri(&update.withdrawn, FAMILY_NONE, none);
    assert_nlri(&update.mp_unreach, FAMILY_NONE, none);
    assert_null(update.attrs);
    assert_null(update.mp_attrs);
}

static inline void assert_attrs(const struct attr_block *block, struct span expected)
{
    assert_non_null(block);
    assert_span_equal(attr_block_span(block), expected);
}

static inline void assert_reset(uint8_t subcode)
{
    assert_int_equal(update.verdict, VERDICT_RESET);
    assert_int_equal(update.error.code, 3);
    assert_int_equal(update.error.subcode, subcode);
    assert_no_nlri();
    assert_int_equal(update.end_of_rib, FAMILY_NONE);
    assert_true(update.problem_count > 0);
    assert_int_equal(update.problems[update.problem_count - 1].verdict, VERDICT_RESET);
}

static inline void assert_clean(void)
{
    assert_int_equal(update.verdict, VERDICT_OK);
    assert_int_equal(update.problem_count, 0);
}

/* The worst problem is about this attribute and led to this verdict. */
static inline void assert_problem(enum attr_verdict verdict, uint8_t attr_type)
{
    assert_int_equal(update.verdict, verdict);
    assert_true(update.problem_count > 0);
    const struct update_problem *worst = &update.problems[update.problem_count - 1];
    assert_int_equal(worst->verdict, verdict);
    assert_int_equal(worst->attr_type, attr_type);
    assert_true(worst->what[0] != '\0');
}

#endif
