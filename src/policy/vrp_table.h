/* Validated ROA payloads, and the origin validation of routes by them (RFC 6811). Several sources
 * may have the same VRP, which is then counted.
 *
 * A prefix takes 16 bytes for IPv4 and 28 for IPv6 beside some 8 in its tree, each further VRP
 * of it 12. What covers a route is found on one way down the tree. */
#ifndef BGPD_POLICY_VRP_TABLE_H
#define BGPD_POLICY_VRP_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/slab.h"
#include "base/tree.h"
#include "policy/text_error.h"

struct vrp {
    struct prefix prefix;
    uint8_t max_length; /* from the length of the prefix to the longest there is */
    uint32_t as;        /* 0: nobody may originate it (RFC 6483 §4) */
};

/* IPv4 first, in address order, shorter prefixes first: <0, 0 (the same), >0. */
int vrp_compare(const struct vrp *a, const struct vrp *b);

/* Sources that may have the same VRP. */
#define VRP_SOURCES_MAX UINT16_MAX

struct vrp_table {
    struct vrp_family {
        struct slab prefixes;
        struct tree tree;
        uint32_t count; /* of VRPs, each once */
    } families[2];      /* IPv4, IPv6 */
    struct slab more;   /* the VRPs of a prefix after its first one */
    uint64_t changes;   /* how often any has come or gone */
};

void vrp_table_init(struct vrp_table *t);
void vrp_table_release(struct vrp_table *t);

/* A source more has it; true: it is new. */
bool vrp_table_add(struct vrp_table *t, const struct vrp *vrp);
/* A source less, of those that have it; true: it is gone. */
bool vrp_table_remove(struct vrp_table *t, const struct vrp *vrp);
static inline uint32_t vrp_table_count(const struct vrp_table *t)
{
    return t->families[0].count + t->families[1].count;
}

/* What is known of the origin of a route (RFC 6811 §2). */
enum rov_state { ROV_NOT_FOUND, ROV_VALID, ROV_INVALID, ROV_STATES };
/* "not-found", "valid", "invalid"; static storage. */
const char *rov_state_text(enum rov_state state);

/* The state of a route to the prefix with this whole address (4 or 16 bytes) and length. AS 0
 * stands for an origin that is not known, and is never valid. */
enum rov_state vrp_table_validate(const struct vrp_table *t, uint8_t ip_version,
                                  const uint8_t *address_bytes, uint8_t len_bits, uint32_t as);
/* Brings what is looked at on the way to up to TREE_WAYS_MAX prefixes (whole addresses, as above)
 * into the cache, of all at once. */
void vrp_table_fetch(const struct vrp_table *t, uint8_t ip_version,
                     const uint8_t *const *address_bytes, const uint8_t *len_bits, unsigned count);
/* Calls `each` for the VRPs that cover it: the shortest prefix first. */
void vrp_table_each_covering(const struct vrp_table *t, uint8_t ip_version,
                             const uint8_t *address_bytes, uint8_t len_bits,
                             void (*each)(void *ctx, const struct vrp *vrp), void *ctx);

/* Reads "192.0.2.0/24 64500" or, with the longest prefix that may be announced, "192.0.2.0/24 le 26
 * 64500". ERR_INVALID or ERR_RANGE, and *ret_error says what was expected. */
int vrp_parse(const char *text, struct vrp *ret_vrp, struct text_error *ret_error);
/* Appends the same. */
void vrp_format(const struct vrp *vrp, struct strbuf *out);

#endif
