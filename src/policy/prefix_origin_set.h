/* Sets of prefixes with their origins, as route objects of a registry have them: "10.0.0.0/8 le 24
 * 64500" is every prefix of 8 to 24 bits within 10.0.0.0/8 that begins in AS 64500, and with "*" in
 * the place of the AS, in whatever AS. Counted; immutable once settled.
 *
 * Settled, an AS with three prefixes takes some 700 bytes: a set of 60,000 entries of 20,000 ASNs
 * 14 MB. It is asked by halves for the AS, and then for the prefix. */
#ifndef BGPD_POLICY_PREFIX_ORIGIN_SET_H
#define BGPD_POLICY_PREFIX_ORIGIN_SET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/prefix_set.h"

/* An entry. */
struct prefix_origin {
    struct prefix_entry entry;
    uint32_t as;
    bool is_of_any; /* whatever the AS; `as` is 0 */
};

/* The prefixes of an AS. */
struct prefix_origin_group {
    uint32_t as;
    bool is_of_any;
    struct prefix_set *prefixes; /* a reference, settled */
};

struct prefix_origin_set {
    atomic_uint refs; /* configurations that are being loaded share it, too */
    bool settled;
    struct prefix_origin *entries; /* owned; until it is settled */
    size_t count;                  /* settled: of prefixes, each once for an AS */
    size_t size;
    struct prefix_origin_group *groups; /* owned; settled: those of any AS first, then by AS */
    size_t group_count;
    struct policy_digest digest; /* of what is settled */
};

/* An empty set with one reference; the last unref frees it. */
struct prefix_origin_set *prefix_origin_set_new(void);
struct prefix_origin_set *prefix_origin_set_ref(struct prefix_origin_set *set);
void prefix_origin_set_unref(struct prefix_origin_set *set); /* NULL is fine */

/* Adds an entry, or all entries of a settled set, to one that is not settled. */
void prefix_origin_set_add(struct prefix_origin_set *set, const struct prefix_origin *entry);
void prefix_origin_set_add_all(struct prefix_origin_set *set, const struct prefix_origin_set *from);
/* Sorts it. Before the set is asked it is to be settled, once; from then on it does not change. */
void prefix_origin_set_settle(struct prefix_origin_set *set);

/* Of a settled set: whether it has the prefix with this whole address (4 or 16 bytes, host bits
 * zero) and length, for this origin. AS 0 stands for one that is not known. */
bool prefix_origin_set_has(const struct prefix_origin_set *set, uint8_t ip_version,
                           const uint8_t *address_bytes, uint8_t len_bits, uint32_t as);
size_t prefix_origin_set_count(const struct prefix_origin_set *set);
/* Equal for sets of the same entries, in whatever order and however often they were added. */
struct policy_digest prefix_origin_set_digest(const struct prefix_origin_set *set);

/* Reads an entry of a prefix set with an AS, or "*", behind it: "192.0.2.0/24 le 26 64500".
 * ERR_INVALID or ERR_RANGE, and *ret_error says what was expected. */
int prefix_origin_parse(const char *text, struct prefix_origin *ret_entry,
                        struct text_error *ret_error);
/* Adds the entries of a file (policy/set_file.h): one a line, or a JSON list of texts. On error the
 * set is as it was. ERR_INVALID, ERR_RANGE. */
int prefix_origin_set_read(struct prefix_origin_set *set, const char *text, size_t len_bytes,
                           struct text_error *ret_error);

#endif
