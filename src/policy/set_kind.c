/* The rows of the kinds of sets. */
#include "policy/set_kind.h"

#include "policy/as_set.h"
#include "policy/community_set.h"
#include "policy/prefix_origin_set.h"
#include "policy/prefix_set.h"

/* --- entries --- */

static int add_prefix(void *set, const char *text, struct text_error *e)
{
    struct prefix prefix;
    uint8_t from_bits;
    uint8_t to_bits;
    int err = prefix_set_parse_entry(text, &prefix, &from_bits, &to_bits, e);
    if (!err)
        prefix_set_add(set, &prefix, from_bits, to_bits);
    return err;
}

static int add_as(void *set, const char *text, struct text_error *e)
{
    uint32_t low;
    uint32_t high;
    int err = as_set_parse_entry(text, &low, &high, e);
    if (!err)
        as_set_add(set, low, high);
    return err;
}

static int add_community(void *set, const char *text, struct text_error *e)
{
    struct community_pattern pattern;
    int err = community_pattern_parse(text, &pattern, e);
    if (!err)
        community_set_add(set, &pattern);
    return err;
}

static int add_origin(void *set, const char *text, struct text_error *e)
{
    struct prefix_origin entry;
    int err = prefix_origin_parse(text, &entry, e);
    if (!err)
        prefix_origin_set_add(set, &entry);
    return err;
}

/* --- rows --- */

/* The functions of a kind as those of any. */
#define OF_ANY(kind)                                                                               \
    static void *kind##_make(void)                                                                 \
    {                                                                                              \
        return kind##_new();                                                                       \
    }                                                                                              \
    static void *kind##_ref_any(void *set)                                                         \
    {                                                                                              \
        return kind##_ref(set);                                                                    \
    }                                                                                              \
    static void kind##_unref_any(void *set)                                                        \
    {                                                                                              \
        kind##_unref(set);                                                                         \
    }                                                                                              \
    static int kind##_read_any(void *set, const char *text, size_t len_bytes,                      \
                               struct text_error *e)                                               \
    {                                                                                              \
        return kind##_read(set, text, len_bytes, e);                                               \
    }                                                                                              \
    static void kind##_settle_any(void *set)                                                       \
    {                                                                                              \
        kind##_settle(set);                                                                        \
    }                                                                                              \
    static size_t kind##_count_any(const void *set)                                                \
    {                                                                                              \
        return kind##_count(set);                                                                  \
    }                                                                                              \
    static struct policy_digest kind##_digest_any(const void *set)                                 \
    {                                                                                              \
        return kind##_digest(set);                                                                 \
    }

#define ROW(kind)                                                                                  \
    .make = kind##_make, .ref = kind##_ref_any, .unref = kind##_unref_any,                         \
    .read = kind##_read_any, .settle = kind##_settle_any, .count = kind##_count_any,               \
    .digest = kind##_digest_any

OF_ANY(prefix_set)
OF_ANY(as_set)
OF_ANY(community_set)
OF_ANY(prefix_origin_set)

const struct policy_set_row policy_set_rows[POLICY_SET_KINDS] = {
    [POLICY_PREFIX_SET] = {.text = "prefix set", .add = add_prefix, ROW(prefix_set)},
    [POLICY_AS_SET] = {.text = "AS set", .add = add_as, ROW(as_set)},
    [POLICY_COMMUNITY_SET] = {.text = "community set", .add = add_community, ROW(community_set)},
    [POLICY_PREFIX_ORIGIN_SET] = {.text = "set of prefixes with origins",
                                  .add = add_origin,
                                  ROW(prefix_origin_set)},
};
