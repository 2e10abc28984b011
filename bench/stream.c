/* UPDATE streams of the senders (RFC 4271 §4.3, RFC 4760 §3, 4-octet ASNs).
 *
 * Captured attributes are sent as they are while a single sender plays the first generation;
 * otherwise the sender (twice, where its path is not to win) and the ASN of the generation are put
 * in front of the AS_PATH. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/mem.h"
#include "base/reader.h"
#include "base/writer.h"
#include "drawn.h"

enum {
    MESSAGE_BYTES_MAX = 4096,
    HEADER_BYTES = 19,
    TYPE_UPDATE = 2,
    ATTR_ORIGIN = 1,
    ATTR_AS_PATH = 2,
    ATTR_NEXT_HOP = 3,
    ATTR_MED = 4,
    ATTR_LOCAL_PREF = 5,
    ATTR_AGGREGATOR = 7,
    ATTR_COMMUNITIES = 8,
    ATTR_MP_REACH = 14,
    FLAGS_WELL_KNOWN = 0x40,
    FLAGS_OPTIONAL = 0x80,
    FLAGS_TRANSITIVE = 0xC0,
    FLAG_EXTENDED = 0x10,
    AS_SEQUENCE = 2,
};

/* Path attributes of one set from one sender. */
struct attrs {
    uint8_t bytes[MESSAGE_BYTES_MAX];
    size_t len_bytes;
};

/* --- attributes --- */

static void put_attr(struct writer *w, uint8_t flags, uint8_t type, const void *value, size_t n)
{
    writer_u8(w, n > 255 ? flags | FLAG_EXTENDED : flags);
    writer_u8(w, type);
    if (n > 255)
        writer_u16(w, (uint16_t)n);
    else
        writer_u8(w, (uint8_t)n);
    writer_bytes(w, value, n);
}

static void put_as_path(struct writer *w, const struct drawn *d)
{
    uint8_t value[2 + 4 * DRAWN_PATH_MAX];
    struct writer v = writer_over(value, sizeof value);
    writer_u8(&v, AS_SEQUENCE);
    writer_u8(&v, (uint8_t)d->path_count);
    for (uint32_t i = 0; i < d->path_count; i++)
        writer_u32(&v, d->path[i]);
    put_attr(w, FLAGS_WELL_KNOWN, ATTR_AS_PATH, value, writer_len(&v));
}

static void put_communities(struct writer *w, const struct drawn *d)
{
    uint8_t value[4 * DRAWN_COMMUNITIES_MAX];
    struct writer v = writer_over(value, sizeof value);
    for (uint32_t i = 0; i < d->community_count; i++)
        writer_u32(&v, d->communities[i]);
    if (d->community_count > 0)
        put_attr(w, FLAGS_TRANSITIVE, ATTR_COMMUNITIES, value, writer_len(&v));
}

static void put_drawn_attrs(struct attrs *a, const struct plan *p, uint32_t sender,
                            const struct table_set *set)
{
    struct drawn d;
    drawn_make(&d, p, sender, set);
    struct writer w = writer_over(a->bytes, sizeof a->bytes);
    uint8_t next_hop[4] = {10, 254, (uint8_t)(sender / 250), (uint8_t)(1 + sender % 250)};
    put_attr(&w, FLAGS_WELL_KNOWN, ATTR_ORIGIN, &d.origin, 1);
    put_as_path(&w, &d);
    if (p->table->version == IP_V4)
        put_attr(&w, FLAGS_WELL_KNOWN, ATTR_NEXT_HOP, next_hop, sizeof next_hop);
    uint8_t value[8];
    struct writer v = writer_over(value, sizeof value);
    if (d.has_med) {
        writer_u32(&v, d.med);
        put_attr(&w, FLAGS_OPTIONAL, ATTR_MED, value, 4);
    }
    v = writer_over(value, sizeof value);
    if (d.has_aggregator) {
        writer_u32(&v, d.aggregator_as);
        writer_u32(&v, d.aggregator);
        put_attr(&w, FLAGS_TRANSITIVE, ATTR_AGGREGATOR, value, sizeof value);
    }
    put_communities(&w, &d);
    a->len_bytes = writer_len(&w);
}

/* Copies an AS_PATH with `front` put before its ASNs. A path that does not start with a sequence
 * with room gets a segment of its own for them. */
static void put_longer_path(struct writer *w, struct span path, const uint32_t *front,
                            uint8_t count)
{
    uint8_t value[MESSAGE_BYTES_MAX];
    struct writer v = writer_over(value, sizeof value);
    struct reader r = reader_over(path);
    uint8_t type = reader_u8(&r);
    uint8_t ases = reader_u8(&r);
    bool joins = reader_ok(&r) && type == AS_SEQUENCE && ases + count <= 255;
    writer_u8(&v, AS_SEQUENCE);
    writer_u8(&v, joins ? (uint8_t)(ases + count) : count);
    for (uint8_t i = 0; i < count; i++)
        writer_u32(&v, front[i]);
    writer_put(&v, joins ? reader_rest(&r) : path);
    put_attr(w, FLAGS_WELL_KNOWN, ATTR_AS_PATH, value, writer_len(&v));
}

static void copy_attrs(struct attrs *a, const struct plan *p, uint32_t sender,
                       const struct table_set *set)
{
    struct span captured = span_of(p->table->attr_bytes + set->attrs_at, set->attrs_len_bytes);
    bool first = p->generations[set - p->table->sets] == 0;
    struct writer w = writer_over(a->bytes, sizeof a->bytes);
    uint32_t front[3];
    uint8_t count = 0;
    if (p->senders > 1 && plan_winner(p, set) != sender)
        front[count++] = p->sender_as + sender;
    front[count++] = p->sender_as + sender;
    if (!first)
        front[count++] = plan_generation_as(p, set);
    struct reader r = reader_over(captured);
    while (reader_left(&r) > 0) {
        uint8_t flags = reader_u8(&r);
        uint8_t type = reader_u8(&r);
        struct span value = reader_take(&r, flags & FLAG_EXTENDED ? reader_u16(&r) : reader_u8(&r));
        if (type == ATTR_AS_PATH)
            put_longer_path(&w, value, front, count);
        else if (type != ATTR_LOCAL_PREF)
            put_attr(&w, flags & (uint8_t)~FLAG_EXTENDED, type, value.data, value.len_bytes);
    }
    a->len_bytes = writer_len(&w);
}

/* --- messages --- */

static size_t message_start(struct writer *w)
{
    static const uint8_t marker[16] = {255, 255, 255, 255, 255, 255, 255, 255,
                                       255, 255, 255, 255, 255, 255, 255, 255};
    writer_bytes(w, marker, sizeof marker);
    size_t at = writer_mark(w);
    writer_u16(w, 0);
    writer_u8(w, TYPE_UPDATE);
    writer_u16(w, 0); /* no withdrawn routes */
    return at;
}

static void put_nlri(struct writer *w, const struct table_prefix *p)
{
    writer_u8(w, p->len_bits);
    for (int i = 0; i < (p->len_bits + 7) / 8; i++)
        writer_u8(w, (uint8_t)(p->high >> (56 - 8 * i)));
}

/* NLRI of as many prefixes, from *at on, as the message has room for. */
static void put_prefixes(struct writer *w, const struct table *t, uint32_t *at, uint32_t end)
{
    for (; *at < end; (*at)++) {
        const struct table_prefix *p = &t->prefixes[t->order[*at]];
        if (writer_left(w) < 1 + (p->len_bits + 7u) / 8)
            return;
        put_nlri(w, p);
    }
}

static void put_body_v4(struct writer *w, const struct table *t, const struct attrs *a,
                        uint32_t *at, uint32_t end)
{
    writer_u16(w, (uint16_t)a->len_bytes);
    writer_bytes(w, a->bytes, a->len_bytes);
    put_prefixes(w, t, at, end);
}

static void put_body_v6(struct writer *w, const struct table *t, const struct attrs *a,
                        uint32_t sender, uint32_t *at, uint32_t end)
{
    uint8_t next_hop[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0xfe};
    next_hop[14] = (uint8_t)(sender / 250);
    next_hop[15] = (uint8_t)(1 + sender % 250);
    size_t attrs_at = writer_mark(w);
    writer_u16(w, 0);
    writer_u8(w, FLAGS_OPTIONAL | FLAG_EXTENDED);
    writer_u8(w, ATTR_MP_REACH);
    size_t reach_at = writer_mark(w);
    writer_u16(w, 0);
    writer_u16(w, 2); /* IPv6 */
    writer_u8(w, 1);  /* unicast */
    writer_u8(w, sizeof next_hop);
    writer_bytes(w, next_hop, sizeof next_hop);
    writer_u8(w, 0);
    struct writer room = *w;
    room.end -= a->len_bytes;
    put_prefixes(&room, t, at, end);
    w->pos = room.pos;
    writer_patch_u16(w, reach_at, (uint16_t)(writer_mark(w) - reach_at - 2));
    writer_bytes(w, a->bytes, a->len_bytes);
    writer_patch_u16(w, attrs_at, (uint16_t)(writer_mark(w) - attrs_at - 2));
}

static void append(struct stream *s, struct span bytes)
{
    if (s->len_bytes + bytes.len_bytes > s->room_bytes) {
        s->room_bytes = 2 * (s->len_bytes + bytes.len_bytes) + 65536;
        s->data = mem_realloc(s->data, s->room_bytes);
    }
    memcpy(s->data + s->len_bytes, bytes.data, bytes.len_bytes);
    s->len_bytes += bytes.len_bytes;
    s->messages++;
}

static void add_set(struct stream *s, const struct plan *p, uint32_t sender,
                    const struct table_set *set, uint32_t at, uint32_t end)
{
    struct attrs a;
    if (set->attrs_len_bytes)
        copy_attrs(&a, p, sender, set);
    else
        put_drawn_attrs(&a, p, sender, set);
    while (at < end) {
        uint8_t buf[MESSAGE_BYTES_MAX];
        struct writer w = writer_over(buf, sizeof buf);
        size_t length_at = message_start(&w);
        if (p->table->version == IP_V4)
            put_body_v4(&w, p->table, &a, &at, end);
        else
            put_body_v6(&w, p->table, &a, sender, &at, end);
        writer_patch_u16(&w, length_at, (uint16_t)writer_len(&w));
        if (!writer_ok(&w))
            bench_fail("attributes of %zu bytes do not fit a message", a.len_bytes);
        append(s, writer_span(&w));
    }
}

void stream_add_announcements(struct stream *s, const struct plan *p, uint32_t sender,
                              const bool *changed)
{
    uint32_t first = 0, last = p->table->order_count;
    if (p->sharing == SHARING_SPLIT)
        table_share(p->table, sender, p->senders, &first, &last);
    for (uint32_t i = 0; i < p->table->set_count; i++) {
        const struct table_set *set = &p->table->sets[i];
        if (p->sharing == SHARING_MEMBERS && !plan_announces(p, set, sender))
            continue;
        uint32_t at = set->first > first ? set->first : first;
        uint32_t end = set->first + set->count < last ? set->first + set->count : last;
        if (at < end && (!changed || changed[i]))
            add_set(s, p, sender, set, at, end);
    }
}

void stream_release(struct stream *s)
{
    free(s->data);
    *s = (struct stream){0};
}
