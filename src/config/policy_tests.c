/* Tests of policies: each route is handed to its policy alone, by what decides over routes
 * otherwise, and the outcome is compared with what is expected. No hits are counted. */
#include "config/policy_tests.h"

#include <stdlib.h>

#include "base/mem.h"
#include "config/policies.h"
#include "config/policy_expect.h"
#include "config/policy_scene.h"
#include "config/values.h"
#include "policy/run.h"

static const struct schema_key keys[] = {
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
    struct policy_chain *chain;     /* owned: of that policy alone; NULL: its tests are only read */
    struct policy_scratch *scratch; /* owned */
    struct policy_run *run;         /* owned */
    size_t last_rule;               /* of the steps so far */
};

static void note_step(void *ctx, const struct policy_step *step)
{
    struct subject *s = ctx;
    s->last_rule = step->rule;
    if (step->rule < s->placed->policy->rule_count)
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
    bool ok = route && route->type == TOML_TABLE && test_scene_read(l, route, &scene);
    ok = expect && expect->type == TOML_TABLE &&
         expectation_read(l, expect, s->placed->policy, &expected) && ok;
    if (ok && s->chain)
        try_route(l, s, &scene, &expected);
    test_scene_release(&scene);
    expectation_release(&expected);
}

static void run_tests(struct loader *l, struct placed_policy *placed, bool can_run)
{
    const struct toml_node *tests =
        placed->node->type == TOML_TABLE ? loader_find(placed->node, "tests") : NULL;
    if (!tests || tests->type != TOML_ARRAY)
        return;
    struct subject s = {.placed = placed};
    if (can_run) {
        s.chain = policy_chain_new(&placed->policy, 1, POLICY_IMPORT);
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
        placed->reached = mem_zalloc(placed->policy->rule_count + 1);
        run_tests(l, placed, !placed->broken && !all->sets_broken && !l->incomplete);
    }
}

/* --- coverage --- */

static void cover_policy(struct loader *l, const struct placed_policy *placed,
                         struct config_coverage *coverage)
{
    const struct policy *policy = placed->policy;
    const struct toml_node *rules = loader_find(placed->node, "rules");
    for (size_t i = 0; i < policy->rule_count; i++) {
        struct strbuf text = {0};
        struct policy_place place = {(struct policy *)policy, &policy->rules[i], i};
        coverage->rule_count++;
        if (placed->reached[i]) {
            coverage->reached_count++;
            continue;
        }
        policy_place_format(&place, &text);
        loader_warning(l, rules->as.list.items[i].place, "no test reaches %s", strbuf_text(&text));
        strbuf_release(&text);
    }
}

void policy_tests_cover(struct loader *l, struct config_coverage *coverage)
{
    struct loader told = {.name = l->name};
    for (size_t i = 0; i < l->policies->count; i++)
        cover_policy(&told, &l->policies->at[i], coverage);
    loader_report(&told, &coverage->unreached);
    loader_release_problems(&told);
}
