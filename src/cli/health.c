/* The states of ExaBGP's health check: what is settled changes by as many checks in a row as
 * `rise` or `fall` say, and what was told before stays meanwhile. */
#include "cli/health.h"

static const struct {
    const char *name;
    bool is_settled;
} states[] = {
    [HEALTH_INIT] = {"INIT", false},       [HEALTH_RISING] = {"RISING", false},
    [HEALTH_FALLING] = {"FALLING", false}, [HEALTH_UP] = {"UP", true},
    [HEALTH_DOWN] = {"DOWN", true},        [HEALTH_DISABLED] = {"DISABLED", true},
    [HEALTH_EXIT] = {"EXIT", true},
};

bool health_is_settled(enum health_state state)
{
    return states[state].is_settled;
}

const char *health_name(enum health_state state)
{
    return states[state].name;
}

/* Counts a check in one direction, which may be another than that of the one before. */
static enum health_state count(struct health *h, enum health_state direction, uint32_t needed,
                               enum health_state end)
{
    h->checks = h->state == direction ? h->checks + 1 : 1;
    return h->checks >= needed ? end : direction;
}

enum health_state health_next(struct health *h, bool disabled, bool succeeded)
{
    if (disabled)
        h->state = HEALTH_DISABLED;
    else if (h->state == HEALTH_DISABLED)
        h->state = HEALTH_INIT;
    else if (succeeded && h->state != HEALTH_UP)
        h->state = count(h, HEALTH_RISING, h->rise, HEALTH_UP);
    else if (!succeeded && h->state != HEALTH_DOWN)
        h->state = count(h, HEALTH_FALLING, h->fall, HEALTH_DOWN);
    return h->state;
}
