/* Clocks. */
#ifndef BGPD_BASE_TIME_H
#define BGPD_BASE_TIME_H

#include <stdint.h>

/* Monotonic time, for intervals and for the moments that things are stamped with: steps of the wall
 * clock do not touch it. */
uint64_t time_mono_ms(void);
uint64_t time_mono_ns(void);
/* What the calling thread has had of a processor. */
uint64_t time_thread_ns(void);
/* Made for stamping what there is very much of: cheap, and up to some milliseconds behind. */
uint32_t time_mono_s(void);

/* One moment by both clocks. What shows stamps reads it once, so that all times of an answer go
 * together: a stamp's Unix time is that of now, less its age. */
struct time_now {
    uint64_t mono_ns;
    int64_t unix_ns; /* since 1970 */
};
struct time_now time_now_read(void);
/* Unix time of a moment of the monotonic clock, in whole seconds. It is the same whenever it is
 * asked for, until the wall clock is stepped; from then on it is right by the clock as it is. */
int64_t time_unix_s_of(const struct time_now *now, uint64_t mono_ms);
/* Whole seconds from that moment until now; 0 for one that is still to come. */
uint64_t time_age_s_of(const struct time_now *now, uint64_t mono_ms);

/* "HH:MM:SS" of a duration (hours grow beyond two digits). `buf` holds TIME_TEXT_MAX bytes and is
 * returned. */
#define TIME_TEXT_MAX 32
const char *time_format_duration(uint64_t seconds, char *buf);

#endif
