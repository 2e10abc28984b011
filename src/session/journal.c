/* What is said of a peer: lines of the log, within budgets, and why it was last down. */
#include "session/journal.h"

void journal_init(struct journal *j, const uv_loop_t *loop, const struct ip_addr *remote)
{
    *j = (struct journal){.loop = loop, .down_mono_ms = uv_now(loop)};
    ip_format(remote, j->name);
}

void journal_release(struct journal *j)
{
    for (int kind = 0; kind < JOURNAL_KIND_COUNT; kind++)
        log_limit_release(&j->limits[kind]);
    strbuf_release(&j->last_error);
    strbuf_release(&j->down_reason);
}

bool journal_may_log(struct journal *j, enum journal_kind kind, enum log_level level,
                     uint32_t *ret_left_out)
{
    static const char *const what[JOURNAL_KIND_COUNT] = {
        [JOURNAL_EVENT] = "",
        [JOURNAL_REFUSAL] = ": incoming connection refused",
        [JOURNAL_PROBLEM] = ": UPDATE",
        [JOURNAL_LIMIT] = ": max_prefixes",
    };
    return log_limit_allow(&j->limits[kind], uv_now(j->loop), level, ret_left_out, "peer %s%s",
                           j->name, what[kind]);
}

void journal_log_text(const struct journal *j, enum log_level level, struct strbuf *text,
                      uint32_t left_out)
{
    char more[LOG_LIMIT_TEXT_MAX];
    log_line(level, "peer %s: %s%s", j->name, strbuf_text(text), log_limit_text(left_out, more));
}

void journal_vlog(struct journal *j, enum journal_kind kind, enum log_level level,
                  const char *format, va_list args)
{
    uint32_t left_out;
    if (!journal_may_log(j, kind, level, &left_out))
        return;
    struct strbuf text = {0};
    strbuf_vprintf(&text, format, args);
    journal_log_text(j, level, &text, left_out);
    strbuf_release(&text);
}

void journal_log(struct journal *j, enum journal_kind kind, enum log_level level,
                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    journal_vlog(j, kind, level, format, args);
    va_end(args);
}

bool journal_is_noisy(const struct journal *j)
{
    return log_limit_reached(&j->limits[JOURNAL_EVENT], uv_now(j->loop)) ||
           log_limit_counts(&j->limits[JOURNAL_PROBLEM], uv_now(j->loop)) ||
           log_limit_counts(&j->limits[JOURNAL_LIMIT], uv_now(j->loop));
}

void journal_set_last_error(struct journal *j, const char *why)
{
    strbuf_release(&j->last_error);
    strbuf_add(&j->last_error, why);
    j->last_error_mono_ms = uv_now(j->loop);
}

void journal_set_down(struct journal *j, const char *why)
{
    strbuf_clear(&j->down_reason);
    strbuf_add(&j->down_reason, why);
    j->down_mono_ms = uv_now(j->loop);
}
