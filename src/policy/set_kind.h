/* The kinds of sets, each a row of what all of them can do. A set is immutable once settled. */
#ifndef BGPD_POLICY_SET_KIND_H
#define BGPD_POLICY_SET_KIND_H

#include <stddef.h>

#include "policy/digest.h"
#include "policy/text_error.h"

enum policy_set_kind {
    POLICY_PREFIX_SET,
    POLICY_AS_SET,
    POLICY_COMMUNITY_SET,
    POLICY_PREFIX_ORIGIN_SET,
    POLICY_SET_KINDS
};

struct policy_set_row {
    const char *text;    /* "prefix set" */
    void *(*make)(void); /* an empty one, with a reference */
    void *(*ref)(void *set);
    void (*unref)(void *set); /* NULL is fine */
    /* Adds an entry that is written as a text; all entries of a file (policy/set_file.h).
     * ERR_INVALID or ERR_RANGE, and *ret_error says what was expected. */
    int (*add)(void *set, const char *text, struct text_error *ret_error);
    int (*read)(void *set, const char *text, size_t len_bytes, struct text_error *ret_error);
    void (*settle)(void *set);
    size_t (*count)(const void *set);                /* of a settled one */
    struct policy_digest (*digest)(const void *set); /* likewise */
};

extern const struct policy_set_row policy_set_rows[POLICY_SET_KINDS];

#endif
