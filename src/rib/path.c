/* The paths of an entry.
 *
 * The best one stands in the entry itself. The others are an array in the order of their sources,
 * so that a path is found in few steps among thousands, and moved in one go to make room. */
#include "rib/path.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* --- the size of the array --- */

#define SMALL_STEPS      9u  /* up to 60 paths, in eights after the first */
#define LARGE_FIRST      64u /* then each power of two in quarters */
#define STEPS_PER_DOUBLE 4u

/* Paths that there is room for: one is the rule, then few steps. */
static inline uint32_t size_of_step(unsigned step)
{
    if (__builtin_expect(step <= SMALL_STEPS, 1))
        return step <= 1 ? step : step * 8 - 12;
    unsigned large = step - SMALL_STEPS - 1;
    return (LARGE_FIRST << (large / STEPS_PER_DOUBLE)) / STEPS_PER_DOUBLE *
           (STEPS_PER_DOUBLE + 1 + large % STEPS_PER_DOUBLE);
}

static void set_size(struct rib_entry *e, unsigned step)
{
    e->more_size = (uint8_t)step;
    e->more = mem_resize(e->more, size_of_step(step), sizeof(*e->more));
}

/* Gives back what is not needed. Large arrays keep a step in reserve, lest a path that comes and
 * goes should have all others copied. */
static void shrink(struct rib_entry *e)
{
    unsigned step = e->more_size;
    if (e->more_count == 0) {
        free(e->more);
        e->more = NULL;
        e->more_size = 0;
        return;
    }
    while (step > 1 && e->more_count <= size_of_step(step > SMALL_STEPS ? step - 2 : step - 1))
        step--;
    if (step != e->more_size)
        set_size(e, step);
}

/* --- the array --- */

unsigned rib_entry_place_by_halves(const struct rib_entry *e, uint32_t source, uint32_t path_id)
{
    unsigned low = 0;
    unsigned high = e->more_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (rib_path_is_before(&e->more[middle], source, path_id))
            low = middle + 1;
        else
            high = middle;
    }
    return low + 1;
}

/* Moves the paths of the array from `from` on, up to `end`, to `to`. */
static void move_paths(struct rib_entry *e, unsigned to, unsigned from, unsigned end)
{
    memmove(&e->more[to], &e->more[from], (end - from) * sizeof(*e->more));
}

void rib_entry_make_room(struct rib_entry *e, unsigned index)
{
    if (index == 0)
        return;
    assert(e->more_count < UINT16_MAX);
    if (e->more_count == size_of_step(e->more_size))
        set_size(e, e->more_size + 1u);
    if (index <= e->more_count)
        move_paths(e, index, index - 1, e->more_count);
    e->more[index - 1] = (struct rib_path){0};
    e->more_count++;
}

void rib_entry_remove_of_many(struct rib_entry *e, unsigned index)
{
    e->more_count--;
    if (index == 0)
        e->best = e->more[e->more_count];
    else if (index <= e->more_count)
        move_paths(e, index - 1, index, e->more_count + 1u);
    shrink(e);
}

void rib_entry_cut(struct rib_entry *e, unsigned count)
{
    if (count == e->more_count)
        return;
    e->more_count = (uint16_t)count;
    shrink(e);
}

void rib_entry_to_front(struct rib_entry *e, unsigned index)
{
    struct rib_path front = e->best;
    unsigned from = index - 1;
    unsigned to = rib_entry_place(e, front.source, front.path_id) - 1;
    e->best = e->more[from];
    if (to <= from) {
        move_paths(e, to + 1, to, from);
    } else {
        to--; /* the place that the new best leaves is before it */
        move_paths(e, from, from + 1, to + 1);
    }
    e->more[to] = front;
}
