/* Parameters. A text of a policy that is "$name" stands for the value of that name, which may be a
 * list; within a text, as in "{local.as}:1101:$code", it stands for that of a single value. A "$"
 * that no letter follows is none: regular expressions end with it. Values may mention others in the
 * same way, down to a fixed depth, and a value may be chosen by another one:
 * `then = { mode = { tag = "accept", reject = "reject" } }` is "accept" where `mode` is "tag". */
#include "config/parameters.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"

enum {
    NAME_MAX_BYTES = 64,
    DEPTH_MAX = 4,        /* of values that mention others */
    FILLED_MAX = 1 << 20, /* words and bytes that they may come to in one value */
};

/* --- names --- */

/* How long the name at the start of a text is; 0: there is none. */
static size_t name_length(const char *text)
{
    size_t len = 0;
    if (!isalpha((unsigned char)text[0]))
        return 0;
    while (isalnum((unsigned char)text[len]) || text[len] == '_')
        len++;
    return len;
}

/* The next parameter in a text, at its "$"; NULL. */
static const char *next_mention(const char *text, size_t *ret_len)
{
    const char *at = text;
    while ((at = strchr(at, '$')) != NULL && name_length(at + 1) == 0)
        at++;
    *ret_len = at ? name_length(at + 1) : 0;
    return at;
}

/* Whether a text is nothing but a parameter. */
static bool is_whole(const char *text)
{
    return text[0] == '$' && name_length(text + 1) > 0 && text[1 + name_length(text + 1)] == '\0';
}

static const struct toml_node *find_plain(const struct parameter_scope *scope, const char *name)
{
    const struct toml_node *found = NULL;
    for (size_t i = 0; !found && i < PARAMETER_TABLES; i++)
        if (scope->tables[i] && scope->tables[i]->type == TOML_TABLE)
            found = loader_find(scope->tables[i], name);
    return found;
}

/* What a value is chosen by; NULL: by nothing, it is what it is. */
static const struct toml_node *choice_of(const struct toml_node *value)
{
    const struct toml_node *by = value && value->type == TOML_TABLE && value->as.list.count == 1
                                     ? value->as.list.items
                                     : NULL;
    return by && by->type == TOML_TABLE ? by : NULL;
}

/* The text by which something is chosen; NULL: it is none. */
static const char *text_of(const struct toml_node *value)
{
    if (value && value->type == TOML_BOOLEAN)
        return value->as.boolean ? "true" : "false";
    return value && value->type == TOML_STRING ? value->as.string : NULL;
}

const struct toml_node *parameter_find(const struct parameter_scope *scope, const char *name)
{
    const struct toml_node *value = find_plain(scope, name);
    const struct toml_node *by = choice_of(value);
    const char *chosen = by ? text_of(find_plain(scope, by->key)) : NULL;
    if (by)
        return chosen ? loader_find(by, chosen) : NULL;
    return value;
}

static void add_name(struct parameter_names *names, const char *name, size_t len)
{
    size_t at = 0;
    int order = -1;
    while (at < names->count) {
        order = strncmp(names->at[at], name, len);
        if (order == 0)
            order = names->at[at][len] != '\0';
        if (order >= 0)
            break;
        at++;
    }
    if (at < names->count && order == 0)
        return;
    names->at = mem_resize(names->at, names->count + 1, sizeof(*names->at));
    memmove(&names->at[at + 1], &names->at[at], (names->count - at) * sizeof(*names->at));
    names->at[at] = mem_zalloc(len + 1);
    memcpy(names->at[at], name, len);
    names->count++;
}

static bool is_when(const struct toml_node *node)
{
    return node->key && strcmp(node->key, "when") == 0;
}

/* The name of a rule is what it is. */
static bool is_name(const struct toml_node *node)
{
    return node->key && strcmp(node->key, "name") == 0;
}

static bool is_list(const struct toml_node *node)
{
    return node->type == TOML_ARRAY || node->type == TOML_TABLE;
}

static void add_mentions(struct parameter_names *names, const struct toml_node *node)
{
    size_t len;
    for (const char *at = node->as.string; (at = next_mention(at, &len)) != NULL; at += len)
        add_name(names, at + 1, len);
}

/* What a `when` asks, or of that only what it wants to be true or false. */
static void add_when(struct parameter_names *names, const struct toml_node *when, bool switches)
{
    if (when->type == TOML_STRING)
        add_mentions(names, when);
    for (size_t i = 0; when->type == TOML_TABLE && i < when->as.list.count; i++) {
        const struct toml_node *wanted = &when->as.list.items[i];
        if (!switches || wanted->type == TOML_BOOLEAN)
            add_name(names, wanted->key, strlen(wanted->key));
    }
}

/* The same of all that is in a value. */
static void add_asked(struct parameter_names *names, const struct toml_node *node, bool switches)
{
    if (is_when(node))
        add_when(names, node, switches);
    for (size_t i = 0; !is_when(node) && is_list(node) && i < node->as.list.count; i++)
        add_asked(names, &node->as.list.items[i], switches);
}

void parameter_names_add(struct parameter_names *names, const struct toml_node *node)
{
    parameter_names_add_values(names, node);
    add_asked(names, node, false);
}

void parameter_names_add_values(struct parameter_names *names, const struct toml_node *node)
{
    if (is_when(node))
        return;
    if (node->type == TOML_STRING && !is_name(node))
        add_mentions(names, node);
    for (size_t i = 0; is_list(node) && i < node->as.list.count; i++)
        parameter_names_add_values(names, &node->as.list.items[i]);
}

void parameter_names_add_switches(struct parameter_names *names, const struct toml_node *node)
{
    add_asked(names, node, true);
}

void parameter_names_add_one(struct parameter_names *names, const char *name)
{
    add_name(names, name, strlen(name));
}

void parameter_names_add_choices(struct parameter_names *names, const struct toml_node *table)
{
    for (size_t i = 0; table && table->type == TOML_TABLE && i < table->as.list.count; i++) {
        const struct toml_node *by = choice_of(&table->as.list.items[i]);
        if (by)
            parameter_names_add_one(names, by->key);
    }
}

void parameter_names_release(struct parameter_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->at[i]);
    free(names->at);
    *names = (struct parameter_names){0};
}

/* --- values --- */

static void digest_value(struct policy_digest *d, const struct parameter_scope *scope,
                         const struct toml_node *value, unsigned depth, size_t *left);

/* What a text mentions is part of it. */
static void digest_mentions(struct policy_digest *d, const struct parameter_scope *scope,
                            const char *text, unsigned depth, size_t *left)
{
    char name[NAME_MAX_BYTES + 1];
    size_t len;
    for (const char *at = text; (at = next_mention(at, &len)) != NULL; at += len) {
        snprintf(name, sizeof(name), "%.*s", (int)len, at + 1);
        const struct toml_node *value = parameter_find(scope, name);
        policy_digest_add_number(d, value != NULL);
        if (value)
            digest_value(d, scope, value, depth + 1, left);
    }
}

/* `scope` NULL: mentions are text like other. What is beyond *left words is not looked at: there is
 * more of it than may be filled in. */
static void digest_value(struct policy_digest *d, const struct parameter_scope *scope,
                         const struct toml_node *value, unsigned depth, size_t *left)
{
    if (*left == 0)
        return;
    --*left;
    policy_digest_add_number(d, value->type);
    if (value->type == TOML_STRING)
        policy_digest_add_text(d, value->as.string);
    if (value->type == TOML_STRING && scope && depth < DEPTH_MAX)
        digest_mentions(d, scope, value->as.string, depth, left);
    if (value->type == TOML_INTEGER)
        policy_digest_add_number(d, (uint64_t)value->as.integer);
    else if (value->type == TOML_BOOLEAN)
        policy_digest_add_number(d, value->as.boolean);
    if (value->type != TOML_ARRAY)
        return;
    policy_digest_add_number(d, value->as.list.count);
    for (size_t i = 0; i < value->as.list.count; i++)
        digest_value(d, scope, &value->as.list.items[i], depth, left);
}

bool parameter_names_digest(const struct parameter_names *names,
                            const struct parameter_scope *scope, struct policy_digest *ret_digest)
{
    bool all = true;
    size_t left = FILLED_MAX;
    *ret_digest = (struct policy_digest){0};
    for (size_t i = 0; i < names->count; i++) {
        const struct toml_node *value = parameter_find(scope, names->at[i]);
        all = all && value;
        policy_digest_add_number(ret_digest, value != NULL);
        if (value)
            digest_value(ret_digest, scope, value, 0, &left);
    }
    return all;
}

static bool is_scalar(const struct toml_node *value)
{
    return value->type & (TOML_STRING | TOML_INTEGER | TOML_BOOLEAN);
}

static void check_value(struct loader *l, const char *name, const struct toml_node *value)
{
    if (value->type == TOML_BROKEN)
        l->stumbled = true; /* reported */
    else if (!is_scalar(value))
        loader_problem(l, value->place,
                       "parameter '%.64s' must be a string, an integer, a boolean or a list of "
                       "these, not %s",
                       name, schema_type_text(value->type));
}

static void check_values(struct loader *l, const char *name, const struct toml_node *value)
{
    if (value->type != TOML_ARRAY)
        check_value(l, name, value);
    for (size_t k = 0; value->type == TOML_ARRAY && k < value->as.list.count; k++)
        check_value(l, name, &value->as.list.items[k]);
}

void parameters_check(struct loader *l, const struct toml_node *table)
{
    for (size_t i = 0; i < table->as.list.count; i++) {
        const struct toml_node *value = &table->as.list.items[i];
        size_t len = name_length(value->key);
        if (len == 0 || value->key[len] != '\0' || len > NAME_MAX_BYTES)
            loader_problem(l, value->key_place,
                           "'%.64s' cannot be the name of a parameter: it must have up to %d "
                           "letters, digits and \"_\", a letter first",
                           value->key, NAME_MAX_BYTES);
        const struct toml_node *by = choice_of(value);
        if (!by)
            check_values(l, value->key, value);
        for (size_t k = 0; by && k < by->as.list.count; k++)
            check_values(l, value->key, &by->as.list.items[k]);
    }
}

static bool has_name(const struct parameter_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->at[i], name) == 0)
            return true;
    return false;
}

void parameters_check_used(struct loader *l, const struct toml_node *table,
                           const struct parameter_names *names)
{
    struct schema_choices choices = {.names = (const char *const *)names->at,
                                     .count = names->count};
    for (size_t i = 0; !l->incomplete && i < table->as.list.count; i++) {
        const struct toml_node *value = &table->as.list.items[i];
        struct strbuf hint = {0};
        if (!has_name(names, value->key)) {
            schema_hint(&hint, value->key, &choices);
            loader_warning(l, value->key_place,
                           "parameter '%.64s' has no effect: no policy mentions it%s", value->key,
                           strbuf_text(&hint));
        }
        strbuf_release(&hint);
    }
}

void parameters_check_switches(struct loader *l, const struct toml_node *table,
                               const struct parameter_names *switches,
                               const struct parameter_names *values)
{
    for (size_t i = 0; i < table->as.list.count; i++) {
        const struct toml_node *value = &table->as.list.items[i];
        bool is_text = value->type == TOML_STRING || value->type == TOML_ARRAY;
        if (is_text && has_name(switches, value->key) && !has_name(values, value->key))
            loader_problem(l, value->place,
                           "%.64s switches rules: it must be true or false, not %s", value->key,
                           schema_type_text(value->type));
    }
}

/* Of a value that is chosen by one that is none of the choices: the same for all who ask. */
static void report_choice(struct loader *l, const struct parameter_scope *scope,
                          struct toml_place place, const char *name, const struct toml_node *by)
{
    const struct toml_node *wrong = find_plain(scope, by->key);
    const char *text = text_of(wrong);
    struct strbuf choices = {0};
    for (size_t i = 0; i < by->as.list.count; i++)
        strbuf_printf(&choices, "%s'%.64s'", i > 0 ? ", " : "", by->as.list.items[i].key);
    if (wrong)
        loader_problem(l, wrong->place, "%s must be one of %s, not %s%.64s%s", by->key,
                       strbuf_text(&choices), text ? "'" : "",
                       text ? text : schema_type_text(wrong->type), text ? "'" : "");
    else
        loader_missing(l, place, "$%s has no value: it is chosen by $%s, which has none", name,
                       by->key);
    strbuf_release(&choices);
}

static const struct toml_node *need(struct loader *l, const struct parameter_scope *scope,
                                    struct toml_place place, const char *name)
{
    const struct toml_node *value = parameter_find(scope, name);
    const struct toml_node *by = value ? NULL : choice_of(find_plain(scope, name));
    struct loader_line line;
    if (value && value->type == TOML_BROKEN) {
        l->stumbled = true; /* reported */
        return NULL;
    }
    if (by) {
        report_choice(l, scope, place, name, by);
        return NULL;
    }
    if (!value && scope->place.line > 0)
        loader_missing(l, place, "$%s has no value for %s of %s", name, scope->who,
                       loader_line_text(l, scope->place, place, &line));
    else if (!value)
        loader_missing(l, place, "$%s has no value: no [parameters] gives it one", name);
    return value;
}

/* --- when --- */

/* What is neither false nor empty nor 0. */
static bool is_true(const struct toml_node *value)
{
    return value->type == TOML_BOOLEAN   ? value->as.boolean
           : value->type == TOML_INTEGER ? value->as.integer != 0
           : value->type == TOML_STRING  ? value->as.string[0] != '\0'
                                         : value->as.list.count > 0;
}

static bool is_equal(const struct toml_node *a, const struct toml_node *b)
{
    struct policy_digest x = {0};
    struct policy_digest y = {0};
    size_t left = 2; /* they are single values */
    digest_value(&x, NULL, a, 0, &left);
    digest_value(&y, NULL, b, 0, &left);
    return policy_digest_equal(x, y);
}

/* Whether a value is what is wanted of it; *ret_ok false, reported: it cannot be. */
static bool is_wanted(struct loader *l, const char *name, const struct toml_node *value,
                      const struct toml_node *wanted, bool *ret_ok)
{
    bool found = false;
    if (wanted->type == TOML_BOOLEAN)
        return is_true(value) == wanted->as.boolean;
    if (wanted->type == TOML_ARRAY) {
        for (size_t i = 0; i < wanted->as.list.count; i++)
            found = is_wanted(l, name, value, &wanted->as.list.items[i], ret_ok) || found;
        return found;
    }
    if (wanted->type == value->type && is_scalar(wanted))
        return is_equal(value, wanted);
    struct loader_line line;
    loader_problem(
        l, wanted->place, "when: $%s is %s, not %s (it has its value from %s)", name,
        schema_type_text(value->type), schema_type_text(wanted->type),
        loader_line_text(l, value->place, (struct toml_place){.file = UINT32_MAX}, &line));
    *ret_ok = false;
    return false;
}

bool parameters_hold(struct loader *l, const struct parameter_scope *scope,
                     const struct toml_node *when)
{
    bool ok = true;
    bool holds = true;
    if (when->type == TOML_STRING && is_whole(when->as.string)) {
        const struct toml_node *value = need(l, scope, when->place, when->as.string + 1);
        return value && is_true(value);
    }
    if (when->type != TOML_TABLE) {
        if (when->type == TOML_BROKEN)
            l->stumbled = true; /* reported */
        else
            loader_problem(l, when->place,
                           "when takes a parameter (\"$rov\"), or a table of parameters and values "
                           "({ reject_mode = \"tag\" })");
        return false;
    }
    for (size_t i = 0; i < when->as.list.count; i++) {
        const struct toml_node *wanted = &when->as.list.items[i];
        const struct toml_node *value = need(l, scope, wanted->key_place, wanted->key);
        ok = ok && value;
        holds = value && is_wanted(l, wanted->key, value, wanted, &ok) && holds;
    }
    return ok && holds;
}

/* --- filling in --- */

static bool mentions_any(const struct toml_node *node)
{
    size_t len;
    if (node->type == TOML_STRING)
        return next_mention(node->as.string, &len) != NULL;
    bool is_list = node->type == TOML_ARRAY || node->type == TOML_TABLE;
    for (size_t i = 0; is_list && i < node->as.list.count; i++)
        if (mentions_any(&node->as.list.items[i]))
            return true;
    return false;
}

static void *new_block(struct filling *f, size_t size)
{
    if (f->block_count == f->block_size) {
        f->block_size = f->block_size ? 2 * f->block_size : 8;
        f->blocks = mem_resize(f->blocks, f->block_size, sizeof(*f->blocks));
    }
    return f->blocks[f->block_count++] = mem_alloc(size ? size : 1);
}

static void note(struct filling *f, struct toml_place place, const char *name,
                 const struct toml_node *value)
{
    struct stand_ins *s = &f->stand_ins;
    if (s->count == s->size) {
        s->size = s->size ? 2 * s->size : 8;
        s->at = mem_resize(s->at, s->size, sizeof(*s->at));
    }
    s->at[s->count++] = (struct stand_in){.place = place, .name = name, .value = value};
}

static const char *keep_name(struct filling *f, const char *name)
{
    size_t size = strlen(name) + 1;
    return memcpy(new_block(f, size), name, size);
}

/* What all of a filling is about. */
struct fill {
    struct loader *l;
    const struct parameter_scope *scope;
    struct filling *filling;
    unsigned depth; /* of mentions within values */
};

/* Puts a value where another stands. */
static struct toml_node put(const struct fill *fill, const struct toml_node *where,
                            const struct toml_node *value)
{
    struct toml_node node = *where;
    node.type = value->type;
    node.as = value->as;
    if (value->type != TOML_ARRAY)
        return node;
    struct toml_node *items =
        new_block(fill->filling, value->as.list.count * sizeof(struct toml_node));
    for (size_t i = 0; i < value->as.list.count; i++) {
        items[i] = value->as.list.items[i];
        items[i].place = items[i].key_place = where->place;
    }
    node.as.list.items = items;
    return node;
}

static bool add_value(const struct fill *fill, struct strbuf *out, const struct toml_node *where,
                      const char *name, const struct toml_node *value)
{
    if (value->type == TOML_STRING)
        strbuf_add(out, value->as.string);
    else if (value->type == TOML_INTEGER)
        strbuf_printf(out, "%" PRId64, value->as.integer);
    else if (value->type == TOML_BOOLEAN)
        strbuf_add(out, value->as.boolean ? "true" : "false");
    else
        loader_problem(fill->l, where->place, "$%s is a list: it cannot stand within a text", name);
    return is_scalar(value);
}

static bool fill_node(const struct fill *fill, const struct toml_node *node,
                      struct toml_node *ret_node);

/* Whether there may be so much more; what is too much is reported once. */
static bool may_add(const struct fill *fill, const struct toml_node *node, size_t more)
{
    struct filling *f = fill->filling;
    bool was_too_much = f->filled > FILLED_MAX;
    f->filled += more;
    if (f->filled > FILLED_MAX && !was_too_much)
        loader_problem(fill->l, node->place, "values of parameters come to too much here");
    return f->filled <= FILLED_MAX;
}

/* What stands in mentions others, perhaps. */
static bool fill_deeper(const struct fill *fill, const struct toml_node *node,
                        struct toml_node *ret_node)
{
    struct fill deeper = *fill;
    *ret_node = *node;
    if (!mentions_any(node))
        return true;
    if (!may_add(fill, node, 0))
        return false;
    if (++deeper.depth <= DEPTH_MAX)
        return fill_node(&deeper, node, ret_node);
    loader_problem(fill->l, node->place, "values of parameters mention each other too deeply");
    return false;
}

static bool fill_text(const struct fill *fill, const struct toml_node *node,
                      struct toml_node *ret_node)
{
    struct strbuf text = {0};
    char name[NAME_MAX_BYTES + 1];
    const char *from = node->as.string;
    const char *at;
    size_t len;
    bool ok = true;
    while ((at = next_mention(from, &len)) != NULL) {
        strbuf_add_bytes(&text, from, (size_t)(at - from));
        snprintf(name, sizeof(name), "%.*s", (int)len, at + 1);
        const struct toml_node *value = need(fill->l, fill->scope, node->place, name);
        if (value)
            note(fill->filling, node->place, keep_name(fill->filling, name), value);
        ok = value && add_value(fill, &text, node, name, value) && ok;
        from = at + 1 + len;
    }
    strbuf_add(&text, from);
    ok = may_add(fill, node, text.len_bytes) && ok;
    char *kept = new_block(fill->filling, text.len_bytes + 1);
    memcpy(kept, strbuf_text(&text), text.len_bytes + 1);
    strbuf_release(&text);
    struct toml_node filled = *node;
    filled.as.string = kept;
    *ret_node = filled;
    return ok && fill_deeper(fill, &filled, ret_node);
}

/* A list in which lists that stand in for parameters are no lists of their own. */
static bool fill_list(const struct fill *fill, const struct toml_node *node,
                      struct toml_node *ret_node)
{
    bool ok = true;
    size_t count = 0;
    size_t size = node->as.list.count;
    struct toml_node *items = mem_resize(NULL, size + 1, sizeof(*items));
    for (size_t i = 0; i < node->as.list.count; i++) {
        const struct toml_node *from = &node->as.list.items[i];
        struct toml_node item;
        bool is_spliced = node->type == TOML_ARRAY && from->type == TOML_STRING;
        ok = fill_node(fill, from, &item) && ok;
        is_spliced = is_spliced && item.type == TOML_ARRAY;
        size_t more = is_spliced ? item.as.list.count : 1;
        if (!may_add(fill, node, more)) {
            ok = false;
            break;
        }
        if (count + more > size) {
            size = 2 * (count + more);
            items = mem_resize(items, size, sizeof(*items));
        }
        for (size_t k = 0; k < more; k++)
            items[count++] = is_spliced ? item.as.list.items[k] : item;
    }
    struct toml_node *kept = new_block(fill->filling, count * sizeof(*kept));
    if (count > 0)
        memcpy(kept, items, count * sizeof(*kept));
    free(items);
    *ret_node = *node;
    ret_node->as.list = (struct toml_list){kept, count};
    return ok;
}

static bool fill_node(const struct fill *fill, const struct toml_node *node,
                      struct toml_node *ret_node)
{
    *ret_node = *node;
    if (!mentions_any(node) || is_when(node) || is_name(node))
        return true;
    if (node->type != TOML_STRING)
        return fill_list(fill, node, ret_node);
    if (!is_whole(node->as.string))
        return fill_text(fill, node, ret_node);
    const struct toml_node *value = need(fill->l, fill->scope, node->place, node->as.string + 1);
    if (!value)
        return false;
    note(fill->filling, node->place, node->as.string + 1, value);
    struct toml_node filled = put(fill, node, value);
    return fill_deeper(fill, &filled, ret_node);
}

bool parameters_fill(struct loader *l, const struct parameter_scope *scope,
                     const struct toml_node *node, struct filling *filling,
                     struct toml_node *ret_node)
{
    const struct fill fill = {.l = l, .scope = scope, .filling = filling};
    const struct stand_ins *before = l->stand_ins;
    l->stand_ins = &filling->stand_ins;
    bool ok = fill_node(&fill, node, ret_node);
    l->stand_ins = before;
    return ok;
}

void filling_release(struct filling *filling)
{
    for (size_t i = 0; i < filling->block_count; i++)
        free(filling->blocks[i]);
    free(filling->blocks);
    free(filling->stand_ins.at);
    *filling = (struct filling){0};
}
