/* Packing.
 *
 * Items with the same attributes, source and audience form a bucket; buckets with the same audience
 * form a stream. Streams are encoded one behind the other into buffers of up to PACK_BUFFER_BYTES.
 * Items come in runs for the same bucket: a run is a piece of the array of items, a bucket a list
 * of runs. So an item of a run costs a comparison and a store; only the first of a run looks for
 * its bucket, in a hash table that is emptied by raising its generation. */
#include "rib/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "wire/flowspec.h"
#include "wire/message.h"
#include "wire/nlri.h"

struct pack_run {
    uint32_t first; /* item; the run ends where the next one in the array begins */
    uint32_t next;  /* index + 1 of the next run of the bucket; 0: last */
};

struct pack_bucket {
    struct pack_key key;
    uint32_t first; /* index + 1 of a run */
    uint32_t last;
    uint32_t next; /* index + 1 of the next bucket of the stream */
};

struct pack_stream {
    struct pack_audience audience;
    uint32_t first; /* index + 1 of a bucket */
    uint32_t last;
    uint32_t buffer; /* number of the last buffer that a piece of it is in */
    struct pack_piece piece;
    uint32_t messages_before; /* the piece, in that buffer */
};

struct pack_slot {
    uint32_t generation;
    uint32_t bucket;
};

static const struct pack_key no_key = {.source = UINT32_MAX};

struct pack *pack_new(uint32_t capacity)
{
    struct pack *p = mem_alloc(sizeof(*p));
    uint32_t slots = 16;
    while (slots < capacity * 2)
        slots *= 2;
    p->capacity = capacity;
    p->items = mem_resize(NULL, capacity, sizeof(*p->items));
    p->runs = mem_resize(NULL, capacity + 1, sizeof(*p->runs));
    p->buckets = mem_resize(NULL, capacity, sizeof(*p->buckets));
    p->streams = mem_resize(NULL, capacity, sizeof(*p->streams));
    p->slots = mem_zalloc(slots * sizeof(*p->slots));
    p->slot_mask = slots - 1;
    p->generation = 1;
    p->stream_of = NULL;
    p->stream_of_size = 0;
    p->buffer_number = 1;
    p->item_count = p->run_count = p->bucket_count = p->stream_count = 0;
    p->last = no_key;
    return p;
}

void pack_free(struct pack *p)
{
    if (!p)
        return;
    free(p->items);
    free(p->runs);
    free(p->buckets);
    free(p->streams);
    free(p->slots);
    free(p->stream_of);
    free(p);
}

static bool key_equal(const struct pack_key *a, const struct pack_key *b)
{
    return a->attrs == b->attrs && a->source == b->source &&
           a->audience.source == b->audience.source && a->audience.only == b->audience.only;
}

/* The slot where the bucket is, or the free one where it belongs. */
static struct pack_slot *find_slot(struct pack *p, const struct pack_key *key)
{
    uint64_t bits = (uint64_t)key->attrs << 1 ^ (uint64_t)key->source << 48 ^
                    (uint64_t)key->audience.source << 32 ^ key->audience.only;
    uint32_t i = (uint32_t)hash_mix(bits) & p->slot_mask;
    while (p->slots[i].generation == p->generation &&
           !key_equal(&p->buckets[p->slots[i].bucket].key, key))
        i = (i + 1) & p->slot_mask;
    return &p->slots[i];
}

static uint32_t audience_index(struct pack_audience audience)
{
    return audience.source * 2 + audience.only;
}

static struct pack_stream *find_stream(struct pack *p, struct pack_audience audience)
{
    uint32_t index = audience_index(audience);
    if (index >= p->stream_of_size) {
        uint32_t size = index + 64;
        p->stream_of = mem_resize(p->stream_of, size, sizeof(*p->stream_of));
        for (uint32_t i = p->stream_of_size; i < size; i++)
            p->stream_of[i] = 0;
        p->stream_of_size = size;
    }
    if (p->stream_of[index] == 0) {
        p->streams[p->stream_count++] = (struct pack_stream){.audience = audience};
        p->stream_of[index] = p->stream_count;
    }
    return &p->streams[p->stream_of[index] - 1];
}

/* A new bucket, the last of its stream. */
static uint32_t add_bucket(struct pack *p, const struct pack_key *key)
{
    uint32_t index = p->bucket_count++;
    struct pack_stream *s = find_stream(p, key->audience);
    p->buckets[index] = (struct pack_bucket){.key = *key};
    if (s->last)
        p->buckets[s->last - 1].next = index + 1;
    else
        s->first = index + 1;
    s->last = index + 1;
    return index;
}

void pack_turn(struct pack *p, struct pack_key key)
{
    struct pack_slot *slot = find_slot(p, &key);
    if (slot->generation != p->generation)
        *slot = (struct pack_slot){p->generation, add_bucket(p, &key)};
    struct pack_bucket *b = &p->buckets[slot->bucket];
    p->runs[p->run_count++] = (struct pack_run){.first = p->item_count};
    if (b->last)
        p->runs[b->last - 1].next = p->run_count;
    else
        b->first = p->run_count;
    b->last = p->run_count;
    p->last = key;
}

static void make_empty(struct pack *p)
{
    for (uint32_t i = 0; i < p->stream_count; i++)
        p->stream_of[audience_index(p->streams[i].audience)] = 0;
    p->item_count = p->run_count = p->bucket_count = p->stream_count = 0;
    p->last = no_key;
    p->generation++;
}

/* --- encoding --- */

struct encoder {
    struct pack *pack;
    const struct rib *rib;
    const struct rib_table *table;
    const struct rib_treatment *treatment;
    struct writer out;
    uint32_t messages;
    struct pack_stream *stream;
    struct pack_output output; /* what is known of the buffer so far */
    bool sharing;              /* streams for everybody but one come first */
    pack_emit emit;
    void *ctx;
};

static void begin_piece(struct encoder *enc)
{
    struct pack_stream *s = enc->stream;
    uint32_t begin = (uint32_t)writer_len(&enc->out);
    s->buffer = enc->pack->buffer_number;
    s->piece = (struct pack_piece){.begin = begin, .end = begin};
    s->messages_before = enc->messages;
}

static void end_piece(struct encoder *enc)
{
    struct pack_stream *s = enc->stream;
    s->piece.end = (uint32_t)writer_len(&enc->out);
    s->piece.messages = enc->messages - s->messages_before;
}

/* What is in the buffer so far is for everybody but one. */
static void end_sharing(struct encoder *enc)
{
    enc->output.shared_bytes = (uint32_t)writer_len(&enc->out);
    enc->output.shared_messages = enc->messages;
}

static void emit_buffer(struct encoder *enc)
{
    if (enc->messages == 0)
        return;
    if (enc->sharing)
        end_sharing(enc);
    enc->output.buf =
        msgbuf_new(enc->out.start, writer_len(&enc->out), enc->messages, enc->messages);
    enc->emit(enc->ctx, &enc->output);
    msgbuf_unref(enc->output.buf);
    writer_rewind(&enc->out, 0);
    enc->messages = 0;
    enc->output.shared_bytes = enc->output.shared_messages = 0;
    enc->pack->buffer_number++;
}

/* What the messages of one bucket begin with. */
struct bucket_head {
    const struct pack_bucket *bucket;
    struct span attrs;
    uint8_t next_hop[32];
    uint8_t next_hop_len_bytes;
};

static bool begin_message(struct encoder *enc, const struct bucket_head *head,
                          struct update_writer *u)
{
    size_t max = enc->treatment->max_message_bytes;
    enum family family = enc->table->family;
    if (writer_len(&enc->out) >= PACK_BUFFER_BYTES) {
        end_piece(enc);
        emit_buffer(enc);
        begin_piece(enc);
    }
    if (head->bucket->key.attrs == 0)
        return update_begin_withdraw(u, &enc->out, max, family);
    return update_begin_reach(u, &enc->out, max, family, head->attrs, head->next_hop,
                              head->next_hop_len_bytes);
}

/* False when nothing was put into the message, which then does not exist. */
static bool end_message(struct encoder *enc, struct update_writer *u)
{
    bool ended = update_end(u);
    enc->messages += ended;
    return ended;
}

/* Puts as many of the prefixes into the message as it takes; returns how many. */
static uint32_t put_unicast(const struct rib_table *t, struct update_writer *u,
                            const uint32_t *entries, uint32_t count)
{
    const bool is_v4 = t->ip_version == IP_V4;
    const size_t longest_bytes = 1 + ip_len_bytes(t->ip_version);
    struct writer w = update_room(u);
    uint32_t put = 0;
    for (; put < count && writer_left(&w) >= longest_bytes; put++) {
        const struct rib_entry *e = rib_table_at(t, entries[put]);
        if (is_v4)
            nlri_put_address(&w, e->len_bits, e->key.v4, sizeof(e->key.v4));
        else
            nlri_put_address(&w, e->len_bits, e->key.v6, sizeof(e->key.v6));
    }
    for (; put < count; put++) { /* where the longest prefix does not fit any more */
        const struct rib_entry *e = rib_table_at(t, entries[put]);
        struct prefix p = prefix_make(t->ip_version, e->len_bits, is_v4 ? e->key.v4 : e->key.v6);
        nlri_put(&w, &p);
        if (!writer_ok(&w))
            break;
    }
    update_wrote(u, &w);
    return put;
}

static uint32_t put_flows(const struct rib_table *t, struct update_writer *u,
                          const uint32_t *entries, uint32_t count)
{
    struct writer w = update_room(u);
    uint32_t put = 0;
    for (; put < count; put++) {
        const struct rib_entry *e = rib_table_at(t, entries[put]);
        size_t mark = writer_mark(&w);
        flow_put(&w, flow_index_key(&t->flows, e));
        if (!writer_ok(&w)) {
            writer_rewind(&w, mark);
            break;
        }
    }
    update_wrote(u, &w);
    return put;
}

/* Encodes the items of a bucket. Each fits into a message: rib_export_select has seen to that. */
static void encode_items(struct encoder *enc, const struct bucket_head *head)
{
    const struct pack *p = enc->pack;
    uint32_t (*put_entries)(const struct rib_table *, struct update_writer *, const uint32_t *,
                            uint32_t) = enc->table->is_flow ? put_flows : put_unicast;
    struct update_writer u;
    if (!begin_message(enc, head, &u))
        return;
    for (uint32_t next = head->bucket->first; next != 0; next = p->runs[next - 1].next) {
        const struct pack_run *run = &p->runs[next - 1];
        uint32_t item = run[0].first;
        uint32_t end = run[1].first;
        while ((item += put_entries(enc->table, &u, &p->items[item], end - item)) < end)
            if (!end_message(enc, &u) || !begin_message(enc, head, &u))
                return;
    }
    end_message(enc, &u);
}

static void encode_bucket(struct encoder *enc, const struct pack_bucket *bucket)
{
    struct bucket_head head = {.bucket = bucket};
    const struct pack_key *key = &bucket->key;
    if (key->attrs != 0) {
        const struct rib_attrs *set = rib_attrs_at(&enc->rib->attrs, key->attrs);
        struct attr_export export;
        struct writer w = writer_over(enc->pack->attrs, sizeof(enc->pack->attrs));
        /* Not told, or too large: its source has changed, and it is about to be selected again. */
        if (rib_export_attrs(enc->rib, enc->treatment, key->attrs, key->source, &export))
            return;
        update_encode_attrs(&w, rib_attrs_span(set), &set->hot, enc->table->family, &export,
                            head.next_hop, &head.next_hop_len_bytes);
        if (!writer_ok(&w))
            return;
        head.attrs = writer_span(&w);
    }
    encode_items(enc, &head);
}

/* Encodes the streams that are shared, or those that are not. */
static void encode_streams(struct encoder *enc)
{
    struct pack *p = enc->pack;
    for (uint32_t i = 0; i < p->stream_count; i++) {
        if (p->streams[i].audience.only == enc->sharing)
            continue;
        enc->stream = &p->streams[i];
        begin_piece(enc);
        for (uint32_t b = enc->stream->first; b != 0; b = p->buckets[b - 1].next)
            encode_bucket(enc, &p->buckets[b - 1]);
        end_piece(enc);
    }
}

void pack_encode(struct pack *p, const struct rib *rib, const struct rib_table *table,
                 const struct rib_treatment *treatment, pack_emit emit, void *ctx)
{
    p->runs[p->run_count].first = p->item_count; /* ends the last run */
    struct encoder enc = {.pack = p,
                          .rib = rib,
                          .table = table,
                          .treatment = treatment,
                          .output = {.pack = p},
                          .emit = emit,
                          .ctx = ctx,
                          .out = writer_over(p->buffer, sizeof(p->buffer))};
    enc.sharing = true;
    encode_streams(&enc);
    end_sharing(&enc);
    enc.sharing = false;
    encode_streams(&enc);
    emit_buffer(&enc);
    make_empty(p);
}

/* --- shares --- */

/* The stream for an audience when some of it is in the buffer; else NULL. */
static const struct pack_stream *stream_in_buffer(const struct pack *p,
                                                  struct pack_audience audience)
{
    uint32_t index = audience_index(audience);
    if (index >= p->stream_of_size || p->stream_of[index] == 0)
        return NULL;
    const struct pack_stream *s = &p->streams[p->stream_of[index] - 1];
    return s->buffer == p->buffer_number ? s : NULL;
}

static void add_piece(struct pack_share *share, uint32_t begin, uint32_t end, uint32_t messages)
{
    if (begin == end)
        return;
    share->pieces[share->count++] = (struct pack_piece){begin, end, messages};
    share->len_bytes += end - begin;
}

struct pack_share pack_share_of(const struct pack_output *output, uint32_t source)
{
    const struct pack_stream *not_for = NULL;
    const struct pack_stream *only_for = NULL;
    if (source != 0) {
        not_for = stream_in_buffer(output->pack, (struct pack_audience){source, .only = false});
        only_for = stream_in_buffer(output->pack, (struct pack_audience){source, .only = true});
    }
    struct pack_share share = {0};
    uint32_t from = 0;
    uint32_t messages = output->shared_messages;
    if (not_for) {
        add_piece(&share, 0, not_for->piece.begin, not_for->messages_before);
        from = not_for->piece.end;
        messages -= not_for->messages_before + not_for->piece.messages;
    }
    add_piece(&share, from, output->shared_bytes, messages);
    if (only_for)
        add_piece(&share, only_for->piece.begin, only_for->piece.end, only_for->piece.messages);
    return share;
}

void pack_push(const struct pack_output *output, const struct pack_share *share, struct msgq *queue)
{
    /* A peer that takes nothing must not keep buffers of which it wants but a little. */
    bool copied = share->len_bytes < output->buf->len_bytes / 2;
    for (unsigned i = 0; i < share->count; i++) {
        const struct pack_piece *piece = &share->pieces[i];
        if (!copied) {
            msgq_push_part(queue, output->buf, piece->begin, piece->end, piece->messages);
            continue;
        }
        struct msgbuf *copy =
            msgbuf_new(output->buf->bytes + piece->begin, piece->end - piece->begin,
                       piece->messages, piece->messages);
        msgq_push(queue, copy);
        msgbuf_unref(copy);
    }
}
