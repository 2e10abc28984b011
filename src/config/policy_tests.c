/* Tests of policies: each route is handed to its policy alone, by what decides over routes
 * otherwise, and the outcome is compared with what is expected. No hits are counted.
 *
 * Parameters have the values that the file of the policy gives them, whatever a file that includes
 * it says: so the tests of a library hold wherever it is used. */
#include "config/policy_tests.h"

#include <stdlib.h>

#include "base/mem.h"
#include "config/policies.h"
#include "config/policy_expect.h"
#include "config/policy_scene.h"
#include "config/sources.h"
#include "config/values.h"
#include "policy/run.h"

static void set_parameters(struct loader *l, const struct schema_key *key,
                           const struct toml_node *value, void *target)
{
    (void)key;
    (void)target;
    parameters_check(l, value);
    parameters_check_switches(l, value, &l->policies->switches, &l->policies->values);
}

static const struct schema_key keys[] = {
    {
        .name = "parameters",
        .types = TOML_TABLE,
        .type_text = "a table",
        .default_text = "those of the file",
        .reload = RELOAD_AT_ONCE,
        .help = "Values of the [parameters](#parameters) of the policy for this test, over those "
                "that its file gives, and the files that this one includes.",
        .set = set_parameters,
    },
    {
        .name = "route",
        .types = TOML_TABLE,
        .type_text = "a table",
        .reload = RELOAD_AT_ONCE,
        .help = "A route, with the keys of a [static route](#static-routes) or "
                "[flow](#static-flows), of which none but `prefix` is needed, and these:",
        .required = true,
        .set = value_set_later,
    },
    {
        .name = "expect",
        .types = TOML_TABLE,
        .type_text = "a table",
        .reload = RELOAD_AT_ONCE,
        .help = "What becomes of it.",
        .required = true,
        .set = value_set_later,
    },
};

const struct schema schema_test = {
    .title = "a test",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

/* --- running --- */

/* One policy while its tests run. */
struct subject {
    struct placed_policy *placed;
    bool can_run;                   /* else tests are only read */
    const struct policy *policy;    /* the instance that the chain is of; borrowed */
    struct policy_chain *chain;     /* owned; NULL: none was needed yet */
    struct policy_scratch *scratch; /* owned */
    struct policy_run *run;         /* owned */
    size_t last_rule;               /* of the steps so far */
};

static void note_step(void *ctx, const struct policy_step *step)
{
    struct subject *s = ctx;
    s->last_rule = step->rule;
    if (step->rule < s->placed->rule_count)
        s->placed->reached[step->rule] = true;
}

static void try_route(struct loader *l, struct subject *s, const struct test_scene *scene,
                      const struct expectation *expected)
{
    s->last_rule = 0;
    const struct policy_outcome *outcome =
        policy_run_explain(s->run, s->chain, &scene->scene, note_step, s);
    bool left = outcome->rule == s->chain->end_rule;
    const struct came came = {
        .outcome = outcome, .left = left, .rule_index = left ? s->last_rule : outcome->rule};
    expectation_compare(l, expected, &came);
}

/* The policy with the values of a test. */
static struct policy_instance instance_for(struct loader *l, const struct subject *s,
                                           const struct toml_node *test)
{
    const struct parameter_scope scope = {
        .tables = {loader_find(test, "parameters"),
                   sources_parameters(l, s->placed->node->place.file)},
        .who = "the test",
        .place = test->place,
    };
    return *policy_instance_of(l, s->placed, &scope);
}

/* Tests of one policy mostly have the same values. */
static void use_instance(struct subject *s, struct policy *policy)
{
    if (s->policy == policy)
        return;
    policy_chain_unref(s->chain);
    s->chain = policy_chain_new(&policy, 1, POLICY_IMPORT);
    s->policy = policy;
}

static void run_test(struct loader *l, struct subject *s, const struct toml_node *test)
{
    struct test_scene scene = {0};
    struct expectation expected = {0};
    if (test->type == TOML_BROKEN)
        l->stumbled = true; /* reported */
    schema_apply(l, &schema_test, schema_test.title, test, NULL);
    if (test->type != TOML_TABLE)
        return;
    const struct toml_node *route = loader_find(test, "route");
    const struct toml_node *expect = loader_find(test, "expect");
    if (!route)
        loader_missing(l, test->place, "route is missing in %s", schema_test.title);
    if (!expect)
        loader_missing(l, test->place, "expect is missing in %s", schema_test.title);
    struct policy_instance instance = instance_for(l, s, test);
    bool ok = route && route->type == TOML_TABLE && test_scene_read(l, route, &scene);
    ok = expect && expect->type == TOML_TABLE &&
         expectation_read(l, expect, instance.policy, &expected) && ok;
    if (ok && s->can_run && !instance.broken) {
        use_instance(s, instance.policy);
        try_route(l, s, &scene, &expected);
    }
    test_scene_release(&scene);
    expectation_release(&expected);
}

static void run_tests(struct loader *l, struct placed_policy *placed, bool can_run)
{
    const struct toml_node *tests =
        placed->node->type == TOML_TABLE ? loader_find(placed->node, "tests") : NULL;
    if (!tests || tests->type != TOML_ARRAY)
        return;
    struct subject s = {.placed = placed, .can_run = can_run};
    if (can_run) {
        s.scratch = policy_scratch_new();
        s.run = policy_run_new(s.scratch);
    }
    for (size_t i = 0; i < tests->as.list.count; i++)
        run_test(l, &s, &tests->as.list.items[i]);
    policy_run_free(s.run);
    policy_scratch_free(s.scratch);
    policy_chain_unref(s.chain);
}

void policy_tests_run(struct loader *l)
{
    struct policies *all = l->policies;
    for (size_t i = 0; i < all->count; i++) {
        struct placed_policy *placed = &all->at[i];
        placed->reached = mem_zalloc(placed->rule_count + 1);
        run_tests(l, placed, !placed->broken && !all->sets_broken && !l->incomplete);
    }
}

/* --- coverage --- */

static void cover_policy(struct loader *l, const struct placed_policy *placed,
                         struct config_coverage *coverage)
{
    const struct toml_node *rules = loader_find(placed->node, "rules");
    for (size_t i = 0; i < placed->rule_count; i++) {
        const struct toml_node *rule = &rules->as.list.items[i];
        const struct toml_node *name = loader_find(rule, "name");
        coverage->rule_count++;
        if (placed->reached[i])
            coverage->reached_count++;
        else if (name)
            loader_warning(l, rule->place, "no test reaches %s rule %s", placed->node->key,
                           name->as.string);
        else
            loader_warning(l, rule->place, "no test reaches %s rule %zu", placed->node->key, i + 1);
    }
}

void policy_tests_cover(struct loader *l, struct config_coverage *coverage)
{
    struct loader told = {.name = l->name, .files = l->files, .file_count = l->file_count};
    for (size_t i = 0; i < l->policies->count; i++)
        cover_policy(&told, &l->policies->at[i], coverage);
    loader_report(&told, &coverage->unreached);
    loader_release(&told);
}
