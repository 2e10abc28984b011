/* What people write in a policy, before it is read: the scalars of a value, one after the other.
 * Whoever has the text (a configuration file, a client of the API) makes words of it. */
#ifndef BGPD_POLICY_WORDS_H
#define BGPD_POLICY_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "policy/text_error.h"

/* What a value is; bits, so that what is permitted is a mask. */
enum policy_word_type {
    POLICY_TEXT = 1 << 0,
    POLICY_NUMBER = 1 << 1,
    POLICY_FLAG = 1 << 2,
    POLICY_LIST = 1 << 3,  /* of texts and numbers, as far as these are permitted */
    POLICY_TABLE = 1 << 4, /* of parts */
};

/* Everything is borrowed. */
struct policy_word {
    const char
        *part;       /* the key of the part of a table that it stands in; NULL: there is no table */
    const char *key; /* the key within a part that is a table itself; NULL */
    const char *text;           /* of a number its digits, of a flag "true" or "false" */
    enum policy_word_type type; /* POLICY_TEXT, POLICY_NUMBER or POLICY_FLAG */
};

struct policy_sets;

struct policy_words {
    const struct policy_word *at;
    size_t count;
    struct policy_sets *sets; /* that names may mean; those that were meant are marked as used */
    struct {
        size_t word;        /* the word that is wrong */
        struct strbuf text; /* what is wrong with it; the caller's to release */
    } problem;
};

/* Notes what is wrong with a word; returns `error`. */
int policy_words_fail(struct policy_words *words, size_t word, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Likewise, with what was said of its text, which is released. */
int policy_words_fail_text(struct policy_words *words, size_t word, int error,
                           struct text_error *said);

#endif
