/* What follows when sessions end by errors. An error that nobody repairs comes again as soon as
 * there is a session: the pause grows with each time that it was the same one (RFC 4271 §8.1.1
 * damps oscillation; RFC 4486 §4 leaves it to the receiver of a Cease when to try again).
 *
 * Who has many addresses could make many records: they are bounded, and those that would end first
 * give way. */
#include "session/setback.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"

struct setback_item {
    struct ip_addr addr;
    struct setback setback;
};

enum { GROW_BY = 64 };

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

void setback_describe(const struct setback *s, uint64_t now_ms, struct strbuf *out)
{
    if (s->times == 0 || now_ms >= s->until_ms)
        return;
    if (s->code == NOTIFY_CEASE && s->subcode == NOTIFY_CEASE_MAX_PREFIXES)
        strbuf_add(out, s->sent ? "prefix limit" : "prefix limit of the peer");
    else
        strbuf_printf(out, "%s %s", s->sent ? "sent" : "received", notification_code_name(s->code));
    if (s->times > 1)
        strbuf_printf(out, " %u times", s->times);
    strbuf_printf(out, ", next attempt in %" PRIu64 " s", (s->until_ms - now_ms + 999) / 1000);
}

/* --- by address --- */

void setbacks_release(struct setbacks *t)
{
    free(t->items);
    *t = (struct setbacks){0};
}

static bool is_over(const struct setback *s, uint64_t now_ms)
{
    return s->times == 0 || now_ms > s->until_ms + SETBACK_ROW_MS;
}

/* The place for an address: its own, else one that is free or over, else that of the first to end.
 */
static struct setback_item *place_for(struct setbacks *t, const struct ip_addr *addr,
                                      uint64_t now_ms)
{
    struct setback_item *best = NULL;
    for (size_t i = 0; i < t->count; i++) {
        struct setback_item *item = &t->items[i];
        if (ip_equal(&item->addr, addr))
            return item;
        if (!best || item->setback.until_ms < best->setback.until_ms)
            best = item;
    }
    if (best && (t->count >= SETBACKS_MAX || is_over(&best->setback, now_ms)))
        return best;
    if (t->count % GROW_BY == 0)
        t->items = mem_resize(t->items, t->count + GROW_BY, sizeof(*t->items));
    return &t->items[t->count++];
}

void setbacks_keep(struct setbacks *t, const struct ip_addr *addr, const struct setback *s,
                   uint64_t now_ms)
{
    if (!is_over(s, now_ms))
        *place_for(t, addr, now_ms) = (struct setback_item){.addr = *addr, .setback = *s};
}

const struct setback *setbacks_find(const struct setbacks *t, const struct ip_addr *addr)
{
    for (size_t i = 0; i < t->count; i++)
        if (ip_equal(&t->items[i].addr, addr))
            return &t->items[i].setback;
    return NULL;
}

void setbacks_forget(struct setbacks *t, const struct prefix *network)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i++)
        if (!prefix_contains_ip(network, &t->items[i].addr))
            t->items[kept++] = t->items[i];
    t->count = kept;
}
