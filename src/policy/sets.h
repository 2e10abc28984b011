/* The sets that policies call by name. */
#ifndef BGPD_POLICY_SETS_H
#define BGPD_POLICY_SETS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/set_kind.h"
#include "policy/words.h"

struct as_set;
struct community_set;
struct prefix_origin_set;
struct prefix_set;

struct policy_named_set {
    char *name; /* owned */
    union {
        struct prefix_set *prefixes;
        struct as_set *asns;
        struct community_set *communities;
        struct prefix_origin_set *origins;
        void *any; /* a reference, settled */
    } set;
    bool used; /* a rule names it */
};

/* Zero-initialised there are none. */
struct policy_sets {
    struct policy_named_set *of_kind[POLICY_SET_KINDS]; /* owned arrays */
    size_t count[POLICY_SET_KINDS];
};

/* Adds a set, whose reference is taken over. */
void policy_sets_add(struct policy_sets *sets, enum policy_set_kind kind, const char *name,
                     void *set);
/* The set of a name, which counts as used from here on; NULL. */
struct policy_named_set *policy_sets_find(struct policy_sets *sets, enum policy_set_kind kind,
                                          const char *name);
void policy_sets_release(struct policy_sets *sets);

/* --- names in what people write --- */

/* Whether a text has the form of a name: letters, digits, "-" and "_", a letter first. What sets
 * are made of has not, but for what policy_set_name_check knows. */
bool policy_set_is_name(const char *text);
/* Whether a set can have this name: where it stands, nothing else may be meant. ERR_INVALID, and
 * what is wrong is appended to `error`. */
int policy_set_name_check(enum policy_set_kind kind, const char *name, struct strbuf *error);
/* What is taken where a set of a kind can stand. */
struct policy_set_place {
    enum policy_set_kind kind;
    const char *else_taken; /* for people: "a prefix or a list of these" */
    /* Words that mean something there, from 0 up; NULL after the last. NULL: there are none. */
    const char *(*nth_word)(unsigned n);
};
/* The set that a word names. ERR_NOT_FOUND: there is none, which is then said of the word. */
int policy_sets_need(struct policy_words *words, size_t word, const struct policy_set_place *place,
                     struct policy_named_set **ret_set);

#endif
