/* For how long input is processed in a turn: the clock is looked at by what messages hold, and by
 * what policies do for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/input.h"
#include "daemon/state.h"

static uint32_t dirty;

uint32_t speaker_dirty_count(const struct speaker *s)
{
    (void)s;
    return dirty;
}

void speaker_wake(struct speaker *s)
{
    (void)s;
}

void peers_resume_reading(struct peer_env *env)
{
    (void)env;
}

/* A speaker whose input has had its share of the turn, but has looked at the clock just now. */
static struct speaker *speaker_late(void)
{
    static struct speaker s;
    dirty = 0;
    s.input = (struct input){.until_ns = 1};
    return &s;
}

/* How many messages of so many bytes are processed, with so many tests of policies for each, before
 * the clock is looked at. */
static unsigned messages_taken(size_t message_bytes, uint32_t tests)
{
    struct speaker *s = speaker_late();
    unsigned count = 0;
    while (input_wanted(s, message_bytes)) {
        input_spend(s, tests);
        count++;
    }
    assert_true(s->input.paused);
    return count;
}

static void the_clock_is_looked_at_by_what_was_done(void **state)
{
    (void)state;
    assert_int_equal(messages_taken(0, 0), 64);
    assert_int_equal(messages_taken(4096, 0), 2);
    assert_in_range(messages_taken(0, 10), 40, 63); /* usual policies */
    assert_int_equal(messages_taken(0, 60000), 1);  /* after each message */
    assert_int_equal(messages_taken(0, UINT32_MAX), 1);
}

static void each_turn_takes_some(void **state)
{
    (void)state;
    struct speaker *s = speaker_late();
    input_spend(s, 60000);
    assert_false(input_wanted(s, 100));
    input_next_turn(s);
    assert_true(input_wanted(s, 100));
}

static void dirty_entries_stop_it(void **state)
{
    (void)state;
    struct speaker *s = speaker_late();
    dirty = SPEAKER_DIRTY_LIMIT;
    assert_false(input_wanted(s, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_is_looked_at_by_what_was_done),
        cmocka_unit_test(each_turn_takes_some),
        cmocka_unit_test(dirty_entries_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
