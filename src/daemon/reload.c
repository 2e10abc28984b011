/* Reload: the difference between two configurations, applied without touching what is the same.
 *
 * Everything but static routes changes at once. Routes, of which there may be very many, follow in
 * slices that end by the clock; until then the reload counts as running, and the old configuration
 * stays, as it is what they are told apart from. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "config/diff.h"
#include "daemon/state.h"

#define SLICE_NS   5000000u
#define SLICE_LOOK 64u /* routes between two looks at the clock */
/* In the place of an entry's changes: it was not there before. */
#define ENTRY_ADDED UINT_MAX

struct reload {
    struct speaker *s;
    struct entry *entry;
    struct reload_summary *summary;
};

/* Dynamic neighbours to which another entry applies now lose their session: their configuration is
 * not what they were accepted with. Entries of the new configuration are in place. */
static void drop_strays(struct reload *r)
{
    for (uint32_t i = r->entry->neighbor_count; i-- > 0;) {
        struct neighbor *n = r->entry->neighbors[i];
        if (speaker_match(r->s, &n->addr) == r->entry)
            continue;
        r->summary->sessions_reset += n->source != 0;
        entry_remove_neighbor(r->s, r->entry, n);
    }
}

static void reconfigure_neighbor(struct reload *r, struct neighbor *n, unsigned changes)
{
    peer_reconfigure(n->session, r->entry->config);
    if (changes & PEER_CHANGE_IDENTITY) {
        r->summary->sessions_reset += n->source != 0;
        peer_reset(n->session, NOTIFY_CEASE_CONFIG_CHANGE, NULL);
        return;
    }
    if (changes) /* perhaps what the session ended for is mended */
        peer_forgive(n->session);
    if (changes & PEER_CHANGE_LIMITS)
        neighbor_check_limits(r->s, n);
}

/* Takes an entry from one configuration to the next. */
static void change_entry(struct reload *r, const struct config_peer *next, unsigned changes)
{
    struct entry *e = r->entry;
    bool had_source = e->config_source != 0;
    e->config = next;
    if (changes)
        peers_forgive(r->s->env, &next->remote);
    for (uint32_t i = 0; i < e->neighbor_count; i++)
        reconfigure_neighbor(r, e->neighbors[i], changes);
    entry_prepare_routes(r->s, e);
    if (changes & PEER_CHANGE_MD5)
        entry_guard(r->s, e);
    if ((changes & PEER_CHANGE_EXPORT) || had_source != (e->config_source != 0))
        for (uint32_t i = 0; i < e->neighbor_count; i++)
            neighbor_retreat(r->s, e->neighbors[i]);
    if (changes & PEER_CHANGE_ENABLED)
        entry_set_enabled(e, next->enabled, NULL);
    if (changes)
        r->summary->peers_changed++;
}

/* The entry of the present configuration for the same remote; NULL. */
static struct entry *entry_of(const struct speaker *s, const struct config_peer *config)
{
    const struct config_peer *old =
        config_find_peer(s->config, &config->remote, config->remote_interface);
    return old ? s->entries[old - s->config->peers] : NULL;
}

static void remove_vanished(struct speaker *s, const struct config *next, struct reload *r)
{
    for (size_t i = 0; i < s->entry_count; i++) {
        struct entry *e = s->entries[i];
        if (config_find_peer(next, &e->config->remote, e->config->remote_interface))
            continue;
        entry_free(s, e);
        s->entries[i] = NULL;
        r->summary->peers_removed++;
    }
}

/* Makes the entries those of `next`, in its order. New ones come last: when they start, all others
 * are in place. */
static void apply_peers(struct speaker *s, struct config *next, struct reload *r)
{
    struct entry **entries = mem_resize(NULL, next->peer_count, sizeof(struct entry *));
    unsigned *changes = mem_zalloc((next->peer_count + 1) * sizeof(*changes));
    const struct config_peer **before =
        mem_zalloc((next->peer_count + 1) * sizeof(struct config_peer *));
    remove_vanished(s, next, r);
    for (size_t i = 0; i < next->peer_count; i++) {
        entries[i] = entry_of(s, &next->peers[i]);
        if (!entries[i])
            continue;
        changes[i] = config_peer_diff(entries[i]->config, &next->peers[i]);
        if ((changes[i] & PEER_CHANGE_MD5) && !next->peers[i].md5_password)
            entry_unguard(s, entries[i]); /* makes room for keys that come */
        before[i] = changes[i] & PEER_CHANGE_ROUTES ? entries[i]->config : &next->peers[i];
    }
    s->reload.old = s->config;
    s->reload.before = before;
    s->reload.at = 0;
    s->reload.routes = (struct config_routes_cursor){0};
    free(s->entries);
    s->entries = entries;
    s->entry_count = next->peer_count;
    s->config = next;
    for (size_t i = 0; i < next->peer_count; i++) {
        r->entry = entries[i];
        if (entries[i])
            change_entry(r, &next->peers[i], changes[i]);
    }
    for (size_t i = 0; i < next->peer_count; i++) {
        if (entries[i])
            continue;
        entries[i] = entry_new(s, &next->peers[i]);
        changes[i] = ENTRY_ADDED;
        r->summary->peers_added++;
    }
    for (size_t i = 0; i < next->peer_count; i++) {
        r->entry = entries[i];
        if (entry_is_network(entries[i]))
            drop_strays(r);
        if (changes[i] == ENTRY_ADDED && entries[i]->enabled)
            entry_set_enabled(entries[i], true, NULL);
    }
    free(changes);
}

/* Goes on with the static routes for a slice; true when all are in place. */
static bool apply_routes(struct speaker *s)
{
    uint64_t until_ns = time_mono_ns() + SLICE_NS;
    unsigned routes = 0;
    while (s->reload.at < s->entry_count) {
        struct entry *e = s->entries[s->reload.at];
        const struct config_peer *before = s->reload.before[s->reload.at];
        const struct static_route *route;
        enum config_route_change change = CONFIG_ROUTES_END;
        if (before != e->config)
            change = config_routes_next(before, e->config, &s->reload.routes, &route);
        if (change == CONFIG_ROUTES_END) {
            s->reload.at++;
            s->reload.routes = (struct config_routes_cursor){0};
        } else if (change == CONFIG_ROUTE_COMES) {
            entry_announce(s, e, route);
            s->reload.summary.routes_announced++;
        } else {
            entry_withdraw(s, e, route);
            s->reload.summary.routes_withdrawn++;
        }
        if (++routes % SLICE_LOOK == 0 && time_mono_ns() >= until_ns)
            return false;
    }
    return true;
}

static void forget_old(struct speaker *s)
{
    config_free(s->reload.old);
    free(s->reload.before);
    s->reload.old = NULL;
    s->reload.before = NULL;
}

static void reopen_listeners(struct speaker *s)
{
    struct strbuf error = {0};
    if (speaker_open_listeners(s, &error))
        log_error("reload: %s", strbuf_text(&error));
    strbuf_release(&error);
}

static void change_cluster(void *ctx, struct neighbor *n)
{
    neighbor_retreat(ctx, n);
}

/* --- loading --- */

static void apply(struct speaker *s, struct config *next)
{
    s->reload.summary = (struct reload_summary){0};
    struct reload r = {.s = s, .summary = &s->reload.summary};
    unsigned changes = config_global_diff(s->config, next);
    apply_peers(s, next, &r);
    speaker_guard_ttl(s);
    if (changes & CONFIG_CHANGE_BGP_SOCKETS)
        reopen_listeners(s);
    if (changes & CONFIG_CHANGE_CLUSTER_ID)
        speaker_each_neighbor(s, change_cluster, s);
    review_configure(s);
    speaker_report_guards(s);
}

static void log_summary(const struct reload_summary *sum)
{
    log_info("reload: peers: %u added, %u removed, %u changed; sessions reset: %u; routes: %u "
             "announced, %u withdrawn",
             sum->peers_added, sum->peers_removed, sum->peers_changed, sum->sessions_reset,
             sum->routes_announced, sum->routes_withdrawn);
}

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
    s->reload.running = false;
    if (s->reload.notify)
        s->reload.notify(s->reload.notify_ctx);
    if (s->reload.again)
        start_loading(s);
}

bool reload_work(struct speaker *s)
{
    if (!s->reload.old)
        return false;
    enum turn_part before = turn_enter(&s->turn, TURN_RELOAD);
    bool done = apply_routes(s);
    if (done) {
        log_summary(&s->reload.summary);
        forget_old(s);
        finish(s);
    }
    turn_enter(&s->turn, before);
    return !done;
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
    enum turn_part before = turn_enter(&s->turn, TURN_RELOAD);
    if (next) {
        config_report_log(&s->reload.report, true, "");
        apply(s, next);
        if (reload_work(s))
            speaker_wake(s);
    } else {
        log_error("reload: the configuration has errors, nothing is changed");
        config_report_log(&s->reload.report, false, "reload: ");
        finish(s);
    }
    turn_enter(&s->turn, before);
}

void reload_init(struct speaker *s)
{
    uv_async_init(s->loop, &s->reload.done, loaded);
    s->reload.done.data = s;
    uv_unref((uv_handle_t *)&s->reload.done);
}

void reload_stop(struct speaker *s)
{
    forget_old(s);
    if (!s->reload.has_thread)
        uv_close((uv_handle_t *)&s->reload.done, NULL);
}

bool speaker_is_loading(const struct speaker *s)
{
    return s->reload.has_thread;
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
                                        struct reload_summary *ret_summary,
                                        const struct config_report **ret_report)
{
    /* When a later one is under way, that one's outcome stands for both: it reads the file later.
     */
    if (ticket > s->reload.ticket || s->reload.running)
        return RELOAD_RUNNING;
    *ret_report = &s->reload.report;
    if (s->reload.failed)
        return RELOAD_FAILED;
    *ret_summary = s->reload.summary;
    return RELOAD_DONE;
}

void speaker_on_reload(struct speaker *s, void (*on_reload)(void *ctx), void *ctx)
{
    s->reload.notify = on_reload;
    s->reload.notify_ctx = ctx;
}
