/* A peer against a hand-driven other end: errors on the wire and their NOTIFICATIONs, collisions,
 * timers, flow control, and closing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

#define BYTES(...) span_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define MARKER                                                                                     \
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff

static struct net net;
static struct speaker s; /* 127.0.0.11, its peer is 127.0.0.12 */
static struct raw r;

static const uint32_t HIGH_ID = 0xc0000001;
static const uint32_t LOW_ID = 0x01000001;

static int set_up(void **ctx)
{
    (void)ctx;
    net_init(&net);
    r = (struct raw){.fd = -1};
    speaker_init(&s, &net, "127.0.0.11", "127.0.0.12");
    return 0;
}

static int tear_down(void **ctx)
{
    (void)ctx;
    raw_close(&r);
    speaker_release(&s);
    net_close(&net);
    return 0;
}

static void connect_raw(struct raw *raw)
{
    raw_connect(raw, &net, "127.0.0.12", speaker_endpoint(&s));
}

static void establish(uint16_t hold_time_s)
{
    speaker_start(&s);
    connect_raw(&r);
    raw_handshake(&r, hold_time_s, HIGH_ID);
    wait_until(&net, s.established == 1);
}

static void assert_notification(struct notification n, uint8_t code, uint8_t subcode,
                                struct span data)
{
    assert_int_equal(n.code, code);
    assert_int_equal(n.subcode, subcode);
    assert_int_equal(n.data_len_bytes, data.len_bytes);
    if (data.len_bytes > 0)
        assert_memory_equal(n.data, data.data, data.len_bytes);
}

static const struct span none;

/* --- errors --- */

enum stage { IN_OPEN_SENT, IN_OPEN_CONFIRM, IN_ESTABLISHED };

/* Sends bytes in a stage of the connection, and returns the answer. */
static struct notification answer_to(enum stage stage, struct span bytes)
{
    connect_raw(&r);
    raw_expect(&r, MESSAGE_OPEN);
    if (stage >= IN_OPEN_CONFIRM) {
        raw_send_open(&r, 65000, 90, HIGH_ID);
        raw_expect(&r, MESSAGE_KEEPALIVE);
    }
    if (stage == IN_ESTABLISHED) {
        raw_send_keepalive(&r);
        wait_until(&net, peer_established(s.peer));
    }
    raw_send(&r, bytes);
    struct notification n = raw_expect_end(&r);
    raw_close(&r);
    wait_until(&net, peer_state(s.peer) < FSM_OPEN_SENT);
    return n;
}

static void bad_headers(void **ctx)
{
    (void)ctx;
    speaker_start(&s);
    for (enum stage stage = IN_OPEN_SENT; stage <= IN_ESTABLISHED; stage++) {
        assert_notification(
            answer_to(stage, BYTES('G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P', '/', '1', '.',
                                   '1', '\r', '\n', '\r', '\n', '\r', '\n')),
            NOTIFY_HEADER, NOTIFY_HEADER_NOT_SYNCHRONIZED, none);
        peer_reset(s.peer, NOTIFY_CEASE_ADMIN_RESET, NULL);
        assert_notification(answer_to(stage, BYTES(MARKER, 0, 18, 4)), NOTIFY_HEADER,
                            NOTIFY_HEADER_BAD_LENGTH, BYTES(0, 18));
        peer_reset(s.peer, NOTIFY_CEASE_ADMIN_RESET, NULL);
        assert_notification(answer_to(stage, BYTES(MARKER, 0, 20, 4, 0)), NOTIFY_HEADER,
                            NOTIFY_HEADER_BAD_LENGTH, BYTES(0, 20));
        peer_reset(s.peer, NOTIFY_CEASE_ADMIN_RESET, NULL);
        assert_notification(answer_to(stage, BYTES(MARKER, 0, 19, 77)), NOTIFY_HEADER,
                            NOTIFY_HEADER_BAD_TYPE, BYTES(77));
        peer_reset(s.peer, NOTIFY_CEASE_ADMIN_RESET, NULL);
    }
    assert_int_equal(s.down, s.established);
}

static void unexpected_messages(void **ctx)
{
    (void)ctx;
    speaker_start(&s);
    const struct span keepalive = BYTES(MARKER, 0, 19, 4);
    const struct span update = BYTES(MARKER, 0, 23, 2, 0, 0, 0, 0);
    const struct span open = BYTES(MARKER, 0, 29, 1, 4, 0xfd, 0xe8, 0, 90, 1, 2, 3, 4, 0);
    assert_notification(answer_to(IN_OPEN_SENT, keepalive), NOTIFY_FSM, NOTIFY_FSM_IN_OPEN_SENT,
                        BYTES(MESSAGE_KEEPALIVE));
    assert_notification(answer_to(IN_OPEN_CONFIRM, update), NOTIFY_FSM, NOTIFY_FSM_IN_OPEN_CONFIRM,
                        BYTES(MESSAGE_UPDATE));
    assert_notification(answer_to(IN_OPEN_CONFIRM, open), NOTIFY_FSM, NOTIFY_FSM_IN_OPEN_CONFIRM,
                        BYTES(MESSAGE_OPEN));
    assert_notification(answer_to(IN_ESTABLISHED, open), NOTIFY_FSM, NOTIFY_FSM_IN_ESTABLISHED,
                        BYTES(MESSAGE_OPEN));
}

static void bad_opens(void **ctx)
{
    (void)ctx;
    speaker_start(&s);
    assert_notification(
        answer_to(IN_OPEN_SENT, BYTES(MARKER, 0, 29, 1, 3, 0xfd, 0xe8, 0, 90, 1, 2, 3, 4, 0)),
        NOTIFY_OPEN, NOTIFY_OPEN_BAD_VERSION, BYTES(0, 4));
    assert_notification(
        answer_to(IN_OPEN_SENT, BYTES(MARKER, 0, 29, 1, 4, 0xfd, 0xe9, 0, 90, 1, 2, 3, 4, 0)),
        NOTIFY_OPEN, NOTIFY_OPEN_BAD_PEER_AS, none);
    assert_non_null(strstr(peer_last_error(s.peer), "65001"));
    assert_notification(
        answer_to(IN_OPEN_SENT, BYTES(MARKER, 0, 29, 1, 4, 0xfd, 0xe8, 0, 2, 1, 2, 3, 4, 0)),
        NOTIFY_OPEN, NOTIFY_OPEN_BAD_HOLD_TIME, none);
    /* The identifier that this side has itself, within the AS. */
    assert_notification(
        answer_to(IN_OPEN_SENT, BYTES(MARKER, 0, 29, 1, 4, 0xfd, 0xe8, 0, 90, 127, 0, 0, 11, 0)),
        NOTIFY_OPEN, NOTIFY_OPEN_BAD_BGP_ID, none);
    assert_notification(answer_to(IN_OPEN_SENT, BYTES(MARKER, 0, 32, 1, 4, 0xfd, 0xe8, 0, 90, 1, 2,
                                                      3, 4, 3, 1, 1, 0)),
                        NOTIFY_OPEN, NOTIFY_OPEN_BAD_OPTIONAL_PARAMETER, none);
    /* Multiprotocol for VPNv4 alone. */
    assert_notification(answer_to(IN_OPEN_SENT, BYTES(MARKER, 0, 37, 1, 4, 0xfd, 0xe8, 0, 90, 1, 2,
                                                      3, 4, 8, 2, 6, 1, 4, 0, 1, 0, 128)),
                        NOTIFY_OPEN, NOTIFY_OPEN_UNSUPPORTED_CAPABILITY,
                        BYTES(1, 4, 0, 1, 0, 1, 1, 4, 0, 2, 0, 1));
    assert_int_equal(s.established, 0);
}

static void bad_updates(void **ctx)
{
    (void)ctx;
    establish(90);
    /* An ORIGIN that does not exist, RFC 7606 §7.1: the routes go, the session stays. */
    raw_send(&r, BYTES(MARKER, 0, 47, 2, 0, 0, 0, 21,         /* header, lengths */
                       0x40, 1, 1, 9,                         /* ORIGIN */
                       0x40, 2, 0,                            /* AS_PATH */
                       0x40, 3, 4, 10, 254, 0, 1,             /* NEXT_HOP */
                       0x40, 5, 4, 0, 0, 0, 100, 16, 10, 8)); /* LOCAL_PREF, NLRI */
    raw_send(&r, sample_update(1));
    wait_until(&net, s.updates == 2);
    assert_int_equal(peer_counters(s.peer)->problems, 1);
    assert_true(peer_established(s.peer));
    /* Withdrawn routes that reach beyond the message: it does not. */
    raw_send(&r, BYTES(MARKER, 0, 23, 2, 0, 9, 0, 0));
    assert_notification(raw_expect_end(&r), NOTIFY_UPDATE, NOTIFY_UPDATE_MALFORMED_ATTRIBUTES,
                        none);
    wait_until(&net, s.down == 1);
    assert_int_equal(s.reason, DOWN_NOTIFICATION_SENT);
}

static void bad_refresh(void **ctx)
{
    (void)ctx;
    establish(90);
    raw_send(&r, BYTES(MARKER, 0, 23, 5, 0, 9, 0, 9)); /* unknown family */
    raw_send(&r, BYTES(MARKER, 0, 23, 5, 0, 1, 0, 1));
    wait_until(&net, s.refreshes == 1);
    assert_int_equal(s.refreshed, FAMILY_IPV4_UNICAST);
    raw_send(&r, BYTES(MARKER, 0, 23, 5, 0, 1, 200, 1)); /* the byte is reserved (RFC 2918) */
    wait_until(&net, s.refreshes == 2);
    raw_send(&r, BYTES(MARKER, 0, 21, 5, 0, 1));
    assert_notification(raw_expect_end(&r), NOTIFY_HEADER, NOTIFY_HEADER_BAD_LENGTH, BYTES(0, 21));
}

/* A small generator, so that a failure repeats. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void random_bytes(void **ctx)
{
    (void)ctx;
    uint32_t seed = 20240601;
    speaker_start(&s);
    for (unsigned round = 0; round < 30; round++) {
        uint8_t bytes[256];
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)next_random(&seed);
        if (round % 2) /* get past the header */
            memset(bytes, 0xff, 16), bytes[16] = 0, bytes[17] = 200, bytes[18] = 2;
        struct notification n = answer_to((enum stage)(round % 3), span_of(bytes, sizeof(bytes)));
        assert_in_range(n.code, NOTIFY_HEADER, NOTIFY_FSM);
        peer_reset(s.peer, NOTIFY_CEASE_ADMIN_RESET, NULL);
    }
    assert_int_equal(s.down, s.established);
}

/* --- framing --- */

static void messages_in_pieces(void **ctx)
{
    (void)ctx;
    establish(90);
    struct span update = sample_update(9);
    for (size_t i = 0; i < update.len_bytes; i++) {
        raw_send(&r, span_of(update.data + i, 1));
        net_arm(&net, 0);
        net_turn(&net);
        assert_int_equal(s.updates, i + 1 < update.len_bytes ? 0 : s.updates);
    }
    wait_until(&net, s.updates == 1);
    assert_int_equal(s.last_nlri[2], 9);
}

static void many_messages_at_once(void **ctx)
{
    (void)ctx;
    establish(90);
    for (unsigned i = 0; i < 20000; i++)
        raw_send(&r, sample_update((uint8_t)i));
    wait_until(&net, s.updates == 20000);
    assert_int_equal(peer_counters(s.peer)->updates_received, 20000);
}

static void input_pauses_and_resumes(void **ctx)
{
    (void)ctx;
    establish(90);
    s.refuse_input = true;
    for (unsigned i = 0; i < 200; i++)
        raw_send(&r, sample_update((uint8_t)i));
    net_arm(&net, 100);
    while (net_turn(&net))
        assert_int_equal(s.updates_since_refusal, 0);
    s.refuse_input = false;
    peers_resume_reading(s.env);
    wait_until(&net, s.updates == 200);
    assert_true(peer_established(s.peer));
    /* What came before the end is not lost when the end comes while paused. */
    s.refuse_input = true;
    raw_send(&r, sample_update(1));
    raw_send(&r, BYTES(MARKER, 0, 21, 3, 6, 2));
    raw_close(&r);
    net_arm(&net, 50);
    while (net_turn(&net))
        assert_int_equal(s.updates, 200);
    s.refuse_input = false;
    peers_resume_reading(s.env);
    wait_until(&net, s.down == 1);
    assert_int_equal(s.updates, 201);
    assert_int_equal(s.reason, DOWN_NOTIFICATION_RECEIVED);
}

/* --- timers --- */

static void hold_timer_expires(void **ctx)
{
    (void)ctx;
    establish(3);
    assert_notification(raw_expect_end(&r), NOTIFY_HOLD_EXPIRED, 0, none);
    wait_until(&net, s.down == 1);
    assert_int_equal(s.reason, DOWN_HOLD_EXPIRED);
}

/* --- refusals and collisions --- */

static void refuses_when_stopped(void **ctx)
{
    (void)ctx;
    speaker_start(&s);
    peer_stop(s.peer, NOTIFY_CEASE_ADMIN_SHUTDOWN, NULL);
    connect_raw(&r);
    assert_notification(raw_expect_end(&r), NOTIFY_CEASE, NOTIFY_CEASE_CONNECTION_REJECTED, none);
}

static void refuses_a_second_session(void **ctx)
{
    (void)ctx;
    establish(90);
    struct raw second;
    connect_raw(&second);
    assert_notification(raw_expect_end(&second), NOTIFY_CEASE, NOTIFY_CEASE_COLLISION, none);
    raw_close(&second);
    assert_true(peer_established(s.peer));
}

static void is_held_back_after_an_error(void **ctx)
{
    (void)ctx;
    s.config.connect_retry_s = 3600;
    establish(90);
    raw_send(&r, BYTES(MARKER, 0, 18, 4));
    raw_expect_end(&r);
    raw_close(&r);
    connect_raw(&r);
    assert_notification(raw_expect_end(&r), NOTIFY_CEASE, NOTIFY_CEASE_CONNECTION_REJECTED, none);
    raw_close(&r);
    peer_reset(s.peer, NOTIFY_CEASE_ADMIN_RESET, NULL); /* the operator knows better */
    connect_raw(&r);
    raw_handshake(&r, 90, HIGH_ID);
    wait_until(&net, s.established == 2);
}

/* Both connections are up and have seen our OPEN; `outgoing` is the one that the speaker opened. */
static void collide(struct raw *outgoing, struct raw *incoming)
{
    s.config.passive = false;
    int listener = raw_listen("127.0.0.12", &s.config.dest_port);
    speaker_start(&s);
    raw_accept(outgoing, &net, listener);
    close(listener);
    raw_expect(outgoing, MESSAGE_OPEN);
    connect_raw(incoming);
    raw_expect(incoming, MESSAGE_OPEN);
}

static void collision_keeps_the_connection_of_the_higher_id(void **ctx)
{
    (void)ctx;
    for (int peer_is_higher = 0; peer_is_higher < 2; peer_is_higher++) {
        for (int incoming_first = 0; incoming_first < 2; incoming_first++) {
            struct raw outgoing;
            struct raw incoming;
            uint32_t id = peer_is_higher ? HIGH_ID : LOW_ID;
            speaker_release(&s);
            speaker_init(&s, &net, "127.0.0.11", "127.0.0.12");
            collide(&outgoing, &incoming);
            struct raw *first = incoming_first ? &incoming : &outgoing;
            struct raw *second = incoming_first ? &outgoing : &incoming;
            struct raw *stays = peer_is_higher ? &incoming : &outgoing;
            struct raw *goes = peer_is_higher ? &outgoing : &incoming;
            raw_send_open(first, 65000, 90, id);
            raw_expect(first, MESSAGE_KEEPALIVE);
            /* The first one may have decided it: then the other is gone already. */
            if (stays != first)
                raw_send_open(second, 65000, 90, id);
            else if (second == &incoming)
                raw_send_open(second, 65000, 90, id);
            assert_notification(raw_expect_end(goes), NOTIFY_CEASE, NOTIFY_CEASE_COLLISION, none);
            if (stays != first)
                raw_expect(stays, MESSAGE_KEEPALIVE);
            raw_send_keepalive(stays);
            wait_until(&net, s.established == 1);
            assert_int_equal(peer_session(s.peer)->remote_bgp_id, id);
            assert_int_equal(s.down, 0);
            raw_close(&outgoing);
            raw_close(&incoming);
        }
    }
}

static void session_ends_a_silent_second_connection(void **ctx)
{
    (void)ctx;
    struct raw outgoing;
    struct raw incoming;
    collide(&outgoing, &incoming);
    raw_send_open(&incoming, 65000, 90, LOW_ID);
    raw_expect(&incoming, MESSAGE_KEEPALIVE);
    raw_send_keepalive(&incoming);
    wait_until(&net, s.established == 1);
    assert_notification(raw_expect_end(&outgoing), NOTIFY_CEASE, NOTIFY_CEASE_COLLISION, none);
    assert_true(peer_established(s.peer));
    raw_close(&outgoing);
    raw_close(&incoming);
}

/* --- capabilities refused --- */

static size_t options_len(const struct raw *raw)
{
    return raw->body.data[9];
}

static void retries_without_capabilities(void **ctx)
{
    (void)ctx;
    s.config.passive = false;
    int listener = raw_listen("127.0.0.12", &s.config.dest_port);
    speaker_start(&s);
    for (unsigned attempt = 0; attempt < 3; attempt++) {
        bool plain = attempt == 1;
        raw_accept(&r, &net, listener);
        raw_expect(&r, MESSAGE_OPEN);
        assert_int_equal(options_len(&r) == 0, plain);
        /* Unsupported Optional Parameter */
        raw_send(&r, BYTES(MARKER, 0, 21, 3, 2, 4));
        wait_until(&net, peer_state(s.peer) == FSM_IDLE);
        raw_close(&r);
    }
    raw_accept(&r, &net, listener);
    raw_expect(&r, MESSAGE_OPEN);
    assert_int_equal(options_len(&r), 0);
    raw_send(&r, BYTES(MARKER, 0, 29, 1, 4, 0xfd, 0xe8, 0, 90, 1, 2, 3, 4, 0));
    raw_expect(&r, MESSAGE_KEEPALIVE);
    raw_send_keepalive(&r);
    wait_until(&net, s.established == 1);
    assert_int_equal(peer_session(s.peer)->negotiated.families, FAMILY_BIT(FAMILY_IPV4_UNICAST));
    assert_false(peer_session(s.peer)->negotiated.as4);
    close(listener);
}

/* --- output --- */

/* Fills the queue until the socket takes no more and the queue is over its limit. */
static unsigned stuff(void)
{
    unsigned pushed = 0;
    struct span update = sample_update(3);
    struct msgbuf *buf = msgbuf_new(update.data, update.len_bytes, 1, 1);
    while (peer_queue(s.peer)->pending_bytes < PEER_QUEUE_LIMIT_BYTES) {
        for (unsigned i = 0; i < 1000; i++, pushed++)
            msgq_push(peer_queue(s.peer), buf);
        peer_flush(s.peer);
    }
    msgbuf_unref(buf);
    return pushed;
}

static void slow_reader_gets_everything(void **ctx)
{
    (void)ctx;
    establish(90);
    unsigned pushed = stuff();
    assert_int_equal(s.writable, 0);
    unsigned taken = 0;
    net_arm(&net, WAIT_MS);
    while (taken < pushed) {
        uint8_t type;
        if (!raw_take(&r, &type))
            assert_true(net_turn(&net));
        else if (type == MESSAGE_UPDATE)
            taken++;
        else
            assert_int_equal(type, MESSAGE_KEEPALIVE);
    }
    assert_true(s.writable > 0);
    assert_true(msgq_empty(peer_queue(s.peer)));
    assert_int_equal(peer_counters(s.peer)->updates_sent, pushed);
}

static void notification_follows_a_whole_message(void **ctx)
{
    (void)ctx;
    establish(90);
    unsigned pushed = stuff();
    peer_stop(s.peer, NOTIFY_CEASE_ADMIN_SHUTDOWN, "bye");
    assert_true(msgq_empty(peer_queue(s.peer)));
    /* Input that nobody reads any more must not turn the end into a reset. */
    raw_send(&r, sample_update(1));
    struct notification n = raw_expect_end(&r);
    assert_int_equal(n.subcode, NOTIFY_CEASE_ADMIN_SHUTDOWN);
    assert_memory_equal(n.data, "\003bye", 4);
    assert_true(pushed > 0);
}

static void unsent_routes_die_with_the_session(void **ctx)
{
    (void)ctx;
    establish(90);
    stuff();
    raw_close(&r); /* with unread input: a reset */
    wait_until(&net, s.down == 1);
    assert_int_equal(s.reason, DOWN_TCP_CLOSED);
    struct span update = sample_update(3);
    struct msgbuf *buf = msgbuf_new(update.data, update.len_bytes, 1, 1);
    msgq_push(peer_queue(s.peer), buf);
    peer_flush(s.peer);
    assert_int_equal(buf->refs, 1);
    msgbuf_unref(buf);
    connect_raw(&r);
    raw_handshake(&r, 90, HIGH_ID);
    wait_until(&net, s.established == 2);
}

/* --- dynamic neighbours --- */

static void dynamic_peer(void **ctx)
{
    (void)ctx;
    assert_int_equal(prefix_parse("127.0.0.0/28", &s.config.remote), 0);
    s.dynamic = true;
    raw_connect(&r, &net, "127.0.0.14", speaker_endpoint(&s));
    raw_handshake(&r, 90, HIGH_ID);
    wait_until(&net, s.established == 1);
    assert_true(peer_is_dynamic(s.peer));
    assert_string_equal(peer_name(s.peer), "127.0.0.14");
    raw_close(&r);
    wait_until(&net, s.down == 1);
    assert_int_equal(s.reason, DOWN_TCP_CLOSED);
    peer_free(s.peer);
    s.peer = NULL;
    /* One that goes before it was Established is reported, too. */
    raw_connect(&r, &net, "127.0.0.13", speaker_endpoint(&s));
    raw_expect(&r, MESSAGE_OPEN);
    raw_close(&r);
    wait_until(&net, s.down == 2);
    assert_int_equal(s.established, 1);
}

#define WIRE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WIRE(bad_headers),
        WIRE(unexpected_messages),
        WIRE(bad_opens),
        WIRE(bad_updates),
        WIRE(bad_refresh),
        WIRE(random_bytes),
        WIRE(messages_in_pieces),
        WIRE(many_messages_at_once),
        WIRE(input_pauses_and_resumes),
        WIRE(hold_timer_expires),
        WIRE(refuses_when_stopped),
        WIRE(refuses_a_second_session),
        WIRE(is_held_back_after_an_error),
        WIRE(collision_keeps_the_connection_of_the_higher_id),
        WIRE(session_ends_a_silent_second_connection),
        WIRE(retries_without_capabilities),
        WIRE(slow_reader_gets_everything),
        WIRE(notification_follows_a_whole_message),
        WIRE(unsent_routes_die_with_the_session),
        WIRE(dynamic_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
