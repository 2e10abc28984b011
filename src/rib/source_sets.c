/* Sets of sources, in chains by a hash of their members. */
#include "rib/source_sets.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define CHAINS 1024u

struct set {
    uint64_t hash;
    uint32_t first; /* index of its first member in `ids` */
    uint32_t count;
    uint32_t next; /* index + 1 of the next set with a like hash */
    uint32_t notes[2];
};

struct source_sets {
    struct set *sets; /* owned, as is `ids` */
    uint32_t count;
    uint32_t size;
    uint32_t *ids;
    uint32_t id_count;
    uint32_t id_size;
    uint32_t chains[CHAINS];
};

struct source_sets *source_sets_new(void)
{
    return mem_zalloc(sizeof(struct source_sets));
}

void source_sets_free(struct source_sets *sets)
{
    free(sets->sets);
    free(sets->ids);
    free(sets);
}

/* Puts a set into sets->ids, after those that count; its size. */
static uint32_t write_set(struct source_sets *sets, const uint32_t *sources, uint32_t count,
                          struct source_sets_more more)
{
    uint32_t needed = sets->id_count + count + SOURCE_SETS_MORE;
    if (needed > sets->id_size) {
        sets->id_size = needed * 2;
        sets->ids = mem_resize(sets->ids, sets->id_size, sizeof(*sets->ids));
    }
    uint32_t *ids = sets->ids + sets->id_count;
    uint32_t done = 0; /* of `sources` */
    uint32_t written = 0;
    for (unsigned i = 0; i < SOURCE_SETS_MORE; i++) {
        uint32_t next = more.of[i];
        if (next == 0)
            continue;
        for (; done < count && sources[done] < next; done++)
            ids[written++] = sources[done];
        done += done < count && sources[done] == next;
        if (written == 0 || ids[written - 1] != next)
            ids[written++] = next;
    }
    if (count > done)
        memcpy(ids + written, sources + done, (count - done) * sizeof(*ids));
    return written + count - done;
}

uint32_t source_sets_name(struct source_sets *sets, const uint32_t *sources, uint32_t count,
                          struct source_sets_more more)
{
    struct set set = {.first = sets->id_count, .count = write_set(sets, sources, count, more)};
    if (set.count == 0)
        return 0;
    const uint32_t *ids = sets->ids + set.first;
    if (set.count == 1)
        return ids[0];
    set.hash = hash_bytes(ids, set.count * sizeof(*ids));
    uint32_t *chain = &sets->chains[set.hash % CHAINS];
    for (uint32_t i = *chain; i != 0; i = sets->sets[i - 1].next) {
        const struct set *other = &sets->sets[i - 1];
        if (other->hash == set.hash && other->count == set.count &&
            memcmp(sets->ids + other->first, ids, set.count * sizeof(*ids)) == 0)
            return (i - 1) | SOURCE_SET_MANY;
    }
    if (sets->count == sets->size) {
        sets->size = sets->size ? sets->size * 2 : 16;
        sets->sets = mem_resize(sets->sets, sets->size, sizeof(*sets->sets));
    }
    set.next = *chain;
    *chain = sets->count + 1;
    sets->id_count += set.count;
    sets->sets[sets->count] = set;
    return sets->count++ | SOURCE_SET_MANY;
}

const uint32_t *source_sets_members(const struct source_sets *sets, const uint32_t *name,
                                    uint32_t *ret_count)
{
    if (source_set_has_many(*name)) {
        const struct set *set = &sets->sets[*name & ~SOURCE_SET_MANY];
        *ret_count = set->count;
        return sets->ids + set->first;
    }
    *ret_count = *name != 0;
    return name;
}

uint32_t *source_sets_notes(struct source_sets *sets, uint32_t name)
{
    return sets->sets[name & ~SOURCE_SET_MANY].notes;
}

void source_sets_forget(struct source_sets *sets)
{
    for (uint32_t i = 0; i < sets->count; i++)
        sets->chains[sets->sets[i].hash % CHAINS] = 0;
    sets->count = sets->id_count = 0;
}
