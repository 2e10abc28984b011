/* Giving memory back. Most of what paths and neighbours take goes back to the system by itself;
 * what they have on the heap does when the heap is trimmed, which takes time. So it is done when
 * much has been freed, and looked at once in a while, as what belongs to a neighbour becomes free
 * some time after it. */
#include "daemon/memory.h"

#include "base/mem.h"
#include "daemon/state.h"

/* About what a path of many and a neighbour take on the heap, and how much must have been freed to
 * make it worth while. */
#define HEAP_PATH_BYTES     40u
#define HEAP_NEIGHBOR_BYTES 2000u
#define TRIM_BYTES          (4u << 20)

static uint64_t heap_bytes(const struct speaker *s)
{
    uint64_t total = s->rib.attrs.large_bytes + (uint64_t)s->neighbor_total * HEAP_NEIGHBOR_BYTES;
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        total += (uint64_t)s->rib.tables[f].path_count * HEAP_PATH_BYTES;
    return total;
}

static bool note_most(struct speaker *s, uint64_t deadline_ns)
{
    uint64_t bytes = heap_bytes(s);
    (void)deadline_ns;
    if (s->memory.most_bytes < bytes)
        s->memory.most_bytes = bytes;
    return false;
}

static void give_back(struct speaker *s)
{
    uint64_t bytes = heap_bytes(s);
    if (bytes + TRIM_BYTES > s->memory.most_bytes && !s->memory.has_freed)
        return;
    mem_trim();
    s->memory = (struct memory){.most_bytes = bytes};
}

void memory_freed(struct speaker *s)
{
    s->memory.has_freed = true;
}

const struct service memory_service = {.name = "memory", .work = note_most, .tick = give_back};
