/* When to try again: jitter and back-off (RFC 4271 §8.2.1.1 and §10). Pure. */
#ifndef BGPD_NET_RETRY_H
#define BGPD_NET_RETRY_H

#include <stdint.h>

/* `interval_ms` times a factor between 0.75 and 1.0 that `random` (uniform, 32 bits) selects. */
uint64_t retry_jitter_ms(uint64_t interval_ms, uint32_t random);

/* Time until the next attempt after `failures` in a row: `base_s` (at least 1 s) for none or one,
 * doubled by each further one up to 8 × base_s, but not beyond 2 minutes unless the base itself is
 * longer; then jittered. */
uint64_t retry_delay_ms(uint32_t base_s, unsigned failures, uint32_t random);

/* How long a neighbour is held back whose sessions have ended by the same error `times` times in a
 * row: `base_s` (at least 1 s), doubled by each further time up to 15 minutes, or four times the
 * base where that is longer; then jittered. */
uint64_t retry_pause_ms(uint32_t base_s, unsigned times, uint32_t random);

#endif
