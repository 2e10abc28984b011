/* An AS number that rules write, or a variable that stands for one. */
#ifndef BGPD_POLICY_AS_VALUE_H
#define BGPD_POLICY_AS_VALUE_H

#include "policy/digest.h"
#include "policy/variable.h"
#include "policy/words.h"

struct as_value {
    uint32_t as;       /* without a variable */
    unsigned variable; /* enum policy_variable; 0: none */
};

/* Reads a word: "174", "AS174", "1.10", "{peer.as}". ERR_INVALID, ERR_RANGE; `else_taken` is what
 * else may stand there, "" or such as ", \"peer\"". */
int as_value_read(struct policy_words *words, size_t word, const char *else_taken,
                  struct as_value *ret_value);
/* The number; 0: the variable has no value. */
uint32_t as_value_of(const struct as_value *value, const struct policy_values *values);
void as_value_digest(const struct as_value *value, struct policy_digest *d);

#endif
