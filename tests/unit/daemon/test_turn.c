/* The watch over the turns of the loop: what is counted, and as whose. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/turn.h"

#define MS 1000000u

static const char api[] = "api";
static struct turn_watch watch;

static void be_busy(uint64_t ms)
{
    uint64_t end_ns = uv_hrtime() + ms * MS;
    while (uv_hrtime() < end_ns)
        ;
}

static void call_api(uv_timer_t *timer)
{
    const char *before = turn_enter(&watch, api);
    be_busy(120);
    turn_enter(&watch, before);
    be_busy(20);
    uv_close((uv_handle_t *)timer, NULL);
}

static void wait_only(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, NULL);
}

static void run_timer(uv_timer_cb callback, uint64_t ms)
{
    uv_loop_t loop;
    uv_timer_t timer;
    uv_loop_init(&loop);
    turn_watch_init(&watch, &loop);
    turn_watch_start(&watch);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, callback, ms, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    turn_watch_stop(&watch);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_long_turn_is_that_of_the_longest_part(void **state)
{
    (void)state;
    run_timer(call_api, 1);
    assert_true(watch.longest.ns >= 140 * MS);
    assert_string_equal(watch.longest.part, "api");
    assert_in_range(watch.longest.part_ns, 120 * MS, watch.longest.ns);
    assert_true(watch.longest.ended_mono_ms > 0);
    assert_true(watch.long_turns >= 1);
}

static void what_the_loop_waits_is_no_work(void **state)
{
    (void)state;
    run_timer(wait_only, 600);
    assert_true(watch.longest.ns < 500 * MS);
}

static void have_no_processor(uv_timer_t *timer)
{
    usleep(150 * 1000);
    uv_close((uv_handle_t *)timer, NULL);
}

static void what_others_had_of_the_processor_is_told_apart(void **state)
{
    (void)state;
    run_timer(have_no_processor, 1);
    assert_true(watch.longest.ns >= 150 * MS);
    assert_true(watch.longest.processor_ns < 75 * MS);
    run_timer(call_api, 1);
    assert_true(watch.longest.processor_ns > 0);
    assert_true(watch.longest.processor_ns <= watch.longest.ns);
}

/* --- signals --- */

static void take_signal(uv_signal_t *handle, int signum)
{
    (void)signum;
    turn_after_signal(&watch);
    be_busy(20);
    uv_close((uv_handle_t *)handle, NULL);
}

static void what_the_loop_waits_until_a_signal_is_no_work(void **state)
{
    (void)state;
    uv_loop_t loop;
    uv_signal_t handle;
    uv_timer_t timer;
    uv_loop_init(&loop);
    turn_watch_init(&watch, &loop);
    turn_watch_start(&watch);
    uv_signal_init(&loop, &handle);
    uv_signal_start(&handle, take_signal, SIGALRM);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, wait_only, 700, 0);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {.tv_usec = 600000}}, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    turn_watch_stop(&watch);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_in_range(watch.longest.ns, 20 * MS, 500 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_turn_is_that_of_the_longest_part),
        cmocka_unit_test(what_the_loop_waits_is_no_work),
        cmocka_unit_test(what_others_had_of_the_processor_is_told_apart),
        cmocka_unit_test(what_the_loop_waits_until_a_signal_is_no_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
