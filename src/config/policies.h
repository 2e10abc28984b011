/* [policies.NAME], and the chains that peers make of them. Internal to config. */
#ifndef BGPD_CONFIG_POLICIES_H
#define BGPD_CONFIG_POLICIES_H

#include <stdbool.h>
#include <stddef.h>

#include "config/schema.h"
#include "policy/chain.h"
#include "policy/sets.h"

extern const struct schema schema_policy; /* target: struct placed_policy */

/* A policy and where it stands. */
struct placed_policy {
    const struct toml_node *node; /* its table; borrowed */
    struct policy *policy;        /* borrowed from the configuration */
    bool broken;                  /* something in it is wrong: that was reported */
    bool used;                    /* a chain names it */
    bool *reached;                /* owned: rules that a test has reached; NULL: none was run */
};

/* What a run of the loader knows of policies. */
struct policies {
    struct placed_policy *at; /* owned; in order of their names, as in the configuration */
    size_t count;
    bool sets_broken;             /* something in them is wrong: that was reported */
    bool missed;                  /* a chain names one that is not there: it may mean any of them */
    struct policy_sets sets;      /* owned */
    struct policy *required;      /* borrowed: CONFIG_REQUIRED_POLICY; NULL: nobody needs it */
    struct policy_chain **chains; /* owned array of references: all different ones so far */
    size_t chain_count;
    size_t chain_size;
};

/* Reads all policies of the file into l->policies and the configuration. */
void policies_read(struct loader *l);
void policies_release(struct loader *l);
/* When all that names policies was read: warns of what has no effect. */
void policies_check(struct loader *l);

/* Checks the value of a key that takes a list of policies, or the name of one: each must be there,
 * and none twice. They count as used. */
void policies_check_names(struct loader *l, const struct schema_key *key,
                          const struct toml_node *value);
/* The chain of such a value, with a reference for the caller; NULL: it is empty, or wrong. */
struct policy_chain *policies_chain(struct loader *l, const struct toml_node *value,
                                    enum policy_direction direction);
/* The chain for those who must have a policy and have none: it rejects everything. `line` is where
 * that is asked for. */
struct policy_chain *policies_required_chain(struct loader *l, uint32_t line,
                                             enum policy_direction direction);
/* When all peers are there: what export policies ask of validation is noted by what comes before
 * them. */
void policies_note_validation(struct config *c);

#endif
