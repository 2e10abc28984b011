/* What two sets of prefixes differ in.
 *
 * Both are gone through at once, in their order, with what each accepts at the prefix at hand. What
 * one of them accepts there and the other does not differs, from there on down: a prefix within it
 * may differ in less, which is not looked for, or in more, which is told when it comes. */
#include "policy/prefix_set.h"

enum { NESTING_MAX = 130 };

/* One of the sets, and the next of its items. */
struct side {
    const struct prefix_set *set; /* borrowed; NULL: empty */
    struct prefix_set_cursor cursor;
    struct prefix_set_item next;
    bool ended;
};

/* A prefix that either set has, and what they accept there. */
struct level {
    struct prefix prefix;
    struct length_set accepted[2];
};

static void advance(struct side *side)
{
    side->ended = !side->set || !prefix_set_next(side->set, &side->cursor, &side->next);
}

/* Takes the next prefix that either has, with what each adds there. False at the end. */
static bool take_next(struct side sides[2], struct level *ret_level)
{
    const struct prefix_set_item *first = NULL;
    for (unsigned i = 0; i < 2; i++)
        if (!sides[i].ended &&
            (!first || prefix_compare(&sides[i].next.prefix, &first->prefix) < 0))
            first = &sides[i].next;
    if (!first)
        return false;
    *ret_level = (struct level){.prefix = first->prefix};
    for (unsigned i = 0; i < 2; i++) {
        if (sides[i].ended || !prefix_equal(&sides[i].next.prefix, &ret_level->prefix))
            continue;
        ret_level->accepted[i] = sides[i].next.lengths;
        advance(&sides[i]);
    }
    return true;
}

void prefix_set_each_difference(const struct prefix_set *a, const struct prefix_set *b,
                                void (*each)(void *ctx, const struct prefix *covering,
                                             uint8_t from_bits, uint8_t to_bits),
                                void *ctx)
{
    struct level levels[NESTING_MAX + 1] = {0}; /* the first stands for all, where nothing is */
    struct side sides[2] = {{.set = a}, {.set = b}};
    unsigned depth = 0;
    struct level next;
    uint8_t from_bits;
    uint8_t to_bits;
    advance(&sides[0]);
    advance(&sides[1]);
    while (take_next(sides, &next)) {
        while (depth > 0 && !prefix_covers(&levels[depth].prefix, &next.prefix))
            depth--;
        const struct level *around = &levels[depth];
        for (unsigned i = 0; i < 2; i++)
            next.accepted[i] = length_set_or(next.accepted[i], around->accepted[i]);
        struct length_set told = length_set_difference(around->accepted[0], around->accepted[1]);
        struct length_set here = length_set_difference(next.accepted[0], next.accepted[1]);
        here = length_set_without(here, told);
        levels[++depth] = next;
        while (length_set_take_run(&here, &from_bits, &to_bits))
            each(ctx, &next.prefix, from_bits, to_bits);
    }
}
