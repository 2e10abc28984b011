/* What the messages of a peer mean: they are decoded as the connection has negotiated, and become
 * events of its machine, errors among them (RFC 4271 §6, RFC 7606). */
#include "session/receive.h"

#include "session/handshake.h"
#include "wire/attr.h"
#include "wire/message.h"

enum { HEX_EXCERPT_BYTES = 32 };

static void receive_open(struct connection *c, struct span body)
{
    struct notification error;
    struct fsm_input input = {.event = FSM_OPEN_RECEIVED, .message_type = MESSAGE_OPEN};
    if (c->state != FSM_OPEN_SENT) {
        connection_event(c, &input); /* a second one: an FSM error */
        return;
    }
    uint8_t scratch[OPEN_CAPABILITIES_MAX];
    struct open_msg open;
    struct strbuf why = {0};
    struct endpoint local = c->session.local;
    struct endpoint remote = c->session.remote;
    if (open_decode(body, scratch, &open, &error) != 0 ||
        handshake_judge(c->began_with, &c->our_open, &open, &c->session, &error, &why) != 0) {
        input.event = FSM_OPEN_ERROR;
        input.reason = DOWN_NOTIFICATION_SENT;
        input.notification = &error;
        input.why = why.len_bytes ? strbuf_text(&why) : NULL;
        connection_event(c, &input);
        strbuf_release(&why);
        return;
    }
    c->session.local = local;
    c->session.remote = remote;
    c->session.update_ctx.attr.loopback = ip_is_loopback(&remote.addr);
    if (c->peer->handler->open_received(c, open.raw_capabilities))
        connection_event(c, &input);
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
static void log_problems(struct journal *j, const struct update *update)
{
    for (unsigned i = 0; i < update->problem_count; i++) {
        uint32_t left_out;
        if (!journal_may_log(j, JOURNAL_PROBLEM, LOG_LEVEL_WARNING, &left_out))
            continue;
        struct strbuf text = {0};
        describe_problem(&update->problems[i], &text);
        journal_log_text(j, LOG_LEVEL_WARNING, &text, left_out);
        strbuf_release(&text);
    }
}

static void receive_update(struct connection *c, struct span body)
{
    struct connection_peer *p = c->peer;
    struct fsm_input input = {.event = FSM_UPDATE_RECEIVED, .message_type = MESSAGE_UPDATE};
    if (c->state != FSM_ESTABLISHED) {
        connection_event(c, &input);
        return;
    }
    struct update update;
    update_decode(body, &c->session.update_ctx, &p->commons->decoder, &update);
    p->counters.updates_received++;
    if (update.problem_count > 0)
        log_problems(&p->journal, &update);
    if (update.verdict == VERDICT_RESET) {
        input.event = FSM_UPDATE_ERROR;
        input.reason = DOWN_NOTIFICATION_SENT;
        input.notification = &update.error;
    } else {
        p->counters.problems += update.problem_count;
        input.update = &update;
    }
    connection_event(c, &input);
}

static void receive_notification(struct connection *c, struct span body)
{
    struct connection_peer *p = c->peer;
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
    struct fsm_input input = {.event = FSM_REFRESH_RECEIVED,
                              .refresh_family = FAMILY_NONE,
                              .message_type = MESSAGE_ROUTE_REFRESH};
    if (message_decode_refresh(body, c->session.enhanced_refresh, &refresh, &error) != 0) {
        input.event = error.code == NOTIFY_HEADER ? FSM_HEADER_ERROR : FSM_UPDATE_ERROR;
        input.reason = DOWN_NOTIFICATION_SENT;
        input.notification = &error;
    } else {
        enum family family = family_from_wire(refresh.afi, refresh.safi);
        /* RFC 2918 §4: for a family that was not negotiated it is ignored; RFC 7313 §5: so is a
         * subtype that is unknown, as are the marks of a capability that we did not announce. */
        if (refresh.subtype == REFRESH_REQUEST && family_in(c->session.negotiated.families, family))
            input.refresh_family = family;
    }
    connection_event(c, &input);
}

void receive_message(struct connection *c, uint8_t type, struct span body)
{
    static void (*const receive[])(struct connection *, struct span) = {
        [MESSAGE_OPEN] = receive_open,
        [MESSAGE_UPDATE] = receive_update,
        [MESSAGE_NOTIFICATION] = receive_notification,
        [MESSAGE_KEEPALIVE] = receive_keepalive,
        [MESSAGE_ROUTE_REFRESH] = receive_refresh,
    };
    receive[type](c, body); /* message_frame lets no other type pass */
}
