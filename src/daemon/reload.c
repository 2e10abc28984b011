/* Reload: the difference between two configurations, applied without touching what is the same.
 *
 * Everything but static routes changes at once. Routes, of which there may be very many, follow in
 * slices that end by the clock; until then the reload counts as running, and the old configuration
 * stays, as it is what they are told apart from. */
#include "daemon/reload.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/diff.h"
#include "config/load.h"
#include "daemon/channel.h"
#include "daemon/state.h"

#define SLICE_ROUTES 64u

/* Neighbours of which the answer says by name what waits for their next session. */
enum { NAMED_MAX = 10 };

/* What becomes of a block of the next configuration. */
struct change {
    bool is_new;
    config_key_set keys; /* that differ */
};

struct change_ctx {
    struct speaker *s;
    struct peer_block *block;
    struct reload_summary *summary;
};

/* Whether a reload does this for one of the keys of a peer. */
static bool asks_for(config_key_set keys, enum config_reload reload)
{
    return (keys & config_peer_keys(reload)) != 0;
}

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

/* Dynamic neighbours to which another block applies now lose their session: their configuration is
 * not what they were accepted with. Entries of the new configuration are in place. */
static void drop_strays(struct change_ctx *r)
{
    for (uint32_t i = r->block->neighbor_count; i-- > 0;) {
        struct neighbor *n = r->block->neighbors[i];
        if (speaker_match(r->s, &n->addr) != r->block)
            peer_block_remove_neighbor(r->s, r->block, n);
    }
}

static void reconfigure_neighbor(struct change_ctx *r, struct neighbor *n, config_key_set keys)
{
    peer_reconfigure(n->session, r->block->config);
    channels_settle(n);
    if (asks_for(keys, RELOAD_RESTART)) {
        peer_reset(n->session, NOTIFY_CEASE_CONFIG_CHANGE, NULL);
        return;
    }
    if (keys) /* perhaps what the session ended for is mended */
        peer_forgive(n->session);
    if (asks_for(keys, RELOAD_LIMITS))
        channels_change_limits(r->s, n);
}

/* Takes a block from one configuration to the next. */
static void change_block(struct change_ctx *r, const struct config_peer *next, config_key_set keys)
{
    struct peer_block *b = r->block;
    b->config = next;
    if (keys)
        peers_forgive(r->s->env, &next->remote);
    for (uint32_t i = 0; i < b->neighbor_count; i++)
        reconfigure_neighbor(r, b->neighbors[i], keys);
    peer_block_prepare_routes(r->s, b);
    if (asks_for(keys, RELOAD_MD5))
        peer_block_guard(r->s, b);
    if (asks_for(keys, RELOAD_EXPORT))
        for (uint32_t i = 0; i < b->neighbor_count; i++)
            neighbor_update_export(r->s, b->neighbors[i]);
    if (asks_for(keys, RELOAD_ENABLE))
        peer_block_set_enabled(b, next->enabled, NULL);
    if (keys)
        r->summary->peers_changed++;
}

/* The block of the old configuration for the same remote; NULL. */
static struct peer_block *peer_block_of(const struct speaker *s, const struct config *old,
                                        const struct config_peer *config)
{
    const struct config_peer *before =
        config_find_peer(old, &config->remote, config->remote_interface);
    return before ? s->blocks[before - old->peers] : NULL;
}

static void remove_vanished(struct speaker *s, struct change_ctx *r)
{
    for (size_t i = 0; i < s->block_count; i++) {
        struct peer_block *b = s->blocks[i];
        if (config_find_peer(s->config, &b->config->remote, b->config->remote_interface))
            continue;
        peer_block_free(s, b);
        s->blocks[i] = NULL;
        r->summary->peers_removed++;
    }
}

/* Notes what is to be done for the blocks that stay, before anything is. */
static void compare_blocks(struct speaker *s, const struct config *old, struct peer_block **blocks,
                           struct change *changes, const struct config_peer **before)
{
    const struct config *next = s->config;
    for (size_t i = 0; i < next->peer_count; i++) {
        struct change *c = &changes[i];
        blocks[i] = peer_block_of(s, old, &next->peers[i]);
        c->is_new = !blocks[i];
        if (c->is_new)
            continue;
        c->keys = config_peer_changed_keys(blocks[i]->config, &next->peers[i]);
        if (asks_for(c->keys, RELOAD_MD5) && !next->peers[i].md5_password)
            peer_block_unguard(s, blocks[i]); /* makes room for keys that come */
        bool routes_differ = asks_for(c->keys, RELOAD_ROUTES) || asks_for(c->keys, RELOAD_EXPORT);
        before[i] = routes_differ ? blocks[i]->config : &next->peers[i];
    }
}

/* Makes the blocks those of the speaker's configuration, in its order. New ones come last: when
 * they start, all others are in place. `changes` is parallel to them. */
static void change_blocks(struct speaker *s, const struct config *old, struct change_ctx *r,
                          struct change *changes)
{
    const struct config *next = s->config;
    struct peer_block **blocks = mem_resize(NULL, next->peer_count, sizeof(struct peer_block *));
    const struct config_peer **before =
        mem_zalloc((next->peer_count + 1) * sizeof(struct config_peer *));
    remove_vanished(s, r);
    compare_blocks(s, old, blocks, changes, before);
    s->reload.before = before;
    s->reload.at = 0;
    s->reload.routes = (struct config_routes_cursor){0};
    free(s->blocks);
    s->blocks = blocks;
    s->block_count = next->peer_count;
    for (size_t i = 0; i < next->peer_count; i++) {
        r->block = blocks[i];
        if (blocks[i])
            change_block(r, &next->peers[i], changes[i].keys);
    }
    for (size_t i = 0; i < next->peer_count; i++) {
        if (blocks[i])
            continue;
        blocks[i] = peer_block_new(s, &next->peers[i]);
        r->summary->peers_added++;
    }
    for (size_t i = 0; i < next->peer_count; i++) {
        r->block = blocks[i];
        if (peer_block_is_network(blocks[i]))
            drop_strays(r);
        if (changes[i].is_new && blocks[i]->enabled)
            peer_block_set_enabled(blocks[i], true, NULL);
    }
}

/* --- static routes --- */

/* How many peers are told the route as it is in the RIB, where `config` says that they are. */
static unsigned count_told(const struct speaker *s, const struct peer_block *b,
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

static void update_export(void *ctx, struct neighbor *n)
{
    neighbor_update_export(ctx, n);
}

/* "hold_timer, families and md5_password" */
static void add_key_names(config_key_set keys, struct strbuf *out)
{
    unsigned bit = 0;
    const char *name = config_next_peer_key(keys, &bit);
    for (size_t i = 0; name; i++) {
        const char *next = config_next_peer_key(keys, &bit);
        strbuf_printf(out, "%s%s", i == 0 ? "" : next ? ", " : " and ", name);
        name = next;
    }
}

/* Says which changes wait for the next session of a neighbour, and how it is begun. */
static void warn_of_waiting(const struct neighbor *n, config_key_set keys, struct strbuf *lines)
{
    const char *name = peer_name(n->session);
    add_key_names(keys, lines);
    strbuf_printf(lines, " of %s %s effect with its next %s: `bgpd neighbor reset %s`\n", name,
                  (keys & (keys - 1)) ? "take" : "takes",
                  config_keys_need_connection(keys) ? "connection" : "session", name);
}

static void warn_of_all_waiting(const struct speaker *s, const struct change *changes,
                                struct strbuf *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < s->block_count; i++) {
        const struct peer_block *b = s->blocks[i];
        for (uint32_t k = 0; changes[i].keys && k < b->neighbor_count; k++) {
            config_key_set keys = changes[i].keys & peer_pending(b->neighbors[k]->session);
            if (keys && count++ < NAMED_MAX)
                warn_of_waiting(b->neighbors[k], keys, lines);
        }
    }
    if (count > NAMED_MAX)
        strbuf_printf(lines,
                      "changes of %zu more neighbors wait likewise: the column Pending of `bgpd "
                      "show neighbors` says which\n",
                      count - NAMED_MAX);
}

void reload_blocks(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    struct change_ctx r = {.s = s, .summary = sum};
    struct change *changes = mem_zalloc((s->config->peer_count + 1) * sizeof(*changes));
    change_blocks(s, old, &r, changes);
    if (config_changed_keys(old, s->config) & config_keys(RELOAD_EXPORT))
        speaker_each_neighbor(s, update_export, s);
    warn_of_all_waiting(s, changes, &sum->warnings);
    free(changes);
}

static void apply(struct speaker *s, struct config *next)
{
    struct reload_summary *sum = &s->reload.summary;
    reload_release_summary(sum);
    sum->keys_changed = config_changed_keys(s->config, next) & ~config_keys(RELOAD_SOCKETS);
    s->reload.old = s->config;
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
