/* Input of several sockets: messages that reads cut, pauses, and whose turn it is after one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../net/net_fixture.h"
#include "session/intake.h"
#include "wire/message.h"

enum { SOURCES = 3, TAKEN_MAX = 64 };

/* One end of a connection whose other end is in the hand of the test. */
struct end {
    struct intake_source source;
    struct transport *transport;
    int far_fd;
    char name;
    bool leaves; /* detaches itself when it gets a message */
    unsigned messages;
    unsigned malformed;
    unsigned closed;
};

static struct net net;
static struct intake *intake;
static struct end ends[SOURCES];
static unsigned wanted;       /* messages that the owner takes before it wants a pause */
static char taken[TAKEN_MAX]; /* names of the ends in the order of their messages */
static unsigned reads;

static struct end *end_of(struct intake_source *s)
{
    return (struct end *)((char *)s - offsetof(struct end, source));
}

static void leave(struct end *e)
{
    intake_detach(intake, &e->source);
    transport_close(e->transport);
    e->transport = NULL;
}

static void on_message(struct intake_source *s, uint8_t type, struct span body)
{
    struct end *e = end_of(s);
    assert_int_equal(type, MESSAGE_KEEPALIVE);
    assert_int_equal(body.len_bytes, 0);
    e->messages++;
    taken[strlen(taken)] = e->name;
    if (wanted > 0)
        wanted--;
    if (e->leaves)
        leave(e);
}

static void on_malformed(struct intake_source *s, const struct notification *error)
{
    assert_int_equal(error->code, NOTIFY_HEADER);
    end_of(s)->malformed++;
    leave(end_of(s));
}

static void on_closed(struct intake_source *s, int error)
{
    assert_int_equal(error, 0);
    end_of(s)->closed++;
    leave(end_of(s));
}

static const struct intake_handler handler = {
    .message = on_message, .malformed = on_malformed, .closed = on_closed};

static bool want_input(void *ctx, size_t message_bytes)
{
    (void)ctx;
    assert_int_equal(message_bytes, MESSAGE_HEADER_BYTES);
    return wanted > 0;
}

static void on_input_end(void *ctx)
{
    (void)ctx;
    reads++;
}

static void ignore_connected(void *ctx, int error)
{
    (void)ctx;
    (void)error;
}

static void ignore_writable(void *ctx)
{
    (void)ctx;
}

static void on_readable(void *ctx)
{
    struct end *e = ctx;
    intake_receive(intake, &e->source);
}

static const struct transport_handler transport_handler = {
    .connected = ignore_connected, .readable = on_readable, .writable = ignore_writable};

static int set_up(void **ctx)
{
    (void)ctx;
    net_init(&net);
    intake = intake_new(&net.loop, want_input, on_input_end, NULL);
    wanted = UINT32_MAX;
    reads = 0;
    memset(taken, 0, sizeof(taken));
    for (int i = 0; i < SOURCES; i++) {
        int fds[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
        struct end *e = &ends[i];
        *e = (struct end){.source.handler = &handler, .far_fd = fds[1], .name = (char)('a' + i)};
        e->transport = transport_new(&net.loop, fds[0], false, &transport_handler, e);
        intake_attach(&e->source, e->transport);
        e->source.may_wait = true;
    }
    return 0;
}

static int tear_down(void **ctx)
{
    (void)ctx;
    for (int i = 0; i < SOURCES; i++) {
        if (ends[i].transport)
            leave(&ends[i]);
        if (ends[i].far_fd >= 0)
            close(ends[i].far_fd);
    }
    intake_free(intake);
    net_close(&net);
    return 0;
}

static void write_bytes(struct end *e, const void *bytes, size_t len_bytes)
{
    assert_int_equal(write(e->far_fd, bytes, len_bytes), len_bytes);
}

static void write_keepalives(struct end *e, unsigned count)
{
    uint8_t bytes[MESSAGE_HEADER_BYTES];
    struct writer w = writer_over(bytes, sizeof(bytes));
    message_encode_keepalive(&w);
    for (unsigned i = 0; i < count; i++)
        write_bytes(e, bytes, sizeof(bytes));
}

static void close_far_end(struct end *e)
{
    close(e->far_fd);
    e->far_fd = -1;
}

/* The pause ends, and the owner takes so many messages more. */
static void take_more(unsigned count)
{
    wanted = count;
    intake_resume(intake);
    wait_until(&net, wanted == 0);
}

static void a_message_that_reads_cut_is_whole(void **ctx)
{
    (void)ctx;
    uint8_t bytes[MESSAGE_HEADER_BYTES];
    struct writer w = writer_over(bytes, sizeof(bytes));
    message_encode_keepalive(&w);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        assert_int_equal(ends[0].messages, 0);
        write_bytes(&ends[0], bytes + i, 1);
        write_keepalives(&ends[1], 1); /* it has the shared buffer between */
        wait_until(&net, reads == 2 * (i + 1));
    }
    assert_int_equal(ends[0].messages, 1);
    assert_int_equal(ends[1].messages, sizeof(bytes));
}

/* The one that used the patience up comes after those that wait already. */
static void sources_take_turns(void **ctx)
{
    (void)ctx;
    wanted = 1;
    write_keepalives(&ends[0], 6);
    wait_until(&net, ends[0].source.waits);
    write_keepalives(&ends[1], 6);
    write_keepalives(&ends[2], 6);
    wait_until(&net, ends[1].source.stopped && ends[2].source.stopped);
    assert_string_equal(taken, "a");
    /* Those whose sockets were not read are polled before input that waits goes on. */
    for (int i = 0; i < 12; i++)
        take_more(1);
    for (int i = 0; i < SOURCES; i++)
        assert_in_range(ends[i].messages, 4, 5);
    for (size_t i = 4; taken[i]; i++)
        assert_int_equal(taken[i], taken[i - 3]);
}

static void only_those_that_may_wait_are_held_up(void **ctx)
{
    (void)ctx;
    wanted = 0;
    ends[1].source.may_wait = false;
    write_keepalives(&ends[0], 1);
    wait_until(&net, ends[0].source.waits);
    write_keepalives(&ends[1], 2);
    wait_until(&net, ends[1].messages == 2);
    assert_int_equal(ends[0].messages, 0);
}

/* The end of the input comes after what waits. */
static void all_messages_come_before_the_end(void **ctx)
{
    (void)ctx;
    wanted = 1;
    write_keepalives(&ends[0], 3);
    close_far_end(&ends[0]);
    wait_until(&net, ends[0].source.waits);
    take_more(1);
    assert_int_equal(ends[0].closed, 0);
    take_more(1);
    wanted = 1;
    intake_resume(intake);
    wait_until(&net, ends[0].closed == 1);
    assert_string_equal(taken, "aaa");
}

static void one_that_leaves_takes_its_input_with_it(void **ctx)
{
    (void)ctx;
    wanted = 1;
    write_keepalives(&ends[0], 3);
    wait_until(&net, ends[0].source.waits);
    write_keepalives(&ends[1], 3);
    wait_until(&net, ends[1].source.stopped);
    leave(&ends[0]);
    ends[1].leaves = true;
    write_keepalives(&ends[2], 1);
    wanted = UINT32_MAX;
    intake_resume(intake);
    wait_until(&net, ends[2].messages == 1 && ends[1].messages == 1);
    assert_int_equal(ends[0].messages, 1);
}

static void what_is_no_message_is_said(void **ctx)
{
    (void)ctx;
    static const uint8_t zeroes[MESSAGE_HEADER_BYTES];
    write_keepalives(&ends[0], 1);
    write_bytes(&ends[0], zeroes, sizeof(zeroes));
    wait_until(&net, ends[0].malformed == 1);
    assert_int_equal(ends[0].messages, 1);
    assert_int_equal(ends[0].closed, 0);
}

#define NET(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET(a_message_that_reads_cut_is_whole),       NET(sources_take_turns),
        NET(only_those_that_may_wait_are_held_up),    NET(all_messages_come_before_the_end),
        NET(one_that_leaves_takes_its_input_with_it), NET(what_is_no_message_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
