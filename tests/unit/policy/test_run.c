/* What a compiled chain makes of routes is what a naive interpreter makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "actions.h"
#include "policy/match.h"
#include "policy/run.h"

#define KEYS 24u

static const struct policy_neighbor peer = {
    .as = 65010,
    .local_as = 65000,
    .addr = {.version = IP_V4, .bytes = {192, 0, 2, 10}},
};

/* --- random policies --- */

static void read_words(struct policy_words *words, const char *text, enum policy_word_type type,
                       struct policy_word *word)
{
    *word = (struct policy_word){.text = text, .type = type};
    *words = (struct policy_words){.at = word, .count = 1};
}

static struct policy_condition random_match(struct random *r)
{
    static const char *const names[] = {"prefix_length", "as_path_length", "med", "local_pref"};
    struct policy_condition c = {.junction = POLICY_MATCH};
    struct policy_words words;
    struct policy_word word;
    char text[32];
    uint32_t least = random_below(r, 4);
    snprintf(text, sizeof(text), "%u-%u", least, least + random_below(r, 3));
    read_words(&words, text, POLICY_TEXT, &word);
    c.match = policy_match_named(names[random_below(r, 4)]);
    assert_int_equal(c.match->read(&words, &c.value, &c.variables), 0);
    return c;
}

static struct policy_condition random_condition(struct random *r, unsigned depth)
{
    static const enum policy_junction junctions[] = {POLICY_ALL, POLICY_ANY, POLICY_NOT};
    if (depth == 0 || random_below(r, 2) == 0)
        return random_match(r);
    struct policy_condition c = {.junction = junctions[random_below(r, 3)]};
    c.count = c.junction == POLICY_NOT ? 1 : 1 + random_below(r, 3);
    c.of = mem_resize(NULL, c.count, sizeof(*c.of));
    for (size_t i = 0; i < c.count; i++)
        c.of[i] = random_condition(r, depth - 1);
    return c;
}

/* Values of every action. */
static const struct {
    const char *name;
    const char *values[9]; /* until the first NULL */
} actions[] = {
    {"local_pref", {"0", "1", "2", "3", "+1", "-1", "+2", "remove"}},
    {"med", {"0", "1", "2", "3", "+1", "-1", "remove"}},
    {"origin", {"igp", "egp", "incomplete"}},
    {"next_hop", {"192.0.2.1", "2001:db8::1", "self", "peer", "unchanged", "discard"}},
    {"aigp", {"0", "7", "+1", "-1", "remove"}},
    {"weight", {"0", "7", "+1", "-1", "remove"}},
    {"mark", {"a", "b c", "remove=a", "remove=* add=d", "add=b remove=b"}},
};

static void random_set(struct random *r, struct policy_rule *rule)
{
    uint32_t which = random_below(r, (uint32_t)policy_action_count);
    uint32_t values = 0;
    while (actions[which].values[values])
        values++;
    rule->sets = mem_resize(rule->sets, rule->set_count + 1, sizeof(*rule->sets));
    rule->sets[rule->set_count++] =
        set_of(actions[which].name, actions[which].values[random_below(r, values)]);
}

static void every_action_is_among_those_that_are_tried(void **state)
{
    (void)state;
    assert_int_equal(policy_action_count, sizeof(actions) / sizeof(actions[0]));
    for (size_t i = 0; i < policy_action_count; i++)
        assert_string_equal(actions[i].name, policy_actions[i]->name);
}

static struct policy *random_policy(struct random *r)
{
    struct policy *p = policy_new("p", 1);
    for (uint32_t left = random_below(r, 5); left > 0; left--) {
        struct policy_rule *rule = policy_add_rule(p);
        if (random_below(r, 5) != 0)
            rule->when = random_condition(r, 2);
        for (uint32_t sets = random_below(r, 4); sets > 0; sets--)
            random_set(r, rule);
        rule->then = (enum policy_then)random_below(r, 4);
    }
    p->fallback = (enum policy_then)(POLICY_NEXT + random_below(r, 3));
    policy_finish(p);
    return p;
}

/* --- a naive interpreter --- */

/* A route with what the policies here can change. */
struct seen {
    struct policy_scene scene;
    struct attr_block block;
    struct attr_edit edit;
};

static bool holds(const struct policy_condition *c, const struct policy_scene *scene)
{
    bool all = true;
    bool any = false;
    for (size_t i = 0; i < c->count; i++) {
        bool one = holds(&c->of[i], scene);
        all = all && one;
        any = any || one;
    }
    switch (c->junction) {
    case POLICY_MATCH:
        return c->match->test(c->value, scene) == POLICY_YES;
    case POLICY_ALL:
        return all;
    case POLICY_ANY:
        return any;
    case POLICY_NOT:
        return !any;
    }
    return false;
}

static void apply_sets(const struct policy_rule *rule, struct seen *seen)
{
    attr_edit_begin(&seen->edit, seen->scene.attrs);
    for (size_t i = 0; i < rule->set_count; i++)
        assert_int_equal(
            rule->sets[i].action->apply(rule->sets[i].value, &seen->scene, &seen->edit), 0);
    struct attr_block *block = mem_alloc(sizeof(*block));
    assert_int_equal(attr_edit_finish(&seen->edit, block), 0);
    memcpy(&seen->block, block, sizeof(*block));
    free(block);
    seen->scene.attrs = attr_block_span(&seen->block);
    seen->scene.hot = &seen->block.hot;
}

/* What decides, in the numbers of the chain. */
static bool interpret(struct policy *const *policies, size_t count, struct seen *seen,
                      uint16_t *ret_rule)
{
    uint16_t number = 0;
    for (size_t i = 0; i < count; i++) {
        enum policy_then then = POLICY_GO_ON;
        for (size_t k = 0; k < policies[i]->rule_count && then == POLICY_GO_ON; k++) {
            const struct policy_rule *rule = &policies[i]->rules[k];
            if (!holds(&rule->when, &seen->scene))
                continue;
            apply_sets(rule, seen);
            then = rule->then;
            *ret_rule = (uint16_t)(number + k);
        }
        if (then == POLICY_GO_ON) {
            then = policies[i]->fallback;
            *ret_rule = (uint16_t)(number + policies[i]->rule_count);
        }
        if (then != POLICY_NEXT)
            return then == POLICY_ACCEPT;
        number = (uint16_t)(number + policies[i]->rule_count + 1);
    }
    *ret_rule = number;
    return true;
}

/* --- routes --- */

static void random_attrs(struct random *r, struct attr_block *block)
{
    uint8_t path[2 + 4 * 4] = {2};
    attr_block_init(block);
    attr_block_add(block, ATTR_ORIGIN, span_of("", 1));
    path[1] = (uint8_t)random_below(r, 5);
    for (unsigned i = 0; i < path[1]; i++)
        path[5 + 4 * i] = (uint8_t)(1 + i);
    attr_block_add(block, ATTR_AS_PATH, span_of(path, path[1] ? 2u + path[1] * 4u : 0));
    uint8_t number[4] = {0, 0, 0, (uint8_t)random_below(r, 6)};
    if (random_below(r, 2))
        attr_block_add(block, ATTR_MED, span_of(number, 4));
    number[3] = (uint8_t)random_below(r, 6);
    if (random_below(r, 2))
        attr_block_add(block, ATTR_LOCAL_PREF, span_of(number, 4));
    attr_block_finish(block);
}

static void check_key(struct policy_run *run, struct policy *const *policies, size_t count,
                      const struct policy_scene *scene, struct seen *seen)
{
    uint16_t rule;
    seen->scene = *scene;
    bool accepted = interpret(policies, count, seen, &rule);
    const struct policy_outcome *outcome = policy_run_for(run, scene->key);
    assert_int_equal(outcome->accepted, accepted);
    assert_int_equal(outcome->rule, rule);
    assert_false(outcome->unknown || outcome->all_differ || outcome->differing_count);
    assert_true(span_equal(outcome->attrs, seen->scene.attrs));
    assert_memory_equal(outcome->hot, seen->scene.hot, sizeof(*outcome->hot));
    assert_int_equal(outcome->changed, !span_equal(outcome->attrs, scene->attrs));
}

static void compiled_chains_do_as_written(void **state)
{
    (void)state;
    struct policy_scratch *scratch = policy_scratch_new();
    struct policy_run *run = policy_run_new(scratch);
    struct attr_block *block = mem_alloc(sizeof(*block));
    struct seen *seen = mem_alloc(sizeof(*seen));
    for (uint32_t seed = 1; seed <= 3000; seed++) {
        struct random r = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        struct policy *policies[3];
        size_t count = random_below(&r, 4);
        for (size_t i = 0; i < count; i++)
            policies[i] = random_policy(&r);
        struct policy_chain *chain = policy_chain_new(policies, count);
        for (unsigned routes = 0; routes < 4; routes++) {
            static const uint8_t address[4] = {0};
            struct policy_scene scene = {
                .peer = &peer,
                .local_as = 65000,
                .own_next_hop = span_of(address, sizeof(address)),
                .family = FAMILY_IPV4_UNICAST,
            };
            random_attrs(&r, block);
            scene.attrs = attr_block_span(block);
            scene.hot = &block->hot;
            policy_run_begin(run, chain, &scene);
            for (unsigned i = 0; i < KEYS; i++) {
                scene.key = (struct nlri_key){address, random_below(&r, 7)};
                check_key(run, policies, count, &scene, seen);
            }
        }
        policy_chain_unref(chain);
        for (size_t i = 0; i < count; i++)
            policy_unref(policies[i]);
    }
    free(seen);
    free(block);
    policy_run_free(run);
    policy_scratch_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_is_among_those_that_are_tried),
        cmocka_unit_test(compiled_chains_do_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
