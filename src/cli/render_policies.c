/* Policies for people: where each is attached, and a table of its rules. */
#include <string.h>

#include "base/strbuf.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

/* Of a group that many peers are in, or of one peer with what it has in itself. */
static const char *const attached_parts[] = {"direction", "families", "group"};

enum { ATTACHED_PARTS = sizeof attached_parts / sizeof attached_parts[0] };

static bool is_alike(json_t *a, json_t *b)
{
    for (size_t i = 0; i < ATTACHED_PARTS; i++)
        if (!json_equal(json_object_get(a, attached_parts[i]),
                        json_object_get(b, attached_parts[i])))
            return false;
    return true;
}

static void write_line(FILE *out, const struct strbuf *text)
{
    struct strbuf clean = {0};
    text_add_printable(&clean, strbuf_text(text));
    fprintf(out, "  %s\n", strbuf_text(&clean));
    strbuf_release(&clean);
}

/* "import of ipv4 unicast: group customers (12 peers)", or with the peers that are in no group. A
 * line stands where the first of those is whom it is about. */
static void write_attached(FILE *out, json_t *attached, size_t at)
{
    json_t *first = json_array_get(attached, at);
    json_t *group = json_object_get(first, "group");
    struct strbuf text = {0};
    for (size_t i = 0; i < at; i++)
        if (is_alike(json_array_get(attached, i), first))
            return;
    json_cell_add(&text, json_object_get(first, "direction"), "");
    strbuf_add(&text, " of ");
    json_cell_add(&text, json_object_get(first, "families"), ", ");
    strbuf_add(&text, ": ");
    size_t count = 0;
    for (size_t i = at; i < json_array_size(attached); i++) {
        json_t *item = json_array_get(attached, i);
        if (!is_alike(item, first))
            continue;
        if (!json_is_string(group)) {
            strbuf_add(&text, count > 0 ? ", " : "");
            json_cell_add(&text, json_object_get(item, "peer"), "");
        }
        count++;
    }
    if (json_is_string(group))
        strbuf_printf(&text, "group %s (%zu peer%s)", json_string_value(group), count,
                      count == 1 ? "" : "s");
    write_line(out, &text);
    strbuf_release(&text);
}

static const struct table_column rule_columns[] = {
    {.heading = "  #", .right_aligned = true},      {.heading = "Rule"},
    {.heading = "Line", .right_aligned = true},     {.heading = "Then"},
    {.heading = "Imported", .right_aligned = true}, {.heading = "Exported", .right_aligned = true},
};

enum { RULE_COLUMNS = sizeof rule_columns / sizeof rule_columns[0] };

static void keep_rule(struct table *t, json_t *rule, const char *name)
{
    json_t *hits = json_object_get(rule, "hits");
    struct strbuf texts[RULE_COLUMNS] = {0};
    const char *cells[RULE_COLUMNS] = {
        json_cell(&texts[0], rule, "number"), json_cell(&texts[1], rule, "rule"),
        json_cell(&texts[2], rule, "line"),   json_cell(&texts[3], rule, "then"),
        json_cell(&texts[4], hits, "import"), json_cell(&texts[5], hits, "export"),
    };
    for (size_t i = 0; i < 4; i++)
        cells[i] = cells[i] ? cells[i] : "";
    if (name)
        cells[1] = name;
    if (json_is_true(json_object_get(rule, "off")))
        cells[3] = "(off)";
    table_keep(t, cells, STYLE_PLAIN);
    for (size_t i = 0; i < RULE_COLUMNS; i++)
        strbuf_release(&texts[i]);
}

static void render_policy(FILE *out, bool color, json_t *policy)
{
    json_t *attached = json_object_get(policy, "attached");
    struct strbuf text = {0};
    struct strbuf clean = {0};
    struct table table;
    size_t i;
    json_t *rule;
    json_cell_add(&text, json_object_get(policy, "policy"), "");
    strbuf_add(&text, " (");
    json_cell_add(&text, json_object_get(policy, "file"), "");
    strbuf_add(&text, ":");
    json_cell_add(&text, json_object_get(policy, "line"), "");
    strbuf_add(&text, ")");
    text_add_printable(&clean, strbuf_text(&text));
    table_styled(out, color, STYLE_BOLD, strbuf_text(&clean));
    fputc('\n', out);
    for (i = 0; i < json_array_size(attached); i++)
        write_attached(out, attached, i);
    if (json_array_size(attached) == 0)
        fputs("  not attached\n", out);
    table_init(&table, rule_columns, RULE_COLUMNS, out, color);
    json_array_foreach(json_object_get(policy, "rules"), i, rule) keep_rule(&table, rule, NULL);
    keep_rule(&table, json_object_get(policy, "default"), "(default)");
    table_begin(&table);
    table_release(&table);
    strbuf_release(&text);
    strbuf_release(&clean);
}

void render_policies(FILE *out, bool color, json_t *policies)
{
    size_t i;
    json_t *policy;
    json_array_foreach(policies, i, policy)
    {
        fputs(i > 0 ? "\n" : "", out);
        render_policy(out, color, policy);
    }
    if (json_array_size(policies) == 0)
        fputs("no policies\n", out);
}
