/* Places are told apart by a digest of 128 bits of what is there, so that one costs 24 bytes
 * however long its key and its aim are. Owners are held for as long, so that their numbers stay
 * theirs. */
#include "daemon/originated_supposed.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text_pool.h"
#include "daemon/originated_record.h"
#include "daemon/state.h"

enum { FIRST_SIZE = 64 };

struct supposed_slot {
    uint64_t digest[2];
    uint32_t owner;
    uint8_t kind;
    bool is_there;
    bool is_used;
};

_Static_assert(sizeof(struct supposed_slot) == 24, "there may be as many as items of a call");

struct supposed_owner {
    bool is_held;
    int32_t more[ORIGINATE_KINDS]; /* than it has */
};

static void digest_place(const struct speaker *s, const struct originated_place *place,
                         uint64_t ret_digest[2])
{
    const char *aim = aim_text(s, place->aim);
    const size_t key_bytes = originated_key_bytes(place->family, place->key);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t seed = i | (uint64_t)place->family << 8 | (uint64_t)place->key.len << 16;
        seed = hash_bytes_seeded(place->key.bytes, key_bytes, seed);
        ret_digest[i] = hash_bytes_seeded(aim, strlen(aim), seed);
    }
}

/* The slot of a place, or the free one where it belongs; there is always one. */
static struct supposed_slot *find_slot(const struct originated_supposed *supposed,
                                       const uint64_t digest[2])
{
    for (size_t at = (size_t)digest[0];; at++) {
        struct supposed_slot *slot = &supposed->slots[at & (supposed->size - 1)];
        if (!slot->is_used || memcmp(slot->digest, digest, sizeof(slot->digest)) == 0)
            return slot;
    }
}

struct originated_standing originated_standing_at(const struct speaker *s,
                                                  const struct originated_supposed *supposed,
                                                  const struct originated_place *place)
{
    const struct originated_record *r =
        place->id ? originated_record(&s->originated, place->id) : NULL;
    uint64_t digest[2];
    if (supposed && supposed->size > 0) {
        digest_place(s, place, digest);
        const struct supposed_slot *slot = find_slot(supposed, digest);
        if (slot->is_used)
            return (struct originated_standing){slot->is_there, slot->kind, slot->owner};
    }
    return r ? (struct originated_standing){true, r->kind, r->owner}
             : (struct originated_standing){.is_there = false};
}

static void grow(struct originated_supposed *supposed)
{
    const struct originated_supposed old = *supposed;
    supposed->size = old.size > 0 ? 2 * old.size : FIRST_SIZE;
    supposed->slots = mem_zalloc(supposed->size * sizeof(*supposed->slots));
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].is_used)
            *find_slot(supposed, old.slots[i].digest) = old.slots[i];
    free(old.slots);
}

/* Counts one more, or less, of what an owner has. */
static void count(struct speaker *s, struct originated_supposed *supposed,
                  const struct originated_standing *standing, int32_t by)
{
    const uint32_t owner = standing->owner;
    if (!standing->is_there)
        return;
    if (owner >= supposed->owners_size) {
        uint32_t size = owner + owner / 2 + 1;
        supposed->owners = mem_resize(supposed->owners, size, sizeof(*supposed->owners));
        memset(&supposed->owners[supposed->owners_size], 0,
               (size - supposed->owners_size) * sizeof(*supposed->owners));
        supposed->owners_size = size;
    }
    struct supposed_owner *of = &supposed->owners[owner];
    if (!of->is_held && owner != 0)
        text_pool_hold(&s->originated.texts, owner);
    of->is_held = true;
    of->more[standing->kind] += by;
}

void originated_suppose(struct speaker *s, struct originated_supposed *supposed,
                        const struct originated_place *place,
                        const struct originated_standing *standing)
{
    const struct originated_standing before = originated_standing_at(s, supposed, place);
    uint64_t digest[2];
    count(s, supposed, &before, -1);
    count(s, supposed, standing, 1);
    if (2 * (supposed->used + 1) > supposed->size)
        grow(supposed);
    digest_place(s, place, digest);
    struct supposed_slot *slot = find_slot(supposed, digest);
    supposed->used += !slot->is_used;
    *slot = (struct supposed_slot){.digest = {digest[0], digest[1]},
                                   .owner = standing->owner,
                                   .kind = standing->kind,
                                   .is_there = standing->is_there,
                                   .is_used = true};
}

uint32_t originated_supposed_count(const struct speaker *s,
                                   const struct originated_supposed *supposed, uint32_t owner,
                                   enum originate_kind kind)
{
    /* It may be that what was supposed to go has gone by now: there are never less than none. */
    int64_t all = originated_count(&s->originated, owner, kind);
    if (supposed && owner < supposed->owners_size)
        all += supposed->owners[owner].more[kind];
    return all > 0 ? (uint32_t)all : 0;
}

void originated_supposed_release(struct speaker *s, struct originated_supposed *supposed)
{
    for (uint32_t owner = 1; owner < supposed->owners_size; owner++)
        if (supposed->owners[owner].is_held)
            text_pool_unref(&s->originated.texts, owner);
    free(supposed->owners);
    free(supposed->slots);
    *supposed = (struct originated_supposed){0};
}
