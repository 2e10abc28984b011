/* Ordered sets of ids, against an array of flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../random.h"
#include "rib/id_set.h"

enum { IDS = 5000 };

static bool model[IDS];

static uint32_t model_next(uint32_t from)
{
    for (uint32_t id = from; id < IDS; id++)
        if (model[id])
            return id;
    return 0;
}

static void check(const struct id_set *set)
{
    uint32_t id = 0;
    do {
        uint32_t next = id_set_next(set, id + 1);
        assert_int_equal(next, model_next(id + 1));
        id = next;
    } while (id != 0);
}

static void a_set_holds_what_was_added(void **state)
{
    (void)state;
    struct id_set set = {0};
    struct random r = {3};
    assert_int_equal(id_set_next(&set, 1), 0);
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t span = step / 5000 % 2 ? IDS - 1 : 300; /* few blocks, or many */
        uint32_t id = 1 + random_below(&r, span);
        bool adds = random_below(&r, 4) > (step / 2500 % 2 ? 2 : 0);
        if (adds)
            id_set_add(&set, id);
        else
            id_set_remove(&set, id);
        model[id] = adds;
        uint32_t from = 1 + random_below(&r, IDS);
        assert_int_equal(id_set_next(&set, from), model_next(from));
        if (step % 500 == 0)
            check(&set);
    }
    for (uint32_t id = 1; id < IDS; id++) {
        id_set_remove(&set, id);
        model[id] = false;
    }
    check(&set);
    assert_null(set.blocks);
    id_set_release(&set);
}

static void far_ids_need_no_room_between(void **state)
{
    (void)state;
    struct id_set set = {0};
    id_set_add(&set, 4000000000u);
    id_set_add(&set, 1);
    id_set_add(&set, 1);
    assert_int_equal(id_set_next(&set, 1), 1);
    assert_int_equal(id_set_next(&set, 2), 4000000000u);
    assert_int_equal(id_set_next(&set, 4000000001u), 0);
    assert_int_equal(set.block_count, 2);
    id_set_remove(&set, 1);
    assert_int_equal(set.block_count, 1);
    id_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_holds_what_was_added),
        cmocka_unit_test(far_ids_need_no_room_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
