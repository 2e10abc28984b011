/* Counting what a comparison finds: rows by reasons, taking out, joining; examples and their
 * references. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/preview_tally.h"
#include "rib/rib.h"

static struct rib rib;

static int setup(void **state)
{
    (void)state;
    rib_init(&rib);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(rib.attrs.count, 0);
    rib_release(&rib);
    return 0;
}

static struct preview_pair pair(enum preview_kind kind, uint32_t now, uint32_t then)
{
    return (struct preview_pair){.kind = kind, .of = {{.cause = now}, {.cause = then}}};
}

static int64_t count_of(const struct preview_tally *t, enum preview_kind kind, uint32_t now,
                        uint32_t then)
{
    int64_t count = 0;
    unsigned rows = 0;
    for (size_t i = 0; i < t->row_count; i++) {
        const struct preview_row *row = &t->rows[i];
        if (row->kind == kind && row->cause[PREVIEW_NOW] == now &&
            row->cause[PREVIEW_THEN] == then) {
            count += row->count;
            rows++;
        }
    }
    assert_true(rows <= 1);
    return count;
}

static void test_each_reason_is_a_row(void **state)
{
    (void)state;
    struct preview_tally t = {0};
    for (unsigned round = 0; round < 3; round++)
        for (uint32_t cause = 0; cause < 20; cause++) {
            struct preview_pair rejected = pair(PREVIEW_REJECTED, cause, cause % 3);
            struct preview_pair different = pair(PREVIEW_DIFFERENT, cause, cause % 3);
            preview_tally_add(&t, &rejected, 1);
            preview_tally_add(&t, &different, 2);
        }
    assert_int_equal(t.row_count, 40);
    assert_int_equal(count_of(&t, PREVIEW_REJECTED, 7, 1), 3);
    assert_int_equal(count_of(&t, PREVIEW_DIFFERENT, 7, 1), 6);
    assert_int_equal(count_of(&t, PREVIEW_DIFFERENT, 7, 2), 0);
    preview_tally_release(&t, &rib);
}

/* What is counted for all, without what was taken out for one of them. */
static void test_joined_counts(void **state)
{
    (void)state;
    struct preview_tally all = {0};
    struct preview_tally own = {0};
    struct preview_tally joined = {0};
    struct preview_pair one = pair(PREVIEW_REJECTED, 1, 2);
    struct preview_pair other = pair(PREVIEW_REJECTED, 1, PREVIEW_CAUSE_WITHHELD);
    preview_tally_add(&all, &one, 10);
    preview_tally_add(&own, &one, -3);
    preview_tally_add(&own, &other, 3);
    preview_tally_join(&joined, &own);
    preview_tally_join(&joined, &all);
    assert_int_equal(count_of(&joined, PREVIEW_REJECTED, 1, 2), 7);
    assert_int_equal(count_of(&joined, PREVIEW_REJECTED, 1, PREVIEW_CAUSE_WITHHELD), 3);
    assert_int_equal(count_of(&all, PREVIEW_REJECTED, 1, 2), 10);
    preview_tally_release(&all, &rib);
    preview_tally_release(&own, &rib);
    preview_tally_release(&joined, &rib);
}

/* They outlive the routes that they are about. */
static void test_examples(void **state)
{
    (void)state;
    static const uint8_t origin[] = {ATTR_FLAG_TRANSITIVE, ATTR_ORIGIN, 1, ORIGIN_EGP};
    const struct attr_hot hot = attr_hot_of(span_of(origin, sizeof(origin)));
    uint32_t attrs = rib_attrs_intern(&rib.attrs, span_of(origin, sizeof(origin)), &hot);
    uint8_t key[] = {10, 1, 0, 0};
    uint32_t except[] = {4, 7};
    struct preview_tally t = {0};
    struct preview_pair p = pair(PREVIEW_ACCEPTED, 1, 2);
    p.of[PREVIEW_THEN].attrs = attrs;
    for (unsigned i = 0; i < 9; i++)
        preview_tally_keep(&t, &rib, family_info(FAMILY_IPV4_UNICAST), (struct nlri_key){key, 16},
                           &p, except, i % 2 ? 2 : 0);
    rib_attrs_unref(&rib.attrs, attrs);
    key[0] = 99;
    except[0] = 99;
    assert_int_equal(rib.attrs.count, 1);
    assert_int_equal(t.kept[PREVIEW_ACCEPTED], 9);
    assert_int_equal(t.examples[8].key[0], 10);
    assert_int_equal(t.examples[8].key_len, 16);
    assert_int_equal(t.examples[8].except_count, 0);
    assert_int_equal(t.examples[7].except[0], 4);
    assert_int_equal(rib_attrs_at(&rib.attrs, t.examples[0].pair.of[PREVIEW_THEN].attrs)->refs, 9);
    preview_tally_release(&t, &rib);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_reason_is_a_row, setup, teardown),
        cmocka_unit_test_setup_teardown(test_joined_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_examples, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
