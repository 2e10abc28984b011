/* Who announces what, and what of it everybody is to hold in the end. */
#ifndef BGPD_BENCH_PLAN_H
#define BGPD_BENCH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

enum {
    PLAN_GENERATIONS = 16, /* how often a set's attributes can change, plus one */
};

/* What generated attributes have beside the usual, so that policies find something. */
enum traits {
    TRAITS_NONE,
    TRAITS_IMPORT,  /* what import policies look for: each in a few sets (drawn.c) */
    TRAITS_PEERS,   /* a tenth of the sets has communities that are meant for one of the senders */
    TRAITS_MEMBERS, /* so has a tenth of what each announces; a hundredth has a bogon in its path */
};

/* Which sender announces what of the table. */
enum sharing {
    SHARING_NONE,  /* all of it */
    SHARING_SPLIT, /* its share */
    /* Its share, and some of what others announce: a set has up to PLAN_RANKS announcers, as at an
     * exchange, and the path of each is longer than that of the one before. */
    SHARING_MEMBERS,
};

enum { PLAN_RANKS = 3 };

/* Senders have consecutive AS numbers, and every path starts with its sender. When all senders
 * announce the whole table, one of them has the shortest path for a set, so that there is just one
 * right outcome whatever order things arrive in. */
struct plan {
    const struct table *table; /* borrowed */
    uint8_t *generations;      /* owned; of each set */
    uint32_t senders;
    uint32_t sender_as; /* of the first */
    enum traits traits;
    enum sharing sharing;
    bool own; /* nobody sends: the daemon under test originates the table */
};

/* The one that a receiver is to end with, as a code: which sender, which generation, and which of
 * the communities that policies mark routes with. 0 is "not held"; PLAN_CODE_OTHER is a path that
 * starts with no sender of ours. */
enum {
    PLAN_CODE_OTHER = 1,
    PLAN_CODE_ANY = 2,    /* whatever is held is right */
    PLAN_MARK_1 = 0x4000, /* the route has 64999:1 */
    PLAN_MARK_2 = 0x8000, /* 64999:2 */
    PLAN_MARKS = PLAN_MARK_1 | PLAN_MARK_2,
    PLAN_SENDERS_MAX = 1022, /* what the other bits of a code have room for */
};

static inline uint16_t plan_code(uint32_t sender, uint32_t generation)
{
    return (uint16_t)((sender + 1) << 4 | generation);
}

void plan_init(struct plan *p, const struct table *t, uint32_t senders, enum sharing sharing);
void plan_release(struct plan *p);

/* The sender whose path for `set` is the shortest, where all announce it. */
uint32_t plan_winner(const struct plan *p, const struct table_set *set);

#define PLAN_NOBODY UINT32_MAX

/* With SHARING_MEMBERS, the sender whose path for `set` is the shortest (rank 0), or the next one;
 * PLAN_NOBODY: there are fewer. */
uint32_t plan_announcer(const struct plan *p, const struct table_set *set, uint32_t rank);

/* With SHARING_MEMBERS, whether `sender` announces the set. */
bool plan_announces(const struct plan *p, const struct table_set *set, uint32_t sender);

/* By how many ASNs the path of `sender` is longer than the shortest one for `set`, which it
 * announces. */
uint32_t plan_detour(const struct plan *p, const struct table_set *set, uint32_t sender);

/* Fills in the code that each prefix of the table must have in the end, where no policy says
 * otherwise. Not for SHARING_MEMBERS: see exchange.h. */
void plan_expect(const struct plan *p, uint16_t *ret_codes);

/* Moves about `percent` of the prefixes, by sets, to the next generation. ret_changed (one per set)
 * tells which; `round` varies the choice. */
void plan_churn(struct plan *p, uint32_t percent, uint32_t round, bool *ret_changed);

/* The ASN that stands after the sender's in the paths of a set. */
uint32_t plan_generation_as(const struct plan *p, const struct table_set *set);

/* Finds the code of a path from its first ASNs, host order. */
uint16_t plan_read_path(const struct plan *p, const uint32_t *ases, uint32_t count);

#endif
