/* A test that a condition is made of, as a row: reading what it compares with, evaluating and the
 * reference come out of it. */
#ifndef BGPD_POLICY_MATCH_ROW_H
#define BGPD_POLICY_MATCH_ROW_H

#include "policy/digest.h"
#include "policy/scene.h"
#include "policy/words.h"
#include "wire/community.h"

enum policy_answer {
    POLICY_NO,
    POLICY_YES,
    POLICY_UNKNOWN, /* it cannot be found out: what depends on it is closed */
};

/* Keys that are asked about together. */
struct policy_keys {
    unsigned count;
    struct nlri_key at[NLRI_AT_ONCE];
    uint32_t places[NLRI_AT_ONCE]; /* of the test that `fetch` was called of last */
};

/* Takes what of peers makes a test true: ASNs. */
struct policy_candidates {
    void *ctx;
    void (*add_as)(void *ctx, uint32_t as);
};

/* Takes communities of which a route must have one. */
struct policy_communities {
    void *ctx;
    void (*add)(void *ctx, const struct community *c);
};

struct policy_match {
    const char *name;
    const char *takes; /* for people: "a prefix set, a prefix or a list of these" */
    const char *help;
    unsigned types;    /* enum policy_word_type that are taken */
    bool looks_at_key; /* and perhaps at attributes, but at no peer; else not at it */
    /* Which states of validation it asks about: bits of enum attr_validation. On export it goes by
     * what was noted of them, and does not look at the key. NULL: none. */
    unsigned (*states)(const void *value);
    /* Reads what it is compared with; *ret_value is owned by the caller, *ret_variables are those
     * that it mentions. On an error (ERR_INVALID, ERR_RANGE) words->problem is set. */
    int (*read)(struct policy_words *words, void **ret_value, unsigned *ret_variables);
    /* Where scene->peer is NULL, what it says of peers in general: a variable of the peer matches
     * nothing. */
    enum policy_answer (*test)(const void *value, const struct policy_scene *scene);
    /* The same for each of several keys (at most NLRI_AT_ONCE), in place of the scene's: whether it
     * says yes. NULL: `test` is as fast. */
    void (*test_each)(const void *value, const struct policy_scene *scene,
                      const struct policy_keys *keys, bool *ret_yes);
    /* Fills in the places of keys that `test_each` is asked about next, and has what is there come
     * into the cache: the more time passes between the two, the less is waited for. NULL: nothing
     * lies far away. */
    void (*fetch)(const void *value, enum family family, struct policy_keys *keys);
    size_t (*far_bytes)(const void *value); /* where there is `fetch`: how much lies there */
    /* Names the ASNs of peers for which the test may be true where it is not in general. NULL, or
     * false: that may be any. */
    bool (*candidates)(const void *value, const struct policy_scene *scene,
                       const struct policy_candidates *to);
    /* Names communities of which a route must have one for the test to be true; NULL, or false with
     * none named: it may be true without. */
    bool (*needs)(const void *value, const struct policy_communities *to);
    void (*digest)(const void *value, struct policy_digest *d);
    void (*release)(void *value);
};

#endif
