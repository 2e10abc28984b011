/* For tests with real sockets on loopback. */
#include "net_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/prefix.h"
#include "base/time.h"
#include "net/tcp.h"

enum { TICK_MS = 2 };

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

void net_init(struct net *n)
{
    uv_loop_init(&n->loop);
    uv_timer_init(&n->loop, &n->tick);
    uv_timer_start(&n->tick, on_tick, TICK_MS, TICK_MS);
}

void net_close(struct net *n)
{
    uv_close((uv_handle_t *)&n->tick, NULL);
    uv_run(&n->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&n->loop), 0);
}

void net_arm(struct net *n, uint64_t timeout_ms)
{
    n->deadline_ms = time_mono_ms() + timeout_ms;
}

bool net_turn(struct net *n)
{
    uv_run(&n->loop, UV_RUN_ONCE);
    return time_mono_ms() < n->deadline_ms;
}

struct endpoint endpoint_of(const char *address, uint16_t port)
{
    struct endpoint e = {.port = port};
    assert_int_equal(ip_parse(address, &e.addr), 0);
    return e;
}

bool kernel_has_md5(void)
{
    struct prefix p;
    prefix_parse("127.0.0.1", &p);
    int fd = tcp_socket(IP_V4);
    int err = tcp_set_md5(fd, IP_V4, &p, "secret");
    close(fd);
    return err == 0;
}
