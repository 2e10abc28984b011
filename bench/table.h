/* What the senders announce: prefixes, cut into sets that share path attributes, in the order in
 * which they are sent. A table is generated, read from an MRT capture of a session, or made from a
 * list of real prefixes. */
#ifndef BGPD_BENCH_TABLE_H
#define BGPD_BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* Prefixes longer than 64 bits do not occur in the tables. */
struct table_prefix {
    uint64_t high;   /* the upper 64 bits of the address; an IPv4 address stands in the upper 32 */
    uint8_t version; /* enum ip_version */
    uint8_t len_bits;
};

/* Prefixes order[first] … order[first + count - 1] are announced with the same attributes. */
struct table_set {
    uint64_t id; /* what its attributes are drawn from, where they are not captured */
    uint32_t first;
    uint32_t count;
    uint32_t origin_as;       /* 0: drawn */
    uint32_t attrs_at;        /* captured path attributes: offset in attr_bytes */
    uint32_t attrs_len_bytes; /* 0: attributes are drawn */
};

struct table {
    uint8_t version;               /* enum ip_version; a table holds one family */
    struct table_prefix *prefixes; /* owned; distinct */
    struct table_set *sets;        /* owned */
    uint32_t *order;               /* owned; indices into prefixes */
    uint8_t *attr_bytes;           /* owned */
    uint32_t prefix_count, set_count, order_count;
    size_t attr_len_bytes;
    uint32_t prefix_room, set_room, order_room;
    size_t attr_room_bytes;
};

/* Makes the table that `spec` asks for: "gen4:COUNT", "gen6:COUNT", "mrt:FILE", "list4:FILE" or
 * "list6:FILE" (files may be compressed with gzip). Exits with a message when that is not possible:
 * this is a bench tool. */
void table_load(struct table *t, const char *spec, uint64_t seed);
void table_release(struct table *t);

/* Appends; table_add_prefix returns the index of the new prefix. */
uint32_t table_add_prefix(struct table *t, struct table_prefix p);
void table_add_order(struct table *t, uint32_t prefix_index);
struct table_set *table_add_set(struct table *t);
uint32_t table_add_attrs(struct table *t, struct span attrs);

/* False for what is no prefix, or one beyond 64 bits. */
bool table_parse_prefix(const char *text, struct table_prefix *ret_prefix);

/* Prefixes of one sender when the table is split evenly among `senders`: [first, end) in order. */
void table_share(const struct table *t, uint32_t sender, uint32_t senders, uint32_t *ret_first,
                 uint32_t *ret_end);

/* The ways to fill a table. */
void table_generate(struct table *t, uint8_t version, uint32_t count, uint64_t seed);
void table_read_mrt(struct table *t, const char *path);

/* Ends the program with a message. */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
