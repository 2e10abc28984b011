/* Next hops of a group: linear probing, deletion by shifting back, at most half full. */
#include "rib/hops.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define MIN_SIZE 16u

void hops_release(struct hops *h)
{
    free(h->slots);
    *h = (struct hops){0};
}

struct hop_key hop_key_of_ip(const struct ip_addr *addr)
{
    struct ip_addr v6 = addr->version == IP_V4 ? ip_v4_mapped(addr) : *addr;
    struct hop_key key;
    memcpy(key.bytes, v6.bytes, sizeof(key.bytes));
    return key;
}

struct hop_key hop_key_of_next_hop(struct span next_hop)
{
    struct ip_addr addr = {0}; /* of flows, which have none */
    if (next_hop.len_bytes > 0)
        addr = ip_from_bytes(next_hop.len_bytes == 4 ? IP_V4 : IP_V6, next_hop.data);
    return hop_key_of_ip(&addr);
}

static bool exists(const struct hop *hop)
{
    return hop->member != 0 || hop->routes != 0;
}

static uint32_t home_of(const struct hops *h, const struct hop_key *key)
{
    return (uint32_t)hash_bytes(key->bytes, sizeof(key->bytes)) & (h->size - 1);
}

/* The slot of the key, or the free one where it belongs. */
static struct hop *slot_of(const struct hops *h, const struct hop_key *key)
{
    uint32_t i = home_of(h, key);
    while (exists(&h->slots[i]) && memcmp(&h->slots[i].key, key, sizeof(*key)) != 0)
        i = (i + 1) & (h->size - 1);
    return &h->slots[i];
}

static void resize(struct hops *h, uint32_t size)
{
    struct hops old = *h;
    h->size = size;
    h->slots = mem_zalloc(size * sizeof(*h->slots));
    for (uint32_t i = 0; i < old.size; i++)
        if (exists(&old.slots[i]))
            *slot_of(h, &old.slots[i].key) = old.slots[i];
    free(old.slots);
}

const struct hop *hops_find(const struct hops *h, const struct hop_key *key)
{
    const struct hop *hop = h->size > 0 ? slot_of(h, key) : NULL;
    return hop && exists(hop) ? hop : NULL;
}

/* Empties a slot and moves later ones of its run back, so that probing still finds them. */
static void close_hole(struct hops *h, uint32_t hole)
{
    uint32_t mask = h->size - 1;
    for (uint32_t i = (hole + 1) & mask; exists(&h->slots[i]); i = (i + 1) & mask) {
        uint32_t home = home_of(h, &h->slots[i].key);
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        h->slots[hole] = h->slots[i];
        hole = i;
    }
    h->slots[hole] = (struct hop){0};
}

static void change(struct hops *h, const struct hop_key *key, const uint32_t *member,
                   int32_t routes)
{
    if ((h->count + 1) * 2 > h->size)
        resize(h, h->size ? h->size * 2 : MIN_SIZE);
    struct hop *hop = slot_of(h, key);
    bool existed = exists(hop);
    hop->key = *key;
    hop->routes += (uint32_t)routes;
    if (member)
        hop->member = *member;
    h->count += exists(hop);
    h->count -= existed;
    if (existed && !exists(hop))
        close_hole(h, (uint32_t)(hop - h->slots));
    if (h->count == 0)
        hops_release(h);
    else if (h->size > MIN_SIZE && h->count * 8 < h->size)
        resize(h, h->size / 2);
}

void hops_set_member(struct hops *h, const struct hop_key *key, uint32_t member)
{
    change(h, key, &member, 0);
}

void hops_add_routes(struct hops *h, const struct hop_key *key, int32_t routes)
{
    change(h, key, NULL, routes);
}
