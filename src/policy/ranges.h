/* Ranges of numbers that a condition compares with: "8-24", 24, or a list of these. */
#ifndef BGPD_POLICY_RANGES_H
#define BGPD_POLICY_RANGES_H

#include "policy/digest.h"
#include "policy/words.h"

struct policy_range {
    uint64_t least;
    uint64_t most;
};

struct policy_ranges {
    size_t count;
    struct policy_range at[];
};

/* Reads them: numbers up to `most`; *ret_ranges is owned (free()). ERR_INVALID, ERR_RANGE. */
int policy_ranges_read(struct policy_words *words, uint64_t most,
                       struct policy_ranges **ret_ranges);
static inline bool policy_ranges_have(const struct policy_ranges *ranges, uint64_t number)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (number >= ranges->at[i].least && number <= ranges->at[i].most)
            return true;
    return false;
}
/* Of such ranges. */
void policy_ranges_digest(const void *value, struct policy_digest *d);

#endif
