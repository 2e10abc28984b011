/* Sets of communities of all kinds, and patterns of them. Counted; immutable once settled. */
#ifndef BGPD_POLICY_COMMUNITY_SET_H
#define BGPD_POLICY_COMMUNITY_SET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/u32set.h"
#include "policy/community_pattern.h"

/* A pattern of standard communities without variables: what most sets have most of. */
struct standard_range {
    uint32_t least; /* of the whole value: both halves are within those of these */
    uint32_t most;
};

struct community_set {
    atomic_uint refs; /* configurations that are being loaded share it, too */
    bool settled;
    unsigned kinds;                     /* 1 << enum community_kind: those that may be in it */
    unsigned of_any;                    /* of these, those of entries that mention no peer … */
    unsigned of_peer;                   /* … and those of entries that do */
    unsigned variables;                 /* enum policy_variable that it mentions */
    struct community_pattern *patterns; /* owned; settled: those that are more than one community */
    size_t pattern_count;
    size_t pattern_size;
    struct u32_set standard;       /* settled: standard communities */
    struct standard_range *ranges; /* owned; settled: what some of the patterns say as well */
    size_t range_count;
    bool ranges_suffice;        /* of `of_any` and standard, no pattern but these is to be asked */
    struct community *literals; /* owned; settled: other ones, ascending */
    size_t literal_count;
    struct policy_digest digest; /* of what is settled */
};

/* An empty set with one reference; the last unref frees it. */
struct community_set *community_set_new(void);
struct community_set *community_set_ref(struct community_set *set);
void community_set_unref(struct community_set *set); /* NULL is fine */

/* Adds to a set that is not settled: a pattern, or all of a settled set. */
void community_set_add(struct community_set *set, const struct community_pattern *pattern);
void community_set_add_all(struct community_set *set, const struct community_set *from);
/* Sorts it, and drops what is there twice. Before the set is asked it is to be settled, once; from
 * then on it does not change. */
void community_set_settle(struct community_set *set);

/* Of a settled set: */
bool community_set_has(const struct community_set *set, const struct community *c,
                       const struct policy_values *values);
/* Whether any community of canonical attributes is in it. */
bool community_set_has_any(const struct community_set *set, struct span attrs,
                           const struct policy_values *values);
/* Calls `add_as` with the ASNs of peers for which community_set_has_any may be true where it is not
 * without a peer; false: that may be any peer. */
bool community_set_find_peers(const struct community_set *set, struct span attrs,
                              const struct policy_values *values,
                              void (*add_as)(void *ctx, uint32_t as), void *ctx);
size_t community_set_count(const struct community_set *set);
/* An entry, by its number from 0 on. */
struct community_pattern community_set_at(const struct community_set *set, size_t at);
size_t community_set_bytes(const struct community_set *set);
/* Equal for sets of the same entries, in whatever order and however often they were added. */
struct policy_digest community_set_digest(const struct community_set *set);

/* Adds the entries of a file (policy/set_file.h): patterns (policy/community_pattern.h). On error
 * the set is as it was. ERR_INVALID, ERR_RANGE. */
int community_set_read(struct community_set *set, const char *text, size_t len_bytes,
                       struct text_error *ret_error);

/* Goes through the communities of canonical attributes that are of some kinds (1 << enum
 * community_kind). */
struct community_cursor {
    struct reader attrs;
    struct reader value;
    unsigned kinds;
    enum community_kind kind; /* of what is in `value` */
    unsigned len_bytes;       /* of each */
};
struct community_cursor community_cursor_over(struct span attrs, unsigned kinds);
bool community_cursor_next(struct community_cursor *cursor, struct community *ret_community);

#endif
