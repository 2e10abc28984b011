/* Input of a connection: from the socket into the buffer that all peers share, and message by
 * message into the machine.
 *
 * Nothing is copied but the piece of a message that a read cuts off: it is kept on the heap (the
 * tail) and put in front of the next read. One readiness event reads once; the poll is
 * level-triggered, so that what is left gets its turn after the other peers had theirs. When the
 * owner wants no more input, the rest of the buffer is the tail, and sockets are not read until it
 * does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "session/handshake.h"
#include "session/peer_private.h"
#include "wire/attr.h"
#include "wire/message.h"

enum { HEX_EXCERPT_BYTES = 32 };

/* --- messages --- */

static void receive_open(struct connection *c, struct span body)
{
    struct peer *p = c->peer;
    struct notification error;
    struct fsm_input o = {.event = FSM_OPEN_RECEIVED, .message_type = MESSAGE_OPEN};
    if (c->state != FSM_OPEN_SENT) {
        connection_event(c, &o); /* a second one: an FSM error */
        return;
    }
    uint8_t scratch[OPEN_CAPABILITIES_MAX];
    struct open_msg open;
    struct strbuf why = {0};
    struct endpoint local = c->session.local;
    struct endpoint remote = c->session.remote;
    if (open_decode(body, scratch, &open, &error) != 0 ||
        handshake_judge(p->config, &c->our_open, &open, &c->session, &error, &why) != 0) {
        o.event = FSM_OPEN_ERROR;
        o.reason = DOWN_NOTIFICATION_SENT;
        o.notification = &error;
        o.why = why.len_bytes ? strbuf_text(&why) : NULL;
        connection_event(c, &o);
        strbuf_release(&why);
        return;
    }
    c->session.local = local;
    c->session.remote = remote;
    c->session.update_ctx.attr.loopback = ip_is_loopback(&remote.addr);
    p->remote_caps_len_bytes = open.raw_capabilities.len_bytes;
    p->remote_caps = mem_realloc(p->remote_caps, p->remote_caps_len_bytes + 1);
    if (p->remote_caps_len_bytes > 0)
        memcpy(p->remote_caps, open.raw_capabilities.data, p->remote_caps_len_bytes);
    if (peer_resolve_collision(p, c))
        connection_event(c, &o);
}

static void describe_problem(const struct update_problem *problem, struct strbuf *text)
{
    static const char *const verdicts[] = {
        [VERDICT_OK] = "accepted",
        [VERDICT_DISCARD] = "discarded",
        [VERDICT_WITHDRAW] = "treated as withdrawn",
        [VERDICT_RESET] = "session reset",
    };
    const struct attr_spec *spec = attr_spec(problem->attr_type);
    const char *name = spec ? spec->name : problem->attr_type ? "attribute" : "message";
    strbuf_printf(text, "UPDATE: %s (%u): %s, %s: ", name, problem->attr_type, problem->what,
                  verdicts[problem->verdict]);
    strbuf_add_hex(text, problem->where.data, problem->where.len_bytes, HEX_EXCERPT_BYTES);
}

/* Says what was wrong with an UPDATE. There may be something with each of many: what is not logged
 * is not put into words either. */
static void log_problems(struct peer *p, const struct update *update)
{
    for (unsigned i = 0; i < update->problem_count; i++) {
        uint32_t left_out;
        if (!peer_may_log(p, &p->problem_limit, LOG_LEVEL_WARNING, &left_out))
            continue;
        struct strbuf text = {0};
        describe_problem(&update->problems[i], &text);
        peer_log_text(p, LOG_LEVEL_WARNING, &text, left_out);
        strbuf_release(&text);
    }
}

static void receive_update(struct connection *c, struct span body)
{
    struct peer *p = c->peer;
    struct fsm_input o = {.event = FSM_UPDATE_RECEIVED, .message_type = MESSAGE_UPDATE};
    if (c->state != FSM_ESTABLISHED) {
        connection_event(c, &o);
        return;
    }
    struct update update;
    update_decode(body, &c->session.update_ctx, &p->env->decoder, &update);
    p->counters.updates_received++;
    if (update.problem_count > 0)
        log_problems(p, &update);
    if (update.verdict == VERDICT_RESET) {
        o.event = FSM_UPDATE_ERROR;
        o.reason = DOWN_NOTIFICATION_SENT;
        o.notification = &update.error;
    } else {
        p->counters.problems += update.problem_count;
        o.update = &update;
    }
    connection_event(c, &o);
}

static void receive_notification(struct connection *c, struct span body)
{
    struct peer *p = c->peer;
    struct notification n;
    if (notification_decode(body, &n) != 0)
        n = notification_make(0, 0, body);
    bool refused_options =
        n.code == NOTIFY_OPEN && (n.subcode == NOTIFY_OPEN_BAD_OPTIONAL_PARAMETER ||
                                  n.subcode == NOTIFY_OPEN_UNSUPPORTED_CAPABILITY);
    bool sent_options = c->our_open.caps.has_multiprotocol;
    /* RFC 5492 §3: try without capabilities; when that fails, with them again. */
    if (c->state == FSM_OPEN_SENT && refused_options)
        p->plain_open = sent_options && handshake_works_without_caps(p->config);
    bool collision = n.code == NOTIFY_CEASE && n.subcode == NOTIFY_CEASE_COLLISION;
    connection_event(c, &(struct fsm_input){
                            .event = FSM_NOTIFICATION_RECEIVED,
                            .reason = collision ? DOWN_COLLISION : DOWN_NOTIFICATION_RECEIVED,
                            .notification = &n,
                            .message_type = MESSAGE_NOTIFICATION,
                        });
}

static void receive_keepalive(struct connection *c, struct span body)
{
    (void)body;
    connection_event(
        c, &(struct fsm_input){.event = FSM_KEEPALIVE_RECEIVED, .message_type = MESSAGE_KEEPALIVE});
}

static void receive_refresh(struct connection *c, struct span body)
{
    struct route_refresh refresh;
    struct notification error;
    struct fsm_input o = {.event = FSM_REFRESH_RECEIVED,
                          .refresh_family = FAMILY_NONE,
                          .message_type = MESSAGE_ROUTE_REFRESH};
    if (message_decode_refresh(body, c->session.enhanced_refresh, &refresh, &error) != 0) {
        o.event = error.code == NOTIFY_HEADER ? FSM_HEADER_ERROR : FSM_UPDATE_ERROR;
        o.reason = DOWN_NOTIFICATION_SENT;
        o.notification = &error;
    } else {
        enum family family = family_from_wire(refresh.afi, refresh.safi);
        /* RFC 2918 §4: for a family that was not negotiated it is ignored; RFC 7313 §5: so is a
         * subtype that is unknown, as are the marks of a capability that we did not announce. */
        if (refresh.subtype == REFRESH_REQUEST && family_in(c->session.negotiated.families, family))
            o.refresh_family = family;
    }
    connection_event(c, &o);
}

static void receive_message(struct connection *c, uint8_t type, struct span body)
{
    static void (*const receive[])(struct connection *, struct span) = {
        [MESSAGE_OPEN] = receive_open,
        [MESSAGE_UPDATE] = receive_update,
        [MESSAGE_NOTIFICATION] = receive_notification,
        [MESSAGE_KEEPALIVE] = receive_keepalive,
        [MESSAGE_ROUTE_REFRESH] = receive_refresh,
    };
    c->peer->counters.messages_received++;
    c->peer->counters.last_received_mono_ms = peer_now_ms(c->peer);
    receive[type](c, body); /* message_frame lets no other type pass */
}

/* --- framing --- */

void connection_forget_input(struct connection *c)
{
    free(c->tail);
    c->tail = NULL;
    c->tail_len_bytes = 0;
    c->input_waits = false;
}

static void keep_tail(struct connection *c, struct span rest)
{
    if (rest.len_bytes == 0)
        return;
    c->tail = mem_alloc(rest.len_bytes);
    memcpy(c->tail, rest.data, rest.len_bytes);
    c->tail_len_bytes = rest.len_bytes;
}

/* Moves the tail to the start of the shared buffer; returns its length. */
static size_t take_tail(struct connection *c)
{
    size_t len_bytes = c->tail_len_bytes;
    if (len_bytes > 0)
        memcpy(c->peer->env->buffer, c->tail, len_bytes);
    connection_forget_input(c);
    return len_bytes;
}

static bool may_process(struct connection *c, size_t message_bytes)
{
    struct peer_env *env = c->peer->env;
    if (c->state != FSM_ESTABLISHED || env->handler->want_input(env->ctx, message_bytes))
        return true;
    env->paused = true;
    c->input_waits = true;
    transport_set_reading(c->transport, false);
    env_peer_to_end(env, c->peer);
    return false;
}

/* Takes one message off the front; false when there is none, or the connection must not go on. */
static bool process_one(struct connection *c, struct span *rest)
{
    size_t max_bytes =
        c->our_open.caps.extended_message ? MESSAGE_MAX_EXTENDED_BYTES : MESSAGE_MAX_BYTES;
    uint8_t type;
    struct span body;
    struct notification error;
    int len_bytes = message_frame(*rest, max_bytes, &type, &body, &error);
    if (len_bytes < 0)
        connection_event(c, &(struct fsm_input){.event = FSM_HEADER_ERROR,
                                                .reason = DOWN_NOTIFICATION_SENT,
                                                .notification = &error});
    if (len_bytes <= 0 || !may_process(c, (size_t)len_bytes))
        return false;
    *rest = span_of(rest->data + len_bytes, rest->len_bytes - (size_t)len_bytes);
    receive_message(c, type, body);
    return true;
}

/* Processes what is in the shared buffer; false when the connection was closed thereby. */
static bool process(struct connection *c, size_t len_bytes)
{
    const struct peer_env *env = c->peer->env;
    const struct transport *transport = c->transport;
    struct span rest = span_of(env->buffer, len_bytes);
    while (c->transport == transport && process_one(c, &rest))
        ;
    env->handler->input_end(env->ctx);
    if (c->transport != transport)
        return false;
    keep_tail(c, rest);
    return true;
}

void connection_receive(struct connection *c)
{
    struct peer_env *env = c->peer->env;
    if (env->paused && c->state == FSM_ESTABLISHED) {
        transport_set_reading(c->transport, false);
        return;
    }
    size_t kept = take_tail(c);
    ssize_t n = transport_read(c->transport, env->buffer + kept, RECEIVE_BUFFER_BYTES - kept);
    if (!process(c, kept + (n > 0 ? (size_t)n : 0)))
        return;
    if (c->input_waits)
        return; /* the end of the input comes after what waits */
    if (n == 0 || (n < 0 && n != -EAGAIN))
        connection_event(c, &(struct fsm_input){
                                .event = FSM_TCP_FAILED,
                                .reason = DOWN_TCP_CLOSED,
                                .why = n ? strerror((int)-n) : "closed by the peer",
                            });
}

void connection_resume(struct connection *c)
{
    size_t kept = take_tail(c);
    if (process(c, kept) && !c->input_waits)
        transport_set_reading(c->transport, true);
}
