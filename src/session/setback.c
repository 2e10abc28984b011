/* What follows when sessions end by errors. An error that nobody repairs comes again as soon as
 * there is a session: the pause grows with each time that it was the same one (RFC 4271 §8.1.1
 * damps oscillation; RFC 4486 §4 leaves it to the receiver of a Cease when to try again).
 *
 * Who has many addresses could make many records: they are bounded, and the first of them give way.
 */
#include "session/setback.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

bool setback_counts(const struct notification *n)
{
    switch (n->code) {
    case NOTIFY_CEASE:
        return n->subcode == NOTIFY_CEASE_MAX_PREFIXES ||
               n->subcode == NOTIFY_CEASE_OUT_OF_RESOURCES;
    case NOTIFY_HOLD_EXPIRED:
    case NOTIFY_SEND_HOLD_EXPIRED:
        return false;
    default:
        return true;
    }
}

void setback_note(struct setback *s, const struct notification *n, bool sent)
{
    bool again = s->code == n->code && s->subcode == n->subcode && s->sent == sent;
    s->times = again ? s->times + 1 : 1;
    s->code = n->code;
    s->subcode = n->subcode;
    s->sent = sent;
}

bool setback_refuses(const struct setback *s, uint64_t now_ms)
{
    return now_ms < s->until_ms && (s->sent || s->times > 1);
}

uint64_t setback_left_s(const struct setback *s, uint64_t now_ms)
{
    return s->times == 0 || now_ms >= s->until_ms ? 0 : (s->until_ms - now_ms + 999) / 1000;
}

void setback_describe(const struct setback *s, uint64_t now_ms, struct strbuf *out)
{
    if (setback_left_s(s, now_ms) == 0)
        return;
    if (s->code == NOTIFY_CEASE && s->subcode == NOTIFY_CEASE_MAX_PREFIXES)
        strbuf_add(out, s->sent ? "prefix limit" : "prefix limit of the peer");
    else
        strbuf_printf(out, "%s %s", s->sent ? "sent" : "received", notification_code_name(s->code));
    if (s->times > 1)
        strbuf_printf(out, " %u times", s->times);
    strbuf_printf(out, ", retry in %" PRIu64 " s", setback_left_s(s, now_ms));
}

/* --- by address --- */

/* Items of a bucket are chained by their places + 1; 0 ends the chain. An item stays where it is
 * until its place is taken, which goes round: who was remembered first gives way. */
struct setback_item {
    struct ip_addr addr;
    uint16_t next;
    struct setback setback; /* all zero: forgotten */
};

enum { BUCKETS = SETBACKS_MAX, FIRST_ITEMS = 64 };
_Static_assert(SETBACKS_MAX < UINT16_MAX, "a place + 1 fits");

void setbacks_init(struct setbacks *t, uint64_t seed)
{
    *t = (struct setbacks){.seed = seed};
}

void setbacks_release(struct setbacks *t)
{
    free(t->items);
    free(t->buckets);
    setbacks_init(t, t->seed);
}

static bool is_over(const struct setback *s, uint64_t now_ms)
{
    return s->times == 0 || now_ms > s->until_ms + SETBACK_ROW_MS;
}

static uint16_t *bucket_of(const struct setbacks *t, const struct ip_addr *addr)
{
    return &t->buckets[hash_bytes_seeded(addr->bytes, sizeof(addr->bytes), t->seed) % BUCKETS];
}

static struct setback_item *find_item(const struct setbacks *t, const struct ip_addr *addr)
{
    for (uint16_t at = t->count ? *bucket_of(t, addr) : 0; at; at = t->items[at - 1].next)
        if (ip_equal(&t->items[at - 1].addr, addr))
            return &t->items[at - 1];
    return NULL;
}

static void unchain(struct setbacks *t, size_t place)
{
    uint16_t *at = bucket_of(t, &t->items[place].addr);
    while (*at != place + 1)
        at = &t->items[*at - 1].next;
    *at = t->items[place].next;
}

/* A place that nobody has, or nobody any more. */
static size_t take_place(struct setbacks *t)
{
    if (t->count == SETBACKS_MAX) {
        size_t place = t->first;
        t->first = (place + 1) % SETBACKS_MAX;
        unchain(t, place);
        return place;
    }
    if (t->count == t->size) {
        t->size = t->size ? 2 * t->size : FIRST_ITEMS;
        t->items = mem_resize(t->items, t->size, sizeof(*t->items));
    }
    if (!t->buckets)
        t->buckets = mem_zalloc(BUCKETS * sizeof(*t->buckets));
    return t->count++;
}

void setbacks_keep(struct setbacks *t, const struct ip_addr *addr, const struct setback *s,
                   uint64_t now_ms)
{
    struct setback_item *item = find_item(t, addr);
    if (item) {
        item->setback = is_over(s, now_ms) ? (struct setback){0} : *s;
    } else if (!is_over(s, now_ms)) {
        size_t place = take_place(t);
        uint16_t *bucket = bucket_of(t, addr);
        t->items[place] = (struct setback_item){.addr = *addr, .next = *bucket, .setback = *s};
        *bucket = (uint16_t)(place + 1);
    }
}

const struct setback *setbacks_find(const struct setbacks *t, const struct ip_addr *addr,
                                    uint64_t now_ms)
{
    const struct setback_item *item = find_item(t, addr);
    return item && !is_over(&item->setback, now_ms) ? &item->setback : NULL;
}

void setbacks_forget(struct setbacks *t, const struct prefix *network)
{
    for (size_t i = 0; i < t->count; i++)
        if (prefix_contains_ip(network, &t->items[i].addr))
            t->items[i].setback = (struct setback){0};
}
