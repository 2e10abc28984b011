/* What follows when sessions end by errors. An error that nobody repairs comes again as soon as
 * there is a session: the pause grows with each time that it was the same one (RFC 4271 §8.1.1
 * damps oscillation; RFC 4486 §4 leaves it to the receiver of a Cease when to try again). */
#include "session/setback.h"

#include <inttypes.h>

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

bool setback_is_over(const struct setback *s, uint64_t now_ms)
{
    return s->times == 0 || now_ms > s->until_ms + SETBACK_ROW_MS;
}
