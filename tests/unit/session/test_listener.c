/* Listening sockets, MD5 signatures and socket options. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "fixture.h"
#include "session/tcp.h"

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

static struct endpoint endpoint_of(const char *address, uint16_t port)
{
    struct endpoint e = {.port = port};
    assert_int_equal(ip_parse(address, &e.addr), 0);
    return e;
}

static void any_ipv6_takes_ipv4(void **ctx)
{
    (void)ctx;
    struct listener *l;
    struct accepted accepted = {0};
    struct endpoint where = endpoint_of("::", 0);
    assert_int_equal(listener_new(&net.loop, &where, &noting, &accepted, &l, NULL), 0);
    uint16_t port = listener_endpoint(l)->port;
    assert_true(port > 0);
    struct raw r;
    raw_connect(&r, &net, "127.0.0.5", endpoint_of("127.0.0.6", port));
    wait_until(&net, accepted.count == 1);
    assert_int_equal(accepted.remote.addr.version, IP_V4);
    assert_int_equal(ip_to_v4(&accepted.remote.addr), 0x7f000005);
    assert_int_equal(ip_to_v4(&accepted.local.addr), 0x7f000006);
    raw_close(&r);
    raw_connect(&r, &net, "::1", endpoint_of("::1", port));
    wait_until(&net, accepted.count == 2);
    assert_int_equal(accepted.remote.addr.version, IP_V6);
    raw_close(&r);
    listener_free(l);
}

static void says_why_it_cannot_listen(void **ctx)
{
    (void)ctx;
    struct listener *first;
    struct listener *second = NULL;
    struct strbuf error = {0};
    struct endpoint where = endpoint_of("127.0.0.7", 0);
    assert_int_equal(listener_new(&net.loop, &where, &noting, NULL, &first, NULL), 0);
    where.port = listener_endpoint(first)->port;
    assert_int_equal(listener_new(&net.loop, &where, &noting, NULL, &second, &error), ERR_IO);
    assert_int_equal(errno, EADDRINUSE);
    assert_non_null(strstr(strbuf_text(&error), "cannot listen on 127.0.0.7:"));
    assert_null(second);
    strbuf_release(&error);
    where = endpoint_of("2001:db8::99", 1790);
    assert_int_equal(listener_new(&net.loop, &where, &noting, NULL, &second, &error),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(strbuf_text(&error), "[2001:db8::99]:1790"));
    strbuf_release(&error);
    where = endpoint_of("fe80::1%nosuchif0", 1790);
    assert_int_equal(listener_new(&net.loop, &where, &noting, NULL, &second, NULL), ERR_NOT_FOUND);
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

static void options_follow_the_config(void **ctx)
{
    (void)ctx;
    struct config_peer config = {.remote_as = 1, .local_as = 2};
    struct ip_addr remote = endpoint_of("127.0.0.9", 0).addr;
    int fd = tcp_socket(IP_V4);
    assert_int_equal(tcp_apply_peer(fd, &remote, &config, true), 0);
    assert_int_equal(option(fd, IPPROTO_IP, IP_TTL), 1);
    assert_int_equal(option(fd, IPPROTO_IP, IP_TOS), 0xc0);
    struct ip_addr far = endpoint_of("203.0.113.1", 0).addr;
    assert_int_equal(tcp_apply_peer(fd, &far, &config, false), 0);
    assert_int_equal(option(fd, IPPROTO_IP, IP_TTL), 64);
    config.multihop = 5;
    assert_int_equal(tcp_apply_peer(fd, &remote, &config, true), 0);
    assert_int_equal(option(fd, IPPROTO_IP, IP_TTL), 5);
    config.multihop = 0;
    config.ttl_security = true;
    assert_int_equal(tcp_apply_peer(fd, &remote, &config, true), 0);
    assert_int_equal(option(fd, IPPROTO_IP, IP_TTL), 255);
    assert_int_equal(option(fd, IPPROTO_IP, IP_MINTTL), 255);
    close(fd);
    fd = tcp_socket(IP_V6);
    remote = endpoint_of("::1", 0).addr;
    config.multihop = 3;
    assert_int_equal(tcp_apply_peer(fd, &remote, &config, true), 0);
    assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 255);
    assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT), 253);
    assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_TCLASS), 0xc0);
    close(fd);
}

static void gtsm_session_comes_up(void **ctx)
{
    (void)ctx;
    struct speaker a;
    struct speaker b;
    speaker_pair(&a, &b, &net);
    a.config.ttl_security = b.config.ttl_security = true;
    speaker_start(&b);
    speaker_start(&a);
    wait_until(&net, peer_established(a.peer) && peer_established(b.peer));
    speaker_release(&a);
    speaker_release(&b);
}

/* --- MD5 --- */

static bool kernel_has_md5(void)
{
    struct prefix p;
    prefix_parse("127.0.0.1", &p, NULL);
    int fd = tcp_socket(IP_V4);
    int err = tcp_set_md5(fd, IP_V4, &p, "secret");
    close(fd);
    return err == 0;
}

static char password[] = "secret";
static char wrong[] = "sesame";

/* A session of a speaker with an MD5 key for `network` on its listener. */
static void md5_session(struct speaker *a, struct speaker *b, const char *network, char *key)
{
    struct prefix remote;
    assert_int_equal(prefix_parse(network, &remote, NULL), 0);
    speaker_pair(a, b, &net);
    a->config.md5_password = password;
    assert_int_equal(listener_set_md5(b->listener, &remote, key), 0);
    speaker_start(b);
    speaker_start(a);
}

static void right_key(void **ctx)
{
    (void)ctx;
    if (!kernel_has_md5())
        skip();
    static const char *const networks[] = {"127.0.0.11", "127.0.0.0/28"};
    for (int i = 0; i < 2; i++) {
        struct speaker a;
        struct speaker b;
        md5_session(&a, &b, networks[i], password);
        wait_until(&net, peer_established(a.peer) && peer_established(b.peer));
        speaker_release(&a);
        speaker_release(&b);
    }
}

static void wrong_key_and_its_repair(void **ctx)
{
    (void)ctx;
    if (!kernel_has_md5())
        skip();
    struct speaker a;
    struct speaker b;
    struct prefix remote;
    md5_session(&a, &b, "127.0.0.11", wrong);
    /* Segments with a wrong signature are dropped: the attempt runs into the retry timer. */
    wait_until(&net, strlen(peer_last_error(a.peer)) > 0);
    assert_non_null(strstr(peer_last_error(a.peer), "timed out"));
    assert_int_equal(b.accepted, 0);
    prefix_parse("127.0.0.11", &remote, NULL);
    assert_int_equal(listener_set_md5(b.listener, &remote, password), 0);
    wait_until(&net, peer_established(a.peer) && peer_established(b.peer));
    speaker_release(&a);
    speaker_release(&b);
}

static void no_key_where_one_is_needed(void **ctx)
{
    (void)ctx;
    if (!kernel_has_md5())
        skip();
    struct speaker a;
    struct speaker b;
    struct prefix remote;
    md5_session(&a, &b, "127.0.0.11", NULL); /* removing what is not there is no error */
    wait_until(&net, strlen(peer_last_error(a.peer)) > 0);
    assert_int_equal(b.accepted, 0);
    prefix_parse("127.0.0.0/28", &remote, NULL);
    assert_int_equal(listener_set_md5(b.listener, &remote, password), 0);
    wait_until(&net, peer_established(a.peer) && peer_established(b.peer));
    speaker_release(&a);
    speaker_release(&b);
}

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
        assert_int_equal(listener_new(&net.loop, &where, &keeping, &kept, &l, NULL), 0);
        uint16_t port = listener_endpoint(l)->port;
        struct raw with_key;
        struct raw without;
        raw_connect(&with_key, &net, "127.0.0.11", endpoint_of("127.0.0.12", port));
        wait_until(&net, kept.count == 1);
        raw_connect(&without, &net, "127.0.0.13", endpoint_of("127.0.0.12", port));
        wait_until(&net, kept.count == 2);
        struct config_peer config = {.remote_as = 1, .local_as = 1, .md5_password = password};
        struct ip_addr remote = endpoint_of("127.0.0.11", 0).addr;
        assert_int_equal(tcp_apply_peer(kept.fds[0], &remote, &config, true), 0);
        assert_int_equal(write(with_key.fd, "x", 1), 1);
        assert_int_equal(write(without.fd, "x", 1), 1);
        wait_until(&net, waiting_bytes(kept.fds[1]) == 1);
        assert_int_equal(waiting_bytes(kept.fds[0]), 0);
        close(kept.fds[0]);
        close(kept.fds[1]);
        raw_close(&with_key);
        raw_close(&without);
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
        struct speaker a;
        struct listener *l;
        struct accepted accepted = {0};
        struct prefix remote;
        struct endpoint where = endpoint_of("::", 0);
        speaker_init(&a, &net, "127.0.0.11", "127.0.0.12");
        assert_int_equal(listener_new(&net.loop, &where, &noting, &accepted, &l, NULL), 0);
        prefix_parse(networks[i], &remote, NULL);
        assert_int_equal(listener_set_md5(l, &remote, password), 0);
        a.config.passive = false;
        a.config.dest_port = listener_endpoint(l)->port;
        a.config.md5_password = password;
        speaker_start(&a);
        wait_until(&net, accepted.count > 0);
        assert_int_equal(ip_to_v4(&accepted.remote.addr), 0x7f00000b);
        speaker_release(&a);
        listener_free(l);
    }
}

#define NET(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET(any_ipv6_takes_ipv4),
        NET(says_why_it_cannot_listen),
        cmocka_unit_test(options_follow_the_config),
        NET(gtsm_session_comes_up),
        NET(right_key),
        NET(wrong_key_and_its_repair),
        NET(no_key_where_one_is_needed),
        NET(accepted_connections_have_the_key),
        NET(mapped_addresses_have_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
