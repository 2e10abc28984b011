/* Socket options as the configuration of a peer asks for them, and sessions with TTL security and
 * MD5 signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/prefix.h"
#include "fixture.h"
#include "session/socket_options.h"

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

static void options_follow_the_config(void **ctx)
{
    (void)ctx;
    struct config_peer config = {.remote_as = 1, .local_as = 2};
    struct tcp_options options = socket_options(&config, true);
    assert_int_equal(options.ttl, 1);
    assert_int_equal(options.minimum_ttl, 0);
    assert_int_equal(options.dscp, 48);
    assert_null(options.md5_password);
    assert_int_equal(socket_options(&config, false).ttl, 64);
    config.multihop = 5;
    assert_int_equal(socket_options(&config, true).ttl, 5);
    config.multihop = 0;
    config.ttl_security = true;
    options = socket_options(&config, true);
    assert_int_equal(options.ttl, 255);
    assert_int_equal(options.minimum_ttl, 255);
    config = (struct config_peer){.remote_as = 1, .local_as = 1};
    assert_int_equal(socket_options(&config, true).ttl, 64);
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

static char password[] = "secret";
static char wrong[] = "sesame";

/* A session of a speaker with an MD5 key for `network` on its listener. */
static void md5_session(struct speaker *a, struct speaker *b, const char *network, char *key)
{
    struct prefix remote;
    assert_int_equal(prefix_parse(network, &remote), 0);
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
    prefix_parse("127.0.0.11", &remote);
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
    prefix_parse("127.0.0.0/28", &remote);
    assert_int_equal(listener_set_md5(b.listener, &remote, password), 0);
    wait_until(&net, peer_established(a.peer) && peer_established(b.peer));
    speaker_release(&a);
    speaker_release(&b);
}

#define NET(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_follow_the_config),
        NET(gtsm_session_comes_up),
        NET(right_key),
        NET(wrong_key_and_its_repair),
        NET(no_key_where_one_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
