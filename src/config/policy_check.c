/* Rules without effect. Conditions are compared by what they say: two that are equal hold for the
 * same routes, and one with further keys for some of these, as long as nothing that is set between
 * them makes others of these. */
#include "config/policy_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* --- rules that cannot be reached --- */

static bool is_for_all(const struct policy_rule *rule)
{
    return !rule->off && rule->when.junction == POLICY_ALL && rule->when.count == 0;
}

bool policy_always_decides(const struct policy *policy)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (!rule->off && rule->then == POLICY_NEXT)
            return false;
        if (is_for_all(rule) && rule->then != POLICY_GO_ON)
            return true;
    }
    return policy->fallback != POLICY_NEXT;
}

/* What a rule requires, while others are looked for that are like it: all of its condition, or one
 * of several keys. */
struct ranked_rule {
    struct policy_digest digest;
    size_t index;
    size_t sets_before; /* how many rules before it set something */
    bool is_whole;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked_rule *x = a;
    const struct ranked_rule *y = b;
    if (x->digest.high != y->digest.high)
        return x->digest.high < y->digest.high ? -1 : 1;
    if (x->digest.low != y->digest.low)
        return x->digest.low < y->digest.low ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* "rule 'bogons' (line 7)" */
static void add_rule(struct strbuf *out, const struct policy_rule *rule, size_t index)
{
    if (rule->name)
        strbuf_printf(out, "rule '%s' (line %u)", rule->name, rule->line);
    else
        strbuf_printf(out, "rule %zu (line %u)", index + 1, rule->line);
}

static void warn_of_rule(struct loader *l, const struct toml_list *rules,
                         const struct policy *policy, size_t index, const char *lead, size_t by,
                         const char *tail)
{
    struct strbuf text = {0};
    add_rule(&text, &policy->rules[by], by);
    loader_warning(l, rules->items[index].place, "this rule has no effect: %s%s%s", lead,
                   strbuf_text(&text), tail);
    strbuf_release(&text);
}

struct ranking {
    struct ranked_rule *at;
    size_t count;
    size_t size;
};

static void rank(struct ranking *to, const struct policy_condition *c, struct ranked_rule like)
{
    if (to->count == to->size) {
        to->size = to->size ? 2 * to->size : 64;
        to->at = mem_resize(to->at, to->size, sizeof(*to->at));
    }
    like.digest = policy_condition_digest(c);
    to->at[to->count++] = like;
}

static struct ranking rank_rules(const struct policy *policy, size_t count)
{
    struct ranking ranking = {0};
    size_t sets = 0;
    for (size_t i = 0; i < count; i++) {
        const struct policy_condition *when = &policy->rules[i].when;
        if (policy->rules[i].off)
            continue;
        rank(&ranking, when,
             (struct ranked_rule){.index = i, .sets_before = sets, .is_whole = true});
        for (size_t k = 0; when->junction == POLICY_ALL && k < when->count; k++)
            rank(&ranking, &when->of[k], (struct ranked_rule){.index = i, .sets_before = sets});
        sets += policy->rules[i].set_count > 0;
    }
    if (ranking.count > 0)
        qsort(ranking.at, ranking.count, sizeof(*ranking.at), compare_ranked);
    return ranking;
}

/* Warns of rules that require all that one before them does, which ends the policy. */
static void check_taken(struct loader *l, const struct toml_list *rules,
                        const struct policy *policy, size_t count)
{
    struct ranking ranking = rank_rules(policy, count);
    bool *told = mem_zalloc(count + 1);
    const struct ranked_rule *ends = NULL; /* the last one that is like it and ends the policy */
    for (size_t i = 0; i < ranking.count; i++) {
        const struct ranked_rule *r = &ranking.at[i];
        if (ends && !policy_digest_equal(ends->digest, r->digest))
            ends = NULL;
        if (ends && ends->index != r->index && !told[r->index] &&
            r->sets_before == ends->sets_before + (policy->rules[ends->index].set_count > 0)) {
            warn_of_rule(l, rules, policy, r->index, "", ends->index,
                         r->is_whole ? " has the same condition, and ends the policy"
                                     : " asks for less, and ends the policy");
            told[r->index] = true;
        }
        if (r->is_whole && policy->rules[r->index].then != POLICY_GO_ON)
            ends = r;
    }
    free(told);
    free(ranking.at);
}

/* Warns of what comes after a rule for all routes that ends the policy. Returns how many rules can
 * be reached as far as that goes. */
static size_t check_after_end(struct loader *l, const struct toml_node *node,
                              const struct toml_list *rules, const struct policy *policy)
{
    const struct toml_node *fallback = loader_find(node, "default");
    size_t end = 0;
    while (end < policy->rule_count &&
           !(is_for_all(&policy->rules[end]) && policy->rules[end].then != POLICY_GO_ON))
        end++;
    if (end == policy->rule_count)
        return end;
    for (size_t i = end + 1; i < policy->rule_count; i++)
        if (!policy->rules[i].off)
            warn_of_rule(l, rules, policy, i, "it cannot be reached, as ", end,
                         " ends the policy for all routes");
    if (fallback)
        loader_warning(l, fallback->place,
                       "default has no effect: the rule of line %u ends the policy for all routes",
                       policy->rules[end].line);
    return end + 1;
}

/* --- names --- */

static int compare_names(const void *a, const void *b)
{
    const struct policy_rule *x = *(const struct policy_rule *const *)a;
    const struct policy_rule *y = *(const struct policy_rule *const *)b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : x < y ? -1 : x > y;
}

static void check_names(struct loader *l, const struct toml_list *rules,
                        const struct policy *policy)
{
    const struct policy_rule **named =
        mem_resize(NULL, policy->rule_count + 1, sizeof(struct policy_rule *));
    size_t count = 0;
    for (size_t i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].name)
            named[count++] = &policy->rules[i];
    if (count > 0)
        qsort(named, count, sizeof(struct policy_rule *), compare_names);
    for (size_t i = 1; i < count; i++)
        if (strcmp(named[i - 1]->name, named[i]->name) == 0)
            loader_warning(l, loader_find(&rules->items[named[i] - policy->rules], "name")->place,
                           "rule name '%s' is that of another rule: line %u", named[i]->name,
                           named[i - 1]->line);
    free(named);
}

void policy_check(struct loader *l, const struct toml_node *node, const struct policy *policy)
{
    const struct toml_node *list = loader_find(node, "rules");
    if (!list)
        return;
    const struct toml_list *rules = &list->as.list;
    size_t count = check_after_end(l, node, rules, policy);
    check_taken(l, rules, policy, count);
    check_names(l, rules, policy);
    for (size_t i = 0; i < policy->rule_count; i++)
        if (!policy->rules[i].off && policy->rules[i].set_count == 0 &&
            policy->rules[i].then == POLICY_GO_ON)
            loader_warning(l, rules->items[i].place,
                           "this rule has no effect: it has neither set nor then");
}
