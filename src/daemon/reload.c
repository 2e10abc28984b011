/* Reload: the difference between two configurations, applied without touching what is the same.
 *
 * Everything but static routes changes at once. Routes, of which there may be very many, follow in
 * slices that end by the clock; until then the reload counts as running, and the old configuration
 * stays, as it is what they are told apart from. */
#include "daemon/reload.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/diff.h"
#include "config/load.h"
#include "daemon/state.h"

#define SLICE_ROUTES 64u

void reload_count_session(struct speaker *s, const struct neighbor *n)
{
    const struct peer_block *b = n->block;
    if (!s->reload.applying)
        return;
    if (b->enabled && !peer_block_is_closed(s, b))
        s->reload.summary.sessions_reset++;
    else
        s->reload.summary.sessions_ended++;
}

/* --- static routes --- */

/* How many peers are told the route as it is in the RIB, where `config` says that they are. */
static unsigned count_told(struct speaker *s, const struct peer_block *b,
                           const struct config_peer *config, const struct static_route *route)
{
    bool is_sent = config && (config->advertise_sources & ADVERTISE_CONFIG);
    return is_sent ? peer_block_count_told(s, b, route) : 0;
}

static void apply_route(struct speaker *s, struct peer_block *b, const struct config_peer *before,
                        const struct static_route *route, enum config_route_change change)
{
    struct reload_summary *sum = &s->reload.summary;
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

static void reload_release_summary(struct reload_summary *sum)
{
    strbuf_release(&sum->failed);
    strbuf_release(&sum->warnings);
    *sum = (struct reload_summary){0};
}

static void apply(struct speaker *s, struct config *next)
{
    struct reload_summary *sum = &s->reload.summary;
    reload_release_summary(sum);
    sum->keys_changed = config_changed_keys(s->config, next) & ~config_keys(RELOAD_SOCKETS);
    s->reload.old = s->config;
    s->reload.at = 0;
    s->reload.routes = (struct config_routes_cursor){0};
    s->config = next;
    s->reload.applying = true;
    speaker_reconfigure(s, s->reload.old, sum);
    s->reload.applying = false;
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

static void log_lines(enum log_level level, const struct strbuf *lines)
{
    for (const char *line = strbuf_text(lines); *line != '\0';) {
        int len = (int)strcspn(line, "\n");
        log_line(level, "reload: %.*s", len, line);
        line += len + (line[len] == '\n');
    }
}

static void log_summary(const struct reload_summary *sum)
{
    struct strbuf text = {0};
    reload_summary_text(sum, &text);
    log_info("reload: %s", strbuf_text(&text));
    strbuf_release(&text);
    log_lines(LOG_LEVEL_ERROR, &sum->failed);
    log_lines(LOG_LEVEL_WARNING, &sum->warnings);
}

/* --- loading --- */

/* In a thread of its own: touches nothing of the speaker but the result, and the path, which stays
 * as long as the configuration that only the loop's thread exchanges. */
static void load(void *speaker)
{
    struct speaker *s = speaker;
    s->reload.next = config_load(s->config->path, &s->reload.report);
    uv_async_send(&s->reload.done);
}

static void start_loading(struct speaker *s)
{
    s->reload.running = true;
    s->reload.again = false;
    s->reload.ticket++;
    config_report_release(&s->reload.report);
    s->reload.next = NULL;
    /* Not one of libuv's pool: the end of the process would wait for that. */
    s->reload.has_thread = uv_thread_create(&s->reload.thread, load, s) == 0;
    if (!s->reload.has_thread) {
        config_report_fail(&s->reload.report, s->config->path, "there is no thread to read it");
        uv_async_send(&s->reload.done);
    }
}

/* The outcome is there. */
static void finish(struct speaker *s)
{
    struct reload_summary *sum = s->reload.failed ? NULL : &s->reload.summary;
    s->reload.running = false;
    if (s->reload.notify)
        s->reload.notify(s->reload.notify_ctx, sum);
    if (sum)
        log_summary(sum);
    if (s->reload.again)
        start_loading(s);
}

static bool work(struct speaker *s, uint64_t deadline_ns)
{
    (void)deadline_ns;
    if (!s->reload.old)
        return false;
    if (!apply_routes(s))
        return true;
    forget_old(s);
    finish(s);
    return false;
}

static void loaded(uv_async_t *done)
{
    struct speaker *s = done->data;
    struct config *next = s->reload.next;
    if (s->reload.has_thread)
        uv_thread_join(&s->reload.thread);
    s->reload.has_thread = false;
    if (s->stopping) {
        config_free(next);
        uv_close((uv_handle_t *)&s->reload.done, NULL);
        return;
    }
    s->reload.failed = !next;
    const char *before = turn_enter(&s->turn, reload_service.name);
    if (next) {
        config_report_log(&s->reload.report, true, "");
        apply(s, next);
        speaker_wake(s); /* for the static routes */
    } else {
        log_error("reload: the configuration has errors, nothing is changed");
        config_report_log(&s->reload.report, false, "reload: ");
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
    return 0;
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
    config_report_release(&s->reload.report);
    reload_release_summary(&s->reload.summary);
}

const struct service reload_service = {
    .name = "reload",
    .init = init,
    .work = work,
    .share_percent = 100,
    .is_beside = true,
    .makes_changes = true,
    .stop = stop,
    .release = release,
};

bool speaker_is_loading(const struct speaker *s)
{
    return s->reload.has_thread || previews_are_loading(&s->previews);
}

uint64_t speaker_reload(struct speaker *s)
{
    if (!s->reload.running) {
        start_loading(s);
        return s->reload.ticket;
    }
    /* The file may have changed since it was read. */
    s->reload.again = true;
    return s->reload.ticket + 1;
}

enum reload_state speaker_reload_result(const struct speaker *s, uint64_t ticket,
                                        const struct reload_summary **ret_summary,
                                        const struct config_report **ret_report)
{
    /* When a later one is under way, that one's outcome stands for both: it reads the file later.
     */
    if (ticket > s->reload.ticket || s->reload.running)
        return RELOAD_RUNNING;
    *ret_report = &s->reload.report;
    if (s->reload.failed)
        return RELOAD_FAILED;
    *ret_summary = &s->reload.summary;
    return RELOAD_DONE;
}

void speaker_on_reload(struct speaker *s,
                       void (*on_reload)(void *ctx, struct reload_summary *summary), void *ctx)
{
    s->reload.notify = on_reload;
    s->reload.notify_ctx = ctx;
}
