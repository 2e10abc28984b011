/* From values of the file to the words that rows of policy read. Internal to config. */
#ifndef BGPD_CONFIG_POLICY_WORDS_H
#define BGPD_CONFIG_POLICY_WORDS_H

#include <stdbool.h>

#include "config/loader.h"
#include "policy/action_row.h"
#include "policy/words.h"

/* Words and where they stand. */
struct placed_words {
    struct policy_words words;
    struct policy_word *at;        /* owned; what words.at is */
    const struct toml_node **from; /* owned: the node of each */
    char **made;                   /* owned: texts of those that are none in the file */
    size_t size;
};

/* What a value may be. */
struct word_form {
    const char *name;                /* of the key */
    const char *takes;               /* for people */
    unsigned types;                  /* enum policy_word_type */
    const struct policy_part *parts; /* of POLICY_TABLE; NULL */
};

/* The words of a value, in which names may mean `sets`. False, reported: it is not of that form.
 * Release them in either case. */
bool placed_words_of(struct loader *l, const struct word_form *form, const struct toml_node *value,
                     struct policy_sets *sets, struct placed_words *ret_words);
/* Reports what a row has found wrong with them. */
void placed_words_report(struct loader *l, const struct word_form *form,
                         const struct toml_node *value, const struct placed_words *words);
void placed_words_release(struct placed_words *words);

#endif
