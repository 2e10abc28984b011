/* For tests with real sockets on loopback. */
#include "fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/time.h"
#include "net/tcp.h"

enum { LOCAL_AS = 65000 };

/* --- speaker --- */

static void on_established(void *ctx, struct peer *peer)
{
    struct speaker *s = ctx;
    assert_true(peer_established(peer));
    s->established++;
}

static void on_down(void *ctx, struct peer *peer, enum session_down_reason reason)
{
    struct speaker *s = ctx;
    assert_false(peer_established(peer));
    assert_true(msgq_empty(peer_queue(peer)));
    s->down++;
    s->reason = reason;
}

static void on_update(void *ctx, struct peer *peer, const struct update *update)
{
    struct speaker *s = ctx;
    (void)peer;
    s->updates++;
    if (s->refuse_input)
        s->updates_since_refusal++;
    s->last_nlri_len_bytes = update->reach.bytes.len_bytes;
    if (s->last_nlri_len_bytes > 0 && s->last_nlri_len_bytes <= sizeof(s->last_nlri))
        memcpy(s->last_nlri, update->reach.bytes.data, s->last_nlri_len_bytes);
}

static void on_refresh(void *ctx, struct peer *peer, enum family family)
{
    struct speaker *s = ctx;
    (void)peer;
    s->refreshes++;
    s->refreshed = family;
}

static void on_writable(void *ctx, struct peer *peer)
{
    struct speaker *s = ctx;
    assert_false(msgq_empty(peer_queue(peer)));
    s->writable++;
    peer_flush(peer);
}

static bool want_input(void *ctx, size_t message_bytes)
{
    (void)message_bytes;
    const struct speaker *s = ctx;
    return !s->refuse_input;
}

static void input_end(void *ctx)
{
    (void)ctx;
}

static void on_links_changed(void *ctx)
{
    (void)ctx;
}

static const struct session_handler handler = {
    .established = on_established,
    .down = on_down,
    .update = on_update,
    .refresh = on_refresh,
    .writable = on_writable,
    .want_input = want_input,
    .input_end = input_end,
    .links_changed = on_links_changed,
};

static void on_accept(void *ctx, int fd, const struct endpoint *remote,
                      const struct endpoint *local)
{
    struct speaker *s = ctx;
    struct endpoint end = speaker_endpoint(s);
    s->accepted++;
    assert_int_equal(local->port, end.port);
    if (!prefix_contains_ip(&s->config.remote, &remote->addr)) {
        close(fd);
        return;
    }
    if (!s->peer) {
        s->peer = peer_new(s->env, &s->config, &remote->addr, true);
        peer_start(s->peer);
    }
    peer_accept(s->peer, fd);
}

static const struct listener_handler listener_handler = {.accept = on_accept};

void speaker_init(struct speaker *s, struct net *net, const char *address, const char *remote)
{
    *s = (struct speaker){.net = net};
    struct endpoint where = endpoint_of(address, 0);
    s->config = (struct config_peer){
        .remote_as = LOCAL_AS,
        .local_as = LOCAL_AS,
        .router_id = where.addr.version == IP_V4 ? ip_to_v4(&where.addr) : 0x0a000001,
        .enabled = true,
        .passive = true,
        .hold_time_s = 90,
        .extended_messages = true,
        .connect_retry_s = 1,
        .local_address = where.addr,
        .families = FAMILY_BIT(FAMILY_IPV4_UNICAST) | FAMILY_BIT(FAMILY_IPV6_UNICAST),
    };
    assert_int_equal(prefix_parse(remote, &s->config.remote), 0);
    s->env = peer_env_new(&net->loop, &handler, s);
    assert_int_equal(
        listener_new(&net->loop, &where, &listener_handler, s, NULL, 0, &s->listener, NULL), 0);
}

void speaker_start(struct speaker *s)
{
    if (s->dynamic)
        return;
    struct ip_addr remote = prefix_address(&s->config.remote);
    s->peer = peer_new(s->env, &s->config, &remote, false);
    peer_start(s->peer);
}

struct endpoint speaker_endpoint(const struct speaker *s)
{
    return *listener_endpoint(s->listener);
}

void speaker_release(struct speaker *s)
{
    peer_free(s->peer);
    listener_free(s->listener);
    peer_env_free(s->env);
}

void speaker_pair(struct speaker *a, struct speaker *b, struct net *net)
{
    speaker_init(a, net, "127.0.0.11", "127.0.0.12");
    speaker_init(b, net, "127.0.0.12", "127.0.0.11");
    a->config.passive = false;
    a->config.dest_port = speaker_endpoint(b).port;
    b->config.dest_port = speaker_endpoint(a).port;
}

/* --- raw --- */

static void raw_init(struct raw *r, struct net *net, int fd)
{
    *r = (struct raw){.net = net, .fd = fd, .input = mem_alloc(RAW_INPUT_BYTES)};
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

void raw_connect(struct raw *r, struct net *net, const char *from, struct endpoint to)
{
    struct sockaddr_storage sa;
    struct endpoint local = endpoint_of(from, 0);
    int fd = socket(to.addr.version == IP_V4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    socklen_t len = ip_to_sockaddr(&local.addr, 0, &sa);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
    len = ip_to_sockaddr(&to.addr, to.port, &sa);
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, len), 0);
    raw_init(r, net, fd);
}

int raw_listen(const char *address, uint16_t *ret_port)
{
    struct endpoint where = endpoint_of(address, 0);
    struct sockaddr_storage sa;
    int fd = tcp_socket(where.addr.version);
    socklen_t len = ip_to_sockaddr(&where.addr, 0, &sa);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(tcp_local(fd, &where), 0);
    *ret_port = where.port;
    return fd;
}

static bool try_accept(int listen_fd, int *ret_fd)
{
    *ret_fd = accept(listen_fd, NULL, NULL);
    return *ret_fd >= 0;
}

void raw_accept(struct raw *r, struct net *net, int listen_fd)
{
    int fd;
    wait_until(net, try_accept(listen_fd, &fd));
    raw_init(r, net, fd);
}

void raw_close(struct raw *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    free(r->input);
    r->input = NULL;
}

void raw_send(struct raw *r, struct span bytes)
{
    while (bytes.len_bytes > 0) {
        ssize_t n = send(r->fd, bytes.data, bytes.len_bytes, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            net_turn(r->net);
            continue;
        }
        assert_true(n > 0);
        bytes = span_of(bytes.data + n, bytes.len_bytes - (size_t)n);
    }
}

static void raw_read(struct raw *r)
{
    r->len_bytes -= r->taken_bytes;
    memmove(r->input, r->input + r->taken_bytes, r->len_bytes);
    r->taken_bytes = 0;
    while (r->len_bytes < RAW_INPUT_BYTES) {
        ssize_t n = read(r->fd, r->input + r->len_bytes, RAW_INPUT_BYTES - r->len_bytes);
        if (n < 0) {
            /* A reset would have destroyed what was on its way to us. */
            assert_int_equal(errno, EAGAIN);
            return;
        }
        if (n == 0) {
            r->eof = true;
            return;
        }
        r->len_bytes += (size_t)n;
    }
}

bool raw_take(struct raw *r, uint8_t *ret_type)
{
    struct notification error;
    struct span body;
    const uint8_t *head = r->input + r->taken_bytes;
    struct span left = span_of(head, r->len_bytes - r->taken_bytes);
    int len = message_frame(left, MESSAGE_MAX_EXTENDED_BYTES, ret_type, &body, &error);
    assert_true(len >= 0);
    if (len == 0) {
        size_t before = left.len_bytes;
        raw_read(r);
        return r->len_bytes > before && raw_take(r, ret_type);
    }
    memcpy(r->message, head, (size_t)len);
    r->body = span_of(r->message + MESSAGE_HEADER_BYTES, (size_t)len - MESSAGE_HEADER_BYTES);
    r->taken_bytes += (size_t)len;
    return true;
}

void raw_expect(struct raw *r, enum message_type type)
{
    uint8_t actual;
    wait_until(r->net, raw_take(r, &actual));
    assert_int_equal(actual, type);
}

struct notification raw_expect_end(struct raw *r)
{
    uint8_t type = 0;
    struct notification n;
    while (type != MESSAGE_NOTIFICATION)
        wait_until(r->net, raw_take(r, &type));
    assert_int_equal(notification_decode(r->body, &n), 0);
    wait_until(r->net, (raw_read(r), r->eof));
    assert_int_equal(r->len_bytes, 0);
    return n;
}

void raw_send_open(struct raw *r, uint32_t as, uint16_t hold_time_s, uint32_t bgp_id)
{
    uint8_t bytes[MESSAGE_MAX_BYTES];
    struct writer w = writer_over(bytes, sizeof(bytes));
    struct open_caps caps = {.families = FAMILY_BIT(FAMILY_IPV4_UNICAST),
                             .has_multiprotocol = true,
                             .route_refresh = true,
                             .as4 = true};
    open_encode(&w, as, hold_time_s, bgp_id, &caps);
    raw_send(r, writer_span(&w));
}

void raw_send_keepalive(struct raw *r)
{
    uint8_t bytes[MESSAGE_HEADER_BYTES];
    struct writer w = writer_over(bytes, sizeof(bytes));
    message_encode_keepalive(&w);
    raw_send(r, writer_span(&w));
}

void raw_handshake(struct raw *r, uint16_t hold_time_s, uint32_t bgp_id)
{
    raw_expect(r, MESSAGE_OPEN);
    raw_send_open(r, LOCAL_AS, hold_time_s, bgp_id);
    raw_expect(r, MESSAGE_KEEPALIVE);
    raw_send_keepalive(r);
}

struct span sample_update(uint8_t n)
{
    static uint8_t bytes[128];
    struct writer w = writer_over(bytes, sizeof(bytes));
    const uint8_t attrs[] = {
        0x40, 1, 1, 0,               /* ORIGIN: IGP */
        0x40, 2, 0,                  /* AS_PATH: empty */
        0x40, 3, 4, 10, 254, 0, 1,   /* NEXT_HOP */
        0x40, 5, 4, 0,  0,   0, 100, /* LOCAL_PREF */
    };
    size_t mark = message_begin(&w, MESSAGE_UPDATE);
    writer_u16(&w, 0);
    writer_u16(&w, sizeof(attrs));
    writer_bytes(&w, attrs, sizeof(attrs));
    writer_u8(&w, 16);
    writer_u8(&w, 10);
    writer_u8(&w, n);
    message_end(&w, mark);
    return writer_span(&w);
}
