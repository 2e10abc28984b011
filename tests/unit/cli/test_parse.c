/* The parser against the program's own table, and the table against its own rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "cli/help.h"
#include "cli/parse.h"

enum { WORDS_MAX = 32 };

/* Parses the space-separated words of `line` (at most WORDS_MAX). */
static int parse(char *line, struct cli_call *call, struct strbuf *error)
{
    static char *words[WORDS_MAX + 1]; /* the call borrows them */
    int count = 0;
    char *rest = NULL;
    for (char *w = strtok_r(line, " ", &rest); w && count < WORDS_MAX;
         w = strtok_r(NULL, " ", &rest))
        words[count++] = w;
    words[count] = NULL;
    return cli_parse(&cli_table, count, words, call, error);
}

/* What follows "--" is a program, with options of its own. */
static void test_a_program(void **state)
{
    (void)state;
    char line[] = "pipe --ack json -- run.py --ack -v";
    char none[] = "pipe --";
    char other[] = "explain -- -x";
    struct cli_call call;
    struct strbuf error = {0};
    assert_int_equal(parse(line, &call, &error), 0);
    assert_string_equal(cli_call_text(&call, "ack"), "json");
    assert_string_equal(call.program[0], "run.py");
    assert_string_equal(call.program[2], "-v");
    assert_int_equal(cli_call_count(&call, "verbose"), 0);
    cli_call_release(&call);
    assert_int_equal(parse(none, &call, &error), ERR_INVALID);
    assert_string_equal(strbuf_text(&error), "SCRIPT ARGS... is missing after \"--\"");
    cli_call_release(&call);
    assert_int_equal(parse(other, &call, &error), 0);
    assert_string_equal(call.args[0], "-x");
    assert_null(call.program);
    cli_call_release(&call);
    strbuf_release(&error);
}

static void test_words_and_options(void **state)
{
    (void)state;
    char line[] = "-vv s r learned 127.0.0.0/28 --limit=5 --family ipv4-flow -p 9000";
    struct cli_call call;
    struct strbuf error = {0};
    assert_int_equal(parse(line, &call, &error), 0);
    assert_string_equal(call.command->path, "show routes learned");
    assert_string_equal(call.args[0], "127.0.0.0/28");
    assert_int_equal(cli_call_count(&call, "verbose"), 2);
    assert_int_equal(cli_call_number(&call, "limit", 0), 5);
    assert_int_equal(cli_call_number(&call, "port", 8080), 9000);
    assert_string_equal(cli_call_text(&call, "family"), "ipv4-flow");
    assert_null(cli_call_text(&call, "host"));
    cli_call_release(&call);
    strbuf_release(&error);
}

static void test_the_last_value_counts_and_lists_keep_all(void **state)
{
    (void)state;
    char line[] = "-p 1 -p 2 advertise flow -m a -m b ipv6 -p 3 discard -m c d --med 4";
    struct cli_call call;
    struct strbuf text = {0};
    assert_int_equal(parse(line, &call, &text), 0);
    assert_int_equal(cli_call_number(&call, "port", 0), 2);
    assert_int_equal(cli_call_number(&call, "local-pref", 0), 3);
    assert_string_equal(call.args[0], "ipv6");
    assert_string_equal(call.args[1], "discard");
    cli_call_join(&call, "match", ",", &text);
    assert_string_equal(strbuf_text(&text), "a,b,c,d");
    assert_string_equal(cli_call_value(&call, "match", 3), "d");
    assert_null(cli_call_value(&call, "match", 4));
    cli_call_release(&call);
    strbuf_release(&text);
}

static void test_a_keyword_is_no_argument(void **state)
{
    static const char *const lines[] = {"show neighbors detail", "show neighbors ::2 detail",
                                        "show neighbors detail ::2"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char line[64];
        struct cli_call call;
        struct strbuf error = {0};
        snprintf(line, sizeof line, "%s", lines[i]);
        assert_int_equal(parse(line, &call, &error), 0);
        assert_non_null(call.args[1]);
        if (i == 0)
            assert_null(call.args[0]);
        else
            assert_string_equal(call.args[0], "::2");
        cli_call_release(&call);
        strbuf_release(&error);
    }
}

/* Words may be cut short as long as one command alone is meant; its own name comes first. */
static void test_words_in_short(void **state)
{
    static const struct {
        const char *line;
        const char *path; /* NULL: it is not clear */
    } cases[] = {
        {"sh ro adv", "show routes advertised"},
        {"show neigh", "show neighbors"},
        {"show r", "show routes"},
        {"rel", "reload"},
        {"r", NULL},
        {"neighbor re ::1", NULL},
        {"show p", NULL},
        {"xyz", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[64];
        struct cli_call call;
        struct strbuf error = {0};
        snprintf(line, sizeof line, "%s", cases[i].line);
        int rc = parse(line, &call, &error);
        assert_int_equal(rc, cases[i].path ? 0 : ERR_INVALID);
        if (cases[i].path)
            assert_string_equal(call.command->path, cases[i].path);
        cli_call_release(&call);
        strbuf_release(&error);
    }
}

static void test_arguments_of_any_number(void **state)
{
    (void)state;
    char line[] = "neighbor reset ::1 -m bye ::2 --json ::3";
    struct cli_call call;
    struct strbuf error = {0};
    assert_int_equal(parse(line, &call, &error), 0);
    assert_string_equal(call.args[0], "::1");
    assert_int_equal(call.more_count, 2);
    assert_string_equal(call.more[1], "::3");
    cli_call_release(&call);
    strbuf_release(&error);
}

/* What stands before a word that is still being written. */
static void test_lines_that_go_on(void **state)
{
    (void)state;
    char *const words[] = {(char *)"show", (char *)"routes", (char *)"::1", (char *)"--by"};
    struct cli_call call;
    const struct cli_option *awaits;
    assert_true(cli_parse_before(&cli_table, 4, words, &call, &awaits));
    assert_string_equal(awaits->name, "by");
    cli_call_release(&call);
    assert_true(cli_parse_before(&cli_table, 3, words, &call, &awaits));
    assert_null(awaits);
    assert_string_equal(call.args[0], "::1");
    cli_call_release(&call);
    assert_true(cli_parse_before(&cli_table, 0, words, &call, &awaits));
    assert_null(call.command);
    cli_call_release(&call);
    assert_false(cli_parse_before(&cli_table, 2, words + 2, &call, &awaits));
    cli_call_release(&call);
}

/* More names than a line has room for. */
static const char *nth_family(bool of_prefixes, unsigned n)
{
    static const char *const names[] = {"north east", "north-northeast", "north",      "east",
                                        "south west", "south-southwest", "south east", "west"};
    return n < (of_prefixes ? 2u : 8u) ? names[n] : NULL;
}

/* The families that an option takes are those that the program has. */
static void test_families(void **state)
{
    (void)state;
    static const struct cli_option options[] = {
        {"family", 0, CLI_FAMILY, "FAMILY", "only this one", 0, 0},
        {0},
    };
    static const struct cli_option of_prefixes[] = {
        {"kind", 0, CLI_PREFIX_FAMILY, "KIND", "of this one", 0, 0},
        {0},
    };
    struct cli_command command = {.path = "go", .help = "Go", .options = options};
    struct strbuf text = {0};
    help_text(&cli_table, &command, nth_family, &text);
    assert_non_null(
        strstr(strbuf_text(&text),
               "\nFAMILY:\n"
               "  \"north east\", \"north-northeast\", \"north\", \"east\", \"south west\", "
               "\"south-southwest\", \"south east\",\n"
               "  \"west\"\n\n"));
    strbuf_clear(&text);
    command.options = of_prefixes;
    help_text(&cli_table, &command, nth_family, &text);
    assert_non_null(
        strstr(strbuf_text(&text), "\nKIND:\n  \"north east\", \"north-northeast\"\n\n"));
    strbuf_release(&text);
}

/* Every row can be reached by its path and by its aliases, has help, and is in its group's help. */
static void test_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_table.command_count; i++) {
        const struct cli_command *c = &cli_table.commands[i];
        struct strbuf text = {0};
        assert_true(c->help && c->help[0]);
        help_text(&cli_table, NULL, nth_family, &text);
        if (c->run)
            assert_non_null(strstr(strbuf_text(&text), c->path));
        strbuf_clear(&text);
        help_text(&cli_table, c, nth_family, &text);
        assert_non_null(strstr(strbuf_text(&text), c->help));
        for (const struct cli_option *o = c->options; o && o->name; o++) {
            assert_non_null(strstr(strbuf_text(&text), o->help));
            for (const struct cli_option *g = cli_table.globals; g->name; g++)
                assert_string_not_equal(o->name, g->name);
        }
        strbuf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_options),
        cmocka_unit_test(test_a_program),
        cmocka_unit_test(test_the_last_value_counts_and_lists_keep_all),
        cmocka_unit_test(test_a_keyword_is_no_argument),
        cmocka_unit_test(test_words_in_short),
        cmocka_unit_test(test_arguments_of_any_number),
        cmocka_unit_test(test_lines_that_go_on),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
