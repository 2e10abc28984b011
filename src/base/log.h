/* The log: one line an event, to stderr, or to the journal when stderr is one.
 *
 * The only global state of the program. Levels follow syslog(3). */
#ifndef BGPD_BASE_LOG_H
#define BGPD_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_TRACE
};

/* Sets what is shown. Under systemd (stderr is the journal's stream) lines carry the priority
 * prefix of sd-daemon(3) and no time stamp. */
void log_init(enum log_level level);
enum log_level log_level(void);
static inline bool log_enabled(enum log_level level)
{
    return level <= log_level();
}

/* Starts the log writer: from here on a line never waits, whatever stands behind stderr. ERR_IO,
 * with errno set, when there is no thread for it. */
int log_writer_start(void);
/* Has what is left written, for at most so long; false when the writer is still at it, which only
 * the end of the process ends. */
bool log_writer_stop(unsigned timeout_ms);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
