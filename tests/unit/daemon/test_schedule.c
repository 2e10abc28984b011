/* Sharing out a turn: order, shares, and that no one starves. The clock goes on by what the
 * services say that their work takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/schedule.h"

enum { TASKS = 4, CALLS_MAX = 4096 };

/* What a service has to do, and what became of it. */
struct task {
    unsigned left; /* calls until there is no more */
    uint64_t takes_ns;
    uint32_t changes; /* that a call makes */
    unsigned calls;
    uint64_t deadline_ns; /* of the last call */
};

struct speaker {
    struct task tasks[TASKS];
    uint32_t changes;
    unsigned entered; /* services, so far */
    const struct service *present;
    char order[CALLS_MAX + 1]; /* of calls, by the first letter of the names */
    unsigned calls;
};

static uint64_t clock_ns;

static uint64_t now_ns(void)
{
    return clock_ns;
}

static bool has_room(const struct speaker *s)
{
    return s->changes < 1000;
}

static void enter(struct speaker *s, const struct service *service)
{
    s->present = service;
    s->entered++;
}

static bool do_task(struct speaker *s, unsigned i, uint64_t deadline_ns)
{
    struct task *t = &s->tasks[i];
    assert_true(s->calls < CALLS_MAX);
    assert_int_equal(s->present->name[0], 'a' + (int)i); /* the time is counted as its own */
    s->order[s->calls++] = s->present->name[0];
    t->calls++;
    t->deadline_ns = deadline_ns;
    if (t->left == 0)
        return false;
    clock_ns += t->takes_ns;
    s->changes += t->changes;
    return --t->left > 0;
}

static bool do_a(struct speaker *s, uint64_t deadline_ns)
{
    return do_task(s, 0, deadline_ns);
}

static bool do_b(struct speaker *s, uint64_t deadline_ns)
{
    return do_task(s, 1, deadline_ns);
}

static bool do_c(struct speaker *s, uint64_t deadline_ns)
{
    return do_task(s, 2, deadline_ns);
}

static bool do_d(struct speaker *s, uint64_t deadline_ns)
{
    return do_task(s, 3, deadline_ns);
}

/* Two that make changes, one beside the others, and one that has what is left. */
static const struct service a = {
    .name = "a", .work = do_a, .share_percent = 50, .makes_changes = true};
static const struct service b = {
    .name = "b", .work = do_b, .share_percent = 20, .makes_changes = true};
static const struct service idle = {.name = "idle"};
static const struct service c = {
    .name = "c", .work = do_c, .share_percent = 100, .makes_changes = true, .is_beside = true};
static const struct service d = {
    .name = "d", .work = do_d, .share_percent = 100, .gathering_percent = 10};

static bool turn(struct speaker *s)
{
    static const struct service *const table[] = {&a, &b, &idle, &c, &d};
    static const struct schedule schedule = {
        .now_ns = now_ns, .has_room = has_room, .enter = enter};
    return schedule_turn(&schedule, table, sizeof(table) / sizeof(table[0]), s);
}

static void the_order_is_that_of_the_table(void **state)
{
    (void)state;
    struct speaker s = {.tasks = {{.left = 2}, {.left = 1}, {.left = 3}, {.left = 1}}};
    assert_false(turn(&s));
    assert_string_equal(s.order, "aabcccd");
    assert_int_equal(s.entered, TASKS); /* and not one that never works */
}

static void each_is_asked_though_none_has_work(void **state)
{
    (void)state;
    struct speaker s = {0};
    assert_false(turn(&s));
    assert_string_equal(s.order, "abcd");
}

static void who_makes_changes_has_a_share_of_the_time(void **state)
{
    (void)state;
    const uint64_t slice_ns = TURN_BUDGET_NS / 100;
    struct speaker s = {.tasks = {{.left = 1000, .takes_ns = slice_ns},
                                  {.left = 1000, .takes_ns = slice_ns},
                                  {.left = 1000, .takes_ns = slice_ns}}};
    uint64_t began_ns = clock_ns = 77777;
    assert_true(turn(&s));
    assert_int_equal(s.tasks[0].calls, 50);
    assert_int_equal(s.tasks[1].calls, 20);
    assert_int_equal(s.tasks[2].calls, 100); /* as much beside the others as they have together */
    assert_int_equal(s.tasks[3].deadline_ns, began_ns + TURN_BUDGET_NS);
}

static void who_spreads_changes_is_called_once(void **state)
{
    (void)state;
    struct speaker s = {.tasks = {[3] = {.left = 10, .takes_ns = 1000}}};
    uint64_t began_ns = clock_ns = 5;
    assert_true(turn(&s)); /* what is left is for the next turn */
    assert_int_equal(s.tasks[3].calls, 1);
    assert_int_equal(s.tasks[3].deadline_ns, began_ns + TURN_BUDGET_NS);
}

static void who_gathers_has_less_time_while_changes_go_on(void **state)
{
    (void)state;
    struct speaker s = {.changes = 1000, .tasks = {{.left = 2}, [3] = {.left = 10}}};
    clock_ns = 5;
    assert_true(turn(&s));
    assert_int_equal(s.tasks[3].deadline_ns, clock_ns + TURN_BUDGET_NS / 10);
    assert_true(turn(&s)); /* the last changes are made */
    assert_int_equal(s.tasks[3].deadline_ns, clock_ns + TURN_BUDGET_NS);
}

static void changes_are_held_to_what_the_groups_keep_up_with(void **state)
{
    (void)state;
    struct speaker s = {.tasks = {{.left = 100, .changes = 300}, {.left = 100, .changes = 1}}};
    assert_true(turn(&s));
    assert_int_equal(s.tasks[0].calls, 4); /* until there are 1,000 */
    assert_int_equal(s.tasks[1].calls, 1); /* some in any case */
    s.changes = 0;
    assert_true(turn(&s));
    assert_int_equal(s.tasks[0].calls, 8);
    assert_int_equal(s.tasks[1].calls, 2);
}

static void no_one_starves(void **state)
{
    (void)state;
    struct speaker s = {.tasks = {{.left = 10, .takes_ns = 3 * TURN_BUDGET_NS, .changes = 5000},
                                  {.left = 10, .takes_ns = 3 * TURN_BUDGET_NS},
                                  {.left = 10, .takes_ns = 3 * TURN_BUDGET_NS},
                                  {.left = 10, .takes_ns = 3 * TURN_BUDGET_NS}}};
    for (unsigned i = 1; i <= 9; i++) {
        uint64_t began_ns = clock_ns;
        assert_true(turn(&s));
        for (unsigned k = 0; k < TASKS; k++)
            assert_int_equal(s.tasks[k].calls, i);
        assert_true(s.tasks[1].deadline_ns <= began_ns + TURN_BUDGET_NS);
        assert_true(s.tasks[2].deadline_ns > began_ns + TURN_BUDGET_NS); /* beside the others */
    }
    assert_false(turn(&s));
}

static void no_share_goes_beyond_what_all_have_together(void **state)
{
    (void)state;
    /* The first one takes longer than it may: the second one has what is left. */
    struct speaker s = {
        .tasks = {{.left = 1, .takes_ns = TURN_BUDGET_NS - 1000}, {.left = 1000, .takes_ns = 100}}};
    assert_true(turn(&s));
    assert_int_equal(s.tasks[1].calls, 10);
}

static void more_of_one_is_more_of_all(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TASKS; i++) {
        struct speaker s = {.changes = 1000};
        s.tasks[i].left = 2;
        assert_true(turn(&s));
        assert_false(turn(&s));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_that_of_the_table),
        cmocka_unit_test(each_is_asked_though_none_has_work),
        cmocka_unit_test(who_makes_changes_has_a_share_of_the_time),
        cmocka_unit_test(who_spreads_changes_is_called_once),
        cmocka_unit_test(who_gathers_has_less_time_while_changes_go_on),
        cmocka_unit_test(changes_are_held_to_what_the_groups_keep_up_with),
        cmocka_unit_test(no_one_starves),
        cmocka_unit_test(no_share_goes_beyond_what_all_have_together),
        cmocka_unit_test(more_of_one_is_more_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
