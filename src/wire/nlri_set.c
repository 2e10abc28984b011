/* What an UPDATE announces in one family (RFC 4271 §4.3).
 *
 * The table holds where in the message each NLRI stands, so that it is small; what is
 * there is read again, as a key, when the hashes are equal. */
#include "wire/nlri_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct nlri_set_place {
    uint32_t hash;
    uint32_t offset; /* + 1 in the two runs, one after the other; 0: free */
};

/* The key of one NLRI: what is hashed and compared. */
struct key {
    struct nlri_key key;
    uint8_t bytes[NLRI_ROOM_BYTES];
};

/* Reads the next key; false at the end. */
static bool next_key(struct reader *r, enum family family, struct key *ret_key)
{
    const struct family_info *f = family_info(family);
    struct nlri nlri;
    if (f->read(f, r, ret_key->bytes, &nlri, 1) == 0)
        return false;
    ret_key->key = nlri.key;
    return true;
}

static struct reader reader_at(const struct nlri_set *set, uint32_t offset)
{
    struct span run = set->runs[0];
    if (offset >= run.len_bytes) {
        offset -= (uint32_t)run.len_bytes;
        run = set->runs[1];
    }
    struct reader r = reader_over(run);
    reader_take(&r, offset);
    return r;
}

static bool is_at(const struct nlri_set *set, uint32_t offset, struct nlri_key key)
{
    struct key there;
    struct reader r = reader_at(set, offset);
    return next_key(&r, set->family, &there) &&
           nlri_key_equal(family_info(set->family), there.key, key);
}

/* Where a key is, or is to be put. */
static struct nlri_set_place *place_of(const struct nlri_set *set, struct nlri_key key,
                                       uint32_t *ret_hash)
{
    size_t bytes = nlri_key_bytes(family_info(set->family), key);
    uint32_t hash = (uint32_t)hash_bytes_seeded(key.bytes, bytes, set->seed + key.len);
    uint32_t mask = set->size - 1;
    uint32_t i = hash & mask;
    while (set->places[i].offset != 0 &&
           (set->places[i].hash != hash || !is_at(set, set->places[i].offset - 1, key)))
        i = (i + 1) & mask;
    *ret_hash = hash;
    return &set->places[i];
}

static uint32_t count_keys(const struct nlri_set *set)
{
    struct key key;
    uint32_t count = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct reader r = reader_over(set->runs[i]);
        while (next_key(&r, set->family, &key))
            count++;
    }
    return count;
}

static void add_run(struct nlri_set *set, struct span run, uint32_t start)
{
    struct key key;
    struct reader r = reader_over(run);
    for (;;) {
        uint32_t offset = start + (uint32_t)(run.len_bytes - reader_left(&r));
        if (!next_key(&r, set->family, &key))
            return;
        uint32_t hash;
        struct nlri_set_place *place = place_of(set, key.key, &hash);
        *place = (struct nlri_set_place){hash, offset + 1};
    }
}

void nlri_set_init(struct nlri_set *set, const struct update *u, enum family family, uint64_t seed)
{
    *set = (struct nlri_set){.family = family, .seed = seed, .size = 8};
    if (u->attrs && u->reach.family == family)
        set->runs[0] = u->reach.bytes;
    if (u->mp_attrs && u->mp_reach.family == family)
        set->runs[1] = u->mp_reach.bytes;
    for (uint32_t count = count_keys(set); set->size < 2 * count;)
        set->size *= 2;
    set->places = mem_zalloc(set->size * sizeof(*set->places));
    add_run(set, set->runs[0], 0);
    add_run(set, set->runs[1], (uint32_t)set->runs[0].len_bytes);
}

void nlri_set_release(struct nlri_set *set)
{
    free(set->places);
    *set = (struct nlri_set){0};
}

bool nlri_set_has(const struct nlri_set *set, struct nlri_key key)
{
    uint32_t hash;
    return place_of(set, key, &hash)->offset != 0;
}
