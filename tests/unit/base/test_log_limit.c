/* Budgets of log lines: what is left out, and that it is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../log_lines.h"
#include "base/log_limit.h"

static int setup(void **state)
{
    (void)state;
    log_lines_begin();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_lines_end();
    return 0;
}

static bool allow(struct log_limit *limit, uint64_t now_ms, enum log_level level)
{
    uint32_t left_out = 99;
    bool allowed = log_limit_allow(limit, now_ms, level, &left_out, "peer %s", "192.0.2.1");
    assert_int_equal(left_out, allowed ? 0 : 99);
    return allowed;
}

/* As many lines as there may be, and `more`. */
static void overdraw(struct log_limit *limit, uint64_t now_ms, unsigned more)
{
    for (int i = 0; i < 10; i++)
        assert_true(allow(limit, now_ms, LOG_LEVEL_INFO));
    for (unsigned i = 0; i < more; i++)
        assert_false(allow(limit, now_ms, LOG_LEVEL_INFO));
}

static void the_next_line_tells(void **state)
{
    (void)state;
    struct log_limit limit = {0};
    assert_false(log_limit_counts(&limit, 1000));
    overdraw(&limit, 1000, 0);
    assert_true(log_limit_reached(&limit, 10999));
    for (int i = 0; i < 7; i++)
        assert_false(allow(&limit, 10999, LOG_LEVEL_INFO));
    assert_true(log_limit_counts(&limit, 10999));
    assert_false(log_limit_reached(&limit, 11000));
    assert_false(log_limit_counts(&limit, 11000));
    uint32_t left_out;
    char text[LOG_LIMIT_TEXT_MAX];
    assert_true(log_limit_allow(&limit, 11000, LOG_LEVEL_INFO, &left_out, "x"));
    assert_string_equal(log_limit_text(left_out, text), " (7 more lines left out)");
    assert_true(allow(&limit, 11000, LOG_LEVEL_INFO));
    assert_string_equal(log_limit_text(0, text), "");
    assert_string_equal(log_limit_text(1, text), " (1 more line left out)");
    assert_true(strlen(log_limit_text(UINT32_MAX, text)) < sizeof(text) - 1);
    log_limits_tell(1000000);
    log_limit_release(&limit);
    assert_string_equal(log_lines(), "");
}

static void or_a_line_of_its_own(void **state)
{
    (void)state;
    struct log_limit a = {0};
    struct log_limit b = {0};
    overdraw(&a, 1000, 7);
    overdraw(&b, 2000, 1);
    log_limits_tell(10999);
    assert_string_equal(log_lines(), "");
    log_limits_tell(11000);
    assert_string_equal(log_lines(), "info    peer 192.0.2.1: 7 more lines left out\n");
    log_limits_tell(12000);
    assert_string_equal(log_lines(), "info    peer 192.0.2.1: 1 more line left out\n");
    log_limits_tell(1000000);
    assert_true(allow(&a, 11000, LOG_LEVEL_INFO)); /* it has been said */
    log_limit_release(&a);
    log_limit_release(&b);
    assert_string_equal(log_lines(), "");
}

static void or_its_end(void **state)
{
    (void)state;
    struct log_limit limits[3] = {0};
    for (int i = 0; i < 3; i++)
        overdraw(&limits[i], 1000, 2);
    log_limit_release(&limits[1]);
    assert_string_equal(log_lines(), "info    peer 192.0.2.1: 2 more lines left out\n");
    log_limit_release(&limits[2]);
    log_limit_release(&limits[0]);
    log_lines();
    log_limits_tell(1000000);
    assert_string_equal(log_lines(), "");
}

/* What is not shown at all is neither written nor left out; the line that tells is as severe as the
 * most severe that it tells of. */
static void levels(void **state)
{
    (void)state;
    struct log_limit limit = {0};
    for (int i = 0; i < 100; i++)
        assert_false(allow(&limit, 1000, LOG_LEVEL_DEBUG));
    overdraw(&limit, 1000, 1);
    assert_false(allow(&limit, 1000, LOG_LEVEL_WARNING));
    assert_false(allow(&limit, 1000, LOG_LEVEL_INFO));
    assert_false(allow(&limit, 1000, LOG_LEVEL_DEBUG));
    log_limit_release(&limit);
    assert_string_equal(log_lines(), "warning peer 192.0.2.1: 3 more lines left out\n");
}

/* So many at once that telling of them takes turns. */
static void many(void **state)
{
    (void)state;
    enum { MANY = 1500 };
    struct log_limit *limits = calloc(MANY, sizeof(*limits));
    for (int i = 0; i < MANY; i++)
        overdraw(&limits[i], 1000, 1);
    unsigned told = 0;
    for (int turn = 0; turn < 2; turn++) {
        log_limits_tell(11000);
        for (const char *s = log_lines(); (s = strchr(s, '\n')) != NULL; s++)
            told++;
        assert_int_equal(told, turn == 0 ? 1000 : MANY);
    }
    for (int i = 0; i < MANY; i++)
        log_limit_release(&limits[i]);
    free(limits);
}

/* --- sources --- */

static struct log_sources sources;

static int setup_sources(void **state)
{
    sources = (struct log_sources){.lead = "API: ", .strangers = "API: others"};
    return setup(state);
}

static int teardown_sources(void **state)
{
    log_sources_release(&sources);
    return teardown(state);
}

/* How many lines of `count` may be written. */
static unsigned lines_of(uint32_t addr, const char *what, bool stranger, uint64_t now_ms,
                         unsigned count)
{
    struct log_source source = {.addr = ip_from_v4(addr), .what = what, .stranger = stranger};
    unsigned allowed = 0;
    uint32_t left_out;
    for (unsigned i = 0; i < count; i++)
        allowed += log_sources_allow(&sources, &source, now_ms, LOG_LEVEL_INFO, &left_out);
    return allowed;
}

static void none_hides_another(void **state)
{
    (void)state;
    static const char routes[] = "advertise_route";
    static const char peers[] = "disable_peer";
    assert_int_equal(lines_of(0x0a000001, routes, false, 1000, 12), 10);
    assert_int_equal(lines_of(0x0a000001, peers, false, 1000, 1), 1);
    assert_int_equal(lines_of(0x0a000002, routes, false, 1000, 1), 1);
    struct log_source source = {.addr = ip_from_v4(0x0a000001), .what = routes};
    uint32_t left_out = 99;
    assert_true(log_sources_allow(&sources, &source, 1000, LOG_LEVEL_WARNING, &left_out));
    assert_int_equal(left_out, 0);
    log_limits_tell(11000);
    assert_string_equal(log_lines(),
                        "info    API: 10.0.0.1: advertise_route: 2 more lines left out\n");
    assert_int_equal(lines_of(0x0a000001, NULL, false, 1000, 11), 10);
    log_limits_tell(11000);
    assert_string_equal(log_lines(), "info    API: 10.0.0.1: 1 more line left out\n");
}

static void strangers_have_a_limit_together(void **state)
{
    (void)state;
    unsigned written = 0;
    for (uint32_t i = 0; i < 5000; i++)
        written += lines_of(0x0a000000 + i, NULL, true, 1000, 1);
    assert_int_equal(written, 100);
    assert_int_equal(lines_of(0x0b000001, NULL, false, 1000, 1), 1); /* no stranger */
    assert_int_equal(lines_of(0x0a000001, NULL, true, 5000, 1), 0);
    log_limits_tell(11000);
    assert_string_equal(log_lines(), "info    API: others: 4901 more lines left out\n");
    /* One alone uses up no more of it than what is its own. */
    assert_int_equal(lines_of(0x0c000001, NULL, true, 11000, 500), 10);
    assert_int_equal(lines_of(0x0c000002, NULL, true, 11000, 1), 1);
}

/* However many there are, so many are remembered; what the oldest has left out is said. */
static void the_one_not_heard_of_goes(void **state)
{
    (void)state;
    assert_int_equal(lines_of(1, NULL, false, 1000, 13), 10);
    assert_int_equal(lines_of(2, NULL, false, 1000, 11), 10);
    for (uint32_t i = 3; i <= 256; i++)
        assert_int_equal(lines_of(i, NULL, false, 1001, 1), 1);
    assert_int_equal(lines_of(1, NULL, false, 1002, 1), 0); /* it is heard of */
    assert_string_equal(log_lines(), "");
    assert_int_equal(lines_of(1000, NULL, false, 1003, 1), 1);
    assert_string_equal(log_lines(), "info    API: 0.0.0.2: 1 more line left out\n");
    log_sources_release(&sources);
    assert_string_equal(log_lines(), "info    API: 0.0.0.1: 4 more lines left out\n");
    assert_int_equal(lines_of(1, NULL, false, 1003, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_next_line_tells, setup, teardown),
        cmocka_unit_test_setup_teardown(or_a_line_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(or_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(levels, setup, teardown),
        cmocka_unit_test_setup_teardown(many, setup, teardown),
        cmocka_unit_test_setup_teardown(none_hides_another, setup_sources, teardown_sources),
        cmocka_unit_test_setup_teardown(strangers_have_a_limit_together, setup_sources,
                                        teardown_sources),
        cmocka_unit_test_setup_teardown(the_one_not_heard_of_goes, setup_sources, teardown_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
