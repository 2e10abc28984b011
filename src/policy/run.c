/* Evaluating chains.
 *
 * The program of the chain runs until it meets a test that looks at the key: there a node of the
 * tree is made, or at its end, where an outcome is. Going on from a node needs what was so far: the
 * attributes (a state), the rules that held, and the ASNs that differ, which are lists linked
 * backwards, so that branches share what they have in common. */
#include "policy/run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/action_row.h"
#include "policy/match_row.h"
#include "policy/path_text.h"
#include "policy/validation.h"

/* Attributes at a moment. State 0 are those that the run began with. */
struct state {
    struct attr_hot hot;
    uint32_t offset; /* of the bytes */
    uint32_t len_bytes;
};

/* An item of a list: index + 1 of the one before; 0: it is the first. */
struct link {
    uint32_t value;
    uint32_t before;
};

/* How far the program has come. */
struct progress {
    uint32_t op;
    uint32_t state;
    uint32_t matched;   /* index + 1 of the link with the last rule that held */
    uint32_t differing; /* likewise with the last AS */
    uint32_t differing_count;
    bool all_differ;
};

/* A test that looks at the key. What follows an answer: 0: not known yet; else the index of a node
 * * 2
 * + 2, or of an outcome * 2 + 3. */
struct node {
    struct progress at;
    uint32_t next[2];
};

struct leaf {
    struct policy_outcome outcome;
    struct progress end;
};

struct policy_scratch {
    struct attr_edit edit;
    struct attr_block block;
    struct path_text path_text;
    struct policy_rov_answer rov_answer;
    uint32_t cost;  /* up to UINT32_MAX */
    uint32_t *asns; /* owned: of policy_run_differing */
    uint32_t asn_size;
};

struct policy_run {
    struct policy_scratch *scratch;
    const struct policy_chain *chain;
    struct policy_scene scene; /* its attributes are those of the state that was looked at last */
    struct span attrs;         /* of state 0 */
    struct attr_hot hot;
    bool has_key;                           /* of one route alone: nothing is left open */
    struct policy_keys keys;                /* that are asked about together */
    const struct policy_condition *fetched; /* of which they have the places; NULL */
    uint32_t first;
    struct node *nodes; /* owned arrays */
    uint32_t node_count, node_size;
    struct leaf *leaves;
    uint32_t leaf_count, leaf_size;
    struct state *states;
    uint32_t state_count, state_size;
    struct link *links;
    uint32_t link_count, link_size;
    uint8_t *bytes;
    uint32_t byte_count, byte_size;
    void (*each_step)(void *ctx, const struct policy_step *step); /* NULL: nobody listens */
    void *step_ctx;
};

/* Makes room for `more` items. */
#define MAKE_ROOM(run, items, count, size, more)                                                   \
    do {                                                                                           \
        if ((run)->count + (more) > (run)->size) {                                                 \
            (run)->size = ((run)->count + (uint32_t)(more)) * 2;                                   \
            (run)->items = mem_resize((run)->items, (run)->size, sizeof(*(run)->items));           \
        }                                                                                          \
    } while (0)

struct policy_scratch *policy_scratch_new(void)
{
    struct policy_scratch *scratch = mem_alloc(sizeof(*scratch));
    scratch->path_text = (struct path_text){0};
    scratch->rov_answer = (struct policy_rov_answer){0};
    scratch->cost = 0;
    scratch->asns = NULL;
    scratch->asn_size = 0;
    return scratch;
}

void policy_scratch_free(struct policy_scratch *scratch)
{
    if (!scratch)
        return;
    path_text_release(&scratch->path_text);
    free(scratch->asns);
    free(scratch);
}

uint32_t policy_scratch_take_cost(struct policy_scratch *scratch)
{
    uint32_t cost = scratch->cost;
    scratch->cost = 0;
    return cost;
}

static void pay(struct policy_run *run, uint32_t tests)
{
    uint32_t *cost = &run->scratch->cost;
    *cost = *cost < UINT32_MAX - tests ? *cost + tests : UINT32_MAX;
}

/* What a test costs of the attributes that are looked at: of long ones more. */
static uint32_t test_cost(const struct policy_run *run)
{
    enum { SHORT_BYTES = 256 };
    return 1 + (uint32_t)(run->scene.attrs.len_bytes / SHORT_BYTES);
}

struct policy_run *policy_run_new(struct policy_scratch *scratch)
{
    struct policy_run *run = mem_zalloc(sizeof(*run));
    run->scratch = scratch;
    return run;
}

void policy_run_free(struct policy_run *run)
{
    if (!run)
        return;
    free(run->nodes);
    free(run->leaves);
    free(run->states);
    free(run->links);
    free(run->bytes);
    free(run);
}

/* --- attributes --- */

static struct span bytes_of(const struct policy_run *run, uint32_t state)
{
    if (state == 0)
        return run->attrs;
    const struct state *s = &run->states[state - 1];
    return span_of(run->bytes + s->offset, s->len_bytes);
}

static const struct attr_hot *hot_of(const struct policy_run *run, uint32_t state)
{
    return state == 0 ? &run->hot : &run->states[state - 1].hot;
}

static void look_at_state(struct policy_run *run, uint32_t state)
{
    run->scene.attrs = bytes_of(run, state);
    run->scene.hot = hot_of(run, state);
}

/* The state of a block: what is as at first, or as before, is no new one. */
static uint32_t keep_state(struct policy_run *run, const struct attr_block *block, uint32_t before)
{
    if (span_equal(attr_block_span(block), bytes_of(run, before)))
        return before;
    if (span_equal(attr_block_span(block), run->attrs))
        return 0;
    MAKE_ROOM(run, states, state_count, state_size, 1);
    MAKE_ROOM(run, bytes, byte_count, byte_size, block->len_bytes);
    struct state *s = &run->states[run->state_count++];
    *s = (struct state){block->hot, run->byte_count, block->len_bytes};
    if (block->len_bytes > 0)
        memcpy(run->bytes + s->offset, block->bytes, block->len_bytes);
    run->byte_count += block->len_bytes;
    return run->state_count;
}

/* --- the program --- */

static void add_link(struct policy_run *run, uint32_t value, uint32_t *last)
{
    MAKE_ROOM(run, links, link_count, link_size, 1);
    run->links[run->link_count++] = (struct link){value, *last};
    *last = run->link_count;
}

struct adding {
    struct policy_run *run;
    struct progress *at;
};

static void add_as(void *ctx, uint32_t as)
{
    struct adding *adding = ctx;
    add_link(adding->run, as, &adding->at->differing);
    adding->at->differing_count++;
}

/* The test says no of peers in general: of whom may it say yes? */
static void note_differing(struct policy_run *run, const struct policy_op *op, struct progress *at)
{
    const struct policy_match *match = op->test->match;
    struct adding adding = {run, at};
    const struct policy_candidates to = {&adding, add_as};
    if (!match->candidates || !match->candidates(op->test->value, &run->scene, &to))
        at->all_differ = true;
}

static enum policy_answer ask(struct policy_run *run, const struct policy_op *op)
{
    return op->test->match->test(op->test->value, &run->scene);
}

/* Goes on with what was made of the attributes: keeping it may move what was looked at. */
static void enter_state(struct policy_run *run, const struct attr_block *block, struct progress *at)
{
    at->state = keep_state(run, block, at->state);
    look_at_state(run, at->state);
}

/* Applies what a rule sets to the state that is looked at; false: it cannot be done. */
static bool apply_sets(struct policy_run *run, const struct policy_op *op, struct progress *at)
{
    struct policy_place place = policy_chain_place(run->chain, op->rule);
    struct policy_scratch *scratch = run->scratch;
    attr_edit_begin(&scratch->edit, run->scene.attrs);
    for (size_t i = 0; i < place.rule->set_count; i++) {
        const struct policy_set *set = &place.rule->sets[i];
        if (set->action->apply(set->value, &run->scene, &scratch->edit) != 0)
            return false;
    }
    if (attr_edit_finish(&scratch->edit, &scratch->block) != 0)
        return false;
    enter_state(run, &scratch->block, at);
    return true;
}

/* Notes something of the route; false: it cannot be done. */
static bool apply_note(struct policy_run *run, uint8_t note, struct progress *at)
{
    struct policy_scratch *scratch = run->scratch;
    attr_edit_begin(&scratch->edit, run->scene.attrs);
    struct attr_local local = attr_edit_local(&scratch->edit);
    local.validation |= note;
    attr_edit_put_local(&scratch->edit, &local);
    if (attr_edit_finish(&scratch->edit, &scratch->block) != 0)
        return false;
    enter_state(run, &scratch->block, at);
    return true;
}

/* Tells of the rule that held last. */
static void tell_step(const struct policy_run *run, uint16_t rule, uint32_t before, uint32_t after)
{
    if (!run->each_step)
        return;
    struct policy_step step = {rule, bytes_of(run, before), bytes_of(run, after)};
    run->each_step(run->step_ctx, &step);
}

static uint32_t add_leaf(struct policy_run *run, const struct progress *at, bool accepted,
                         bool unknown)
{
    MAKE_ROOM(run, leaves, leaf_count, leaf_size, 1);
    run->leaves[run->leaf_count] = (struct leaf){
        .outcome = {.accepted = accepted,
                    .unknown = unknown,
                    .rule = run->chain->ops[at->op].rule,
                    .changed = at->state != 0,
                    .all_differ = at->all_differ,
                    .differing_count = at->differing_count},
        .end = *at,
    };
    return run->leaf_count++ * 2 + 3;
}

static uint32_t add_node(struct policy_run *run, const struct progress *at)
{
    MAKE_ROOM(run, nodes, node_count, node_size, 1);
    run->nodes[run->node_count] = (struct node){.at = *at};
    return run->node_count++ * 2 + 2;
}

enum { SET_COST = 16 }; /* of what a rule sets, in tests */

/* Goes on until the key is to be looked at, or to the end: the name of what is there (as in struct
 * node). */
static uint32_t go_on(struct policy_run *run, struct progress at)
{
    look_at_state(run, at.state);
    for (;;) {
        const struct policy_op *op = &run->chain->ops[at.op];
        if (op->code == POLICY_OP_SET && op->looks_at_peer && !run->scene.peer)
            at.all_differ = true;
        if (at.all_differ || op->code == POLICY_OP_END)
            return add_leaf(run, &at, op->accepts, false);
        if (op->code == POLICY_OP_TEST) {
            if (op->looks_at_key && !run->has_key)
                return add_node(run, &at);
            enum policy_answer answer = ask(run, op);
            pay(run, test_cost(run));
            if (answer == POLICY_UNKNOWN)
                return add_leaf(run, &at, false, true);
            if (answer == POLICY_NO && op->looks_at_peer && !run->scene.peer)
                note_differing(run, op, &at);
            at.op = answer == POLICY_YES ? op->yes : op->no;
            continue;
        }
        if (op->code == POLICY_OP_MATCHED) {
            add_link(run, op->rule, &at.matched);
            if (run->chain->ops[op->yes].code != POLICY_OP_SET)
                tell_step(run, op->rule, at.state, at.state);
        } else if (op->code == POLICY_OP_NOTE) {
            if (!apply_note(run, op->note, &at))
                return add_leaf(run, &at, false, true);
        } else {
            uint32_t before = at.state;
            pay(run, SET_COST * test_cost(run));
            if (!apply_sets(run, op, &at))
                return add_leaf(run, &at, false, true);
            tell_step(run, op->rule, before, at.state);
        }
        at.op = op->yes;
    }
}

/* --- runs --- */

void policy_run_begin(struct policy_run *run, const struct policy_chain *chain,
                      const struct policy_scene *scene)
{
    run->chain = chain;
    run->scene = *scene;
    run->scene.path_text = &run->scratch->path_text;
    run->scene.rov_answer = &run->scratch->rov_answer;
    run->scene.rov_answer->vrps = NULL; /* others may be where these were */
    run->attrs = scene->attrs;
    run->hot = *scene->hot;
    run->has_key = false;
    run->each_step = NULL;
    run->node_count = run->leaf_count = run->state_count = run->link_count = run->byte_count = 0;
    run->first = 0;
}

static struct policy_outcome *outcome_of(struct policy_run *run, uint32_t name)
{
    struct leaf *leaf = &run->leaves[(name - 3) / 2];
    leaf->outcome.attrs = bytes_of(run, leaf->end.state);
    leaf->outcome.hot = hot_of(run, leaf->end.state);
    return &leaf->outcome;
}

/* What follows an answer at a node. */
static uint32_t next_of(struct policy_run *run, uint32_t index, bool yes)
{
    const struct node *node = &run->nodes[index];
    if (node->next[yes] != 0)
        return node->next[yes];
    const struct policy_op *op = &run->chain->ops[node->at.op];
    struct progress at = node->at;
    at.op = yes ? op->yes : op->no;
    uint32_t name = go_on(run, at);
    run->nodes[index].next[yes] = name;
    return name;
}

static const struct policy_op *look_at_node(struct policy_run *run, uint32_t index)
{
    look_at_state(run, run->nodes[index].at.state);
    return &run->chain->ops[run->nodes[index].at.op];
}

static uint32_t first_of(struct policy_run *run)
{
    if (run->first == 0)
        run->first = go_on(run, (struct progress){0});
    return run->first;
}

struct policy_outcome *policy_run_for(struct policy_run *run, struct nlri_key key)
{
    uint32_t name = first_of(run);
    run->scene.key = key;
    while (name % 2 == 0) {
        const uint32_t index = (name - 2) / 2;
        pay(run, 1);
        name = next_of(run, index, ask(run, look_at_node(run, index)) == POLICY_YES);
    }
    return policy_run_named(run, name, 1);
}

void policy_run_take(struct policy_run *run, const struct policy_chain *chain, enum family family,
                     const struct nlri *nlri, size_t count)
{
    assert(count <= NLRI_AT_ONCE);
    run->keys.count = (unsigned)count;
    for (size_t i = 0; i < count; i++)
        run->keys.at[i] = nlri[i].key;
    run->fetched = chain->far_test;
    if (run->fetched)
        run->fetched->match->fetch(run->fetched->value, family, &run->keys);
}

/* Has the test of a node asked of keys, whose places are those that were fetched. */
static void ask_each(struct policy_run *run, uint32_t index, struct policy_keys *keys,
                     bool *ret_yes)
{
    const struct policy_op *op = look_at_node(run, index);
    const struct policy_match *match = op->test->match;
    pay(run, keys->count);
    if (match->fetch && op->test != run->fetched) {
        match->fetch(op->test->value, run->scene.family, keys);
        run->fetched = keys == &run->keys ? op->test : run->fetched;
    }
    if (match->test_each) {
        match->test_each(op->test->value, &run->scene, keys, ret_yes);
        return;
    }
    for (unsigned i = 0; i < keys->count; i++) {
        run->scene.key = keys->at[i];
        ret_yes[i] = ask(run, op) == POLICY_YES;
    }
}

/* All from `first` on that stand at the same node as that one go on from there. */
static void pass_node(struct policy_run *run, unsigned first, uint32_t *names)
{
    const uint32_t name = names[first];
    struct policy_keys some;
    uint32_t *here[NLRI_AT_ONCE];
    bool yes[NLRI_AT_ONCE];
    some.count = 0;
    for (unsigned i = first; i < run->keys.count; i++) {
        if (names[i] != name)
            continue;
        some.at[some.count] = run->keys.at[i];
        some.places[some.count] = run->keys.places[i];
        here[some.count++] = &names[i];
    }
    ask_each(run, (name - 2) / 2, &some, yes);
    for (unsigned i = 0; i < some.count; i++)
        *here[i] = next_of(run, (name - 2) / 2, yes[i]);
}

static bool all_alike(const bool *answers, unsigned count)
{
    unsigned i = 1;
    while (i < count && answers[i] == answers[0])
        i++;
    return i >= count;
}

void policy_run_for_each(struct policy_run *run, uint32_t *ret_names)
{
    const unsigned count = run->keys.count;
    uint32_t name = first_of(run);
    bool yes[NLRI_AT_ONCE] = {false};
    bool together = count > 0;
    /* As long as all get the same answers, which is mostly to the end, they go together. */
    while (together && name % 2 == 0) {
        ask_each(run, (name - 2) / 2, &run->keys, yes);
        together = all_alike(yes, count);
        if (together)
            name = next_of(run, (name - 2) / 2, yes[0]);
    }
    for (unsigned i = 0; i < count; i++)
        ret_names[i] = together ? name : next_of(run, (name - 2) / 2, yes[i]);
    for (unsigned i = 0; i < count; i++)
        while (ret_names[i] % 2 == 0)
            pass_node(run, i, ret_names);
}

struct policy_outcome *policy_run_named(struct policy_run *run, uint32_t name, uint32_t routes)
{
    struct policy_outcome *outcome = outcome_of(run, name);
    outcome->routes += routes;
    return outcome;
}

const uint32_t *policy_run_differing(const struct policy_run *run,
                                     const struct policy_outcome *outcome)
{
    const struct leaf *leaf = (const struct leaf *)outcome;
    struct policy_scratch *scratch = run->scratch;
    if (outcome->differing_count > scratch->asn_size) {
        scratch->asn_size = outcome->differing_count * 2;
        scratch->asns = mem_resize(scratch->asns, scratch->asn_size, sizeof(*scratch->asns));
    }
    uint32_t count = 0;
    for (uint32_t at = leaf->end.differing; at != 0; at = run->links[at - 1].before)
        scratch->asns[count++] = run->links[at - 1].value;
    return scratch->asns;
}

void policy_run_each(struct policy_run *run,
                     void (*each)(void *ctx, struct policy_outcome *outcome), void *ctx)
{
    for (uint32_t i = 0; i < run->leaf_count; i++)
        each(ctx, outcome_of(run, i * 2 + 3));
}

static void count_hits(const struct policy_run *run, struct leaf *leaf)
{
    for (uint32_t at = leaf->end.matched; at != 0; at = run->links[at - 1].before) {
        struct policy_place place =
            policy_chain_place(run->chain, (uint16_t)run->links[at - 1].value);
        place.policy->hits[place.index].matched[run->scene.direction] += leaf->outcome.routes;
    }
    leaf->outcome.routes = 0;
}

void policy_run_count_hits(struct policy_run *run)
{
    for (uint32_t i = 0; i < run->leaf_count; i++)
        if (run->leaves[i].outcome.routes > 0)
            count_hits(run, &run->leaves[i]);
}

struct policy_outcome *policy_run_explain(struct policy_run *run, const struct policy_chain *chain,
                                          const struct policy_scene *scene,
                                          void (*each)(void *ctx, const struct policy_step *step),
                                          void *ctx)
{
    policy_run_begin(run, chain, scene);
    run->has_key = true;
    run->each_step = each;
    run->step_ctx = ctx;
    run->first = go_on(run, (struct progress){0});
    return outcome_of(run, run->first);
}
