/* Matches that look at the key of a route, and at its family. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "policy/community_pattern.h"
#include "policy/match_rows.h"
#include "policy/prefix_origin_set.h"
#include "policy/prefix_value.h"
#include "policy/ranges.h"
#include "wire/aspath.h"
#include "wire/rd.h"

/* How many bits of a key are its prefix; false: it has none. */
static bool prefix_bits(const struct policy_scene *scene, uint32_t *ret_bits)
{
    const struct family_info *f = family_info(scene->family);
    *ret_bits = scene->key.len - f->rd_bytes * 8u;
    return f->key_bytes > 0;
}

/* --- prefix --- */

static enum policy_answer test_prefix(const void *value, const struct policy_scene *scene)
{
    const struct family_info *f = family_info(scene->family);
    uint32_t bits;
    if (!prefix_bits(scene, &bits))
        return POLICY_NO;
    return prefix_set_has(value, f->ip_version, scene->key.bytes + f->rd_bytes, (uint8_t)bits)
               ? POLICY_YES
               : POLICY_NO;
}

static void fetch_prefix(const void *value, enum family family, struct policy_keys *keys)
{
    const struct family_info *f = family_info(family);
    if (f->key_bytes > 0)
        prefix_set_fetch(value, f, keys->at, keys->count, keys->places);
}

static size_t far_prefix_bytes(const void *value)
{
    return prefix_set_bytes(value);
}

static void test_each_prefix(const void *value, const struct policy_scene *scene,
                             const struct policy_keys *keys, bool *ret_yes)
{
    const struct family_info *f = family_info(scene->family);
    if (f->key_bytes > 0)
        prefix_set_has_each(value, f, keys->at, keys->places, keys->count, ret_yes);
    else
        memset(ret_yes, 0, keys->count * sizeof(*ret_yes));
}

const struct policy_match policy_match_prefix = {
    .name = "prefix",
    .takes = PREFIX_VALUE_TAKES,
    .help = "The prefix; of VPN routes without the RD. What has no prefix, a flow, matches none.",
    .types = POLICY_TEXT | POLICY_LIST,
    .looks_at_key = true,
    .read = prefix_value_read,
    .test = test_prefix,
    .test_each = test_each_prefix,
    .fetch = fetch_prefix,
    .far_bytes = far_prefix_bytes,
    .digest = prefix_value_digest,
    .release = prefix_value_release,
};

/* --- prefix_within --- */

static enum policy_answer test_within(const void *value, const struct policy_scene *scene)
{
    const struct family_info *f = family_info(scene->family);
    uint32_t bits;
    if (!prefix_bits(scene, &bits))
        return POLICY_NO;
    return prefix_set_covers(value, f->ip_version, scene->key.bytes + f->rd_bytes, (uint8_t)bits)
               ? POLICY_YES
               : POLICY_NO;
}

const struct policy_match policy_match_prefix_within = {
    .name = "prefix_within",
    .takes = PREFIX_VALUE_TAKES,
    .help = "The prefix is one of these or lies within one, whatever lengths the entries have: so "
            "the addresses of a member are found by the list of its prefixes.",
    .types = POLICY_TEXT | POLICY_LIST,
    .looks_at_key = true,
    .read = prefix_value_read,
    .test = test_within,
    .digest = prefix_value_digest,
    .release = prefix_value_release,
};

/* --- prefix_origin --- */

static const struct policy_set_place origin_place = {
    .kind = POLICY_PREFIX_ORIGIN_SET,
    .else_taken = "a prefix with an AS as \"10.0.0.0/8 le 24 65001\", or with * for any, or a list "
                  "of these",
};

static int add_origin_word(struct policy_words *words, size_t word, struct prefix_origin_set *set)
{
    const char *text = words->at[word].text;
    struct text_error error = {0};
    struct policy_named_set *named;
    struct prefix_origin entry;
    int err;
    if (policy_set_is_name(text)) {
        err = policy_sets_need(words, word, &origin_place, &named);
        if (!err)
            prefix_origin_set_add_all(set, named->set.origins);
        return err;
    }
    err = prefix_origin_parse(text, &entry, &error);
    if (err)
        return policy_words_fail_text(words, word, err, &error);
    prefix_origin_set_add(set, &entry);
    return 0;
}

static int read_origins(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct policy_named_set *named;
    struct prefix_origin_set *set;
    int err = 0;
    if (words->count == 1 && policy_set_is_name(words->at[0].text)) {
        err = policy_sets_need(words, 0, &origin_place, &named);
        set = err ? NULL : prefix_origin_set_ref(named->set.origins);
    } else {
        set = prefix_origin_set_new();
        for (size_t i = 0; err == 0 && i < words->count; i++)
            err = add_origin_word(words, i, set);
        if (!err)
            prefix_origin_set_settle(set);
    }
    if (err) {
        prefix_origin_set_unref(set);
        return err;
    }
    *ret_value = set;
    *ret_variables = 0;
    return 0;
}

static enum policy_answer test_origin(const void *value, const struct policy_scene *scene)
{
    const struct family_info *f = family_info(scene->family);
    uint32_t bits;
    if (!prefix_bits(scene, &bits))
        return POLICY_NO;
    uint32_t as = aspath_origin_as(attr_as_path(scene->attrs, scene->hot));
    return prefix_origin_set_has(value, f->ip_version, scene->key.bytes + f->rd_bytes,
                                 (uint8_t)bits, as)
               ? POLICY_YES
               : POLICY_NO;
}

static void digest_origins(const void *value, struct policy_digest *d)
{
    struct policy_digest digest = prefix_origin_set_digest(value);
    policy_digest_add(d, &digest, sizeof(digest));
}

static void release_origins(void *value)
{
    prefix_origin_set_unref(value);
}

const struct policy_match policy_match_prefix_origin = {
    .name = "prefix_origin",
    .takes = "the name of a set of prefixes with origins, an entry of one (\"10.0.0.0/8 le 24 "
             "65001\", \"10.0.0.0/8 *\"), or a list of these",
    .help = "The prefix and the AS that the route began in are one of these, as route objects say "
            "it. A path that is empty or ends with a set has no such AS: only `*` matches, which "
            "stands for whatever AS. What has no prefix, a flow, matches none.",
    .types = POLICY_TEXT | POLICY_LIST,
    .looks_at_key = true,
    .read = read_origins,
    .test = test_origin,
    .digest = digest_origins,
    .release = release_origins,
};

/* --- prefix_length --- */

static int read_length(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct policy_ranges *ranges;
    int err = policy_ranges_read(words, 128, &ranges);
    if (err)
        return err;
    *ret_value = ranges;
    *ret_variables = 0;
    return 0;
}

static enum policy_answer test_length(const void *value, const struct policy_scene *scene)
{
    uint32_t bits;
    return prefix_bits(scene, &bits) && policy_ranges_have(value, bits) ? POLICY_YES : POLICY_NO;
}

static void test_each_length(const void *value, const struct policy_scene *scene,
                             const struct policy_keys *keys, bool *ret_yes)
{
    const struct family_info *f = family_info(scene->family);
    const bool has_lengths = f->key_bytes > 0;
    const unsigned rd_bits = f->rd_bytes * 8u;
    for (unsigned i = 0; i < keys->count; i++)
        ret_yes[i] = has_lengths && policy_ranges_have(value, keys->at[i].len - rd_bits);
}

const struct policy_match policy_match_prefix_length = {
    .name = "prefix_length",
    .takes = "a length in bits, a range (\"8-24\") or a list of these",
    .help = "The length of the prefix; what has no prefix, a flow, matches none.",
    .types = POLICY_NUMBER | POLICY_TEXT | POLICY_LIST,
    .looks_at_key = true,
    .read = read_length,
    .test = test_length,
    .test_each = test_each_length,
    .digest = policy_ranges_digest,
    .release = free,
};

/* --- family --- */

static int fail_family(struct policy_words *words, size_t word)
{
    const char *text = words->at[word].text;
    struct nearest nearest = nearest_to(text);
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        nearest_offer(&nearest, family_info(f)->name);
    if (nearest.best)
        return policy_words_fail(words, word, ERR_INVALID,
                                 "'%.64s' is no address family (did you mean '%s'?)", text,
                                 nearest.best);
    return policy_words_fail(words, word, ERR_INVALID,
                             "'%.64s' is no address family (expected one as \"%s\")", text,
                             family_info(FAMILY_OF_FIELDS)->name);
}

static int read_family(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    family_set families = 0;
    for (size_t i = 0; i < words->count; i++) {
        enum family family = family_from_name(words->at[i].text);
        if (family == FAMILY_NONE)
            return fail_family(words, i);
        families |= FAMILY_BIT(family);
    }
    family_set *value = mem_alloc(sizeof(*value));
    *value = families;
    *ret_value = value;
    *ret_variables = 0;
    return 0;
}

static enum policy_answer test_family(const void *value, const struct policy_scene *scene)
{
    return family_in(*(const family_set *)value, scene->family) ? POLICY_YES : POLICY_NO;
}

static void digest_family(const void *value, struct policy_digest *d)
{
    policy_digest_add_number(d, *(const family_set *)value);
}

const struct policy_match policy_match_family = {
    .name = "family",
    .takes = "an address family (\"ipv4 unicast\"), or a list of these",
    .help = "The address family.",
    .types = POLICY_TEXT | POLICY_LIST,
    .read = read_family,
    .test = test_family,
    .digest = digest_family,
    .release = free,
};

/* --- rd --- */

/* RDs are matched as route targets with the same bytes after the type would be. */
struct rd_value {
    size_t count;
    struct {
        bool is_one;
        uint8_t bytes[RD_BYTES];          /* of one */
        struct community_pattern pattern; /* of others */
    } at[];
};

static int read_rd_word(struct policy_words *words, size_t word, struct rd_value *value)
{
    const char *text = words->at[word].text;
    struct community_pattern *pattern = &value->at[value->count].pattern;
    struct text_error error = {0};
    struct strbuf target = {0};
    value->at[value->count].is_one = rd_parse(text, value->at[value->count].bytes) == 0;
    if (value->at[value->count].is_one) {
        value->count++;
        return 0;
    }
    strbuf_printf(&target, "target:%s", text);
    int err = community_pattern_parse(strbuf_text(&target), pattern, &error);
    strbuf_release(&target);
    if (err)
        return policy_words_fail_text(words, word, err, &error);
    if (pattern->variables != 0 || !(pattern->kinds & 1u << COMMUNITY_EXTENDED))
        return policy_words_fail(words, word, ERR_INVALID,
                                 "'%.64s' is no route distinguisher (expected 65000:100 or "
                                 "192.0.2.1:100, of which numbers may be * or 100-199)",
                                 text);
    value->count++;
    return 0;
}

static int read_rd(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    int err = 0;
    struct rd_value *value = mem_zalloc(sizeof(*value) + words->count * sizeof(value->at[0]));
    for (size_t i = 0; err == 0 && i < words->count; i++)
        err = read_rd_word(words, i, value);
    if (err) {
        free(value);
        return err;
    }
    *ret_value = value;
    *ret_variables = 0;
    return 0;
}

static struct community target_of(const uint8_t *rd)
{
    enum { SUBTYPE_TARGET = 2 };
    struct community c = {.kind = COMMUNITY_EXTENDED};
    memcpy(c.bytes, rd, RD_BYTES);
    c.bytes[0] = rd[1];
    c.bytes[1] = SUBTYPE_TARGET;
    return c;
}

static enum policy_answer test_rd(const void *value, const struct policy_scene *scene)
{
    const struct rd_value *v = value;
    const uint8_t *rd = scene->key.bytes;
    const struct policy_values none = {0};
    if (family_info(scene->family)->rd_bytes != RD_BYTES)
        return POLICY_NO;
    struct community c = target_of(rd);
    bool is_known = rd_is_known(rd);
    for (size_t i = 0; i < v->count; i++) {
        bool matches = v->at[i].is_one
                           ? memcmp(rd, v->at[i].bytes, RD_BYTES) == 0
                           : is_known && community_pattern_matches(&v->at[i].pattern, &c, &none);
        if (matches)
            return POLICY_YES;
    }
    return POLICY_NO;
}

/* A sum, so that the order of the list does not count. */
static void digest_rd(const void *value, struct policy_digest *d)
{
    const struct rd_value *v = value;
    struct policy_digest sum = {0};
    for (size_t i = 0; i < v->count; i++) {
        struct policy_digest one = {0};
        policy_digest_add_number(&one, v->at[i].is_one);
        if (v->at[i].is_one)
            policy_digest_add(&one, v->at[i].bytes, RD_BYTES);
        else
            community_pattern_digest(&v->at[i].pattern, &one);
        sum.high += one.high;
        sum.low += one.low;
    }
    policy_digest_add(d, &sum, sizeof(sum));
}

const struct policy_match policy_match_rd = {
    .name = "rd",
    .takes =
        "a route distinguisher (\"65000:100\"), a pattern (\"65000:*\", \"192.0.2.1:1-9\"), or a "
        "list of these",
    .help = "The route distinguisher of VPN routes; others match none.",
    .types = POLICY_TEXT | POLICY_LIST,
    .looks_at_key = true,
    .read = read_rd,
    .test = test_rd,
    .digest = digest_rd,
    .release = free,
};
