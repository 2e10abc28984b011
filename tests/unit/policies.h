/* Policies for tests, from their words. */
#ifndef BGPD_TESTS_POLICIES_H
#define BGPD_TESTS_POLICIES_H

#include <stdlib.h>

#include "base/mem.h"
#include "policy/action.h"
#include "policy/chain.h"
#include "policy/match.h"

/* A rule with one match and one action at most. */
struct rule_spec {
    const char *match, *of;  /* "community", "65000:1"; NULL: all routes */
    const char *action, *to; /* "local_pref", "200"; NULL: none */
    enum policy_then then;
};

static inline void words_of(const char *text, struct policy_word *word, struct policy_words *words)
{
    bool is_number = text[0] >= '0' && text[0] <= '9' && !text[strspn(text, "0123456789")];
    *word = (struct policy_word){.text = text, .type = is_number ? POLICY_NUMBER : POLICY_TEXT};
    *words = (struct policy_words){.at = word, .count = 1};
}

static inline void fill_rule(struct policy_rule *rule, const struct rule_spec *spec)
{
    struct policy_word word;
    struct policy_words words;
    rule->then = spec->then;
    if (spec->match) {
        rule->when = (struct policy_condition){.match = policy_match_named(spec->match)};
        words_of(spec->of, &word, &words);
        if (rule->when.match->read(&words, &rule->when.value, &rule->when.variables) != 0)
            abort();
    }
    if (spec->action) {
        struct policy_set set = {.action = policy_action_named(spec->action)};
        words_of(spec->to, &word, &words);
        if (set.action->read(&words, &set.value, &set.variables) != 0)
            abort();
        rule->sets = mem_alloc(sizeof(set));
        rule->sets[rule->set_count++] = set;
    }
}

/* A chain of one policy, with a reference for the caller. */
static inline struct policy_chain *chain_of(const struct rule_spec *rules, size_t count,
                                            enum policy_then fallback)
{
    struct policy *p = policy_new("p", "p.toml", 1);
    for (size_t i = 0; i < count; i++)
        fill_rule(policy_add_rule(p), &rules[i]);
    p->fallback = fallback;
    policy_finish(p);
    struct policy_chain *chain = policy_chain_new(&p, 1, POLICY_IMPORT);
    policy_unref(p);
    return chain;
}

#endif
