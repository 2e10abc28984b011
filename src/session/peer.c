/* A neighbour: starts and stops its two connections, carries out what they leave to it, resolves
 * their collision (RFC 4271 §6.8), and keeps the records.
 *
 * While no session exists the outgoing connection's machine stands for the peer: Active or Connect
 * while it tries, Idle when it is stopped or held back after an error. Once a session is
 * Established the other machine is Idle. */
#include "session/peer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "session/attempts.h"
#include "session/handshake.h"
#include "session/peer_link.h"
#include "session/peer_private.h"
#include "session/receive.h"
#include "wire/message.h"

/* --- what connections leave to their peer --- */

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

static bool resolve_collision(struct peer *p, struct connection *c)
{
    struct connection *other = other_connection(p, c);
    if (other->state < FSM_OPEN_SENT)
        return true;
    bool keep_outgoing =
        handshake_keeps_outgoing(p->facts.config->router_id, p->facts.config->local_as,
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

static bool on_open_received(struct connection *c, struct span capabilities)
{
    struct peer *p = peer_of(c);
    p->remote_caps_len_bytes = capabilities.len_bytes;
    p->remote_caps = mem_realloc(p->remote_caps, p->remote_caps_len_bytes + 1);
    if (capabilities.len_bytes > 0)
        memcpy(p->remote_caps, capabilities.data, capabilities.len_bytes);
    return resolve_collision(p, c);
}

static void log_up(const struct peer *p, const struct connection *c)
{
    const struct peer_session *s = &p->session;
    struct ip_addr id = ip_from_v4(s->remote_bgp_id);
    char id_text[IP_TEXT_MAX];
    struct strbuf families = {0};
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        if (family_in(s->negotiated.families, f))
            strbuf_printf(&families, "%s%s", families.len_bytes ? ", " : "", family_info(f)->name);
    log_info("peer %s: Established (%s connection, AS %u, router id %s, hold time %u s, %s)",
             p->facts.journal.name, c->incoming ? "incoming" : "outgoing", s->remote_as,
             ip_format(&id, id_text), s->hold_time_s, strbuf_text(&families));
    strbuf_release(&families);
}

static void session_up(struct peer *p, struct connection *c)
{
    struct connection *other = other_connection(p, c);
    if (other->state >= FSM_OPEN_SENT)
        close_collision_loser(other);
    else
        connection_event(other, &(struct fsm_input){.event = FSM_MANUAL_STOP});
    attempts_stop(p);
    p->facts.failures = 0;
    p->collided = false;
    p->session = c->session;
    p->session.established_mono_ms = peer_now_ms(p);
    p->facts.counters.times_established++;
    log_up(p, c);
    p->env->handler->established(p->env->ctx, p);
}

static void deliver(struct peer *p, const struct fsm_input *input)
{
    const struct session_handler *owner = p->env->handler;
    if (input->update)
        owner->update(p->env->ctx, p, input->update);
    else if (input->refresh_family != FAMILY_NONE)
        owner->refresh(p->env->ctx, p, input->refresh_family);
}

static void on_action(struct connection *c, enum fsm_action action, const struct fsm_input *input)
{
    struct peer *p = peer_of(c);
    switch (action) {
    case FSM_STOP_CONNECT_RETRY:
        if (!c->incoming)
            attempts_stop(p);
        break;
    case FSM_COUNT_RETRY:
        p->facts.failures++;
        p->collided = input->reason == DOWN_COLLISION;
        break;
    case FSM_START_CONNECT_RETRY:
        if (!c->incoming)
            attempts_plan(p);
        break;
    case FSM_REPORT_UP:
        session_up(p, c);
        break;
    case FSM_REPORT_DOWN:
        p->env->handler->down(p->env->ctx, p, input->reason);
        break;
    case FSM_DELIVER:
        deliver(p, input);
        break;
    default:
        assert(false); /* the connection's own */
    }
}

static int on_open_socket(struct connection *c, int *ret_fd)
{
    return attempts_open_socket(peer_of(c), ret_fd);
}

static void on_tcp_connected(struct connection *c)
{
    peer_link_note(peer_of(c), c);
}

static void on_ended(struct connection *c, enum fsm_state before, const struct fsm_input *input)
{
    struct peer *p = peer_of(c);
    if (!p->started || p->blocked)
        return;
    if (before == FSM_ESTABLISHED &&
        peer_now_ms(p) > p->session.established_mono_ms + SETBACK_ROW_MS)
        p->setback = (struct setback){0};
    if (p->out.state == FSM_IDLE && p->in.state == FSM_IDLE) {
        if (input->reason == DOWN_NOTIFICATION_SENT ||
            input->reason == DOWN_NOTIFICATION_RECEIVED) {
            attempts_hold_back(p, before == FSM_ESTABLISHED, input);
        } else {
            connection_event(&p->out, &(struct fsm_input){.event = FSM_MANUAL_START_PASSIVE});
        }
    }
    if (p->dynamic && c->incoming && before != FSM_ESTABLISHED)
        p->env->handler->down(p->env->ctx, p, input->reason);
}

static void on_writable(struct connection *c)
{
    struct peer *p = peer_of(c);
    p->env->handler->writable(p->env->ctx, p);
}

static const struct connection_handler handler = {
    .message = receive_message,
    .open_received = on_open_received,
    .act = on_action,
    .open_socket = on_open_socket,
    .tcp_connected = on_tcp_connected,
    .ended = on_ended,
    .writable = on_writable,
};

/* --- life --- */

static void on_look_at_links(struct env_member *m)
{
    peer_link_look((struct peer *)((char *)m - offsetof(struct peer, member)));
}

struct peer *peer_new(struct peer_env *env, const struct config_peer *config,
                      const struct ip_addr *remote, bool dynamic)
{
    struct peer *p = mem_zalloc(sizeof(*p));
    p->env = env;
    p->facts.commons = &env->commons;
    p->facts.handler = &handler;
    p->facts.config = config;
    p->facts.remote = *remote;
    journal_init(&p->facts.journal, env->commons.loop, remote);
    p->dynamic = dynamic;
    attempts_init(p);
    connection_init(&p->out, &p->facts, false);
    connection_init(&p->in, &p->facts, true);
    p->member.look_at_links = on_look_at_links;
    env_add(env, &p->member);
    return p;
}

static void release_memory(struct peer *p)
{
    journal_release(&p->facts.journal);
    free(p->remote_caps);
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
    const struct connection *c = handle->data;
    struct peer *p = peer_of(c);
    if (--p->open_handles == 0)
        release_memory(p);
}

static void end_connections(struct peer *p, uint8_t cease_subcode, const char *message)
{
    struct notification cease = notification_cease(cease_subcode, message);
    struct fsm_input stop = {
        .event = FSM_MANUAL_STOP, .reason = DOWN_ADMIN, .notification = &cease};
    connection_event(&p->in, &stop);
    connection_event(&p->out, &stop);
}

void peer_free(struct peer *p)
{
    if (!p)
        return;
    peer_stop(p, NOTIFY_CEASE_PEER_DECONFIGURED, NULL);
    env_remove(p->env, &p->member);
    p->open_handles = 3;
    uv_close((uv_handle_t *)&p->retry, on_retry_closed);
    connection_release(&p->out, on_connection_closed);
    connection_release(&p->in, on_connection_closed);
}

/* --- control --- */

void peer_start(struct peer *p)
{
    if (p->started)
        return;
    p->started = true;
    if (!p->blocked)
        attempts_start(p);
}

void peer_stop(struct peer *p, uint8_t cease_subcode, const char *message)
{
    p->started = false;
    p->setback = (struct setback){0};
    p->waits_for_link = false;
    attempts_stop(p);
    end_connections(p, cease_subcode, message);
}

void peer_block(struct peer *p, const char *why)
{
    if (p->blocked && strcmp(why, peer_last_error(p)) == 0)
        return;
    p->blocked = true;
    p->setback = (struct setback){0};
    attempts_stop(p);
    end_connections(p, NOTIFY_CEASE_OUT_OF_RESOURCES, NULL);
    journal_set_last_error(&p->facts.journal, why);
}

void peer_unblock(struct peer *p)
{
    if (!p->blocked)
        return;
    p->blocked = false;
    journal_set_last_error(&p->facts.journal, "");
    if (p->started)
        attempts_start(p);
}

void peer_reset(struct peer *p, uint8_t cease_subcode, const char *message)
{
    if (!p->started || p->blocked)
        return;
    end_connections(p, cease_subcode, message);
    p->setback = (struct setback){0};
    if (p->started && !p->blocked) /* the owner may have stopped it when it was told */
        attempts_start(p);
}

static void notify_connection(struct connection *c, const struct notification *n,
                              uint32_t restart_s)
{
    if (c->state >= FSM_OPEN_SENT)
        connection_event(c, &(struct fsm_input){.event = FSM_UPDATE_ERROR,
                                                .reason = DOWN_NOTIFICATION_SENT,
                                                .notification = n,
                                                .restart_s = restart_s});
}

void peer_notify(struct peer *p, const struct notification *n, uint32_t restart_s)
{
    notify_connection(&p->in, n, restart_s);
    notify_connection(&p->out, n, restart_s);
}

void peer_forgive(struct peer *p)
{
    bool waits = p->started && !p->blocked && p->out.state == FSM_IDLE && p->in.state == FSM_IDLE;
    p->setback = (struct setback){0};
    if (waits)
        attempts_start(p);
}

/* What it was to be made with has changed. */
static void attempt_anew(struct peer *p)
{
    if (p->out.state == FSM_CONNECT)
        connection_event(&p->out, &(struct fsm_input){.event = FSM_CONNECT_RETRY_EXPIRED,
                                                      .reason = DOWN_TCP_CLOSED,
                                                      .why = "its configuration has changed"});
    else if (!attempts_must_wait(p))
        attempts_soon(p);
}

void peer_reconfigure(struct peer *p, const struct config_peer *config)
{
    bool was_passive = attempts_never(p);
    config_key_set keys = config_peer_changed_keys(p->facts.config, config);
    p->facts.config = config;
    peer_link_look(p);
    if (!p->started || p->out.state == FSM_IDLE || p->out.state == FSM_ESTABLISHED)
        return;
    bool trying = p->out.state == FSM_CONNECT || p->out.state == FSM_ACTIVE;
    if (attempts_never(p) && !was_passive) {
        struct notification cease = notification_cease(NOTIFY_CEASE_CONFIG_CHANGE, NULL);
        connection_event(&p->out,
                         &(struct fsm_input){.event = FSM_MANUAL_STOP, .notification = &cease});
        connection_event(&p->out, &(struct fsm_input){.event = FSM_MANUAL_START_PASSIVE});
    } else if (!trying) {
        return;
    } else if (was_passive && !attempts_never(p)) {
        attempts_start(p);
    } else if (config_keys_need_connection(keys) && !attempts_never(p)) {
        attempt_anew(p);
    } else if (keys & config_peer_keys(RELOAD_RETRY)) {
        attempts_plan(p);
    }
}

/* --- incoming connections --- */

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
    journal_log(&p->facts.journal, JOURNAL_REFUSAL, LOG_LEVEL_INFO,
                "incoming connection refused: %s", strbuf_text(&why));
    strbuf_release(&why);
}

/* The options of the peer, on a connection that has been accepted. */
static bool apply_options(struct peer *p, int fd)
{
    char text[TCP_ERROR_TEXT_MAX];
    struct tcp_options options = attempts_options(p);
    int err = tcp_apply(fd, &p->facts.remote, &options);
    if (!err)
        return true;
    const char *why = tcp_error_text(err, text);
    journal_log(&p->facts.journal, JOURNAL_EVENT, LOG_LEVEL_WARNING, "incoming connection: %s",
                why);
    if (peer_state(p) < FSM_OPEN_SENT) /* else another one is under way */
        journal_set_last_error(&p->facts.journal, why);
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

uint32_t peer_link(const struct peer *p)
{
    return links_via(p->env->links, &p->facts.remote).index;
}

bool peer_is_dynamic(const struct peer *p)
{
    return p->dynamic;
}

enum fsm_state peer_state(const struct peer *p)
{
    return peer_best_state(p);
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
    return &p->facts.counters;
}

struct span peer_remote_capabilities(const struct peer *p)
{
    return span_of(p->remote_caps, p->remote_caps_len_bytes);
}

const char *peer_last_error(const struct peer *p)
{
    return strbuf_text(&p->facts.journal.last_error);
}

uint64_t peer_down_mono_ms(const struct peer *p)
{
    return p->facts.journal.down_mono_ms;
}

const char *peer_down_reason(const struct peer *p)
{
    return strbuf_text(&p->facts.journal.down_reason);
}

uint64_t peer_last_error_mono_ms(const struct peer *p)
{
    return p->facts.journal.last_error_mono_ms;
}

void peer_describe_setback(const struct peer *p, struct strbuf *out)
{
    if (p->started && p->in.state == FSM_IDLE && p->out.state == FSM_IDLE)
        setback_describe(&p->setback, peer_now_ms(p), out);
}

static config_key_set pending(const struct peer *p, const struct connection *c)
{
    if (!c->began_with)
        return 0;
    bool attempts = !c->incoming && !attempts_never(p);
    return config_peer_changed_keys(c->began_with, p->facts.config) & config_session_keys(attempts);
}

uint64_t peer_held_back_s(const struct peer *p)
{
    bool waits = p->started && p->in.state == FSM_IDLE && p->out.state == FSM_IDLE;
    return waits ? setback_left_s(&p->setback, peer_now_ms(p)) : 0;
}

config_key_set peer_pending(const struct peer *p)
{
    return pending(p, &p->in) | pending(p, &p->out);
}

const struct config_peer *peer_began_with(const struct peer *p, config_key_set *ret_keys)
{
    const struct connection *c = pending(p, &p->in) ? &p->in : &p->out;
    config_key_set keys = pending(p, c);
    if (keys == 0)
        return NULL;
    *ret_keys = keys;
    return c->began_with;
}

void peer_log_limit(struct peer *p, enum log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    journal_vlog(&p->facts.journal, JOURNAL_LIMIT, level, format, args);
    va_end(args);
}

bool peer_is_on_record(const struct peer *p)
{
    return journal_is_noisy(&p->facts.journal) || !setback_is_over(&p->setback, peer_now_ms(p));
}

const char *peer_name(const struct peer *p)
{
    return p->facts.journal.name;
}

void peer_set_user(struct peer *p, void *user)
{
    p->user = user;
}

void *peer_user(const struct peer *p)
{
    return p->user;
}
