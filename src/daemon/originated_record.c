/* Records, in chains by what they are to. */
#include "daemon/originated_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "daemon/state.h"

enum { BUCKETS_MIN = 16 };

size_t originated_key_bytes(enum family family, struct nlri_key key)
{
    return nlri_key_bytes(family_info(family), key);
}

static bool is_long(const struct originated_record *r)
{
    return originated_key_bytes((enum family)r->family, (struct nlri_key){NULL, r->key_len}) >
           ORIGINATED_KEY_INLINE_BYTES;
}

/* Where a long key is. */
static uint8_t *long_key(const struct originated_record *r)
{
    uint8_t *bytes;
    memcpy(&bytes, r->key, sizeof(bytes));
    return bytes;
}

struct nlri_key originated_key(const struct originated_record *r)
{
    return (struct nlri_key){is_long(r) ? long_key(r) : r->key, r->key_len};
}

static void set_key(struct originated_record *r, const void *bytes, size_t len_bytes)
{
    if (!is_long(r)) {
        memcpy(r->key, bytes, len_bytes);
        return;
    }
    uint8_t *copy = mem_alloc(len_bytes);
    memcpy(copy, bytes, len_bytes);
    memcpy(r->key, &copy, sizeof(copy));
}

static uint32_t *bucket_of(const struct originated *o, enum family family, struct nlri_key key)
{
    uint64_t hash = hash_bytes(key.bytes, originated_key_bytes(family, key));
    return &o->buckets[hash_mix(hash + key.len + (uint64_t)family * 257) & (o->bucket_count - 1)];
}

static bool is_to(const struct originated_record *r, enum family family, struct nlri_key key)
{
    return r->family == family && r->key_len == key.len &&
           memcmp(originated_key(r).bytes, key.bytes, originated_key_bytes(family, key)) == 0;
}

/* The first record to this place from `id` on, along its chain; 0. */
uint32_t originated_along(const struct originated *o, uint32_t id, enum family family,
                          struct nlri_key key)
{
    while (id != 0 && !is_to(originated_record(o, id), family, key))
        id = originated_record(o, id)->next;
    return id;
}

uint32_t originated_find_first(const struct originated *o, enum family family, struct nlri_key key)
{
    return o->records.used > 0 ? originated_along(o, *bucket_of(o, family, key), family, key) : 0;
}

uint32_t originated_find(const struct originated *o, enum family family, struct nlri_key key,
                         uint32_t aim)
{
    uint32_t id = originated_find_first(o, family, key);
    while (id != 0 && originated_record(o, id)->aim != aim)
        id = originated_along(o, originated_record(o, id)->next, family, key);
    return id;
}

static void grow_buckets(struct originated *o)
{
    free(o->buckets);
    o->bucket_count = o->bucket_count ? o->bucket_count * 2 : BUCKETS_MIN;
    o->buckets = mem_zalloc(o->bucket_count * sizeof(*o->buckets));
    for (uint32_t id = 1; id < slab_end(&o->records); id++) {
        if (!originated_has_record(o, id))
            continue;
        struct originated_record *r = originated_record(o, id);
        uint32_t *bucket = bucket_of(o, (enum family)r->family, originated_key(r));
        r->next = *bucket;
        *bucket = id;
    }
}

uint32_t originated_record_new(struct originated *o, enum family family, struct nlri_key key,
                               uint32_t aim)
{
    if (o->records.used >= o->bucket_count)
        grow_buckets(o);
    uint32_t id = slab_alloc(&o->records);
    struct originated_record *r = originated_record(o, id);
    r->family = (uint8_t)family;
    r->key_len = key.len;
    r->aim = aim;
    set_key(r, key.bytes, originated_key_bytes(family, key));
    uint32_t *bucket = bucket_of(o, family, key);
    r->next = *bucket;
    *bucket = id;
    return id;
}

/* --- contents, and whose they are --- */

/* Counts a record, where it has content, up or down. */
static void count(struct originated *o, const struct originated_record *r, int by)
{
    if (r->attrs == 0)
        return;
    if (r->owner >= o->counts_size) {
        uint32_t size = o->counts_size ? o->counts_size : BUCKETS_MIN;
        while (size <= r->owner)
            size *= 2;
        o->counts = mem_resize(o->counts, size, sizeof(*o->counts));
        memset(o->counts + o->counts_size, 0, (size - o->counts_size) * sizeof(*o->counts));
        o->counts_size = size;
    }
    o->counts[r->owner].of[r->kind] += (uint32_t)by;
}

uint32_t originated_count(const struct originated *o, uint32_t owner, enum originate_kind kind)
{
    return owner < o->counts_size ? o->counts[owner].of[kind] : 0;
}

void originated_swap(struct originated *o, struct originated_record *r,
                     struct originated_content *content)
{
    const struct originated_content before = {
        .attrs = r->attrs,
        .owner = r->owner,
        .label = r->label,
        .tags = r->tags,
        .created_unix_s = r->created_unix_s,
        .changed_unix_s = r->changed_unix_s,
        .number = r->number,
        .kind = r->kind,
    };
    count(o, r, -1);
    r->attrs = content->attrs;
    r->owner = content->owner;
    r->label = content->label;
    r->tags = content->tags;
    r->created_unix_s = content->created_unix_s;
    r->changed_unix_s = content->changed_unix_s;
    r->number = content->number;
    r->kind = content->kind;
    count(o, r, 1);
    *content = before;
}

void originated_content_release(struct speaker *s, struct originated_content *content)
{
    struct text_pool *texts = &s->originated.texts;
    rib_attrs_unref(&s->rib.attrs, content->attrs);
    text_pool_unref(texts, content->owner);
    text_pool_unref(texts, content->label);
    text_pool_unref(texts, content->tags);
    *content = (struct originated_content){0};
}

void originated_record_free(struct speaker *s, uint32_t id)
{
    struct originated *o = &s->originated;
    struct originated_record *r = originated_record(o, id);
    struct originated_content content = {0};
    uint32_t *link = bucket_of(o, (enum family)r->family, originated_key(r));
    while (*link != id)
        link = &originated_record(o, *link)->next;
    *link = r->next;
    lease_heap_drop(&o->leases, r->lease);
    originated_swap(o, r, &content);
    originated_content_release(s, &content);
    aim_unref(s, r->aim);
    if (is_long(r))
        free(long_key(r));
    slab_free(&o->records, id);
}

/* When its lease ends; 0: never. */
uint64_t originated_expires_ms(const struct originated *o, const struct originated_record *r)
{
    return r->lease ? o->leases.at[r->lease - 1].ends_mono_ms : 0;
}

void originated_lease_moved(void *ctx, uint32_t holder, uint32_t place)
{
    originated_record(ctx, holder)->lease = place;
}

void originated_records_release(struct speaker *s)
{
    struct originated *o = &s->originated;
    for (uint32_t id = 1; id < slab_end(&o->records); id++) {
        if (!originated_has_record(o, id))
            continue;
        const struct originated_record *r = originated_record(o, id);
        rib_attrs_unref(&s->rib.attrs, r->attrs);
        if (is_long(r))
            free(long_key(r));
    }
    slab_release(&o->records);
    free(o->buckets);
    free(o->counts);
    free(o->beyond);
}
