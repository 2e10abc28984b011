/* How long neighbours are held back after errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/setback.h"

static struct notification note_of(uint8_t code, uint8_t subcode)
{
    return notification_make(code, subcode, span_of(NULL, 0));
}

static void assert_described(const struct setback *s, uint64_t now_ms, const char *expected)
{
    struct strbuf out = {0};
    setback_describe(s, now_ms, &out);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_release(&out);
}

static void counts_what_will_come_again(void **ctx)
{
    (void)ctx;
    static const struct {
        uint8_t code, subcode;
        bool counts;
    } cases[] = {
        {NOTIFY_UPDATE, NOTIFY_UPDATE_OPTIONAL_ATTRIBUTE, true},
        {NOTIFY_HEADER, NOTIFY_HEADER_BAD_LENGTH, true},
        {NOTIFY_CEASE, NOTIFY_CEASE_MAX_PREFIXES, true},
        {NOTIFY_CEASE, NOTIFY_CEASE_OUT_OF_RESOURCES, true},
        {NOTIFY_CEASE, NOTIFY_CEASE_ADMIN_SHUTDOWN, false},
        {NOTIFY_CEASE, NOTIFY_CEASE_ADMIN_RESET, false},
        {NOTIFY_HOLD_EXPIRED, 0, false},
        {NOTIFY_SEND_HOLD_EXPIRED, 0, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct notification n = note_of(cases[i].code, cases[i].subcode);
        assert_int_equal(setback_counts(&n), cases[i].counts);
    }
}

static void counts_the_same_error_in_a_row(void **ctx)
{
    (void)ctx;
    struct setback s = {0};
    struct notification update = note_of(NOTIFY_UPDATE, 10);
    struct notification limit = note_of(NOTIFY_CEASE, NOTIFY_CEASE_MAX_PREFIXES);
    setback_note(&s, &update, false);
    assert_int_equal(s.times, 1);
    s.until_ms = 5000;
    assert_false(setback_refuses(&s, 100)); /* the peer may have mended it */
    setback_note(&s, &update, false);
    assert_int_equal(s.times, 2);
    assert_true(setback_refuses(&s, 100));
    assert_false(setback_refuses(&s, 5000));
    assert_described(&s, 1001, "received UPDATE Message Error 2 times, retry in 4 s");
    setback_note(&s, &limit, true);
    assert_int_equal(s.times, 1);
    assert_true(setback_refuses(&s, 100));
    s.until_ms = 240 * 1000;
    assert_described(&s, 0, "prefix limit, retry in 240 s");
    assert_described(&s, 240 * 1000, "");
}

static void a_row_ends_some_time_after_its_pause(void **ctx)
{
    (void)ctx;
    struct setback s = {.times = 3, .until_ms = 1000};
    assert_false(setback_is_over(&s, 1000 + SETBACK_ROW_MS));
    assert_true(setback_is_over(&s, 1001 + SETBACK_ROW_MS));
    assert_true(setback_is_over(&(struct setback){0}, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_will_come_again),
        cmocka_unit_test(counts_the_same_error_in_a_row),
        cmocka_unit_test(a_row_ends_some_time_after_its_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
