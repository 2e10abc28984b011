/* Prefixes that a condition compares with: the names of sets, entries as sets have them, or a list
 * of both. */
#ifndef BGPD_POLICY_PREFIX_VALUE_H
#define BGPD_POLICY_PREFIX_VALUE_H

#include "policy/prefix_set.h"
#include "policy/sets.h"
#include "policy/words.h"

/* For people. */
#define PREFIX_VALUE_TAKES                                                                         \
    "the name of a prefix set, an entry of one (\"10.0.0.0/8 le 24\"), or a list of these"

/* Adds what a word says to a set that is not settled. ERR_INVALID, ERR_RANGE, ERR_NOT_FOUND. */
int prefix_value_add(struct policy_words *words, size_t word, const struct policy_set_place *at,
                     struct prefix_set *set);
/* The settled set of all words, a reference: the named set itself where there is nothing else. */
int prefix_value_read(struct policy_words *words, void **ret_value, unsigned *ret_variables);
/* Of such a set. */
void prefix_value_digest(const void *value, struct policy_digest *d);
void prefix_value_release(void *value);

#endif
