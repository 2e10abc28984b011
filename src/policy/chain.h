/* Chains: policies one after the other, compiled to one program.
 *
 * The rules of a chain are numbered through: those of the first policy, its fallback, those of the
 * second one, … and at last the end of the chain, which accepts. */
#ifndef BGPD_POLICY_CHAIN_H
#define BGPD_POLICY_CHAIN_H

#include "base/strbuf.h"
#include "policy/idle.h"
#include "policy/policy.h"

/* So that a path has room for the number of the rule that rejected it. */
#define POLICY_CHAIN_MAX_RULES 60000u

/* So that a message with a thousand prefixes does not stop everything. */
#define POLICY_CHAIN_MAX_KEY_TESTS 1000u

enum policy_op_code {
    POLICY_OP_TEST,    /* goes on at `yes` or `no` */
    POLICY_OP_MATCHED, /* the condition of `rule` holds */
    POLICY_OP_SET,     /* what it sets */
    POLICY_OP_NOTE,    /* `note` is noted of the route */
    POLICY_OP_END,     /* `accepts`, or else rejects, by `rule` */
};

struct policy_op {
    uint8_t code; /* enum policy_op_code */
    bool looks_at_key;
    bool looks_at_peer;
    bool accepts;
    uint8_t note;  /* enum attr_validation */
    uint16_t rule; /* in the numbers of the chain */
    uint32_t yes;  /* index of the next op */
    uint32_t no;
    const struct policy_condition *test;
};

/* Counted, immutable. */
struct policy_chain {
    uint32_t refs;
    struct policy **policies; /* owned array of references */
    size_t policy_count;
    struct policy_op *ops; /* owned; the first one is where a route begins */
    uint32_t op_count;
    uint16_t *first_rule; /* owned: of each policy */
    uint16_t end_rule;    /* the number of the end of the chain */
    unsigned variables;   /* enum policy_variable that it mentions */
    bool looks_at_peer;   /* what it says depends on who it is asked for */
    bool looks_at_key;
    /* How many tests look at each key, whatever the attributes are: those that have a test of
     * attributes in front of them do not count. */
    uint32_t key_tests;
    enum policy_direction direction;
    uint8_t notes;  /* of what is accepted: enum attr_validation */
    uint8_t states; /* that its policies ask about: likewise */
    /* Of the tests of keys the one whose answers lie furthest away: what is to be fetched before it
     * is asked. Borrowed from its policy; NULL: none is far. */
    const struct policy_condition *far_test;
    struct policy_idle idle;
    struct policy_digest digest;
};

/* The chain of some policies, of which it takes references; NULL: there are more than
 * POLICY_CHAIN_MAX_RULES rules. It has one reference. */
struct policy_chain *policy_chain_new(struct policy *const *policies, size_t count,
                                      enum policy_direction direction);
/* A chain for import that does the same (NULL: accepts all), and notes which of these states (enum
 * attr_validation) routes have. */
struct policy_chain *policy_chain_noting(const struct policy_chain *chain, uint8_t notes);
/* Whether both, NULL included, have the same policies, whatever they note. */
bool policy_chain_same_policies(const struct policy_chain *a, const struct policy_chain *b);
/* Whether a chain, if there is one, has policies: else it is there to note something. */
static inline bool policy_chain_has_policies(const struct policy_chain *chain)
{
    return chain && chain->policy_count > 0;
}
struct policy_chain *policy_chain_ref(struct policy_chain *chain); /* NULL is allowed */
void policy_chain_unref(struct policy_chain *chain);               /* NULL is allowed */
/* Whether both make the same of every route. NULL: there is none. */
bool policy_chain_equal(const struct policy_chain *a, const struct policy_chain *b);

/* What a number of the chain stands for. */
struct policy_place {
    struct policy *policy;          /* NULL: the end of the chain */
    const struct policy_rule *rule; /* NULL: the fallback of the policy, or the end */
    size_t index;                   /* of the rule within the policy */
};
struct policy_place policy_chain_place(const struct policy_chain *chain, uint16_t rule);
/* Appends "customer-in rule bogons" or "customer-in rule 3", "customer-in default", or "end of
 * chain". */
void policy_place_format(const struct policy_place *place, struct strbuf *out);

#endif
