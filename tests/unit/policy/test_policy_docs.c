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

#include "../written_docs.h"
#include "policy/action.h"
#include "policy/match.h"

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
static void render_table(size_t index, struct strbuf *out)
{
    (index == 0 ? render_matches : render_actions)(out);
}

static char *with_tables(const char *text)
{
    return doc_with_tables(text, 2, render_table);
}

static const struct written_doc document = {
    .path = BGPD_SOURCE_DIR "/docs/policy.md",
    .test = "test_policy_docs",
    .rewrite = with_tables,
};

static void test_tables(void **state)
{
    (void)state;
    doc_check(&document);
}

static void write_tables(void **state)
{
    (void)state;
    doc_write(&document);
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
