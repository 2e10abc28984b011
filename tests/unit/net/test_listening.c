/* Sets of listening sockets: what is open when, and what is said of the rest. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/listening.h"
#include "net_fixture.h"

static struct net net;
static unsigned changes;
static unsigned guarded;
static struct strbuf failed;
static struct strbuf warnings;

static int set_up(void **ctx)
{
    (void)ctx;
    net_init(&net);
    changes = guarded = 0;
    return 0;
}

static int tear_down(void **ctx)
{
    (void)ctx;
    strbuf_release(&failed);
    strbuf_release(&warnings);
    net_close(&net);
    return 0;
}

static void refuse(void *ctx, int fd, const struct endpoint *remote, const struct endpoint *local)
{
    (void)ctx;
    (void)remote;
    (void)local;
    close(fd);
}

static void count_guarded(void *ctx, struct listener *l)
{
    (void)ctx;
    (void)l;
    guarded++;
}

static void count_change(void *ctx)
{
    (void)ctx;
    changes++;
}

static const struct listener_handler handler = {.guard = count_guarded, .accept = refuse};

static struct listening *new_listening(void)
{
    return listening_new(&net.loop, "TEST", &handler, count_change, NULL);
}

/* Somebody's socket; its port is one that was free. */
static struct listener *holder_at(const char *address, struct endpoint *ret_where)
{
    struct listener *l;
    struct endpoint where = endpoint_of(address, 0);
    assert_int_equal(listener_new(&net.loop, &where, &handler, NULL, NULL, 0, &l, NULL), 0);
    *ret_where = *listener_endpoint(l);
    return l;
}

static uint16_t port_at(const struct listening *l, size_t i)
{
    struct listener *found = listening_at(l, i);
    return found ? listener_endpoint(found)->port : 0;
}

static void change(struct listening *l, const struct endpoint *where, size_t count, unsigned opened,
                   unsigned closed)
{
    strbuf_clear(&failed);
    strbuf_clear(&warnings);
    struct listening_counts counts = listening_change(l, where, count, &failed, &warnings);
    assert_int_equal(counts.opened, opened);
    assert_int_equal(counts.closed, closed);
}

static void keeps_the_old_one(void **ctx)
{
    (void)ctx;
    struct listening *l = new_listening();
    struct endpoint first = endpoint_of("127.0.0.7", 0);
    struct endpoint taken;
    struct listener *other = holder_at("127.0.0.8", &taken);
    assert_int_equal(listening_open(l, &first, 1, &failed), 0);
    uint16_t port = port_at(l, 0);
    guarded = 0;
    change(l, &taken, 1, 0, 0);
    assert_non_null(strstr(strbuf_text(&failed), "TEST: cannot listen on 127.0.0.8:"));
    assert_non_null(strstr(strbuf_text(&failed), "this is tried again, and until then"));
    assert_int_equal(warnings.len_bytes, 0);
    assert_int_equal(listening_count(l), 1);
    assert_int_equal(port_at(l, 0), port);
    listening_retry(l);
    assert_int_equal(changes, 0);
    change(l, &taken, 1, 0, 0); /* nothing new, and it has failed all the same */
    assert_true(failed.len_bytes > 0);

    listener_free(other);
    wait_until(&net, changes == 1); /* by itself */
    assert_int_equal(guarded, 1);
    assert_int_equal(listening_count(l), 1);
    assert_int_equal(port_at(l, 0), taken.port);
    change(l, &taken, 1, 0, 0);
    assert_int_equal(failed.len_bytes, 0);
    listening_free(l);
}

static void goes_back(void **ctx)
{
    (void)ctx;
    struct listening *l = new_listening();
    struct endpoint first = endpoint_of("127.0.0.7", 0);
    struct endpoint taken;
    struct listener *other = holder_at("127.0.0.8", &taken);
    assert_int_equal(listening_open(l, &first, 1, &failed), 0);
    struct listener *before = listening_at(l, 0);
    change(l, &taken, 1, 0, 0);
    change(l, &first, 1, 0, 0);
    assert_int_equal(failed.len_bytes, 0);
    assert_ptr_equal(listening_at(l, 0), before);
    listener_free(other);
    listening_free(l);
}

/* 127.0.0.7 and 0.0.0.0 on one port: the new one is there before the old one goes. */
static void moves_to_what_overlaps(void **ctx)
{
    (void)ctx;
    struct listening *l = new_listening();
    struct endpoint free_port;
    listener_free(holder_at("0.0.0.0", &free_port));
    struct endpoint one = endpoint_of("127.0.0.7", free_port.port);
    assert_int_equal(listening_open(l, &one, 1, &failed), 0);
    change(l, &free_port, 1, 1, 1);
    assert_int_equal(failed.len_bytes, 0);
    change(l, &one, 1, 1, 1);
    struct listener *second;
    assert_int_equal(listener_new(&net.loop, &one, &handler, NULL, NULL, 0, &second, NULL), ERR_IO);
    assert_int_equal(errno, EADDRINUSE);
    listening_free(l);
}

static void waits_for_an_address(void **ctx)
{
    (void)ctx;
    struct listening *l = new_listening();
    struct endpoint both[] = {endpoint_of("127.0.0.7", 0), endpoint_of("192.0.2.77", 1179)};
    assert_int_equal(listening_open(l, both, 2, &failed), 0);
    assert_int_equal(failed.len_bytes, 0);
    assert_int_equal(listening_count(l), 1);
    change(l, both, 2, 0, 0); /* nothing new: it is worth a warning */
    assert_int_equal(failed.len_bytes, 0);
    assert_non_null(strstr(strbuf_text(&warnings), "192.0.2.77:1179: Cannot assign"));
    change(l, both + 1, 1, 0, 0);
    assert_non_null(strstr(strbuf_text(&failed), "until then it listens on 127.0.0.7:"));
    assert_int_equal(warnings.len_bytes, 0);
    assert_int_equal(listening_count(l), 1);
    listening_free(l);
}

static void does_not_start(void **ctx)
{
    (void)ctx;
    struct listening *l = new_listening();
    struct endpoint taken;
    struct listener *other = holder_at("127.0.0.8", &taken);
    assert_int_equal(listening_open(l, &taken, 1, &failed), ERR_IO);
    assert_non_null(
        strstr(strbuf_text(&failed), "Address already in use (by another socket of this bgpd)"));
    listener_free(other);
    listening_free(l);
    assert_null(listening_at(NULL, 0));
}

#define test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(keeps_the_old_one),    test(goes_back),      test(moves_to_what_overlaps),
        test(waits_for_an_address), test(does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
