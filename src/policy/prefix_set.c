/* Sets of prefixes: what is settled, asked and compared.
 *
 * Each prefix that has entries is a key, its address, and a shape. A shape is a length of prefix,
 * the lengths that are accepted there, and the shape of what covers it; equal ones are one, so
 * that a large table has a few hundred. What decides on a prefix is the longest key that covers it.
 * That is the last one that is not above its address, or one that covers that: how many leading
 * bits the two addresses have in common says how far up, and the shape knows the rest.
 *
 * Keys longer than the prefix that is asked for, at the same address, do no harm: of the lengths of
 * their shapes, their own are longer still.
 *
 * Invariants of what is settled: keys ascend, what covers stands first among equal addresses; the
 * lengths of a shape are its own and those of its parents, none of which is its own as well; shape
 * 0 is where nothing covers: 0 bits long, without lengths. */
#include "policy/prefix_set.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/prefix_sort.h"

struct prefix_shape {
    struct length_set lengths;
    uint32_t parent;
    uint32_t len_bits;
};

enum { NESTING_MAX = 130, PART_64_MAX_BITS = 64 };

struct prefix_set *prefix_set_new(void)
{
    struct prefix_set *set = mem_zalloc(sizeof(*set));
    set->refs = 1;
    return set;
}

struct prefix_set *prefix_set_ref(struct prefix_set *set)
{
    set->refs++;
    return set;
}

void prefix_set_unref(struct prefix_set *set)
{
    if (!set || --set->refs > 0)
        return;
    for (unsigned width = 0; width < PREFIX_WIDTHS; width++) {
        prefix_keys_release(&set->parts[width].keys);
        free(set->parts[width].shapes);
    }
    free(set->shapes);
    free(set->entries);
    free(set);
}

void prefix_set_add(struct prefix_set *set, const struct prefix *p, uint8_t from_bits,
                    uint8_t to_bits)
{
    assert(!set->settled && p->len_bits <= from_bits && from_bits <= to_bits &&
           to_bits <= prefix_max_bits(p->version));
    if (set->count == set->size) {
        set->size = set->size ? set->size * 2 : 4;
        set->entries = mem_resize(set->entries, set->size, sizeof(*set->entries));
    }
    set->entries[set->count++] = (struct prefix_entry){*p, from_bits, to_bits};
}

/* Keys. */

static enum prefix_width width_of(const struct prefix *p)
{
    if (p->version == IP_V4)
        return PREFIX_WIDTH_32;
    return p->len_bits <= PART_64_MAX_BITS ? PREFIX_WIDTH_64 : PREFIX_WIDTH_128;
}

__attribute__((always_inline)) static inline prefix_key key_of(enum prefix_width width,
                                                               const uint8_t *address)
{
    uint32_t v4;
    uint64_t halves[2];
    switch (width) {
    case PREFIX_WIDTH_32:
        memcpy(&v4, address, sizeof(v4));
        return be32toh(v4);
    case PREFIX_WIDTH_64:
        memcpy(halves, address, sizeof(halves[0]));
        return be64toh(halves[0]);
    default:
        memcpy(halves, address, sizeof(halves));
        return (prefix_key)be64toh(halves[0]) << 64 | be64toh(halves[1]);
    }
}

static struct prefix prefix_of(enum prefix_width width, prefix_key key, uint32_t len_bits)
{
    struct prefix p = {.version = width == PREFIX_WIDTH_32 ? IP_V4 : IP_V6,
                       .len_bits = (uint8_t)len_bits};
    unsigned bytes = 4u << width;
    for (unsigned i = 0; i < bytes; i++)
        p.bytes[i] = (uint8_t)(key >> 8 * (bytes - 1 - i));
    return p;
}

/* How many leading bits two keys have in common. */
__attribute__((always_inline)) static inline unsigned common_bits(enum prefix_width width,
                                                                  prefix_key a, prefix_key b)
{
    prefix_key differ = a ^ b;
    uint64_t high = (uint64_t)(differ >> 64);
    uint64_t low = (uint64_t)differ;
    if (differ == 0)
        return 32u << width;
    switch (width) {
    case PREFIX_WIDTH_32:
        return (unsigned)__builtin_clz((uint32_t)low);
    case PREFIX_WIDTH_64:
        return (unsigned)__builtin_clzll(low);
    default:
        return high ? (unsigned)__builtin_clzll(high) : 64 + (unsigned)__builtin_clzll(low);
    }
}

/* Asking. */

static inline const struct prefix_shape *shape_at(const struct prefix_set *set,
                                                  enum prefix_width width, uint32_t at)
{
    const void *shapes = set->parts[width].shapes;
    uint32_t index =
        set->wide_shapes ? ((const uint32_t *)shapes)[at] : ((const uint16_t *)shapes)[at];
    return &set->shapes[index];
}

/* Whether the prefix is in the set by what is in that run of the keys. */
__attribute__((always_inline)) static inline bool run_has(const struct prefix_set *set,
                                                          enum prefix_width width, uint32_t run,
                                                          prefix_key key, unsigned len_bits)
{
    const struct prefix_keys *keys = &set->parts[width].keys;
    if (run == PREFIX_KEYS_NO_RUN)
        return false;
    uint32_t at = prefix_keys_go_down(keys, width, 0, run, key);
    unsigned common = common_bits(width, key, prefix_keys_at(keys, width, at));
    const struct prefix_shape *shape = shape_at(set, width, at);
    while (shape->len_bits > common)
        shape = &set->shapes[shape->parent];
    return length_set_has(&shape->lengths, len_bits);
}

__attribute__((always_inline)) static inline bool part_has(const struct prefix_set *set,
                                                           enum prefix_width width,
                                                           const uint8_t *address,
                                                           unsigned len_bits)
{
    prefix_key key = key_of(width, address);
    uint32_t run = prefix_keys_find_run(&set->parts[width].keys, width, key);
    return run_has(set, width, run, key, len_bits);
}

/* The lines of a run and of its shapes come into the cache. */
__attribute__((always_inline)) static inline void fetch_run(const struct prefix_set *set,
                                                            enum prefix_width width, uint32_t run)
{
    const struct prefix_part *part = &set->parts[width];
    size_t at = run == PREFIX_KEYS_NO_RUN ? 0 : (size_t)run * PREFIX_KEYS_FAN;
    size_t shape_bytes = set->wide_shapes ? sizeof(uint32_t) : sizeof(uint16_t);
    __builtin_prefetch((const char *)part->keys.levels[0] + (at << (2 + width)));
    __builtin_prefetch((const char *)part->shapes + at * shape_bytes);
}

/* Prefixes that are asked for together mostly lie together: each is looked for where the one before
 * it was found, and only then from the top. */
__attribute__((always_inline)) static inline void
fetch_part(const struct prefix_set *set, enum prefix_width width, unsigned rd_bytes,
           const struct nlri_key *asked, unsigned count, uint32_t *ret_runs)
{
    const struct prefix_keys *keys = &set->parts[width].keys;
    uint32_t run = PREFIX_KEYS_NO_RUN;
    for (unsigned i = 0; i < count; i++) {
        prefix_key key = key_of(width, asked[i].bytes + rd_bytes);
        if (!prefix_keys_is_run(keys, width, run, key)) {
            run = prefix_keys_find_run(keys, width, key);
            fetch_run(set, width, run);
        }
        ret_runs[i] = run;
    }
}

void prefix_set_fetch(const struct prefix_set *set, const struct family_info *f,
                      const struct nlri_key *keys, unsigned count, uint32_t *ret_places)
{
    assert(set->settled && f->key_bytes > 0);
    if (f->ip_version == IP_V4)
        fetch_part(set, PREFIX_WIDTH_32, f->rd_bytes, keys, count, ret_places);
    else
        fetch_part(set, PREFIX_WIDTH_64, f->rd_bytes, keys, count, ret_places);
}

void prefix_set_has_each(const struct prefix_set *set, const struct family_info *f,
                         const struct nlri_key *keys, const uint32_t *places, unsigned count,
                         bool *ret_has)
{
    const unsigned rd_bytes = f->rd_bytes;
    const bool is_v4 = f->ip_version == IP_V4;
    for (unsigned i = 0; is_v4 && i < count; i++)
        ret_has[i] =
            run_has(set, PREFIX_WIDTH_32, places[i],
                    key_of(PREFIX_WIDTH_32, keys[i].bytes + rd_bytes), keys[i].len - rd_bytes * 8);
    for (unsigned i = 0; !is_v4 && i < count; i++) {
        const uint8_t *address = keys[i].bytes + rd_bytes;
        unsigned len_bits = keys[i].len - rd_bytes * 8;
        ret_has[i] =
            run_has(set, PREFIX_WIDTH_64, places[i], key_of(PREFIX_WIDTH_64, address), len_bits) ||
            (len_bits > PART_64_MAX_BITS && part_has(set, PREFIX_WIDTH_128, address, len_bits));
    }
}

bool prefix_set_has(const struct prefix_set *set, uint8_t ip_version, const uint8_t *address_bytes,
                    uint8_t len_bits)
{
    assert(set->settled && len_bits <= prefix_max_bits(ip_version));
    if (ip_version == IP_V4)
        return part_has(set, PREFIX_WIDTH_32, address_bytes, len_bits);
    return part_has(set, PREFIX_WIDTH_64, address_bytes, len_bits) ||
           (len_bits > PART_64_MAX_BITS &&
            part_has(set, PREFIX_WIDTH_128, address_bytes, len_bits));
}

static bool part_covers(const struct prefix_set *set, enum prefix_width width,
                        const uint8_t *address, unsigned len_bits)
{
    const struct prefix_keys *keys = &set->parts[width].keys;
    prefix_key key = key_of(width, address);
    uint32_t run = prefix_keys_find_run(keys, width, key);
    if (run == UINT32_MAX)
        return false;
    uint32_t at = prefix_keys_go_down(keys, width, 0, run, key);
    unsigned common = common_bits(width, key, prefix_keys_at(keys, width, at));
    const struct prefix_shape *shape = shape_at(set, width, at);
    while (shape->len_bits > common || shape->len_bits > len_bits)
        shape = &set->shapes[shape->parent];
    return !length_set_is_empty(shape->lengths); /* that of nothing has none */
}

bool prefix_set_covers(const struct prefix_set *set, uint8_t ip_version,
                       const uint8_t *address_bytes, uint8_t len_bits)
{
    assert(set->settled && len_bits <= prefix_max_bits(ip_version));
    if (ip_version == IP_V4)
        return part_covers(set, PREFIX_WIDTH_32, address_bytes, len_bits);
    return part_covers(set, PREFIX_WIDTH_64, address_bytes, len_bits) ||
           (len_bits > PART_64_MAX_BITS &&
            part_covers(set, PREFIX_WIDTH_128, address_bytes, len_bits));
}

size_t prefix_set_count(const struct prefix_set *set)
{
    return set->count;
}

size_t prefix_set_bytes(const struct prefix_set *set)
{
    size_t bytes =
        sizeof(*set) + set->size * sizeof(*set->entries) + set->shape_count * sizeof(*set->shapes);
    for (unsigned width = 0; width < PREFIX_WIDTHS; width++) {
        const struct prefix_keys *keys = &set->parts[width].keys;
        size_t shape_bytes = set->wide_shapes ? sizeof(uint32_t) : sizeof(uint16_t);
        bytes += prefix_keys_bytes(keys, width) + prefix_keys_count(keys) * shape_bytes;
    }
    return bytes;
}

struct policy_digest prefix_set_digest(const struct prefix_set *set)
{
    return set->digest;
}

/* Settling. */

/* What is found while the sorted entries are gone through. */
struct settling {
    struct prefix_set *set;
    uint32_t *slots;     /* owned: open addressing, shapes by what they are; index + 1, 0: free */
    uint32_t slot_count; /* a power of two */
    uint32_t shape_room;
    uint32_t last_shape; /* that was asked for: neighbours mostly have the same */
    uint32_t *shape_of;  /* owned: of the entries that are kept */
    /* The prefixes around the one at hand, the innermost last. */
    struct {
        const struct prefix_entry *entry;
        struct length_set accepted; /* by it and those around it, of whatever width */
        uint32_t shape;
    } around[NESTING_MAX];
    unsigned depth;
};

static uint32_t *slot_of(const struct settling *s, const struct prefix_shape *shape)
{
    uint32_t at = (uint32_t)hash_bytes(shape, sizeof(*shape));
    for (;; at++) {
        uint32_t *slot = &s->slots[at & (s->slot_count - 1)];
        if (*slot == 0 || memcmp(&s->set->shapes[*slot - 1], shape, sizeof(*shape)) == 0)
            return slot;
    }
}

static void grow_shapes(struct settling *s)
{
    s->shape_room = s->shape_room ? s->shape_room * 2 : 16;
    s->set->shapes = mem_resize(s->set->shapes, s->shape_room, sizeof(*s->set->shapes));
    free(s->slots);
    s->slot_count = s->shape_room * 2;
    s->slots = mem_zalloc(s->slot_count * sizeof(*s->slots));
    for (uint32_t i = 0; i < s->set->shape_count; i++)
        *slot_of(s, &s->set->shapes[i]) = i + 1;
}

/* The index of the one shape like this. */
static uint32_t intern_shape(struct settling *s, const struct prefix_shape *shape)
{
    if (s->set->shape_count == s->shape_room)
        grow_shapes(s);
    if (s->set->shape_count > 0 &&
        memcmp(&s->set->shapes[s->last_shape], shape, sizeof(*shape)) == 0)
        return s->last_shape;
    uint32_t *slot = slot_of(s, shape);
    if (*slot == 0) {
        s->set->shapes[s->set->shape_count++] = *shape;
        *slot = s->set->shape_count;
    }
    s->last_shape = *slot - 1;
    return s->last_shape;
}

/* The shape within which one of `width` lies: of its own width, as each is searched alone. */
static uint32_t shape_around(const struct settling *s, enum prefix_width width)
{
    if (s->depth == 0 || width_of(&s->around[s->depth - 1].entry->prefix) != width)
        return 0;
    return s->around[s->depth - 1].shape;
}

/* Keeps one prefix with the lengths that it accepts, unless those around it accept them. */
static void settle_prefix(struct settling *s, const struct prefix_entry *entry,
                          struct length_set lengths)
{
    while (s->depth > 0 && !prefix_covers(&s->around[s->depth - 1].entry->prefix, &entry->prefix))
        s->depth--;
    struct length_set accepted = {0};
    if (s->depth > 0)
        accepted = s->around[s->depth - 1].accepted;
    lengths = length_set_without(lengths, accepted);
    if (length_set_is_empty(lengths))
        return;
    uint32_t parent = shape_around(s, width_of(&entry->prefix));
    const struct prefix_shape shape = {
        .lengths = length_set_or(lengths, s->set->shapes[parent].lengths),
        .parent = parent,
        .len_bits = entry->prefix.len_bits,
    };
    struct prefix_entry *kept = &s->set->entries[s->set->count];
    *kept = *entry;
    s->shape_of[s->set->count++] = intern_shape(s, &shape);
    s->around[s->depth].entry = kept;
    s->around[s->depth].accepted = length_set_or(accepted, lengths);
    s->around[s->depth++].shape = s->shape_of[s->set->count - 1];
}

static int compare_entries(const void *a, const void *b)
{
    const struct prefix_entry *x = a;
    const struct prefix_entry *y = b;
    return prefix_compare(&x->prefix, &y->prefix);
}

static void settle_entries(struct settling *s, size_t count)
{
    struct prefix_entry *entries = s->set->entries;
    s->set->count = 0;
    for (size_t i = 0; i < count;) {
        const struct prefix_entry entry = entries[i];
        struct length_set lengths = {0};
        for (; i < count && prefix_equal(&entries[i].prefix, &entry.prefix); i++)
            length_set_add(&lengths, entries[i].from_bits, entries[i].to_bits);
        settle_prefix(s, &entry, lengths);
    }
}

/* Makes the keys and shapes of one width of the entries from `from` on, and returns the end of
 * these in `next`. Those of IPv6 lie mixed, so that each width looks at all. */
static void fill_part(const struct settling *s, enum prefix_width width)
{
    struct prefix_part *part = &s->set->parts[width];
    const struct prefix_entry *entries = s->set->entries;
    uint32_t count = 0;
    uint32_t filled = 0;
    for (size_t i = 0; i < s->set->count; i++)
        count += width_of(&entries[i].prefix) == width;
    if (count == 0)
        return;
    prefix_keys_init(&part->keys, width, count);
    part->shapes =
        mem_resize(NULL, count, s->set->wide_shapes ? sizeof(uint32_t) : sizeof(uint16_t));
    for (size_t i = 0; i < s->set->count; i++) {
        if (width_of(&entries[i].prefix) != width)
            continue;
        prefix_keys_set(&part->keys, width, filled, key_of(width, entries[i].prefix.bytes));
        if (s->set->wide_shapes)
            ((uint32_t *)part->shapes)[filled++] = s->shape_of[i];
        else
            ((uint16_t *)part->shapes)[filled++] = (uint16_t)s->shape_of[i];
    }
    prefix_keys_settle(&part->keys, width);
}

/* What is settled is made of the sorted entries alone, so that equal sets are equal byte by byte.
 */
static void add_digest(struct prefix_set *set)
{
    const size_t shape_bytes = set->wide_shapes ? sizeof(uint32_t) : sizeof(uint16_t);
    for (unsigned width = 0; width < PREFIX_WIDTHS; width++) {
        const struct prefix_part *part = &set->parts[width];
        const size_t count = prefix_keys_count(&part->keys);
        policy_digest_add_number(&set->digest, count);
        if (count == 0)
            continue;
        policy_digest_add(&set->digest, part->keys.levels[0], count << (2 + width));
        policy_digest_add(&set->digest, part->shapes, count * shape_bytes);
    }
    policy_digest_add(&set->digest, set->shapes, set->shape_count * sizeof(*set->shapes));
}

void prefix_set_settle(struct prefix_set *set)
{
    assert(!set->settled && set->count < UINT32_MAX);
    const struct prefix_shape nothing = {.parent = 0};
    struct settling s = {.set = set};
    s.shape_of = mem_resize(NULL, set->count + 1, sizeof(*s.shape_of));
    intern_shape(&s, &nothing);
    prefix_sort(set->entries, set->count, sizeof(*set->entries), compare_entries);
    settle_entries(&s, set->count);
    set->wide_shapes = set->shape_count > UINT16_MAX;
    for (unsigned width = 0; width < PREFIX_WIDTHS; width++)
        fill_part(&s, width);
    set->shapes = mem_resize(set->shapes, set->shape_count, sizeof(*set->shapes));
    free(s.slots);
    free(s.shape_of);
    free(set->entries);
    set->entries = NULL;
    set->size = 0;
    set->settled = true;
    add_digest(set);
}

/* Going through it. */

static void item_at(const struct prefix_set *set, enum prefix_width width, uint32_t at,
                    struct prefix_set_item *ret_item)
{
    const struct prefix_shape *shape = shape_at(set, width, at);
    prefix_key key = prefix_keys_at(&set->parts[width].keys, width, at);
    ret_item->prefix = prefix_of(width, key, shape->len_bits);
    ret_item->lengths = length_set_without(shape->lengths, set->shapes[shape->parent].lengths);
}

bool prefix_set_next(const struct prefix_set *set, struct prefix_set_cursor *cursor,
                     struct prefix_set_item *ret_item)
{
    struct prefix_set_item first;
    enum prefix_width width = PREFIX_WIDTHS;
    for (unsigned w = 0; w < PREFIX_WIDTHS; w++) {
        struct prefix_set_item item;
        if (cursor->at[w] == prefix_keys_count(&set->parts[w].keys))
            continue;
        item_at(set, w, cursor->at[w], &item);
        if (width == PREFIX_WIDTHS || prefix_compare(&item.prefix, &first.prefix) < 0) {
            width = w;
            first = item;
        }
    }
    if (width == PREFIX_WIDTHS)
        return false;
    cursor->at[width]++;
    *ret_item = first;
    return true;
}
