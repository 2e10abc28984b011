/* Budgets of lines in the log.
 *
 * A budget that has left something out has a gap: what its lines are about, and how many. Gaps are
 * in one list, so that those that nobody tells of are found, and cost memory only while there is
 * something to tell. */
#include "base/log_limit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    WINDOW_MS = 10000,
    LINES = 10,
    STRANGERS_LINES = 100,
    SOURCES_MAX = 256,
    TELL_MAX = 1000,
    SUBJECT_MAX = 128,
};

/* What a budget has left out since it last told of it. */
struct log_gap {
    struct log_gap *previous;
    struct log_gap *next;
    struct log_limit *limit; /* borrowed: whose it is */
    uint32_t lines;
    enum log_level level; /* of the most severe one */
    char subject[SUBJECT_MAX];
};

/* All of them, those that began first in front. */
static struct {
    struct log_gap *first;
    struct log_gap *last;
} gaps;

static struct log_gap *open_gap(struct log_limit *limit, enum log_level level)
{
    struct log_gap *gap = mem_alloc(sizeof(*gap));
    *gap = (struct log_gap){.previous = gaps.last, .limit = limit, .level = level};
    if (gaps.last)
        gaps.last->next = gap;
    else
        gaps.first = gap;
    gaps.last = gap;
    return gap;
}

/* Returns how many lines were left out. */
static uint32_t close_gap(struct log_limit *limit)
{
    struct log_gap *gap = limit->gap;
    if (!gap)
        return 0;
    uint32_t lines = gap->lines;
    if (gap->next)
        gap->next->previous = gap->previous;
    else
        gaps.last = gap->previous;
    if (gap->previous)
        gap->previous->next = gap->next;
    else
        gaps.first = gap->next;
    free(gap);
    limit->gap = NULL;
    return lines;
}

static const char *plural(uint32_t lines)
{
    return lines == 1 ? "" : "s";
}

static void tell(struct log_limit *limit)
{
    if (limit->gap)
        log_line(limit->gap->level, "%s: %" PRIu32 " more line%s left out", limit->gap->subject,
                 limit->gap->lines, plural(limit->gap->lines));
    close_gap(limit);
}

static bool is_over(const struct log_limit *limit, uint64_t now_ms)
{
    return limit->lines == 0 || now_ms >= limit->window_start_ms + WINDOW_MS;
}

static bool is_reached(const struct log_limit *limit, uint32_t most, uint64_t now_ms)
{
    return limit->lines >= most && !is_over(limit, now_ms);
}

static void count_line(struct log_limit *limit, uint64_t now_ms)
{
    if (is_over(limit, now_ms)) {
        limit->window_start_ms = now_ms;
        limit->lines = 0;
    }
    limit->lines++;
}

static void leave_out_args(struct log_limit *limit, enum log_level level, const char *subject,
                           va_list args) __attribute__((format(printf, 3, 0)));
static void leave_out_args(struct log_limit *limit, enum log_level level, const char *subject,
                           va_list args)
{
    if (!limit->gap) {
        limit->gap = open_gap(limit, level);
        vsnprintf(limit->gap->subject, SUBJECT_MAX, subject, args);
    }
    limit->gap->lines += limit->gap->lines < UINT32_MAX;
    if (level < limit->gap->level)
        limit->gap->level = level;
}

bool log_limit_reached(const struct log_limit *limit, uint64_t now_ms)
{
    return is_reached(limit, LINES, now_ms);
}

bool log_limit_counts(const struct log_limit *limit, uint64_t now_ms)
{
    return !is_over(limit, now_ms);
}

bool log_limit_allow(struct log_limit *limit, uint64_t now_ms, enum log_level level,
                     uint32_t *ret_left_out, const char *subject, ...)
{
    if (!log_enabled(level))
        return false;
    if (!log_limit_reached(limit, now_ms)) {
        count_line(limit, now_ms);
        *ret_left_out = close_gap(limit);
        return true;
    }
    va_list args;
    va_start(args, subject);
    leave_out_args(limit, level, subject, args);
    va_end(args);
    return false;
}

void log_limit_release(struct log_limit *limit)
{
    tell(limit);
}

const char *log_limit_text(uint32_t left_out, char buf[LOG_LIMIT_TEXT_MAX])
{
    buf[0] = '\0';
    if (left_out > 0)
        snprintf(buf, LOG_LIMIT_TEXT_MAX, " (%" PRIu32 " more line%s left out)", left_out,
                 plural(left_out));
    return buf;
}

void log_limits_tell(uint64_t now_ms)
{
    unsigned told = 0;
    struct log_gap *next;
    for (struct log_gap *gap = gaps.first; gap && told < TELL_MAX; gap = next) {
        next = gap->next;
        if (!is_over(gap->limit, now_ms))
            continue;
        tell(gap->limit);
        told++;
    }
}

/* --- sources --- */

struct log_source_item {
    struct ip_addr addr;
    enum log_level level;
    const char *what;
    uint64_t about;
    uint64_t used_ms; /* when it was last asked for */
    struct log_limit limit;
};

static bool is_of(const struct log_source_item *item, const struct log_source *source,
                  enum log_level level)
{
    return item->what == source->what && item->about == source->about && item->level == level &&
           ip_equal(&item->addr, &source->addr);
}

/* NULL when it has had no line of late. Who has many is mostly the one that had the last one. */
static struct log_source_item *find_item(struct log_sources *sources,
                                         const struct log_source *source, enum log_level level)
{
    if (sources->count > 0 && is_of(&sources->items[sources->latest], source, level))
        return &sources->items[sources->latest];
    for (size_t i = 0; i < sources->count; i++) {
        if (!is_of(&sources->items[i], source, level))
            continue;
        sources->latest = i;
        return &sources->items[i];
    }
    return NULL;
}

/* A free place, or that of the one that was heard of least lately. */
static struct log_source_item *place_for_item(struct log_sources *sources)
{
    if (!sources->items) /* all at once: budgets are not moved */
        sources->items = mem_zalloc(SOURCES_MAX * sizeof(*sources->items));
    if (sources->count < SOURCES_MAX) {
        sources->latest = sources->count++;
        return &sources->items[sources->latest];
    }
    sources->latest = 0;
    for (size_t i = 1; i < SOURCES_MAX; i++)
        if (sources->items[i].used_ms < sources->items[sources->latest].used_ms)
            sources->latest = i;
    struct log_source_item *item = &sources->items[sources->latest];
    log_limit_release(&item->limit);
    return item;
}

static void leave_out(struct log_limit *limit, enum log_level level, const char *subject, ...)
    __attribute__((format(printf, 3, 4)));
static void leave_out(struct log_limit *limit, enum log_level level, const char *subject, ...)
{
    va_list args;
    va_start(args, subject);
    leave_out_args(limit, level, subject, args);
    va_end(args);
}

bool log_sources_allow(struct log_sources *sources, const struct log_source *source,
                       uint64_t now_ms, enum log_level level, uint32_t *ret_left_out)
{
    if (!log_enabled(level))
        return false;
    struct log_source_item *item = find_item(sources, source, level);
    if (item)
        item->used_ms = now_ms;
    if (item && log_limit_reached(&item->limit, now_ms)) {
        char addr[IP_TEXT_MAX];
        leave_out(&item->limit, level, "%s%s%s%s", sources->lead,
                  item->addr.version != IP_NONE ? ip_format(&item->addr, addr) : sources->local,
                  item->what ? ": " : "", item->what ? item->what : "");
        return false;
    }
    if (source->stranger) {
        if (is_reached(&sources->together, STRANGERS_LINES, now_ms)) {
            leave_out(&sources->together, level, "%s", sources->strangers);
            return false;
        }
        count_line(&sources->together, now_ms);
    }
    if (!item) {
        item = place_for_item(sources);
        *item = (struct log_source_item){.addr = source->addr,
                                         .what = source->what,
                                         .about = source->about,
                                         .level = level,
                                         .used_ms = now_ms};
    }
    count_line(&item->limit, now_ms);
    *ret_left_out = close_gap(&item->limit);
    return true;
}

void log_sources_release(struct log_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        log_limit_release(&sources->items[i].limit);
    log_limit_release(&sources->together);
    free(sources->items);
    sources->items = NULL;
    sources->count = sources->latest = 0;
}
