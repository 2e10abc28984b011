/* A sorted set of 32-bit numbers that is made at once and asked often. Most of what is not in it
 * is told by one word, without a look at the numbers. */
#ifndef BGPD_BASE_U32SET_H
#define BGPD_BASE_U32SET_H

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialised is empty. */
struct u32_set {
    uint32_t *items; /* owned; ascending, none twice, once u32_set_settle was called */
    uint32_t count;
    uint32_t size;
    uint64_t filter; /* the bits of all items */
};

static inline uint64_t u32_set_bit(uint32_t value)
{
    return UINT64_C(1) << (value * 0x9e3779b1u >> 26);
}

/* Adds a number, which may be there already. Before the set is asked, it is to be settled. */
void u32_set_add(struct u32_set *set, uint32_t value);
/* Sorts it and drops what is there twice. */
void u32_set_settle(struct u32_set *set);
void u32_set_release(struct u32_set *set);

/* Whether both, settled, hold the same. */
bool u32_set_equal(const struct u32_set *a, const struct u32_set *b);
/* Looks at the numbers of a settled set. */
bool u32_set_search(const struct u32_set *set, uint32_t value);

/* Whether a settled set holds the number. */
static inline bool u32_set_has(const struct u32_set *set, uint32_t value)
{
    return (set->filter & u32_set_bit(value)) != 0 && u32_set_search(set, value);
}

#endif
