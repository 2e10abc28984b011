/* VRPs are drawn for prefixes of the table: most have the right origin, and a third lets longer
 * prefixes through, so that they have something to say of others' routes, too. Each prefix is
 * judged by all that cover it (RFC 6811), the plain way. */
#include "origins.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "drawn.h"
#include "files.h"
#include "index.h"
#include "rng.h"

enum {
    DRAWN_PER_CENT = 41, /* a little more than are taken */
    WRONG_ORIGIN_PER_CENT = 5,
    LONGER_PER_CENT = 30,
    LONGEST_BITS = 24,
    UPDATED_VRPS = 1000,
};

/* Of each prefix of the table. */
struct knowledge {
    uint32_t *origins;     /* owned */
    uint32_t *vrp_as;      /* owned; 0: there is no VRP for this very prefix */
    uint8_t *longest_bits; /* owned */
    uint32_t vrp_count;
};

/* The one VRP that a prefix may have, if it has one in this version. */
static void draw_vrp(struct knowledge *k, const struct table *t, uint32_t at,
                     enum origins_version version)
{
    const struct table_prefix *p = &t->prefixes[at];
    uint64_t key = p->high | p->len_bits;
    uint64_t x = rng_of(key, 70) % 100;
    uint64_t first = version == ORIGINS_FIRST ? 0 : DRAWN_PER_CENT;
    uint32_t wanted = t->prefix_count / 5 * 2;
    if (version == ORIGINS_NONE || x < first || x >= first + DRAWN_PER_CENT ||
        k->vrp_count == wanted)
        return;
    bool wrong = rng_of(key, 71) % 100 < WRONG_ORIGIN_PER_CENT;
    bool longer = p->len_bits < LONGEST_BITS && rng_of(key, 72) % 100 < LONGER_PER_CENT;
    k->vrp_as[at] = k->origins[at] + wrong;
    k->longest_bits[at] = longer ? LONGEST_BITS : p->len_bits;
    k->vrp_count++;
    uint32_t every = wanted / UPDATED_VRPS;
    if (version == ORIGINS_UPDATE && every > 0 && k->vrp_count % every == 0)
        k->vrp_as[at] = k->origins[at] + 2;
}

static void learn(struct knowledge *k, const struct plan *p, enum origins_version version)
{
    const struct table *t = p->table;
    *k = (struct knowledge){
        .origins = mem_zalloc(t->prefix_count * sizeof *k->origins),
        .vrp_as = mem_zalloc(t->prefix_count * sizeof *k->vrp_as),
        .longest_bits = mem_zalloc(t->prefix_count),
    };
    for (uint32_t i = 0; i < t->set_count; i++) {
        struct drawn d;
        drawn_make(&d, p, 0, &t->sets[i]);
        for (uint32_t n = t->sets[i].first; n < t->sets[i].first + t->sets[i].count; n++) {
            k->origins[t->order[n]] = d.path[d.path_count - 1];
            draw_vrp(k, t, t->order[n], version);
        }
    }
}

static void forget(struct knowledge *k)
{
    free(k->origins);
    free(k->vrp_as);
    free(k->longest_bits);
}

enum state { NOT_FOUND, VALID, INVALID };

static enum state judge(const struct knowledge *k, const struct table *t,
                        const struct prefix_index *index, uint32_t at)
{
    enum state state = NOT_FOUND;
    struct table_prefix p = t->prefixes[at];
    for (; p.len_bits > 0; p.len_bits--) {
        p.high &= ~0ULL << (64 - p.len_bits);
        uint32_t by = index_search(index, p);
        if (by == INDEX_NONE || !k->vrp_as[by])
            continue;
        if (k->vrp_as[by] == k->origins[at] && t->prefixes[at].len_bits <= k->longest_bits[by])
            return VALID;
        state = INVALID;
    }
    return state;
}

void origins_choices(const struct plan *p, enum origins_version version,
                     struct choices *ret_choices)
{
    const struct table *t = p->table;
    struct knowledge k;
    struct prefix_index index;
    learn(&k, p, version);
    index_build(&index, t);
    memset(ret_choices, 0, t->prefix_count * sizeof *ret_choices);
    for (uint32_t i = 0; i < t->set_count; i++) {
        uint16_t code = plan_code(0, p->generations[i]);
        for (uint32_t n = t->sets[i].first; n < t->sets[i].first + t->sets[i].count; n++) {
            enum state state = judge(&k, t, &index, t->order[n]);
            uint16_t marks = state == VALID ? PLAN_MARK_1 : 0;
            ret_choices[t->order[n]].ranks[0].code = state == INVALID ? 0 : code | marks;
        }
    }
    index_release(&index);
    forget(&k);
}

void origins_write(const struct plan *p, enum origins_version version, const char *directory)
{
    const struct table *t = p->table;
    struct knowledge k;
    learn(&k, p, version);
    FILE *file = files_open(directory, "vrps.txt");
    for (uint32_t i = 0; i < t->prefix_count; i++)
        if (k.vrp_as[i])
            files_put_vrp(file, &t->prefixes[i], k.longest_bits[i], k.vrp_as[i]);
    files_close(file);
    forget(&k);
}
