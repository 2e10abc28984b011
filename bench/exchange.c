/* What is not of the table, in lists and VRPs, is in addresses that a table of this size does not
 * reach, so that it changes nothing but how much there is to look through. */
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "drawn.h"
#include "files.h"
#include "index.h"
#include "rng.h"

enum {
    OTHER_LISTS = 10, /* members whose list EXCHANGE_OTHER_LISTS changes */
    SHORTEST_LIST = 1000,
    LONGEST_LIST = 10000,
    UNLISTED_PER_CENT = 5,
    WRONG_ORIGIN_PER_CENT = 3,
    RIGHT_ORIGIN_PER_CENT = 47,
    FILLING_AT = 180, /* first octet of what fills lists */
    FILLING_SLASH_8S = 40,
    STRIDE = 7919, /* prime: neighbours are not neighbours in address order */
};

/* What the VRPs say of the prefixes of a table. */
enum known { UNKNOWN, RIGHT_ORIGIN, WRONG_ORIGIN };

static bool has_other_list(const struct plan *p, uint32_t sender)
{
    uint32_t every = p->senders / OTHER_LISTS;
    return every == 0 || (sender % every == 0 && sender / every < OTHER_LISTS);
}

static bool is_listed(const struct plan *p, enum exchange_version version, uint32_t sender,
                      const struct table_set *set)
{
    uint32_t draw = version >= EXCHANGE_OTHER_LISTS && has_other_list(p, sender) ? 4000 : 3000;
    return rng_of(set->id, draw + sender) % 100 >= UNLISTED_PER_CENT;
}

static bool has_bogon(const struct drawn *d)
{
    for (uint32_t i = 0; i < d->path_count; i++)
        if (d->path[i] == 23456 || (d->path[i] >= 65536 && d->path[i] <= 131071))
            return true;
    return false;
}

/* One byte for each prefix. VRPs are for prefixes that cover no others, so that each is judged by
 * its own alone. The caller frees it. */
static uint8_t *know_origins(const struct table *t)
{
    struct prefix_index index;
    uint8_t *known = mem_zalloc(t->prefix_count);
    bool *covers = mem_zalloc(t->prefix_count * sizeof *covers);
    index_build(&index, t);
    for (uint32_t i = 0; i < t->prefix_count; i++) {
        struct table_prefix p = t->prefixes[i];
        while (p.len_bits > 1) {
            p.len_bits--;
            p.high &= ~0ULL << (64 - p.len_bits);
            uint32_t at = index_search(&index, p);
            if (at != INDEX_NONE)
                covers[at] = true;
        }
    }
    for (uint32_t i = 0; i < t->prefix_count; i++) {
        uint64_t x = rng_of(t->prefixes[i].high, 62) % 100;
        if (!covers[i] && x < WRONG_ORIGIN_PER_CENT)
            known[i] = WRONG_ORIGIN;
        else if (!covers[i] && x < WRONG_ORIGIN_PER_CENT + RIGHT_ORIGIN_PER_CENT)
            known[i] = RIGHT_ORIGIN;
    }
    free(covers);
    index_release(&index);
    return known;
}

static void add_choice(struct choices *c, struct choice choice)
{
    uint32_t rank = 0;
    while (c->ranks[rank].code)
        rank++;
    c->ranks[rank] = choice;
}

void exchange_choices(const struct plan *p, enum exchange_version version,
                      struct choices *ret_choices)
{
    const struct table *t = p->table;
    uint8_t *known = know_origins(t);
    memset(ret_choices, 0, t->prefix_count * sizeof *ret_choices);
    for (uint32_t i = 0; i < t->set_count * PLAN_RANKS; i++) {
        const struct table_set *set = &t->sets[i / PLAN_RANKS];
        uint32_t sender = plan_announcer(p, set, i % PLAN_RANKS);
        if (sender == PLAN_NOBODY || !is_listed(p, version, sender, set))
            continue;
        struct drawn d;
        drawn_make(&d, p, sender, set);
        if (version < EXCHANGE_OTHER_RULE && has_bogon(&d))
            continue;
        uint32_t peer = drawn_meant_for(p, sender, set);
        struct choice choice = {
            .code = plan_code(sender, p->generations[i / PLAN_RANKS]),
            .withheld_from = peer == PLAN_NOBODY ? 0 : (uint16_t)(peer + 1),
        };
        for (uint32_t at = set->first; at < set->first + set->count; at++)
            if (known[t->order[at]] != WRONG_ORIGIN)
                add_choice(&ret_choices[t->order[at]], choice);
    }
    free(known);
}

/* --- files --- */

/* The n-th of the prefixes of a length that no table has; distinct until all have been had. */
static struct table_prefix filling(uint32_t n, uint8_t len_bits)
{
    uint64_t count = (uint64_t)FILLING_SLASH_8S << (len_bits - 8);
    uint64_t at = (uint64_t)n * STRIDE % count;
    return (struct table_prefix){((uint64_t)FILLING_AT << 56) + (at << (64 - len_bits)), IP_V4,
                                 len_bits};
}

static void write_list(const struct plan *p, enum exchange_version version, uint32_t sender,
                       FILE *file)
{
    const struct table *t = p->table;
    uint32_t size =
        SHORTEST_LIST + (uint32_t)(rng_of(sender, 63) % (LONGEST_LIST - SHORTEST_LIST + 1));
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->set_count; i++) {
        const struct table_set *set = &t->sets[i];
        if (!plan_announces(p, set, sender) || !is_listed(p, version, sender, set))
            continue;
        for (uint32_t at = set->first; at < set->first + set->count; at++, count++) {
            files_put_prefix(file, &t->prefixes[t->order[at]]);
            fputc('\n', file);
        }
    }
    for (uint32_t n = 0; count < size; n++, count++) {
        struct table_prefix more = filling(sender * LONGEST_LIST + n, 22);
        files_put_prefix(file, &more);
        fputs(" le 24\n", file);
    }
}

static void write_vrps(const struct plan *p, FILE *file)
{
    const struct table *t = p->table;
    uint8_t *known = know_origins(t);
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->set_count; i++) {
        struct drawn d;
        drawn_make(&d, p, plan_announcer(p, &t->sets[i], 0), &t->sets[i]);
        uint32_t origin = d.path[d.path_count - 1];
        for (uint32_t at = t->sets[i].first; at < t->sets[i].first + t->sets[i].count; at++) {
            const struct table_prefix *prefix = &t->prefixes[t->order[at]];
            uint8_t what = known[t->order[at]];
            if (what == UNKNOWN)
                continue;
            files_put_vrp(file, prefix, prefix->len_bits, origin + (what == WRONG_ORIGIN));
            count++;
        }
    }
    for (uint32_t n = 0; count < EXCHANGE_VRPS; n++, count++) {
        struct table_prefix more = filling(n, 24);
        files_put_vrp(file, &more, 24, 24000 + (uint32_t)(rng_of(n, 64) % 36000));
    }
    free(known);
}

void exchange_write(const struct plan *p, enum exchange_version version, const char *directory)
{
    for (uint32_t sender = 0; sender < p->senders; sender++) {
        char name[32];
        snprintf(name, sizeof name, "member-%u.txt", sender);
        FILE *file = files_open(directory, name);
        write_list(p, version, sender, file);
        files_close(file);
    }
    FILE *file = files_open(directory, "vrps.txt");
    write_vrps(p, file);
    files_close(file);
}
