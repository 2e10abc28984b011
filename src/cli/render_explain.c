/* Explanations for people: the paths of a prefix, each with what policy made of it and what settled
 * that it is the best or not; then the neighbours, those together of whom the same is said. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

/* Peers that are named in one line. */
enum { NAMES_MAX = 8 };

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* --- policies --- */

/* The decision, and the rules that held, a line for each. */
static void add_policy(struct strbuf *out, json_t *policy, const char *file)
{
    size_t i;
    json_t *step;
    if (!json_is_object(policy))
        return;
    bool accepts = strcmp(text_of(policy, "result"), "accept") == 0;
    strbuf_add(out, accepts ? "    accepted by " : "    rejected by ");
    render_place(out, json_object_get(policy, "by"), file);
    strbuf_add(out, text_of(policy, "problem")[0] ? ", which could not be evaluated\n" : "\n");
    json_array_foreach(json_object_get(policy, "steps"), i, step)
    {
        json_t *changes = json_object_get(step, "changes");
        json_t *by = json_object_get(step, "by");
        if (json_array_size(changes) == 0 && json_equal(by, json_object_get(policy, "by")))
            continue; /* that is said already */
        strbuf_add(out, "      ");
        render_place(out, by, file);
        strbuf_add(out, json_array_size(changes) > 0 ? ": " : ": holds");
        render_changes(out, changes);
        strbuf_add(out, "\n");
    }
}

/* --- lines --- */

/* Writes lines that were collected, made harmless. */
static void write_lines(FILE *out, struct strbuf *lines)
{
    char *rest = NULL;
    strbuf_add(lines, ""); /* so that there is a text to be cut */
    for (char *line = strtok_r(lines->data, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        struct strbuf clean = {0};
        text_add_printable(&clean, line);
        fprintf(out, "%s\n", strbuf_text(&clean));
        strbuf_release(&clean);
    }
    strbuf_clear(lines);
}

static void write_styled(FILE *out, bool color, enum table_style style, struct strbuf *line)
{
    struct strbuf clean = {0};
    text_add_printable(&clean, strbuf_text(line));
    table_styled(out, color, style, strbuf_text(&clean));
    fputc('\n', out);
    strbuf_release(&clean);
    strbuf_clear(line);
}

/* Adds ", LABEL VALUE" where there is such a member. */
static void add_member(struct strbuf *out, json_t *route, const char *key, const char *label)
{
    struct strbuf cell = {0};
    const char *text = json_cell(&cell, route, key);
    if (text && text[0])
        strbuf_printf(out, ", %s %s", label, text);
    strbuf_release(&cell);
}

static void add_attributes(struct strbuf *out, json_t *route)
{
    static const struct {
        const char *key;
        const char *label;
    } members[] = {
        {"labels", "labels"},           {"next_hop", "next hop"},     {"as_path", "AS path"},
        {"weight", "weight"},           {"local_pref", "local pref"}, {"multi_exit_disc", "MED"},
        {"communities", "communities"}, {"marks", "marks"},           {"only_to_customer", "OTC"},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        add_member(out, route, members[i].key, members[i].label);
}

/* --- paths --- */

static void add_choice(struct strbuf *out, json_t *path)
{
    const char *preferred = text_of(path, "preferred");
    if (preferred[0])
        strbuf_printf(out, "    not the best: %s, against %s\n", text_of(path, "step"), preferred);
    else if (strcmp(text_of(path, "step"), "for one peer alone") == 0)
        strbuf_add(out, "    not the best: it is for one peer alone\n");
    else if (json_is_true(json_object_get(path, "best")))
        strbuf_add(out, "    the best\n");
}

/* "10.0.0.0/8 from 192.0.2.1 (AS 65001)" */
static void add_held(struct strbuf *out, json_t *held)
{
    json_t *as = json_object_get(held, "neighbor_as");
    strbuf_printf(out, "%s from %s", text_of(held, "prefix"), text_of(held, "source"));
    if (json_is_integer(as))
        strbuf_printf(out, " (AS %lld)", (long long)json_integer_value(as));
}

/* What a flow was held against. */
static void add_validation(struct strbuf *out, json_t *validation)
{
    json_t *other = json_object_get(validation, "more_specific");
    json_t *held = json_object_get(validation, "held_against");
    if (!json_is_object(validation))
        return;
    strbuf_add(out, json_is_true(json_object_get(validation, "feasible")) ? "    feasible"
                                                                          : "    not feasible");
    if (json_is_object(held)) {
        strbuf_add(out, ": held against ");
        add_held(out, held);
    }
    if (json_is_object(other)) {
        strbuf_add(out, ", and ");
        add_held(out, other);
    }
    strbuf_add(out, "\n");
}

/* "    origin AS 64500: invalid by 192.0.2.0/24 le 26 64501". */
static void add_origin(struct strbuf *out, json_t *origin)
{
    json_t *as = json_object_get(origin, "origin_as");
    size_t i;
    json_t *vrp;
    if (!json_is_object(origin))
        return;
    if (json_is_integer(as))
        strbuf_printf(out, "    origin AS %lld", (long long)json_integer_value(as));
    else
        strbuf_add(out, "    no origin AS");
    strbuf_printf(out, ": %s", text_of(origin, "state"));
    json_array_foreach(json_object_get(origin, "vrps"), i, vrp)
    {
        const char *prefix = text_of(vrp, "prefix");
        long long bits = json_integer_value(json_object_get(vrp, "max_length"));
        const char *slash = strchrnul(prefix, '/');
        strbuf_printf(out, "%s%s", i == 0 ? " by " : ", ", prefix);
        if (bits != strtoll(slash + (*slash == '/'), NULL, 10))
            strbuf_printf(out, " le %lld", bits);
        strbuf_printf(out, " %lld", (long long)json_integer_value(json_object_get(vrp, "as")));
    }
    strbuf_add(out, "\n");
}

static void write_path(FILE *out, bool color, json_t *path, const char *file)
{
    bool best = json_is_true(json_object_get(path, "best"));
    const char *filtered = text_of(path, "filtered");
    json_t *import = json_object_get(path, "import");
    struct strbuf text = {0};
    strbuf_printf(&text, "%c from %s", best ? '*' : ' ', text_of(path, "source"));
    add_attributes(&text, path);
    write_styled(out, color, best ? STYLE_GOOD : filtered[0] ? STYLE_DIM : STYLE_PLAIN, &text);
    if (json_is_true(json_object_get(path, "pending")))
        strbuf_add(&text, "    the policies have changed, and are about to be evaluated:\n");
    if (!json_is_object(import) && filtered[0])
        strbuf_printf(&text, "    not used: %s\n", filtered);
    add_origin(&text, json_object_get(path, "origin_validation"));
    add_validation(&text, json_object_get(path, "flow_validation"));
    add_policy(&text, import, file);
    add_choice(&text, path);
    write_lines(out, &text);
    strbuf_release(&text);
}

/* --- neighbours --- */

/* What is said of some neighbours. */
struct same {
    struct strbuf said;
    struct strbuf names;
    size_t count;
};

static void add_peer(struct same *same, json_t *peer)
{
    if (same->count < NAMES_MAX)
        strbuf_printf(&same->names, "%s%s", same->count ? ", " : "", text_of(peer, "source"));
    same->count++;
}

/* The paths that it is not told, so that it is told another one, or none. */
static void add_passed(struct strbuf *out, json_t *peer, const char *file)
{
    size_t i;
    json_t *passed;
    json_array_foreach(json_object_get(peer, "passed_over"), i, passed)
    {
        json_t *by = json_object_get(passed, "withheld_by");
        strbuf_printf(out, "    not the path from %s: ", text_of(passed, "source"));
        if (json_is_object(by)) {
            strbuf_add(out, "rejected by ");
            render_place(out, by, file);
            strbuf_add(out, "\n");
        } else {
            strbuf_printf(out, "%s\n", text_of(passed, "withheld"));
        }
    }
}

static void say_of_peer(struct strbuf *out, json_t *peer, const char *file)
{
    json_t *export = json_object_get(peer, "export");
    if (!json_is_object(export) || !json_is_object(json_object_get(peer, "withheld_by")))
        if (text_of(peer, "withheld")[0])
            strbuf_printf(out, "    %s\n", text_of(peer, "withheld"));
    if (json_is_true(json_object_get(peer, "told"))) {
        struct strbuf attributes = {0};
        add_attributes(&attributes, peer);
        strbuf_printf(out, "    the path from %s%s\n", text_of(peer, "learned_from"),
                      strbuf_text(&attributes));
        strbuf_release(&attributes);
    }
    add_policy(out, export, file);
    add_passed(out, peer, file);
    if (json_is_true(json_object_get(peer, "pending")))
        strbuf_add(out, "    it is yet to be told so\n");
}

static void write_same(FILE *out, bool color, struct same *same, bool told)
{
    struct strbuf text = {0};
    strbuf_printf(&text, "  %s %s", told ? "told to" : "not told to", strbuf_text(&same->names));
    if (same->count > NAMES_MAX)
        strbuf_printf(&text, " and %zu others", same->count - NAMES_MAX);
    write_styled(out, color, told ? STYLE_GOOD : STYLE_DIM, &text);
    write_lines(out, &same->said);
    strbuf_release(&text);
}

/* Those who are told, or those who are not. */
static void write_peers(FILE *out, bool color, json_t *peers, bool told, const char *file)
{
    struct same *all = NULL;
    size_t count = 0;
    size_t i;
    json_t *peer;
    json_array_foreach(peers, i, peer)
    {
        struct strbuf said = {0};
        size_t at = 0;
        if (json_is_true(json_object_get(peer, "told")) != told)
            continue;
        say_of_peer(&said, peer, file);
        while (at < count && strcmp(strbuf_text(&all[at].said), strbuf_text(&said)) != 0)
            at++;
        if (at == count) {
            all = mem_resize(all, ++count, sizeof *all);
            all[at] = (struct same){.said = said};
        } else {
            strbuf_release(&said);
        }
        add_peer(&all[at], peer);
    }
    for (i = 0; i < count; i++) {
        write_same(out, color, &all[i], told);
        strbuf_release(&all[i].said);
        strbuf_release(&all[i].names);
    }
    free(all);
}

/* --- all --- */

static void render_explanation(FILE *out, bool color, json_t *explanation)
{
    const char *file = text_of(explanation, "file");
    json_t *peers = json_object_get(explanation, "peers");
    struct strbuf text = {0};
    size_t i;
    json_t *path;
    if (text_of(explanation, "rd")[0])
        strbuf_printf(&text, "%s ", text_of(explanation, "rd"));
    strbuf_printf(&text, "%s (%s / %s)", text_of(explanation, "prefix"),
                  text_of(explanation, "afi"), text_of(explanation, "safi"));
    write_styled(out, color, STYLE_BOLD, &text);
    json_array_foreach(json_object_get(explanation, "paths"), i, path)
        write_path(out, color, path, file);
    write_peers(out, color, peers, true, file);
    write_peers(out, color, peers, false, file);
    strbuf_release(&text);
}

void render_explanations(FILE *out, bool color, json_t *explanations)
{
    size_t i;
    json_t *explanation;
    json_array_foreach(explanations, i, explanation)
    {
        fputs(i > 0 ? "\n" : "", out);
        render_explanation(out, color, explanation);
    }
    if (json_array_size(explanations) == 0)
        fputs("no routes\n", out);
}
