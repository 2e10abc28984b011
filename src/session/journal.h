/* What is said of a peer: lines of the log, within budgets, and why it was last down.
 * Internal to session/. */
#ifndef BGPD_SESSION_JOURNAL_H
#define BGPD_SESSION_JOURNAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/ip.h"
#include "base/log_limit.h"
#include "base/strbuf.h"

/* What lines are about; each kind has a budget of its own, so that none hides another. */
enum journal_kind {
    JOURNAL_EVENT,
    JOURNAL_REFUSAL, /* of connections that come in: a peer may be in a hurry */
    JOURNAL_PROBLEM, /* with UPDATEs */
    JOURNAL_LIMIT,   /* how many prefixes it sends */
    JOURNAL_KIND_COUNT,
};

struct journal {
    const uv_loop_t *loop; /* borrowed: its time */
    char name[IP_TEXT_MAX];
    struct log_limit limits[JOURNAL_KIND_COUNT];
    struct strbuf last_error; /* "" when there was none */
    uint64_t last_error_mono_ms;
    uint64_t down_mono_ms;     /* since when there is no session, when there is none */
    struct strbuf down_reason; /* why the last session ended; "" when there was none */
};

/* The journal of the peer with this address. */
void journal_init(struct journal *j, const uv_loop_t *loop, const struct ip_addr *remote);
void journal_release(struct journal *j);

/* Whether a line of this kind may be logged; *ret_left_out is for journal_log_text(). */
bool journal_may_log(struct journal *j, enum journal_kind kind, enum log_level level,
                     uint32_t *ret_left_out);
/* Logs a line about the peer, to which is added how many were left out. */
void journal_log_text(const struct journal *j, enum log_level level, struct strbuf *text,
                      uint32_t left_out);
/* Both in one, for what is formatted in one go. */
void journal_log(struct journal *j, enum journal_kind kind, enum log_level level,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
void journal_vlog(struct journal *j, enum journal_kind kind, enum log_level level,
                  const char *format, va_list args) __attribute__((format(printf, 4, 0)));
/* Whether lines of sessions are left out at present, or there were some about their UPDATEs or
 * limits lately: those budgets would begin anew if it was forgotten. */
bool journal_is_noisy(const struct journal *j);

/* What `last_error` says from now on: a copy of `why`, which is not a part of the one before. */
void journal_set_last_error(struct journal *j, const char *why);
/* Notes that the session has ended now, and why. */
void journal_set_down(struct journal *j, const char *why);

#endif
