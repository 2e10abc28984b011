/* Policies for people: places, steps and what they change. */
#include <string.h>

#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

/* --- places and changes --- */

static void add_member(struct strbuf *out, json_t *object, const char *key)
{
    struct strbuf raw = {0};
    json_cell_add(&raw, json_object_get(object, key), " ");
    text_add_printable(out, strbuf_text(&raw));
    strbuf_release(&raw);
}

void render_place(struct strbuf *out, json_t *place, const char *file)
{
    if (!json_is_object(place)) {
        strbuf_add(out, "end of the policies");
        return;
    }
    add_member(out, place, "policy");
    if (json_is_string(json_object_get(place, "rule"))) {
        strbuf_add(out, " rule ");
        add_member(out, place, "rule");
    } else if (json_is_integer(json_object_get(place, "number"))) {
        strbuf_add(out, " rule ");
        add_member(out, place, "number");
    } else {
        strbuf_add(out, " default");
    }
    strbuf_add(out, file ? " (" : " (line ");
    text_add_printable(out, file ? file : "");
    strbuf_add(out, file ? ":" : "");
    add_member(out, place, "line");
    strbuf_add(out, ")");
}

static void add_items(struct strbuf *out, json_t *items, const char *sign)
{
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        strbuf_add(out, sign);
        text_add_printable(out, json_is_string(item) ? json_string_value(item) : "");
    }
}

/* A value, or "none". */
static void add_value(struct strbuf *out, json_t *change, const char *key)
{
    size_t len = out->len_bytes;
    add_member(out, change, key);
    if (out->len_bytes == len)
        strbuf_add(out, "none");
}

static void add_change(struct strbuf *out, json_t *change)
{
    add_member(out, change, "attribute");
    if (json_object_get(change, "removed")) {
        add_items(out, json_object_get(change, "removed"), " -");
        add_items(out, json_object_get(change, "added"), " +");
        return;
    }
    strbuf_add(out, " ");
    add_value(out, change, "before");
    strbuf_add(out, " → ");
    add_value(out, change, "after");
}

void render_changes(struct strbuf *out, json_t *changes)
{
    size_t i;
    json_t *change;
    json_array_foreach(changes, i, change)
    {
        strbuf_add(out, i > 0 ? ", " : "");
        add_change(out, change);
    }
}

/* --- one route by hand --- */

static void print_steps(FILE *out, bool color, json_t *steps)
{
    static const struct table_column columns[] = {{.heading = "Rule"}, {.heading = "Changes"}};
    struct table table;
    size_t i;
    json_t *step;
    if (json_array_size(steps) == 0)
        return;
    fputc('\n', out);
    table_init(&table, columns, 2, out, color);
    json_array_foreach(steps, i, step)
    {
        struct strbuf place = {0};
        struct strbuf changes = {0};
        render_place(&place, json_object_get(step, "by"), NULL);
        render_changes(&changes, json_object_get(step, "changes"));
        const char *cells[] = {strbuf_text(&place), changes.len_bytes ? changes.data : NULL};
        table_keep(&table, cells, STYLE_PLAIN);
        strbuf_release(&place);
        strbuf_release(&changes);
    }
    table_begin(&table);
    table_release(&table);
}

void render_trial(FILE *out, bool color, json_t *trial)
{
    const char *result = json_string_value(json_object_get(trial, "result"));
    bool accepted = result && strcmp(result, "accept") == 0;
    struct strbuf text = {0};
    table_styled(out, color, accepted ? STYLE_GOOD : STYLE_BAD, accepted ? "accept" : "reject");
    strbuf_add(&text, ": ");
    render_place(&text, json_object_get(trial, "by"), NULL);
    if (json_is_string(json_object_get(trial, "problem"))) {
        strbuf_add(&text, "\n  ");
        add_member(&text, trial, "problem");
    }
    fprintf(out, "%s\n", strbuf_text(&text));
    print_steps(out, color, json_object_get(trial, "steps"));
    strbuf_release(&text);
}
