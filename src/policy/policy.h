/* Policies as they are written: ordered rules, each with a condition, what it sets, and what then
 * becomes of the route. */
#ifndef BGPD_POLICY_POLICY_H
#define BGPD_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/digest.h"
#include "policy/scene.h"

struct policy_match;
struct policy_action;

/* What becomes of a route. */
enum policy_then {
    POLICY_GO_ON, /* the next rule */
    POLICY_NEXT,  /* the next policy of the chain */
    POLICY_ACCEPT,
    POLICY_REJECT,
};

/* As people write it: "accept", "reject", "next"; "" for POLICY_GO_ON. Static storage. */
const char *policy_then_text(enum policy_then then);

/* How a condition is made of others. */
enum policy_junction {
    POLICY_MATCH, /* it is one test */
    POLICY_ALL,
    POLICY_ANY,
    POLICY_NOT, /* of one */
};

struct policy_condition {
    enum policy_junction junction;
    const struct policy_match *match; /* of POLICY_MATCH: a row of the table … */
    void *value;                      /* … and what it is compared with; owned */
    unsigned variables;               /* enum policy_variable that it mentions */
    struct policy_condition *of;      /* owned array; of none, ALL holds and ANY does not */
    size_t count;
};

/* Something that a rule sets. */
struct policy_set {
    const struct policy_action *action; /* a row of the table */
    void *value;                        /* owned */
    unsigned variables;
};

struct policy_rule {
    char *name;    /* owned; NULL: it has none */
    uint32_t line; /* of the file of the policy, where it stands */
    bool off;      /* it is for no route: it keeps its number, and nothing else is said of it */
    struct policy_condition when;
    struct policy_set *sets; /* owned; in the order in which they are applied */
    size_t set_count;
    enum policy_then then;
};

/* How often what it decided concerned a route. */
struct policy_hits {
    uint64_t matched[POLICY_DIRECTIONS];
};

/* Counted. Immutable but for the hits once policy_finish was called. */
struct policy {
    uint32_t refs;
    char *name; /* owned */
    char *file; /* owned: where it stands */
    uint32_t line;
    bool included;             /* that is a file which the one that was loaded includes */
    struct policy_rule *rules; /* owned */
    size_t rule_count;
    enum policy_then fallback;   /* of a route that no rule has decided; not POLICY_GO_ON */
    struct policy_digest digest; /* of all that makes a difference to routes, and of names */
    struct policy_hits *hits;    /* owned: of each rule, and of the fallback */
};

/* A policy without rules, with one reference, that stands in a line of a file. */
struct policy *policy_new(const char *name, const char *file, uint32_t line);
/* Adds a rule without anything, which the caller fills in; borrowed until the next one. */
struct policy_rule *policy_add_rule(struct policy *p);
/* All rules are there. */
void policy_finish(struct policy *p);
struct policy *policy_ref(struct policy *p);
void policy_unref(struct policy *p); /* NULL is allowed */

void policy_condition_release(struct policy_condition *c);
/* Equal for conditions that are the same to every route. */
struct policy_digest policy_condition_digest(const struct policy_condition *c);
bool policy_condition_equal(const struct policy_condition *a, const struct policy_condition *b);
/* Goes over to the counts of a policy that is the same. */
void policy_take_hits(struct policy *p, const struct policy *before);

#endif
