/* Clocks. */
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

uint64_t time_mono_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t time_mono_ms(void)
{
    return time_mono_ns() / 1000000u;
}

int64_t time_unix_s(void)
{
    return (int64_t)time(NULL);
}

const char *time_format_duration(uint64_t seconds, char *buf)
{
    snprintf(buf, TIME_TEXT_MAX, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600,
             seconds / 60 % 60, seconds % 60);
    return buf;
}
