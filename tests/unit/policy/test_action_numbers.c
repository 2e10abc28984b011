/* Actions on numbers, on ORIGIN and on marks: what was, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "action_fixture.h"

#define HOP "next_hop 192.0.2.1; "

static int import_again(void **state)
{
    (void)state;
    scene.direction = POLICY_IMPORT;
    return 0;
}

static void numbers_are_set_changed_and_removed(void **state)
{
    (void)state;
    static const char *const names[] = {"local_pref", "med", "weight", "aigp"};
    for (unsigned i = 0; i < 4; i++) {
        char had[64], want[64];
        const char *n = names[i];
        snprintf(had, sizeof(had), HOP "%s 100", n);
        snprintf(want, sizeof(want), HOP "%s 200", n);
        assert_becomes(n, "200", had, want);
        assert_becomes(n, "200", HOP, want);
        assert_becomes(n, "+100", had, want);
        assert_becomes(n, "+200", HOP, want);
        assert_becomes(n, "remove", had, HOP);
        assert_stays(n, "remove", HOP);
        assert_stays(n, "100", had);
        assert_stays(n, "+0", had);
        snprintf(want, sizeof(want), HOP "%s 97", n);
        assert_becomes(n, "-3", had, want);
        assert_true(have_equal_digests(n, "7", "7"));
        assert_false(have_equal_digests(n, "7", "+7"));
        assert_false(have_equal_digests(n, "7", "8"));
    }
}

static void changes_end_at_the_limits(void **state)
{
    (void)state;
    assert_becomes("med", "-10", HOP "med 3", HOP "med 0");
    assert_becomes("med", "-10", HOP, HOP "med 0");
    assert_becomes("med", "+10", HOP "med 4294967290", HOP "med 4294967295");
    assert_becomes("local_pref", "+4294967295", HOP "local_pref 1", HOP "local_pref 4294967295");
    assert_becomes("weight", "-10", HOP "weight 3", HOP);
    assert_becomes("weight", "+10", HOP "weight 4294967290", HOP "weight 4294967295");
    assert_becomes("aigp", "-10", HOP "aigp 3", HOP "aigp 0");
    assert_becomes("aigp", "+1", HOP "aigp 4294967295", HOP "aigp 4294967296");
    assert_becomes("aigp", "+18446744073709551615", HOP "aigp 5", HOP "aigp 18446744073709551615");
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"4294967296", "-4294967296", "+",   "-",   "+-1",     "1.5",
                                      "",           "0x10",        "all", "#-3", "+remove", "1e3"};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused("local_pref", bad[i], "expected a number up to 4294967295, \"+10\"");
        assert_refused("med", bad[i], "expected a number up to 4294967295, \"+10\"");
        assert_refused("weight", bad[i], "expected a number up to 4294967295, \"+10\"");
    }
    assert_refused("aigp", "18446744073709551616", "up to 18446744073709551615");
    assert_refused("med", "igp", "there is no IGP metric");
    assert_refused("local_pref", "igp", "'igp' is not what it can be set to");
}

/* RFC 4271 §5.1.4: a MED of another AS is not passed on, but one that a policy sets is. */
static void a_med_set_on_export_is_sent(void **state)
{
    (void)state;
    scene.direction = POLICY_EXPORT;
    assert_becomes("med", "10", HOP, HOP "med 10; kept 2");
    assert_becomes("med", "+1", HOP "med 10", HOP "med 11; kept 2");
    assert_becomes("med", "remove", HOP "med 10; kept 3; weight 5", HOP "kept 1; weight 5");
    assert_becomes("local_pref", "7", HOP, HOP "local_pref 7");
    import_again(state);
    assert_becomes("med", "10", HOP, HOP "med 10");
}

static void other_values_of_aigp_stay(void **state)
{
    (void)state;
    /* A TLV of another type, two metrics of which the first counts, and again another type. */
    assert_becomes("aigp", "+1",
                   HOP "aigp 0x02000407"
                       "01000b0000000000000005"
                       "01000b0000000000000009"
                       "020003",
                   HOP "aigp 0x02000407"
                       "01000b0000000000000006"
                       "01000b0000000000000009"
                       "020003");
    assert_becomes("aigp", "6", HOP "aigp 0x02000407",
                   HOP "aigp 0x02000407"
                       "01000b0000000000000006");
}

static void origins_are_set(void **state)
{
    (void)state;
    assert_becomes("origin", "egp", HOP, HOP "origin 1");
    assert_becomes("origin", "Incomplete", HOP "origin 1", HOP "origin 2");
    assert_becomes("origin", "IGP", HOP "origin 2", HOP);
    assert_stays("origin", "igp", HOP);
    assert_refused("origin", "bgp",
                   "'bgp' is no origin (expected \"igp\", \"egp\" or \"incomplete\")");
    assert_refused("origin", "", "is no origin");
    assert_false(have_equal_digests("origin", "igp", "egp"));
}

static void marks_are_added_and_taken_off(void **state)
{
    (void)state;
    assert_becomes("mark", "b", HOP, HOP "marks b");
    assert_becomes("mark", "c a b a", HOP, HOP "marks a b c");
    assert_becomes("mark", "b", HOP "marks a c; weight 7; kept 1",
                   HOP "marks a b c; weight 7; kept 1");
    assert_becomes("mark", "add=z add=0", HOP "marks m", HOP "marks 0 m z");
    assert_becomes("mark", "aa", HOP "marks a b", HOP "marks a aa b");
    assert_becomes("mark", "remove=b remove=a", HOP "marks a b c", HOP "marks c");
    assert_becomes("mark", "remove=c remove=b add=d add=b", HOP "marks a b c", HOP "marks a b d");
    assert_becomes("mark", "remove=* add=x", HOP "marks a b", HOP "marks x");
    assert_becomes("mark", "remove=*", HOP "marks a b; weight 1", HOP "weight 1");
    assert_becomes("mark", "remove=a", HOP "marks a", HOP);
    assert_stays("mark", "remove=*", HOP);
    assert_stays("mark", "remove=c", HOP "marks a b d");
    assert_stays("mark", "a b", HOP "marks a b");
    assert_becomes("mark", "Transit-1_x.y:z/", HOP, HOP "marks Transit-1_x.y:z/");
    assert_true(have_equal_digests("mark", "a b", "add=b add=a add=b"));
    assert_false(have_equal_digests("mark", "add=a", "remove=a"));
    assert_false(have_equal_digests("mark", "remove=a", "remove=a remove=*"));
}

static void what_is_no_mark_is_refused(void **state)
{
    (void)state;
    char longest[ATTR_MARK_MAX_BYTES + 2];
    memset(longest, 'm', sizeof(longest));
    longest[ATTR_MARK_MAX_BYTES + 1] = '\0';
    assert_refused("mark", longest, "is no name of a mark (expected up to 64 letters");
    char marked[128];
    snprintf(marked, sizeof(marked), HOP "marks %s", longest + 1);
    assert_becomes("mark", longest + 1, HOP, marked);
    assert_refused_at("mark", "good *", 1, "'*' is no name of a mark");
    assert_refused_at("mark", "add=good add=*", 1, "'*' is no name");
    assert_refused_at("mark", "good ", 1, "'' is no name");
    assert_refused("mark", "remove=ä", "or \"*\" for all marks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_set_changed_and_removed),
        cmocka_unit_test(changes_end_at_the_limits),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test_teardown(a_med_set_on_export_is_sent, import_again),
        cmocka_unit_test(other_values_of_aigp_stay),
        cmocka_unit_test(origins_are_set),
        cmocka_unit_test(marks_are_added_and_taken_off),
        cmocka_unit_test(what_is_no_mark_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
