/* Generated tables, shaped like the default-free zone: the lengths of prefixes follow the real
 * distribution, neighbouring prefixes share a /16 (IPv4) or /28 (IPv6), shorter prefixes cover
 * longer ones that follow them, and about six prefixes share a set of attributes.
 *
 * A cursor walks the address space upwards. For every length the first address that is still free
 * for that length is kept, which is what makes all prefixes distinct. Sets are shuffled in the end:
 * a real table does not arrive in address order. */
#include "table.h"

#include "base/ip.h"
#include "base/mem.h"
#include "rng.h"

#include <stdlib.h>

struct share {
    uint8_t len_bits;
    uint32_t per_100k;
};

static const struct share shares_v4[] = {
    {24, 61960}, {23, 10200}, {22, 11500}, {21, 5200}, {20, 4700}, {19, 2600},
    {18, 1400},  {17, 900},   {16, 1100},  {15, 200},  {14, 120},  {13, 60},
    {12, 40},    {11, 10},    {10, 6},     {9, 2},     {8, 2},     {0, 0},
};

static const struct share shares_v6[] = {
    {48, 47000}, {32, 16500}, {44, 8500}, {40, 7500}, {36, 4500},
    {46, 3500},  {47, 3000},  {45, 2000}, {42, 2000}, {33, 1500},
    {29, 2000},  {38, 1000},  {34, 700},  {28, 300},  {0, 0},
};

/* Sizes of attribute sets: [low, high] with a weight; the mean is six. */
static const struct {
    uint8_t low, high;
    uint16_t per_mille;
} set_sizes[] = {
    {1, 1, 310},  {2, 2, 160},  {3, 3, 100},  {4, 4, 80},   {5, 5, 60},
    {6, 10, 140}, {11, 20, 90}, {21, 40, 50}, {41, 80, 10},
};

struct generator {
    struct table *table;
    const struct share *shares;
    struct rng rng;
    uint64_t cursor; /* upper 64 bits of an address */
    uint64_t free_from[65];
    uint64_t last_region;
    uint32_t in_region; /* prefixes since the region was entered */
    uint32_t region_max;
    uint8_t region_bits;
    uint64_t end;
};

static uint8_t draw_length(struct generator *g)
{
    uint32_t x = rng_below(&g->rng, 100000);
    const struct share *s = g->shares;
    while (s->per_100k && x >= s->per_100k)
        x -= (s++)->per_100k;
    return s->per_100k ? s->len_bits : g->shares[0].len_bits;
}

static uint32_t draw_set_size(struct rng *r)
{
    uint32_t x = rng_below(r, 1000);
    size_t i = 0;
    while (i + 1 < sizeof set_sizes / sizeof set_sizes[0] && x >= set_sizes[i].per_mille)
        x -= set_sizes[i++].per_mille;
    return set_sizes[i].low + rng_below(r, (uint32_t)(set_sizes[i].high - set_sizes[i].low) + 1u);
}

static uint64_t block_size(uint8_t len_bits)
{
    return 1ULL << (64 - len_bits);
}

/* Moves to the next region when this one has had its share of prefixes. */
static void spread_out(struct generator *g)
{
    uint64_t region = g->cursor >> (64 - g->region_bits);
    if (region != g->last_region) {
        g->last_region = region;
        g->in_region = 0;
    }
    if (++g->in_region <= g->region_max)
        return;
    g->cursor = (region + 1 + (rng_below(&g->rng, 4) == 0)) << (64 - g->region_bits);
    g->in_region = 0;
    g->last_region = g->cursor >> (64 - g->region_bits);
}

/* Private and loopback addresses are not accepted by everybody: the next address after them. */
static uint64_t past_special(const struct generator *g, uint64_t at)
{
    uint64_t slash8 = at >> 56;
    if (g->table->version == IP_V4 && (slash8 == 10 || slash8 == 127))
        return (slash8 + 1) << 56;
    return at;
}

static void add_prefix(struct generator *g)
{
    g->cursor = past_special(g, g->cursor);
    uint8_t len = draw_length(g);
    if (len < g->region_bits && (g->cursor & ~(block_size(len) - 1)) < g->free_from[len])
        len = g->shares[0].len_bits; /* the large block is taken: do not skip what is left of it */
    uint64_t size = block_size(len);
    uint64_t at = g->cursor & ~(size - 1);
    if (at < g->free_from[len]) /* taken: the next one after it */
        at = past_special(g, g->free_from[len]);
    if (at >= g->end)
        bench_fail("the address space is too small for this table");
    g->free_from[len] = at + size;
    if (at > g->cursor)
        g->cursor = at;
    if (len > g->shares[0].len_bits - 4) /* small blocks are used up, large ones are filled */
        g->cursor = at + size > g->cursor ? at + size : g->cursor;
    table_add_order(g->table, table_add_prefix(g->table, (struct table_prefix){
                                                             .high = at,
                                                             .version = g->table->version,
                                                             .len_bits = len,
                                                         }));
    spread_out(g);
}

static void shuffle_sets(struct table *t, struct rng *r)
{
    for (uint32_t i = t->set_count; i > 1; i--) {
        uint32_t j = rng_below(r, i);
        struct table_set swap = t->sets[i - 1];
        t->sets[i - 1] = t->sets[j];
        t->sets[j] = swap;
    }
    /* Prefixes are renumbered in the order of sending, so that whoever counts them reads on. */
    struct table_prefix *sorted = mem_resize(NULL, t->prefix_count, sizeof *sorted);
    uint32_t at = 0;
    for (uint32_t i = 0; i < t->set_count; i++) {
        struct table_set *set = &t->sets[i];
        for (uint32_t j = 0; j < set->count; j++)
            sorted[at + j] = t->prefixes[set->first + j];
        set->first = at;
        at += set->count;
    }
    free(t->prefixes);
    t->prefixes = sorted;
    t->prefix_room = t->prefix_count;
}

void table_generate(struct table *t, uint8_t version, uint32_t count, uint64_t seed)
{
    bool v4 = version == IP_V4;
    uint64_t start = v4 ? 1ULL << 56 : 0x2400ULL << 48;
    struct generator g = {
        .table = t,
        .shares = v4 ? shares_v4 : shares_v6,
        .rng = {.state = seed * 2 + (v4 ? 0 : 1)},
        .cursor = start,
        .region_bits = v4 ? 16 : 28,
        .region_max = count / 40000 > 25 ? count / 40000 : 25,
        .end = v4 ? 223ULL << 56 : 0x3000ULL << 48,
    };
    t->version = version;
    for (size_t len = 1; len <= 64; len++)
        g.free_from[len] = (start + block_size((uint8_t)len) - 1) & ~(block_size((uint8_t)len) - 1);
    while (t->prefix_count < count) {
        uint32_t size = draw_set_size(&g.rng);
        if (size > count - t->prefix_count)
            size = count - t->prefix_count;
        table_add_set(t)->count = size;
        for (uint32_t i = 0; i < size; i++)
            add_prefix(&g);
    }
    shuffle_sets(t, &g.rng);
}
