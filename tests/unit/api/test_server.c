/* The API server over real connections: HTTP, access, streams, and clients that behave badly. The
 * server runs on a loop in the test's thread, as in the daemon; clients are blocking threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../keys.h"
#include "api/http.h"
#include "api/server.h"
#include "base/time.h"
#include "fake_speaker.h"

#define DEADLINE_MS 60000

static struct speaker speaker;
static uv_loop_t loop;
static struct api_server *server;

static int setup(void **state)
{
    (void)state;
    fake_speaker_init(&speaker);
    ip_parse("127.0.0.1", &speaker.config.api_sockets[0].addr);
    speaker.config.api_socket_count = 1;
    speaker.config.api_token = (char *)"secret";
    uv_loop_init(&loop);
    struct strbuf error = {0};
    server = api_server_new(&loop, &speaker, NULL, &error);
    assert_non_null(server);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_server_free(server);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(speaker.open_queries, 0);
    fake_speaker_release(&speaker);
    return 0;
}

/* --- clients --- */

/* What a client thread does, and what came of it. */
struct client {
    const char *head; /* everything up to the Content-Length */
    const char *body;
    size_t body_bytes; /* 0: strlen(body) */
    uint16_t port;
    size_t read_bytes; /* close after so many bytes; 0: read to the end */
    struct strbuf answer;
    uint64_t first_byte_ns;
    uint64_t all_ns;
    atomic_bool done;
    pthread_t thread;
};

#define POST_TO(host)                                                                              \
    "POST / HTTP/1.1\r\nHost: " host "\r\nContent-Type: application/json\r\nConnection: close\r\n"
#define POST POST_TO("localhost")

static int dial(uint16_t port)
{
    struct endpoint where = *api_server_endpoint(server);
    struct sockaddr_storage sa;
    socklen_t len = ip_to_sockaddr(&where.addr, port, &sa);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&sa, len) != 0)
        abort();
    return fd;
}

static void send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the server has enough; it says why in its answer */
        data += sent;
        len -= (size_t)sent;
    }
}

static void *run_client(void *ctx)
{
    struct client *c = ctx;
    uint64_t start_ns = time_mono_ns();
    int fd = dial(c->port);
    struct strbuf head = {0};
    size_t body_bytes = c->body_bytes ? c->body_bytes : strlen(c->body);
    strbuf_printf(&head, "%sContent-Length: %zu\r\n\r\n", c->head, body_bytes);
    send_all(fd, strbuf_text(&head), head.len_bytes);
    strbuf_release(&head);
    send_all(fd, c->body, body_bytes);
    char *block = malloc(1 << 16);
    ssize_t got;
    while ((got = recv(fd, block, 1 << 16, 0)) > 0) {
        if (c->first_byte_ns == 0)
            c->first_byte_ns = time_mono_ns() - start_ns;
        strbuf_add_bytes(&c->answer, block, (size_t)got);
        if (c->read_bytes > 0 && c->answer.len_bytes >= c->read_bytes)
            break;
    }
    c->all_ns = time_mono_ns() - start_ns;
    free(block);
    close(fd);
    atomic_store(&c->done, true);
    return NULL;
}

static void start(struct client *c)
{
    c->port = api_server_endpoint(server)->port;
    assert_int_equal(pthread_create(&c->thread, NULL, run_client, c), 0);
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer; /* the loop comes round, */
    if (speaker.reload_looks == 1)
        api_server_reconfigure(server, NULL); /* and a reload that is waited for has ended */
}

/* Runs the loop until `*done`, never blocking for long. */
static void run_until(const atomic_bool *done)
{
    uint64_t end_ms = time_mono_ms() + DEADLINE_MS;
    static uv_timer_t tick;
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 5, 5);
    while (!atomic_load(done) && time_mono_ms() < end_ms)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_true(atomic_load(done));
}

static void finish(struct client *c)
{
    run_until(&c->done);
    pthread_join(c->thread, NULL);
}

/* The status of an answer, 0 when there is none. */
static long status_of(const struct client *c)
{
    const char *text = strbuf_text(&c->answer);
    bool http = strncmp(text, "HTTP/1.", 7) == 0 && strlen(text) > 9;
    return http ? strtol(text + 9, NULL, 10) : 0;
}

/* The body of an answer, chunks joined. */
static char *body_of(const struct client *c)
{
    const char *text = strbuf_text(&c->answer);
    const char *body = strstr(text, "\r\n\r\n");
    assert_non_null(body);
    body += 4;
    bool chunked = strcasestr(text, "Transfer-Encoding: chunked") != NULL;
    if (!chunked || strcasestr(text, "Transfer-Encoding: chunked") > body)
        return strdup(body);
    struct strbuf joined = {0};
    const char *end = text + c->answer.len_bytes;
    while (body < end) {
        char *data;
        size_t len = strtoul(body, &data, 16);
        assert_memory_equal(data, "\r\n", 2);
        data += 2;
        if (len == 0) {
            body = data + 2;
            break;
        }
        assert_true((size_t)(end - data) >= len + 2);
        strbuf_add_bytes(&joined, data, len);
        body = data + len + 2;
    }
    assert_ptr_equal(body, end); /* the last chunk came */
    return strbuf_take(&joined);
}

static json_t *json_of(const struct client *c)
{
    char *body = body_of(c);
    json_t *json = json_loads(body, 0, NULL);
    if (!json)
        fail_msg("not JSON: %.200s", body);
    free(body);
    return json;
}

static int error_of(const struct client *c)
{
    json_t *json = json_of(c);
    json_t *code = json_object_get(json_object_get(json, "error"), "code");
    int value = (int)json_integer_value(code);
    json_decref(json);
    return value;
}

#define VERSION "{\"jsonrpc\":\"2.0\",\"method\":\"version\",\"id\":1}"
#define RELOAD  "{\"jsonrpc\":\"2.0\",\"method\":\"reload\",\"id\":1}"
#define LEARNED "{\"jsonrpc\":\"2.0\",\"method\":\"show_routes_learned\",\"id\":1}"

/* --- HTTP --- */

static void test_http(void **state)
{
    (void)state;
    enum { BODY_MAX_BYTES = 2 << 20 }; /* of the fake's configuration */
    static char large[BODY_MAX_BYTES + 1];
    memset(large, ' ', sizeof(large));
    memcpy(large, VERSION, sizeof(VERSION) - 1);
    static const struct {
        const char *head;
        const char *body;
        size_t body_bytes;
        int status;
    } cases[] = {
        {POST, VERSION, 0, 200},
        {POST, "{", 0, 200},
        {POST, "{\"jsonrpc\":\"2.0\",\"method\":\"version\"}", 0, 204},
        {"POST / HTTP/1.0\r\nContent-Type: application/json\r\n", VERSION, 0, 200},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json; charset=utf-8\r\n"
         "Connection: close\r\n",
         VERSION, 0, 200},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json-rpc\r\n"
         "Connection: close\r\n",
         VERSION, 0, 200},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: Application/JSONRequest;charset=utf-8\r\n"
         "Connection: close\r\n",
         VERSION, 0, 200},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json-rpcs\r\n"
         "Connection: close\r\n",
         VERSION, 0, 415},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nConnection: close\r\n", VERSION,
         0, 415},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/jsonish\r\nConnection: "
         "close\r\n",
         VERSION, 0, 415},
        {"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", VERSION, 0, 415},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", "", 0, 405},
        {"PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", VERSION, 0, 405},
        {"OPTIONS / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", "", 0, 405},
        {"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n",
         VERSION, 0, 404},
        {POST, large, BODY_MAX_BYTES / 2, 200},
        {POST, large, BODY_MAX_BYTES + 1, 413},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client c = {
            .head = cases[i].head, .body = cases[i].body, .body_bytes = cases[i].body_bytes};
        start(&c);
        finish(&c);
        const char *text = strbuf_text(&c.answer);
        if (status_of(&c) != cases[i].status)
            fail_msg("case %zu: %.200s", i, text);
        if (cases[i].status == 405)
            assert_non_null(strstr(text, "Allow: POST"));
        if (cases[i].status >= 400)
            assert_int_equal(error_of(&c), JSONRPC_INVALID_REQUEST);
        strbuf_release(&c.answer);
    }
}

/* What libmicrohttpd refuses by itself has a body of JSON as well, once and as a whole. */
static void test_no_http(void **state)
{
    (void)state;
    static char headers[200000];
    static char line[200000];
    int len = snprintf(headers, sizeof(headers), "%sX-Long: ", POST);
    memset(headers + len, 'x', 100000);
    memcpy(headers + len + 100000, "\r\n", 3);
    len = snprintf(line, sizeof(line), "POST /");
    memset(line + len, 'x', 100000);
    strcpy(line + len + 100000, " HTTP/1.1\r\nHost: x\r\n");
    const struct {
        const char *head;
        int status;
    } cases[] = {
        {"POST / HTTP/3.0\r\nHost: x\r\n", 505},
        {"POST / HTTP/0.9\r\nHost: x\r\n", 505},
        {"a b c d\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nno colon\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n", 413},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n", 400},
        {headers, 431},
        {line, 414},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client c = {.head = cases[i].head, .body = "no chunk\r\n"};
        start(&c);
        finish(&c);
        const char *text = strbuf_text(&c.answer);
        if (status_of(&c) != cases[i].status)
            fail_msg("case %zu: %.200s", i, text);
        assert_non_null(strcasestr(text, "Content-Type: application/json"));
        assert_int_equal(error_of(&c), JSONRPC_INVALID_REQUEST);
        strbuf_release(&c.answer);
    }
}

/* Several requests on one connection, all sent before the first answer is read. */
static void test_keep_alive(void **state)
{
    (void)state;
    assert_int_equal(strlen(VERSION), 43);
    struct client c = {
        .head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                "Content-Length: 43\r\n\r\n" VERSION
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                "Connection: close\r\n",
        .body = VERSION,
    };
    start(&c);
    finish(&c);
    const char *second = strstr(strbuf_text(&c.answer) + 1, "HTTP/1.1 200");
    assert_non_null(second);
    assert_non_null(strstr(second, "\"result\""));
    strbuf_release(&c.answer);
}

/* --- access ------------------------------------------------------------------------------------
 */

static void test_access(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int code; /* of the error; 0: none */
    } cases[] = {
        {POST, 0},
        {POST_TO("127.0.0.1:8080"), 0},
        {POST_TO("[::1]:8080"), 0},
        {POST_TO("bgp.example.net:8080"), 0}, /* listed in api_hosts */
        {"POST / HTTP/1.0\r\nContent-Type: application/json\r\n", 0},
        /* Another name that resolves to this machine (DNS rebinding). */
        {POST_TO("evil.example"), -32003},
        {POST_TO("evil.example:8080") "Origin: http://evil.example:8080\r\n", -32003},
        {POST_TO("evil.example") "Authorization: Bearer secret\r\n", 0},
        {POST_TO("bgp.evil.example") "Authorization: Bearer wrong\r\n", -32003},
        {POST_TO("localhost:8080") "Origin: http://localhost:8080\r\n", 0},
        {POST_TO("localhost:8080") "Origin: http://localhost:9090\r\n", -32003},
        {POST "X-Forwarded-For: 192.0.2.1\r\nOrigin: http://localhost\r\n"
              "Authorization: Bearer secret\r\n",
         -32003},
        {POST "Origin: http://evil.example\r\n", -32003},
        {POST "Origin: null\r\nAuthorization: Bearer secret\r\n", -32003},
        {POST "X-Forwarded-For: 192.0.2.1\r\n", -32003},
        {POST "Forwarded: for=192.0.2.1\r\n", -32003},
        {POST "Via: 1.1 proxy\r\n", -32003},
        {POST "X-Real-IP: 192.0.2.1\r\n", -32003},
        {POST "X-Forwarded-For: 192.0.2.1\r\nAuthorization: Bearer wrong\r\n", -32003},
        {POST "X-Forwarded-For: 192.0.2.1\r\nAuthorization: Basic secret\r\n", -32003},
        {POST "X-Forwarded-For: 192.0.2.1\r\nAuthorization: Bearer secret\r\n", 0},
        {POST "X-Forwarded-For: 192.0.2.1\r\nauthorization: bearer secret\r\n", 0},
    };
    unsigned allowed = 0;
    static char listed[] = "bgp.example.net";
    static char *hosts[] = {listed};
    speaker.config.api_hosts = hosts;
    speaker.config.api_host_count = 1;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client c = {.head = cases[i].head, .body = RELOAD};
        start(&c);
        finish(&c);
        assert_int_equal(status_of(&c), 200);
        assert_int_equal(error_of(&c), cases[i].code);
        assert_null(strstr(strbuf_text(&c.answer), "secret"));
        allowed += cases[i].code == 0;
        strbuf_release(&c.answer);
        struct client reader = {.head = cases[i].head, .body = VERSION};
        start(&reader);
        finish(&reader);
        assert_int_equal(error_of(&reader), 0);
        strbuf_release(&reader.answer);
    }
    assert_int_equal(speaker.actions, allowed);
}

/* --- streams ------------------------------------------------------------------------------------
 */

static void make_route(unsigned i, struct route_view *ret)
{
    ret->family = FAMILY_IPV4_UNICAST;
    struct ip_addr addr = ip_from_v4(i << 8);
    ret->nlri.key = prefix_key(prefix_make(IP_V4, 24, addr.bytes));
    ret->source_peer = ip_from_v4(0x7f000002);
    ret->received_mono_s = 1000;
    ret->attrs = fake_attrs();
}

static void assert_all_routes(const struct client *c, unsigned count)
{
    json_t *json = json_of(c);
    json_t *list = json_object_get(json, "result");
    assert_int_equal(json_array_size(list), count);
    struct route_view last = {0};
    make_route(count - 1, &last);
    char text[PREFIX_TEXT_MAX];
    struct prefix expected = prefix_make(IP_V4, (uint8_t)last.nlri.key.len, last.nlri.key.bytes);
    const json_t *prefix = json_object_get(json_array_get(list, count - 1), "prefix");
    assert_string_equal(json_string_value(prefix), prefix_format(&expected, text));
    json_decref(json);
}

/* The longest time that the loop does not come round while a list is streamed: processor time of
 * this thread, so that other processes do not count. */
static uint64_t last_turn_ns;
static uint64_t longest_turn_ns;

static void measure_turn(uv_prepare_t *handle)
{
    (void)handle;
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    uint64_t now_ns = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
    if (last_turn_ns != 0 && now_ns - last_turn_ns > longest_turn_ns)
        longest_turn_ns = now_ns - last_turn_ns;
    last_turn_ns = now_ns;
}

static void test_long_list(void **state)
{
    (void)state;
    speaker.make_route = make_route;
    speaker.route_count = 100000;
    uv_prepare_t prepare;
    uv_prepare_init(&loop, &prepare);
    uv_prepare_start(&prepare, measure_turn);
    struct client c = {.head = POST, .body = LEARNED};
    start(&c);
    finish(&c);
    uv_close((uv_handle_t *)&prepare, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(status_of(&c), 200);
    assert_all_routes(&c, 100000);
    print_message(
        "100000 routes: first byte %.2f ms, all %.0f ms, %zu bytes, longest turn %.2f ms\n",
        (double)c.first_byte_ns / 1e6, (double)c.all_ns / 1e6, c.answer.len_bytes,
        (double)longest_turn_ns / 1e6);
    strbuf_release(&c.answer);
}

static void test_yields_do_not_stall(void **state)
{
    (void)state;
    speaker.make_route = make_route;
    speaker.route_count = 2000;
    speaker.yield_every = 1;
    struct client c = {.head = POST, .body = LEARNED};
    start(&c);
    finish(&c);
    assert_all_routes(&c, 2000);
    strbuf_release(&c.answer);
}

static void test_many_streams(void **state)
{
    (void)state;
    enum { CLIENTS = 40 };
    static struct client clients[CLIENTS];
    speaker.make_route = make_route;
    speaker.route_count = 5000;
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.head = POST, .body = LEARNED};
        start(&clients[i]);
    }
    for (int i = 0; i < CLIENTS; i++) {
        finish(&clients[i]);
        assert_all_routes(&clients[i], 5000);
        strbuf_release(&clients[i].answer);
    }
}

/* A client that goes away in the middle of a list takes its query with it. */
static void test_client_goes_away(void **state)
{
    (void)state;
    speaker.make_route = make_route;
    speaker.route_count = UINT32_MAX;
    struct client c = {.head = POST, .body = LEARNED, .read_bytes = 100000};
    start(&c);
    finish(&c);
    uint64_t end_ms = time_mono_ms() + DEADLINE_MS;
    while (speaker.open_queries > 0 && time_mono_ms() < end_ms)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(speaker.open_queries, 0);
    strbuf_release(&c.answer);
}

/* A client that reads nothing costs nothing: neither memory nor time. */
static void test_client_that_does_not_read(void **state)
{
    (void)state;
    speaker.make_route = make_route;
    speaker.route_count = UINT32_MAX;
    int fd = dial(api_server_endpoint(server)->port);
    char request[400];
    int len = snprintf(request, sizeof(request), POST "Content-Length: %zu\r\n\r\n" LEARNED,
                       strlen(LEARNED));
    send_all(fd, request, (size_t)len);
    /* Until the socket takes no more and the loop has nothing to do. */
    int busy = 1;
    uint64_t end_ms = time_mono_ms() + DEADLINE_MS;
    while (busy > 0 && time_mono_ms() < end_ms) {
        uv_run(&loop, UV_RUN_NOWAIT);
        struct pollfd ready = {.fd = uv_backend_fd(&loop), .events = POLLIN};
        busy =
            speaker.open_queries == 0 || uv_backend_timeout(&loop) == 0 || poll(&ready, 1, 0) > 0;
    }
    assert_int_equal(busy, 0);
    assert_int_equal(speaker.open_queries, 1);
    /* Others are served meanwhile. */
    struct client c = {.head = POST, .body = VERSION};
    start(&c);
    finish(&c);
    assert_int_equal(status_of(&c), 200);
    strbuf_release(&c.answer);
    close(fd);
}

/* Ending the server in the middle of an answer frees everything (teardown looks). */
static void test_stop_while_streaming(void **state)
{
    (void)state;
    speaker.make_route = make_route;
    speaker.route_count = UINT32_MAX;
    int fd = dial(api_server_endpoint(server)->port);
    char request[400];
    int len = snprintf(request, sizeof(request), POST "Content-Length: %zu\r\n\r\n" LEARNED,
                       strlen(LEARNED));
    send_all(fd, request, (size_t)len);
    uint64_t end_ms = time_mono_ms() + DEADLINE_MS;
    while (speaker.open_queries == 0 && time_mono_ms() < end_ms)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(speaker.open_queries, 1);
    close(fd);
}

/* A batch of changes that takes more than a turn: all are carried out, and then answered. */
static void test_long_batch(void **state)
{
    (void)state;
    enum { CALLS = 5000 };
    struct strbuf body = {0};
    for (int i = 0; i < CALLS; i++)
        strbuf_printf(&body,
                      "%c{\"jsonrpc\":\"2.0\",\"method\":\"advertise_route\",\"id\":%d,"
                      "\"params\":[\"10.%d.%d.0/24\",\"10.254.0.1\"]}",
                      i == 0 ? '[' : ',', i, i >> 8, i & 255);
    strbuf_add_char(&body, ']');
    struct client c = {.head = POST, .body = strbuf_text(&body)};
    start(&c);
    finish(&c);
    assert_int_equal(speaker.actions, CALLS);
    json_t *answers = json_of(&c);
    assert_int_equal(json_array_size(answers), CALLS);
    for (int i = 0; i < CALLS; i++) {
        json_t *answer = json_array_get(answers, (size_t)i);
        assert_int_equal(json_integer_value(json_object_get(answer, "id")), i);
        assert_non_null(json_object_get(answer, "result"));
    }
    json_decref(answers);
    strbuf_release(&c.answer);
    strbuf_release(&body);
}

/* --- reload -------------------------------------------------------------------------------------
 */

static void test_address_changes(void **state)
{
    (void)state;
    uint16_t old_port = api_server_endpoint(server)->port;
    /* The same port of all addresses: overlaps the old one. */
    ip_parse("0.0.0.0", &speaker.config.api_sockets[0].addr);
    speaker.config.api_sockets[0].port = old_port;
    struct client c = {.head = POST, .body = RELOAD};
    start(&c);
    finish(&c);
    assert_int_equal(error_of(&c), 0);
    strbuf_release(&c.answer);
    struct reload_summary summary = {0};
    api_server_reconfigure(server, &summary); /* as the daemon does when a reload has ended */
    assert_true(ip_is_unspecified(&api_server_endpoint(server)->addr));
    assert_int_equal(api_server_endpoint(server)->port, old_port);
    assert_int_equal(summary.sockets_opened, 1);
    assert_int_equal(summary.sockets_closed, 1);
    assert_int_equal(summary.failed.len_bytes, 0);

    /* An address that this machine does not have: the old one stays. */
    ip_parse("192.0.2.77", &speaker.config.api_sockets[0].addr);
    api_server_reconfigure(server, &summary);
    assert_true(ip_is_unspecified(&api_server_endpoint(server)->addr));
    assert_int_equal(summary.sockets_closed, 1);
    assert_non_null(strstr(strbuf_text(&summary.failed), "API: cannot listen on 192.0.2.77:"));
    assert_int_equal(summary.warnings.len_bytes, 0);
    strbuf_release(&summary.failed);
    struct client again = {.head = POST, .body = VERSION};
    start(&again);
    finish(&again);
    assert_int_equal(status_of(&again), 200);
    strbuf_release(&again.answer);
}

static void test_address_in_use(void **state)
{
    (void)state;
    struct strbuf error = {0};
    const struct api_where where = {.endpoint = *api_server_endpoint(server)};
    assert_null(api_server_new(&loop, &speaker, &where, &error));
    assert_true(error.len_bytes > 0);
    strbuf_release(&error);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_http),
        TEST(test_no_http),
        TEST(test_keep_alive),
        TEST(test_access),
        /* Before lists leave much free memory behind: with MALLOC_PERTURB_, which Meson sets, glibc
         * fills all of it whenever a neighbour grows. */
        TEST(test_long_batch),
        TEST(test_long_list),
        TEST(test_yields_do_not_stall),
        TEST(test_many_streams),
        TEST(test_client_goes_away),
        TEST(test_client_that_does_not_read),
        TEST(test_stop_while_streaming),
        TEST(test_address_changes),
        TEST(test_address_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
