/* Taking connections: all that wait, none while there is no descriptor for one, and an owner that
 * has enough in the midst of them. */
#include "net/acceptor.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "net_fixture.h"

enum { CLIENTS = 100 };

static struct net net;
static struct acceptor acceptor;
static struct sockaddr_un address;
static socklen_t address_len;
static int clients[CLIENTS];
static unsigned accepted;
static unsigned enough; /* after so many it is closed; 0: never */
static unsigned refusals;
static int refusal;
static bool is_closed;

static void on_accept(void *ctx, int fd)
{
    assert_ptr_equal(ctx, &acceptor);
    close(fd);
    if (++accepted == enough)
        acceptor_close(&acceptor);
}

static void on_out_of_room(void *ctx, int error)
{
    assert_ptr_equal(ctx, &acceptor);
    refusals++;
    refusal = error;
}

static void on_closed(void *ctx)
{
    assert_ptr_equal(ctx, &acceptor);
    assert_false(is_closed);
    is_closed = true;
}

static const struct acceptor_handler handler = {on_accept, on_out_of_room, on_closed};

static int set_up(void **state)
{
    (void)state;
    accepted = enough = refusals = 0;
    is_closed = false;
    net_init(&net);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address = (struct sockaddr_un){.sun_family = AF_UNIX}; /* the kernel finds a name */
    address_len = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &address_len), 0);
    assert_int_equal(listen(fd, CLIENTS), 0);
    acceptor_init(&acceptor, &net.loop, fd, &handler, &acceptor);
    acceptor_start(&acceptor);
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(clients[i], (struct sockaddr *)&address, address_len), 0);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLIENTS; i++)
        close(clients[i]);
    if (!enough)
        acceptor_close(&acceptor);
    net_close(&net);
    return is_closed ? 0 : -1;
}

static void test_all(void **state)
{
    (void)state;
    wait_until(&net, accepted == CLIENTS);
    assert_int_equal(refusals, 0);
}

/* It does not spin, and goes on by itself. */
static void test_no_descriptors(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    wait_until(&net, refusals > 0);
    assert_false(uv_is_active((uv_handle_t *)&acceptor.poll));
    assert_int_equal(refusal, EMFILE);
    assert_int_equal(accepted, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    wait_until(&net, accepted == CLIENTS);
}

static void test_closed_by_its_owner(void **state)
{
    (void)state;
    enough = 3;
    wait_until(&net, is_closed);
    assert_int_equal(accepted, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_descriptors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed_by_its_owner, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
