/* The states of a health check, and the commands that tell of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/health.h"
#include "cli/health_options.h"

/* Checks, "+" and "-" and "d" (disabled), and the states that they lead to by their first letter:
 * i, r, f, u, d, x (disabled). */
static void check_states(uint32_t rise, uint32_t fall, const char *checks, const char *expected)
{
    static const char letters[] = "irfudx";
    struct health h = {.rise = rise, .fall = fall};
    char states[64] = "";
    for (size_t i = 0; checks[i]; i++)
        states[i] = letters[health_next(&h, checks[i] == 'd', checks[i] != '-')];
    assert_string_equal(states, expected);
}

static void test_states(void **state)
{
    (void)state;
    check_states(3, 3, "+++++", "rruuu");
    check_states(3, 3, "---++-+++", "ffdrrfrru");
    check_states(3, 2, "+++-+---", "rrufrfdd");
    check_states(1, 1, "+-+-", "udud");
    check_states(0, 0, "-+", "du");
    check_states(2, 2, "++ddd+++", "ruxxxiru");
    check_states(2, 2, "d-----", "xifddd");
    assert_true(health_is_settled(HEALTH_DISABLED) && health_is_settled(HEALTH_DOWN));
    assert_false(health_is_settled(HEALTH_INIT) || health_is_settled(HEALTH_FALLING));
    assert_string_equal(health_name(HEALTH_DISABLED), "DISABLED");
}

/* The commands of the space-separated words of a command line. */
static void check_commands(const char *line, enum health_state state, const char *expected)
{
    char copy[512];
    char *words[32];
    int count = 0;
    struct cli_call call;
    struct strbuf text = {0};
    snprintf(copy, sizeof(copy), "healthcheck %s", line);
    for (char *rest = copy, *word; (word = strsep(&rest, " ")) != NULL;)
        words[count++] = word;
    words[count] = NULL;
    assert_int_equal(cli_parse(&cli_table, count, words, &call, &text), 0);
    json_t *prefixes = health_prefixes(&call);
    assert_non_null(prefixes);
    health_add_commands(&call, prefixes, state, &text);
    assert_string_equal(strbuf_text(&text), expected);
    json_decref(prefixes);
    cli_call_release(&call);
    strbuf_release(&text);
}

static void test_commands(void **state)
{
    (void)state;
    static const char plain[] = "--ip 192.0.2.1 2001:db8::1/128";
    check_commands(plain, HEALTH_UP,
                   "announce route 192.0.2.1/32 next-hop self med 100\n"
                   "announce route 2001:db8::1/128 next-hop self med 101\n");
    check_commands(plain, HEALTH_DOWN,
                   "announce route 192.0.2.1/32 next-hop self med 1000\n"
                   "announce route 2001:db8::1/128 next-hop self med 1001\n");
    check_commands(plain, HEALTH_EXIT,
                   "withdraw route 192.0.2.1/32\nwithdraw route 2001:db8::1/128\n");
    check_commands("--ip 192.0.2.1 --withdraw-on-down --neighbor ::1 ::2", HEALTH_DOWN,
                   "neighbor ::1, neighbor ::2 withdraw route 192.0.2.1/32\n");
    check_commands("--ip 192.0.2.1 --withdraw-on-down", HEALTH_DISABLED,
                   "withdraw route 192.0.2.1/32\n");
    check_commands("--ip 192.0.2.1 192.0.2.2 192.0.2.3 --start-ip 4 --increase 10 -N 192.0.2.9",
                   HEALTH_UP,
                   "announce route 192.0.2.2/32 next-hop 192.0.2.9 med 100\n"
                   "announce route 192.0.2.3/32 next-hop 192.0.2.9 med 110\n"
                   "announce route 192.0.2.1/32 next-hop 192.0.2.9 med 120\n");
    static const char all[] = "--ip 192.0.2.1 --local-preference 7 --community 1:2 3:4 "
                              "--disabled-community 5:6 --extended-community target:1:2 "
                              "--large-community 1:2:3 --as-path 1 2 --down-as-path 3 "
                              "--disabled-metric 5";
    check_commands(all, HEALTH_UP,
                   "announce route 192.0.2.1/32 next-hop self med 100 local-preference 7 "
                   "community [ 1:2 3:4 ] extended-community [ target:1:2 ] "
                   "large-community [ 1:2:3 ] as-path [ 1 2 ]\n");
    check_commands(all, HEALTH_DOWN,
                   "announce route 192.0.2.1/32 next-hop self med 1000 local-preference 7 "
                   "community [ 5:6 ] extended-community [ target:1:2 ] "
                   "large-community [ 1:2:3 ] as-path [ 3 ]\n");
    check_commands(all, HEALTH_DISABLED,
                   "announce route 192.0.2.1/32 next-hop self med 5 local-preference 7 "
                   "community [ 5:6 ] extended-community [ target:1:2 ] "
                   "large-community [ 1:2:3 ] as-path [ 1 2 ]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
