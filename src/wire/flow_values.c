/* Numbers that a component of a flow takes (RFC 8955 §4.2.1.1).
 *
 * A flow has room for more than a thousand terms. As ranges in order they are asked by bisection,
 * so that the time that a flow takes is about that of reading it, however it is written. */
#include "wire/flow_values.h"

#include <stdlib.h>

#include "base/mem.h"

/* Terms that must hold together: a range, without some numbers. */
struct group {
    uint32_t first;
    uint32_t last;
    bool is_empty;
    const struct flow_term *terms;
    size_t count;
};

static void raise_first(struct group *g, uint32_t first)
{
    if (first > g->first)
        g->first = first;
}

static void lower_last(struct group *g, uint32_t last)
{
    if (last < g->last)
        g->last = last;
}

/* Has the group take no more than the term does; numbers in the middle apart. */
static void narrow(struct group *g, const struct flow_term *term)
{
    uint8_t op = term->op & FLOW_OP_COMPARE;
    if (op == 0 || (op == FLOW_OP_LESS && term->value == 0) ||
        (op == FLOW_OP_GREATER && term->value == UINT32_MAX)) {
        g->is_empty = true;
        return;
    }
    if (!(op & FLOW_OP_LESS))
        raise_first(g, op & FLOW_OP_EQUAL ? term->value : term->value + 1);
    if (!(op & FLOW_OP_GREATER))
        lower_last(g, op & FLOW_OP_EQUAL ? term->value : term->value - 1);
}

/* The group that begins with the term number `from`. */
static struct group group_at(const struct flow_term *terms, size_t from, size_t count)
{
    struct group g = {.last = UINT32_MAX, .terms = terms + from};
    do
        narrow(&g, &g.terms[g.count++]);
    while (from + g.count < count && (g.terms[g.count].op & FLOW_OP_AND));
    g.is_empty |= g.first > g.last;
    return g;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void add_range(struct flow_values *values, uint32_t first, uint32_t last)
{
    values->ranges[values->count++] = (struct flow_range){first, last};
}

/* Adds the ranges of a group: between the numbers that it leaves out, for which `out` has room. */
static void add_group(struct flow_values *values, const struct group *g, uint32_t *out)
{
    size_t out_count = 0;
    uint32_t first = g->first;
    if (g->is_empty)
        return;
    for (size_t i = 0; i < g->count; i++)
        if ((g->terms[i].op & FLOW_OP_COMPARE) == (FLOW_OP_LESS | FLOW_OP_GREATER))
            out[out_count++] = g->terms[i].value;
    qsort(out, out_count, sizeof(*out), by_number);
    for (size_t i = 0; i < out_count && out[i] <= g->last; i++) {
        if (out[i] < first)
            continue; /* it is no part, or was left out */
        if (out[i] > first)
            add_range(values, first, out[i] - 1);
        if (out[i] == UINT32_MAX)
            return;
        first = out[i] + 1;
    }
    if (first <= g->last)
        add_range(values, first, g->last);
}

static int by_first(const void *a, const void *b)
{
    return by_number(&((const struct flow_range *)a)->first,
                     &((const struct flow_range *)b)->first);
}

/* Puts them in order, and those together that touch each other. */
static void settle(struct flow_values *values)
{
    size_t count = 0;
    qsort(values->ranges, values->count, sizeof(*values->ranges), by_first);
    for (size_t i = 0; i < values->count; i++) {
        const struct flow_range *next = &values->ranges[i];
        struct flow_range *last = count > 0 ? &values->ranges[count - 1] : NULL;
        if (!last || (last->last != UINT32_MAX && next->first > last->last + 1))
            values->ranges[count++] = *next;
        else if (next->last > last->last)
            last->last = next->last;
    }
    values->count = count;
}

struct flow_values flow_values_of(const struct flow_term *terms, size_t count)
{
    /* A group has at most one range more than it leaves numbers out. */
    struct flow_values values = {.ranges = mem_alloc(2 * count * sizeof(*values.ranges) + 1)};
    uint32_t *out = mem_alloc(count * sizeof(*out) + 1);
    for (size_t i = 0; i < count;) {
        struct group g = group_at(terms, i, count);
        add_group(&values, &g, out);
        i += g.count;
    }
    free(out);
    settle(&values);
    return values;
}

void flow_values_release(struct flow_values *values)
{
    free(values->ranges);
    *values = (struct flow_values){0};
}

bool flow_values_have(const struct flow_values *values, uint32_t value)
{
    size_t from = 0;
    size_t to = values->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (values->ranges[middle].last < value)
            from = middle + 1;
        else
            to = middle;
    }
    return from < values->count && values->ranges[from].first <= value;
}
