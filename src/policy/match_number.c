/* Matches that compare a number of the attributes with ranges. */
#include <stdlib.h>

#include "policy/match_rows.h"
#include "policy/ranges.h"
#include "wire/aigp.h"

#define RANGES_TYPES (POLICY_NUMBER | POLICY_TEXT | POLICY_LIST)
#define RANGES_TAKES "a number, a range (\"100-200\") or a list of these"

static int read_u32(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct policy_ranges *ranges;
    int err = policy_ranges_read(words, UINT32_MAX, &ranges);
    if (err)
        return err;
    *ret_value = ranges;
    *ret_variables = 0;
    return 0;
}

static enum policy_answer compare(const void *ranges, bool is_there, uint64_t number)
{
    return is_there && policy_ranges_have(ranges, number) ? POLICY_YES : POLICY_NO;
}

static enum policy_answer test_path_length(const void *value, const struct policy_scene *scene)
{
    return compare(value, true, scene->hot->as_path_len);
}

static enum policy_answer test_local_pref(const void *value, const struct policy_scene *scene)
{
    return compare(value, scene->hot->flags & ATTR_HAS_LOCAL_PREF, scene->hot->local_pref);
}

static enum policy_answer test_med(const void *value, const struct policy_scene *scene)
{
    return compare(value, scene->hot->flags & ATTR_HAS_MED, scene->hot->med);
}

static enum policy_answer test_aigp(const void *value, const struct policy_scene *scene)
{
    struct span aigp;
    uint64_t metric = 0;
    bool is_there = attr_find(scene->attrs, ATTR_AIGP, &aigp) && aigp_metric(aigp, &metric);
    return compare(value, is_there, metric);
}

static int read_u64(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct policy_ranges *ranges;
    int err = policy_ranges_read(words, UINT64_MAX, &ranges);
    if (err)
        return err;
    *ret_value = ranges;
    *ret_variables = 0;
    return 0;
}

#define RANGES_OF_ATTRIBUTES                                                                       \
    .takes = RANGES_TAKES, .types = RANGES_TYPES, .digest = policy_ranges_digest, .release = free

const struct policy_match policy_match_as_path_length = {
    .name = "as_path_length",
    .help = "How many ASNs the AS path has; a set counts as one (RFC 4271 §9.1.2.2 a).",
    RANGES_OF_ATTRIBUTES,
    .read = read_u32,
    .test = test_path_length,
};

const struct policy_match policy_match_local_pref = {
    .name = "local_pref",
    .help = "LOCAL_PREF; a route without one matches no range.",
    RANGES_OF_ATTRIBUTES,
    .read = read_u32,
    .test = test_local_pref,
};

const struct policy_match policy_match_med = {
    .name = "med",
    .help = "MULTI_EXIT_DISC; a route without one matches no range.",
    RANGES_OF_ATTRIBUTES,
    .read = read_u32,
    .test = test_med,
};

const struct policy_match policy_match_aigp = {
    .name = "aigp",
    .help = "The metric of AIGP (RFC 7311); a route without one matches no range.",
    RANGES_OF_ATTRIBUTES,
    .read = read_u64,
    .test = test_aigp,
};
