/* UPDATE streams of the senders (RFC 4271 §4.3, RFC 4760 §3, 4-octet ASNs).
 *
 * AS_PATH is "sender, marker, transit …, origin" for generated attributes. Captured ones are sent
 * as they are while a single sender plays the first generation; otherwise the sender (twice, where
 * its path is not to win) and the marker are put in front. The marker tells generations apart. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/mem.h"
#include "base/reader.h"
#include "base/writer.h"
#include "rng.h"

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

static const uint32_t MARK_AS = 4200009000U;

/* Path attributes of one set from one sender. */
struct attrs {
    uint8_t bytes[MESSAGE_BYTES_MAX];
    size_t len_bytes;
};

void plan_init(struct plan *p, const struct table *t, uint32_t senders, bool split)
{
    *p = (struct plan){.table = t, .senders = senders, .split = split, .own = senders == 0};
    p->generations = mem_zalloc(t->set_count);
}

void plan_release(struct plan *p)
{
    free(p->generations);
}

/* The sender whose path for `set` is the shortest. */
static uint32_t winner_of(const struct plan *p, const struct table_set *set)
{
    return p->senders > 1 ? (uint32_t)(rng_of(set->id, p->senders) % p->senders) : 0;
}

static void expect_of_sender(const struct plan *p, uint32_t sender, uint16_t *ret_codes)
{
    uint32_t first = 0, end = p->table->order_count;
    if (p->split)
        table_share(p->table, sender, p->senders, &first, &end);
    for (uint32_t i = 0; i < p->table->set_count; i++) {
        const struct table_set *set = &p->table->sets[i];
        if (!p->split && winner_of(p, set) != sender)
            continue;
        uint16_t code = plan_code(sender, p->generations[i]);
        for (uint32_t at = set->first; at < set->first + set->count; at++)
            if (at >= first && at < end)
                ret_codes[p->table->order[at]] = code;
    }
}

void plan_expect(const struct plan *p, uint16_t *ret_codes)
{
    for (uint32_t i = 0; p->own && i < p->table->prefix_count; i++)
        ret_codes[i] = PLAN_CODE_OTHER;
    for (uint32_t sender = 0; sender < p->senders; sender++)
        expect_of_sender(p, sender, ret_codes);
}

void plan_churn(struct plan *p, uint32_t percent, uint32_t round, bool *ret_changed)
{
    uint64_t wanted = (uint64_t)p->table->order_count * percent / 100;
    uint64_t taken = 0;
    memset(ret_changed, 0, p->table->set_count * sizeof *ret_changed);
    uint32_t stride = 7919; /* prime: visits all sets, in no order that the table has */
    uint32_t at = (uint32_t)(rng_of(round, 77) % p->table->set_count);
    for (uint32_t n = 0; taken < wanted && n < p->table->set_count; n++) {
        at = (uint32_t)(((uint64_t)at + stride) % p->table->set_count);
        if (ret_changed[at])
            continue;
        ret_changed[at] = true;
        taken += p->table->sets[at].count;
        p->generations[at] = (uint8_t)((p->generations[at] + 1) % PLAN_GENERATIONS);
    }
}

uint16_t plan_read_path(const struct plan *p, const uint32_t *ases, uint32_t count)
{
    for (uint32_t i = 0; i < count && i < 2; i++) {
        uint32_t sender = ases[i] - p->sender_as;
        if (sender >= p->senders)
            continue;
        uint32_t next = i + 1;
        while (next < count && ases[next] == ases[i])
            next++;
        uint32_t mark = next < count ? ases[next] - MARK_AS : 0;
        return plan_code(sender, mark < PLAN_GENERATIONS ? mark : 0);
    }
    return PLAN_CODE_OTHER;
}

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

static uint32_t draw_transit(struct rng *r)
{
    return 1000 + 7 * rng_below(r, 20 + rng_below(r, 3000)); /* the first ones are everywhere */
}

static uint32_t draw_origin(struct rng *r)
{
    return rng_below(r, 10) < 3 ? 196608 + rng_below(r, 200000) : 24000 + rng_below(r, 36000);
}

static void put_as_path(struct writer *w, const struct plan *p, uint32_t sender,
                        const struct table_set *set)
{
    struct rng r = {.state = rng_of(set->id, 1000 + sender)};
    bool wins = p->split || winner_of(p, set) == sender;
    uint32_t transits = (uint32_t)(rng_of(set->id, 3) % 3) + (wins ? 0 : 1);
    uint8_t value[2 + 4 * 8];
    struct writer v = writer_over(value, sizeof value);
    writer_u8(&v, AS_SEQUENCE);
    writer_u8(&v, (uint8_t)(transits + 3));
    writer_u32(&v, p->sender_as + sender);
    writer_u32(&v, MARK_AS + p->generations[set - p->table->sets]);
    for (uint32_t i = 0; i < transits; i++)
        writer_u32(&v, draw_transit(&r));
    struct rng of_set = {.state = set->id};
    writer_u32(&v, set->origin_as ? set->origin_as : draw_origin(&of_set));
    put_attr(w, FLAGS_WELL_KNOWN, ATTR_AS_PATH, value, writer_len(&v));
}

static void put_communities(struct writer *w, struct rng *r)
{
    uint32_t kind = rng_below(r, 20);
    uint32_t count = kind < 8 ? 0 : kind < 15 ? 1 + rng_below(r, 3) : 4 + rng_below(r, 5);
    uint8_t value[4 * 8];
    struct writer v = writer_over(value, sizeof value);
    for (uint32_t i = 0; i < count; i++)
        writer_u32(&v, draw_transit(r) << 16 | (100 + 10 * rng_below(r, 400)));
    if (count > 0)
        put_attr(w, FLAGS_TRANSITIVE, ATTR_COMMUNITIES, value, writer_len(&v));
}

static void draw_attrs(struct attrs *a, const struct plan *p, uint32_t sender,
                       const struct table_set *set)
{
    struct writer w = writer_over(a->bytes, sizeof a->bytes);
    struct rng r = {.state = rng_of(set->id, 5 + sender)};
    uint8_t origin = rng_below(&r, 10) ? 0 : 2;
    uint8_t next_hop[4] = {10, 254, 0, (uint8_t)(1 + sender % 250)};
    put_attr(&w, FLAGS_WELL_KNOWN, ATTR_ORIGIN, &origin, 1);
    put_as_path(&w, p, sender, set);
    if (p->table->version == IP_V4)
        put_attr(&w, FLAGS_WELL_KNOWN, ATTR_NEXT_HOP, next_hop, sizeof next_hop);
    if (rng_below(&r, 100) < 15) {
        uint8_t med[4] = {0, 0, 0, (uint8_t)(10 * rng_below(&r, 20))};
        put_attr(&w, FLAGS_OPTIONAL, ATTR_MED, med, sizeof med);
    }
    if (rng_below(&r, 100) < 4) {
        uint8_t aggregator[8] = {0,  0, 0x5d, (uint8_t)set->id,
                                 10, 1, 1,    (uint8_t)(1 + sender % 250)};
        put_attr(&w, FLAGS_TRANSITIVE, ATTR_AGGREGATOR, aggregator, sizeof aggregator);
    }
    put_communities(&w, &r);
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
    uint8_t generation = p->generations[set - p->table->sets];
    struct writer w = writer_over(a->bytes, sizeof a->bytes);
    uint32_t front[3];
    uint8_t count = 0;
    if (p->senders > 1 && winner_of(p, set) != sender)
        front[count++] = p->sender_as + sender;
    front[count++] = p->sender_as + sender;
    if (generation > 0)
        front[count++] = MARK_AS + generation;
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
    uint8_t next_hop[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0xfe, [15] = (uint8_t)(1 + sender % 250)};
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
        draw_attrs(&a, p, sender, set);
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
    if (p->split)
        table_share(p->table, sender, p->senders, &first, &last);
    for (uint32_t i = 0; i < p->table->set_count; i++) {
        const struct table_set *set = &p->table->sets[i];
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
