/* Policies and chains. What is wrong with a policy does not keep its name from being known, so that
 * nobody who names it is blamed. A policy is read once for each set of values that its parameters
 * have with those who use it. */
#include "config/policies.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/policy_check.h"
#include "config/policy_rules.h"
#include "config/policy_sets.h"
#include "config/siblings.h"
#include "config/values.h"

/* --- the keys of a policy --- */

/* A policy while it is read. */
struct policy_reading {
    struct policy *policy;
    const struct parameter_scope *scope;
};

static void set_rules(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      void *target)
{
    (void)key;
    const struct policy_reading *reading = target;
    policy_rules_read(l, value, reading->scope, &l->policies->sets, reading->policy);
}

static void set_default(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    const struct policy_reading *reading = target;
    struct filling filling = {0};
    struct toml_node filled;
    if (parameters_fill(l, reading->scope, value, &filling, &filled)) {
        l->stand_ins = &filling.stand_ins;
        if (filled.type == TOML_STRING)
            policy_then_read(l, key, &filled, &reading->policy->fallback);
        else
            loader_problem(l, filled.place, "%s must be %s, not %s", key->name, key->type_text,
                           schema_type_text(filled.type));
        l->stand_ins = NULL;
    }
    filling_release(&filling);
}

static const struct schema_key keys[] = {
    {
        .name = "rules",
        .types = TOML_ARRAY,
        .type_text = "a list of tables",
        .default_text = "none",
        .reload = RELOAD_POLICY,
        .help = "The [rules](#rules-of-a-policy), in their order; `[[policies.NAME.rules]]` is the "
                "long form of the same.",
        .set = set_rules,
        .is_folded = true,
        .within = &schema_rule,
    },
    {
        .name = "default",
        TYPE_STRING,
        .default_text = "`\"next\"`",
        .reload = RELOAD_POLICY,
        .help = "What becomes of a route that no rule has decided: `\"accept\"`, `\"reject\"`, or "
                "`\"next\"` for the next policy of the chain.",
        .set = set_default,
    },
    {
        .name = "tests",
        .types = TOML_ARRAY,
        .type_text = "a list of tables",
        .default_text = "none",
        .reload = RELOAD_AT_ONCE,
        .help = "Routes, and what is to become of them: see [Tests](#tests-of-a-policy).",
        .set = value_set_later, /* policy_tests.c */
        .is_folded = true,
        .keep = SCHEMA_KEEP_NONE,
    },
};

const struct schema schema_policy = {
    .title = "[policies.NAME]",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

/* --- instances --- */

/* The values of the top level. */
static struct parameter_scope top_scope(const struct loader *l)
{
    return (struct parameter_scope){.tables = {loader_find(l->root, "parameters")}};
}

/* Of one with the same content there need be no other. */
static struct policy *share_policy(const struct placed_policy *placed, struct policy *policy)
{
    for (size_t i = 0; i < placed->instance_count; i++) {
        struct policy *other = placed->instances[i].policy;
        if (policy_digest_equal(other->digest, policy->digest)) {
            policy_unref(policy);
            return policy_ref(other);
        }
    }
    return policy;
}

static void read_instance(struct loader *l, struct placed_policy *placed,
                          const struct parameter_scope *scope, struct policy_instance *ret_instance)
{
    const struct toml_node *node = placed->node;
    const bool stumbled = l->stumbled;
    const bool muted = l->muted;
    struct strbuf where = {0};
    struct policy *policy = policy_new(node->key, loader_name(l, node->place), node->place.line);
    struct policy_reading reading = {policy, scope};
    policy->included = node->place.file > 0;
    strbuf_printf(&where, "[policies.%.64s]", node->key);
    l->stumbled = node->type == TOML_BROKEN;
    l->muted = false; /* it is the policy that is wrong, or the values: that is not yet said */
    l->again = true;
    schema_apply(l, &schema_policy, strbuf_text(&where), node, &reading);
    ret_instance->broken = l->stumbled;
    l->stumbled = stumbled;
    l->muted = muted;
    l->again = false;
    policy_finish(policy);
    ret_instance->policy = share_policy(placed, policy);
    placed->broken = placed->broken || ret_instance->broken;
    strbuf_release(&where);
}

struct policy_instance *policy_instance_of(struct loader *l, struct placed_policy *placed,
                                           const struct parameter_scope *scope)
{
    struct policy_instance instance = {0};
    parameter_names_digest(&placed->names, scope, &instance.values);
    for (size_t i = 0; i < placed->instance_count; i++)
        if (policy_digest_equal(placed->instances[i].values, instance.values))
            return &placed->instances[i];
    read_instance(l, placed, scope, &instance);
    if (placed->instance_count == placed->instance_size) {
        placed->instance_size = placed->instance_size ? 2 * placed->instance_size : 1;
        placed->instances =
            mem_resize(placed->instances, placed->instance_size, sizeof(*placed->instances));
    }
    placed->instances[placed->instance_count++] = instance;
    return &placed->instances[placed->instance_count - 1];
}

const struct policy *policy_instance_first(const struct placed_policy *placed)
{
    for (size_t i = 0; i < placed->instance_count; i++)
        if (placed->instances[i].used)
            return placed->instances[i].broken ? NULL : placed->instances[i].policy;
    return NULL;
}

/* --- reading --- */

static void note_mentions(struct policies *all, struct placed_policy *p,
                          const struct toml_node *node)
{
    parameter_names_add(&p->names, node);
    parameter_names_add_values(&all->values, node);
    parameter_names_add_switches(&all->switches, node);
}

static void note_names(struct policies *all, struct placed_policy *p)
{
    const struct toml_node *rules = loader_find(p->node, "rules");
    const struct toml_node *fallback = loader_find(p->node, "default");
    p->rule_count = rules && rules->type == TOML_ARRAY ? rules->as.list.count : 0;
    for (size_t i = 0; i < p->rule_count; i++)
        note_mentions(all, p, &rules->as.list.items[i]);
    if (fallback)
        note_mentions(all, p, fallback);
    for (size_t i = 0; i < p->names.count; i++)
        parameter_names_add_one(&all->names, p->names.at[i]);
}

static void read_policy(struct loader *l, const struct toml_node *node, struct placed_policy *p)
{
    const struct parameter_scope top = top_scope(l);
    struct policy_digest values;
    bool stumbled_before = l->stumbled;
    *p = (struct placed_policy){.node = node};
    l->stumbled = false;
    if (strcmp(node->key, CONFIG_REQUIRED_POLICY) == 0)
        loader_problem(l, node->key_place,
                       "'%s' cannot be the name of a policy: it is that of a "
                       "built-in one",
                       node->key);
    value_check_name(l, "a policy", node->key_place, node->key);
    if (node->type == TOML_TABLE)
        note_names(l->policies, p);
    p->broken = l->stumbled;
    l->stumbled = l->stumbled || stumbled_before;
    if (parameter_names_digest(&p->names, &top, &values)) /* or else it is read for who uses it */
        policy_instance_of(l, p, &top)->used = true;
}

void policies_read(struct loader *l)
{
    const struct toml_node *table = loader_find(l->root, "policies");
    struct policies *all = mem_zalloc(sizeof(*all));
    l->policies = all;
    all->siblings = siblings_new(l);
    l->stumbled = false;
    policy_sets_read(l, &all->sets);
    all->sets_broken = l->stumbled;
    if (!table || table->type != TOML_TABLE)
        return;
    const struct toml_node *parameters = loader_find(l->root, "parameters");
    parameter_names_add_choices(&all->names, parameters);
    if (parameters) {
        parameter_names_add(&all->names, parameters);
        parameter_names_add_values(&all->values, parameters);
    }
    size_t count = table->as.list.count;
    all->at = mem_resize(NULL, count + 1, sizeof(*all->at));
    for (size_t i = 0; i < count; i++) {
        read_policy(l, &table->as.list.items[i], &all->at[i]);
        all->count = i + 1;
    }
}

static void placed_release(struct placed_policy *p)
{
    for (size_t i = 0; i < p->instance_count; i++)
        policy_unref(p->instances[i].policy);
    free(p->instances);
    free(p->reached);
    parameter_names_release(&p->names);
}

void policies_release(struct loader *l)
{
    struct policies *all = l->policies;
    for (size_t i = 0; all && i < all->chain_count; i++)
        policy_chain_unref(all->chains[i]);
    if (all) {
        for (size_t i = 0; i < all->count; i++)
            placed_release(&all->at[i]);
        policy_unref(all->required);
        parameter_names_release(&all->names);
        parameter_names_release(&all->values);
        parameter_names_release(&all->switches);
        policy_sets_release(&all->sets);
        siblings_free(all->siblings);
        free(all->chains);
        free(all->at);
    }
    free(all);
    l->policies = NULL;
}

/* --- what has no effect --- */

static void check_policy(struct loader *l, const struct placed_policy *p)
{
    const struct policy *policy = policy_instance_first(p);
    if (policy)
        policy_check(l, p->node, policy);
    /* What is included is there for many, of whom each uses a part. */
    if (!p->used && !p->broken && !l->policies->missed && !l->incomplete &&
        p->node->place.file == 0)
        loader_warning(l, p->node->place,
                       "[policies.%.64s] has no effect: no import or export names it",
                       p->node->key);
}

static bool any_broken(const struct policies *all)
{
    bool found = false;
    for (size_t i = 0; i < all->count; i++)
        found = found || all->at[i].broken;
    return found;
}

void policies_check_parameters(struct loader *l, const struct toml_node *table)
{
    const struct policies *all = l->policies;
    parameters_check_used(l, table, &all->names);
    parameters_check_switches(l, table, &all->switches, &all->values);
}

void policies_check(struct loader *l)
{
    const struct policies *all = l->policies;
    if (!any_broken(all) && !l->incomplete)
        policy_sets_check_used(l, &all->sets);
    const struct toml_node *parameters = loader_find(l->root, "parameters");
    if (parameters && parameters->type == TOML_TABLE)
        policies_check_parameters(l, parameters);
    for (size_t i = 0; i < all->count; i++)
        check_policy(l, &all->at[i]);
}

/* --- into the configuration --- */

/* Instances of equal content are one policy. */
static void deliver(struct config *c, size_t first, struct policy *policy)
{
    for (size_t i = first; i < c->policy_count; i++)
        if (c->policies[i] == policy)
            return;
    c->policies[c->policy_count++] = policy_ref(policy);
}

void policies_deliver(struct loader *l)
{
    const struct policies *all = l->policies;
    struct policy *required = all->required; /* has its place among the names */
    struct config *c = l->config;
    size_t count = 1;
    for (size_t i = 0; i < all->count; i++)
        count += all->at[i].instance_count;
    c->policies = mem_resize(NULL, count, sizeof(struct policy *));
    for (size_t i = 0; i < all->count; i++) {
        const struct placed_policy *p = &all->at[i];
        if (required && strcmp(required->name, p->node->key) < 0) {
            deliver(c, c->policy_count, required);
            required = NULL;
        }
        const size_t first = c->policy_count;
        for (size_t k = 0; k < p->instance_count; k++)
            if (p->instances[k].used)
                deliver(c, first, p->instances[k].policy);
    }
    if (required)
        deliver(c, c->policy_count, required);
}

/* --- chains --- */

static struct placed_policy *find_policy(const struct policies *all, const char *name)
{
    size_t from = 0;
    size_t to = all->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = strcmp(name, all->at[middle].node->key);
        if (order == 0)
            return &all->at[middle];
        *(order < 0 ? &to : &from) = order < 0 ? middle : middle + 1;
    }
    return NULL;
}

static void report_missing(struct loader *l, struct toml_place place, const char *name)
{
    const struct policies *all = l->policies;
    const char **names = mem_resize(NULL, all->count + 1, sizeof(*names));
    struct schema_choices choices = {.names = names, .count = all->count};
    struct strbuf hint = {0};
    l->policies->missed = true;
    for (size_t i = 0; i < all->count; i++)
        names[i] = all->at[i].node->key;
    schema_hint(&hint, name, &choices);
    loader_missing(l, place, "there is no [policies.%.64s]%s", name, strbuf_text(&hint));
    strbuf_release(&hint);
    free(names);
}

/* The items of a value that names policies: one text is a list of it. */
static struct toml_list names_of(const struct toml_node *value)
{
    if (value->type == TOML_ARRAY)
        return value->as.list;
    return (struct toml_list){.items = value, .count = value->type == TOML_STRING};
}

static bool is_named_before(const struct toml_list *names, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (names->items[k].type == TOML_STRING &&
            strcmp(names->items[k].as.string, names->items[i].as.string) == 0)
            return true;
    return false;
}

static void check_name(struct loader *l, const struct schema_key *key,
                       const struct toml_list *names, size_t i)
{
    const struct toml_node *item = &names->items[i];
    if (item->type == TOML_BROKEN) {
        l->stumbled = true; /* reported */
    } else if (item->type != TOML_STRING) {
        loader_problem(l, item->place, "%s must hold names of policies, not %s%s", key->name,
                       schema_type_text(item->type), schema_quotes_hint(item->type));
    } else {
        struct placed_policy *p = find_policy(l->policies, item->as.string);
        if (!p)
            report_missing(l, item->place, item->as.string);
        else if (is_named_before(names, i))
            loader_problem(l, item->place, "%s names '%.64s' twice", key->name, item->as.string);
        else
            p->used = true;
    }
}

/* Warns of policies after one that leaves nothing to them. */
static void check_order(struct loader *l, const struct toml_list *names)
{
    const struct placed_policy *decides = NULL;
    for (size_t i = 0; i < names->count; i++) {
        const struct toml_node *item = &names->items[i];
        const struct placed_policy *p =
            item->type == TOML_STRING ? find_policy(l->policies, item->as.string) : NULL;
        if (!p)
            return;
        if (decides)
            loader_warning(l, item->place,
                           "'%.64s' has no effect here: %.64s before it decides "
                           "over all routes",
                           item->as.string, decides->node->key);
        const struct policy *policy = policy_instance_first(p);
        if (!policy)
            return;
        /* With other values of its parameters it may say something else. */
        if (!decides && p->names.count == 0 && policy_always_decides(policy))
            decides = p;
    }
}

static void check_size(struct loader *l, const struct toml_node *value,
                       const struct toml_list *names)
{
    size_t rules = 1;
    for (size_t i = 0; i < names->count; i++) {
        const struct placed_policy *p = names->items[i].type == TOML_STRING
                                            ? find_policy(l->policies, names->items[i].as.string)
                                            : NULL;
        rules += p ? p->rule_count + 1 : 0;
    }
    if (rules > POLICY_CHAIN_MAX_RULES)
        loader_problem(l, value->place, "these policies have more than %u rules together",
                       POLICY_CHAIN_MAX_RULES - 1);
}

void policies_check_names(struct loader *l, const struct schema_key *key,
                          const struct toml_node *value)
{
    struct toml_list names = names_of(value);
    for (size_t i = 0; i < names.count; i++)
        check_name(l, key, &names, i);
    check_order(l, &names);
    check_size(l, value, &names);
}

struct parameter_scope policies_scope(const struct loader *l, const struct policy_user *user)
{
    return (struct parameter_scope){
        .tables = {loader_find(user->peer, "parameters"),
                   user->group ? loader_find(user->group, "parameters") : NULL,
                   siblings_of(l->policies->siblings, user->as),
                   loader_find(l->root, "parameters")},
        .who = "the peer",
        .place = user->peer->place,
    };
}

static bool is_chain_of(const struct policy_chain *chain, struct policy *const *policies,
                        size_t count, enum policy_direction direction)
{
    bool same = chain->policy_count == count && chain->direction == direction;
    for (size_t i = 0; same && i < count; i++)
        same = chain->policies[i] == policies[i];
    return same;
}

/* The one chain of these policies, borrowed; NULL: it would have too many rules. */
static struct policy_chain *share_chain(struct policies *all, struct policy *const *policies,
                                        size_t count, enum policy_direction direction)
{
    for (size_t i = 0; i < all->chain_count; i++)
        if (is_chain_of(all->chains[i], policies, count, direction))
            return all->chains[i];
    struct policy_chain *chain = policy_chain_new(policies, count, direction);
    if (!chain)
        return NULL;
    if (all->chain_count == all->chain_size) {
        all->chain_size = all->chain_size ? 2 * all->chain_size : 8;
        all->chains = mem_resize(all->chains, all->chain_size, sizeof(struct policy_chain *));
    }
    all->chains[all->chain_count++] = chain;
    return chain;
}

/* Once for a group, and for the peers that have the chain from it. */
static void report_key_tests(struct loader *l, struct toml_place place)
{
    const bool muted = l->muted;
    l->muted = false;
    l->again = true;
    loader_problem(l, place,
                   "more than %u conditions of these policies ask each prefix (expected prefix "
                   "sets for prefixes that are treated alike, or in the same rule something of the "
                   "attributes, as neighbor_as, which is asked first)",
                   POLICY_CHAIN_MAX_KEY_TESTS);
    l->muted = muted;
    l->again = false;
}

struct policy_chain *policies_chain(struct loader *l, const struct toml_node *value,
                                    const struct parameter_scope *scope,
                                    enum policy_direction direction)
{
    struct toml_list names = names_of(value);
    struct policy **policies = mem_resize(NULL, names.count + 1, sizeof(struct policy *));
    struct policy_chain *chain = NULL;
    size_t count = 0;
    for (size_t i = 0; i < names.count; i++) {
        const struct toml_node *item = &names.items[i];
        struct placed_policy *p =
            item->type == TOML_STRING ? find_policy(l->policies, item->as.string) : NULL;
        struct policy_instance *instance = p ? policy_instance_of(l, p, scope) : NULL;
        if (instance)
            instance->used = true;
        if (instance && !p->broken)
            policies[count++] = instance->policy;
    }
    if (count > 0 && count == names.count)
        chain = share_chain(l->policies, policies, count, direction);
    if (chain && chain->key_tests > POLICY_CHAIN_MAX_KEY_TESTS)
        report_key_tests(l, value->place);
    free(policies);
    return policy_chain_ref(chain);
}

/* --- where there must be a policy --- */

struct policy_chain *policies_required_chain(struct loader *l, struct toml_place place,
                                             enum policy_direction direction)
{
    struct policies *all = l->policies;
    if (!all->required) {
        all->required = policy_new(CONFIG_REQUIRED_POLICY, loader_name(l, place), place.line);
        all->required->fallback = POLICY_REJECT;
        policy_finish(all->required);
    }
    return policy_chain_ref(share_chain(all, &all->required, 1, direction));
}

/* --- what export policies ask of validation --- */

/* Chains and those that note something beside doing the same. */
struct noting {
    struct noting_pair {
        const struct policy_chain *of; /* NULL: there is none; borrowed from the loader */
        struct policy_chain *chain;
    } * pairs; /* owned */
    size_t count;
};

/* A chain that does the same and notes; borrowed. */
static struct policy_chain *noting_of(struct noting *n, const struct policy_chain *of,
                                      uint8_t notes)
{
    for (size_t i = 0; i < n->count; i++)
        if (n->pairs[i].of == of)
            return n->pairs[i].chain;
    n->pairs = mem_resize(n->pairs, n->count + 1, sizeof(*n->pairs));
    n->pairs[n->count] = (struct noting_pair){of, policy_chain_noting(of, notes)};
    return n->pairs[n->count++].chain;
}

static uint8_t asked_states(const struct config *c)
{
    unsigned states = 0;
    for (size_t i = 0; i < c->peer_count; i++)
        for (size_t k = 0; k < c->peers[i].channel_count; k++)
            if (c->peers[i].channels[k].export)
                states |= c->peers[i].channels[k].export->states;
    return (uint8_t)states;
}

/* The loader holds on to the chains that are replaced, so that each address stands for one. */
void policies_note_validation(struct config *c)
{
    const uint8_t notes = asked_states(c);
    struct noting n = {0};
    if (notes == 0)
        return;
    c->local_import = policy_chain_ref(noting_of(&n, NULL, notes));
    for (size_t i = 0; i < c->peer_count; i++) {
        for (size_t k = 0; k < c->peers[i].channel_count; k++) {
            struct config_channel *channel = &c->peers[i].channels[k];
            struct policy_chain *noting = noting_of(&n, channel->import, notes);
            policy_chain_unref(channel->import);
            channel->import = policy_chain_ref(noting);
        }
    }
    for (size_t i = 0; i < n.count; i++)
        policy_chain_unref(n.pairs[i].chain);
    free(n.pairs);
}
