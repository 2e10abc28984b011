/* Which connection of the API goes where room is short, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../log_lines.h"
#include "api/call_log.h"
#include "api/clients.h"

enum { PAIRS = CLIENTS_MAX + 8 };

static struct log_sources sources;
static struct api_clients clients;
static int pairs[PAIRS][2];
static unsigned used;

static int setup(void **state)
{
    (void)state;
    log_lines_begin();
    sources = call_log_sources();
    clients = (struct api_clients){.log = &sources};
    used = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    while (clients.first)
        clients_remove(&clients, clients.first);
    assert_int_equal(clients.count, 0);
    assert_int_equal(clients.strangers, 0);
    log_sources_release(&sources);
    log_lines_end();
    for (unsigned i = 0; i < used; i++) {
        close(pairs[i][0]);
        close(pairs[i][1]);
    }
    return 0;
}

static const struct client_place *address(bool known)
{
    static struct client_place place;
    place.addr = ip_from_v4(known ? 0x7f000001 : 0xc0000201);
    return &place;
}

static bool make_room(bool known, uint64_t now_ms)
{
    return clients_make_room(&clients, address(known), now_ms);
}

static struct api_client *add(bool known, uint64_t now_ms)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[used]), 0);
    return clients_add(&clients, pairs[used++][0], address(known), now_ms);
}

/* Whether the other end of connection `i` sees the end. */
static bool is_shut(unsigned i)
{
    char byte;
    return recv(pairs[i][1], &byte, 1, MSG_DONTWAIT) == 0;
}

static void test_whole_request_has_a_deadline(void **state)
{
    (void)state;
    add(true, 1000);
    struct api_client *answered = add(true, 1000);
    client_answer_begins(answered, 2000);
    clients_expire(&clients, 1000 + CLIENTS_REQUEST_MS - 1);
    assert_false(is_shut(0));
    clients_expire(&clients, 1000 + CLIENTS_REQUEST_MS);
    assert_true(is_shut(0));
    assert_string_equal(
        log_lines(),
        "warning API: 127.0.0.1: connection closed: no complete request within 30 s\n");
    assert_int_equal(clients.count, 1);
    clients_expire(&clients, 1000000); /* an answer may take as long as it likes */
    assert_false(is_shut(1));
    client_answer_ends(answered, 1000000); /* the next request has its time again */
    clients_expire(&clients, 1000000 + CLIENTS_REQUEST_MS - 1);
    assert_false(is_shut(1));
    clients_expire(&clients, 1000000 + CLIENTS_REQUEST_MS);
    assert_true(is_shut(1));
    assert_string_equal(log_lines(), ""); /* it had asked for nothing more */
    struct api_client *slow = add(true, 1000);
    client_answer_begins(slow, 2000);
    client_answer_ends(slow, 3000);
    client_asks(slow);
    clients_expire(&clients, 1000000);
    assert_true(strlen(log_lines()) > 0);
}

static void test_oldest_goes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLIENTS_STRANGERS_MAX; i++) {
        assert_true(make_room(false, i));
        add(false, i);
    }
    client_answer_begins(clients.first, 0);
    client_answer_ends(clients.first, 0); /* has had an answer, and may ask again */
    assert_false(is_shut(1));
    assert_string_equal(log_lines(), "");
    assert_true(make_room(false, 600));
    assert_true(is_shut(1));
    assert_string_equal(log_lines(),
                        "warning API: 192.0.2.1: connection closed for another one: there are 96 "
                        "of clients elsewhere without a token\n");
    assert_false(is_shut(0));
    add(false, 600);
    assert_true(make_room(false, 601));
    assert_true(is_shut(2));
}

/* Strangers, however many, leave room for those on this machine, and do not take their place. */
static void test_room_for_known(void **state)
{
    (void)state;
    struct api_client *first = add(false, 0);
    client_know(&clients, first); /* has shown the token */
    for (unsigned i = 1; i <= CLIENTS_STRANGERS_MAX; i++) {
        assert_true(make_room(false, i));
        add(false, i);
    }
    for (unsigned i = clients.count; i < CLIENTS_MAX; i++) {
        assert_true(make_room(true, 200));
        add(true, 0);
    }
    for (unsigned i = 0; i < used; i++)
        assert_false(is_shut(i));
    log_lines();
    assert_true(make_room(true, 300)); /* strangers first */
    assert_string_equal(
        log_lines(), "warning API: 192.0.2.1: connection closed for another one: there are 128\n");
    assert_false(is_shut(0));
    assert_true(is_shut(1));
    add(true, 300);
    assert_true(make_room(false, 301));
    assert_true(is_shut(2));
    assert_false(is_shut(0));
}

/* Those whose other end has gone are in nobody's way. */
static void test_gone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        client_answer_begins(add(true, 0), 0);
    close(pairs[5][1]);
    pairs[5][1] = dup(pairs[5][0]);
    assert_true(make_room(true, 1));
    assert_string_equal(log_lines(), "");
    assert_int_equal(clients.count, CLIENTS_MAX - 1);
    assert_false(is_shut(0));
    assert_true(clients.first->next->next->next->next->next->closing);
}

static void test_answers_last(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLIENTS_STRANGERS_MAX; i++)
        client_answer_begins(add(false, 0), 1000 + i);
    assert_false(make_room(false, 1000 + CLIENTS_ANSWER_MS - 1));
    assert_string_equal(log_lines(),
                        "warning API: 192.0.2.1: connection refused: there are 96 of clients "
                        "elsewhere without a token, and all are being answered\n");
    assert_true(make_room(true, 1000));
    assert_true(make_room(false, 1000 + CLIENTS_ANSWER_MS));
    assert_true(is_shut(0));
    assert_false(is_shut(1));
    add(false, 20000); /* waits for its request: goes before those that are answered */
    assert_true(make_room(false, 20001));
    assert_true(is_shut(CLIENTS_STRANGERS_MAX));
    assert_false(is_shut(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole_request_has_a_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_oldest_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room_for_known, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answers_last, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
