/* Requests that nobody should send: valid ones with bytes changed, cut and doubled, and lines that
 * are not HTTP. Every answer must be JSON, and the server must be there afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../keys.h"
#include "api/answer.h"
#include "api/call_log.h"
#include "api/server.h"
#include "base/log.h"
#include "base/time.h"
#include "fake_speaker.h"

#define DEADLINE_MS 60000

static const char *const requests[] = {
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"show_peers\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"show_peer_detail\",\"params\":[\"127.0.0.2\"]}",
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"show_routes\",\"params\":{\"family\":\"ipv4 "
    "unicast\",\"exact\":\"10.0.0.0/8\",\"from_peer\":\"127.0.0.0/28\",\"as\":\"1.10\","
    "\"community\":\"target:65000:1\",\"best\":true,\"limit\":3,\"cursor\":\"at-1\"}}",
    "[{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"advertise_route\",\"params\":[\"10.0.0.0/8\","
    "\"10.254.0.1\",\"IGP\",[\"100\",200,\"{3 4}\"],1,2,[\"101\",\"65000:1:2\"]]},"
    "{\"jsonrpc\":\"2.0\",\"method\":\"reset_peer\",\"params\":{\"peer\":\"::2\"}}]",
    "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"advertise_flow\",\"params\":{\"afi\":2,"
    "\"action\":\"traffic-rate 24000\",\"matches\":[\"source 3001:100::/56\",\"protocol tcp\","
    "\"destination-port >8000 <=8080\",\"fragment is-fragment\"],\"origin\":\"EGP\"}}",
    ("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"explain\",\"params\":{\"prefix\":\"10.0.0.1\","
     "\"peer\":\"::2\",\"out\":true,\"family\":\"ipv4 vpn\",\"rd\":\"1:2\"}}"),
    "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"withdraw_flow\",\"params\":[1,[\"dscp 4\"]]}",
};
#define REQUEST_COUNT (sizeof(requests) / sizeof(requests[0]))

static uint64_t random_state;

static unsigned random_below(unsigned bound)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % bound;
}

/* Changes `text` (of at most `room` bytes) in one place; returns the new length. */
static size_t mutate(char *text, size_t len, size_t room)
{
    static const char *const pieces[] = {"\"", "{",    "}",    "[",  "]",    ",",    ":",
                                         "0",  "-1",   "null", "\\", "\xff", "\\u0", "1e999",
                                         "%",  "9999", "/",    "::", "true", " ",    "\n"};
    size_t at = random_below((unsigned)len + 1);
    if (random_below(3) == 0 && len > 1) { /* something goes */
        size_t gone = random_below(8) + 1;
        if (gone > len - at)
            gone = len - at;
        memmove(text + at, text + at + gone, len - at - gone);
        return len - gone;
    }
    const char *piece = pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))];
    size_t piece_len = strlen(piece);
    if (len + piece_len > room)
        return len;
    memmove(text + at + piece_len, text + at, len - at);
    for (size_t i = 0; i < piece_len; i++)
        text[at + i] = piece[i];
    return len + piece_len;
}

static size_t garbage(char *text, size_t room)
{
    const char *request = requests[random_below(REQUEST_COUNT)];
    size_t len = (size_t)snprintf(text, room, "%s", request);
    for (unsigned n = random_below(4) + 1; n > 0; n--)
        len = mutate(text, len, room);
    return len;
}

static void make_route(unsigned i, struct route_view *ret)
{
    (void)i;
    ret->source_peer = ip_from_v4(0x7f000002);
    ret->nlri.key = prefix_key((struct prefix){.version = IP_V4});
    ret->attrs = fake_attrs();
}

static void test_bodies(void **state)
{
    (void)state;
    struct speaker speaker;
    fake_speaker_init(&speaker);
    fake_peer_add(&speaker, "127.0.0.2");
    speaker.make_route = make_route;
    speaker.route_count = 5;
    struct route_counts_room counts_room = {0};
    struct method_env env = {.speaker = &speaker,
                             .renderer = route_renderer_new(),
                             .counts = &counts_room,
                             .log = call_log_sources()};
    struct caller client = {.access = ACCESS_FULL, .place.addr = ip_from_v4(0x7f000001)};
    unsigned results = 0;
    random_state = 1;
    while (results < 3000) { /* so many that were still understood */
        char text[2048];
        size_t len = garbage(text, sizeof(text));
        struct answer *a = answer_new(&env, &client, JSONRPC_DOCUMENT);
        answer_feed(a, text, len);
        answer_end(a);
        assert_true(answer_prepare(a, UINT64_MAX));
        if (answer_wants_answer(a)) {
            answer_fill(a, SIZE_MAX, UINT64_MAX);
            assert_true(answer_complete(a));
            size_t size = answer_ready_bytes(a);
            char *answer = malloc(size);
            assert_int_equal(answer_take(a, answer, size), size);
            json_t *json = json_loadb(answer, size, JSON_REJECT_DUPLICATES, NULL);
            if (!json)
                fail_msg("%.*s is answered by %.*s", (int)len, text, (int)size, answer);
            results += json_object_get(json, "result") != NULL;
            json_decref(json);
            free(answer);
        }
        answer_free(a);
    }
    assert_int_equal(speaker.open_queries, 0);
    route_renderer_free(env.renderer);
    log_sources_release(&env.log);
    fake_speaker_release(&speaker);
}

/* Runs the loop until it has nothing more to do: what was sent over loopback is there at once. */
static void run_until_idle(uv_loop_t *loop)
{
    uint64_t end_ms = time_mono_ms() + DEADLINE_MS;
    bool busy = true;
    while (busy && time_mono_ms() < end_ms) {
        uv_run(loop, UV_RUN_NOWAIT);
        struct pollfd ready = {.fd = uv_backend_fd(loop), .events = POLLIN};
        busy = uv_backend_timeout(loop) == 0 || poll(&ready, 1, 0) > 0;
    }
    assert_false(busy);
}

/* Sends bytes on a connection of their own, and takes what the server has to say to them. */
static void exchange(uv_loop_t *loop, const struct api_server *server, const char *bytes,
                     size_t len, struct strbuf *ret_answer)
{
    struct sockaddr_storage sa;
    const struct endpoint *where = api_server_endpoint(server);
    socklen_t sa_len = ip_to_sockaddr(&where->addr, where->port, &sa);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, sa_len), 0);
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
    run_until_idle(loop);
    char block[4096];
    ssize_t got;
    while ((got = recv(fd, block, sizeof(block), MSG_DONTWAIT)) > 0)
        strbuf_add_bytes(ret_answer, block, (size_t)got);
    close(fd);
    run_until_idle(loop);
}

#define HEAD  "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
#define BODY  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"version\"}"
#define VALID HEAD "Content-Length: 43\r\n\r\n" BODY

static void test_connections(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\r\n\r\n\r\n",
        "GARBAGE\r\n\r\n",
        "POST\r\n\r\n",
        "POST / HTTP/9.9\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /* TLS */
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x1d\x01",
        HEAD "Content-Length: -5\r\n\r\n" BODY,
        HEAD "Content-Length: 99999999999999999999999\r\n\r\n" BODY,
        HEAD "Content-Length: 1000\r\n\r\n" BODY, /* less than it says */
        HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n" BODY,
        HEAD "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" BODY,
    };
    struct speaker speaker;
    fake_speaker_init(&speaker);
    ip_parse("127.0.0.1", &speaker.config.api_sockets[0].addr);
    speaker.config.api_socket_count = 1;
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct strbuf answer = {0};
    struct api_server *server = api_server_new(&loop, &speaker, NULL, &answer);
    assert_non_null(server);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        strbuf_clear(&answer);
        exchange(&loop, server, lines[i], strlen(lines[i]), &answer);
        assert_null(strstr(strbuf_text(&answer), "\"result\""));
    }
    random_state = 7;
    for (int i = 0; i < 300; i++) {
        char text[2048] = VALID;
        size_t len = strlen(VALID);
        for (unsigned n = random_below(4) + 1; n > 0; n--)
            len = mutate(text, len, sizeof(text));
        strbuf_clear(&answer);
        exchange(&loop, server, text, len, &answer);
    }
    strbuf_clear(&answer);
    exchange(&loop, server, VALID, strlen(VALID), &answer);
    assert_non_null(strstr(strbuf_text(&answer), "\"result\":{\"name\":\"bgpd\""));
    strbuf_release(&answer);
    api_server_free(server);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    fake_speaker_release(&speaker);
}

int main(void)
{
    log_init(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
