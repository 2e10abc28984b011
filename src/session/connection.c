/* One BGP connection: carries out what session/fsm.c decides, keeps its timers and its output. What
 * is the peer's of it (the connect retry timer, collisions, what calls upward) goes through
 * `struct connection_handler`.
 *
 * Actions run from the lowest bit to the highest; those that may lead to another event on the same
 * connection (START_CONNECT that fails at once, and what calls upward) are the last of every step,
 * so that a step never goes on after a newer one.
 *
 * Timers: one libuv timer stands for the hold timer, the keepalive timer and the send hold timer
 * (RFC 9687). It is armed for the first deadline and looks again when it fires, so that a message
 * costs no more than noting the time. */
#include "session/connection.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "config/diff.h"
#include "net/tcp.h"
#include "session/handshake.h"
#include "wire/message.h"

enum {
    OPEN_HOLD_MS = 4 * 60 * 1000,     /* RFC 4271 §8.2.2: "a large value" */
    SEND_HOLD_MIN_MS = 8 * 60 * 1000, /* RFC 9687 §4 */
    GRACE_MS = 1000,                  /* for input that waits when the hold time is over */
};

static void on_timer(uv_timer_t *timer);

static uint64_t now_ms_of(const struct connection *c)
{
    return uv_now(c->timer.loop);
}

static uint64_t send_hold_ms(const struct connection *c)
{
    uint64_t twice_ms = 2 * c->hold_ms;
    return twice_ms > SEND_HOLD_MIN_MS ? twice_ms : SEND_HOLD_MIN_MS;
}

/* The first deadline, 0 for none. */
static uint64_t next_deadline_ms(const struct connection *c)
{
    uint64_t first = UINT64_MAX;
    if (c->hold_ms)
        first = c->last_received_ms + c->hold_ms;
    if (c->keepalive_at_ms && c->keepalive_at_ms < first)
        first = c->keepalive_at_ms;
    if (c->stuck_since_ms && c->stuck_since_ms + send_hold_ms(c) < first)
        first = c->stuck_since_ms + send_hold_ms(c);
    return first == UINT64_MAX ? 0 : first;
}

static void arm(struct connection *c)
{
    uint64_t deadline_ms = next_deadline_ms(c);
    uint64_t now_ms = now_ms_of(c);
    if (!deadline_ms)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, deadline_ms > now_ms ? deadline_ms - now_ms : GRACE_MS,
                       0);
}

static void stop_timers(struct connection *c)
{
    c->hold_ms = c->keepalive_at_ms = c->stuck_since_ms = 0;
    uv_timer_stop(&c->timer);
}

/* True when the peer's silence is not just ours: we may have been late, or paused. */
static bool is_silent(const struct connection *c)
{
    return !c->input.waits && !transport_has_input(c->transport);
}

static void expire(struct connection *c, enum fsm_event event, uint8_t notify_code,
                   enum session_down_reason reason)
{
    struct notification n = notification_make(notify_code, 0, span_of(NULL, 0));
    connection_event(c, &(struct fsm_input){.event = event, .reason = reason, .notification = &n});
}

static void on_timer(uv_timer_t *timer)
{
    struct connection *c = timer->data;
    uint64_t now_ms = now_ms_of(c);
    if (c->hold_ms && now_ms >= c->last_received_ms + c->hold_ms && is_silent(c)) {
        expire(c, FSM_HOLD_EXPIRED, NOTIFY_HOLD_EXPIRED, DOWN_HOLD_EXPIRED);
        return;
    }
    if (c->stuck_since_ms && now_ms >= c->stuck_since_ms + send_hold_ms(c)) {
        expire(c, FSM_SEND_HOLD_EXPIRED, NOTIFY_SEND_HOLD_EXPIRED, DOWN_SEND_HOLD_EXPIRED);
        return;
    }
    if (c->keepalive_at_ms && now_ms >= c->keepalive_at_ms)
        connection_event(c, &(struct fsm_input){.event = FSM_KEEPALIVE_EXPIRED});
    arm(c);
}

/* --- output --- */

/* Notes progress or the lack of it for the send hold timer. */
static void watch_progress(struct connection *c, bool progress)
{
    bool was_stuck = c->stuck_since_ms != 0;
    if (msgq_empty(transport_queue(c->transport)))
        c->stuck_since_ms = 0;
    else if (progress || !was_stuck)
        c->stuck_since_ms = now_ms_of(c);
    if (c->stuck_since_ms && !was_stuck)
        arm(c);
}

void connection_flush(struct connection *c)
{
    if (!c->transport)
        return;
    struct peer_counters *counters = &c->peer->counters;
    size_t written =
        transport_write(c->transport, &counters->messages_sent, &counters->updates_sent);
    if (written > 0)
        counters->last_sent_mono_ms = now_ms_of(c);
    watch_progress(c, written > 0);
}

void connection_send(struct connection *c, struct span message)
{
    struct msgbuf *buf = msgbuf_new(message.data, message.len_bytes, 1, 0);
    msgq_push(transport_queue(c->transport), buf);
    msgbuf_unref(buf);
    connection_flush(c);
}

static void on_writable(void *ctx)
{
    struct connection *c = ctx;
    if (c->state == FSM_ESTABLISHED)
        c->peer->handler->writable(c);
    else
        connection_flush(c);
}

/* --- TCP --- */

static void tcp_failed(struct connection *c, const char *why)
{
    connection_event(
        c, &(struct fsm_input){.event = FSM_TCP_FAILED, .reason = DOWN_TCP_CLOSED, .why = why});
}

static void tcp_connected(struct connection *c)
{
    int fd = transport_fd(c->transport);
    struct endpoint local;
    struct endpoint remote;
    if (tcp_local(fd, &local) != 0 || tcp_remote(fd, &remote) != 0) {
        tcp_failed(c, strerror(errno));
        return;
    }
    c->session = (struct peer_session){.local = local, .remote = remote};
    intake_attach(&c->input, c->transport);
    c->peer->handler->tcp_connected(c);
    connection_event(c, &(struct fsm_input){.event = FSM_TCP_CONNECTED});
}

static void on_connected(void *ctx, int error)
{
    struct connection *c = ctx;
    if (error)
        tcp_failed(c, strerror(error));
    else
        tcp_connected(c);
}

static void on_readable(void *ctx)
{
    struct connection *c = ctx;
    intake_receive(c->peer->commons->intake, &c->input);
}

static const struct transport_handler transport_handler = {
    .connected = on_connected,
    .readable = on_readable,
    .writable = on_writable,
};

void connection_accept(struct connection *c, int fd)
{
    assert(c->state == FSM_IDLE && !c->transport);
    c->transport = transport_new(c->peer->commons->loop, fd, false, &transport_handler, c);
    connection_event(c, &(struct fsm_input){.event = FSM_MANUAL_START_PASSIVE});
    tcp_connected(c);
}

/* --- input --- */

static struct connection *connection_of(struct intake_source *s)
{
    return (struct connection *)((char *)s - offsetof(struct connection, input));
}

static void on_message(struct intake_source *s, uint8_t type, struct span body)
{
    struct connection *c = connection_of(s);
    c->peer->counters.messages_received++;
    c->peer->counters.last_received_mono_ms = now_ms_of(c);
    c->peer->handler->message(c, type, body);
}

static void on_malformed(struct intake_source *s, const struct notification *error)
{
    connection_event(connection_of(s), &(struct fsm_input){.event = FSM_HEADER_ERROR,
                                                           .reason = DOWN_NOTIFICATION_SENT,
                                                           .notification = error});
}

static void on_input_closed(struct intake_source *s, int error)
{
    tcp_failed(connection_of(s), error ? strerror(error) : "closed by the peer");
}

static const struct intake_handler intake_handler = {
    .message = on_message,
    .malformed = on_malformed,
    .closed = on_input_closed,
};

/* --- actions, in the order of their bits --- */

static struct notification fsm_error(enum fsm_state state, uint8_t message_type)
{
    static const uint8_t subcodes[FSM_STATE_COUNT] = {
        [FSM_OPEN_SENT] = NOTIFY_FSM_IN_OPEN_SENT,
        [FSM_OPEN_CONFIRM] = NOTIFY_FSM_IN_OPEN_CONFIRM,
        [FSM_ESTABLISHED] = NOTIFY_FSM_IN_ESTABLISHED,
    };
    /* RFC 6608 §3: the data is the type of the unexpected message. */
    return notification_make(NOTIFY_FSM, subcodes[state],
                             span_of(&message_type, message_type ? 1 : 0));
}

static void send_notification(struct connection *c, const struct fsm_input *input)
{
    uint8_t bytes[MESSAGE_HEADER_BYTES + 2 + NOTIFICATION_DATA_MAX];
    struct writer w = writer_over(bytes, sizeof(bytes));
    message_encode_notification(&w, input->notification);
    struct msgbuf *buf = msgbuf_new(bytes, writer_len(&w), 1, 0);
    transport_finish_with(c->transport, buf);
    msgbuf_unref(buf);
    c->peer->counters.messages_sent++;
    c->peer->counters.last_sent_mono_ms = now_ms_of(c);
}

static void stop_timers_action(struct connection *c, const struct fsm_input *input)
{
    (void)input;
    stop_timers(c);
}

static void drop_tcp(struct connection *c, const struct fsm_input *input)
{
    (void)input;
    if (c->transport)
        transport_close(c->transport);
    c->transport = NULL;
    config_session_copy_free(c->began_with);
    c->began_with = NULL;
    intake_detach(c->peer->commons->intake, &c->input);
    if (c->incoming)
        c->state = FSM_IDLE; /* its machine ends with the connection it was made for */
}

static void send_open(struct connection *c, const struct fsm_input *input)
{
    (void)input;
    struct connection_peer *p = c->peer;
    bool plain = p->plain_open;
    p->plain_open = false;
    config_session_copy_free(c->began_with);
    c->began_with = config_session_copy(p->config);
    c->our_open = (struct open_msg){
        .as = p->config->local_as,
        .hold_time_s = p->config->hold_time_s,
        .bgp_id = p->config->router_id,
        .caps = plain ? (struct open_caps){0} : handshake_caps(p->config, p->remote.version),
    };
    c->input.max_message_bytes =
        c->our_open.caps.extended_message ? MESSAGE_MAX_EXTENDED_BYTES : MESSAGE_MAX_BYTES;
    uint8_t bytes[MESSAGE_MAX_BYTES];
    struct writer w = writer_over(bytes, sizeof(bytes));
    open_encode(&w, c->our_open.as, c->our_open.hold_time_s, c->our_open.bgp_id, &c->our_open.caps);
    connection_send(c, writer_span(&w));
}

static void send_keepalive(struct connection *c, const struct fsm_input *input)
{
    (void)input;
    /* Established: what waits in the queue says that we are alive as well as a KEEPALIVE does. */
    struct msgq *queue = transport_queue(c->transport);
    if (c->state != FSM_ESTABLISHED || msgq_empty(queue))
        msgq_push(queue, c->peer->commons->keepalive);
    connection_flush(c);
}

static void start_open_hold(struct connection *c, const struct fsm_input *input)
{
    (void)input;
    c->last_received_ms = now_ms_of(c);
    c->hold_ms = OPEN_HOLD_MS;
    arm(c);
}

static void start_hold(struct connection *c, const struct fsm_input *input)
{
    (void)input;
    c->last_received_ms = now_ms_of(c);
    c->hold_ms = c->session.hold_time_s * UINT64_C(1000);
    arm(c);
}

static void restart_hold(struct connection *c, const struct fsm_input *input)
{
    (void)input;
    c->last_received_ms = now_ms_of(c); /* the timer looks at it when it fires */
}

static void start_keepalive(struct connection *c, const struct fsm_input *input)
{
    (void)input;
    uint64_t delay_ms = handshake_keepalive_ms(c->session.keepalive_s, arc4random());
    c->keepalive_at_ms = delay_ms ? now_ms_of(c) + delay_ms : 0;
    arm(c);
}

static void local_address_missing(struct connection *c)
{
    char address[IP_TEXT_MAX];
    char why[IP_TEXT_MAX + 40];
    snprintf(why, sizeof(why), "local address %s does not exist",
             ip_format(&c->peer->config->local_address, address));
    connection_event(c,
                     &(struct fsm_input){.event = FSM_TCP_FAILED, .reason = DOWN_LINK, .why = why});
}

static void start_connect(struct connection *c, const struct fsm_input *input)
{
    (void)input;
    int fd;
    int err = c->peer->handler->open_socket(c, &fd);
    if (err == ERR_NOT_FOUND) {
        local_address_missing(c);
        return;
    }
    if (err) {
        char why[TCP_ERROR_TEXT_MAX];
        tcp_failed(c, tcp_error_text(err, why));
        return;
    }
    c->transport = transport_new(c->peer->commons->loop, fd, true, &transport_handler, c);
}

static void run_actions(struct connection *c, const struct fsm_input *input, unsigned actions)
{
    static const struct {
        enum fsm_action bit;
        void (*run)(struct connection *c,
                    const struct fsm_input *input); /* NULL: the peer does it */
    } table[] = {
        {FSM_SEND_NOTIFICATION, send_notification},
        {FSM_STOP_TIMERS, stop_timers_action},
        {FSM_STOP_CONNECT_RETRY, NULL},
        {FSM_DROP_TCP, drop_tcp},
        {FSM_COUNT_RETRY, NULL},
        {FSM_START_CONNECT_RETRY, NULL},
        {FSM_SEND_OPEN, send_open},
        {FSM_SEND_KEEPALIVE, send_keepalive},
        {FSM_START_OPEN_HOLD, start_open_hold},
        {FSM_START_HOLD, start_hold},
        {FSM_RESTART_HOLD, restart_hold},
        {FSM_START_KEEPALIVE, start_keepalive},
        {FSM_START_CONNECT, start_connect},
        {FSM_REPORT_UP, NULL},
        {FSM_REPORT_DOWN, NULL},
        {FSM_DELIVER, NULL},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (!(actions & table[i].bit))
            continue;
        if (table[i].run)
            table[i].run(c, input);
        else
            c->peer->handler->act(c, table[i].bit, input);
    }
}

/* --- the machine --- */

static const char *direction(const struct connection *c)
{
    return c->incoming ? "incoming" : "outgoing";
}

static void describe(const struct fsm_input *input, bool sent, struct strbuf *out)
{
    if (input->notification) {
        strbuf_add(out, sent ? "sent NOTIFICATION: " : "received NOTIFICATION: ");
        notification_describe(input->notification, out);
    }
    if (input->why)
        strbuf_printf(out, "%s%s", input->notification ? ": " : "", input->why);
    if (!input->notification && !input->why)
        strbuf_add(out, fsm_event_name(input->event));
}

/* Writes down why an attempt or a session ends. */
static void note_end(struct connection *c, enum fsm_state before, const struct fsm_input *input,
                     unsigned actions)
{
    struct journal *j = &c->peer->journal;
    struct strbuf text = {0};
    describe(input, actions & FSM_SEND_NOTIFICATION, &text);
    /* A peer that is down fails in the same way again and again: said once. */
    bool routine = (!input->notification && c->peer->failures > 0) ||
                   input->reason == DOWN_COLLISION || input->reason == DOWN_LINK;
    enum log_level level = routine ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
    if (before == FSM_ESTABLISHED) {
        log_info("peer %s: down: %s", j->name, strbuf_text(&text));
        journal_set_down(j, strbuf_text(&text));
    } else {
        journal_log(j, JOURNAL_EVENT, level, "%s connection: %s", direction(c), strbuf_text(&text));
    }
    if (input->reason != DOWN_COLLISION)
        journal_set_last_error(j, strbuf_text(&text));
    strbuf_release(&text);
}

void connection_event(struct connection *c, const struct fsm_input *input)
{
    enum fsm_state before = c->state;
    struct fsm_step step = fsm_step(before, input->event);
    struct fsm_input now = *input;
    struct notification error;
    if ((step.actions & FSM_SEND_NOTIFICATION) && !now.notification) {
        error = fsm_error(before, now.message_type);
        now.notification = &error;
        now.reason = DOWN_NOTIFICATION_SENT;
    }
    if (step.next != before)
        log_debug("peer %s: %s connection: %s -> %s (%s)", c->peer->journal.name, direction(c),
                  fsm_state_name(before), fsm_state_name(step.next), fsm_event_name(now.event));
    if (step.actions & (FSM_SEND_NOTIFICATION | FSM_COUNT_RETRY))
        note_end(c, before, &now, step.actions);
    c->state = step.next;
    c->input.may_wait = c->state == FSM_ESTABLISHED;
    /* What may lead to another event on this connection; that one says then how it ended. */
    const unsigned last_actions = FSM_START_CONNECT | FSM_REPORT_UP | FSM_REPORT_DOWN | FSM_DELIVER;
    run_actions(c, &now, step.actions & ~last_actions);
    if (c->state == FSM_IDLE && before != FSM_IDLE)
        c->peer->handler->ended(c, before, &now);
    run_actions(c, &now, step.actions & last_actions);
}

/* --- life --- */

static struct msgbuf *make_keepalive(void)
{
    uint8_t bytes[MESSAGE_HEADER_BYTES];
    struct writer w = writer_over(bytes, sizeof(bytes));
    message_encode_keepalive(&w);
    return msgbuf_new(bytes, writer_len(&w), 1, 0);
}

void connection_commons_init(struct connection_commons *commons, uv_loop_t *loop,
                             struct intake *intake)
{
    commons->loop = loop;
    commons->intake = intake;
    commons->keepalive = make_keepalive();
}

void connection_commons_release(struct connection_commons *commons)
{
    intake_free(commons->intake);
    msgbuf_unref(commons->keepalive);
}

void connection_init(struct connection *c, struct connection_peer *peer, bool incoming)
{
    *c = (struct connection){.peer = peer,
                             .incoming = incoming,
                             .state = FSM_IDLE,
                             .input = {.handler = &intake_handler}};
    uv_timer_init(peer->commons->loop, &c->timer);
    c->timer.data = c;
}

void connection_release(struct connection *c, uv_close_cb on_closed)
{
    assert(c->state == FSM_IDLE && !c->transport);
    uv_close((uv_handle_t *)&c->timer, on_closed);
}
