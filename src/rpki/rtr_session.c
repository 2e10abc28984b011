/* The router's side of RTR (RFC 8210 §5 to §8, with RFC 6810 for version 0 and
 * draft-ietf-sidrops-8210bis-27 for version 2).
 *
 * Where there is a choice:
 * - Whatever is wrong ends the connection, with an error report unless it is one that is wrong.
 * Data that are in force stay until they expire. After an error the next query is for everything,
 * as cache and router may disagree about what there is.
 * - Versions are tried from the highest downwards: when the cache says so (error 4), when it
 * answers in a lower one, and when it closes the connection without a word, as some of the old ones
 * do, unless it has spoken the higher one before. Each version is asked in a connection of its own.
 * - ASPAs that must be refused (error 9, or withdrawals that say nothing, as those of caches of
 *   older drafts look like) do not cost the VRPs: the next connection has version 1, which is
 *   without ASPAs.
 * - A cache that closes the connection instead of answering a query for differences may have begun
 *   anew, and its error report, if any, may have been lost: it is asked for everything then.
 * - A Serial Notify of another session is taken as what it is, a cache that has begun anew. */
#include "rpki/rtr_session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

enum {
    SILENCE_MS = 60 * 1000,     /* within an answer, or before it */
    ANSWER_MS = 30 * 60 * 1000, /* from the query to its end */
    NO_DATA_WAIT_S = 30,        /* before a cache that has no data is asked again */
};

/* --- problems, and the end of a connection --- */

static void note(struct rtr_session *s, uint64_t now_ms, const char *format, va_list args)
{
    vsnprintf(s->problem, sizeof(s->problem), format, args);
    s->problem_mono_ms = now_ms;
    s->problems++;
}

static void note_problem(struct rtr_session *s, uint64_t now_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void note_problem(struct rtr_session *s, uint64_t now_ms, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(s, now_ms, format, args);
    va_end(args);
}

static struct writer output(struct rtr_session *s)
{
    return writer_over(s->out + s->out_bytes, sizeof(s->out) - s->out_bytes);
}

static void take_output(struct rtr_session *s, const struct writer *w)
{
    if (writer_ok(w))
        s->out_bytes += writer_len(w);
}

/* What was arriving is forgotten. */
static void leave(struct rtr_session *s)
{
    if (s->records->phase == RECORDS_FILLING)
        record_set_abort(s->records);
    s->state = RTR_DOWN;
    s->ask_ms = s->deadline_ms = s->answer_by_ms = 0;
    s->has_news = false;
}

static void finish(struct rtr_session *s, enum rtr_end end, uint8_t next_version)
{
    leave(s);
    s->end = end;
    s->version = next_version;
}

/* Ends the connection because of what a PDU says, and tells the cache. */
static void refuse(struct rtr_session *s, uint64_t now_ms, enum rtr_error code, struct span pdu,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));
static void refuse(struct rtr_session *s, uint64_t now_ms, enum rtr_error code, struct span pdu,
                   const char *format, ...)
{
    struct writer w = output(s);
    va_list args;
    va_start(args, format);
    note(s, now_ms, format, args);
    va_end(args);
    rtr_write_error_report(&w, s->version, code, pdu, s->problem);
    take_output(s, &w);
    s->has_session = false;
    finish(s, RTR_END_ERROR, s->settings.version);
}

/* The same for what is wrong with ASPAs: the next connection is without. One that comes in a
 * version without ASPAs is itself what is wrong: to ask again at once would go round without end.
 */
static void refuse_aspa(struct rtr_session *s, uint64_t now_ms, enum rtr_error code,
                        const struct span pdu, const char *why)
{
    if (s->version < 2) {
        refuse(s, now_ms, s->version > 0 ? RTR_UNEXPECTED_VERSION : RTR_UNSUPPORTED_VERSION, pdu,
               "an ASPA in a connection of version %u", s->version);
        return;
    }
    refuse(s, now_ms, code, pdu, "%s; it is asked in version 1, which is without ASPAs", why);
    finish(s, RTR_END_AGAIN, 1);
}

/* --- queries --- */

static void ask(struct rtr_session *s, uint64_t now_ms)
{
    struct writer w = output(s);
    s->full = !s->has_session || s->session_version != s->version;
    if (s->full)
        rtr_write_reset_query(&w, s->version);
    else
        rtr_write_serial_query(&w, s->version, s->session_id, s->serial);
    take_output(s, &w);
    s->state = RTR_ASKING;
    s->has_news = false;
    s->ask_ms = 0;
    s->deadline_ms = now_ms + SILENCE_MS;
    s->answer_by_ms = now_ms + ANSWER_MS;
}

/* --- time --- */

static uint32_t bounded(uint32_t value, uint32_t min, uint32_t max)
{
    return value < min ? min : value > max ? max : value;
}

static uint32_t timer(uint32_t own, uint32_t told, uint32_t otherwise, uint32_t min, uint32_t max)
{
    return own ? own : told ? bounded(told, min, max) : otherwise;
}

/* What the configuration says counts; the rest is as the cache says, within bounds, and data do not
 * expire before they are asked for again (RFC 8210 §6). */
static void set_timers(struct rtr_session *s)
{
    const struct rtr_timers *own = &s->settings.timers;
    const struct rtr_timers *told = &s->told;
    struct rtr_timers *t = &s->timers;
    t->refresh_s = timer(own->refresh_s, told->refresh_s, RTR_REFRESH_S, 1, RTR_REFRESH_MAX_S);
    t->retry_s = timer(own->retry_s, told->retry_s, RTR_RETRY_S, 1, RTR_RETRY_MAX_S);
    t->expire_s =
        timer(own->expire_s, told->expire_s, RTR_EXPIRE_S, RTR_EXPIRE_MIN_S, RTR_EXPIRE_MAX_S);
    uint32_t longer_s = t->refresh_s > t->retry_s ? t->refresh_s : t->retry_s;
    if (!own->expire_s && t->expire_s <= longer_s)
        t->expire_s = longer_s + 1;
}

uint32_t rtr_session_retry_s(const struct rtr_session *s)
{
    uint32_t own_s = s->settings.timers.retry_s;
    return own_s ? own_s : s->told.retry_s ? s->timers.retry_s : 0;
}

static void expire(struct rtr_session *s, uint64_t now_ms)
{
    note_problem(s, now_ms, "the data have expired: %u s have passed without an answer",
                 s->timers.expire_s);
    if (s->state != RTR_DOWN)
        finish(s, RTR_END_LOST, s->settings.version);
    s->has_data = false;
    s->has_session = false;
    s->expire_ms = 0;
    record_set_clear(s->records);
}

static bool is_due(uint64_t at_ms, uint64_t now_ms)
{
    return at_ms != 0 && now_ms >= at_ms;
}

void rtr_session_tick(struct rtr_session *s, uint64_t now_ms)
{
    if (is_due(s->expire_ms, now_ms)) {
        expire(s, now_ms);
    } else if (is_due(s->deadline_ms, now_ms) || is_due(s->answer_by_ms, now_ms)) {
        note_problem(s, now_ms,
                     is_due(s->deadline_ms, now_ms) ? "no answer for %u s"
                                                    : "the answer was not complete after %u s",
                     (is_due(s->deadline_ms, now_ms) ? SILENCE_MS : ANSWER_MS) / 1000u);
        finish(s, RTR_END_ERROR, s->settings.version);
    } else if (is_due(s->ask_ms, now_ms)) {
        ask(s, now_ms);
    }
}

uint64_t rtr_session_next_ms(const struct rtr_session *s)
{
    const uint64_t moments[] = {s->ask_ms, s->deadline_ms, s->answer_by_ms, s->expire_ms};
    uint64_t next = 0;
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
        if (moments[i] != 0 && (next == 0 || moments[i] < next))
            next = moments[i];
    return next;
}

/* --- what the cache says --- */

/* Whether the notify that has come tells of something else than what there is. */
static bool is_behind(const struct rtr_session *s)
{
    return s->has_news &&
           (!s->has_session || s->news_session_id != s->session_id || s->news_serial != s->serial);
}

static void ask_for_news(struct rtr_session *s, uint64_t now_ms)
{
    if (s->has_session && s->news_session_id != s->session_id)
        s->has_session = false; /* the cache has begun anew */
    ask(s, now_ms);
}

static void on_notify(struct rtr_session *s, const struct rtr_pdu *pdu, uint64_t now_ms)
{
    s->has_news = true;
    s->news_session_id = pdu->session_id;
    s->news_serial = pdu->serial;
    if (is_behind(s) && (s->state == RTR_SYNCED || s->state == RTR_NO_ANSWER))
        ask_for_news(s, now_ms);
}

static void on_response(struct rtr_session *s, const struct rtr_pdu *pdu, uint64_t now_ms)
{
    if (s->state != RTR_ASKING) {
        refuse(s, now_ms, RTR_CORRUPT_DATA, pdu->whole, "a Cache Response that nobody asked for");
        return;
    }
    if (!s->full && pdu->session_id != s->session_id) {
        refuse(s, now_ms, RTR_CORRUPT_DATA, pdu->whole,
               "a Cache Response of session %u to a query of session %u", pdu->session_id,
               s->session_id);
        s->end = RTR_END_LOST; /* the next query is another one */
        return;
    }
    if (s->full)
        s->has_session = false; /* until all of it is there */
    s->session_id = pdu->session_id;
    s->state = RTR_RECEIVING;
    record_set_begin(s->records, s->full);
}

/* What stands in the way of a record, told with the record. */
static void refuse_record(struct rtr_session *s, const struct rtr_pdu *pdu, int err,
                          uint64_t now_ms)
{
    char what[PREFIX_TEXT_MAX + 40];
    char prefix[PREFIX_TEXT_MAX];
    if (err == ERR_FULL) {
        refuse(s, now_ms, RTR_INTERNAL_ERROR, pdu->whole,
               "more than %u records (max_records): the cache is given up for an hour",
               s->records->max_records);
        s->end = RTR_END_LIMIT;
        return;
    }
    enum rtr_error code =
        err == ERR_EXISTS ? RTR_DUPLICATE_ANNOUNCEMENT : RTR_WITHDRAWAL_OF_UNKNOWN;
    if (pdu->type == RTR_ASPA) {
        snprintf(what, sizeof(what), "an ASPA of AS %u is withdrawn that is not there",
                 pdu->customer);
        refuse_aspa(s, now_ms, code, pdu->whole, what);
        return;
    }
    snprintf(what, sizeof(what), "%s max %u AS %u", prefix_format(&pdu->vrp.prefix, prefix),
             pdu->vrp.max_length, pdu->vrp.as);
    refuse(s, now_ms, code, pdu->whole,
           err == ERR_EXISTS ? "%s is announced twice" : "%s is withdrawn and was not there", what);
}

static int take_aspa(struct rtr_session *s, const struct rtr_pdu *pdu)
{
    uint32_t providers[RTR_PROVIDERS_MAX];
    size_t count = rtr_pdu_providers(pdu, providers);
    return pdu->announce ? record_set_announce_aspa(s->records, pdu->customer, providers, count)
                         : record_set_withdraw_aspa(s->records, pdu->customer);
}

static void on_record(struct rtr_session *s, const struct rtr_pdu *pdu, uint64_t now_ms)
{
    if (s->state != RTR_RECEIVING) {
        refuse(s, now_ms, RTR_CORRUPT_DATA, pdu->whole, "a record outside of a response");
        return;
    }
    int err;
    if (pdu->type == RTR_ASPA)
        err = take_aspa(s, pdu);
    else
        err = pdu->announce ? record_set_announce_vrp(s->records, &pdu->vrp)
                            : record_set_withdraw_vrp(s->records, &pdu->vrp);
    if (err)
        refuse_record(s, pdu, err, now_ms);
}

static void on_end(struct rtr_session *s, const struct rtr_pdu *pdu, uint64_t now_ms)
{
    if (s->state != RTR_RECEIVING) {
        refuse(s, now_ms, RTR_CORRUPT_DATA, pdu->whole, "an End of Data outside of a response");
        return;
    }
    if (pdu->session_id != s->session_id) {
        refuse(s, now_ms, RTR_CORRUPT_DATA, pdu->whole,
               "an End of Data of session %u in a response of session %u", pdu->session_id,
               s->session_id);
        return;
    }
    record_set_commit(s->records);
    s->told = (struct rtr_timers){pdu->refresh_s, pdu->retry_s, pdu->expire_s};
    set_timers(s);
    s->has_session = true;
    s->session_version = s->version;
    s->serial = pdu->serial;
    s->has_data = true;
    s->data_mono_ms = now_ms;
    s->proven = s->version;
    s->state = RTR_APPLYING;
    s->deadline_ms = s->answer_by_ms = 0;
    s->expire_ms = now_ms + s->timers.expire_s * UINT64_C(1000);
}

void rtr_session_settled(struct rtr_session *s, uint64_t now_ms)
{
    if (s->state != RTR_APPLYING)
        return;
    s->state = RTR_SYNCED;
    s->ask_ms = s->data_mono_ms + s->timers.refresh_s * UINT64_C(1000);
    if (is_behind(s))
        ask_for_news(s, now_ms);
}

static void on_reset(struct rtr_session *s, const struct rtr_pdu *pdu, uint64_t now_ms)
{
    if (s->state != RTR_ASKING || s->full) {
        refuse(s, now_ms, RTR_CORRUPT_DATA, pdu->whole,
               "a Cache Reset that answers no query for differences");
        return;
    }
    s->has_session = false;
    ask(s, now_ms);
}

/* Its highest version is that of the report (8210bis §7). */
static void on_version_refused(struct rtr_session *s, const struct rtr_pdu *pdu, uint64_t now_ms)
{
    if (s->version == 0 || s->agreed) {
        note_problem(s, now_ms, "it does not speak version %u", s->version);
        finish(s, RTR_END_ERROR, s->settings.version);
        return;
    }
    uint8_t next = pdu->version < s->version ? pdu->version : s->version - 1;
    finish(s, RTR_END_AGAIN, next);
}

static void on_report(struct rtr_session *s, const struct rtr_pdu *pdu, uint64_t now_ms)
{
    struct strbuf text = {0};
    if (pdu->code == RTR_UNSUPPORTED_VERSION) {
        on_version_refused(s, pdu, now_ms);
        return;
    }
    utf8_add_foreign(&text, pdu->text.data, pdu->text.len_bytes < 120 ? pdu->text.len_bytes : 120);
    note_problem(s, now_ms, "the cache reports error %u (%s)%s%s", pdu->code,
                 rtr_error_name(pdu->code), text.len_bytes > 0 ? ": " : "", strbuf_text(&text));
    strbuf_release(&text);
    if (pdu->code == RTR_NO_DATA && s->state == RTR_ASKING) {
        s->state = RTR_NO_ANSWER;
        s->deadline_ms = s->answer_by_ms = 0;
        uint32_t retry_s = rtr_session_retry_s(s);
        s->ask_ms = now_ms + (retry_s ? retry_s : NO_DATA_WAIT_S) * UINT64_C(1000);
        return;
    }
    /* What it does not like about a query for differences, another one for everything may not have:
     * that is so where it has begun anew. */
    bool other_query = s->state == RTR_ASKING && !s->full;
    s->has_session = false;
    finish(s, other_query ? RTR_END_LOST : RTR_END_ERROR, s->settings.version);
}

/* The version of what comes must be that which is spoken; what answers the first query may settle
 * for a lower one (RFC 8210 §7). False: the PDU is dealt with. */
static bool accept_version(struct rtr_session *s, const struct rtr_pdu *pdu, uint64_t now_ms)
{
    bool answers = pdu->type == RTR_CACHE_RESPONSE || pdu->type == RTR_CACHE_RESET;
    if (pdu->version == s->version || pdu->type == RTR_ERROR_REPORT) {
        s->agreed |= answers;
        return true;
    }
    if (!s->agreed && pdu->type == RTR_SERIAL_NOTIFY)
        return false; /* it does not know yet which one is spoken */
    if (!s->agreed && answers && pdu->version < s->version) {
        if (s->full && pdu->type == RTR_CACHE_RESPONSE) {
            s->version = pdu->version;
            s->agreed = true;
            return true;
        }
        s->has_session = false;
        finish(s, RTR_END_AGAIN, pdu->version);
        return false;
    }
    refuse(s, now_ms, s->version > 0 ? RTR_UNEXPECTED_VERSION : RTR_UNSUPPORTED_VERSION, pdu->whole,
           "a PDU of version %u in a connection of version %u", pdu->version, s->version);
    return false;
}

static void on_pdu(struct rtr_session *s, const struct rtr_pdu *pdu, uint64_t now_ms)
{
    typedef void handler(struct rtr_session * s, const struct rtr_pdu *pdu, uint64_t now_ms);
    static handler *const handlers[] = {
        [RTR_SERIAL_NOTIFY] = on_notify, [RTR_CACHE_RESPONSE] = on_response,
        [RTR_IPV4_PREFIX] = on_record,   [RTR_IPV6_PREFIX] = on_record,
        [RTR_END_OF_DATA] = on_end,      [RTR_CACHE_RESET] = on_reset,
        [RTR_ERROR_REPORT] = on_report,  [RTR_ASPA] = on_record,
    };
    if (!accept_version(s, pdu, now_ms) || pdu->type == RTR_ROUTER_KEY)
        return;
    if (handlers[pdu->type])
        handlers[pdu->type](s, pdu, now_ms);
    else
        refuse(s, now_ms, RTR_UNSUPPORTED_TYPE, pdu->whole, "a query, which caches do not send");
}

/* The answer goes on: there is time for more of it. */
static void extend(struct rtr_session *s, uint64_t now_ms)
{
    s->heard = true;
    if (s->deadline_ms != 0)
        s->deadline_ms = now_ms + SILENCE_MS;
}

static void on_fault(struct rtr_session *s, const struct rtr_fault *fault, uint64_t now_ms)
{
    if (fault->is_report) {
        note_problem(s, now_ms, "an error report that cannot be read: %s", fault->why);
        s->has_session = false;
        finish(s, RTR_END_ERROR, s->settings.version);
    } else if (fault->code == RTR_ASPA_PROVIDER_LIST) {
        refuse_aspa(s, now_ms, fault->code, fault->bytes, fault->why);
    } else {
        refuse(s, now_ms, fault->code, fault->bytes, "%s", fault->why);
    }
}

size_t rtr_session_input(struct rtr_session *s, struct span in, uint64_t now_ms)
{
    size_t taken = 0;
    while (s->end == RTR_END_NONE && s->state != RTR_APPLYING) {
        struct rtr_pdu pdu;
        struct rtr_fault fault;
        size_t len_bytes;
        enum rtr_read read =
            rtr_pdu_read(span_of(in.data + taken, in.len_bytes - taken), &pdu, &len_bytes, &fault);
        if (read == RTR_READ_MORE)
            break;
        extend(s, now_ms);
        if (read == RTR_READ_BAD) {
            on_fault(s, &fault, now_ms);
            break;
        }
        taken += len_bytes;
        on_pdu(s, &pdu, now_ms);
    }
    return taken;
}

/* --- life --- */

void rtr_session_init(struct rtr_session *s, const struct rtr_settings *settings,
                      struct record_set *records)
{
    *s = (struct rtr_session){
        .settings = *settings, .records = records, .version = settings->version, .proven = -1};
}

void rtr_session_set(struct rtr_session *s, const struct rtr_settings *settings)
{
    bool other_version = s->settings.version != settings->version;
    s->settings = *settings;
    if (other_version && s->state == RTR_DOWN)
        s->version = settings->version;
    if (!s->has_data)
        return;
    set_timers(s);
    s->expire_ms = s->data_mono_ms + s->timers.expire_s * UINT64_C(1000);
    if (s->state == RTR_SYNCED)
        s->ask_ms = s->data_mono_ms + s->timers.refresh_s * UINT64_C(1000);
}

void rtr_session_up(struct rtr_session *s, uint64_t now_ms)
{
    s->end = RTR_END_NONE;
    s->agreed = s->heard = false;
    s->out_bytes = 0;
    ask(s, now_ms);
}

enum rtr_end rtr_session_down(struct rtr_session *s, const char *why, bool closed, uint64_t now_ms)
{
    bool was_asked = s->state != RTR_DOWN;
    if (closed && s->state == RTR_ASKING && !s->full)
        s->has_session = false; /* it may be the session that it has not known */
    if (why)
        note_problem(s, now_ms, "%s", why);
    if (s->end == RTR_END_NONE) {
        bool speechless = closed && was_asked && !s->heard && s->version > s->proven;
        uint8_t next = s->settings.version;
        if (speechless && s->version > 0)
            next = s->version - 1;
        finish(s, RTR_END_LOST, next);
    }
    enum rtr_end end = s->end;
    s->end = RTR_END_NONE;
    s->out_bytes = 0;
    return end;
}

void rtr_session_forget(struct rtr_session *s)
{
    s->has_session = false;
    s->proven = -1;
    s->version = s->settings.version;
}

const char *rtr_state_text(enum rtr_state state)
{
    static const char *const texts[RTR_STATES] = {
        [RTR_DOWN] = "down",         [RTR_ASKING] = "asking",  [RTR_RECEIVING] = "receiving",
        [RTR_APPLYING] = "applying", [RTR_SYNCED] = "in sync", [RTR_NO_ANSWER] = "without data",
    };
    return texts[state];
}
