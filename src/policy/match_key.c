/* Matches that look at the key of a route. */
#include <stdlib.h>

#include "policy/match_rows.h"
#include "policy/ranges.h"

/* How many bits of a key are its prefix; false: it has none. */
static bool prefix_bits(const struct policy_scene *scene, uint32_t *ret_bits)
{
    const struct family_info *f = family_info(scene->family);
    *ret_bits = scene->key.len - f->rd_bytes * 8u;
    return f->key_bytes > 0;
}

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

const struct policy_match policy_match_prefix_length = {
    .name = "prefix_length",
    .takes = "a length in bits, a range (\"8-24\") or a list of these",
    .help = "The length of the prefix; what has no prefix, a flow, matches none.",
    .types = POLICY_NUMBER | POLICY_TEXT | POLICY_LIST,
    .looks_at_key = true,
    .read = read_length,
    .test = test_length,
    .digest = policy_ranges_digest,
    .release = free,
};
