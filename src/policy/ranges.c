/* Ranges of numbers. */
#include "policy/ranges.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

/* The number that a text begins with; false: it begins with none, or with one above `most`. */
static bool read_number(const char **text, uint64_t most, uint64_t *ret_number)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *ret_number = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0 && *ret_number <= most;
}

static int read_range(struct policy_words *words, size_t word, uint64_t most,
                      struct policy_range *ret_range)
{
    const char *text = words->at[word].text;
    struct policy_range range = {0};
    bool ok = read_number(&text, most, &range.least);
    range.most = range.least;
    if (ok && *text == '-') {
        text++;
        ok = read_number(&text, most, &range.most);
    }
    if (!ok || *text != '\0')
        return policy_words_fail(words, word, ERR_INVALID,
                                 "'%.64s' is no number or range (expected 24 or \"8-24\", up to "
                                 "%" PRIu64 ")",
                                 words->at[word].text, most);
    if (range.least > range.most)
        return policy_words_fail(words, word, ERR_RANGE,
                                 "the range '%.64s' is empty: it ends before it begins",
                                 words->at[word].text);
    *ret_range = range;
    return 0;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct policy_range *x = a;
    const struct policy_range *y = b;
    if (x->least != y->least)
        return x->least < y->least ? -1 : 1;
    return (x->most > y->most) - (x->most < y->most);
}

int policy_ranges_read(struct policy_words *words, uint64_t most, struct policy_ranges **ret_ranges)
{
    struct policy_ranges *ranges =
        mem_zalloc(sizeof(*ranges) + words->count * sizeof(ranges->at[0]));
    int err = 0;
    for (size_t i = 0; err == 0 && i < words->count; i++)
        err = read_range(words, i, most, &ranges->at[ranges->count++]);
    if (err) {
        free(ranges);
        return err;
    }
    qsort(ranges->at, ranges->count, sizeof(ranges->at[0]), compare_ranges);
    *ret_ranges = ranges;
    return 0;
}

void policy_ranges_digest(const void *value, struct policy_digest *d)
{
    const struct policy_ranges *ranges = value;
    policy_digest_add(d, ranges->at, ranges->count * sizeof(ranges->at[0]));
}
