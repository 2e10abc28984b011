/* Listening sockets, MD5 signatures and options of connections. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/listener.h"
#include "net/tcp.h"
#include "net_fixture.h"

static struct net net;

static int set_up(void **ctx)
{
    (void)ctx;
    net_init(&net);
    return 0;
}

static int tear_down(void **ctx)
{
    (void)ctx;
    net_close(&net);
    return 0;
}

struct accepted {
    unsigned count;
    struct endpoint remote;
    struct endpoint local;
};

static void note_accept(void *ctx, int fd, const struct endpoint *remote,
                        const struct endpoint *local)
{
    struct accepted *accepted = ctx;
    accepted->count++;
    accepted->remote = *remote;
    accepted->local = *local;
    close(fd);
}

static const struct listener_handler noting = {.accept = note_accept};

/* A connection that is on its way. */
static int connect_from(const char *from, struct endpoint to, char *md5_password)
{
    struct tcp_options options = {.ttl = 64, .md5_password = md5_password};
    struct ip_addr local = endpoint_of(from, 0).addr;
    int fd;
    assert_int_equal(tcp_connect(&to, &local, &options, &fd), 0);
    return fd;
}

static void any_ipv6_takes_ipv4(void **ctx)
{
    (void)ctx;
    struct listener *l;
    struct accepted accepted = {0};
    struct endpoint where = endpoint_of("::", 0);
    assert_int_equal(listener_new(&net.loop, &where, &noting, &accepted, NULL, 0, &l, NULL), 0);
    uint16_t port = listener_endpoint(l)->port;
    assert_true(port > 0);
    int v4 = connect_from("127.0.0.5", endpoint_of("127.0.0.6", port), NULL);
    wait_until(&net, accepted.count == 1);
    assert_int_equal(accepted.remote.addr.version, IP_V4);
    assert_int_equal(ip_to_v4(&accepted.remote.addr), 0x7f000005);
    assert_int_equal(ip_to_v4(&accepted.local.addr), 0x7f000006);
    close(v4);
    int v6 = connect_from("::1", endpoint_of("::1", port), NULL);
    wait_until(&net, accepted.count == 2);
    assert_int_equal(accepted.remote.addr.version, IP_V6);
    close(v6);
    listener_free(l);
}

static void says_why_it_cannot_listen(void **ctx)
{
    (void)ctx;
    struct listener *first;
    struct listener *second = NULL;
    struct strbuf error = {0};
    struct endpoint where = endpoint_of("127.0.0.7", 0);
    assert_int_equal(listener_new(&net.loop, &where, &noting, NULL, NULL, 0, &first, NULL), 0);
    where.port = listener_endpoint(first)->port;
    assert_int_equal(listener_new(&net.loop, &where, &noting, NULL, NULL, 0, &second, &error),
                     ERR_IO);
    assert_int_equal(errno, EADDRINUSE);
    assert_non_null(strstr(strbuf_text(&error), "cannot listen on 127.0.0.7:"));
    assert_null(second);
    strbuf_release(&error);
    where = endpoint_of("2001:db8::99", 1790);
    assert_int_equal(listener_new(&net.loop, &where, &noting, NULL, NULL, 0, &second, &error),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(strbuf_text(&error), "[2001:db8::99]:1790"));
    strbuf_release(&error);
    where = endpoint_of("fe80::1%nosuchif0", 1790);
    assert_int_equal(listener_new(&net.loop, &where, &noting, NULL, NULL, 0, &second, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(errno, ENODEV);
    listener_free(first);
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

static void connections_get_their_options(void **ctx)
{
    (void)ctx;
    struct tcp_options options = {.ttl = 5, .dscp = 48};
    struct ip_addr remote = endpoint_of("127.0.0.9", 0).addr;
    int fd = tcp_socket(IP_V4);
    assert_int_equal(tcp_apply(fd, &remote, &options), 0);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(option(fd, IPPROTO_IP, IP_TTL), 5);
    assert_int_equal(option(fd, IPPROTO_IP, IP_TOS), 0xc0);
    assert_int_equal(option(fd, IPPROTO_IP, IP_MINTTL), 0);
    close(fd);
    fd = tcp_socket(IP_V6);
    remote = endpoint_of("::1", 0).addr;
    options = (struct tcp_options){.ttl = 255, .minimum_ttl = 253, .dscp = 48};
    assert_int_equal(tcp_apply(fd, &remote, &options), 0);
    assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 255);
    assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT), 253);
    assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_TCLASS), 0xc0);
    close(fd);
}

/* --- MD5 --- */

static char password[] = "secret";
struct kept {
    int fds[2];
    unsigned count;
};

static void keep_accepted(void *ctx, int fd, const struct endpoint *remote,
                          const struct endpoint *local)
{
    (void)remote;
    (void)local;
    struct kept *kept = ctx;
    kept->fds[kept->count++] = fd;
}

static const struct listener_handler keeping = {.accept = keep_accepted};

static int waiting_bytes(int fd)
{
    int bytes = -1;
    assert_int_equal(ioctl(fd, FIONREAD, &bytes), 0);
    return bytes;
}

/* A connection whose handshake was over before the listener had the key gets nothing through. */
static void accepted_connections_have_the_key(void **ctx)
{
    (void)ctx;
    if (!kernel_has_md5())
        skip();
    static const char *const listen_on[] = {"127.0.0.12", "::"};
    for (int i = 0; i < 2; i++) {
        struct listener *l;
        struct kept kept = {0};
        struct endpoint where = endpoint_of(listen_on[i], 0);
        assert_int_equal(listener_new(&net.loop, &where, &keeping, &kept, NULL, 0, &l, NULL), 0);
        uint16_t port = listener_endpoint(l)->port;
        int with_key = connect_from("127.0.0.11", endpoint_of("127.0.0.12", port), NULL);
        wait_until(&net, kept.count == 1);
        int without = connect_from("127.0.0.13", endpoint_of("127.0.0.12", port), NULL);
        wait_until(&net, kept.count == 2);
        struct tcp_options options = {.ttl = 64, .md5_password = password};
        struct ip_addr remote = endpoint_of("127.0.0.11", 0).addr;
        assert_int_equal(tcp_apply(kept.fds[0], &remote, &options), 0);
        assert_int_equal(write(with_key, "x", 1), 1);
        assert_int_equal(write(without, "x", 1), 1);
        wait_until(&net, waiting_bytes(kept.fds[1]) == 1);
        assert_int_equal(waiting_bytes(kept.fds[0]), 0);
        close(kept.fds[0]);
        close(kept.fds[1]);
        close(with_key);
        close(without);
        listener_free(l);
    }
}

static void mapped_addresses_have_keys(void **ctx)
{
    (void)ctx;
    if (!kernel_has_md5())
        skip();
    static const char *const networks[] = {"127.0.0.11", "127.0.0.0/28"};
    for (int i = 0; i < 2; i++) {
        struct listener *l;
        struct accepted accepted = {0};
        struct prefix remote;
        struct endpoint where = endpoint_of("::", 0);
        assert_int_equal(listener_new(&net.loop, &where, &noting, &accepted, NULL, 0, &l, NULL), 0);
        prefix_parse(networks[i], &remote);
        assert_int_equal(listener_set_md5(l, &remote, password), 0);
        uint16_t port = listener_endpoint(l)->port;
        int fd = connect_from("127.0.0.11", endpoint_of("127.0.0.12", port), password);
        wait_until(&net, accepted.count > 0);
        assert_int_equal(ip_to_v4(&accepted.remote.addr), 0x7f00000b);
        close(fd);
        listener_free(l);
    }
}

#define NET(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET(any_ipv6_takes_ipv4),
        NET(says_why_it_cannot_listen),
        cmocka_unit_test(connections_get_their_options),
        NET(accepted_connections_have_the_key),
        NET(mapped_addresses_have_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
