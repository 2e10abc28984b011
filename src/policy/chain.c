/* Compiling chains.
 *
 * A condition becomes tests that jump: each knows where it goes on when it holds and when it does
 * not, so that no more is tested than what decides. Targets that are not known yet are chains of
 * ops, linked by the very field that waits for the target. */
#include "policy/chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/match_row.h"
#include "policy/validation.h"
#include "wire/attr_local.h"

struct compiler {
    struct policy_chain *chain;
    uint32_t size;
    uint16_t rule; /* of the ops that are added */
};

/* Ops whose `yes` or `no` (bit 0) waits for a target: each names the next one by the number * 2 +
 * bit
 * + 1; 0: the last. */
struct waiting {
    uint32_t first;
};

static uint32_t add_op(struct compiler *c, enum policy_op_code code)
{
    struct policy_chain *chain = c->chain;
    if (chain->op_count == c->size) {
        c->size = c->size ? c->size * 2 : 32;
        chain->ops = mem_resize(chain->ops, c->size, sizeof(*chain->ops));
    }
    chain->ops[chain->op_count] = (struct policy_op){.code = (uint8_t)code, .rule = c->rule};
    return chain->op_count++;
}

static uint32_t *target_of(const struct compiler *c, uint32_t name)
{
    struct policy_op *op = &c->chain->ops[(name - 1) / 2];
    return (name - 1) % 2 ? &op->yes : &op->no;
}

static void wait_for(struct compiler *c, uint32_t op, bool yes, struct waiting *w)
{
    uint32_t name = op * 2 + yes + 1;
    *target_of(c, name) = w->first;
    w->first = name;
}

/* What waits goes on at the op that is added next. */
static void arrive(struct compiler *c, struct waiting *w)
{
    while (w->first != 0) {
        uint32_t *target = target_of(c, w->first);
        w->first = *target;
        *target = c->chain->op_count;
    }
}

/* What is small is in the cache anyway. */
static void note_far(struct policy_chain *chain, const struct policy_condition *test)
{
    enum { NEAR_BYTES = 16384 };
    const struct policy_condition *before = chain->far_test;
    if (!test->match->fetch)
        return;
    size_t bytes = test->match->far_bytes(test->value);
    if (bytes > (before ? before->match->far_bytes(before->value) : NEAR_BYTES))
        chain->far_test = test;
}

static void compile_test(struct compiler *c, const struct policy_condition *test, bool negated,
                         struct waiting *holds, struct waiting *fails)
{
    uint32_t at = add_op(c, POLICY_OP_TEST);
    struct policy_op *op = &c->chain->ops[at];
    op->test = test;
    unsigned states = test->match->states ? test->match->states(test->value) : 0;
    bool is_noted = states != 0 && c->chain->direction == POLICY_EXPORT;
    op->looks_at_key = test->match->looks_at_key && !is_noted;
    c->chain->states |= (uint8_t)states;
    op->looks_at_peer = (test->variables & POLICY_OF_PEER) != 0;
    c->chain->variables |= test->variables;
    c->chain->looks_at_key |= op->looks_at_key;
    note_far(c->chain, test);
    wait_for(c, at, true, negated ? fails : holds);
    wait_for(c, at, false, negated ? holds : fails);
}

/* Adds the tests of a condition, or of its opposite. */
static void compile(struct compiler *c, const struct policy_condition *what, bool negated,
                    struct waiting *holds, struct waiting *fails);

/* All of several, or (negated) all of their opposites: each that holds leads to the next one. */
static void compile_all(struct compiler *c, const struct policy_condition *what, bool negated,
                        struct waiting *holds, struct waiting *fails)
{
    for (size_t i = 0; i < what->count; i++) {
        struct waiting next = {0};
        compile(c, &what->of[i], negated, i + 1 < what->count ? &next : holds, fails);
        arrive(c, &next);
    }
}

static void compile_any(struct compiler *c, const struct policy_condition *what, bool negated,
                        struct waiting *holds, struct waiting *fails)
{
    for (size_t i = 0; i < what->count; i++) {
        struct waiting next = {0};
        compile(c, &what->of[i], negated, holds, i + 1 < what->count ? &next : fails);
        arrive(c, &next);
    }
}

static void compile(struct compiler *c, const struct policy_condition *what, bool negated,
                    struct waiting *holds, struct waiting *fails)
{
    switch (what->junction) {
    case POLICY_MATCH:
        compile_test(c, what, negated, holds, fails);
        break;
    case POLICY_NOT:
        compile(c, &what->of[0], !negated, holds, fails);
        break;
    case POLICY_ALL:
        (negated ? compile_any : compile_all)(c, what, negated, holds, fails);
        break;
    case POLICY_ANY:
        (negated ? compile_all : compile_any)(c, what, negated, holds, fails);
        break;
    }
}

/* Whether the route has a state; then it is noted, and what follows the other states waits. */
static void compile_note(struct compiler *c, uint8_t state, struct waiting *noted)
{
    struct waiting holds = {0};
    struct waiting fails = {0};
    const uint8_t states = c->chain->states;
    compile_test(c, policy_condition_of_state(state), false, &holds, &fails);
    c->chain->states = states;
    arrive(c, &holds);
    uint32_t at = add_op(c, POLICY_OP_NOTE);
    c->chain->ops[at].note = state;
    wait_for(c, at, true, noted);
    arrive(c, &fails);
}

/* A route has one state of each kind. */
static void compile_notes(struct compiler *c, uint8_t kind)
{
    struct waiting noted = {0};
    for (unsigned state = 1; state <= kind; state <<= 1)
        if (c->chain->notes & kind & state)
            compile_note(c, (uint8_t)state, &noted);
    arrive(c, &noted);
}

static void compile_end(struct compiler *c, bool accepts)
{
    if (accepts) {
        compile_notes(c, ATTR_ROV);
        compile_notes(c, ATTR_ASPA);
    }
    uint32_t at = add_op(c, POLICY_OP_END);
    c->chain->ops[at].accepts = accepts;
}

/* The condition of the rule holds: counted and told, and on to the next op. */
static void compile_matched(struct compiler *c)
{
    uint32_t at = add_op(c, POLICY_OP_MATCHED);
    c->chain->ops[at].yes = at + 1;
}

/* What a rule does with routes that its condition holds for; those that leave the policy come to
 * wait. */
static void compile_rule(struct compiler *c, const struct policy_rule *rule, struct waiting *leaves)
{
    struct waiting holds = {0};
    struct waiting fails = {0};
    if (rule->when.junction == POLICY_MATCH || rule->when.count > 0)
        compile(c, &rule->when, false, &holds, &fails);
    arrive(c, &holds);
    compile_matched(c);
    if (rule->set_count > 0) {
        uint32_t at = add_op(c, POLICY_OP_SET);
        struct policy_op *op = &c->chain->ops[at];
        op->yes = at + 1;
        for (size_t i = 0; i < rule->set_count; i++) {
            c->chain->variables |= rule->sets[i].variables;
            op->looks_at_peer |= (rule->sets[i].variables & POLICY_OF_PEER) != 0;
        }
    }
    if (rule->then == POLICY_ACCEPT || rule->then == POLICY_REJECT)
        compile_end(c, rule->then == POLICY_ACCEPT);
    else if (rule->then == POLICY_NEXT)
        wait_for(c, c->chain->op_count - 1, true, leaves);
    arrive(c, &fails);
}

static void compile_policy(struct compiler *c, const struct policy *p)
{
    struct waiting leaves = {0};
    for (size_t i = 0; i < p->rule_count; i++, c->rule++)
        if (!p->rules[i].off)
            compile_rule(c, &p->rules[i], &leaves);
    compile_matched(c);
    if (p->fallback != POLICY_NEXT)
        compile_end(c, p->fallback == POLICY_ACCEPT);
    arrive(c, &leaves);
    c->rule++;
}

/* Of a condition: of several that must all hold, the first one decides whether the others are asked
 * at all. */
static uint32_t key_tests(const struct policy_condition *c)
{
    uint32_t tests = 0;
    if (c->junction == POLICY_MATCH)
        return c->match->looks_at_key;
    for (size_t i = 0; i < c->count && (i == 0 || c->junction == POLICY_ANY); i++)
        tests += key_tests(&c->of[i]);
    return tests;
}

static void note_key_tests(struct policy_chain *chain, const struct policy *p)
{
    for (size_t i = 0; i < p->rule_count; i++)
        chain->key_tests += key_tests(&p->rules[i].when);
}

static struct policy_chain *make(struct policy *const *policies, size_t count,
                                 enum policy_direction direction, uint8_t notes)
{
    size_t rules = 1;
    for (size_t i = 0; i < count; i++)
        rules += policies[i]->rule_count + 1;
    if (rules > POLICY_CHAIN_MAX_RULES)
        return NULL;
    struct policy_chain *chain = mem_zalloc(sizeof(*chain));
    struct compiler c = {.chain = chain};
    struct policy_digest d = {0};
    chain->refs = 1;
    chain->direction = direction;
    chain->notes = notes;
    if (notes != 0)
        policy_digest_add_number(&d, notes);
    chain->policies = mem_resize(NULL, count + 1, sizeof(struct policy *));
    chain->first_rule = mem_resize(NULL, count + 1, sizeof(*chain->first_rule));
    chain->policy_count = count;
    for (size_t i = 0; i < count; i++) {
        chain->policies[i] = policy_ref(policies[i]);
        chain->first_rule[i] = c.rule;
        policy_digest_add(&d, &policies[i]->digest, sizeof(policies[i]->digest));
        compile_policy(&c, policies[i]);
        note_key_tests(chain, policies[i]);
    }
    chain->end_rule = c.rule;
    compile_end(&c, true);
    chain->looks_at_peer = (chain->variables & POLICY_OF_PEER) != 0;
    chain->idle = policy_idle_of(chain->policies, count);
    chain->digest = d;
    return chain;
}

struct policy_chain *policy_chain_new(struct policy *const *policies, size_t count,
                                      enum policy_direction direction)
{
    return make(policies, count, direction, 0);
}

struct policy_chain *policy_chain_noting(const struct policy_chain *chain, uint8_t notes)
{
    return make(chain ? chain->policies : NULL, chain ? chain->policy_count : 0, POLICY_IMPORT,
                notes);
}

struct policy_chain *policy_chain_ref(struct policy_chain *chain)
{
    if (chain)
        chain->refs++;
    return chain;
}

void policy_chain_unref(struct policy_chain *chain)
{
    if (!chain || --chain->refs > 0)
        return;
    for (size_t i = 0; i < chain->policy_count; i++)
        policy_unref(chain->policies[i]);
    policy_idle_release(&chain->idle);
    free(chain->policies);
    free(chain->first_rule);
    free(chain->ops);
    free(chain);
}

bool policy_chain_equal(const struct policy_chain *a, const struct policy_chain *b)
{
    return a && b ? policy_digest_equal(a->digest, b->digest) : a == b;
}

bool policy_chain_same_policies(const struct policy_chain *a, const struct policy_chain *b)
{
    size_t count = a ? a->policy_count : 0;
    bool same = count == (b ? b->policy_count : 0);
    for (size_t i = 0; same && i < count; i++)
        same = policy_digest_equal(a->policies[i]->digest, b->policies[i]->digest);
    return same;
}

/* --- places --- */

struct policy_place policy_chain_place(const struct policy_chain *chain, uint16_t rule)
{
    struct policy_place place = {0};
    if (rule >= chain->end_rule)
        return place;
    size_t i = 0;
    while (i + 1 < chain->policy_count && chain->first_rule[i + 1] <= rule)
        i++;
    place.policy = chain->policies[i];
    place.index = rule - chain->first_rule[i];
    if (place.index < place.policy->rule_count)
        place.rule = &place.policy->rules[place.index];
    return place;
}

void policy_place_format(const struct policy_place *place, struct strbuf *out)
{
    if (!place->policy)
        strbuf_add(out, "end of chain");
    else if (!place->rule)
        strbuf_printf(out, "%s default", place->policy->name);
    else if (place->rule->name)
        strbuf_printf(out, "%s rule %s", place->policy->name, place->rule->name);
    else
        strbuf_printf(out, "%s rule %zu", place->policy->name, place->index + 1);
}
