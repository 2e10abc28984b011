/* The speaker: life cycle, and the order of work within a loop turn.
 *
 * Sockets and timers put changes into the RIB during a turn; when the turn's events are dealt with,
 * the check handle spreads them: the removal of dead paths, judging again, static routes of a
 * reload, dirty entries to the update groups, passes of members, and last the sockets. Each turn
 * spends about TURN_BUDGET_NS on that, and a reload as much beside it; what is left keeps the loop
 * turning, so that timers and the API get their share. Input stops while the list of dirty entries
 * is long, and for the rest of a turn in which it took as long. */
#include "daemon/speaker.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/channel.h"
#include "daemon/state.h"

/* A member whose pass waits for its queue is woken by `writable`, before the queue is empty. */
_Static_assert(PEER_QUEUE_LIMIT_BYTES <= RIBOUT_PASS_LIMIT_BYTES, "a pass would never go on");

#define TURN_BUDGET_NS 5000000u
#define SWEEP_BUDGET   4096u
/* What is processed between two looks at the clock: bytes, for a message may hold one prefix or
 * thirty thousand, and as much for each message as for this many bytes. */
#define LOOK_BYTES       8192u
#define MESSAGE_BYTES    128u
#define DIRTY_LIMIT      65536u
#define REAP_INTERVAL_MS 1000u
/* About what a path of many takes on the heap, and how much must have been freed there to make it
 * worth while to give memory back. */
#define HEAP_PATH_BYTES     40u
#define HEAP_NEIGHBOR_BYTES 2000u
#define TRIM_BYTES          (4u << 20)

/* --- the loop turn --- */

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* its being active is its purpose: poll does not wait */
}

void speaker_wake(struct speaker *s)
{
    if (!s->stopping)
        uv_idle_start(&s->idle, on_idle);
}

static uint32_t dirty_total(const struct speaker *s)
{
    uint32_t total = 0;
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        total += rib_dirty_count(&s->rib.tables[f]);
    return total;
}

/* What paths, their attributes and neighbours take on the heap, about. Other memory of theirs is
 * given back when it becomes free. */
static uint64_t heap_bytes(const struct speaker *s)
{
    uint64_t total = s->rib.attrs.large_bytes + (uint64_t)s->neighbor_total * HEAP_NEIGHBOR_BYTES;
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        total += (uint64_t)s->rib.tables[f].path_count * HEAP_PATH_BYTES;
    return total;
}

static void note_heap(struct speaker *s)
{
    uint64_t bytes = heap_bytes(s);
    if (s->heap_most_bytes < bytes)
        s->heap_most_bytes = bytes;
}

/* What was freed on the heap: looked at once in a while, as what belongs to a neighbour becomes
 * free some time after it. */
static void give_memory_back(struct speaker *s)
{
    uint64_t bytes = heap_bytes(s);
    if (bytes + TRIM_BYTES > s->heap_most_bytes)
        return;
    mem_trim();
    s->heap_most_bytes = bytes;
}

static void flush_neighbor(void *ctx, struct neighbor *n)
{
    (void)ctx;
    if (n->source != 0 && !msgq_empty(peer_queue(n->session)))
        peer_flush(n->session);
}

/* A session whose peer takes so little that RIB-out gave up on it cannot go on. */
static void end_if_given_up(void *ctx, struct neighbor *n)
{
    (void)ctx;
    bool given_up = false;
    for (unsigned i = 0; i < n->channel_count; i++)
        given_up |= n->channels[i].member && ribout_member_given_up(n->channels[i].member);
    if (!given_up)
        return;
    log_warning("peer %s: slow peer: withdrawal backlog limit exceeded", peer_name(n->session));
    struct notification cease =
        notification_make(NOTIFY_CEASE, NOTIFY_CEASE_OUT_OF_RESOURCES, span_of(NULL, 0));
    peer_notify(n->session, &cease);
}

/* Removes dead paths: some in any case, lest steady input should keep them for ever, and more as
 * long as the groups keep up with what that changes. */
static bool sweep(struct speaker *s, uint64_t deadline_ns)
{
    bool more;
    do
        more = rib_sweep(&s->rib, SWEEP_BUDGET);
    while (more && dirty_total(s) < DIRTY_LIMIT / 4 && time_mono_ns() < deadline_ns);
    return more;
}

static void on_check(uv_check_t *check)
{
    struct speaker *s = check->data;
    s->input_until_ns = 0;
    s->input_bytes = 0;
    if (s->stopping || !uv_is_active((uv_handle_t *)&s->idle))
        return;
    note_heap(s);
    uint64_t deadline_ns = time_mono_ns() + TURN_BUDGET_NS;
    enum turn_part before = turn_enter(&s->turn, TURN_DECIDE);
    bool more = s->rib.sweep.dead > 0 && sweep(s, deadline_ns - TURN_BUDGET_NS / 2);
    /* What is judged again becomes dirty: no more of it than the groups keep up with. */
    uint64_t review_ns = dirty_total(s) < DIRTY_LIMIT / 4 ? TURN_BUDGET_NS / 4 : 0;
    more |= review_work(s, time_mono_ns() + review_ns);
    more |= dirty_total(s) < DIRTY_LIMIT / 4 ? reload_work(s) : s->reload.old != NULL;
    turn_enter(&s->turn, TURN_EXPORT);
    more |= ribout_flush(&s->out, deadline_ns);
    more |= ribout_work(&s->out, deadline_ns);
    if (s->out.given_up > 0) {
        speaker_each_neighbor(s, end_if_given_up, NULL);
        more = true; /* their paths are to be removed */
    }
    speaker_each_neighbor(s, flush_neighbor, NULL);
    more |= ribout_has_work(&s->out); /* a socket may have taken what filled a queue */
    turn_enter(&s->turn, before);
    if (s->input_paused && dirty_total(s) < DIRTY_LIMIT / 2) {
        s->input_paused = false;
        peers_resume_reading(s->env);
    }
    if (!more)
        uv_idle_stop(&s->idle);
}

static void on_reap(uv_timer_t *timer)
{
    struct speaker *s = timer->data;
    note_heap(s);
    give_memory_back(s);
    speaker_reap(s);
    log_limits_tell(time_mono_ms());
    speaker_retry_guards(s);
}

/* --- what sessions report --- */

static void on_established(void *ctx, struct peer *peer)
{
    neighbor_up(ctx, peer_user(peer));
}

static void on_down(void *ctx, struct peer *peer, enum session_down_reason reason)
{
    struct neighbor *n = peer_user(peer);
    (void)reason;
    if (n->source != 0)
        reload_count_session(ctx, n);
    neighbor_down(ctx, n);
}

static void on_update(void *ctx, struct peer *peer, const struct update *update)
{
    neighbor_update(ctx, peer_user(peer), update);
}

static void on_refresh(void *ctx, struct peer *peer, enum family family)
{
    struct ribout_member *member = channel_member(peer_user(peer), family);
    if (member)
        ribout_refresh(member);
    speaker_wake(ctx);
}

static void on_writable(void *ctx, struct peer *peer)
{
    (void)peer;
    speaker_wake(ctx);
}

/* Whether input may go on in this turn. Many messages make nothing dirty, so that the list of dirty
 * entries alone does not bound them. */
static bool has_input_time(struct speaker *s, size_t message_bytes)
{
    if (s->input_until_ns == 0) {
        s->input_until_ns = time_mono_ns() + TURN_BUDGET_NS;
    } else if (s->input_bytes >= LOOK_BYTES) {
        if (time_mono_ns() >= s->input_until_ns)
            return false;
        s->input_bytes = 0;
    }
    s->input_bytes += MESSAGE_BYTES + message_bytes;
    return true;
}

static bool want_input(void *ctx, size_t message_bytes)
{
    struct speaker *s = ctx;
    turn_enter(&s->turn, TURN_INPUT);
    if (dirty_total(s) < DIRTY_LIMIT && has_input_time(s, message_bytes))
        return true;
    s->input_paused = true;
    speaker_wake(s);
    return false;
}

static void on_input_end(void *ctx)
{
    struct speaker *s = ctx;
    rib_batch_apply(&s->rib, &s->batch);
    turn_enter(&s->turn, TURN_TIMERS);
}

static void on_links_changed(void *ctx)
{
    struct speaker *s = ctx;
    if (s->stopping)
        return;
    listening_retry(s->listening);
    review_interfaces(s);
}

static const struct session_handler handler = {
    .established = on_established,
    .down = on_down,
    .update = on_update,
    .refresh = on_refresh,
    .writable = on_writable,
    .want_input = want_input,
    .input_end = on_input_end,
    .links_changed = on_links_changed,
};

/* --- life cycle --- */

static const struct listener_handler listener_handler = {.guard = speaker_guard_listener,
                                                         .accept = speaker_accept};

static void on_listening_changed(void *ctx)
{
    speaker_report_guards(ctx);
}

struct speaker *speaker_new(uv_loop_t *loop, struct config *config, struct strbuf *error)
{
    struct speaker *s = mem_zalloc(sizeof(*s));
    s->loop = loop;
    turn_watch_init(&s->turn, loop);
    s->config = config;
    rib_init(&s->rib);
    arc4random_buf(&s->rib.attrs.seed, sizeof(s->rib.attrs.seed));
    ribout_init(&s->out, &s->rib);
    s->review.pass = 1;
    s->refusals.lead = "connection from ";
    s->refusals.strangers = "connections from others";
    s->env = peer_env_new(loop, &handler, s);
    uv_check_init(loop, &s->check);
    uv_idle_init(loop, &s->idle);
    uv_timer_init(loop, &s->reap);
    reload_init(s);
    s->check.data = s->idle.data = s->reap.data = s;
    s->listening = listening_new(loop, "BGP", &listener_handler, on_listening_changed, s);
    if (listening_open(s->listening, config->bgp_sockets, config->bgp_socket_count, error)) {
        speaker_stop(s);
        uv_run(loop, UV_RUN_NOWAIT); /* lets go of the handles */
        speaker_free(s);
        return NULL;
    }
    struct rib_source api = {.kind = RIB_SOURCE_API};
    s->api_source = rib_source_add(&s->rib, &api);
    return s;
}

static void start_block(struct speaker *s, size_t i)
{
    const struct config_peer *config = &s->config->peers[i];
    struct peer_block *b = s->blocks[i] = peer_block_new(s, config);
    for (size_t k = 0; k < config->route_count; k++)
        peer_block_announce(s, b, &config->routes[k]);
}

void speaker_start(struct speaker *s)
{
    review_configure(s);
    review_interfaces(s);
    turn_watch_start(&s->turn);
    uv_check_start(&s->check, on_check);
    uv_timer_start(&s->reap, on_reap, REAP_INTERVAL_MS, REAP_INTERVAL_MS);
    s->block_count = s->config->peer_count;
    s->blocks = mem_resize(NULL, s->block_count, sizeof(struct peer_block *));
    for (size_t i = 0; i < s->block_count; i++)
        start_block(s, i);
    for (size_t i = 0; i < s->block_count; i++)
        if (s->blocks[i]->enabled)
            peer_block_set_enabled(s->blocks[i], true, NULL);
    speaker_report_guards(s);
}

void speaker_stop(struct speaker *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    for (size_t i = 0; i < s->block_count; i++)
        peer_block_set_enabled(s->blocks[i], false, NULL);
    listening_free(s->listening);
    s->listening = NULL;
    for (size_t i = 0; i < s->block_count; i++)
        peer_block_free(s, s->blocks[i]);
    s->block_count = 0;
    reload_stop(s);
    turn_watch_stop(&s->turn);
    uv_close((uv_handle_t *)&s->check, NULL);
    uv_close((uv_handle_t *)&s->idle, NULL);
    uv_close((uv_handle_t *)&s->reap, NULL);
}

void speaker_free(struct speaker *s)
{
    ribout_release(&s->out);
    rib_release(&s->rib);
    review_release(s);
    log_sources_release(&s->refusals);
    peer_env_free(s->env);
    free(s->blocks);
    config_free(s->config);
    reload_release(s);
    free(s);
}

void speaker_each_neighbor(const struct speaker *s, void (*each)(void *ctx, struct neighbor *n),
                           void *ctx)
{
    for (size_t i = 0; i < s->block_count; i++)
        for (uint32_t k = 0; k < s->blocks[i]->neighbor_count; k++)
            each(ctx, s->blocks[i]->neighbors[k]);
}

struct turn_watch *speaker_turn(struct speaker *s)
{
    return &s->turn;
}

const struct listening *speaker_listening(const struct speaker *s)
{
    return s->listening;
}

const struct config *speaker_config(const struct speaker *s)
{
    return s->config;
}
