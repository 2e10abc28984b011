/* Sources: how they come, change and go. */
#include "rib/source.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void make_room(struct rib_sources *s)
{
    s->size = s->size ? s->size * 2 : 16;
    s->at = mem_resize(s->at, s->size, sizeof(*s->at));
    s->life = mem_resize(s->life, s->size, sizeof(*s->life));
    s->adj_in = mem_resize(s->adj_in, s->size, FAMILY_COUNT * sizeof(*s->adj_in));
}

void rib_sources_init(struct rib_sources *s)
{
    *s = (struct rib_sources){.count = 1};
    make_room(s);
    s->at[0] = (struct rib_source){0};
}

static void release_entries(struct rib_sources *s, uint32_t source)
{
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        id_set_release(&rib_source_adj_in(s, source, f)->entries);
}

void rib_sources_release(struct rib_sources *s)
{
    for (uint32_t i = 1; i < s->count; i++) {
        release_entries(s, i);
        policy_neighbor_unref(s->life[i].neighbor);
    }
    free(s->adj_in);
    free(s->life);
    free(s->at);
}

/* --- coming and going --- */

uint32_t rib_source_add(struct rib_sources *s, const struct rib_source *what)
{
    uint32_t index = s->free;
    if (index != 0) {
        s->free = s->life[index].next_free;
    } else {
        if (s->count == s->size)
            make_room(s);
        index = s->count++;
    }
    s->at[index] = *what;
    s->life[index] = (struct rib_source_life){0};
    memset(rib_source_adj_in(s, index, 0), 0, FAMILY_COUNT * sizeof(*s->adj_in));
    s->changes++;
    return index;
}

/* The index of a removed source is free when nothing names it. */
static void settle(struct rib_sources *s, uint32_t source)
{
    struct rib_source_life *life = &s->life[source];
    if (!life->removed || life->dead_count > 0 || life->out_refs > 0)
        return;
    release_entries(s, source);
    policy_neighbor_unref(life->neighbor);
    s->at[source] = (struct rib_source){0};
    *life = (struct rib_source_life){.next_free = s->free};
    s->free = source;
}

bool rib_source_has_paths(const struct rib_sources *s, uint32_t source)
{
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        if (rib_source_adj_in(s, source, f)->paths > 0)
            return true;
    return false;
}

void rib_source_remove(struct rib_sources *s, uint32_t source)
{
    assert(!rib_source_has_paths(s, source));
    s->life[source].removed = true;
    s->at[source].user = NULL;
    settle(s, source);
}

void rib_source_ref(struct rib_sources *s, uint32_t source)
{
    s->life[source].out_refs++;
}

void rib_source_unref(struct rib_sources *s, uint32_t source)
{
    if (--s->life[source].out_refs == 0)
        settle(s, source);
}

/* --- what it is --- */

/* Whether another neighbour to policies has come. One that is the same is not taken over: what has
 * been found of it holds. */
static bool take_neighbor(struct rib_source_life *life, struct policy_neighbor *neighbor)
{
    if (!neighbor || neighbor == life->neighbor)
        return false;
    bool had_one = life->neighbor != NULL;
    if (had_one && policy_neighbor_equal(neighbor, life->neighbor))
        return false;
    policy_neighbor_unref(life->neighbor);
    life->neighbor = policy_neighbor_ref(neighbor);
    return had_one;
}

enum rib_source_change rib_source_alter(struct rib_sources *s, uint32_t source,
                                        const struct rib_source *what,
                                        struct policy_neighbor *neighbor)
{
    struct rib_source *now = &s->at[source];
    struct rib_source_life *life = &s->life[source];
    bool is_told_alike = now->reflector_client == what->reflector_client;
    bool looks_alike = now->session_kind == what->session_kind && now->local_as == what->local_as &&
                       now->link == what->link && now->router_id == what->router_id &&
                       now->route_server_client == what->route_server_client &&
                       now->only_to_customer == what->only_to_customer;
    looks_alike &= !take_neighbor(life, neighbor);
    if (is_told_alike && looks_alike)
        return RIB_SOURCE_SAME;
    now->session_kind = what->session_kind;
    now->reflector_client = what->reflector_client;
    now->route_server_client = what->route_server_client;
    now->only_to_customer = what->only_to_customer;
    now->local_as = what->local_as;
    now->link = what->link;
    now->router_id = what->router_id;
    s->changes++;
    s->altered += life->dead_count > 0 && !life->altered;
    life->altered = life->dead_count > 0;
    return looks_alike ? RIB_SOURCE_TOLD : RIB_SOURCE_LOOKS;
}

void rib_source_set_most(struct rib_sources *s, uint32_t source, enum family family, uint32_t paths,
                         uint32_t accepted)
{
    struct rib_adj_in *in = rib_source_adj_in(s, source, family);
    in->limited = paths != RIB_ANY_NUMBER || accepted != RIB_ANY_NUMBER;
    in->most_paths = paths;
    in->most_accepted = accepted;
}

/* --- generations --- */

/* What was dead at the mark is gone when a whole round has followed, which is one of two. */
static void count_generation(struct rib_sources *s, uint32_t source)
{
    struct rib_source_life *life = &s->life[source];
    uint8_t ended = s->at[source].generation++;
    bool is_swept = s->rounds - life->mark >= 2;
    if (life->dead_count == 0)
        life->oldest_dead = ended;
    else if (is_swept)
        life->oldest_dead = life->after_mark;
    else
        return;
    life->after_mark = s->at[source].generation;
    life->mark = s->rounds;
}

bool rib_source_is_worn(const struct rib_sources *s, uint32_t source)
{
    const struct rib_source_life *life = &s->life[source];
    uint8_t next = (uint8_t)(s->at[source].generation + 1);
    return life->dead_count > 0 && next == life->oldest_dead;
}

void rib_source_begin_generation(struct rib_sources *s, uint32_t source)
{
    struct rib_source_life *life = &s->life[source];
    if (rib_source_has_paths(s, source))
        count_generation(s, source);
    for (enum family f = 0; f < FAMILY_COUNT; f++) {
        struct rib_adj_in *in = rib_source_adj_in(s, source, f);
        life->dead_count += in->paths;
        s->dead[f] += in->paths;
        in->paths = in->rejected = 0;
        in->ignored = 0;
    }
}

void rib_source_is_clean(struct rib_sources *s, uint32_t source)
{
    s->altered -= s->life[source].altered;
    s->life[source].altered = false;
    settle(s, source);
}
