/* Sets of prefixes with ranges of lengths, of both IP versions: "10.0.0.0/8 le 24" is every prefix
 * of 8 to 24 bits within 10.0.0.0/8. Counted; immutable once settled.
 *
 * Settled, those of a table take 6.4 bytes an entry of IPv4 and 11.1 of IPv6, longer ones than 64
 * bits 19; in that stand 32 bytes for each way in which prefixes and their lengths nest, of which
 * there are hundreds where entries are generated from registries or tables. A set of 100,000 of
 * IPv4 is asked in some 30 ns in address order, and 40 ns in none. */
#ifndef BGPD_POLICY_PREFIX_SET_H
#define BGPD_POLICY_PREFIX_SET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "policy/digest.h"
#include "policy/length_set.h"
#include "policy/prefix_keys.h"
#include "policy/text_error.h"
#include "wire/family_row.h"

/* As it was added. */
struct prefix_entry {
    struct prefix prefix;
    uint8_t from_bits; /* not below the length of the prefix */
    uint8_t to_bits;
};

/* The entries of one width: IPv4; IPv6 of up to 64 bits; longer ones. */
struct prefix_part {
    struct prefix_keys keys;
    void *shapes; /* owned: of each key, uint16_t or, where there are so many, uint32_t */
};

struct prefix_set {
    atomic_uint refs; /* configurations that are being loaded share it, too */
    bool settled;
    bool wide_shapes;
    struct prefix_entry *entries; /* owned; until it is settled */
    size_t count;                 /* settled: of prefixes with entries of their own */
    size_t size;
    struct prefix_part parts[PREFIX_WIDTHS];
    struct prefix_shape *shapes; /* owned */
    uint32_t shape_count;
    struct policy_digest digest; /* of what is settled */
};

/* An empty set with one reference; the last unref frees it. */
struct prefix_set *prefix_set_new(void);
struct prefix_set *prefix_set_ref(struct prefix_set *set);
void prefix_set_unref(struct prefix_set *set); /* NULL is fine */

/* Adds the prefixes within `p` of these lengths, the first not shorter than `p`, to a set that is
 * not settled. */
void prefix_set_add(struct prefix_set *set, const struct prefix *p, uint8_t from_bits,
                    uint8_t to_bits);
/* Sorts it, and drops what is there twice or within other entries. Before the set is asked it is to
 * be settled, once; from then on it does not change. */
void prefix_set_settle(struct prefix_set *set);

/* Of a settled set: whether it has the prefix with this whole address (4 or 16 bytes, host bits
 * zero) and length. */
bool prefix_set_has(const struct prefix_set *set, uint8_t ip_version, const uint8_t *address_bytes,
                    uint8_t len_bits);
/* The same for several routes of a family whose keys are prefixes, in two steps, so that memory
 * answers to all of them at once: where each is to be looked for (which comes into the cache
 * meanwhile), and whether it is there. */
void prefix_set_fetch(const struct prefix_set *set, const struct family_info *f,
                      const struct nlri_key *keys, unsigned count, uint32_t *ret_places);
void prefix_set_has_each(const struct prefix_set *set, const struct family_info *f,
                         const struct nlri_key *keys, const uint32_t *places, unsigned count,
                         bool *ret_has);
/* Of a settled set: whether the prefix lies within one of an entry, whatever lengths that accepts.
 */
bool prefix_set_covers(const struct prefix_set *set, uint8_t ip_version,
                       const uint8_t *address_bytes, uint8_t len_bits);
size_t prefix_set_count(const struct prefix_set *set);
size_t prefix_set_bytes(const struct prefix_set *set);
/* Equal for sets of the same entries, in whatever order and however often they were added. */
struct policy_digest prefix_set_digest(const struct prefix_set *set);

/* Goes through a settled set: IPv4 first, in address order, what covers in front of what is
 * covered. Begins with a cursor that is zero-initialised; false at the end. */
struct prefix_set_cursor {
    uint32_t at[PREFIX_WIDTHS];
};
struct prefix_set_item {
    struct prefix prefix;
    struct length_set lengths; /* those that no covering item has already */
};
bool prefix_set_next(const struct prefix_set *set, struct prefix_set_cursor *cursor,
                     struct prefix_set_item *ret_item);

/* Calls `each` with ranges, as those of entries, so that every prefix that is in exactly one of the
 * sets (settled; NULL: an empty one) is within one of the ranges. They are those of entries that
 * the other set does not have likewise; some of what is in such a range may be in both. */
void prefix_set_each_difference(const struct prefix_set *a, const struct prefix_set *b,
                                void (*each)(void *ctx, const struct prefix *covering,
                                             uint8_t from_bits, uint8_t to_bits),
                                void *ctx);

/* Reads an entry:
 *   192.0.2.0/24                 that prefix alone
 *   10.0.0.0/8 le 24             from its own length to 24
 *   10.0.0.0/8 ge 24             from 24 to the longest there is
 *   2001:db8::/32 ge 48 le 64    from 48 to 64
 * ERR_INVALID or ERR_RANGE, and *ret_error says what was expected. */
int prefix_set_parse_entry(const char *text, struct prefix *ret_prefix, uint8_t *ret_from_bits,
                           uint8_t *ret_to_bits, struct text_error *ret_error);
/* Adds the entries of a file (policy/set_file.h): one a line, or what bgpq4 -j writes. On error the
 * set is as it was. ERR_INVALID, ERR_RANGE. */
int prefix_set_read(struct prefix_set *set, const char *text, size_t len_bytes,
                    struct text_error *ret_error);

#endif
