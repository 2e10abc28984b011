/* The log. A line is formatted into a buffer and written with one write(2), so that lines of
 * different processes on the same terminal do not mix. */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES  2048
#define LIMIT_WINDOW_MS 10000
#define LIMIT_LINES     10

static enum log_level shown_level = LOG_LEVEL_INFO;
static bool to_journal;

/* systemd names the device and inode of its stream in JOURNAL_STREAM (sd-daemon(3)). */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    char own[64];
    if (!stream || fstat(STDERR_FILENO, &st) != 0)
        return false;
    snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return strcmp(stream, own) == 0;
}

void log_init(enum log_level level)
{
    shown_level = level;
    to_journal = stderr_is_journal();
}

enum log_level log_level(void)
{
    return shown_level;
}

static size_t put_head(char *line, size_t size, enum log_level level)
{
    static const struct {
        const char *name;
        int priority;
    } levels[] = {
        [LOG_LEVEL_ERROR] = {"error", 3}, [LOG_LEVEL_WARNING] = {"warning", 4},
        [LOG_LEVEL_INFO] = {"info", 6},   [LOG_LEVEL_DEBUG] = {"debug", 7},
        [LOG_LEVEL_TRACE] = {"trace", 7},
    };
    if (to_journal)
        return (size_t)snprintf(line, size, "<%d>", levels[level].priority);
    struct timespec ts;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    size_t len = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &tm);
    return len + (size_t)snprintf(line + len, size - len, ".%03ldZ %-7s ", ts.tv_nsec / 1000000,
                                  levels[level].name);
}

void log_line(enum log_level level, const char *format, ...)
{
    if (!log_enabled(level))
        return;
    char line[LINE_MAX_BYTES];
    size_t head = put_head(line, sizeof(line), level);
    va_list args;
    va_start(args, format);
    int text = vsnprintf(line + head, sizeof(line) - head, format, args);
    va_end(args);
    size_t len = text < 0 ? head : head + (size_t)text;
    if (len > sizeof(line) - 1)
        len = sizeof(line) - 1;
    /* What a peer or client sent must not start a line of its own. */
    for (size_t i = head; i < len; i++)
        if ((unsigned char)line[i] < ' ')
            line[i] = ' ';
    line[len] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len + 1);
    (void)written; /* there is nowhere left to complain */
}

bool log_limit_allow(struct log_limit *limit, uint64_t now_ms, uint32_t *ret_suppressed)
{
    if (limit->lines == 0 || now_ms - limit->window_start_ms >= LIMIT_WINDOW_MS) {
        limit->window_start_ms = now_ms;
        limit->lines = 0;
    }
    if (limit->lines >= LIMIT_LINES) {
        limit->suppressed++;
        return false;
    }
    limit->lines++;
    *ret_suppressed = limit->suppressed;
    limit->suppressed = 0;
    return true;
}
