/* The database of routes against a list: random changes, whatever the thread is at meanwhile, and
 * what is there when it is opened again. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/route_store.h"

enum { ROUTES = 50, CHANGES = 6000 };

struct model {
    int64_t changed[ROUTES]; /* 0: it is not there */
    unsigned found;
};

static struct stored_route route_of(uint32_t *key, uint32_t i, int64_t changed)
{
    *key = i;
    return (struct stored_route){.family = "ipv4 unicast",
                                 .key = span_of(key, sizeof(*key)),
                                 .key_len = 32,
                                 .aim = i % 3 ? "" : "a\nb",
                                 .attrs = span_of("attributes", 10),
                                 .owner = "o",
                                 .label = "",
                                 .tags = "x y",
                                 .created_unix_s = i,
                                 .changed_unix_s = changed};
}

static void check_one(void *ctx, const struct stored_route *route)
{
    struct model *m = ctx;
    uint32_t i;
    assert_int_equal(route->key.len_bytes, sizeof(i));
    memcpy(&i, route->key.data, sizeof(i));
    assert_in_range(i, 0, ROUTES - 1);
    assert_int_equal(route->changed_unix_s, m->changed[i]);
    assert_int_equal(route->created_unix_s, i);
    assert_string_equal(route->aim, i % 3 ? "" : "a\nb");
    assert_string_equal(route->tags, "x y");
    assert_memory_equal(route->attrs.data, "attributes", 10);
    m->found++;
}

static struct route_store *open_store(uv_loop_t *loop, const char *path)
{
    struct strbuf error = {0};
    struct route_store *store = route_store_open(loop, path, NULL, NULL, &error);
    if (!store)
        fail_msg("%s", strbuf_text(&error));
    strbuf_release(&error);
    return store;
}

static void remove_files(const char *folder, const char *path)
{
    char more[64];
    snprintf(more, sizeof(more), "%s-wal", path);
    unlink(more);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void random_changes(void **state)
{
    (void)state;
    char folder[] = "/tmp/bgpd-store-XXXXXX";
    char path[48];
    uv_loop_t loop;
    struct model m = {0};
    struct strbuf error = {0};
    unsigned seed = 3;
    unsigned there = 0;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/s.db", folder);
    uv_loop_init(&loop);
    struct route_store *store = open_store(&loop, path);
    for (uint64_t n = 1; n <= CHANGES; n++) {
        uint32_t i = (uint32_t)rand_r(&seed) % ROUTES;
        uint32_t key;
        struct stored_route route = route_of(&key, i, (int64_t)n);
        bool comes = rand_r(&seed) % 3 > 0;
        m.changed[i] = comes ? (int64_t)n : 0;
        uint64_t number = comes ? route_store_put(store, &route) : route_store_take(store, &route);
        assert_int_equal(number, n);
        /* Where it waits for changes, the thread is at the next one at once. */
        while (n % 2 && !route_store_has(store, number))
            sched_yield();
    }
    route_store_close(store);
    uv_run(&loop, UV_RUN_DEFAULT);
    store = open_store(&loop, path);
    assert_int_equal(route_store_load(store, check_one, &m, &error), 0);
    for (unsigned i = 0; i < ROUTES; i++)
        there += m.changed[i] != 0;
    assert_int_equal(m.found, there);
    route_store_close(store);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    remove_files(folder, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_changes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
