/* The log.
 *
 * Standard error may be a pipe that nobody reads, a stopped terminal, or a disk that hangs, and it
 * is shared with other processes, so that it cannot be made non-blocking. Therefore a thread of its
 * own, the log writer, does the writing. A line goes into a bounded buffer and never waits; what
 * finds no room is counted, and the log says so when there is room again. A write is whole lines of
 * at most PIPE_BUF bytes, so that lines of different processes on the same pipe do not mix
 * (pipe(7)).
 *
 * Without the writer, before log_writer_start and after its end, lines are written at once. */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES  2048
#define BUFFER_BYTES    (256u * 1024)
#define WRITE_MAX_BYTES 4096u /* PIPE_BUF */

static enum log_level shown_level = LOG_LEVEL_INFO;
static bool to_journal;

/* Whole lines that wait, as a ring. */
static struct {
    pthread_t thread;
    pthread_mutex_t lock;  /* guards all that follows */
    pthread_cond_t filled; /* there is something to write, or an end of it */
    pthread_cond_t ended;
    char bytes[BUFFER_BYTES];
    size_t first; /* offset of the oldest byte */
    size_t used;
    uint64_t lost; /* lines that found no room since the log last told of it */
    bool failed;   /* the last write */
    bool running;  /* until it is told to end */
    bool alive;    /* until it has ended */
} writer = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .filled = PTHREAD_COND_INITIALIZER,
    .ended = PTHREAD_COND_INITIALIZER,
};

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

/* What a peer or client sent must not start a line of its own, nor steer the terminal. */
static void clean(char *text, size_t len_bytes)
{
    for (size_t at = 0; at < len_bytes;) {
        uint32_t c;
        size_t len = utf8_read(text + at, len_bytes - at, &c);
        bool shown = len > 0 && !utf8_is_harmful(c);
        len = len > 0 ? len : 1;
        if (!shown)
            memset(text + at, ' ', len);
        at += len;
    }
}

static size_t put_line(char *line, enum log_level level, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
/* Makes a line, with its end; returns its length, at most LINE_MAX_BYTES. */
static size_t put_line(char *line, enum log_level level, const char *format, va_list args)
{
    size_t head = put_head(line, LINE_MAX_BYTES, level);
    int text = vsnprintf(line + head, LINE_MAX_BYTES - head, format, args);
    size_t len = text < 0 ? head : head + (size_t)text;
    if (len > LINE_MAX_BYTES - 1)
        len = LINE_MAX_BYTES - 1;
    clean(line + head, len - head);
    line[len] = '\n';
    return len + 1;
}

/* --- the writer; its lock is held unless something else is said --- */

static void append(const char *line, size_t len_bytes)
{
    size_t at = (writer.first + writer.used) % BUFFER_BYTES;
    size_t to_end = BUFFER_BYTES - at;
    size_t front = len_bytes < to_end ? len_bytes : to_end;
    memcpy(writer.bytes + at, line, front);
    memcpy(writer.bytes, line + front, len_bytes - front);
    writer.used += len_bytes;
}

static void append_printf(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void append_printf(enum log_level level, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    append(line, put_line(line, level, format, args));
    va_end(args);
}

/* Tells of lost lines, once half of the buffer is free: so there are not as many gaps as lines. */
static void tell_lost(void)
{
    if (writer.lost == 0 || writer.used > BUFFER_BYTES / 2)
        return;
    append_printf(LOG_LEVEL_WARNING,
                  "the log: %ju lines are lost here: they came faster than they were taken",
                  (uintmax_t)writer.lost);
    writer.lost = 0;
}

static void submit(const char *line, size_t len_bytes)
{
    tell_lost();
    if (writer.lost > 0 || writer.used + len_bytes > BUFFER_BYTES) {
        writer.lost++;
        return;
    }
    append(line, len_bytes);
    pthread_cond_signal(&writer.filled);
}

/* Takes whole lines that make one write; returns their length. */
static size_t take(char *chunk)
{
    size_t len = 0;
    for (size_t i = 0; i < writer.used && i < WRITE_MAX_BYTES; i++) {
        chunk[i] = writer.bytes[(writer.first + i) % BUFFER_BYTES];
        if (chunk[i] == '\n')
            len = i + 1;
    }
    writer.first = (writer.first + len) % BUFFER_BYTES;
    writer.used -= len;
    return len;
}

/* Without the lock: this is what may take as long as it likes. False when it cannot be written. */
static bool write_all(const char *bytes, size_t len_bytes)
{
    while (len_bytes > 0) {
        ssize_t n = write(STDERR_FILENO, bytes, len_bytes);
        if (n > 0) {
            bytes += n;
            len_bytes -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (n == 0 || errno != EINTR) {
            return false; /* there is nowhere left to complain */
        }
    }
    return true;
}

static void *write_lines(void *unused)
{
    char chunk[WRITE_MAX_BYTES];
    pthread_mutex_lock(&writer.lock);
    for (;;) {
        if (!writer.failed)
            tell_lost();
        size_t len = take(chunk);
        if (len > 0) {
            pthread_mutex_unlock(&writer.lock);
            bool written = write_all(chunk, len);
            pthread_mutex_lock(&writer.lock);
            writer.failed = !written;
        } else if (writer.running) {
            pthread_cond_wait(&writer.filled, &writer.lock);
        } else {
            break;
        }
    }
    writer.alive = false;
    pthread_cond_signal(&writer.ended);
    pthread_mutex_unlock(&writer.lock);
    return unused;
}

int log_writer_start(void)
{
    writer.running = writer.alive = true;
    int err = thread_start(&writer.thread, "bgpd-log", write_lines, NULL);
    if (err)
        writer.running = writer.alive = false;
    return err;
}

bool log_writer_stop(unsigned timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&writer.lock);
    bool was_running = writer.running;
    writer.running = false;
    pthread_cond_signal(&writer.filled);
    int waited = 0;
    while (writer.alive && waited == 0)
        waited = pthread_cond_clockwait(&writer.ended, &writer.lock, CLOCK_MONOTONIC, &until);
    bool ended = !writer.alive;
    pthread_mutex_unlock(&writer.lock);
    if (was_running && ended)
        pthread_join(writer.thread, NULL);
    return ended;
}

void log_line(enum log_level level, const char *format, ...)
{
    if (!log_enabled(level))
        return;
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    size_t len = put_line(line, level, format, args);
    va_end(args);
    pthread_mutex_lock(&writer.lock);
    bool direct = !writer.alive;
    if (!direct)
        submit(line, len);
    pthread_mutex_unlock(&writer.lock);
    if (direct)
        write_all(line, len);
}
