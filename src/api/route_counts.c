/* Counting the routes that a query finds.
 *
 * A group is known by a few bytes, which stand in their order: groups with as many routes are told
 * by them. Groups are found by a table of their numbers with open addressing, of at most half full.
 * When all routes have been looked at, the groups are made a heap, from which the largest is taken
 * until there are as many as are wanted. All of that is in slices. */
#include "api/route_counts.h"

#include <stdlib.h>
#include <string.h>

#include "api/jsonw.h"
#include "api/view_route.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/writer.h"
#include "wire/aspath.h"
#include "wire/attr.h"
#include "wire/community.h"

/* Steps between two looks at the clock. */
#define STEPS_PER_LOOK 1024u
#define SLOTS_MIN      64u
#define KEY_BYTES      40

struct group {
    uint64_t count;
    uint8_t key[KEY_BYTES]; /* what is not used is zero */
};

enum phase { PHASE_COUNTING, PHASE_ORDERING, PHASE_OPENING, PHASE_TELLING };

struct route_counts {
    struct stream base;
    struct route_query *query;      /* owned; NULL once all was counted */
    struct route_counts_room *room; /* borrowed */
    enum route_count_by by;
    bool to_peers;
    uint32_t limit; /* 0: none */
    enum phase phase;
    uint64_t count;        /* routes */
    uint64_t others;       /* in no group, or in one that is not told */
    struct group *groups;  /* owned */
    uint32_t *slots;       /* owned: numbers of groups, from 1; 0: free */
    uint32_t slot_count;   /* a power of two */
    uint32_t group_count;  /* in the heap, once that is being made */
    uint32_t last;         /* number of the group that was found last, from 1; 0: none */
    uint32_t next_to_sift; /* of those before, none is a heap yet */
    uint32_t told;
    uint64_t seed;  /* peers select communities, but not their places */
    unsigned steps; /* since the last look at the clock */
    struct jsonw w;
};

const char *route_count_by_name(unsigned by)
{
    static const char *const names[] = {
        [COUNT_BY_ORIGIN_AS] = "origin-as",
        [COUNT_BY_PEER] = "peer",
        [COUNT_BY_NEXT_HOP] = "next-hop",
        [COUNT_BY_COMMUNITY] = "community",
    };
    return by < COUNT_BY_NONE ? names[by] : NULL;
}

/* --- groups --- */

static void place(struct route_counts *c, uint32_t number)
{
    uint64_t at = hash_bytes_seeded(c->groups[number - 1].key, KEY_BYTES, c->seed);
    while (c->slots[at & (c->slot_count - 1)] != 0)
        at++;
    c->slots[at & (c->slot_count - 1)] = number;
}

/* Makes room for one more. */
static void grow(struct route_counts *c)
{
    if (2 * (c->group_count + 1) <= c->slot_count)
        return;
    c->slot_count = c->slot_count > 0 ? 2 * c->slot_count : SLOTS_MIN;
    free(c->slots);
    c->slots = mem_zalloc(c->slot_count * sizeof(*c->slots));
    c->groups = mem_resize(c->groups, c->slot_count / 2, sizeof(*c->groups));
    for (uint32_t number = 1; number <= c->group_count; number++)
        place(c, number);
}

/* The number of the group, 0: there is none. */
static uint32_t find(const struct route_counts *c, const uint8_t key[KEY_BYTES])
{
    if (c->slot_count == 0)
        return 0;
    uint64_t at = hash_bytes_seeded(key, KEY_BYTES, c->seed);
    for (;; at++) {
        uint32_t number = c->slots[at & (c->slot_count - 1)];
        if (number == 0 || memcmp(c->groups[number - 1].key, key, KEY_BYTES) == 0)
            return number;
    }
}

static void count_in(struct route_counts *c, const uint8_t key[KEY_BYTES])
{
    bool is_last = c->last != 0 && memcmp(c->groups[c->last - 1].key, key, KEY_BYTES) == 0;
    uint32_t number = is_last ? c->last : find(c, key);
    c->steps++;
    if (number == 0 && c->group_count == ROUTE_COUNT_GROUPS_MAX) {
        c->others++;
        return;
    }
    if (number == 0) {
        grow(c);
        number = ++c->group_count;
        struct group *g = &c->groups[number - 1];
        g->count = 0;
        memcpy(g->key, key, KEY_BYTES);
        place(c, number);
    }
    c->groups[number - 1].count++;
    c->last = number;
}

/* --- what routes have in common --- */

static void count_origin_as(struct route_counts *c, const struct route_view *route)
{
    uint8_t key[KEY_BYTES] = {0};
    struct writer w = writer_over(key, sizeof(key));
    struct span path;
    if (attr_find(route->attrs, ATTR_AS_PATH, &path))
        writer_u32(&w, aspath_origin_as(path));
    count_in(c, key);
}

static void put_origin_as(struct jsonw *w, const uint8_t key[KEY_BYTES])
{
    struct reader r = reader_over(span_of(key, KEY_BYTES));
    uint32_t as = reader_u32(&r);
    if (as != 0)
        jsonw_uint(w, "origin_as", as);
    else
        jsonw_null(w, "origin_as");
}

static void count_peer(struct route_counts *c, const struct route_view *route)
{
    uint8_t key[KEY_BYTES] = {0};
    struct writer w = writer_over(key, sizeof(key));
    enum route_source_kind kind = c->to_peers ? ROUTE_SOURCE_PEER : route->source;
    const struct ip_addr *addr = c->to_peers ? &route->to_peer : &route->source_peer;
    writer_u8(&w, (uint8_t)kind);
    if (kind == ROUTE_SOURCE_PEER) {
        writer_u8(&w, addr->version);
        writer_bytes(&w, addr->bytes, sizeof(addr->bytes));
        writer_bytes(&w, addr->interface, sizeof(addr->interface));
    }
    count_in(c, key);
}

static void put_peer(struct jsonw *w, const uint8_t key[KEY_BYTES])
{
    struct reader r = reader_over(span_of(key, KEY_BYTES));
    enum route_source_kind kind = (enum route_source_kind)reader_u8(&r);
    struct ip_addr addr = {.version = reader_u8(&r)};
    reader_copy(&r, addr.bytes, sizeof(addr.bytes));
    reader_copy(&r, addr.interface, sizeof(addr.interface));
    route_view_put_source(w, "peer", kind, &addr);
}

static void count_next_hop(struct route_counts *c, const struct route_view *route)
{
    uint8_t key[KEY_BYTES] = {0};
    struct writer w = writer_over(key, sizeof(key));
    struct span value;
    bool has_one = attr_find(route->attrs, ATTR_NEXT_HOP, &value) && value.len_bytes >= 4;
    if (has_one) {
        bool is_v4 = value.len_bytes == 4; /* else IPv6, with a link-local address perhaps */
        writer_u8(&w, is_v4 ? IP_V4 : IP_V6);
        writer_bytes(&w, value.data, is_v4 ? 4 : 16);
    }
    count_in(c, key);
}

static void put_next_hop(struct jsonw *w, const uint8_t key[KEY_BYTES])
{
    char text[IP_TEXT_MAX];
    struct ip_addr addr;
    if (key[0] != 0)
        addr = ip_from_bytes(key[0], key + 1);
    jsonw_text(w, "next_hop", key[0] != 0 ? ip_format(&addr, text) : NULL);
}

static void count_community(void *ctx, const struct community *community)
{
    uint8_t key[KEY_BYTES] = {(uint8_t)community->kind};
    memcpy(key + 1, community->bytes, community_len_bytes(community->kind));
    count_in(ctx, key);
}

static void count_communities(struct route_counts *c, const struct route_view *route)
{
    community_each(route->attrs, count_community, c);
}

static void put_community(struct jsonw *w, const uint8_t key[KEY_BYTES])
{
    struct community community = {.kind = key[0]};
    struct strbuf text = {0};
    memcpy(community.bytes, key + 1, sizeof(community.bytes));
    community_format(&community, &text);
    jsonw_text_bytes(w, "community", text.data, text.len_bytes);
    strbuf_release(&text);
}

_Static_assert(1 + sizeof(((struct community *)0)->bytes) <= KEY_BYTES, "a community is a key");
_Static_assert(2 + sizeof(((struct ip_addr *)0)->bytes) +
                       sizeof(((struct ip_addr *)0)->interface) <=
                   KEY_BYTES,
               "a peer is a key");

static const struct {
    void (*count)(struct route_counts *c, const struct route_view *route);
    void (*put)(struct jsonw *w, const uint8_t key[KEY_BYTES]);
} kinds[COUNT_BY_NONE] = {
    [COUNT_BY_ORIGIN_AS] = {count_origin_as, put_origin_as},
    [COUNT_BY_PEER] = {count_peer, put_peer},
    [COUNT_BY_NEXT_HOP] = {count_next_hop, put_next_hop},
    [COUNT_BY_COMMUNITY] = {count_communities, put_community},
};

/* --- the largest first --- */

static bool is_before(const struct group *a, const struct group *b)
{
    return a->count != b->count ? a->count > b->count : memcmp(a->key, b->key, KEY_BYTES) < 0;
}

/* Lets the group at `at` sink below those that come before it. */
static void sift(struct route_counts *c, uint32_t at)
{
    for (;;) {
        uint32_t first = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < c->group_count; child++)
            if (is_before(&c->groups[child], &c->groups[first]))
                first = child;
        c->steps++;
        if (first == at)
            return;
        struct group moved = c->groups[at];
        c->groups[at] = c->groups[first];
        c->groups[first] = moved;
        at = first;
    }
}

static bool time_is_up(struct route_counts *c, uint64_t deadline_ns)
{
    if (c->steps < STEPS_PER_LOOK)
        return false;
    c->steps = 0;
    return time_mono_ns() >= deadline_ns;
}

/* --- the stream --- */

/* True when all were counted. */
static bool count_some(struct route_counts *c, uint64_t deadline_ns)
{
    struct route_view route;
    enum route_query_step step;
    while ((step = route_query_next(c->query, deadline_ns, &route)) == QUERY_ROUTE) {
        c->count++;
        if (c->by != COUNT_BY_NONE)
            kinds[c->by].count(c, &route);
        if (time_is_up(c, deadline_ns))
            return false;
    }
    if (step == QUERY_YIELD)
        return false;
    route_query_free(c->query);
    c->query = NULL;
    c->next_to_sift = c->group_count / 2;
    return true;
}

/* True when the groups are a heap. */
static bool order_some(struct route_counts *c, uint64_t deadline_ns)
{
    while (c->next_to_sift > 0) {
        sift(c, --c->next_to_sift);
        if (time_is_up(c, deadline_ns))
            return false;
    }
    return true;
}

static enum stream_step tell_one(struct route_counts *c)
{
    if (c->group_count > 0 && (c->limit == 0 || c->told < c->limit)) {
        jsonw_object(&c->w, NULL);
        kinds[c->by].put(&c->w, c->groups[0].key);
        jsonw_uint(&c->w, "count", c->groups[0].count);
        jsonw_object_end(&c->w);
        c->groups[0] = c->groups[--c->group_count];
        sift(c, 0);
        c->told++;
        return STREAM_MORE;
    }
    for (uint32_t i = 0; i < c->group_count; i++)
        c->others += c->groups[i].count;
    jsonw_array_end(&c->w);
    jsonw_uint(&c->w, "others", c->others);
    jsonw_object_end(&c->w);
    return STREAM_END;
}

static enum stream_step counts_next(struct stream *base, struct strbuf *out,
                                    const struct time_now *now, uint64_t deadline_ns)
{
    struct route_counts *c = (struct route_counts *)base;
    (void)now;
    c->w.out = out;
    if (c->phase == PHASE_COUNTING && count_some(c, deadline_ns))
        c->phase = PHASE_ORDERING;
    if (c->phase == PHASE_ORDERING && order_some(c, deadline_ns))
        c->phase = PHASE_OPENING;
    if (c->phase == PHASE_TELLING)
        return tell_one(c);
    if (c->phase != PHASE_OPENING)
        return STREAM_WAIT;
    c->phase = PHASE_TELLING;
    jsonw_object(&c->w, NULL);
    jsonw_uint(&c->w, "count", c->count);
    if (c->by == COUNT_BY_NONE) {
        jsonw_object_end(&c->w);
        return STREAM_END;
    }
    jsonw_array(&c->w, "groups");
    return STREAM_MORE;
}

static void counts_free(struct stream *base)
{
    struct route_counts *c = (struct route_counts *)base;
    if (c->by != COUNT_BY_NONE)
        c->room->taken--;
    if (c->query)
        route_query_free(c->query);
    free(c->groups);
    free(c->slots);
    free(c);
}

struct stream *route_counts_stream_new(struct route_query *query, struct route_counts_room *room,
                                       enum route_count_by by, bool to_peers, uint32_t limit)
{
    struct route_counts *c = mem_zalloc(sizeof(*c));
    c->base = (struct stream){.next = counts_next, .free = counts_free};
    c->query = query;
    c->room = room;
    c->by = by;
    c->to_peers = to_peers;
    c->limit = limit;
    c->seed = time_mono_ns();
    if (by != COUNT_BY_NONE)
        room->taken++;
    return &c->base;
}
