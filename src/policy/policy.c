/* Policies: making, counting and comparing them. */
#include "policy/policy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/action_row.h"
#include "policy/match_row.h"

const char *policy_then_text(enum policy_then then)
{
    static const char *const texts[] = {
        [POLICY_GO_ON] = "",
        [POLICY_NEXT] = "next",
        [POLICY_ACCEPT] = "accept",
        [POLICY_REJECT] = "reject",
    };
    return texts[then];
}

/* --- neighbours --- */

struct policy_neighbor *policy_neighbor_new(const struct policy_neighbor *what)
{
    struct policy_neighbor *n = mem_alloc(sizeof(*n));
    *n = *what;
    n->refs = 1;
    n->name = mem_strdup(what->name);
    n->group = mem_strdup(what->group);
    return n;
}

struct policy_neighbor *policy_neighbor_ref(struct policy_neighbor *n)
{
    n->refs++;
    return n;
}

void policy_neighbor_unref(struct policy_neighbor *n)
{
    if (!n || --n->refs > 0)
        return;
    free((char *)n->name);
    free((char *)n->group);
    free(n);
}

bool policy_neighbor_equal(const struct policy_neighbor *a, const struct policy_neighbor *b)
{
    return a->as == b->as && a->local_as == b->local_as && a->kind == b->kind &&
           a->role == b->role && ip_equal(&a->addr, &b->addr) && strcmp(a->name, b->name) == 0 &&
           strcmp(a->group, b->group) == 0 &&
           memcmp(a->own_next_hop, b->own_next_hop, sizeof(a->own_next_hop)) == 0;
}

/* --- digests --- */

static void add_condition(struct policy_digest *d, const struct policy_condition *c)
{
    policy_digest_add_number(d, c->junction);
    policy_digest_add_number(d, c->count);
    if (c->junction == POLICY_MATCH) {
        policy_digest_add_text(d, c->match->name);
        c->match->digest(c->value, d);
    }
    for (size_t i = 0; i < c->count; i++)
        add_condition(d, &c->of[i]);
}

static void add_rule(struct policy_digest *d, const struct policy_rule *rule)
{
    policy_digest_add_text(d, rule->name);
    policy_digest_add_number(d, rule->off);
    add_condition(d, &rule->when);
    policy_digest_add_number(d, rule->set_count);
    for (size_t i = 0; i < rule->set_count; i++) {
        policy_digest_add_text(d, rule->sets[i].action->name);
        rule->sets[i].action->digest(rule->sets[i].value, d);
    }
    policy_digest_add_number(d, rule->then);
}

struct policy_digest policy_condition_digest(const struct policy_condition *c)
{
    struct policy_digest digest = {0};
    add_condition(&digest, c);
    return digest;
}

bool policy_condition_equal(const struct policy_condition *a, const struct policy_condition *b)
{
    return policy_digest_equal(policy_condition_digest(a), policy_condition_digest(b));
}

/* --- policies --- */

struct policy *policy_new(const char *name, const char *file, uint32_t line)
{
    struct policy *p = mem_zalloc(sizeof(*p));
    p->refs = 1;
    p->name = mem_strdup(name);
    p->file = mem_strdup(file);
    p->line = line;
    p->fallback = POLICY_NEXT;
    return p;
}

struct policy_rule *policy_add_rule(struct policy *p)
{
    if ((p->rule_count & (p->rule_count - 1)) == 0) /* it is full: there is room for 1, 2, 4, … */
        p->rules = mem_resize(p->rules, p->rule_count ? 2 * p->rule_count : 1, sizeof(*p->rules));
    struct policy_rule *rule = &p->rules[p->rule_count++];
    *rule = (struct policy_rule){.when = {.junction = POLICY_ALL}};
    return rule;
}

void policy_finish(struct policy *p)
{
    struct policy_digest d = {0};
    policy_digest_add_text(&d, p->name);
    policy_digest_add_number(&d, p->rule_count);
    for (size_t i = 0; i < p->rule_count; i++)
        add_rule(&d, &p->rules[i]);
    policy_digest_add_number(&d, p->fallback);
    p->digest = d;
    p->hits = mem_zalloc((p->rule_count + 1) * sizeof(*p->hits));
}

struct policy *policy_ref(struct policy *p)
{
    p->refs++;
    return p;
}

void policy_condition_release(struct policy_condition *c)
{
    if (c->junction == POLICY_MATCH && c->value)
        c->match->release(c->value);
    for (size_t i = 0; i < c->count; i++)
        policy_condition_release(&c->of[i]);
    free(c->of);
}

static void rule_release(struct policy_rule *rule)
{
    policy_condition_release(&rule->when);
    for (size_t i = 0; i < rule->set_count; i++)
        if (rule->sets[i].value)
            rule->sets[i].action->release(rule->sets[i].value);
    free(rule->sets);
    free(rule->name);
}

void policy_unref(struct policy *p)
{
    if (!p || --p->refs > 0)
        return;
    for (size_t i = 0; i < p->rule_count; i++)
        rule_release(&p->rules[i]);
    free(p->rules);
    free(p->hits);
    free(p->name);
    free(p->file);
    free(p);
}

void policy_take_hits(struct policy *p, const struct policy *before)
{
    assert(policy_digest_equal(p->digest, before->digest));
    memcpy(p->hits, before->hits, (p->rule_count + 1) * sizeof(*p->hits));
}
