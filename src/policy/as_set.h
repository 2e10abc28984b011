/* Sets of AS numbers and ranges of them. Counted; immutable once settled. */
#ifndef BGPD_POLICY_AS_SET_H
#define BGPD_POLICY_AS_SET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "policy/digest.h"
#include "policy/text_error.h"

struct as_range {
    uint32_t low;
    uint32_t high; /* not below */
};

struct as_set {
    atomic_uint refs; /* configurations that are being loaded share it, too */
    bool settled;
    struct as_range *ranges; /* owned; settled: ascending, with numbers left out between any two */
    size_t count;
    size_t size;
    struct policy_digest digest; /* of what is settled */
};

/* An empty set with one reference; the last unref frees it. */
struct as_set *as_set_new(void);
struct as_set *as_set_ref(struct as_set *set);
void as_set_unref(struct as_set *set); /* NULL is fine */

/* Adds the numbers from `low` to `high` to a set that is not settled. */
void as_set_add(struct as_set *set, uint32_t low, uint32_t high);
/* Sorts it, and joins what meets. Before the set is asked it is to be settled, once; from then on
 * it does not change. */
void as_set_settle(struct as_set *set);

/* Of a settled set: */
bool as_set_has(const struct as_set *set, uint32_t as);
/* Whether any AS in an AS_PATH value (4-octet ASNs, checked) is in it, in whatever segment. */
bool as_set_has_any_of_path(const struct as_set *set, struct span as_path_value);
size_t as_set_count(const struct as_set *set); /* of ranges */
size_t as_set_bytes(const struct as_set *set);
/* Equal for sets of the same numbers. */
struct policy_digest as_set_digest(const struct as_set *set);

/* Reads "174", "AS174", "1.10" or a range of such, "64512-65534". 0 is a number here: lists of what
 * no route should have (RFC 7607) begin with it. ERR_INVALID or ERR_RANGE, and *ret_error says what
 * was expected. */
int as_set_parse_entry(const char *text, uint32_t *ret_low, uint32_t *ret_high,
                       struct text_error *ret_error);
/* Adds the entries of a file (policy/set_file.h): a word a line, or {"NN": [174, 3356]}, where
 * strings may stand, too. On error the set is as it was. ERR_INVALID, ERR_RANGE. */
int as_set_read(struct as_set *set, const char *text, size_t len_bytes,
                struct text_error *ret_error);

#endif
