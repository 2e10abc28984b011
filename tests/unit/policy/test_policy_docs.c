/* The reference in docs/policy.md holds one row for each match and each action, and no others:
 * `test_policy_docs --write` puts them there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "policy/action.h"
#include "policy/match.h"

#define DOCUMENT BGPD_SOURCE_DIR "/docs/policy.md"

static char *read_docs(void)
{
    FILE *f = fopen(DOCUMENT, "r");
    assert_non_null(f);
    struct strbuf text = {0};
    char buf[4096];
    size_t got;
    while ((got = fread(buf, 1, sizeof(buf), f)) > 0)
        strbuf_add_bytes(&text, buf, got);
    fclose(f);
    return strbuf_take(&text);
}

/* "|" would end the cell. */
static void render_cell(const char *text, struct strbuf *out)
{
    for (; *text != '\0'; text++)
        strbuf_printf(out, *text == '|' ? "\\%c" : "%c", *text);
    strbuf_add(out, " |");
}

static void render_row(const char *takes, const char *help, struct strbuf *out)
{
    strbuf_add(out, "` | ");
    render_cell(takes, out);
    strbuf_add(out, " ");
    render_cell(help, out);
    strbuf_add(out, "\n");
}

static void render_matches(struct strbuf *out)
{
    for (size_t i = 0; i < policy_match_count; i++) {
        strbuf_printf(out, "| `%s", policy_matches[i]->name);
        render_row(policy_matches[i]->takes, policy_matches[i]->help, out);
    }
}

static void render_actions(struct strbuf *out)
{
    for (size_t i = 0; i < policy_action_count; i++) {
        const struct policy_action *action = policy_actions[i];
        strbuf_printf(out, "| `%s", action->name);
        render_row(action->takes, action->help, out);
        for (const struct policy_part *part = action->parts; part && part->name; part++) {
            strbuf_printf(out, "| `%s.%s", action->name, part->name);
            render_row(part->takes, part->help, out);
        }
    }
}

/* The tables of the document, in its order. */
static void (*const tables[])(struct strbuf *out) = {render_matches, render_actions};
enum { TABLE_COUNT = sizeof(tables) / sizeof(tables[0]) };

static bool is_row(const char *line)
{
    return strncmp(line, "| `", 3) == 0;
}

/* The document as it should be: each run of rows is the next table. */
static char *with_tables(const char *text)
{
    struct strbuf out = {0};
    size_t table = 0;
    bool in_rows = false;
    for (const char *line = text; *line != '\0'; line = strchrnul(line, '\n') + 1) {
        if (!is_row(line))
            strbuf_add_bytes(&out, line, (size_t)(strchrnul(line, '\n') + 1 - line));
        else if (!in_rows && table++ < TABLE_COUNT)
            tables[table - 1](&out);
        in_rows = is_row(line);
    }
    if (table != TABLE_COUNT)
        fail_msg("%s has %zu tables of the reference, not %d", DOCUMENT, table, TABLE_COUNT);
    return strbuf_take(&out);
}

static void test_tables(void **state)
{
    (void)state;
    char *docs = read_docs();
    char *expected = with_tables(docs);
    if (strcmp(docs, expected) != 0)
        fail_msg("%s does not say what the rows say: test_policy_docs --write", DOCUMENT);
    free(expected);
    free(docs);
}

static void write_tables(void **state)
{
    (void)state;
    char *docs = read_docs();
    char *expected = with_tables(docs);
    FILE *f = fopen(DOCUMENT, "w");
    assert_non_null(f);
    fputs(expected, f);
    assert_int_equal(fclose(f), 0);
    free(expected);
    free(docs);
}

/* What stands in a cell of a table. */
static void assert_cell(const char *text)
{
    assert_non_null(text);
    assert_true(*text != '\0' && !strchr(text, '\n'));
}

/* Every row must be whole: the configuration and the documentation rely on it. */
static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < policy_match_count; i++) {
        const struct policy_match *match = policy_matches[i];
        assert_cell(match->takes);
        assert_cell(match->help);
        assert_true(match->types && match->read && match->test && match->digest);
        assert_ptr_equal(policy_match_named(match->name), match);
    }
    for (size_t i = 0; i < policy_action_count; i++) {
        const struct policy_action *action = policy_actions[i];
        assert_cell(action->takes);
        assert_cell(action->help);
        assert_true(action->types && action->read && action->apply && action->digest);
        assert_ptr_equal(policy_action_named(action->name), action);
        for (const struct policy_part *part = action->parts; part && part->name; part++) {
            assert_cell(part->takes);
            assert_cell(part->help);
            assert_true(part->types);
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_rows),
    };
    const struct CMUnitTest write[] = {cmocka_unit_test(write_tables)};
    if (argc > 1 && strcmp(argv[1], "--write") == 0)
        return cmocka_run_group_tests(write, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
