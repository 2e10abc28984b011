/* Clocks.
 *
 * NTP slews both clocks alike and steps the wall clock alone, so what lies between them changes by
 * steps only. It is read with the precision of nanoseconds: a Unix time that is derived from it
 * falls on another second from one reading to the next only where it lies that close to the change.
 */
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_MS 1000000
#define NS_PER_S  1000000000

static int64_t read_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

uint64_t time_mono_ns(void)
{
    return (uint64_t)read_ns(CLOCK_MONOTONIC);
}

uint64_t time_thread_ns(void)
{
    return (uint64_t)read_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t time_mono_ms(void)
{
    return time_mono_ns() / NS_PER_MS;
}

uint32_t time_mono_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
    return (uint32_t)ts.tv_sec;
}

struct time_now time_now_read(void)
{
    return (struct time_now){.mono_ns = time_mono_ns(), .unix_ns = read_ns(CLOCK_REALTIME)};
}

int64_t time_unix_s_of(const struct time_now *now, uint64_t mono_ms)
{
    int64_t until_ns = (int64_t)(now->mono_ns - mono_ms * NS_PER_MS);
    int64_t unix_ns = now->unix_ns - until_ns;
    return unix_ns / NS_PER_S - (unix_ns % NS_PER_S < 0);
}

uint64_t time_age_s_of(const struct time_now *now, uint64_t mono_ms)
{
    uint64_t moment_ns = mono_ms * NS_PER_MS;
    return moment_ns < now->mono_ns ? (now->mono_ns - moment_ns) / NS_PER_S : 0;
}

const char *time_format_duration(uint64_t seconds, char *buf)
{
    snprintf(buf, TIME_TEXT_MAX, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600,
             seconds / 60 % 60, seconds % 60);
    return buf;
}
