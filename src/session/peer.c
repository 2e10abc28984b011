/* A neighbour: starts and stops its two connections, resolves their collision (RFC 4271 §6.8),
 * decides when to try again, and keeps the records.
 *
 * While no session exists the outgoing connection's machine stands for the peer: Active or Connect
 * while it tries, Idle when it is stopped or held back after an error. Once a session is
 * Established the other machine is Idle. */
#include "session/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/time.h"
#include "net/retry.h"
#include "net/tcp.h"
#include "session/handshake.h"
#include "session/peer_private.h"
#include "session/socket_options.h"
#include "wire/message.h"

enum {
    FIRST_ATTEMPT_MS = 100,    /* the first attempts of many peers are spread over this time */
    AFTER_COLLISION_MS = 1000, /* rarely both connections of a collision are lost: */
    COLLISION_VICTIMS = 2,     /* then a new attempt soon, but not for ever */
};

/* --- life --- */

struct peer *peer_new(struct peer_env *env, const struct config_peer *config,
                      const struct ip_addr *remote, bool dynamic)
{
    struct peer *p = mem_zalloc(sizeof(*p));
    p->env = env;
    p->config = config;
    p->remote = *remote;
    ip_format(&p->remote, p->name);
    p->dynamic = dynamic;
    const struct setback *known =
        dynamic ? setbacks_find(&env->setbacks, remote, uv_now(env->loop)) : NULL;
    if (known)
        p->setback = *known;
    uv_timer_init(env->loop, &p->retry);
    p->retry.data = p;
    connection_init(&p->out, p, false);
    connection_init(&p->in, p, true);
    env_add_peer(env, p);
    return p;
}

static void release_memory(struct peer *p)
{
    log_limit_release(&p->event_limit);
    log_limit_release(&p->refusal_limit);
    log_limit_release(&p->problem_limit);
    free(p->remote_caps);
    strbuf_release(&p->last_error);
    msgq_release(&p->no_queue);
    free(p);
}

static void on_retry_closed(uv_handle_t *handle)
{
    struct peer *p = handle->data;
    if (--p->open_handles == 0)
        release_memory(p);
}

static void on_connection_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;
    if (--c->peer->open_handles == 0)
        release_memory(c->peer);
}

void peer_free(struct peer *p)
{
    if (!p)
        return;
    if (p->dynamic)
        setbacks_keep(&p->env->setbacks, &p->remote, &p->setback, peer_now_ms(p));
    peer_stop(p, NOTIFY_CEASE_PEER_DECONFIGURED, NULL);
    env_remove_peer(p->env, p);
    p->open_handles = 3;
    uv_close((uv_handle_t *)&p->retry, on_retry_closed);
    connection_release(&p->out, on_connection_closed);
    connection_release(&p->in, on_connection_closed);
}

/* --- attempts --- */

static bool never_connects(const struct peer *p)
{
    return p->dynamic || p->config->passive;
}

static void on_retry(uv_timer_t *timer);

static void retry_in(struct peer *p, uint64_t delay_ms)
{
    uv_timer_start(&p->retry, on_retry, delay_ms, 0);
}

static uint64_t next_delay_ms(const struct peer *p)
{
    if (p->collided && p->failures <= COLLISION_VICTIMS)
        return retry_jitter_ms(AFTER_COLLISION_MS, arc4random());
    return retry_delay_ms(p->config->connect_retry_s, p->failures, arc4random());
}

void peer_arm_retry(struct peer *p)
{
    if (!never_connects(p) && !p->waits_for_link)
        retry_in(p, next_delay_ms(p));
}

void peer_stop_retry(struct peer *p)
{
    uv_timer_stop(&p->retry);
}

static struct tcp_options options_of(const struct peer *p)
{
    return socket_options(p->config, links_attach(p->env->links, &p->remote));
}

int peer_open_socket(struct peer *p, int *ret_fd)
{
    struct endpoint remote = {.addr = p->remote, .port = p->config->dest_port};
    struct tcp_options options = options_of(p);
    int err = tcp_connect(&remote, &p->config->local_address, &options, ret_fd);
    peer_note_attempt(p, err);
    return err;
}

static void on_retry(uv_timer_t *timer)
{
    struct peer *p = timer->data;
    bool waits = never_connects(p) || peer_must_wait(p);
    if (p->out.state == FSM_IDLE) {
        enum fsm_event start = waits ? FSM_MANUAL_START_PASSIVE : FSM_MANUAL_START;
        connection_event(&p->out, &(struct fsm_input){.event = start});
    } else if (waits) {
        return; /* it is looked at again when its interface changes */
    } else if (p->in.state >= FSM_OPEN_CONFIRM) {
        peer_arm_retry(p); /* a session is about to come up: do not provoke a collision */
    } else {
        connection_event(&p->out, &(struct fsm_input){.event = FSM_CONNECT_RETRY_EXPIRED,
                                                      .reason = DOWN_TCP_CLOSED,
                                                      .why = strerror(ETIMEDOUT)});
    }
}

void peer_retry_soon(struct peer *p)
{
    p->failures = 0;
    if (p->out.state == FSM_ACTIVE && !never_connects(p))
        retry_in(p, arc4random_uniform(FIRST_ATTEMPT_MS));
}

/* Waits for connections, and tries one itself very soon. */
static void start_now(struct peer *p)
{
    peer_stop_retry(p);
    if (p->out.state == FSM_IDLE)
        connection_event(&p->out, &(struct fsm_input){.event = FSM_MANUAL_START_PASSIVE});
    if (!peer_must_wait(p))
        peer_retry_soon(p);
}

/* What went wrong once will do so again: damp (RFC 4271 §8.1.1). A peer that broke an established
 * session, or found fault with one twice, is not let in before, either. */
static void hold_back_after_error(struct peer *p, bool session, const struct fsm_input *o)
{
    uint64_t delay_ms = next_delay_ms(p);
    uint64_t now_ms = peer_now_ms(p);
    bool sent = o->reason == DOWN_NOTIFICATION_SENT;
    if (session && (sent || setback_counts(o->notification))) {
        setback_note(&p->setback, o->notification, sent);
        delay_ms = retry_pause_ms(p->config->connect_retry_s, p->setback.times, arc4random());
        p->setback.until_ms = now_ms + delay_ms;
        struct strbuf why = {0};
        setback_describe(&p->setback, now_ms, &why);
        peer_log(p, &p->event_limit, LOG_LEVEL_INFO, "held back: %s", strbuf_text(&why));
        strbuf_release(&why);
    }
    retry_in(p, delay_ms);
}

void peer_connection_ended(struct peer *p, struct connection *c, enum fsm_state before,
                           const struct fsm_input *o)
{
    if (!p->started || p->blocked)
        return;
    if (before == FSM_ESTABLISHED &&
        peer_now_ms(p) > p->session.established_mono_ms + SETBACK_ROW_MS)
        p->setback = (struct setback){0};
    if (p->out.state == FSM_IDLE && p->in.state == FSM_IDLE) {
        if (o->reason == DOWN_NOTIFICATION_SENT || o->reason == DOWN_NOTIFICATION_RECEIVED) {
            hold_back_after_error(p, before == FSM_ESTABLISHED, o);
        } else {
            connection_event(&p->out, &(struct fsm_input){.event = FSM_MANUAL_START_PASSIVE});
        }
    }
    if (p->dynamic && c->incoming && before != FSM_ESTABLISHED)
        p->env->handler->down(p->env->ctx, p, o->reason);
}

/* --- control --- */

static void end_connections(struct peer *p, uint8_t cease_subcode, const char *message)
{
    struct notification cease = notification_cease(cease_subcode, message);
    struct fsm_input stop = {
        .event = FSM_MANUAL_STOP, .reason = DOWN_ADMIN, .notification = &cease};
    connection_event(&p->in, &stop);
    connection_event(&p->out, &stop);
}

void peer_start(struct peer *p)
{
    if (p->started)
        return;
    p->started = true;
    if (!p->blocked)
        start_now(p);
}

void peer_stop(struct peer *p, uint8_t cease_subcode, const char *message)
{
    p->started = false;
    p->setback = (struct setback){0};
    p->waits_for_link = false;
    peer_stop_retry(p);
    end_connections(p, cease_subcode, message);
}

void peer_block(struct peer *p, const char *why)
{
    if (p->blocked && strcmp(why, peer_last_error(p)) == 0)
        return;
    p->blocked = true;
    p->setback = (struct setback){0};
    peer_stop_retry(p);
    end_connections(p, NOTIFY_CEASE_OUT_OF_RESOURCES, NULL);
    peer_set_last_error(p, why);
}

void peer_unblock(struct peer *p)
{
    if (!p->blocked)
        return;
    p->blocked = false;
    peer_set_last_error(p, "");
    if (p->started)
        start_now(p);
}

void peer_reset(struct peer *p, uint8_t cease_subcode, const char *message)
{
    if (!p->started || p->blocked)
        return;
    end_connections(p, cease_subcode, message);
    p->setback = (struct setback){0};
    if (p->started && !p->blocked) /* the owner may have stopped it when it was told */
        start_now(p);
}

static void notify_connection(struct connection *c, const struct notification *n)
{
    if (c->state >= FSM_OPEN_SENT)
        connection_event(c, &(struct fsm_input){.event = FSM_UPDATE_ERROR,
                                                .reason = DOWN_NOTIFICATION_SENT,
                                                .notification = n});
}

void peer_notify(struct peer *p, const struct notification *n)
{
    notify_connection(&p->in, n);
    notify_connection(&p->out, n);
}

void peer_forgive(struct peer *p)
{
    bool waits = p->started && !p->blocked && p->out.state == FSM_IDLE && p->in.state == FSM_IDLE;
    p->setback = (struct setback){0};
    if (waits)
        start_now(p);
}

/* What it was to be made with has changed. */
static void attempt_anew(struct peer *p)
{
    if (p->out.state == FSM_CONNECT)
        connection_event(&p->out, &(struct fsm_input){.event = FSM_CONNECT_RETRY_EXPIRED,
                                                      .reason = DOWN_TCP_CLOSED,
                                                      .why = "its configuration has changed"});
    else if (!peer_must_wait(p))
        peer_retry_soon(p);
}

void peer_reconfigure(struct peer *p, const struct config_peer *config)
{
    bool was_passive = never_connects(p);
    config_key_set keys = config_peer_changed_keys(p->config, config);
    p->config = config;
    peer_look_at_links(p);
    if (!p->started || p->out.state == FSM_IDLE || p->out.state == FSM_ESTABLISHED)
        return;
    bool trying = p->out.state == FSM_CONNECT || p->out.state == FSM_ACTIVE;
    if (never_connects(p) && !was_passive) {
        struct notification cease = notification_cease(NOTIFY_CEASE_CONFIG_CHANGE, NULL);
        connection_event(&p->out,
                         &(struct fsm_input){.event = FSM_MANUAL_STOP, .notification = &cease});
        connection_event(&p->out, &(struct fsm_input){.event = FSM_MANUAL_START_PASSIVE});
    } else if (!trying) {
        return;
    } else if (was_passive && !never_connects(p)) {
        start_now(p);
    } else if (config_keys_need_connection(keys) && !never_connects(p)) {
        attempt_anew(p);
    } else if (keys & config_peer_keys(RELOAD_RETRY)) {
        peer_arm_retry(p);
    }
}

/* --- incoming connections and collisions --- */

static void refuse(struct peer *p, int fd, uint8_t cease_subcode)
{
    struct strbuf why = {0};
    if (!p->started)
        strbuf_add(&why, "the peer is disabled");
    else
        peer_describe_setback(p, &why);
    if (why.len_bytes == 0)
        strbuf_add(&why, notification_subcode_name(NOTIFY_CEASE, cease_subcode));
    peers_refuse(p->env, fd, cease_subcode);
    peer_log(p, &p->refusal_limit, LOG_LEVEL_INFO, "incoming connection refused: %s",
             strbuf_text(&why));
    strbuf_release(&why);
}

static struct connection *other_connection(struct peer *p, const struct connection *c)
{
    return c == &p->in ? &p->out : &p->in;
}

static void close_collision_loser(struct connection *c)
{
    struct notification cease = notification_cease(NOTIFY_CEASE_COLLISION, NULL);
    connection_event(c, &(struct fsm_input){.event = FSM_COLLISION_DUMP,
                                            .reason = DOWN_COLLISION,
                                            .notification = &cease});
}

/* The options of the peer, on a connection that has been accepted. */
static bool apply_options(struct peer *p, int fd)
{
    char text[TCP_ERROR_TEXT_MAX];
    struct tcp_options options = options_of(p);
    int err = tcp_apply(fd, &p->remote, &options);
    if (!err)
        return true;
    const char *why = tcp_error_text(err, text);
    peer_log(p, &p->event_limit, LOG_LEVEL_WARNING, "incoming connection: %s", why);
    if (peer_state(p) < FSM_OPEN_SENT) /* else another one is under way */
        peer_set_last_error(p, why);
    return false;
}

void peer_accept(struct peer *p, int fd)
{
    /* The peer is back while we wait for it to speak on an earlier connection: that one is dead, or
     * it would not have opened another. */
    if (p->started && p->in.state == FSM_OPEN_SENT)
        close_collision_loser(&p->in);
    if (!p->started || p->blocked || setback_refuses(&p->setback, peer_now_ms(p))) {
        refuse(p, fd, NOTIFY_CEASE_CONNECTION_REJECTED);
    } else if (peer_established(p) || p->in.state != FSM_IDLE) {
        refuse(p, fd, NOTIFY_CEASE_COLLISION);
    } else if (!apply_options(p, fd)) {
        close(fd);
    } else {
        connection_accept(&p->in, fd);
    }
}

bool peer_resolve_collision(struct peer *p, struct connection *c)
{
    struct connection *other = other_connection(p, c);
    if (other->state < FSM_OPEN_SENT)
        return true;
    bool keep_outgoing = handshake_keeps_outgoing(p->config->router_id, p->config->local_as,
                                                  c->session.remote_bgp_id, c->session.remote_as);
    bool wins = keep_outgoing != c->incoming && other->state != FSM_ESTABLISHED;
    if (wins) {
        close_collision_loser(other);
        return true;
    }
    /* A connection that the peer has not spoken on yet is not worth giving this one up for: the
     * question comes up again when it does. */
    if (other->state == FSM_OPEN_SENT)
        return true;
    close_collision_loser(c);
    return false;
}

/* --- records --- */

void peer_set_last_error(struct peer *p, const char *why)
{
    strbuf_release(&p->last_error);
    strbuf_add(&p->last_error, why);
    p->last_error_mono_ms = peer_now_ms(p);
}

bool peer_may_log(const struct peer *p, struct log_limit *limit, enum log_level level,
                  uint32_t *ret_left_out)
{
    const char *what = limit == &p->refusal_limit   ? ": incoming connection refused"
                       : limit == &p->problem_limit ? ": UPDATE"
                                                    : "";
    return log_limit_allow(limit, peer_now_ms(p), level, ret_left_out, "peer %s%s", p->name, what);
}

bool peer_is_noisy(const struct peer *p)
{
    return log_limit_reached(&p->event_limit, peer_now_ms(p)) ||
           log_limit_reached(&p->problem_limit, peer_now_ms(p));
}

void peer_log_text(const struct peer *p, enum log_level level, struct strbuf *text,
                   uint32_t left_out)
{
    char more[LOG_LIMIT_TEXT_MAX];
    log_line(level, "peer %s: %s%s", p->name, strbuf_text(text), log_limit_text(left_out, more));
}

void peer_log(struct peer *p, struct log_limit *limit, enum log_level level, const char *format,
              ...)
{
    uint32_t left_out;
    if (!peer_may_log(p, limit, level, &left_out))
        return;
    struct strbuf text = {0};
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    peer_log_text(p, level, &text, left_out);
    strbuf_release(&text);
}

static void log_up(const struct peer *p, const struct connection *c)
{
    const struct peer_session *s = &p->session;
    struct ip_addr id = ip_from_v4(s->remote_bgp_id);
    char id_text[IP_TEXT_MAX];
    struct strbuf families = {0};
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        if (family_in(s->negotiated.families, f))
            strbuf_printf(&families, "%s%s", families.len_bytes ? ", " : "",
                          family_info(f)->config_name);
    log_info("peer %s: Established (%s connection, AS %u, router id %s, hold time %u s, %s)",
             p->name, c->incoming ? "incoming" : "outgoing", s->remote_as, ip_format(&id, id_text),
             s->hold_time_s, strbuf_text(&families));
    strbuf_release(&families);
}

void peer_connection_up(struct peer *p, struct connection *c)
{
    struct connection *other = other_connection(p, c);
    if (other->state >= FSM_OPEN_SENT)
        close_collision_loser(other);
    else
        connection_event(other, &(struct fsm_input){.event = FSM_MANUAL_STOP});
    peer_stop_retry(p);
    p->failures = 0;
    p->collided = false;
    p->session = c->session;
    p->session.established_mono_ms = peer_now_ms(p);
    p->counters.times_established++;
    log_up(p, c);
    p->env->handler->established(p->env->ctx, p);
}

void peer_connection_down(struct peer *p, const struct fsm_input *o)
{
    p->env->handler->down(p->env->ctx, p, o->reason);
}

/* --- output --- */

static struct connection *established_connection(const struct peer *p)
{
    const struct connection *c = p->in.state == FSM_ESTABLISHED ? &p->in : &p->out;
    return c->state == FSM_ESTABLISHED ? (struct connection *)c : NULL;
}

int peer_request_refresh(struct peer *p, enum family family)
{
    struct connection *c = established_connection(p);
    if (!c || !p->session.negotiated.route_refresh ||
        !family_in(p->session.negotiated.families, family))
        return ERR_STATE;
    uint8_t bytes[MESSAGE_HEADER_BYTES + 4];
    struct writer w = writer_over(bytes, sizeof(bytes));
    message_encode_refresh(&w, family, REFRESH_REQUEST);
    connection_send(c, writer_span(&w));
    return 0;
}

struct msgq *peer_queue(struct peer *p)
{
    struct connection *c = established_connection(p);
    return c ? transport_queue(c->transport) : &p->no_queue;
}

void peer_flush(struct peer *p)
{
    struct connection *c = established_connection(p);
    if (c)
        connection_flush(c);
    msgq_clear(&p->no_queue);
}

/* --- reading --- */

bool peer_is_dynamic(const struct peer *p)
{
    return p->dynamic;
}

enum fsm_state peer_state(const struct peer *p)
{
    return p->in.state > p->out.state ? p->in.state : p->out.state;
}

bool peer_established(const struct peer *p)
{
    return peer_state(p) == FSM_ESTABLISHED;
}

bool peer_is_started(const struct peer *p)
{
    return p->started;
}

const struct peer_session *peer_session(const struct peer *p)
{
    return &p->session;
}

const struct peer_counters *peer_counters(const struct peer *p)
{
    return &p->counters;
}

struct span peer_remote_capabilities(const struct peer *p)
{
    return span_of(p->remote_caps, p->remote_caps_len_bytes);
}

const char *peer_last_error(const struct peer *p)
{
    return strbuf_text(&p->last_error);
}

uint64_t peer_last_error_mono_ms(const struct peer *p)
{
    return p->last_error_mono_ms;
}

void peer_describe_setback(const struct peer *p, struct strbuf *out)
{
    if (p->started && p->in.state == FSM_IDLE && p->out.state == FSM_IDLE)
        setback_describe(&p->setback, peer_now_ms(p), out);
}

static config_key_set pending(const struct connection *c)
{
    const struct peer *p = c->peer;
    if (!c->began_with)
        return 0;
    bool attempts = !c->incoming && !never_connects(p);
    return config_peer_changed_keys(c->began_with, p->config) & config_session_keys(attempts);
}

config_key_set peer_pending(const struct peer *p)
{
    return pending(&p->in) | pending(&p->out);
}

const char *peer_name(const struct peer *p)
{
    return p->name;
}

void peer_set_user(struct peer *p, void *user)
{
    p->user = user;
}

void *peer_user(const struct peer *p)
{
    return p->user;
}
