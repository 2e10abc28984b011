/* Limits on prefixes: what is said and done, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/limit.h"

static struct limit limit_of(uint32_t number, enum limit_action action)
{
    struct config_limit config = {.limit = number, .warn_percent = 75, .action = (uint8_t)action};
    struct limit l = {.config = config};
    limit_begin(&l);
    return l;
}

/* Each time some seconds later. */
static enum limit_event note(struct limit *l, uint32_t count)
{
    static uint64_t now_ms;
    return limit_note(l, count, 0, now_ms += 5000);
}

static void each_thing_is_said_once(void **state)
{
    (void)state;
    struct limit l = limit_of(1000, LIMIT_WARN);
    assert_int_equal(limit_next(&l), 750);
    assert_int_equal(note(&l, 749), LIMIT_QUIET);
    assert_int_equal(note(&l, 750), LIMIT_NEARS);
    assert_int_equal(limit_next(&l), 1001);
    assert_int_equal(note(&l, 1000), LIMIT_QUIET);
    assert_int_equal(note(&l, 1001), LIMIT_EXCEEDED);
    assert_int_equal(limit_next(&l), UINT32_MAX);
    assert_int_equal(note(&l, 5000), LIMIT_QUIET);
}

static void what_hovers_around_a_limit_is_not_said_again(void **state)
{
    (void)state;
    struct limit l = limit_of(1000, LIMIT_WARN);
    assert_int_equal(note(&l, 1001), LIMIT_EXCEEDED); /* both at once: the graver one */
    assert_int_equal(note(&l, 1000), LIMIT_QUIET);
    assert_int_equal(note(&l, 951), LIMIT_QUIET);
    assert_int_equal(note(&l, 1001), LIMIT_QUIET);
    assert_int_equal(note(&l, 950), LIMIT_KEPT);
    assert_int_equal(note(&l, 1001), LIMIT_EXCEEDED);
    assert_int_equal(note(&l, 714), LIMIT_KEPT);
    assert_int_equal(note(&l, 750), LIMIT_QUIET);
    assert_int_equal(note(&l, 713), LIMIT_QUIET);
    assert_int_equal(note(&l, 750), LIMIT_NEARS);
    struct limit small = limit_of(1, LIMIT_WARN);
    assert_int_equal(note(&small, 1), LIMIT_NEARS);
    assert_int_equal(note(&small, 2), LIMIT_EXCEEDED);
    assert_int_equal(note(&small, 1), LIMIT_QUIET);
    assert_int_equal(note(&small, 0), LIMIT_KEPT);
}

static void without_a_limit_there_is_nothing_to_say(void **state)
{
    (void)state;
    struct limit l = limit_of(0, LIMIT_SHUTDOWN);
    assert_int_equal(limit_next(&l), UINT32_MAX);
    assert_int_equal(note(&l, UINT32_MAX - 1), LIMIT_QUIET);
    l = limit_of(10, LIMIT_SHUTDOWN);
    l.config.warn_percent = 0;
    assert_int_equal(limit_next(&l), 11);
    assert_int_equal(note(&l, 10), LIMIT_QUIET);
    l = limit_of(UINT32_MAX, LIMIT_SHUTDOWN);
    l.config.warn_percent = 100;
    assert_int_equal(note(&l, UINT32_MAX - 1), LIMIT_QUIET);
    assert_int_equal(limit_next(&l), UINT32_MAX);
}

static void another_configuration_is_looked_at_anew(void **state)
{
    (void)state;
    struct limit l = limit_of(10, LIMIT_WARN);
    assert_int_equal(note(&l, 20), LIMIT_EXCEEDED);
    struct config_limit config = l.config;
    config.action = LIMIT_SHUTDOWN;
    limit_change(&l, &config);
    assert_int_equal(note(&l, 20), LIMIT_EXCEEDED);
    config.limit = 21;
    limit_change(&l, &config);
    assert_int_equal(note(&l, 20), LIMIT_NEARS);
}

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static void what_was_ignored_is_asked_for_when_there_is_room(void **state)
{
    (void)state;
    struct limit l = limit_of(10, LIMIT_IGNORE_NEW);
    assert_int_equal(limit_note(&l, 10, 0, 0), LIMIT_NEARS);
    assert_false(limit_asks_again(&l, 9, 0, 0)); /* nothing was ignored */
    assert_int_equal(limit_next(&l), UINT32_MAX);
    assert_int_equal(limit_note(&l, 10, 5, 0), LIMIT_EXCEEDED);
    assert_false(limit_asks_again(&l, 10, 5, 0));
    assert_true(limit_asks_again(&l, 8, 5, SECOND));
    assert_false(limit_asks_again(&l, 8, 5, SECOND));
    /* What comes takes a while; when all had room, it is over. */
    assert_int_equal(limit_note(&l, 10, 5, 2 * SECOND), LIMIT_QUIET);
    assert_int_equal(limit_note(&l, 10, 5, MINUTE), LIMIT_KEPT);
}

static void the_pauses_between_grow_while_there_is_not_room_for_all(void **state)
{
    (void)state;
    struct limit l = limit_of(10, LIMIT_IGNORE_NEW);
    uint64_t ignored = 0;
    uint64_t last_ms = 0;
    unsigned asked = 0;
    for (uint64_t now_ms = SECOND; now_ms < 3 * 60 * MINUTE; now_ms += SECOND) {
        ignored += 3; /* always some more, and always room for one */
        limit_note(&l, 9, ignored, now_ms);
        if (!limit_asks_again(&l, 9, ignored, now_ms))
            continue;
        assert_true(asked == 0 || now_ms - last_ms >= 30 * SECOND);
        last_ms = now_ms;
        asked++;
    }
    assert_in_range(asked, 15, 18);
    assert_true(3 * 60 * MINUTE - last_ms <= 15 * MINUTE);
    /* When all had room, the next time is the first again. */
    uint64_t now_ms = 5 * 60 * MINUTE;
    assert_true(limit_asks_again(&l, 9, ignored, now_ms));
    now_ms += 20 * MINUTE;
    assert_false(limit_asks_again(&l, 9, ignored, now_ms));
    assert_true(limit_asks_again(&l, 9, ignored + 1, now_ms));
    assert_true(limit_asks_again(&l, 9, ignored + 2, now_ms + 30 * SECOND));
}

static void a_raised_limit_asks_at_once(void **state)
{
    (void)state;
    struct limit l = limit_of(10, LIMIT_IGNORE_NEW);
    limit_note(&l, 10, 5, 0);
    assert_true(limit_asks_again(&l, 9, 5, 0));
    limit_note(&l, 10, 9, SECOND);
    assert_false(limit_asks_again(&l, 9, 9, SECOND));
    struct config_limit config = l.config;
    config.limit = 20;
    limit_change(&l, &config);
    assert_true(limit_asks_again(&l, 10, 9, SECOND));
    config.limit = 0; /* and one that is no more */
    limit_change(&l, &config);
    assert_true(limit_asks_again(&l, 20, 10, SECOND));
    assert_int_equal(limit_note(&l, 20, 10, SECOND), LIMIT_QUIET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thing_is_said_once),
        cmocka_unit_test(what_hovers_around_a_limit_is_not_said_again),
        cmocka_unit_test(without_a_limit_there_is_nothing_to_say),
        cmocka_unit_test(another_configuration_is_looked_at_anew),
        cmocka_unit_test(what_was_ignored_is_asked_for_when_there_is_room),
        cmocka_unit_test(the_pauses_between_grow_while_there_is_not_room_for_all),
        cmocka_unit_test(a_raised_limit_asks_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
