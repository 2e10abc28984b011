/* When to try again: jitter (RFC 4271 §10) keeps speakers that were started together from acting in
 * step; the back-off spares a peer that is down, within bounds that a user who repairs it can wait.
 */
#include "net/retry.h"

enum {
    MAX_DOUBLINGS = 3,
    LONGEST_MS = 120 * 1000,
    MAX_PAUSE_DOUBLINGS = 10, /* 1 s becomes more than the longest */
    LONGEST_PAUSE_MS = 15 * 60 * 1000,
    PAUSE_TIMES_BASE = 4,
};

uint64_t retry_jitter_ms(uint64_t interval_ms, uint32_t random)
{
    uint64_t spread_ms = interval_ms / 4;
    return interval_ms - spread_ms + ((spread_ms + 1) * random >> 32);
}

/* Up to `longest_ms`, or up to so many times the base where that is longer. */
static uint64_t doubled_ms(uint32_t base_s, unsigned doublings, uint64_t longest_ms,
                           unsigned times_base)
{
    uint64_t base_ms = (base_s ? base_s : 1) * UINT64_C(1000);
    uint64_t delay_ms = base_ms << doublings;
    if (longest_ms < base_ms * times_base)
        longest_ms = base_ms * times_base;
    return delay_ms < longest_ms ? delay_ms : longest_ms;
}

static unsigned doublings_of(unsigned times, unsigned most)
{
    unsigned doublings = times > 1 ? times - 1 : 0;
    return doublings > most ? most : doublings;
}

uint64_t retry_delay_ms(uint32_t base_s, unsigned failures, uint32_t random)
{
    unsigned doublings = doublings_of(failures, MAX_DOUBLINGS);
    return retry_jitter_ms(doubled_ms(base_s, doublings, LONGEST_MS, 1), random);
}

uint64_t retry_pause_ms(uint32_t base_s, unsigned times, uint32_t random)
{
    unsigned doublings = doublings_of(times, MAX_PAUSE_DOUBLINGS);
    return retry_jitter_ms(doubled_ms(base_s, doublings, LONGEST_PAUSE_MS, PAUSE_TIMES_BASE),
                           random);
}
