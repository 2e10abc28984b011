/* Packing.
 *
 * Items with the same attributes, source and audience form a bucket; buckets with the same audience
 * form a stream. Streams are encoded one after the other into buffers of up to PACK_BUFFER_BYTES.
 * Items come in runs for the same bucket: a run is a piece of the array of items, a bucket a list
 * of runs. So an item of a run costs a comparison and a store; only the first of a run looks for
 * its bucket, in a hash table that is emptied by raising its generation. */
#include "rib/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

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

/* Links to streams, in the order in which these are encoded. Each is an index + 1. */
struct pack_list {
    uint32_t first;
    uint32_t last;
};

/* The streams that matter to those whom a source or party means. */
struct pack_who {
    uint32_t all_but;      /* the stream for everybody but them, index + 1; of 0: for everybody */
    struct pack_list not ; /* those that leave them out */
    struct pack_list only; /* those that are for them, among others perhaps, alone */
};

struct pack_link {
    uint32_t stream; /* index */
    uint32_t next;   /* index + 1 */
};

static const struct pack_key no_key = {.source = UINT32_MAX};

struct pack *pack_new(struct rib_attrs_pool *attrs, uint32_t capacity)
{
    struct pack *p = mem_alloc(sizeof(*p));
    uint32_t slots = 16;
    while (slots < capacity + capacity / 2)
        slots *= 2;
    p->attrs_pool = attrs;
    p->holds = false;
    p->capacity = capacity;
    p->items = mem_resize(NULL, capacity, sizeof(*p->items));
    p->runs = mem_resize(NULL, capacity + 1, sizeof(*p->runs));
    p->buckets = mem_resize(NULL, capacity, sizeof(*p->buckets));
    p->streams = mem_resize(NULL, capacity, sizeof(*p->streams));
    p->slots = mem_zalloc(slots * sizeof(*p->slots));
    p->slot_mask = slots - 1;
    p->generation = 1;
    p->sources = p->parties = (struct pack_whos){0};
    p->links = NULL;
    p->link_count = p->link_size = 0;
    p->sets = source_sets_new();
    p->pieces = NULL;
    p->piece_size = 0;
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
    free(p->sources.at);
    free(p->parties.at);
    free(p->links);
    source_sets_free(p->sets);
    free(p->pieces);
    free(p);
}

static bool key_equal(const struct pack_key *a, const struct pack_key *b)
{
    return a->attrs == b->attrs && a->source == b->source && a->audience.only == b->audience.only &&
           a->audience.but == b->audience.but;
}

/* The slot where the bucket is, or the free one where it belongs. */
static struct pack_slot *find_slot(struct pack *p, const struct pack_key *key)
{
    uint64_t bits = (uint64_t)key->attrs << 1 ^ (uint64_t)key->source << 48 ^
                    (uint64_t)key->audience.but << 32 ^
                    key->audience.only * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t i = (uint32_t)hash_mix(bits) & p->slot_mask;
    while (p->slots[i].generation == p->generation &&
           !key_equal(&p->buckets[p->slots[i].bucket].key, key))
        i = (i + 1) & p->slot_mask;
    return &p->slots[i];
}

/* --- audiences --- */

static struct pack_whos *whos_of(struct pack *p, uint32_t who)
{
    return who & PACK_PARTY ? &p->parties : &p->sources;
}

static struct pack_who *who_is(struct pack *p, uint32_t who)
{
    struct pack_whos *whos = whos_of(p, who);
    uint32_t index = who & ~PACK_PARTY;
    if (index >= whos->size) {
        uint32_t size = index + 64;
        whos->at = mem_resize(whos->at, size, sizeof(*whos->at));
        memset(whos->at + whos->size, 0, (size - whos->size) * sizeof(*whos->at));
        whos->size = size;
    }
    return &whos->at[index];
}

uint32_t pack_set(struct pack *p, const uint32_t *who, uint32_t count, struct source_sets_more more)
{
    return source_sets_name(p->sets, who, count, more);
}

static void link_stream(struct pack *p, struct pack_list *list, uint32_t stream)
{
    if (p->link_count == p->link_size) {
        p->link_size = p->link_size ? p->link_size * 2 : 64;
        p->links = mem_resize(p->links, p->link_size, sizeof(*p->links));
    }
    p->links[p->link_count++] = (struct pack_link){.stream = stream};
    if (list->last)
        p->links[list->last - 1].next = p->link_count;
    else
        list->first = p->link_count;
    list->last = p->link_count;
}

/* The stream for all but some, index + 1; 0: there is none yet. */
static uint32_t find_shared(struct pack *p, uint32_t but)
{
    return source_set_has_many(but) ? source_sets_notes(p->sets, but)[0] : who_is(p, but)->all_but;
}

/* The same of that for some alone. */
static uint32_t find_only(struct pack *p, struct pack_audience audience)
{
    if (source_set_has_many(audience.only) && audience.but == 0)
        return source_sets_notes(p->sets, audience.only)[1];
    uint32_t count;
    const uint32_t *who = source_sets_members(p->sets, &audience.only, &count);
    uint32_t link = who_is(p, who[0])->only.first;
    for (; link != 0; link = p->links[link - 1].next) {
        uint32_t stream = p->links[link - 1].stream;
        const struct pack_audience *other = &p->streams[stream].audience;
        if (other->only == audience.only && other->but == audience.but)
            return stream + 1;
    }
    return 0;
}

static void add_only(struct pack *p, uint32_t stream)
{
    const struct pack_audience *audience = &p->streams[stream].audience;
    uint32_t count;
    const uint32_t *who = source_sets_members(p->sets, &audience->only, &count);
    if (source_set_has_many(audience->only) && audience->but == 0)
        source_sets_notes(p->sets, audience->only)[1] = stream + 1;
    for (uint32_t i = 0; i < count; i++)
        link_stream(p, &who_is(p, who[i])->only, stream);
}

static void add_shared(struct pack *p, uint32_t stream)
{
    const struct pack_audience *audience = &p->streams[stream].audience;
    uint32_t count;
    const uint32_t *who = source_sets_members(p->sets, &audience->but, &count);
    if (source_set_has_many(audience->but))
        source_sets_notes(p->sets, audience->but)[0] = stream + 1;
    else
        who_is(p, audience->but)->all_but = stream + 1;
    for (uint32_t i = 0; i < count; i++)
        link_stream(p, &who_is(p, who[i])->not, stream);
}

static struct pack_stream *find_stream(struct pack *p, struct pack_audience audience)
{
    uint32_t i = audience.only ? find_only(p, audience) : find_shared(p, audience.but);
    if (i == 0) {
        i = p->stream_count + 1;
        p->streams[p->stream_count++] = (struct pack_stream){.audience = audience};
        if (audience.only)
            add_only(p, i - 1);
        else
            add_shared(p, i - 1);
    }
    return &p->streams[i - 1];
}

static void forget_streams_of(struct pack *p, const uint32_t *who, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        *who_is(p, who[i]) = (struct pack_who){0};
}

/* Nobody has streams any more. */
static void forget_streams(struct pack *p)
{
    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct pack_audience *audience = &p->streams[i].audience;
        const uint32_t *name = audience->only ? &audience->only : &audience->but;
        uint32_t count;
        const uint32_t *who = source_sets_members(p->sets, name, &count);
        forget_streams_of(p, who, count);
    }
    *who_is(p, 0) = (struct pack_who){0};
    p->stream_count = p->link_count = 0;
    source_sets_forget(p->sets);
}

/* --- items --- */

/* A new bucket, the last of its stream. */
static uint32_t add_bucket(struct pack *p, const struct pack_key *key)
{
    uint32_t index = p->bucket_count++;
    struct pack_stream *s = find_stream(p, key->audience);
    p->buckets[index] = (struct pack_bucket){.key = *key};
    if (p->holds && key->attrs != 0)
        rib_attrs_ref(p->attrs_pool, key->attrs);
    if (s->last)
        p->buckets[s->last - 1].next = index + 1;
    else
        s->first = index + 1;
    s->last = index + 1;
    return index;
}

void pack_start_run(struct pack *p, struct pack_key key)
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
    forget_streams(p);
    for (uint32_t i = 0; p->holds && i < p->bucket_count; i++)
        rib_attrs_unref(p->attrs_pool, p->buckets[i].key.attrs);
    p->item_count = p->run_count = p->bucket_count = 0;
    p->last = no_key;
    p->generation++;
}

/* --- encoding --- */

struct encoder {
    struct pack *pack;
    const struct rib *rib;
    const struct rib_table *table;
    const struct export_profile *profile;
    struct writer out;
    uint32_t messages;
    struct pack_stream *stream;
    struct pack_output output; /* what is known of the buffer so far */
    bool sharing;              /* streams for everybody but some come first */
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

/* What is in the buffer so far is for everybody but some. */
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
    struct span labels;
    uint8_t next_hop[32];
    uint8_t next_hop_len_bytes;
};

static inline bool begin_message(struct encoder *enc, const struct bucket_head *head,
                                 struct update_writer *u)
{
    size_t max = enc->profile->max_message_bytes;
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

/* Puts as many NLRI into the message as it takes; returns how many. */
static uint32_t put_entries(const struct rib_table *t, struct update_writer *u,
                            const uint32_t *entries, uint32_t count, struct span labels)
{
    struct nlri_key keys[NLRI_AT_ONCE];
    struct writer w = update_room(u);
    uint32_t put = 0;
    size_t some;
    size_t taken;
    do {
        some = count - put < NLRI_AT_ONCE ? count - put : NLRI_AT_ONCE;
        rib_table_keys(t, entries + put, some, keys);
        taken = t->info->put(t->info, &w, keys, some, labels);
        put += (uint32_t)taken;
    } while (taken == some && put < count);
    update_wrote(u, &w);
    return put;
}

/* Encodes the items of a bucket. Each fits into a message: rib_export_select has seen to that. */
static void encode_items(struct encoder *enc, const struct bucket_head *head)
{
    const struct pack *p = enc->pack;
    struct update_writer u;
    if (!begin_message(enc, head, &u))
        return;
    for (uint32_t next = head->bucket->first; next != 0; next = p->runs[next - 1].next) {
        const struct pack_run *run = &p->runs[next - 1];
        uint32_t item = run[0].first;
        uint32_t end = run[1].first;
        while ((item += put_entries(enc->table, &u, &p->items[item], end - item, head->labels)) <
               end)
            if (!end_message(enc, &u) || !begin_message(enc, head, &u))
                return;
    }
    end_message(enc, &u);
}

static void encode_bucket(struct encoder *enc, const struct pack_bucket *bucket)
{
    struct bucket_head head; /* what a withdrawal does not have is not looked at */
    const struct pack_key *key = &bucket->key;
    head.bucket = bucket;
    head.labels = span_of(NULL, 0);
    if (key->attrs != 0) {
        const struct rib_attrs *set = rib_attrs_at(&enc->rib->attrs, key->attrs);
        struct attr_export export;
        struct writer w = writer_over(enc->pack->attrs, sizeof(enc->pack->attrs));
        /* Not told, or too large: its source has changed, and it is about to be selected again. */
        if (rib_export_attrs(enc->rib, enc->profile, key->attrs, key->source, &export))
            return;
        update_encode_attrs(&w, rib_attrs_span(set), &set->hot, enc->table->family, &export,
                            head.next_hop, &head.next_hop_len_bytes);
        if (!writer_ok(&w))
            return;
        head.attrs = writer_span(&w);
        if (enc->table->info->has_labels)
            head.labels = attr_labels(rib_attrs_span(set));
    }
    encode_items(enc, &head);
}

/* Encodes the streams that are shared, or those that are not. */
static void encode_streams(struct encoder *enc)
{
    struct pack *p = enc->pack;
    for (uint32_t i = 0; i < p->stream_count; i++) {
        if ((p->streams[i].audience.only == 0) != enc->sharing)
            continue;
        enc->stream = &p->streams[i];
        begin_piece(enc);
        for (uint32_t b = enc->stream->first; b != 0; b = p->buckets[b - 1].next)
            encode_bucket(enc, &p->buckets[b - 1]);
        end_piece(enc);
    }
}

void pack_encode(struct pack *p, const struct rib *rib, const struct rib_table *table,
                 const struct export_profile *profile, pack_emit emit, void *ctx)
{
    p->runs[p->run_count].first = p->item_count; /* ends the last run */
    struct encoder enc = {.pack = p,
                          .rib = rib,
                          .table = table,
                          .profile = profile,
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

/* Streams are encoded one after the other: in front of a list are those with which the encoder is
 * done, which nobody needs any more, then those that are in the buffer, and then others. */
static bool is_done(const struct pack *p, const struct pack_stream *s)
{
    return s->buffer != 0 && s->buffer != p->buffer_number;
}

static bool is_in_buffer(const struct pack *p, const struct pack_stream *s)
{
    return s->buffer == p->buffer_number;
}

/* The first link of a list to a stream in the buffer, or one that comes later; index + 1, 0: none.
 */
static uint32_t first_link(const struct pack *p, struct pack_list *list)
{
    while (list->first != 0 && is_done(p, &p->streams[p->links[list->first - 1].stream]))
        list->first = p->links[list->first - 1].next;
    return list->first;
}

/* Likewise of those that leave out whom a source or party means. */
static uint32_t first_not(struct pack *p, uint32_t who)
{
    const struct pack_whos *whos = whos_of(p, who);
    uint32_t index = who & ~PACK_PARTY;
    return index < whos->size ? first_link(p, &whos->at[index].not ) : 0;
}

/* Of those that are for it alone. */
static uint32_t first_only(struct pack *p, uint32_t who)
{
    const struct pack_whos *whos = whos_of(p, who);
    uint32_t index = who & ~PACK_PARTY;
    return index < whos->size ? first_link(p, &whos->at[index].only) : 0;
}

/* The stream of a link, where it is in the buffer; else UINT32_MAX. */
static uint32_t linked(const struct pack *p, uint32_t link)
{
    uint32_t stream = link ? p->links[link - 1].stream : UINT32_MAX;
    return link && is_in_buffer(p, &p->streams[stream]) ? stream : UINT32_MAX;
}

static void add_piece(struct pack *p, struct pack_share *share, struct pack_piece piece)
{
    if (piece.begin == piece.end)
        return;
    share->len_bytes += piece.end - piece.begin;
    if (share->count > 0 && p->pieces[share->count - 1].end == piece.begin) {
        p->pieces[share->count - 1].end = piece.end;
        p->pieces[share->count - 1].messages += piece.messages;
        return;
    }
    if (share->count == p->piece_size) {
        p->piece_size = p->piece_size ? p->piece_size * 2 : 8;
        p->pieces = mem_resize(p->pieces, p->piece_size, sizeof(*p->pieces));
    }
    p->pieces[share->count++] = piece;
}

/* What is for everybody, without the pieces that leave out the source or the party. */
static void add_shared_pieces(struct pack_share *share, const struct pack_output *output,
                              uint32_t source, uint32_t party)
{
    struct pack *p = output->pack;
    uint32_t link = source ? first_not(p, source) : 0;
    uint32_t party_link = party ? first_not(p, party) : 0;
    struct pack_piece next = {0};
    for (;;) {
        uint32_t stream = linked(p, link);
        uint32_t party_stream = linked(p, party_link);
        const uint32_t least = stream < party_stream ? stream : party_stream;
        if (least == UINT32_MAX)
            break;
        if (stream == least)
            link = p->links[link - 1].next;
        if (party_stream == least)
            party_link = p->links[party_link - 1].next;
        const struct pack_stream *s = &p->streams[least];
        next.end = s->piece.begin;
        next.messages = s->messages_before - next.messages;
        add_piece(p, share, next);
        next.begin = s->piece.end;
        next.messages = s->messages_before + s->piece.messages; /* so far */
    }
    next.end = output->shared_bytes;
    next.messages = output->shared_messages - next.messages;
    add_piece(p, share, next);
}

static bool leaves_out(const struct pack *p, const struct pack_audience *audience, uint32_t source)
{
    uint32_t count;
    const uint32_t *who = source_sets_members(p->sets, &audience->but, &count);
    for (uint32_t i = 0; i < count; i++)
        if (who[i] == source)
            return true;
    return false;
}

/* What is for those alone whom `only` means, this peer among them. */
static void add_only_pieces(struct pack *p, struct pack_share *share, uint32_t only,
                            uint32_t source)
{
    for (uint32_t link = first_only(p, only); link != 0; link = p->links[link - 1].next) {
        const struct pack_stream *s = &p->streams[p->links[link - 1].stream];
        if (!is_in_buffer(p, s))
            break;
        if (!leaves_out(p, &s->audience, source))
            add_piece(p, share, s->piece);
    }
}

struct pack_share pack_share_of(const struct pack_output *output, uint32_t source, uint32_t party)
{
    struct pack *p = output->pack;
    struct pack_share share = {0};
    add_shared_pieces(&share, output, source, party);
    if (source != 0)
        add_only_pieces(p, &share, source, source);
    if (party != 0)
        add_only_pieces(p, &share, party, source);
    share.pieces = p->pieces;
    return share;
}

void pack_push(const struct pack_output *output, const struct pack_share *share, struct msgq *queue)
{
    /* A peer that takes nothing must not keep buffers of which it wants but a little. */
    bool copied = share->len_bytes < output->buf->len_bytes / 2;
    for (uint32_t i = 0; i < share->count; i++) {
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
