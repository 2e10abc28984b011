/* Peers against each other: sessions come up, carry messages, end and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "fixture.h"

static struct net net;
static struct speaker a;
static struct speaker b;

static int set_up(void **ctx)
{
    (void)ctx;
    net_init(&net);
    speaker_pair(&a, &b, &net);
    return 0;
}

static int tear_down(void **ctx)
{
    (void)ctx;
    speaker_release(&a);
    speaker_release(&b);
    net_close(&net);
    return 0;
}

static bool both_established(void)
{
    return a.peer && b.peer && peer_established(a.peer) && peer_established(b.peer);
}

static void bring_up(void)
{
    speaker_start(&b);
    speaker_start(&a);
    wait_until(&net, both_established());
}

static void push(struct speaker *s, struct span message)
{
    struct msgbuf *buf = msgbuf_new(message.data, message.len_bytes, 1, 1);
    msgq_push(peer_queue(s->peer), buf);
    msgbuf_unref(buf);
}

static void count_line(void *ctx, const char *text)
{
    unsigned *lines = ctx;
    assert_true(strlen(text) > 0);
    (*lines)++;
}

static void comes_up(void **ctx)
{
    (void)ctx;
    b.config.hold_time_s = 30;
    bring_up();
    const struct peer_session *s = peer_session(a.peer);
    assert_int_equal(s->hold_time_s, 30);
    assert_int_equal(s->keepalive_s, 10);
    assert_int_equal(s->remote_bgp_id, b.config.router_id);
    assert_int_equal(s->negotiated.families, a.config.families);
    assert_int_equal(s->max_message_bytes, 65535);
    assert_int_equal(s->kind, SESSION_INTERNAL);
    assert_int_equal(s->remote.port, speaker_endpoint(&b).port);
    assert_true(ip_equal(&s->local.addr, &a.config.local_address));
    unsigned lines = 0;
    open_describe_capabilities(peer_remote_capabilities(a.peer), count_line, &lines);
    assert_in_range(lines, 4, 10);
    assert_int_equal(peer_counters(a.peer)->times_established, 1);
    assert_int_equal(peer_counters(a.peer)->messages_sent, 2);
    assert_int_equal(peer_counters(a.peer)->messages_received, 2);
    assert_string_equal(peer_last_error(a.peer), "");
    assert_string_equal(peer_name(a.peer), "127.0.0.12");
}

static void carries_updates(void **ctx)
{
    (void)ctx;
    bring_up();
    push(&a, sample_update(7));
    peer_flush(a.peer);
    wait_until(&net, b.updates == 1);
    const uint8_t expected[] = {16, 10, 7};
    assert_int_equal(b.last_nlri_len_bytes, sizeof(expected));
    assert_memory_equal(b.last_nlri, expected, sizeof(expected));
    assert_int_equal(peer_counters(a.peer)->updates_sent, 1);
    assert_int_equal(peer_counters(b.peer)->updates_received, 1);
    assert_true(peer_counters(b.peer)->last_received_mono_ms > 0);
}

static void carries_refreshes(void **ctx)
{
    (void)ctx;
    speaker_start(&a);
    assert_int_equal(peer_request_refresh(a.peer, FAMILY_IPV4_UNICAST), ERR_STATE);
    speaker_start(&b);
    wait_until(&net, both_established());
    assert_int_equal(peer_request_refresh(a.peer, FAMILY_IPV4_FLOW), ERR_STATE);
    assert_int_equal(peer_request_refresh(a.peer, FAMILY_IPV6_UNICAST), 0);
    wait_until(&net, b.refreshes == 1);
    assert_int_equal(b.refreshed, FAMILY_IPV6_UNICAST);
}

static void stops_with_a_message_and_starts_again(void **ctx)
{
    (void)ctx;
    bring_up();
    peer_stop(a.peer, NOTIFY_CEASE_ADMIN_SHUTDOWN, "upgrade tonight");
    assert_int_equal(a.down, 1);
    assert_int_equal(a.reason, DOWN_ADMIN);
    assert_int_equal(peer_state(a.peer), FSM_IDLE);
    assert_false(peer_is_started(a.peer));
    wait_until(&net, b.down == 1);
    assert_int_equal(b.reason, DOWN_NOTIFICATION_RECEIVED);
    assert_non_null(strstr(peer_last_error(b.peer), "upgrade tonight"));
    peer_start(a.peer);
    wait_until(&net, both_established());
    assert_int_equal(peer_counters(b.peer)->times_established, 2);
}

static void reset_comes_back_at_once(void **ctx)
{
    (void)ctx;
    a.config.connect_retry_s = 3600; /* the timer is not what brings it back */
    bring_up();
    peer_reset(a.peer, NOTIFY_CEASE_ADMIN_RESET, NULL);
    wait_until(&net, a.established == 2 && both_established());
    assert_int_equal(a.down, 1);
    /* From the other side: b is passive, a connects when told so by the end of the session. */
}

static void waits_for_a_peer_that_is_not_there(void **ctx)
{
    (void)ctx;
    uint16_t port;
    close(raw_listen("127.0.0.12", &port)); /* a port where nobody listens */
    a.config.dest_port = port;
    uint64_t before_ms = uv_now(&net.loop);
    speaker_start(&a);
    wait_until(&net, strlen(peer_last_error(a.peer)) > 0);
    assert_non_null(strstr(peer_last_error(a.peer), "refused"));
    uint64_t failed_ms = peer_last_error_mono_ms(a.peer);
    assert_true(failed_ms >= before_ms && failed_ms <= uv_now(&net.loop));
    assert_int_equal(peer_state(a.peer), FSM_ACTIVE);
    /* The peer appears. */
    struct config_peer fixed = a.config;
    fixed.dest_port = speaker_endpoint(&b).port;
    peer_reconfigure(a.peer, &fixed);
    speaker_start(&b);
    wait_until(&net, both_established());
    peer_reconfigure(a.peer, &a.config);
}

static unsigned attempting(struct peer *const *peers, unsigned count)
{
    unsigned attempting = 0;
    for (unsigned i = 0; i < count; i++)
        attempting += peer_state(peers[i]) != FSM_ACTIVE;
    return attempting;
}

/* Those of many peers come a few in each turn of the loop, however late it is. */
static void attempts_of_many_are_spread(void **ctx)
{
    (void)ctx;
    enum { MANY = 200 };
    static struct peer *peers[MANY];
    static struct config_peer configs[MANY];
    uint16_t port;
    int fd = raw_listen("127.0.0.12", &port); /* takes no more than a few, so attempts last */
    for (unsigned i = 0; i < MANY; i++) {
        configs[i] = a.config;
        configs[i].dest_port = port;
        struct ip_addr remote = prefix_address(&configs[i].remote);
        peers[i] = peer_new(a.env, &configs[i], &remote, false);
        peer_start(peers[i]);
    }
    uint64_t begun_ms = uv_hrtime() / 1000000;
    while (uv_hrtime() / 1000000 < begun_ms + 150) /* all are due */
        continue;
    unsigned made = 0;
    while (made < MANY) {
        unsigned before = made;
        uv_run(&net.loop, UV_RUN_NOWAIT);
        made = attempting(peers, MANY);
        assert_true(made <= before + 32);
        assert_true(uv_hrtime() / 1000000 < begun_ms + WAIT_MS);
    }
    for (unsigned i = 0; i < MANY; i++)
        peer_free(peers[i]);
    close(fd);
}

static void passive_peer_becomes_active(void **ctx)
{
    (void)ctx;
    struct config_peer passive = a.config;
    struct config_peer active = a.config;
    passive.passive = true;
    a.config = passive;
    speaker_start(&a);
    speaker_start(&b);
    net_arm(&net, 200); /* longer than the first attempt may take */
    while (net_turn(&net))
        assert_int_equal(peer_state(a.peer), FSM_ACTIVE);
    assert_int_equal(b.accepted, 0);
    a.config = passive;
    static struct config_peer now_active;
    now_active = active;
    peer_reconfigure(a.peer, &now_active);
    wait_until(&net, both_established());
}

static void both_active_end_with_one_session(void **ctx)
{
    (void)ctx;
    b.config.passive = false;
    bring_up();
    for (unsigned round = 1; round <= 8; round++) {
        unsigned times = (unsigned)peer_counters(a.peer)->times_established;
        peer_reset(a.peer, NOTIFY_CEASE_ADMIN_RESET, NULL);
        peer_reset(b.peer, NOTIFY_CEASE_ADMIN_RESET, NULL);
        wait_until(&net, peer_counters(a.peer)->times_established > times && both_established());
        const struct peer_session *sa = peer_session(a.peer);
        const struct peer_session *sb = peer_session(b.peer);
        wait_until(&net, sa->local.port == sb->remote.port && sa->remote.port == sb->local.port);
    }
}

static void lost_connection_is_reported(void **ctx)
{
    (void)ctx;
    bring_up();
    peer_free(b.peer);
    b.peer = NULL;
    wait_until(&net, a.down == 1);
    assert_int_equal(a.reason, DOWN_NOTIFICATION_RECEIVED);
    assert_non_null(strstr(peer_last_error(a.peer), "Cease"));
    assert_int_equal(b.down, 1);
}

static void hold_time_zero_needs_no_keepalives(void **ctx)
{
    (void)ctx;
    b.config.hold_time_s = 0;
    bring_up();
    assert_int_equal(peer_session(a.peer)->hold_time_s, 0);
    net_arm(&net, 200);
    while (net_turn(&net))
        assert_true(both_established());
    assert_int_equal(peer_counters(a.peer)->messages_sent, 2);
}

static void keepalives_keep_it_up(void **ctx)
{
    (void)ctx;
    a.config.hold_time_s = 3;
    bring_up();
    uint64_t received = peer_counters(b.peer)->messages_received;
    wait_until(&net, peer_counters(b.peer)->messages_received >= received + 4);
    assert_true(both_established());
    assert_int_equal(a.down + b.down, 0);
}

static void ipv6_transport(void **ctx)
{
    (void)ctx;
    struct speaker c;
    struct speaker d;
    struct net own;
    net_init(&own);
    speaker_init(&c, &own, "::1", "::1");
    speaker_init(&d, &own, "::1", "::1");
    c.config.passive = false;
    c.config.dest_port = speaker_endpoint(&d).port;
    c.config.router_id++;
    speaker_start(&d);
    speaker_start(&c);
    wait_until(&own, peer_established(c.peer) && peer_established(d.peer));
    assert_int_equal(peer_session(c.peer)->negotiated.extended_next_hop,
                     FAMILY_BIT(FAMILY_IPV4_UNICAST));
    speaker_release(&c);
    speaker_release(&d);
    net_close(&own);
}

#define PAIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR(comes_up),
        PAIR(carries_updates),
        PAIR(carries_refreshes),
        PAIR(stops_with_a_message_and_starts_again),
        PAIR(reset_comes_back_at_once),
        PAIR(waits_for_a_peer_that_is_not_there),
        PAIR(attempts_of_many_are_spread),
        PAIR(passive_peer_becomes_active),
        PAIR(both_active_end_with_one_session),
        PAIR(lost_connection_is_reported),
        PAIR(hold_time_zero_needs_no_keepalives),
        PAIR(keepalives_keep_it_up),
        cmocka_unit_test(ipv6_transport),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
