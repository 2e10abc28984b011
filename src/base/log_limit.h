/* Budgets of lines in the log, for those who can make it long: a peer, a client, any address.
 *
 * A budget is 10 lines in 10 s. What is left out beyond them is counted, and said: by the next line
 * of the budget, by a line of its own when none has come by the end of the 10 s (log_limits_tell),
 * or at the end of the budget. For the thread of the loop alone. */
#ifndef BGPD_BASE_LOG_LIMIT_H
#define BGPD_BASE_LOG_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/log.h"

struct log_gap;

/* Zero-initialised is ready; log_limit_release at the end. It must not be moved in between. */
struct log_limit {
    uint64_t window_start_ms;
    struct log_gap *gap; /* owned: what was left out and is still to be told; NULL: nothing */
    uint32_t lines;      /* that were written in the window */
};

/* True when a line of this level, which is shown, may be written now; *ret_left_out is how many
 * were left out since the last one that was, to be mentioned in it (log_limit_text). `subject` is
 * what a line that tells of lines left out is about: "peer 192.0.2.1". */
bool log_limit_allow(struct log_limit *limit, uint64_t now_ms, enum log_level level,
                     uint32_t *ret_left_out, const char *subject, ...)
    __attribute__((format(printf, 5, 6)));
/* Whether the next line would be left out. */
bool log_limit_reached(const struct log_limit *limit, uint64_t now_ms);
/* Whether there were lines within the 10 s: one that forgets them begins with a budget that is too
 * large. */
bool log_limit_counts(const struct log_limit *limit, uint64_t now_ms);
/* Tells what is still to be told. */
void log_limit_release(struct log_limit *limit);

/* What to put after a line: " (12 more lines left out)", "" for none. Returns `buf`. */
#define LOG_LIMIT_TEXT_MAX 40
const char *log_limit_text(uint32_t left_out, char buf[LOG_LIMIT_TEXT_MAX]);

/* Tells what was left out in windows that are over, of all budgets. To be called every second. At
 * most 1,000 lines a call: what is left then is told by the next one. */
void log_limits_tell(uint64_t now_ms);

/* Whose line it is, and what it is about: each has a budget. */
struct log_source {
    struct ip_addr addr;
    const char *what; /* static, told apart by its address in memory; NULL: nothing in particular */
    uint64_t about;   /* which of these, as a hash; 0: any */
    bool stranger;    /* one of whom there may be any number: they have 100 lines in 10 s together,
                         too */
};

/* The budgets of sources. At most 256 are remembered, which is more than strangers can have within
 * their 10 s; another one takes the place of the one that was heard of least lately. */
struct log_sources {
    const char *lead;              /* what stands before the address of a source: "API: " */
    const char *local;             /* what those without one are called; NULL: there are none */
    const char *strangers;         /* what all strangers are called */
    struct log_source_item *items; /* owned; NULL before the first line */
    size_t count;
    size_t latest; /* the item that was asked for last */
    struct log_limit together;
};

/* The same as log_limit_allow for the budget of a source; lines of different levels have budgets of
 * their own. */
bool log_sources_allow(struct log_sources *sources, const struct log_source *source,
                       uint64_t now_ms, enum log_level level, uint32_t *ret_left_out);
void log_sources_release(struct log_sources *sources);

#endif
