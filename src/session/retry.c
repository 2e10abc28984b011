/* When to try again: jitter (RFC 4271 §10) keeps speakers that were started together from acting in
 * step; the back-off spares a peer that is down, within bounds that a user who repairs it can wait.
 */
#include "session/retry.h"

enum { MAX_DOUBLINGS = 3, LONGEST_MS = 120 * 1000, KEEPALIVE_MIN_MS = 1000 + 50 };

uint64_t retry_jitter_ms(uint64_t interval_ms, uint32_t random)
{
    uint64_t spread_ms = interval_ms / 4;
    return interval_ms - spread_ms + ((spread_ms + 1) * random >> 32);
}

uint64_t retry_keepalive_ms(uint32_t interval_s, uint32_t random)
{
    if (interval_s == 0)
        return 0;
    uint64_t delay_ms = retry_jitter_ms(interval_s * UINT64_C(1000), random);
    return delay_ms > KEEPALIVE_MIN_MS ? delay_ms : KEEPALIVE_MIN_MS;
}

uint64_t retry_delay_ms(uint32_t base_s, unsigned failures, uint32_t random)
{
    uint64_t base_ms = (base_s ? base_s : 1) * UINT64_C(1000);
    unsigned doublings = failures > 1 ? failures - 1 : 0;
    if (doublings > MAX_DOUBLINGS)
        doublings = MAX_DOUBLINGS;
    uint64_t delay_ms = base_ms << doublings;
    if (delay_ms > LONGEST_MS)
        delay_ms = base_ms > LONGEST_MS ? base_ms : LONGEST_MS;
    return retry_jitter_ms(delay_ms, random);
}
