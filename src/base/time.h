/* Clocks. */
#ifndef BGPD_BASE_TIME_H
#define BGPD_BASE_TIME_H

#include <stdint.h>

/* Monotonic time, for intervals. */
uint64_t time_mono_ms(void);
uint64_t time_mono_ns(void);
/* Wall clock, seconds since 1970 (Unix time). */
int64_t time_unix_s(void);

/* "HH:MM:SS" of a duration (hours grow beyond two digits). `buf` holds TIME_TEXT_MAX bytes and is
 * returned. */
#define TIME_TEXT_MAX 32
const char *time_format_duration(uint64_t seconds, char *buf);

#endif
