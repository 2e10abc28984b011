/* What route policies have to make of a table, the plain way: rule after rule, set after set. */
#include "outcome.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "drawn.h"
#include "exchange.h"
#include "origins.h"

/* --- import: the rules of harness/policies.py, in their order --- */

enum { REJECT = 0xFFFF, SHORTEST_BITS = 9, LONGEST_BITS = 24, LONGEST_PATH = 50 };

static const uint32_t tier1[] = {174, 701, 1299, 2914, 3257, 3320, 3356, 3491, 5511, 6461, 6762};

static bool is_bogon_as(uint32_t as)
{
    return as == 23456 || (as >= 64496 && as <= 131071);
}

static bool is_tier1(uint32_t as)
{
    for (size_t i = 0; i < sizeof tier1 / sizeof tier1[0]; i++)
        if (tier1[i] == as)
            return true;
    return false;
}

static bool path_has(const struct drawn *d, bool (*is)(uint32_t))
{
    for (uint32_t i = 0; i < d->path_count; i++)
        if (is(d->path[i]))
            return true;
    return false;
}

static bool has_community(const struct drawn *d, uint32_t low, uint32_t high)
{
    for (uint32_t i = 0; i < d->community_count; i++)
        if (d->communities[i] >= low && d->communities[i] <= high)
            return true;
    return false;
}

static bool is_watched_origin(const struct drawn *d)
{
    uint32_t origin = d->path[d->path_count - 1];
    return origin >= 400000 && origin < 400000 + 7 * 2000 && (origin - 400000) % 7 == 0;
}

/* The marks that the rules which look at attributes give, or REJECT. */
static uint16_t judge(const struct outcome *o, const struct drawn *d)
{
    if (path_has(d, is_bogon_as) || d->path_count > LONGEST_PATH || path_has(d, is_tier1) ||
        has_community(d, drawn_community(65535, 666), drawn_community(65535, 666)))
        return REJECT;
    if (o->version == OUTCOME_REJECTS_ORIGINS && is_watched_origin(d))
        return REJECT;
    bool marked = has_community(d, drawn_community(65000, 80), drawn_community(65000, 80)) ||
                  has_community(d, drawn_community(65000, 200), drawn_community(65000, 299)) ||
                  is_watched_origin(d) || d->path_count == 3 ||
                  (d->path_count >= 2 && d->path[d->path_count - 2] == 7018);
    uint16_t marks = marked ? PLAN_MARK_1 : 0;
    return o->version == OUTCOME_FIRST ? marks : marks | PLAN_MARK_2;
}

static uint16_t import(const struct outcome *o, const struct table_prefix *prefix, uint16_t code,
                       uint16_t marks)
{
    if (marks == REJECT || prefix->len_bits < SHORTEST_BITS || prefix->len_bits > LONGEST_BITS ||
        prefix_list_match(&o->rejected, prefix))
        return 0;
    return code | marks;
}

/* Turns the codes that prefixes would have without a policy into those that they must have. */
static void import_all(const struct outcome *o, const struct plan *plan, uint16_t *codes)
{
    const struct table *t = plan->table;
    for (uint32_t i = 0; i < t->set_count; i++) {
        struct drawn d;
        drawn_make(&d, plan, 0, &t->sets[i]);
        uint16_t marks = judge(o, &d);
        for (uint32_t at = t->sets[i].first; at < t->sets[i].first + t->sets[i].count; at++) {
            uint16_t *code = &codes[t->order[at]];
            *code = import(o, &t->prefixes[t->order[at]], *code, marks);
        }
    }
}

/* --- export --- */

uint16_t outcome_key(const struct outcome *o, uint32_t sender)
{
    if (o->kind == OUTCOME_PEER_AS || o->kind == OUTCOME_MEMBERS)
        return (uint16_t)(sender + 1);
    return o->kind == OUTCOME_CLASSES ? (uint16_t)(sender % DRAWN_CLASSES + 1) : 0;
}

/* Who is not to be told: the key of the receivers that a set is not meant for. */
static void withhold(const struct outcome *o, const struct plan *plan, struct choices *choices)
{
    const struct table *t = plan->table;
    for (uint32_t i = 0; i < t->set_count; i++) {
        uint32_t peer = drawn_meant_for(plan, 0, &t->sets[i]);
        uint16_t key = peer == PLAN_NOBODY ? 0 : outcome_key(o, peer);
        for (uint32_t at = t->sets[i].first; at < t->sets[i].first + t->sets[i].count; at++)
            choices[t->order[at]].ranks[0].withheld_from = key;
    }
}

void outcome_choices(const struct outcome *o, const struct plan *plan, struct choices *ret_choices)
{
    if (o->kind == OUTCOME_MEMBERS) {
        exchange_choices(plan, o->version, ret_choices);
        return;
    }
    if (o->kind == OUTCOME_ORIGINS) {
        origins_choices(plan, o->version, ret_choices);
        return;
    }
    uint32_t count = plan->table->prefix_count;
    uint16_t *codes = mem_zalloc(count * sizeof *codes);
    plan_expect(plan, codes);
    if (o->kind == OUTCOME_IMPORT)
        import_all(o, plan, codes);
    memset(ret_choices, 0, count * sizeof *ret_choices);
    for (uint32_t i = 0; i < count; i++)
        ret_choices[i].ranks[0].code = codes[i];
    withhold(o, plan, ret_choices);
    free(codes);
}
