/* The sweep: over the tables in the order of memory, round and round while there are dead paths. */
#include "rib/sweep.h"

void rib_source_down(struct rib *rib, uint32_t source)
{
    rib_source_begin_generation(&rib->sources, source);
    while (rib_source_is_worn(&rib->sources, source))
        rib_sweep(rib, UINT32_MAX);
}

/* Looks at up to *budget entries and paths of one table from sweep.pos on, the last entry whole.
 * True when it is done with it: there are no dead paths any more, or it is at the end. */
static bool sweep_table(struct rib *rib, struct rib_table *t, uint32_t *budget)
{
    uint32_t id = rib->sweep.pos;
    uint32_t end = slab_end(&t->entries);
    uint32_t left = *budget;
    const uint32_t *dead_paths = &rib->sources.dead[t->family];
    for (; id < end && left > 0 && *dead_paths > 0; id++) {
        if (slab_chunk_empty(&t->entries, id)) {
            id |= SLAB_CHUNK_ITEMS - 1;
            continue;
        }
        const struct rib_entry *e = rib_table_at(t, id);
        unsigned count = e->flags & ENTRY_IN_USE ? rib_entry_path_count(e) : 0;
        left -= count + 1 < left ? count + 1 : left;
        unsigned dead = count > 0 ? rib_entry_first_dead(rib, e) : 0;
        if (dead < count)
            rib_entry_bury(rib, t, id, dead);
    }
    rib->sweep.pos = id;
    *budget = left;
    return *dead_paths == 0 || id >= end;
}

bool rib_sweep(struct rib *rib, uint32_t budget)
{
    while (rib_has_dead_paths(rib) && budget > 0) {
        if (!sweep_table(rib, &rib->tables[rib->sweep.family], &budget))
            continue;
        rib->sweep.family = (rib->sweep.family + 1) % FAMILY_COUNT;
        rib->sweep.pos = 1;
        rib->sources.rounds += rib->sweep.family == 0;
    }
    rib_end_retelling(rib);
    return rib_has_dead_paths(rib);
}
