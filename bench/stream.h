/* Who announces what, and the UPDATEs for it as bytes, ready to be written to a socket. */
#ifndef BGPD_BENCH_STREAM_H
#define BGPD_BENCH_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

enum {
    PLAN_GENERATIONS = 16, /* how often a set's attributes can change, plus one */
};

/* Senders have consecutive AS numbers, and every path starts with its sender. When all senders
 * announce the whole table, one of them has the shortest path for a set, so that there is just one
 * right outcome whatever order things arrive in. */
struct plan {
    const struct table *table; /* borrowed */
    uint8_t *generations;      /* owned; of each set */
    uint32_t senders;
    uint32_t sender_as; /* of the first */
    bool split;         /* each sender has its share of the table, instead of all of it */
    bool own;           /* nobody sends: the daemon under test originates the table */
};

/* The one that a receiver is to end with, as a code: which sender, which generation. 0 is "not
 * held"; PLAN_CODE_OTHER is a path that starts with no sender of ours. */
enum { PLAN_CODE_OTHER = 1 };

static inline uint16_t plan_code(uint32_t sender, uint32_t generation)
{
    return (uint16_t)((sender + 1) << 4 | generation);
}

void plan_init(struct plan *p, const struct table *t, uint32_t senders, bool split);
void plan_release(struct plan *p);

/* Fills in the code that each prefix of the table must have in the end. */
void plan_expect(const struct plan *p, uint16_t *ret_codes);

/* Moves about `percent` of the prefixes, by sets, to the next generation. ret_changed (one per set)
 * tells which; `round` varies the choice. */
void plan_churn(struct plan *p, uint32_t percent, uint32_t round, bool *ret_changed);

/* Finds the code of a path from its first ASNs, host order. */
uint16_t plan_read_path(const struct plan *p, const uint32_t *ases, uint32_t count);

struct stream {
    uint8_t *data; /* owned */
    size_t len_bytes;
    size_t room_bytes;
    uint32_t messages;
};

/* Appends what `sender` announces; of sets with changed[set] only unless `changed` is NULL. */
void stream_add_announcements(struct stream *s, const struct plan *p, uint32_t sender,
                              const bool *changed);
void stream_release(struct stream *s);

#endif
