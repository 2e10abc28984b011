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
    const char *own = json_string_value(json_object_get(place, "file"));
    file = own ? own : file;
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

/* --- another configuration --- */

/* What decides, on one side of a change. */
static void add_side(struct strbuf *out, json_t *side)
{
    if (json_is_object(json_object_get(side, "by")))
        render_place(out, json_object_get(side, "by"), NULL);
    else if (json_is_string(json_object_get(side, "why")))
        add_member(out, side, "why");
    else
        strbuf_add(out, "no rule");
}

/* "bogons rule private (line 5), before: customer-in default (line 9)" */
static void add_sides(struct strbuf *out, json_t *change)
{
    struct strbuf before = {0};
    struct strbuf after = {0};
    add_side(&before, json_object_get(change, "before"));
    add_side(&after, json_object_get(change, "after"));
    strbuf_add(out, strbuf_text(&after));
    strbuf_printf(out, ", before: %s", strbuf_text(&before));
    strbuf_release(&before);
    strbuf_release(&after);
}

static void add_route(struct strbuf *out, json_t *change)
{
    if (json_object_get(change, "rd")) {
        add_member(out, change, "rd");
        strbuf_add(out, " ");
    }
    add_member(out, change, "prefix");
}

static bool is_different(json_t *change)
{
    const char *what = json_string_value(json_object_get(change, "change"));
    return what && strcmp(what, "different") == 0;
}

/* What follows the route in a line: of a different one the changes, else what decides. */
static void add_reason(struct strbuf *out, json_t *change)
{
    json_t *changes = json_object_get(change, "changes");
    if (is_different(change) && json_array_size(changes) > 0)
        render_changes(out, changes);
    else
        add_sides(out, change);
}

void render_listed_change(FILE *out, json_t *change)
{
    struct strbuf text = {0};
    add_member(&text, change, "peer");
    strbuf_add(&text, " ");
    add_member(&text, change, "direction");
    strbuf_add(&text, " ");
    add_route(&text, change);
    strbuf_add(&text, " ");
    add_member(&text, change, "change");
    strbuf_add(&text, ": ");
    add_reason(&text, change);
    fprintf(out, "%s\n", strbuf_text(&text));
    strbuf_release(&text);
}

static long long number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* A line of examples after the rules of the same kind of change. */
static void print_rules(FILE *out, json_t *way, const char *kind)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(way, "rules"), i, item)
    {
        const char *change = json_string_value(json_object_get(item, "change"));
        struct strbuf text = {0};
        if (!change || strcmp(change, kind) != 0)
            continue;
        add_sides(&text, item);
        fprintf(out, "    %lld by %s\n", number(item, "routes"), strbuf_text(&text));
        strbuf_release(&text);
    }
    json_array_foreach(json_object_get(way, "examples"), i, item)
    {
        const char *change = json_string_value(json_object_get(item, "change"));
        struct strbuf text = {0};
        if (!change || strcmp(change, kind) != 0)
            continue;
        add_route(&text, item);
        if (is_different(item)) {
            strbuf_add(&text, ": ");
            add_reason(&text, item);
        }
        fprintf(out, "      %s\n", strbuf_text(&text));
        strbuf_release(&text);
    }
}

static void print_way(FILE *out, json_t *peer, const char *direction, const char *before,
                      const char *const kinds[3])
{
    json_t *way = json_object_get(peer, direction);
    if (number(way, kinds[0]) + number(way, kinds[1]) + number(way, kinds[2]) == 0)
        return;
    fprintf(out, "  %s, of %lld:\n", direction, number(way, before));
    for (size_t i = 0; i < 3; i++) {
        if (number(way, kinds[i]) == 0)
            continue;
        fprintf(out, "  %s%lld %s\n",
                i == 0   ? "+"
                : i == 1 ? "-"
                         : "~",
                number(way, kinds[i]), kinds[i]);
        print_rules(out, way, kinds[i]);
    }
}

static const char *const import_kinds[] = {"accepted", "rejected", "different"};
static const char *const export_kinds[] = {"announced", "withdrawn", "different"};

static void print_peer(FILE *out, bool color, json_t *peer)
{
    struct strbuf head = {0};
    const char *name = json_string_value(json_object_get(peer, "name"));
    const char *addr = json_string_value(json_object_get(peer, "peer"));
    add_member(&head, peer, "peer");
    if (name && addr && strcmp(name, addr) != 0) {
        strbuf_add(&head, " (");
        add_member(&head, peer, "name");
        strbuf_add(&head, ")");
    }
    strbuf_add(&head, ", ");
    add_member(&head, peer, "family");
    if (json_is_true(json_object_get(peer, "session_ended")))
        strbuf_add(&head, ": its session has ended meanwhile");
    table_styled(out, color, STYLE_BOLD, strbuf_text(&head));
    fputc('\n', out);
    print_way(out, peer, "import", "accepted_before", import_kinds);
    print_way(out, peer, "export", "announced_before", export_kinds);
    if (json_is_false(json_object_get(peer, "rejected_are_kept")))
        fputs("  what its import rejects is not kept, and could not be asked about\n", out);
    fputc('\n', out);
    strbuf_release(&head);
}

/* "lead: a, b", where there are any. */
static void print_names(FILE *out, const char *lead, json_t *names)
{
    struct strbuf raw = {0};
    struct strbuf text = {0};
    json_cell_add(&raw, names, ", ");
    text_add_printable(&text, strbuf_text(&raw));
    if (json_array_size(names) > 0)
        fprintf(out, "%s: %s\n", lead, strbuf_text(&text));
    strbuf_release(&raw);
    strbuf_release(&text);
}

/* The change of a key among others, which may not be there. */
static json_t *change_of(json_t *values, json_t *key)
{
    size_t i;
    json_t *change;
    json_array_foreach(values, i, change)
    {
        if (json_is_string(key) && json_equal(json_object_get(change, "key"), key))
            return change;
    }
    return NULL;
}

/* Keys, with what they have now and would have: "hold_timer (200 → 45), description". */
static void print_keys(FILE *out, const char *lead, json_t *keys, json_t *values)
{
    struct strbuf raw = {0};
    struct strbuf text = {0};
    size_t i;
    json_t *key;
    json_array_foreach(keys, i, key)
    {
        json_t *change = change_of(values, key);
        strbuf_add(&raw, i > 0 ? ", " : "");
        json_cell_add(&raw, key, "");
        if (!change)
            continue;
        strbuf_add(&raw, " (");
        json_cell_add_setting(&raw, json_object_get(change, "before"), ", ");
        strbuf_add(&raw, " → ");
        json_cell_add_setting(&raw, json_object_get(change, "after"), ", ");
        strbuf_add(&raw, ")");
    }
    text_add_printable(&text, strbuf_text(&raw));
    if (json_array_size(keys) > 0)
        fprintf(out, "%s: %s\n", lead, strbuf_text(&text));
    strbuf_release(&raw);
    strbuf_release(&text);
}

/* Of a neighbor: what about policies differs, what waits, and static routes. */
static void print_details(FILE *out, json_t *peer)
{
    struct strbuf lead = {0};
    strbuf_add(&lead, "policies of ");
    add_member(&lead, peer, "peer");
    strbuf_add(&lead, " that differ");
    print_keys(out, strbuf_text(&lead), json_object_get(peer, "policy_keys"),
               json_object_get(peer, "values"));
    strbuf_release(&lead);
    strbuf_add(&lead, "for its next session, of ");
    add_member(&lead, peer, "peer");
    print_names(out, strbuf_text(&lead), json_object_get(peer, "wait_for_session"));
    strbuf_release(&lead);
    long long come = number(peer, "static_routes_come");
    long long go = number(peer, "static_routes_go");
    add_member(&lead, peer, "peer");
    if (come > 0 || go > 0)
        fprintf(out, "static routes of %s: %lld come, %lld go\n", strbuf_text(&lead), come, go);
    strbuf_release(&lead);
}

/* Sets, with how many entries they have now and would have. */
static void print_sets(FILE *out, json_t *sets)
{
    struct strbuf raw = {0};
    struct strbuf text = {0};
    size_t i;
    json_t *set;
    json_array_foreach(sets, i, set)
    {
        strbuf_add(&raw, i > 0 ? ", " : "");
        add_member(&raw, set, "kind");
        strbuf_add_char(&raw, '.');
        add_member(&raw, set, "name");
        strbuf_add(&raw, " (");
        json_cell_add_setting(&raw, json_object_get(set, "before"), "");
        strbuf_add(&raw, " → ");
        json_cell_add_setting(&raw, json_object_get(set, "after"), "");
        strbuf_add(&raw, ")");
    }
    text_add_printable(&text, strbuf_text(&raw));
    if (json_array_size(sets) > 0)
        fprintf(out, "sets that differ, by how many entries they have: %s\n", strbuf_text(&text));
    strbuf_release(&raw);
    strbuf_release(&text);
}

/* What other keys would change. */
static void print_other(FILE *out, json_t *diff)
{
    size_t i;
    json_t *peer;
    print_keys(out, "keys that differ, too", json_object_get(diff, "keys_changed"),
               json_object_get(diff, "values"));
    print_sets(out, json_object_get(diff, "sets_changed"));
    print_names(out, "neighbors that come", json_object_get(diff, "peers_added"));
    print_names(out, "neighbors that go", json_object_get(diff, "peers_removed"));
    json_array_foreach(json_object_get(diff, "peers_changed"), i, peer)
    {
        struct strbuf lead = {0};
        strbuf_add(&lead, "keys of ");
        add_member(&lead, peer, "peer");
        strbuf_add(&lead, " that differ, too");
        if (json_is_true(json_object_get(peer, "resets_session")))
            strbuf_add(&lead, ", and reset its session");
        print_keys(out, strbuf_text(&lead), json_object_get(peer, "keys"),
                   json_object_get(peer, "values"));
        strbuf_release(&lead);
        print_details(out, peer);
    }
}

static void print_not_compared(FILE *out, json_t *lines)
{
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
    {
        struct strbuf text = {0};
        text_add_printable(&text, json_is_string(line) ? json_string_value(line) : "");
        fprintf(out, "not compared: %s\n", strbuf_text(&text));
        strbuf_release(&text);
    }
}

static void print_totals(FILE *out, const char *lead, json_t *totals, const char *direction,
                         const char *const kinds[3])
{
    json_t *of = json_object_get(totals, direction);
    fprintf(out, "%s: %lld %s, %lld %s, %lld %s\n", lead, number(of, kinds[0]), kinds[0],
            number(of, kinds[1]), kinds[1], number(of, kinds[2]), kinds[2]);
}

void render_diff(FILE *out, bool color, json_t *diff)
{
    size_t i;
    json_t *peer;
    json_t *totals = json_object_get(diff, "totals");
    json_array_foreach(json_object_get(diff, "peers"), i, peer)
    {
        print_peer(out, color, peer);
    }
    print_totals(out, "import", totals, "import", import_kinds);
    print_totals(out, "export", totals, "export", export_kinds);
    if (number(diff, "unchanged") > 0)
        fprintf(out, "families of neighbors without a change: %lld\n", number(diff, "unchanged"));
    print_other(out, diff);
    print_not_compared(out, json_object_get(diff, "not_compared"));
    if (json_is_false(json_object_get(diff, "complete")))
        fputs("the configuration in force was changed meanwhile: these are not all changes\n", out);
}
