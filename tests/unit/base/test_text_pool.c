/* Counted texts against counters: random ones are referred to and let go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text_pool.h"

enum { TEXTS = 300, ROUNDS = 50000 };

static void none_is_no_text(void **state)
{
    (void)state;
    struct text_pool pool = {0};
    assert_int_equal(text_pool_ref(&pool, NULL), 0);
    assert_int_equal(text_pool_ref(&pool, ""), 0);
    assert_int_equal(text_pool_find(&pool, "a"), 0);
    assert_string_equal(text_pool_text(&pool, 0), "");
    text_pool_unref(&pool, 0);
    text_pool_release(&pool);
}

static void random_texts(void **state)
{
    (void)state;
    struct text_pool pool = {0};
    uint32_t refs[TEXTS] = {0};
    uint32_t ids[TEXTS] = {0};
    unsigned seed = 9;
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned which = (unsigned)rand_r(&seed) % TEXTS;
        char text[16];
        snprintf(text, sizeof(text), "text %u", which);
        assert_int_equal(text_pool_find(&pool, text), refs[which] > 0 ? ids[which] : 0);
        if (rand_r(&seed) % 2 == 0) {
            uint32_t id = text_pool_ref(&pool, text);
            assert_true(id != 0 && (refs[which] == 0 || id == ids[which]));
            ids[which] = id;
            refs[which]++;
        } else if (refs[which] > 0) {
            assert_string_equal(text_pool_text(&pool, ids[which]), text);
            text_pool_unref(&pool, ids[which]);
            refs[which]--;
        }
    }
    uint32_t used = 0;
    for (unsigned i = 0; i < TEXTS; i++)
        used += refs[i] > 0;
    assert_int_equal(pool.used, used);
    assert_true(pool.count <= TEXTS + 1); /* numbers of those that went are given out again */
    text_pool_release(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(none_is_no_text),
                                       cmocka_unit_test(random_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
