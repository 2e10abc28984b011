/* Limits on prefixes. A number that hovers around one of them is told of once: it has to fall by a
 * twentieth first. A peer with more routes than it may send, of which some come and go, would be
 * asked for all of them each time that there is room for one: so the pauses between that double. */
#include "daemon/limit.h"

enum {
    FIRST_PAUSE_MS = 30 * 1000,
    LONGEST_PAUSE_MS = 15 * 60 * 1000,
    SLACK_PART = 20,
};

void limit_begin(struct limit *l)
{
    *l = (struct limit){.config = l->config};
}

void limit_change(struct limit *l, const struct config_limit *config)
{
    l->config = *config;
    l->near = l->over = false;
    l->ignored.pause_ms = l->ignored.not_before_ms = 0;
}

static bool ignores(const struct limit *l)
{
    return l->config.limit != 0 && l->config.action == LIMIT_IGNORE_NEW;
}

/* The number of prefixes that is warned of; UINT32_MAX: none. */
static uint32_t warn_at(const struct config_limit *c)
{
    if (c->limit == 0 || c->warn_percent == 0)
        return UINT32_MAX;
    return (uint32_t)(((uint64_t)c->limit * c->warn_percent + 99) / 100);
}

/* Whether `count` is well below a number that it had reached. */
static bool is_well_below(uint32_t count, uint32_t number)
{
    uint32_t slack = number / SLACK_PART;
    return count + (slack > 0 ? slack : 1) <= number;
}

uint32_t limit_next(const struct limit *l)
{
    if (!l->near && warn_at(&l->config) != UINT32_MAX)
        return warn_at(&l->config);
    bool acts = l->config.limit != 0 && l->config.limit != UINT32_MAX && !ignores(l) && !l->over;
    return acts ? l->config.limit + 1 : UINT32_MAX;
}

/* Whether more than the limit is there, or was not taken. What was asked for again is on its way.
 */
static bool is_over(const struct limit *l, uint32_t count, uint64_t ignored, uint64_t now_ms)
{
    if (l->config.limit == 0)
        return false;
    if (ignores(l) && ignored > l->ignored.known)
        return true;
    if (!l->over || count > l->config.limit)
        return count > l->config.limit;
    return ignores(l) ? now_ms < l->ignored.not_before_ms : !is_well_below(count, l->config.limit);
}

enum limit_event limit_note(struct limit *l, uint32_t count, uint64_t ignored, uint64_t now_ms)
{
    bool was_near = l->near;
    bool was_over = l->over;
    uint32_t number = warn_at(&l->config);
    l->near = was_near ? !is_well_below(count, number) : count >= number;
    l->over = is_over(l, count, ignored, now_ms);
    if (l->over != was_over)
        return l->over ? LIMIT_EXCEEDED : LIMIT_KEPT;
    return l->near && !was_near ? LIMIT_NEARS : LIMIT_QUIET;
}

bool limit_asks_again(struct limit *l, uint32_t count, uint64_t ignored, uint64_t now_ms)
{
    bool has_room = !ignores(l) || count < l->config.limit;
    if (now_ms < l->ignored.not_before_ms)
        return false;
    if (ignored == l->ignored.known) {
        l->ignored.pause_ms = 0; /* there was room for all */
        return false;
    }
    if (!has_room)
        return false;
    uint64_t pause_ms = l->ignored.pause_ms ? 2 * l->ignored.pause_ms : FIRST_PAUSE_MS;
    l->ignored.known = ignored;
    l->ignored.pause_ms = pause_ms < LONGEST_PAUSE_MS ? pause_ms : LONGEST_PAUSE_MS;
    l->ignored.not_before_ms = now_ms + l->ignored.pause_ms;
    return true;
}
