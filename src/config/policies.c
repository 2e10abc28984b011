/* Policies and chains. What is wrong with a policy does not keep its name from being known, so that
 * nobody who names it is blamed. */
#include "config/policies.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/policy_check.h"
#include "config/policy_rules.h"
#include "config/policy_sets.h"
#include "config/values.h"

/* --- the keys of a policy --- */

static void set_rules(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      void *target)
{
    (void)key;
    policy_rules_read(l, value, &l->policies->sets, ((struct placed_policy *)target)->policy);
}

static void set_default(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    policy_then_read(l, key, value, &((struct placed_policy *)target)->policy->fallback);
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
    },
};

const struct schema schema_policy = {
    .title = "[policies.NAME]",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

/* --- reading --- */

static void read_policy(struct loader *l, const struct toml_node *node, struct placed_policy *p)
{
    struct strbuf where = {0};
    bool stumbled_before = l->stumbled;
    *p = (struct placed_policy){.node = node, .policy = policy_new(node->key, node->place.line)};
    strbuf_printf(&where, "[policies.%.64s]", node->key);
    l->stumbled = node->type == TOML_BROKEN;
    if (strcmp(node->key, CONFIG_REQUIRED_POLICY) == 0)
        loader_problem(l, node->key_place,
                       "'%s' cannot be the name of a policy: it is that of a "
                       "built-in one",
                       node->key);
    value_check_name(l, "a policy", node->key_place, node->key);
    schema_apply(l, &schema_policy, strbuf_text(&where), node, p);
    p->broken = l->stumbled;
    l->stumbled = l->stumbled || stumbled_before;
    policy_finish(p->policy);
    strbuf_release(&where);
}

void policies_read(struct loader *l)
{
    const struct toml_node *table = loader_find(l->root, "policies");
    struct config *c = l->config;
    struct policies *all = mem_zalloc(sizeof(*all));
    l->policies = all;
    l->stumbled = false;
    policy_sets_read(l, &all->sets);
    all->sets_broken = l->stumbled;
    if (!table || table->type != TOML_TABLE)
        return;
    size_t count = table->as.list.count;
    all->at = mem_resize(NULL, count + 1, sizeof(*all->at));
    c->policies = mem_resize(NULL, count + 1, sizeof(struct policy *));
    for (size_t i = 0; i < count; i++) {
        read_policy(l, &table->as.list.items[i], &all->at[i]);
        c->policies[i] = all->at[i].policy;
        all->count = c->policy_count = i + 1;
    }
}

void policies_release(struct loader *l)
{
    struct policies *all = l->policies;
    for (size_t i = 0; all && i < all->chain_count; i++)
        policy_chain_unref(all->chains[i]);
    if (all) {
        for (size_t i = 0; i < all->count; i++)
            free(all->at[i].reached);
        policy_sets_release(&all->sets);
        free(all->chains);
        free(all->at);
    }
    free(all);
    l->policies = NULL;
}

static void check_policy(struct loader *l, const struct placed_policy *p)
{
    if (p->broken)
        return;
    policy_check(l, p->node, p->policy);
    if (!p->used && !l->policies->missed && !l->incomplete)
        loader_warning(l, p->node->place,
                       "[policies.%.64s] has no effect: no import or export names it",
                       p->policy->name);
}

static bool any_broken(const struct policies *all)
{
    bool found = false;
    for (size_t i = 0; i < all->count; i++)
        found = found || all->at[i].broken;
    return found;
}

void policies_check(struct loader *l)
{
    const struct policies *all = l->policies;
    if (!any_broken(all) && !l->incomplete)
        policy_sets_check_used(l, &all->sets);
    for (size_t i = 0; i < all->count; i++)
        check_policy(l, &all->at[i]);
}

/* --- chains --- */

static struct placed_policy *find_policy(const struct policies *all, const char *name)
{
    size_t from = 0;
    size_t to = all->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = strcmp(name, all->at[middle].policy->name);
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
        names[i] = all->at[i].policy->name;
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
                           item->as.string, decides->policy->name);
        if (p->broken)
            return;
        if (!decides && policy_always_decides(p->policy))
            decides = p;
    }
}

void policies_check_names(struct loader *l, const struct schema_key *key,
                          const struct toml_node *value)
{
    struct toml_list names = names_of(value);
    for (size_t i = 0; i < names.count; i++)
        check_name(l, key, &names, i);
    check_order(l, &names);
    policy_chain_unref(
        policies_chain(l, value, POLICY_IMPORT)); /* says what is wrong with it as a whole */
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

struct policy_chain *policies_chain(struct loader *l, const struct toml_node *value,
                                    enum policy_direction direction)
{
    struct toml_list names = names_of(value);
    struct policy **policies = mem_resize(NULL, names.count + 1, sizeof(struct policy *));
    struct policy_chain *chain = NULL;
    size_t count = 0;
    for (size_t i = 0; i < names.count; i++) {
        const struct toml_node *item = &names.items[i];
        const struct placed_policy *p =
            item->type == TOML_STRING ? find_policy(l->policies, item->as.string) : NULL;
        if (p && !p->broken)
            policies[count++] = p->policy;
    }
    if (count > 0 && count == names.count) {
        chain = share_chain(l->policies, policies, count, direction);
        if (!chain)
            loader_problem(l, value->place, "these policies have more than %u rules together",
                           POLICY_CHAIN_MAX_RULES - 1);
    }
    free(policies);
    return policy_chain_ref(chain);
}

/* --- where there must be a policy --- */

/* Puts a policy among those of the configuration, in the order of their names. */
static void insert_policy(struct config *c, struct policy *policy)
{
    size_t at = c->policy_count;
    c->policies = mem_resize(c->policies, c->policy_count + 1, sizeof(struct policy *));
    while (at > 0 && strcmp(c->policies[at - 1]->name, policy->name) > 0)
        at--;
    memmove(&c->policies[at + 1], &c->policies[at],
            (c->policy_count - at) * sizeof(struct policy *));
    c->policies[at] = policy;
    c->policy_count++;
}

struct policy_chain *policies_required_chain(struct loader *l, uint32_t line,
                                             enum policy_direction direction)
{
    struct policies *all = l->policies;
    if (!all->required) {
        all->required = policy_new(CONFIG_REQUIRED_POLICY, line);
        all->required->fallback = POLICY_REJECT;
        policy_finish(all->required);
        insert_policy(l->config, all->required);
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
