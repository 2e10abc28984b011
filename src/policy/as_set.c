/* Sets of AS numbers: sorted ranges, found by halves.
 *
 * AS_PATH: RFC 4271 §4.3, RFC 6793; text of ASNs: RFC 5396. */
#include "policy/as_set.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "policy/set_file.h"
#include "wire/aspath.h"

struct as_set *as_set_new(void)
{
    struct as_set *set = mem_zalloc(sizeof(*set));
    set->refs = 1;
    return set;
}

struct as_set *as_set_ref(struct as_set *set)
{
    set->refs++;
    return set;
}

void as_set_unref(struct as_set *set)
{
    if (!set || --set->refs > 0)
        return;
    free(set->ranges);
    free(set);
}

void as_set_add(struct as_set *set, uint32_t low, uint32_t high)
{
    assert(!set->settled && low <= high);
    if (set->count == set->size) {
        set->size = set->size ? set->size * 2 : 4;
        set->ranges = mem_resize(set->ranges, set->size, sizeof(*set->ranges));
    }
    set->ranges[set->count++] = (struct as_range){low, high};
}

static int compare_ranges(const void *a, const void *b)
{
    const struct as_range *x = a;
    const struct as_range *y = b;
    return (x->low > y->low) - (x->low < y->low);
}

void as_set_settle(struct as_set *set)
{
    assert(!set->settled);
    size_t kept = 0;
    if (set->count > 0)
        qsort(set->ranges, set->count, sizeof(*set->ranges), compare_ranges);
    for (size_t i = 0; i < set->count; i++) {
        struct as_range next = set->ranges[i];
        struct as_range *last = kept > 0 ? &set->ranges[kept - 1] : NULL;
        if (!last || (last->high != UINT32_MAX && next.low > last->high + 1))
            set->ranges[kept++] = next;
        else if (next.high > last->high)
            last->high = next.high;
    }
    set->count = set->size = kept;
    set->settled = true;
    if (kept > 0) {
        set->ranges = mem_resize(set->ranges, kept, sizeof(*set->ranges));
        policy_digest_add(&set->digest, set->ranges, kept * sizeof(*set->ranges));
    }
}

bool as_set_has(const struct as_set *set, uint32_t as)
{
    assert(set->settled);
    const struct as_range *at = set->ranges;
    if (set->count == 0)
        return false;
    /* No branch depends on the numbers. */
    for (size_t left = set->count; left > 1;) {
        size_t half = left / 2;
        at += at[half - 1].high < as ? half : 0;
        left -= half;
    }
    return at->low <= as && as <= at->high;
}

bool as_set_has_any_of_path(const struct as_set *set, struct span as_path_value)
{
    struct aspath_walk walk = aspath_walk_over(as_path_value);
    uint32_t as;
    while (aspath_walk_next(&walk, &as))
        if (as_set_has(set, as))
            return true;
    return false;
}

size_t as_set_count(const struct as_set *set)
{
    return set->count;
}

size_t as_set_bytes(const struct as_set *set)
{
    return sizeof(*set) + set->size * sizeof(*set->ranges);
}

struct policy_digest as_set_digest(const struct as_set *set)
{
    return set->digest;
}

/* Text. */

/* One AS number of `len` bytes; `text` is what is being read. */
static int parse_as(const char *text, const char *word, size_t len, uint32_t *ret_as,
                    struct text_error *e)
{
    char digits[24]; /* longer ones are none */
    size_t column = (size_t)(word - text) + 1;
    size_t lead = len > 2 && strncasecmp(word, "AS", 2) == 0 ? 2 : 0;
    uint32_t as;
    int err = ERR_INVALID;
    if (len - lead < sizeof(digits)) {
        memcpy(digits, word + lead, len - lead);
        digits[len - lead] = '\0';
        err = aspath_parse_as(digits, &as);
    }
    if (err == ERR_INVALID)
        return text_error_at(e, err, column, word, len,
                             "%s AS number or range (expected 65001, 1.10 or 64512-65534)",
                             len > 0 ? "is no" : "there is no");
    if (err)
        return text_error_at(e, ERR_RANGE, column, word, len,
                             "is out of range: AS numbers are up to %" PRIu32, UINT32_MAX);
    *ret_as = as;
    return 0;
}

int as_set_parse_entry(const char *text, uint32_t *ret_low, uint32_t *ret_high,
                       struct text_error *ret_error)
{
    uint32_t low;
    uint32_t high;
    size_t low_len = strcspn(text, "-");
    int err = parse_as(text, text, low_len, &low, ret_error);
    if (err)
        return err;
    high = low;
    if (text[low_len] == '-') {
        const char *second = text + low_len + 1;
        err = parse_as(text, second, strlen(second), &high, ret_error);
        if (err)
            return err;
        if (high < low)
            return text_error_at(ret_error, ERR_RANGE, 1, text, strlen(text),
                                 "is no range: it ends before it begins (expected LOW-HIGH)");
    }
    *ret_low = low;
    *ret_high = high;
    return 0;
}

static int take_line(void *ctx, const char *entry, struct text_error *e)
{
    uint32_t low;
    uint32_t high;
    int err = as_set_parse_entry(entry, &low, &high, e);
    if (!err)
        as_set_add(ctx, low, high);
    return err;
}

static int take_item(void *ctx, json_t *item, struct text_error *e)
{
    if (json_is_string(item) && strlen(json_string_value(item)) == json_string_length(item))
        return take_line(ctx, json_string_value(item), e);
    if (!json_is_integer(item))
        return text_error_at(e, ERR_INVALID, 0, NULL, 0,
                             "an item is no AS number (expected 65001, \"1.10\" or "
                             "\"64512-65534\")");
    json_int_t as = json_integer_value(item);
    if (as < 0 || as > UINT32_MAX)
        return text_error_at(e, ERR_RANGE, 0, NULL, 0,
                             "%" JSON_INTEGER_FORMAT
                             " is out of range: AS numbers are up to %" PRIu32,
                             as, UINT32_MAX);
    as_set_add(ctx, (uint32_t)as, (uint32_t)as);
    return 0;
}

int as_set_read(struct as_set *set, const char *text, size_t len_bytes,
                struct text_error *ret_error)
{
    const struct set_file_taker taker = {
        .line = take_line, .item = take_item, .ctx = set, .count = &set->count};
    return set_file_read(text, len_bytes, &taker, ret_error);
}
