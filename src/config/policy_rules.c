/* Rules: conditions, what is set, and what then becomes of the route. Conditions nest no deeper
 * than TOML does (config/toml.h). */
#include "config/policy_rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "config/policy_words.h"
#include "config/values.h"
#include "policy/action.h"
#include "policy/match.h"

enum { RULE_NAME_MAX_BYTES = 100, MAX_NAMES = 64 /* more than there are rows in a table */ };

struct rule_draft {
    struct policy_rule *rule;
    const struct parameter_scope *scope;
    struct policy_sets *sets; /* that it may name; borrowed */
};

static const char *const junctions[] = {"any", "all", "not"};

/* --- conditions --- */

static bool read_table(struct loader *l, const struct toml_node *table, struct policy_sets *sets,
                       struct policy_condition *ret_condition);

static struct policy_condition *add_condition(struct policy_condition *to)
{
    if ((to->count & (to->count - 1)) == 0) /* it is full: there is room for 1, 2, 4, … */
        to->of = mem_resize(to->of, to->count ? 2 * to->count : 1, sizeof(*to->of));
    to->of[to->count] = (struct policy_condition){.junction = POLICY_ALL};
    return &to->of[to->count++];
}

static void report_unknown_match(struct loader *l, const struct toml_node *item)
{
    const char *names[MAX_NAMES];
    struct schema_choices choices = {.names = names, .lead = " (valid keys: ", .quote = ""};
    struct strbuf hint = {0};
    for (size_t i = 0; i < policy_match_count; i++)
        names[choices.count++] = policy_matches[i]->name;
    for (size_t i = 0; i < sizeof(junctions) / sizeof(junctions[0]); i++)
        names[choices.count++] = junctions[i];
    schema_hint(&hint, item->key, &choices);
    loader_problem(l, item->key_place, "unknown key '%.64s' in a condition%s", item->key,
                   strbuf_text(&hint));
    strbuf_release(&hint);
}

static bool read_match(struct loader *l, const struct policy_match *match,
                       const struct toml_node *value, struct policy_sets *sets,
                       struct policy_condition *ret_condition)
{
    struct word_form form = {.name = match->name, .takes = match->takes, .types = match->types};
    struct placed_words words;
    void *read;
    unsigned variables;
    bool ok = placed_words_of(l, &form, value, sets, &words);
    if (ok && match->read(&words.words, &read, &variables) != 0) {
        placed_words_report(l, &form, value, &words);
        ok = false;
    } else if (ok) {
        *ret_condition = (struct policy_condition){
            .junction = POLICY_MATCH, .match = match, .value = read, .variables = variables};
    }
    placed_words_release(&words);
    return ok;
}

/* What must be a table with a condition in it. */
static bool read_inner(struct loader *l, const struct toml_node *table, const char *of,
                       struct policy_sets *sets, struct policy_condition *ret_condition)
{
    if (table->type == TOML_TABLE)
        return read_table(l, table, sets, ret_condition);
    if (table->type == TOML_BROKEN)
        l->stumbled = true; /* reported */
    else
        loader_problem(l, table->place, "%s must hold tables of conditions, not %s", of,
                       schema_type_text(table->type));
    return false;
}

/* `any` and `all`. */
static bool read_several(struct loader *l, const struct toml_node *list, struct policy_sets *sets,
                         struct policy_condition *ret_condition)
{
    bool ok = true;
    *ret_condition = (struct policy_condition){
        .junction = strcmp(list->key, "any") == 0 ? POLICY_ANY : POLICY_ALL};
    if (list->type != TOML_ARRAY) {
        if (list->type == TOML_BROKEN)
            l->stumbled = true; /* reported */
        else
            loader_problem(l, list->place, "%s must be a list of tables of conditions, not %s",
                           list->key, schema_type_text(list->type));
        return false;
    }
    if (list->as.list.count == 0) {
        loader_problem(l, list->place, "%s is empty: it must hold at least one condition",
                       list->key);
        return false;
    }
    for (size_t i = 0; i < list->as.list.count; i++)
        ok =
            read_inner(l, &list->as.list.items[i], list->key, sets, add_condition(ret_condition)) &&
            ok;
    return ok;
}

static bool read_not(struct loader *l, const struct toml_node *table, struct policy_sets *sets,
                     struct policy_condition *ret_condition)
{
    *ret_condition = (struct policy_condition){.junction = POLICY_NOT};
    if (table->type != TOML_TABLE && table->type != TOML_BROKEN) {
        loader_problem(l, table->place, "not must be a table of conditions, not %s",
                       schema_type_text(table->type));
        return false;
    }
    return read_inner(l, table, "not", sets, add_condition(ret_condition));
}

/* What is tested first: attributes, of which many routes have the same, then keys, and then what is
 * made of several. */
static unsigned rank(const struct toml_node *item)
{
    const struct policy_match *match = policy_match_named(item->key);
    return !match ? 2 : match->looks_at_key ? 1 : 0;
}

static bool read_key(struct loader *l, const struct toml_node *item, struct policy_sets *sets,
                     struct policy_condition *ret_condition)
{
    const struct policy_match *match = policy_match_named(item->key);
    if (match)
        return read_match(l, match, item, sets, ret_condition);
    if (strcmp(item->key, "any") == 0 || strcmp(item->key, "all") == 0)
        return read_several(l, item, sets, ret_condition);
    if (strcmp(item->key, "not") == 0)
        return read_not(l, item, sets, ret_condition);
    report_unknown_match(l, item);
    return false;
}

/* All keys of a table are required. */
static bool read_table(struct loader *l, const struct toml_node *table, struct policy_sets *sets,
                       struct policy_condition *ret_condition)
{
    const struct toml_list *keys = &table->as.list;
    bool ok = true;
    if (keys->count == 0) {
        loader_problem(l, table->place, "this condition is empty: %s",
                       table->key && strcmp(table->key, "if") == 0
                           ? "a rule for all routes has no `if`"
                           : "it must hold at least one key");
        return false;
    }
    if (keys->count == 1)
        return read_key(l, &keys->items[0], sets, ret_condition);
    *ret_condition = (struct policy_condition){.junction = POLICY_ALL};
    for (unsigned r = 0; r <= 2; r++)
        for (size_t i = 0; i < keys->count; i++)
            if (rank(&keys->items[i]) == r)
                ok = read_key(l, &keys->items[i], sets, add_condition(ret_condition)) && ok;
    return ok;
}

static void set_if(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                   void *target)
{
    (void)key;
    struct rule_draft *draft = target;
    read_table(l, value, draft->sets, &draft->rule->when);
}

/* --- what is set --- */

static void report_unknown_action(struct loader *l, const struct toml_node *item)
{
    const char *names[MAX_NAMES];
    struct schema_choices choices = {.names = names, .lead = " (valid keys: ", .quote = ""};
    struct strbuf hint = {0};
    for (size_t i = 0; i < policy_action_count; i++)
        names[choices.count++] = policy_actions[i]->name;
    schema_hint(&hint, item->key, &choices);
    loader_problem(l, item->key_place, "unknown key '%.64s' in set%s", item->key,
                   strbuf_text(&hint));
    strbuf_release(&hint);
}

static void read_action(struct loader *l, const struct policy_action *action,
                        const struct toml_node *value, const struct rule_draft *draft)
{
    struct policy_rule *rule = draft->rule;
    struct word_form form = {.name = action->name,
                             .takes = action->takes,
                             .types = action->types,
                             .parts = action->parts};
    struct placed_words words;
    struct policy_set set = {.action = action};
    if (placed_words_of(l, &form, value, draft->sets, &words)) {
        if (action->read(&words.words, &set.value, &set.variables) != 0) {
            placed_words_report(l, &form, value, &words);
        } else {
            rule->sets = mem_resize(rule->sets, rule->set_count + 1, sizeof(*rule->sets));
            rule->sets[rule->set_count++] = set;
        }
    }
    placed_words_release(&words);
}

static void set_set(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    void *target)
{
    if (value->as.list.count == 0)
        loader_problem(l, value->place, "%s is empty: it must hold at least one key", key->name);
    const struct toml_node *when = loader_find(value, "when");
    for (size_t i = 0; i < value->as.list.count; i++)
        if (&value->as.list.items[i] != when && !policy_action_named(value->as.list.items[i].key))
            report_unknown_action(l, &value->as.list.items[i]);
    if (when && !parameters_hold(l, ((struct rule_draft *)target)->scope, when))
        return;
    for (size_t i = 0; i < policy_action_count; i++) {
        const struct toml_node *item = loader_find(value, policy_actions[i]->name);
        if (item)
            read_action(l, policy_actions[i], item, target);
    }
}

/* --- rules --- */

bool policy_then_read(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      enum policy_then *ret_then)
{
    static const char *const names[] = {"accept", "reject", "next"};
    static const enum policy_then thens[] = {POLICY_ACCEPT, POLICY_REJECT, POLICY_NEXT};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value->as.string, names[i]) == 0) {
            *ret_then = thens[i];
            return true;
        }
    }
    value_report_word(l, value->place, key->name, value->as.string, names,
                      sizeof(names) / sizeof(names[0]));
    return false;
}

static void set_then(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    policy_then_read(l, key, value, &((struct rule_draft *)target)->rule->then);
}

static bool is_printable(const char *text)
{
    size_t left = strlen(text);
    uint32_t c;
    for (size_t len = 1; left > 0 && len > 0; text += len, left -= len) {
        len = utf8_read(text, left, &c);
        if (len == 0 || utf8_is_harmful(c))
            return false;
    }
    return true;
}

static void set_name(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    struct policy_rule *rule = ((struct rule_draft *)target)->rule;
    size_t len = strlen(value->as.string);
    if (len == 0 || len > RULE_NAME_MAX_BYTES)
        loader_problem(l, value->place, "%s must have from 1 to %d bytes, not %zu", key->name,
                       RULE_NAME_MAX_BYTES, len);
    else if (!is_printable(value->as.string))
        loader_problem(l, value->place, "%s must be of printable characters", key->name);
    else
        rule->name = mem_strdup(value->as.string);
}

static const struct schema_key keys[] = {
    {
        .name = "when",
        .types = TOML_STRING | TOML_TABLE,
        .type_text = "a parameter or a table of parameters",
        .default_text = "always",
        .reload = RELOAD_POLICY,
        .help = "Whether there is such a rule at all, by [parameters](#parameters): `\"$rov\"` "
                "where that is neither false nor empty, `{ reject_mode = \"tag\" }` where it is "
                "that, or one of a list.",
        .set = value_set_later,
    },
    {
        .name = "name",
        TYPE_STRING,
        .reload = RELOAD_POLICY,
        .help = "What the rule is called in explanations and counters: up to 100 bytes. Rules "
                "without one are told by their number.",
        .set = set_name,
    },
    {
        .name = "if",
        .types = TOML_TABLE,
        .type_text = "a table of conditions",
        .default_text = "all routes",
        .reload = RELOAD_POLICY,
        .help = "Which routes the rule is for. All keys of the table are required; `any = [{…}, "
                "…]`, `all = [{…}, …]` and `not = {…}` are made of such tables.",
        .set = set_if,
    },
    {
        .name = "set",
        .types = TOML_TABLE,
        .type_text = "a table of changes",
        .default_text = "nothing",
        .reload = RELOAD_POLICY,
        .help = "What is changed of the route. With `when`, as that of a rule, the changes are "
                "switched by parameters.",
        .set = set_set,
    },
    {
        .name = "then",
        TYPE_STRING,
        .default_text = "go on with the next rule",
        .reload = RELOAD_POLICY,
        .help = "`\"accept\"` or `\"reject\"` ends the chain, `\"next\"` goes on with the next "
                "policy of it.",
        .set = set_then,
    },
};

const struct schema schema_rule = {
    .title = "[[policies.NAME.rules]]",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

/* Notes as used what a text, or each of a list of texts, may name. */
static void mark(const struct toml_node *node, struct policy_sets *sets)
{
    for (enum policy_set_kind kind = 0; node->type == TOML_STRING && kind < POLICY_SET_KINDS;
         kind++)
        policy_sets_find(sets, kind, node->as.string);
    for (size_t i = 0; node->type == TOML_ARRAY && i < node->as.list.count; i++)
        mark(&node->as.list.items[i], sets);
}

/* Sets that are named by a rule that is switched off are there for who switches it on. */
static void mark_names(const struct toml_node *node, const struct parameter_scope *scope,
                       struct policy_sets *sets)
{
    bool is_list = node->type == TOML_ARRAY || node->type == TOML_TABLE;
    for (size_t i = 0; is_list && i < node->as.list.count; i++)
        mark_names(&node->as.list.items[i], scope, sets);
    if (node->type != TOML_STRING)
        return;
    const struct toml_node *value =
        node->as.string[0] == '$' ? parameter_find(scope, node->as.string + 1) : NULL;
    mark(value ? value : node, sets);
}

/* Of a rule that is switched off no more is read than what it is called. */
static void read_off(struct loader *l, const struct toml_node *item,
                     const struct parameter_scope *scope, struct rule_draft *draft)
{
    const struct toml_node *name = loader_find(item, "name");
    draft->rule->off = true;
    schema_check_keys(l, &schema_rule, schema_rule.title, item);
    if (name)
        schema_set(l, schema_key_named(&schema_rule, "name"), name, draft);
    mark_names(item, scope, draft->sets);
}

static void read_rule(struct loader *l, const struct toml_node *item,
                      const struct parameter_scope *scope, struct rule_draft *draft)
{
    struct filling filling = {0};
    struct toml_node filled;
    if (parameters_fill(l, scope, item, &filling, &filled)) {
        l->stand_ins = &filling.stand_ins;
        schema_apply(l, &schema_rule, schema_rule.title, &filled, draft);
        l->stand_ins = NULL;
    }
    filling_release(&filling);
}

void policy_rules_read(struct loader *l, const struct toml_node *list,
                       const struct parameter_scope *scope, struct policy_sets *sets,
                       struct policy *policy)
{
    for (size_t i = 0; i < list->as.list.count; i++) {
        const struct toml_node *item = &list->as.list.items[i];
        const struct toml_node *when = item->type == TOML_TABLE ? loader_find(item, "when") : NULL;
        struct rule_draft draft = {.rule = policy_add_rule(policy), .scope = scope, .sets = sets};
        draft.rule->line = item->place.line;
        if (item->type == TOML_BROKEN)
            l->stumbled = true; /* reported */
        if (when && !parameters_hold(l, scope, when))
            read_off(l, item, scope, &draft);
        else
            read_rule(l, item, scope, &draft);
    }
}
