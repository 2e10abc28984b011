/* A socket and its queue: what is counted when, and what arrives when it is closed; the last word
 * to who is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/listener.h"
#include "net/refusals.h"
#include "net/tcp.h"
#include "net/transport.h"
#include "net_fixture.h"

enum { BIG_BYTES = 4 << 20 };

static struct net net;
static struct listener *listener;
static int accepted_fd; /* non-blocking; -1: none */

static struct transport *transport;
static unsigned connected;
static int connect_error;
static unsigned writable;

static void on_accept(void *ctx, int fd, const struct endpoint *remote,
                      const struct endpoint *local)
{
    (void)ctx;
    (void)remote;
    (void)local;
    accepted_fd = fd;
}

static const struct listener_handler accepting = {.accept = on_accept};

static void on_connected(void *ctx, int error)
{
    (void)ctx;
    connected++;
    connect_error = error;
}

static void on_readable(void *ctx)
{
    (void)ctx; /* nobody reads: input waits in the kernel */
    transport_set_reading(transport, false);
}

static void on_writable(void *ctx)
{
    (void)ctx;
    writable++;
}

static const struct transport_handler handler = {
    .connected = on_connected, .readable = on_readable, .writable = on_writable};

static int connect_to(struct endpoint where)
{
    struct tcp_options options = {.ttl = 64};
    struct ip_addr local = endpoint_of("127.0.0.31", 0).addr;
    int fd;
    assert_int_equal(tcp_connect(&where, &local, &options, &fd), 0);
    return fd;
}

static int set_up(void **ctx)
{
    (void)ctx;
    net_init(&net);
    connected = writable = 0;
    accepted_fd = -1;
    struct endpoint where = endpoint_of("127.0.0.32", 0);
    assert_int_equal(listener_new(&net.loop, &where, &accepting, NULL, NULL, 0, &listener, NULL),
                     0);
    return 0;
}

static int tear_down(void **ctx)
{
    (void)ctx;
    listener_free(listener);
    if (accepted_fd >= 0)
        close(accepted_fd);
    net_close(&net);
    return 0;
}

/* `transport` is connected with `accepted_fd`. */
static void open_transport(void)
{
    transport =
        transport_new(&net.loop, connect_to(*listener_endpoint(listener)), true, &handler, NULL);
    wait_until(&net, connected == 1 && accepted_fd >= 0);
    assert_int_equal(connect_error, 0);
}

static struct msgbuf *filled(char with, size_t len_bytes, uint32_t updates)
{
    char *bytes = malloc(len_bytes);
    assert_non_null(bytes);
    memset(bytes, with, len_bytes);
    struct msgbuf *buf = msgbuf_new(bytes, len_bytes, 1, updates);
    free(bytes);
    return buf;
}

static void queue(char with, size_t len_bytes, uint32_t updates)
{
    struct msgbuf *buf = filled(with, len_bytes, updates);
    msgq_push(transport_queue(transport), buf);
    msgbuf_unref(buf);
}

/* What came at the far end, and how it ended. */
struct far {
    char *bytes;
    size_t len_bytes;
    bool over;
    int error;
};

static bool read_far(struct far *far)
{
    ssize_t n = read(accepted_fd, far->bytes + far->len_bytes, 2 * BIG_BYTES - far->len_bytes);
    if (n > 0)
        far->len_bytes += (size_t)n;
    far->over = n == 0 || (n < 0 && errno != EAGAIN);
    far->error = n < 0 ? errno : 0;
    return far->over;
}

static struct far new_far(void)
{
    struct far far = {.bytes = malloc(2 * BIG_BYTES)};
    assert_non_null(far.bytes);
    return far;
}

static void messages_count_when_they_are_sent_whole(void **ctx)
{
    (void)ctx;
    uint64_t messages = 0;
    uint64_t updates = 0;
    struct far far = new_far();
    open_transport();
    queue('k', 19, 0);
    queue('u', BIG_BYTES, 1);
    size_t sent = transport_write(transport, &messages, &updates);
    assert_in_range(sent, 20, BIG_BYTES);
    assert_int_equal(messages, 1);
    assert_int_equal(updates, 0);
    assert_int_equal(transport_write(transport, &messages, &updates), 0); /* it is full */
    while (!msgq_empty(transport_queue(transport))) {
        unsigned before = writable;
        wait_until(&net, (read_far(&far), writable > before));
        sent += transport_write(transport, &messages, &updates);
    }
    assert_int_equal(sent, 19 + BIG_BYTES);
    assert_int_equal(messages, 2);
    assert_int_equal(updates, 1);
    transport_close(transport);
    wait_until(&net, read_far(&far));
    assert_int_equal(far.len_bytes, sent);
    free(far.bytes);
}

static void a_refused_attempt_says_why(void **ctx)
{
    (void)ctx;
    struct endpoint where = *listener_endpoint(listener);
    listener_free(listener);
    listener = NULL;
    struct tcp_options options = {.ttl = 64};
    struct ip_addr any = {.version = IP_NONE};
    int fd;
    assert_int_equal(tcp_connect(&where, &any, &options, &fd), 0);
    transport = transport_new(&net.loop, fd, true, &handler, NULL);
    wait_until(&net, connected == 1);
    assert_int_equal(connect_error, ECONNREFUSED);
    transport_close(transport);
}

/* A socket that is closed while input waits in it is reset, and what it has sent may be lost. */
static void the_last_message_arrives(void **ctx)
{
    (void)ctx;
    struct far far = new_far();
    open_transport();
    assert_int_equal(write(accepted_fd, "nobody reads this", 17), 17);
    wait_until(&net, transport_has_input(transport));
    struct msgbuf *last = filled('l', 21, 0);
    transport_finish_with(transport, last);
    msgbuf_unref(last);
    transport_close(transport);
    wait_until(&net, read_far(&far));
    assert_int_equal(far.error, 0);
    assert_int_equal(far.len_bytes, 21);
    assert_int_equal(send(accepted_fd, "x", 1, MSG_NOSIGNAL), 1); /* not reset */
    free(far.bytes);
}

static void the_last_message_cuts_none(void **ctx)
{
    (void)ctx;
    uint64_t messages = 0;
    uint64_t updates = 0;
    struct far far = new_far();
    open_transport();
    queue('u', BIG_BYTES, 1);
    queue('v', 100, 1);
    assert_in_range(transport_write(transport, &messages, &updates), 1, BIG_BYTES - 1);
    struct msgbuf *last = filled('l', 21, 0);
    transport_finish_with(transport, last);
    msgbuf_unref(last);
    transport_close(transport);
    wait_until(&net, read_far(&far));
    assert_int_equal(far.error, 0);
    assert_int_equal(far.len_bytes, BIG_BYTES + 21);
    assert_int_equal(far.bytes[BIG_BYTES - 1], 'u');
    assert_int_equal(far.bytes[BIG_BYTES], 'l');
    free(far.bytes);
}

/* --- refusals --- */

static void who_is_refused_hears_why(void **ctx)
{
    (void)ctx;
    struct refusals *refusals = refusals_new(&net.loop);
    struct far far = new_far();
    int fd = connect_to(*listener_endpoint(listener));
    wait_until(&net, accepted_fd >= 0);
    int refused = accepted_fd;
    accepted_fd = fd; /* the far end is ours this time */
    assert_int_equal(write(fd, "nobody reads this", 17), 17);
    refusals_send(refusals, refused, span_of("go away", 7));
    wait_until(&net, read_far(&far));
    assert_int_equal(far.error, 0);
    assert_int_equal(far.len_bytes, 7);
    assert_memory_equal(far.bytes, "go away", 7);
    refusals_free(refusals);
    free(far.bytes);
}

static void refusals_keep_few_sockets(void **ctx)
{
    (void)ctx;
    enum { MANY = 100, KEPT_AT_MOST = 64 };
    struct refusals *refusals = refusals_new(&net.loop);
    int far_fds[MANY];
    int refused[MANY];
    for (int i = 0; i < MANY; i++) {
        int fds[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
        far_fds[i] = fds[0];
        refused[i] = fds[1];
    }
    for (int i = 0; i < MANY; i++)
        refusals_send(refusals, refused[i], span_of("x", 1));
    int open = 0;
    for (int i = 0; i < MANY; i++) {
        /* Closed whole, and not only one way: writing to it fails. */
        open += send(far_fds[i], "y", 1, MSG_NOSIGNAL) == 1;
        close(far_fds[i]);
    }
    assert_int_equal(open, KEPT_AT_MOST);
    refusals_free(refusals);
}

#define NET(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET(messages_count_when_they_are_sent_whole),
        NET(a_refused_attempt_says_why),
        NET(the_last_message_arrives),
        NET(the_last_message_cuts_none),
        NET(who_is_refused_hears_why),
        NET(refusals_keep_few_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
