/* Packing.
 *
 * Items with the same attributes, source and audience form a bucket (a list through the items);
 * buckets with the same audience form a stream, which is encoded into buffers of up to
 * BUFFER_BYTES. Buckets are found through a hash table that is emptied by raising its generation;
 * items that come in runs find theirs without it. */
#include "rib/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "wire/flowspec.h"
#include "wire/message.h"
#include "wire/nlri.h"

#define BUFFER_BYTES 65536u

struct item {
    uint32_t entry;
    uint32_t next; /* index + 1 of the next item of the bucket; 0: last */
};

struct bucket {
    struct rib_attrs *attrs; /* NULL: withdrawals */
    uint32_t source;
    struct pack_audience audience;
    uint32_t first; /* index + 1 of an item */
    uint32_t last;
    uint32_t next; /* index + 1 of the next bucket of the stream */
};

struct stream {
    struct pack_audience audience;
    uint32_t first; /* index + 1 of a bucket */
    uint32_t last;
};

struct slot {
    uint32_t generation;
    uint32_t bucket;
};

struct pack {
    uint32_t capacity;
    struct item *items;
    struct bucket *buckets;
    struct stream *streams;
    struct slot *slots; /* size slot_mask + 1 */
    uint32_t slot_mask;
    uint32_t generation;
    uint32_t item_count;
    uint32_t bucket_count;
    uint32_t stream_count;
    uint32_t last_bucket; /* where the last item went */
    uint8_t buffer[BUFFER_BYTES + MESSAGE_MAX_EXTENDED_BYTES];
    uint8_t attrs[MESSAGE_MAX_EXTENDED_BYTES];
};

struct pack *pack_new(uint32_t capacity)
{
    struct pack *p = mem_alloc(sizeof(*p));
    uint32_t slots = 16;
    while (slots < capacity * 2)
        slots *= 2;
    p->capacity = capacity;
    p->items = mem_resize(NULL, capacity, sizeof(*p->items));
    p->buckets = mem_resize(NULL, capacity, sizeof(*p->buckets));
    p->streams = mem_resize(NULL, capacity, sizeof(*p->streams));
    p->slots = mem_zalloc(slots * sizeof(*p->slots));
    p->slot_mask = slots - 1;
    p->generation = 1;
    p->item_count = p->bucket_count = p->stream_count = p->last_bucket = 0;
    return p;
}

void pack_free(struct pack *p)
{
    if (!p)
        return;
    free(p->items);
    free(p->buckets);
    free(p->streams);
    free(p->slots);
    free(p);
}

static bool same_audience(struct pack_audience a, struct pack_audience b)
{
    return a.source == b.source && a.only == b.only;
}

static bool bucket_is(const struct bucket *b, const struct rib_attrs *attrs, uint32_t source,
                      struct pack_audience audience)
{
    return b->attrs == attrs && b->source == source && same_audience(b->audience, audience);
}

/* The slot where the bucket is, or the free one where it belongs. */
static struct slot *find_slot(struct pack *p, const struct rib_attrs *attrs, uint32_t source,
                              struct pack_audience audience)
{
    uint64_t key = (uint64_t)(uintptr_t)attrs ^ (uint64_t)source << 48 ^
                   (uint64_t)audience.source << 32 ^ audience.only;
    uint32_t i = (uint32_t)hash_mix(key) & p->slot_mask;
    while (p->slots[i].generation == p->generation &&
           !bucket_is(&p->buckets[p->slots[i].bucket], attrs, source, audience))
        i = (i + 1) & p->slot_mask;
    return &p->slots[i];
}

void pack_add(struct pack *p, uint32_t entry, struct rib_attrs *attrs, uint32_t source,
              struct pack_audience audience)
{
    assert(p->item_count < p->capacity);
    if (!attrs)
        source = 0; /* does not matter to a withdrawal */
    uint32_t index = p->last_bucket;
    if (p->bucket_count == 0 || !bucket_is(&p->buckets[index], attrs, source, audience)) {
        struct slot *slot = find_slot(p, attrs, source, audience);
        if (slot->generation != p->generation) {
            *slot = (struct slot){p->generation, p->bucket_count};
            p->buckets[p->bucket_count++] =
                (struct bucket){.attrs = attrs, .source = source, .audience = audience};
        }
        index = slot->bucket;
    }
    struct bucket *b = &p->buckets[index];
    p->items[p->item_count] = (struct item){.entry = entry};
    p->item_count++;
    if (b->last)
        p->items[b->last - 1].next = p->item_count;
    else
        b->first = p->item_count;
    b->last = p->item_count;
    p->last_bucket = index;
}

static int compare_streams(const void *a, const void *b)
{
    const struct bucket *const *left = a;
    const struct bucket *const *right = b;
    struct pack_audience x = (*left)->audience;
    struct pack_audience y = (*right)->audience;
    if (x.source != y.source)
        return x.source < y.source ? -1 : 1;
    if (x.only != y.only)
        return x.only ? 1 : -1;
    return *left < *right ? -1 : *left > *right; /* in the order of creation */
}

/* Links the buckets of equal audience to streams. One audience is the rule; several are sorted. */
static void form_streams(struct pack *p)
{
    bool one = true;
    for (uint32_t i = 1; i < p->bucket_count && one; i++)
        one = same_audience(p->buckets[i].audience, p->buckets[0].audience);
    struct bucket **order = NULL;
    if (!one) {
        order = mem_resize(NULL, p->bucket_count, sizeof(*order));
        for (uint32_t i = 0; i < p->bucket_count; i++)
            order[i] = &p->buckets[i];
        qsort(order, p->bucket_count, sizeof(*order), compare_streams);
    }
    for (uint32_t i = 0; i < p->bucket_count; i++) {
        struct bucket *b = one ? &p->buckets[i] : order[i];
        uint32_t index = (uint32_t)(b - p->buckets) + 1;
        struct stream *s = p->stream_count ? &p->streams[p->stream_count - 1] : NULL;
        if (s && same_audience(s->audience, b->audience)) {
            p->buckets[s->last - 1].next = index;
            s->last = index;
        } else {
            p->streams[p->stream_count++] =
                (struct stream){.audience = b->audience, .first = index, .last = index};
        }
    }
    free(order);
}

/* --- encoding ------------------------------------------------------------------------------ */

struct encoder {
    struct pack *pack;
    const struct rib *rib;
    const struct rib_table *table;
    const struct rib_treatment *treatment;
    struct pack_audience audience;
    struct writer out;
    uint32_t messages;
    pack_emit emit;
    void *ctx;
};

static void emit_buffer(struct encoder *enc)
{
    if (enc->messages == 0)
        return;
    struct msgbuf *buf =
        msgbuf_new(enc->out.start, writer_len(&enc->out), enc->messages, enc->messages);
    enc->emit(enc->ctx, enc->audience, buf);
    msgbuf_unref(buf);
    writer_rewind(&enc->out, 0);
    enc->messages = 0;
}

/* The NLRI of an entry, encoded into `buf`. */
static struct span entry_nlri(const struct rib_table *t, uint32_t id, uint8_t *buf, size_t size)
{
    struct writer w = writer_over(buf, size);
    const struct rib_entry *e = rib_table_at(t, id);
    if (t->is_flow) {
        flow_put(&w, span_of(e->key.flow.bytes, e->key.flow.len_bytes));
    } else {
        writer_u8(&w, e->len_bits);
        writer_bytes(&w, &e->key, (e->len_bits + 7u) / 8);
    }
    return writer_span(&w);
}

/* What the messages of one bucket begin with. */
struct bucket_head {
    const struct bucket *bucket;
    struct span attrs;
    uint8_t next_hop[32];
    uint8_t next_hop_len_bytes;
};

static bool begin_message(struct encoder *enc, const struct bucket_head *head,
                          struct update_writer *u)
{
    size_t max = enc->treatment->max_message_bytes;
    enum family family = enc->table->family;
    if (!head->bucket->attrs)
        return update_begin_withdraw(u, &enc->out, max, family);
    return update_begin_reach(u, &enc->out, max, family, head->attrs, head->next_hop,
                              head->next_hop_len_bytes);
}

/* Encodes the items of a bucket; false when its attributes leave no room for a single NLRI. */
static bool encode_items(struct encoder *enc, const struct bucket_head *head)
{
    uint8_t nlri_buf[FLOW_MAX_BYTES + 2];
    struct update_writer u;
    bool open = false;
    for (uint32_t i = head->bucket->first; i != 0; i = enc->pack->items[i - 1].next) {
        struct span nlri =
            entry_nlri(enc->table, enc->pack->items[i - 1].entry, nlri_buf, sizeof(nlri_buf));
        if (open && update_put(&u, nlri))
            continue;
        if (open)
            update_end(&u);
        if (writer_len(&enc->out) >= BUFFER_BYTES)
            emit_buffer(enc);
        size_t mark = writer_mark(&enc->out);
        open = begin_message(enc, head, &u) && update_put(&u, nlri);
        if (!open) {
            writer_rewind(&enc->out, mark);
            return false;
        }
        enc->messages++;
    }
    if (open)
        update_end(&u);
    return true;
}

static void encode_bucket(struct encoder *enc, const struct bucket *bucket)
{
    struct bucket_head head = {.bucket = bucket};
    if (bucket->attrs) {
        struct attr_export export = rib_export_attrs(enc->rib, enc->treatment, bucket->source);
        struct writer w = writer_over(enc->pack->attrs, sizeof(enc->pack->attrs));
        update_encode_attrs(&w, rib_attrs_span(bucket->attrs), &bucket->attrs->hot,
                            enc->table->family, &export, head.next_hop, &head.next_hop_len_bytes);
        head.attrs = writer_span(&w);
        if (writer_ok(&w) && encode_items(enc, &head))
            return;
        struct bucket gone = *bucket;
        gone.attrs = NULL;
        head = (struct bucket_head){.bucket = &gone};
        encode_items(enc, &head);
        return;
    }
    encode_items(enc, &head);
}

void pack_encode(struct pack *p, const struct rib *rib, const struct rib_table *table,
                 const struct rib_treatment *treatment, pack_emit emit, void *ctx)
{
    if (p->bucket_count == 0)
        return;
    form_streams(p);
    struct encoder enc = {.pack = p,
                          .rib = rib,
                          .table = table,
                          .treatment = treatment,
                          .emit = emit,
                          .ctx = ctx,
                          .out = writer_over(p->buffer, sizeof(p->buffer))};
    for (uint32_t i = 0; i < p->stream_count; i++) {
        enc.audience = p->streams[i].audience;
        for (uint32_t b = p->streams[i].first; b != 0; b = p->buckets[b - 1].next)
            encode_bucket(&enc, &p->buckets[b - 1]);
        emit_buffer(&enc);
    }
    p->item_count = p->bucket_count = p->stream_count = p->last_bucket = 0;
    p->generation++;
}
