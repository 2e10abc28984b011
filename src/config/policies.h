/* [policies.NAME], and the chains that peers make of them. Internal to config. */
#ifndef BGPD_CONFIG_POLICIES_H
#define BGPD_CONFIG_POLICIES_H

#include <stdbool.h>
#include <stddef.h>

#include "config/parameters.h"
#include "config/schema.h"
#include "policy/chain.h"
#include "policy/sets.h"

extern const struct schema schema_policy; /* target: struct policy_reading */

/* A policy with some values of its parameters. */
struct policy_instance {
    struct policy_digest values; /* of the parameters that it mentions */
    struct policy *policy;       /* a reference; the same for all of equal content */
    bool broken;                 /* something in it is wrong: that was reported */
    bool used;                   /* by a chain, or these are the values of the top level */
};

/* A policy and where it stands. */
struct placed_policy {
    const struct toml_node *node;      /* its table; borrowed */
    struct parameter_names names;      /* that it mentions */
    struct policy_instance *instances; /* owned; in the order in which they were asked for */
    size_t instance_count;
    size_t instance_size;
    size_t rule_count;
    bool broken;   /* so is one of the instances */
    bool used;     /* a chain names it */
    bool *reached; /* owned: rules that a test has reached; NULL: none was run */
};

struct siblings;

/* What a run of the loader knows of policies. */
struct policies {
    struct placed_policy *at; /* owned; in order of their names */
    size_t count;
    bool sets_broken;             /* something in them is wrong: that was reported */
    bool missed;                  /* a chain names one that is not there: it may mean any of them */
    struct policy_sets sets;      /* owned */
    struct policy *required;      /* owned: CONFIG_REQUIRED_POLICY; NULL: nobody needs it */
    struct parameter_names names; /* that all of them mention, … */
    struct parameter_names values, switches; /* … for their values, and to switch something */
    struct policy_chain **chains; /* owned array of references: all different ones so far */
    size_t chain_count;
    size_t chain_size;
    struct siblings *siblings; /* owned */
};

/* Reads all policies into l->policies. */
void policies_read(struct loader *l);
void policies_release(struct loader *l);
/* What policies do with parameters tells what is wrong with a table of these. */
void policies_check_parameters(struct loader *l, const struct toml_node *table);
/* When all that names policies was read: warns of what has no effect. */
void policies_check(struct loader *l);
/* Puts those that are used, or could be, into the configuration. */
void policies_deliver(struct loader *l);

/* A policy with the values of a scope, read when it is first asked for. Borrowed until the next
 * call. */
struct policy_instance *policy_instance_of(struct loader *l, struct placed_policy *placed,
                                           const struct parameter_scope *scope);
/* The one that is looked at for all: with the values of the top level, or else the first that is
 * used; NULL: there is none, or it is broken. */
const struct policy *policy_instance_first(const struct placed_policy *placed);

/* Checks the value of a key that takes a list of policies, or the name of one: each must be there,
 * and none twice. They count as used. */
void policies_check_names(struct loader *l, const struct schema_key *key,
                          const struct toml_node *value);
/* Who uses policies. */
struct policy_user {
    const struct toml_node *peer;  /* its table; borrowed */
    const struct toml_node *group; /* that of its group; NULL: it is in none */
    uint32_t as;
};
/* The values that parameters have for it: its own, those of its group, what is known of its AS, and
 * those of the top level. */
struct parameter_scope policies_scope(const struct loader *l, const struct policy_user *user);
/* The chain of such a value, with values of `scope` for parameters, and a reference for the caller;
 * NULL: it is empty, or wrong. What is wrong with the policies is reported. */
struct policy_chain *policies_chain(struct loader *l, const struct toml_node *value,
                                    const struct parameter_scope *scope,
                                    enum policy_direction direction);
/* The chain for those who must have a policy and have none: it rejects everything. `place` is where
 * that is asked for. */
struct policy_chain *policies_required_chain(struct loader *l, struct toml_place place,
                                             enum policy_direction direction);
/* When all peers are there: what export policies ask of validation is noted by what comes before
 * them. */
void policies_note_validation(struct config *c);

#endif
