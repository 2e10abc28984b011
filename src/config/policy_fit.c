/* What policies say of peers that does not fit: variables, and names that nobody has, or marks that
 * nobody sets. Of each policy what may be without room is gathered once; of each peer no more is
 * looked at. */
#include "config/policy_fit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/policies.h"
#include "policy/action_row.h"

/* Something that a rule sets and that may not fit. */
struct doubt {
    const struct placed_policy *policy;
    size_t rule;
    const struct policy_action *action;
    char *text;                      /* owned: why not for the first peer; NULL: there is none */
    const struct config_peer *first; /* that peer; borrowed */
    size_t peers;                    /* for which it does not */
};

struct doubts {
    struct doubt *at;
    size_t count;
    size_t size;
};

static void add_doubt(struct doubts *to, const struct placed_policy *policy, size_t rule,
                      const struct policy_action *action)
{
    for (size_t i = to->count; i > 0 && to->at[i - 1].policy == policy; i--)
        if (to->at[i - 1].rule == rule && to->at[i - 1].action == action)
            return;
    if (to->count == to->size) {
        to->size = to->size ? 2 * to->size : 8;
        to->at = mem_resize(to->at, to->size, sizeof(*to->at));
    }
    to->at[to->count++] = (struct doubt){.policy = policy, .rule = rule, .action = action};
}

static void gather_from(const struct placed_policy *placed, const struct policy *policy,
                        struct doubts *to)
{
    for (size_t r = 0; r < policy->rule_count; r++)
        for (size_t s = 0; s < policy->rules[r].set_count; s++)
            if (policy->rules[r].sets[s].action->warn)
                add_doubt(to, placed, r, policy->rules[r].sets[s].action);
}

static void gather(const struct policies *all, struct doubts *to)
{
    for (size_t i = 0; i < all->count; i++)
        for (size_t k = 0; !all->at[i].broken && k < all->at[i].instance_count; k++)
            if (all->at[i].instances[k].used)
                gather_from(&all->at[i], all->at[i].instances[k].policy, to);
}

static void ask_set(struct doubt *doubt, const struct policy_set *set,
                    const struct config_peer *peer, const struct policy_neighbor *neighbor)
{
    struct strbuf text = {0};
    if (set->action->warn(set->value, neighbor, &text) && doubt->peers++ == 0) {
        doubt->text = mem_strdup(strbuf_text(&text));
        doubt->first = peer;
    }
    strbuf_release(&text);
}

static void ask(struct doubt *doubt, const struct config_peer *peer,
                const struct policy_neighbor *neighbor)
{
    const struct policy *policy = config_peer_policy(peer, doubt->policy->node->key);
    const struct policy_rule *rule = policy ? &policy->rules[doubt->rule] : NULL;
    for (size_t i = 0; rule && i < rule->set_count; i++)
        if (rule->sets[i].action == doubt->action)
            ask_set(doubt, &rule->sets[i], peer, neighbor);
}

static void report(struct loader *l, const struct doubt *doubt)
{
    const struct toml_node *rule =
        &loader_find(doubt->policy->node, "rules")->as.list.items[doubt->rule];
    const struct toml_node *set = loader_find(rule, "set");
    const struct toml_node *value = loader_find(set, doubt->action->name);
    struct strbuf whose = {0};
    char remote[PREFIX_TEXT_MAX];
    prefix_format(&doubt->first->remote, remote);
    if (prefix_is_host(&doubt->first->remote))
        *strchr(remote, '/') = '\0';
    strbuf_add(&whose, doubt->first->name ? doubt->first->name : remote);
    if (doubt->peers > 1)
        strbuf_printf(&whose, " and %zu other peer%s", doubt->peers - 1,
                      doubt->peers == 2 ? "" : "s");
    loader_warning(l, value->place, "%s: %s (%s)", value->key, doubt->text, strbuf_text(&whose));
    strbuf_release(&whose);
}

/* A peer as far as it is known before it connects. */
static struct policy_neighbor neighbor_of(const struct config_peer *peer, char *address)
{
    struct ip_addr addr = prefix_address(&peer->remote);
    ip_format(&addr, address);
    bool is_network = !prefix_is_host(&peer->remote);
    return (struct policy_neighbor){
        .as = peer->remote_as,
        .local_as = peer->local_as,
        .kind = config_peer_kind(peer),
        .addr = is_network ? (struct ip_addr){0} : addr,
        .name = peer->name || is_network ? peer->name : address,
        .group = peer->group ? peer->group : "",
    };
}

/* --- names of peers and groups --- */

static bool is_known(const struct loader *l, const char *name)
{
    static const char *const words[] = {"api", "config", "internal", "external"};
    const struct toml_node *groups = loader_find(l->root, "groups");
    bool known = groups && groups->type == TOML_TABLE && loader_find(groups, name);
    for (size_t i = 0; !known && i < sizeof(words) / sizeof(words[0]); i++)
        known = strcmp(name, words[i]) == 0;
    for (size_t i = 0; !known && i < l->config->peer_count; i++)
        known = l->config->peers[i].name && strcmp(l->config->peers[i].name, name) == 0;
    return known;
}

/* Addresses, networks and variables are no names. */
static void check_source(struct loader *l, const struct toml_node *value)
{
    if (value->type != TOML_STRING || strpbrk(value->as.string, ":/{%$"))
        return;
    struct ip_addr addr;
    if (ip_parse(value->as.string, &addr) != 0 && !is_known(l, value->as.string))
        loader_warning(l, value->place,
                       "source '%.64s' matches nothing: no peer or group has "
                       "that name",
                       value->as.string);
}

/* --- marks --- */

/* Whether a value of `mark` sets it; parameters stand for any. */
static bool sets_mark(const struct toml_node *value, const char *name)
{
    bool found = value->type == TOML_STRING &&
                 (strchr(value->as.string, '$') || strcmp(value->as.string, name) == 0);
    const struct toml_node *add = value->type == TOML_TABLE ? loader_find(value, "add") : NULL;
    if (add)
        return sets_mark(add, name);
    for (size_t i = 0; value->type == TOML_ARRAY && i < value->as.list.count; i++)
        found = found || sets_mark(&value->as.list.items[i], name);
    return found;
}

static bool is_set_by(const struct placed_policy *placed, const char *name)
{
    const struct toml_node *rules = placed->broken ? NULL : loader_find(placed->node, "rules");
    bool found = placed->broken;
    for (size_t i = 0; rules && !found && i < rules->as.list.count; i++) {
        const struct toml_node *set = loader_find(&rules->as.list.items[i], "set");
        const struct toml_node *mark = set ? loader_find(set, "mark") : NULL;
        found = mark && sets_mark(mark, name);
    }
    return found;
}

static void check_mark(struct loader *l, const struct toml_node *value)
{
    bool found = value->type != TOML_STRING || strchr(value->as.string, '$');
    for (size_t i = 0; !found && i < l->policies->count; i++)
        found = is_set_by(&l->policies->at[i], value->as.string);
    if (!found)
        loader_warning(l, value->place, "mark '%.64s' matches nothing: no policy sets it",
                       value->as.string);
}

/* --- what conditions name --- */

static void check_value(struct loader *l, const struct toml_node *value)
{
    if (strcmp(value->key, "source") == 0)
        check_source(l, value);
    else
        check_mark(l, value);
}

/* Looks through a condition, and those that it is made of. */
static void check_condition(struct loader *l, const struct toml_node *node)
{
    bool is_list = node->type == TOML_TABLE || node->type == TOML_ARRAY;
    for (size_t i = 0; is_list && i < node->as.list.count; i++) {
        const struct toml_node *item = &node->as.list.items[i];
        bool names =
            item->key && (strcmp(item->key, "source") == 0 || strcmp(item->key, "mark") == 0);
        if (!names)
            check_condition(l, item);
        else if (item->type != TOML_ARRAY)
            check_value(l, item);
        for (size_t k = 0; names && item->type == TOML_ARRAY && k < item->as.list.count; k++) {
            struct toml_node one = item->as.list.items[k];
            one.key = item->key;
            check_value(l, &one);
        }
    }
}

static void check_names(struct loader *l)
{
    for (size_t i = 0; i < l->policies->count; i++) {
        const struct placed_policy *placed = &l->policies->at[i];
        const struct toml_node *rules = placed->broken ? NULL : loader_find(placed->node, "rules");
        for (size_t k = 0; rules && k < rules->as.list.count; k++) {
            const struct toml_node *when = loader_find(&rules->as.list.items[k], "if");
            if (when)
                check_condition(l, when);
        }
    }
}

void policy_fit_check(struct loader *l)
{
    struct doubts doubts = {0};
    if (!l->incomplete)
        check_names(l);
    gather(l->policies, &doubts);
    for (size_t i = 0; doubts.count > 0 && i < l->config->peer_count; i++) {
        const struct config_peer *peer = &l->config->peers[i];
        if (peer->remote.version == IP_NONE || peer->remote_as == 0 || peer->local_as == 0)
            continue; /* reported */
        char address[IP_TEXT_MAX];
        struct policy_neighbor neighbor = neighbor_of(peer, address);
        for (size_t k = 0; k < doubts.count; k++)
            ask(&doubts.at[k], peer, &neighbor);
    }
    for (size_t k = 0; k < doubts.count; k++) {
        if (doubts.at[k].peers > 0)
            report(l, &doubts.at[k]);
        free(doubts.at[k].text);
    }
    free(doubts.at);
}
