/* Words of values. Whether a value has the right form is found here for all rows alike; what the
 * words mean is for the row to say. */
#include "config/policy_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"

/* Where in a table a word stands. */
struct position {
    const char *part;
    const char *key;
};

static void add_word(struct placed_words *to, const struct toml_node *from, const char *text,
                     bool made, enum policy_word_type type, struct position at)
{
    size_t i = to->words.count;
    if (i == to->size) {
        to->size = to->size ? 2 * to->size : 8;
        to->at = mem_resize(to->at, to->size, sizeof(*to->at));
        to->from = mem_resize(to->from, to->size, sizeof(*to->from));
        to->made = mem_resize(to->made, to->size, sizeof(*to->made));
    }
    to->made[i] = made ? mem_strdup(text) : NULL;
    to->from[i] = from;
    to->at[i] = (struct policy_word){
        .part = at.part, .key = at.key, .text = made ? to->made[i] : text, .type = type};
    to->words.at = to->at;
    to->words.count++;
}

/* Adds a value that is a word by itself, of a type that is taken; false: it is none. */
static bool add_scalar(struct placed_words *to, unsigned types, const struct toml_node *value,
                       struct position at)
{
    char digits[24];
    if (value->type == TOML_STRING && (types & POLICY_TEXT)) {
        add_word(to, value, value->as.string, false, POLICY_TEXT, at);
    } else if (value->type == TOML_INTEGER && (types & POLICY_NUMBER)) {
        snprintf(digits, sizeof(digits), "%" PRId64, value->as.integer);
        add_word(to, value, digits, true, POLICY_NUMBER, at);
    } else if (value->type == TOML_BOOLEAN && (types & POLICY_FLAG)) {
        add_word(to, value, value->as.boolean ? "true" : "false", false, POLICY_FLAG, at);
    } else {
        return false;
    }
    return true;
}

static bool report_form(struct loader *l, const struct word_form *form,
                        const struct toml_node *value)
{
    if (value->type == TOML_BROKEN)
        l->stumbled = true; /* reported */
    else
        loader_problem(l, value->place, "%s takes %s, not %s%s", form->name, form->takes,
                       schema_type_text(value->type),
                       form->types & POLICY_TEXT ? schema_quotes_hint(value->type) : "");
    return false;
}

/* A list, each item of which is a word. One that is empty was hardly meant, unless that is the
 * value of a parameter: then nothing is one of it. */
static bool add_list(struct loader *l, struct placed_words *to, const struct word_form *form,
                     const struct toml_node *list, struct position at)
{
    bool ok = list->as.list.count > 0 || loader_stands_in(l, list->place);
    if (!ok)
        loader_problem(l, list->place, "%s has an empty list (it takes %s)", form->name,
                       form->takes);
    for (size_t i = 0; i < list->as.list.count; i++) {
        const struct toml_node *item = &list->as.list.items[i];
        if (!add_scalar(to, form->types, item, at))
            ok = report_form(l, form, item);
    }
    return ok;
}

static bool add_value(struct loader *l, struct placed_words *to, const struct word_form *form,
                      const struct toml_node *value, struct position at)
{
    if (value->type == TOML_ARRAY && (form->types & POLICY_LIST))
        return add_list(l, to, form, value, at);
    return add_scalar(to, form->types, value, at) || report_form(l, form, value);
}

/* A part that is a table itself: what its keys are is for the row to say. */
static bool add_part_table(struct loader *l, struct placed_words *to, const struct word_form *form,
                           const struct toml_node *table)
{
    bool ok = table->as.list.count > 0;
    if (!ok)
        loader_problem(l, table->place, "%s is empty (it takes %s)", form->name, form->takes);
    for (size_t i = 0; i < table->as.list.count; i++) {
        const struct toml_node *item = &table->as.list.items[i];
        struct position at = {.part = table->key, .key = item->key};
        ok = add_value(l, to, form, item, at) && ok;
    }
    return ok;
}

static bool report_part(struct loader *l, const struct word_form *form,
                        const struct toml_node *item)
{
    enum { MAX_PARTS = 16 };
    const char *names[MAX_PARTS];
    struct schema_choices choices = {.names = names, .lead = " (valid keys: ", .quote = ""};
    struct strbuf hint = {0};
    for (const struct policy_part *p = form->parts; p->name && choices.count < MAX_PARTS; p++)
        names[choices.count++] = p->name;
    schema_hint(&hint, item->key, &choices);
    loader_problem(l, item->key_place, "unknown key '%.64s' in %s%s", item->key, form->name,
                   strbuf_text(&hint));
    strbuf_release(&hint);
    return false;
}

static bool add_part(struct loader *l, struct placed_words *to, const struct word_form *form,
                     const struct toml_node *item)
{
    const struct policy_part *part = form->parts;
    while (part->name && strcmp(part->name, item->key) != 0)
        part++;
    if (!part->name)
        return report_part(l, form, item);
    struct word_form of = {.name = part->name, .takes = part->takes, .types = part->types};
    if (item->type == TOML_TABLE && (part->types & POLICY_TABLE))
        return add_part_table(l, to, &of, item);
    return add_value(l, to, &of, item, (struct position){.part = part->name});
}

static bool add_parts(struct loader *l, struct placed_words *to, const struct word_form *form,
                      const struct toml_node *table)
{
    bool ok = table->as.list.count > 0;
    if (!ok)
        loader_problem(l, table->place, "%s is empty (it takes %s)", form->name, form->takes);
    for (size_t i = 0; i < table->as.list.count; i++)
        ok = add_part(l, to, form, &table->as.list.items[i]) && ok;
    return ok;
}

bool placed_words_of(struct loader *l, const struct word_form *form, const struct toml_node *value,
                     struct policy_sets *sets, struct placed_words *ret_words)
{
    *ret_words = (struct placed_words){.words.sets = sets};
    if (value->type == TOML_TABLE && (form->types & POLICY_TABLE) && form->parts)
        return add_parts(l, ret_words, form, value);
    return add_value(l, ret_words, form, value, (struct position){0});
}

void placed_words_report(struct loader *l, const struct word_form *form,
                         const struct toml_node *value, const struct placed_words *words)
{
    size_t wrong = words->words.problem.word;
    struct toml_place place = wrong < words->words.count ? words->from[wrong]->place : value->place;
    loader_problem(l, place, "%s: %s", form->name, strbuf_text(&words->words.problem.text));
}

void placed_words_release(struct placed_words *words)
{
    for (size_t i = 0; i < words->words.count; i++)
        free(words->made[i]);
    free(words->made);
    free(words->from);
    free(words->at);
    strbuf_release(&words->words.problem.text);
    *words = (struct placed_words){0};
}
