/* Reload: the difference between two configurations, applied without touching what is the same.
 *
 * Everything but static routes changes at once. Routes, of which there may be very many, follow in
 * slices that end by the clock; until then the reload counts as running, and the old configuration
 * stays, as it is what they are told apart from.
 *
 * What was in force before is kept as it was read, not as its files: so going back needs none of
 * them, takes no time to read, and cannot fail for what they say by now. While a reload has yet to
 * be confirmed, that is the last configuration that stands, whatever reloads come in between: they
 * neither confirm it nor move the time. */
#include "daemon/reload.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/time.h"
#include "config/diff.h"
#include "config/load.h"
#include "daemon/originated_limits.h"
#include "daemon/state.h"

#define SLICE_ROUTES 64u

/* Of the reload that runs, or ran last. */
static struct reload_outcome *outcome(struct speaker *s)
{
    return &s->reload.outcomes[s->reload.ticket % RELOAD_OUTCOMES];
}

void reload_count_session(struct speaker *s, const struct neighbor *n)
{
    const struct peer_block *b = n->block;
    struct reload_summary *sum = &outcome(s)->summary;
    if (!s->reload.applying)
        return;
    if (b->enabled && !peer_block_is_closed(s, b))
        sum->sessions_reset++;
    else
        sum->sessions_ended++;
}

/* --- static routes --- */

/* How many peers are told the route as it is in the RIB, where `config` says that they are. */
static unsigned count_told(struct speaker *s, const struct peer_block *b,
                           const struct config_peer *config, const struct static_route *route)
{
    bool is_sent = config && (config->advertise_sources & ADVERTISE_CONFIG);
    return is_sent
               ? peer_block_count_told(s, b, (enum family)route->family, static_route_key(route))
               : 0;
}

static void apply_route(struct speaker *s, struct peer_block *b, const struct config_peer *before,
                        const struct static_route *route, enum config_route_change change)
{
    struct reload_summary *sum = &outcome(s)->summary;
    unsigned told_before = count_told(s, b, before, route);
    unsigned told = 0;
    if (change == CONFIG_ROUTE_GOES)
        peer_block_withdraw(s, b, route);
    else if (change == CONFIG_ROUTE_COMES)
        peer_block_announce(s, b, route);
    if (change != CONFIG_ROUTE_GOES)
        told = count_told(s, b, b->config, route);
    if (change == CONFIG_ROUTE_COMES)
        sum->routes_announced += told;
    else if (told > told_before)
        sum->routes_announced += told - told_before;
    if (told < told_before)
        sum->routes_withdrawn += told_before - told;
}

/* Goes on with the static routes for a slice; true when all are in place. */
static bool apply_routes(struct speaker *s)
{
    for (unsigned i = 0; i < SLICE_ROUTES && s->reload.at < s->block_count; i++) {
        struct peer_block *b = s->blocks[s->reload.at];
        const struct config_peer *before = s->reload.before[s->reload.at];
        const struct static_route *route;
        enum config_route_change change = CONFIG_ROUTES_END;
        if (before != b->config)
            change = config_routes_next(before, b->config, &s->reload.routes, &route);
        if (change == CONFIG_ROUTES_END) {
            s->reload.at++;
            s->reload.routes = (struct config_routes_cursor){0};
        } else if (change != CONFIG_ROUTE_STAYS ||
                   before->advertise_sources != b->config->advertise_sources) {
            apply_route(s, b, before, route, change);
        }
    }
    return s->reload.at >= s->block_count;
}

static void forget_old(struct speaker *s)
{
    config_free(s->reload.old);
    free(s->reload.before);
    s->reload.old = NULL;
    s->reload.before = NULL;
}

/* Nobody needs the old configuration any more, but to go back to it. */
static void retire_old(struct speaker *s)
{
    if (!s->reload.drops_old) {
        config_free(s->reload.previous);
        s->reload.previous = s->reload.old;
        s->reload.old = NULL;
    }
    forget_old(s);
}

static void release_outcome(struct reload_outcome *o)
{
    strbuf_release(&o->summary.failed);
    strbuf_release(&o->summary.warnings);
    config_report_release(&o->report);
    *o = (struct reload_outcome){0};
}

/* The file is no longer what everybody takes it for. */
static void warn_of_sent(const struct speaker *s, struct reload_summary *sum)
{
    const struct config *c = s->config;
    if (s->reload.rolled_back)
        strbuf_printf(&sum->warnings,
                      "what is in force is what was before, whatever %s says: until the file is "
                      "read again, by a reload or at the next start\n",
                      c->path);
    else if (c->is_sent)
        strbuf_printf(&sum->warnings,
                      "what is in force is not what %s says, but %.256s, which was sent: until the "
                      "file is read again, by a reload or at the next start\n",
                      c->path, c->name);
}

/* What is there to go back to after a reload, and by when that is confirmed. */
static void settle_previous(struct speaker *s, bool differs)
{
    struct reload *r = &s->reload;
    struct reload_summary *sum = &outcome(s)->summary;
    bool waits = r->confirm_by_mono_ms != 0;
    r->drops_old = !r->goes_back && (waits || !differs);
    if (r->confirm_s > 0 && (waits || differs))
        r->confirm_by_mono_ms = time_mono_ms() + r->confirm_s * UINT64_C(1000);
    else if (r->confirm_s > 0)
        strbuf_add(&sum->warnings, "nothing has changed, so there is nothing to confirm\n");
    else if (waits)
        strbuf_add(&sum->warnings,
                   "the reload before is not confirmed yet, nor is this one: `bgpd confirm`\n");
}

static void apply(struct speaker *s, struct config *next)
{
    struct reload_summary *sum = &outcome(s)->summary;
    config_key_set keys = config_changed_keys(s->config, next);
    uint64_t since_mono_ms = s->reload.applied_mono_ms;
    sum->keys_changed = keys & ~config_keys(RELOAD_SOCKETS);
    s->reload.old = s->config;
    s->reload.at = 0;
    s->reload.routes = (struct config_routes_cursor){0};
    s->reload.applied_mono_ms = time_mono_ms();
    s->reload.rolled_back = s->reload.goes_back;
    s->config = next;
    s->reload.applying = true;
    speaker_reconfigure(s, s->reload.old, sum);
    s->reload.applying = false;
    warn_of_sent(s, sum);
    settle_previous(s, keys != 0 ||
                           sum->peers_added + sum->peers_removed + sum->peers_changed > 0 ||
                           !config_same_policies(s->reload.old, next));
    if (!s->reload.drops_old)
        s->reload.previous_mono_ms = since_mono_ms;
}

/* --- telling --- */

void reload_summary_text(const struct reload_summary *sum, struct strbuf *out)
{
    const struct {
        const char *one;
        const char *many;
        unsigned count;
        bool always;
    } parts[] = {
        {"neighbor added", "neighbors added", sum->peers_added, true},
        {"removed", "removed", sum->peers_removed, true},
        {"changed", "changed", sum->peers_changed, true},
        {"session reset", "sessions reset", sum->sessions_reset, true},
        {"session ended", "sessions ended", sum->sessions_ended, false},
        {"route announced", "routes announced", sum->routes_announced, true},
        {"withdrawn", "withdrawn", sum->routes_withdrawn, true},
        {"socket opened", "sockets opened", sum->sockets_opened, false},
        {"socket closed", "sockets closed", sum->sockets_closed, false},
    };
    const char *lead = "";
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!parts[i].always && parts[i].count == 0)
            continue;
        strbuf_printf(out, "%s%u %s", lead, parts[i].count,
                      parts[i].count == 1 ? parts[i].one : parts[i].many);
        lead = ", ";
    }
    unsigned bit = 0;
    const char *key;
    while ((key = config_next_key(sum->keys_changed, &bit)) != NULL)
        strbuf_printf(out, ", %s changed", key);
}

static void log_lines(enum log_level level, const char *what, const struct strbuf *lines)
{
    for (const char *line = strbuf_text(lines); *line != '\0';) {
        int len = (int)strcspn(line, "\n");
        log_line(level, "%s: %.*s", what, len, line);
        line += len + (line[len] == '\n');
    }
}

static void log_summary(const struct speaker *s, const struct reload_summary *sum)
{
    const char *what = s->reload.goes_back ? "rollback" : "reload";
    char left[TIME_TEXT_MAX];
    struct strbuf text = {0};
    reload_summary_text(sum, &text);
    log_info("%s: %s", what, strbuf_text(&text));
    strbuf_release(&text);
    log_lines(LOG_LEVEL_ERROR, what, &sum->failed);
    log_lines(LOG_LEVEL_WARNING, what, &sum->warnings);
    if (s->reload.confirm_s > 0 && s->reload.confirm_by_mono_ms > 0)
        log_info("reload: goes back in %s unless it is confirmed",
                 time_format_duration(s->reload.confirm_s, left));
}

/* --- loading --- */

/* In a thread of its own: touches nothing of the speaker but the source and the result. */
static void *load(void *speaker)
{
    struct speaker *s = speaker;
    s->reload.next = config_source_load(&s->reload.source, &outcome(s)->report);
    uv_async_send(&s->reload.done);
    return NULL;
}

static void begin(struct speaker *s, uint32_t confirm_s, bool goes_back)
{
    s->reload.running = true;
    s->reload.ticket++;
    release_outcome(outcome(s));
    s->reload.confirm_s = confirm_s;
    s->reload.goes_back = goes_back;
    s->reload.by_signal = false;
    s->reload.by_itself = false;
}

static void start_loading(struct speaker *s, struct config_source source, uint32_t confirm_s)
{
    begin(s, confirm_s, false);
    s->reload.source = source;
    config_source_know(&s->reload.source, s->config);
    s->reload.next = NULL;
    /* Not one of libuv's pool: the end of the process would wait for that. */
    s->reload.has_thread = thread_start(&s->reload.thread, "bgpd-reload", load, s) == 0;
    if (!s->reload.has_thread) {
        config_report_fail(&outcome(s)->report, source.text ? source.name : source.path,
                           "there is no thread to read it");
        uv_async_send(&s->reload.done);
    }
}

/* To what was in force before, which there is. It comes in force like what a thread has read. */
static void start_going_back(struct speaker *s)
{
    begin(s, 0, true);
    s->reload.next = s->reload.previous;
    s->reload.previous = NULL;
    s->reload.confirm_by_mono_ms = 0;
    uv_async_send(&s->reload.done);
}

/* Tells of a reload that no client has asked for. */
static void tell_deed(struct speaker *s)
{
    const struct reload *r = &s->reload;
    struct speaker_deed deed = {
        .kind = SPEAKER_DEED_RELOAD, .failed = outcome(s)->failed, .what = "", .owner = ""};
    if (r->by_itself)
        deed.kind = SPEAKER_DEED_ROLLBACK;
    if (r->by_itself || r->by_signal)
        speaker_tell_deed(s, &deed);
}

/* The outcome is there. */
static void finish(struct speaker *s)
{
    struct reload_outcome *o = outcome(s);
    s->reload.running = false;
    if (s->reload.notify)
        s->reload.notify(s->reload.notify_ctx, o->failed ? NULL : &o->summary);
    if (!o->failed)
        log_summary(s, &o->summary);
    tell_deed(s);
    if (s->reload.again) {
        s->reload.again = false;
        start_loading(s, config_source_file(s->config->path), 0);
        s->reload.by_signal = s->reload.again_by_signal;
        s->reload.again_by_signal = false;
    }
}

static bool work(struct speaker *s, uint64_t deadline_ns)
{
    (void)deadline_ns;
    if (!s->reload.old)
        return false;
    if (!apply_routes(s))
        return true;
    /* Others look at what is originated, and wake us when they are through. */
    if (!originated_hold_against_limits(s, &outcome(s)->summary.warnings))
        return false;
    retire_old(s);
    finish(s);
    return false;
}

static void loaded(uv_async_t *done)
{
    struct speaker *s = done->data;
    if (s->reload.has_thread)
        pthread_join(s->reload.thread, NULL);
    s->reload.has_thread = false;
    struct config *next = s->reload.next;
    s->reload.next = NULL;
    bool was_sent = s->reload.source.text != NULL;
    config_source_release(&s->reload.source);
    if (s->stopping) {
        config_free(next);
        uv_close((uv_handle_t *)&s->reload.done, NULL);
        return;
    }
    outcome(s)->failed = !next;
    const char *before = turn_enter(&s->turn, reload_service.name);
    if (next) {
        config_report_log(&outcome(s)->report, true, "");
        apply(s, next);
        speaker_wake(s); /* for the static routes */
    } else {
        log_error("reload: the configuration%s has errors, nothing is changed",
                  was_sent ? " that was sent" : "");
        config_report_log(&outcome(s)->report, false, "reload: ");
        finish(s);
    }
    turn_enter(&s->turn, before);
}

static int init(struct speaker *s, struct strbuf *error)
{
    (void)error;
    uv_async_init(s->loop, &s->reload.done, loaded);
    s->reload.done.data = s;
    uv_unref((uv_handle_t *)&s->reload.done);
    s->reload.applied_mono_ms = time_mono_ms();
    return 0;
}

/* Nobody has confirmed in time. What is under way may bring more time, and is waited for. */
static void tick(struct speaker *s)
{
    struct reload *r = &s->reload;
    if (r->confirm_by_mono_ms == 0 || time_mono_ms() < r->confirm_by_mono_ms || r->running)
        return;
    log_warning("rollback: nobody has confirmed the reload in time: back to what was before");
    start_going_back(s);
    r->by_itself = true;
}

/* A configuration that is being read is waited for by nobody: see speaker_is_loading. */
static void stop(struct speaker *s)
{
    forget_old(s);
    if (!s->reload.has_thread)
        uv_close((uv_handle_t *)&s->reload.done, NULL);
}

static void release(struct speaker *s)
{
    config_source_release(&s->reload.source);
    config_free(s->reload.next);
    config_free(s->reload.previous);
    for (unsigned i = 0; i < RELOAD_OUTCOMES; i++)
        release_outcome(&s->reload.outcomes[i]);
}

const struct service reload_service = {
    .name = "reload",
    .init = init,
    .work = work,
    .share_percent = 100,
    .is_beside = true,
    .makes_changes = true,
    .tick = tick,
    .stop = stop,
    .release = release,
};

bool speaker_is_loading(const struct speaker *s)
{
    return s->reload.has_thread || previews_are_loading(&s->previews) || rpki_is_loading(&s->rpki);
}

uint64_t speaker_reload(struct speaker *s)
{
    if (!s->reload.running) {
        start_loading(s, config_source_file(s->config->path), 0);
        return s->reload.ticket;
    }
    /* The file may have changed since it was read. */
    s->reload.again = true;
    return s->reload.ticket + 1;
}

void speaker_reload_by_signal(struct speaker *s)
{
    bool *asked = s->reload.running ? &s->reload.again_by_signal : &s->reload.by_signal;
    speaker_reload(s);
    *asked = true;
}

uint64_t speaker_reload_as(struct speaker *s, const struct reload_request *how)
{
    if (s->reload.running)
        return 0;
    start_loading(s,
                  how->text ? config_source_sent(s->config->path, how->name, how->text)
                            : config_source_file(s->config->path),
                  how->confirm_s);
    return s->reload.ticket;
}

int speaker_rollback(struct speaker *s, uint64_t *ret_ticket)
{
    if (s->reload.running)
        return ERR_STATE;
    if (!s->reload.previous)
        return ERR_NOT_FOUND;
    start_going_back(s);
    *ret_ticket = s->reload.ticket;
    return 0;
}

int speaker_confirm(struct speaker *s)
{
    if (s->reload.confirm_by_mono_ms == 0)
        return ERR_NOT_FOUND;
    s->reload.confirm_by_mono_ms = 0;
    return 0;
}

struct speaker_undo speaker_undo(const struct speaker *s)
{
    const struct reload *r = &s->reload;
    /* Until the last of its routes is in place, what a reload has replaced is not called so yet. */
    const struct config *to = r->old && !r->drops_old ? r->old : r->previous;
    return (struct speaker_undo){.to = to,
                                 .to_since_mono_ms = r->previous_mono_ms,
                                 .confirm_by_mono_ms = r->confirm_by_mono_ms,
                                 .rolled_back = r->rolled_back};
}

enum reload_state speaker_reload_result(const struct speaker *s, uint64_t ticket,
                                        const struct reload_summary **ret_summary,
                                        const struct config_report **ret_report)
{
    if (ticket > s->reload.ticket || (ticket == s->reload.ticket && s->reload.running))
        return RELOAD_RUNNING;
    if (ticket + RELOAD_OUTCOMES <= s->reload.ticket)
        return RELOAD_FORGOTTEN;
    const struct reload_outcome *o = &s->reload.outcomes[ticket % RELOAD_OUTCOMES];
    *ret_report = &o->report;
    if (o->failed)
        return RELOAD_FAILED;
    *ret_summary = &o->summary;
    return RELOAD_DONE;
}

uint64_t speaker_configured_mono_ms(const struct speaker *s)
{
    return s->reload.applied_mono_ms;
}

void speaker_on_reload(struct speaker *s,
                       void (*on_reload)(void *ctx, struct reload_summary *summary), void *ctx)
{
    s->reload.notify = on_reload;
    s->reload.notify_ctx = ctx;
}
