/* Sets of lengths of prefixes, 0 to 128 bits. */
#ifndef BGPD_POLICY_LENGTH_SET_H
#define BGPD_POLICY_LENGTH_SET_H

#include <stdbool.h>
#include <stdint.h>

#define LENGTH_SET_WORDS 3u

/* Zero-initialised is empty. */
struct length_set {
    uint64_t words[LENGTH_SET_WORDS];
};

static inline bool length_set_has(const struct length_set *s, unsigned len_bits)
{
    return (s->words[len_bits / 64] >> len_bits % 64 & 1) != 0;
}

static inline void length_set_add(struct length_set *s, unsigned from_bits, unsigned to_bits)
{
    for (unsigned len_bits = from_bits; len_bits <= to_bits; len_bits++)
        s->words[len_bits / 64] |= UINT64_C(1) << len_bits % 64;
}

static inline bool length_set_is_empty(struct length_set s)
{
    return (s.words[0] | s.words[1] | s.words[2]) == 0;
}

/* What is in either; in `a` and not in `b`; in one of them only. */
static inline struct length_set length_set_or(struct length_set a, struct length_set b)
{
    return (struct length_set){
        {a.words[0] | b.words[0], a.words[1] | b.words[1], a.words[2] | b.words[2]}};
}

static inline struct length_set length_set_without(struct length_set a, struct length_set b)
{
    return (struct length_set){
        {a.words[0] & ~b.words[0], a.words[1] & ~b.words[1], a.words[2] & ~b.words[2]}};
}

static inline struct length_set length_set_difference(struct length_set a, struct length_set b)
{
    return (struct length_set){
        {a.words[0] ^ b.words[0], a.words[1] ^ b.words[1], a.words[2] ^ b.words[2]}};
}

/* Takes the first run of lengths out of it: from *ret_from to *ret_to. False when it is empty. */
static inline bool length_set_take_run(struct length_set *s, uint8_t *ret_from, uint8_t *ret_to)
{
    enum { LENGTHS = LENGTH_SET_WORDS * 64 };
    unsigned from = 0;
    while (from < LENGTHS && !length_set_has(s, from))
        from += s->words[from / 64] >> from % 64 == 0 ? 64 - from % 64 : 1;
    if (from >= LENGTHS)
        return false;
    unsigned to = from;
    for (; to < LENGTHS && length_set_has(s, to); to++)
        s->words[to / 64] &= ~(UINT64_C(1) << to % 64);
    *ret_from = (uint8_t)from;
    *ret_to = (uint8_t)(to - 1);
    return true;
}

#endif
