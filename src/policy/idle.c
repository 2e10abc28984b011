/* Chains that most routes are nothing to. A test says which communities a route must have one of to
 * be matched (`needs` of its row); all of several conditions need what one of them does, any of
 * them what all do, and the opposite of one needs nothing. */
#include "policy/idle.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/match_row.h"

struct needs {
    struct policy_idle *idle;
    size_t size;
};

static void add(void *ctx, const struct community *c)
{
    struct needs *needs = ctx;
    struct policy_idle *idle = needs->idle;
    if (idle->count == needs->size) {
        needs->size = needs->size ? needs->size * 2 : 4;
        idle->triggers = mem_resize(idle->triggers, needs->size, sizeof(*idle->triggers));
    }
    idle->triggers[idle->count++] = *c;
}

/* Adds what a condition needs; false, with nothing added: it may hold without any. */
static bool add_needs(const struct policy_condition *c, struct needs *needs)
{
    const size_t before = needs->idle->count;
    const struct policy_communities to = {needs, add};
    bool needs_some = false;
    if (c->junction == POLICY_MATCH)
        return c->match->needs && c->match->needs(c->value, &to);
    for (size_t i = 0; c->junction == POLICY_ALL && i < c->count && !needs_some; i++)
        needs_some = add_needs(&c->of[i], needs);
    if (c->junction == POLICY_ANY) {
        needs_some = true;
        for (size_t i = 0; i < c->count && needs_some; i++)
            needs_some = add_needs(&c->of[i], needs);
    }
    if (!needs_some)
        needs->idle->count = before;
    return needs_some;
}

static bool rules_need_some(const struct policy *p, struct needs *needs)
{
    for (size_t i = 0; i < p->rule_count; i++)
        if (!p->rules[i].off && !add_needs(&p->rules[i].when, needs))
            return false;
    return true;
}

/* Which policy decides by its fallback; `count`: the end of the chain. */
static size_t decider(struct policy *const *policies, size_t count)
{
    size_t i = 0;
    while (i < count && policies[i]->fallback == POLICY_NEXT)
        i++;
    return i;
}

struct policy_idle policy_idle_of(struct policy *const *policies, size_t count)
{
    struct policy_idle idle = {.known = true};
    struct needs needs = {.idle = &idle};
    const size_t last = decider(policies, count);
    size_t rule = 0;
    for (size_t i = 0; i < count && i <= last; i++) {
        idle.known &= rules_need_some(policies[i], &needs);
        rule += policies[i]->rule_count + (i < last);
    }
    if (!idle.known) {
        policy_idle_release(&idle);
        return (struct policy_idle){0};
    }
    idle.accepts = last == count || policies[last]->fallback == POLICY_ACCEPT;
    idle.rule = (uint16_t)rule;
    return idle;
}

void policy_idle_release(struct policy_idle *idle)
{
    free(idle->triggers);
    idle->triggers = NULL;
    idle->count = 0;
}

void policy_idle_count_hits(struct policy *const *policies, size_t count,
                            enum policy_direction direction, uint64_t routes)
{
    const size_t last = decider(policies, count);
    for (size_t i = 0; i < count && i <= last; i++)
        policies[i]->hits[policies[i]->rule_count].matched[direction] += routes;
}
