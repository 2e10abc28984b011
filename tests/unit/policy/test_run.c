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
#include "canonical.h"
#include "conditions.h"
#include "policy/community_set.h"
#include "policy/match.h"
#include "policy/path_text.h"
#include "policy/run.h"

/* --- random policies --- */

/* Values of every action. */
static const struct {
    const char *name;
    const char *values[9]; /* until the first NULL */
} actions[] = {
    {"local_pref", {"0", "1", "2", "3", "+1", "-1", "+2", "remove"}},
    {"med", {"0", "1", "2", "3", "+1", "-1", "remove"}},
    {"origin", {"igp", "egp", "incomplete"}},
    {"next_hop", {"192.0.2.1", "2001:db8::1", "self", "peer", "unchanged", "discard"}},
    {"as_path",
     {"keep_last=1", "keep_last=0", "remove_private=true", "remove_private=leading",
      "replace[2]=65010", "replace[1-3]={peer.as} replace[1]={local.as}",
      "replace[4]={origin.as}"}},
    {"prepend",
     {"as=65009", "as=peer count=2", "as=self", "as=last", "as={origin.as} count=3",
      "as={neighbor.as}"}},
    {"communities",
     {"add=65000:1", "add={local.as}:{peer.as} add=65000:{origin.as}:1", "remove=65000:*",
      "remove=*", "replace=65000:2 add=target:1:2", "remove={peer.as}:{local.as}",
      "replace=1:2:3"}},
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

static void every_match_is_among_those_that_are_tried(void **state)
{
    (void)state;
    assert_int_equal(policy_match_count, CONDITION_MATCHES);
    for (size_t i = 0; i < policy_match_count; i++)
        assert_string_equal(condition_words[i].name, policy_matches[i]->name);
}

static struct policy *random_policy(struct random *r, struct policy_sets *sets)
{
    struct policy *p = policy_new("p", "p.toml", 1);
    for (uint32_t left = random_below(r, 5); left > 0; left--) {
        struct policy_rule *rule = policy_add_rule(p);
        if (random_below(r, 5) != 0)
            rule->when = condition_random(r, 2, sets);
        for (uint32_t more = random_below(r, 4); more > 0; more--)
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

/* What is edited is what is seen. */
static void finish(struct seen *seen)
{
    struct attr_block *block = mem_alloc(sizeof(*block));
    assert_int_equal(attr_edit_finish(&seen->edit, block), 0);
    memcpy(&seen->block, block, sizeof(*block));
    free(block);
    seen->scene.attrs = attr_block_span(&seen->block);
    seen->scene.hot = &seen->block.hot;
}

static void apply_sets(const struct policy_rule *rule, struct seen *seen)
{
    attr_edit_begin(&seen->edit, seen->scene.attrs);
    for (size_t i = 0; i < rule->set_count; i++)
        assert_int_equal(
            rule->sets[i].action->apply(rule->sets[i].value, &seen->scene, &seen->edit), 0);
    finish(seen);
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

/* What is noted of a route that is accepted. */
static void note_states(uint8_t notes, struct seen *seen)
{
    uint8_t states = 0;
    for (unsigned state = 1; state <= ATTR_ASPA_INVALID; state <<= 1)
        if ((notes & state) && holds(policy_condition_of_state((uint8_t)state), &seen->scene))
            states |= (uint8_t)state;
    if (states == 0)
        return;
    attr_edit_begin(&seen->edit, seen->scene.attrs);
    struct attr_local local = attr_edit_local(&seen->edit);
    local.validation |= states;
    attr_edit_put_local(&seen->edit, &local);
    finish(seen);
}

/* --- as one, and as the other --- */

/* What all of this needs. */
struct trial {
    struct policy_scratch *scratch;
    struct policy_run *run;
    struct policy_run *other_run;
    struct policy_sets sets;
    struct policy_neighbor peers[CONDITION_PEERS];
    struct condition_tables tables;
    struct policy *policies[3];
    size_t count;
    struct policy_chain *chain;
    struct route routes[CONDITION_KEYS];
    struct seen seen;
    struct path_text path_text; /* of the interpreter */
};

static struct trial *trial_new(void)
{
    struct trial *t = mem_zalloc(sizeof(*t));
    t->scratch = policy_scratch_new();
    t->run = policy_run_new(t->scratch);
    t->other_run = policy_run_new(t->scratch);
    t->sets = condition_sets();
    for (unsigned n = 0; n < CONDITION_PEERS; n++)
        t->peers[n] = condition_peer(n);
    condition_tables_init(&t->tables);
    return t;
}

static void trial_free(struct trial *t)
{
    path_text_release(&t->path_text);
    policy_sets_release(&t->sets);
    condition_tables_release(&t->tables);
    policy_run_free(t->run);
    policy_run_free(t->other_run);
    policy_scratch_free(t->scratch);
    free(t);
}

/* Some chains for import note what validation says. */
static void begin_chain(struct trial *t, struct random *r, enum policy_direction direction)
{
    t->count = random_below(r, 4);
    for (size_t i = 0; i < t->count; i++)
        t->policies[i] = random_policy(r, &t->sets);
    t->chain = policy_chain_new(t->policies, t->count, direction);
    if (direction == POLICY_IMPORT && random_below(r, 2) == 0) {
        struct policy_chain *noting =
            policy_chain_noting(t->chain, (uint8_t)(1 + random_below(r, 63)));
        policy_chain_unref(t->chain);
        t->chain = noting;
    }
}

static void end_chain(struct trial *t)
{
    policy_chain_unref(t->chain);
    for (size_t i = 0; i < t->count; i++)
        policy_unref(t->policies[i]);
}

/* Routes with the same attributes, from anywhere. */
static void begin_routes(struct trial *t, struct random *r, const struct policy_neighbor *peer)
{
    static const uint8_t own_next_hop[4] = {192, 0, 2, 2};
    struct policy_scene scene = {
        .direction = t->chain->direction,
        .origin = (enum policy_origin)random_below(r, 3),
        .peer = peer,
        .local_as = 65000,
        .own_next_hop = span_of(own_next_hop, sizeof(own_next_hop)),
        .path_text = &t->path_text,
        .validation = t->chain->direction == POLICY_IMPORT ? &t->tables.by : NULL,
    };
    if (scene.origin == POLICY_FROM_PEER)
        scene.source = &t->peers[random_below(r, CONDITION_PEERS)];
    for (size_t i = 0; i < CONDITION_KEYS; i++)
        t->routes[i].scene = scene;
    condition_random_routes(r, t->chain->direction == POLICY_EXPORT, t->routes);
    policy_run_begin(t->run, t->chain, &t->routes[0].scene);
}

static unsigned idle_routes;

/* Whether a route has a community that has the chain asked about it. */
static bool is_triggered(const struct policy_idle *idle, struct span attrs)
{
    struct community_cursor cursor = community_cursor_over(attrs, UINT32_MAX);
    struct community c;
    while (community_cursor_next(&cursor, &c))
        for (size_t i = 0; i < idle->count; i++)
            if (idle->triggers[i].kind == c.kind &&
                memcmp(idle->triggers[i].bytes, c.bytes, community_len_bytes(c.kind)) == 0)
                return true;
    return false;
}

/* What need not be asked for is what comes of asking. */
static void check_idle(struct policy *const *policies, size_t count, struct span attrs,
                       const struct policy_outcome *outcome)
{
    struct policy_idle idle = policy_idle_of(policies, count);
    if (idle.known && !is_triggered(&idle, attrs)) {
        assert_int_equal(outcome->accepted, idle.accepts);
        assert_int_equal(outcome->rule, idle.rule);
        assert_false(outcome->changed);
        idle_routes++;
    }
    policy_idle_release(&idle);
}

static void check_key(struct policy_run *run, struct policy *const *policies, size_t count,
                      uint8_t notes, const struct policy_scene *scene, struct seen *seen)
{
    uint16_t rule;
    seen->scene = *scene;
    bool accepted = interpret(policies, count, seen, &rule);
    if (accepted)
        note_states(notes, seen);
    const struct policy_outcome *outcome = policy_run_for(run, scene->key);
    assert_int_equal(outcome->accepted, accepted);
    assert_int_equal(outcome->rule, rule);
    assert_false(outcome->unknown || outcome->all_differ || outcome->differing_count);
    assert_true(span_equal(outcome->attrs, seen->scene.attrs));
    assert_memory_equal(outcome->hot, seen->scene.hot, sizeof(*outcome->hot));
    if (is_canonical(scene->attrs, scene->family))
        assert_true(is_canonical(outcome->attrs, scene->family));
    assert_int_equal(outcome->changed, !span_equal(outcome->attrs, scene->attrs));
    if (notes == 0)
        check_idle(policies, count, scene->attrs, outcome);
}

/* Has any of its tests, or none, be the one that is fetched first: the sets here are small. */
static void expect_far(struct policy_chain *chain, struct random *r)
{
    const struct policy_op *op = &chain->ops[random_below(r, chain->op_count)];
    chain->far_test =
        op->code == POLICY_OP_TEST && op->test->match->fetch ? op->test : chain->far_test;
}

/* Of several keys at once, what comes is the same as of one after the other. */
static void check_together(struct trial *t, struct random *r)
{
    struct nlri nlri[NLRI_AT_ONCE];
    uint32_t names[NLRI_AT_ONCE];
    unsigned count = random_below(r, NLRI_AT_ONCE + 1);
    for (unsigned i = 0; i < count; i++)
        nlri[i].key = t->routes[random_below(r, CONDITION_KEYS)].scene.key;
    expect_far(t->chain, r);
    policy_run_take(t->run, t->chain, t->routes[0].scene.family, nlri, count);
    policy_scratch_take_cost(t->scratch);
    policy_run_begin(t->run, t->chain, &t->routes[0].scene);
    policy_run_begin(t->other_run, t->chain, &t->routes[0].scene);
    policy_run_for_each(t->run, names);
    for (unsigned i = 0; i < count; i++) {
        const struct policy_outcome *one = policy_run_for(t->other_run, nlri[i].key);
        const struct policy_outcome *of_all = policy_run_named(t->run, names[i], 1);
        assert_int_equal(of_all->accepted, one->accepted);
        assert_int_equal(of_all->rule, one->rule);
        assert_int_equal(of_all->routes, one->routes);
        assert_true(span_equal(of_all->attrs, one->attrs));
    }
    /* Whatever was asked has cost something, and is told of once. */
    bool asked = t->chain->ops[0].code == POLICY_OP_TEST && count > 0;
    assert_true(policy_scratch_take_cost(t->scratch) > 0 || !asked);
    assert_int_equal(policy_scratch_take_cost(t->scratch), 0);
}

static void compiled_chains_do_as_written(void **state)
{
    (void)state;
    struct trial *t = trial_new();
    for (uint32_t seed = 1; seed <= random_rounds(4000); seed++) {
        struct random r = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        begin_chain(t, &r, (enum policy_direction)random_below(&r, POLICY_DIRECTIONS));
        for (unsigned routes = 0; routes < 4; routes++) {
            begin_routes(t, &r, &t->peers[random_below(&r, CONDITION_PEERS)]);
            for (unsigned i = 0; i < 2 * CONDITION_KEYS; i++)
                check_key(t->run, t->policies, t->count, t->chain->notes,
                          &t->routes[random_below(&r, CONDITION_KEYS)].scene, &t->seen);
            check_together(t, &r);
        }
        end_chain(t);
    }
    assert_true(idle_routes > 100);
    trial_free(t);
}

/* --- attributes that tests of keys look at --- */

static int read_nothing(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    (void)words;
    *ret_value = mem_alloc(1);
    *ret_variables = 0;
    return 0;
}

static int add_drop(const void *value, const struct policy_scene *scene, struct attr_edit *edit)
{
    (void)value;
    (void)scene;
    struct community c;
    assert_int_equal(community_parse("traffic-rate:0:0", &c), 0);
    attr_edit_put(edit, ATTR_EXT_COMMUNITIES, span_of(c.bytes, 8));
    return 0;
}

static void digest_nothing(const void *value, struct policy_digest *d)
{
    (void)value;
    policy_digest_add_number(d, 0);
}

static const struct policy_action drop = {
    .name = "drop",
    .types = POLICY_TEXT,
    .read = read_nothing,
    .apply = add_drop,
    .digest = digest_nothing,
    .release = free,
};

/* Whatever was looked at last, they see the attributes as they are by then. */
static void tests_of_keys_see_what_was_set(void **state)
{
    (void)state;
    struct trial *t = trial_new();
    struct policy *p = policy_new("p", "p.toml", 1);
    struct policy_rule *rule = policy_add_rule(p);
    rule->sets = mem_zalloc(sizeof(*rule->sets));
    rule->set_count = 1;
    rule->sets[0].action = &drop;
    read_nothing(NULL, &rule->sets[0].value, &rule->sets[0].variables);
    rule = policy_add_rule(p);
    rule->when.junction = POLICY_MATCH;
    rule->when.match = policy_match_named("flow_has");
    rule->when.value = route_read_value(rule->when.match, "drop", &t->sets, &rule->when.variables);
    rule->then = POLICY_REJECT;
    policy_finish(p);
    struct policy_chain *chain = policy_chain_new(&p, 1, POLICY_IMPORT);
    route_make(&t->routes[0], "family=ipv4 flow|rules=port 1|origin=0");
    policy_run_begin(t->run, chain, &t->routes[0].scene);
    for (unsigned again = 0; again < 2; again++) {
        const struct policy_outcome *outcome = policy_run_for(t->run, t->routes[0].scene.key);
        assert_false(outcome->accepted);
        assert_int_equal(outcome->rule, 1);
    }
    policy_chain_unref(chain);
    policy_unref(p);
    trial_free(t);
}

/* --- all peers at once --- */

static bool names(const uint32_t *asns, size_t count, uint32_t as)
{
    for (size_t i = 0; i < count; i++)
        if (asns[i] == as)
            return true;
    return false;
}

/* What comes of a route for peers in general is what comes of it for each peer whose AS is not
 * named. How many are left: those with an outcome of their own that was named count in *named. */
static unsigned check_peers(struct trial *t, const struct route *route, unsigned *named)
{
    unsigned general = 0;
    uint32_t asns[256];
    const struct policy_outcome *of_all = policy_run_for(t->run, route->scene.key);
    size_t count = of_all->differing_count;
    if (of_all->all_differ)
        return 0;
    assert_true(count <= 256);
    if (count > 0)
        memcpy(asns, policy_run_differing(t->run, of_all), count * sizeof(asns[0]));
    for (unsigned n = 0; n < CONDITION_PEERS; n++) {
        struct policy_scene scene = route->scene;
        scene.peer = &t->peers[n];
        policy_run_begin(t->other_run, t->chain, &scene);
        const struct policy_outcome *of_one = policy_run_for(t->other_run, scene.key);
        bool same = of_one->accepted == of_all->accepted && of_one->rule == of_all->rule &&
                    span_equal(of_one->attrs, of_all->attrs);
        if (names(asns, count, scene.peer->as)) {
            *named += !same;
            continue;
        }
        assert_true(same);
        general++;
    }
    return general;
}

static void peers_whose_as_is_not_named_are_alike(void **state)
{
    (void)state;
    struct trial *t = trial_new();
    unsigned general = 0;
    unsigned named = 0;
    unsigned chains = 0;
    for (uint32_t seed = 1; chains < 2000; seed++) {
        struct random r = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        begin_chain(t, &r, POLICY_EXPORT);
        chains += t->chain->looks_at_peer;
        for (unsigned routes = 0; t->chain->looks_at_peer && routes < 4; routes++) {
            begin_routes(t, &r, NULL);
            for (unsigned i = 0; i < CONDITION_KEYS; i++)
                general += check_peers(t, &t->routes[i], &named);
        }
        end_chain(t);
    }
    assert_true(general > 100000); /* of 384,000 */
    assert_true(named > 1000);
    trial_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_match_is_among_those_that_are_tried),
        cmocka_unit_test(every_action_is_among_those_that_are_tried),
        cmocka_unit_test(compiled_chains_do_as_written),
        cmocka_unit_test(tests_of_keys_see_what_was_set),
        cmocka_unit_test(peers_whose_as_is_not_named_are_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
