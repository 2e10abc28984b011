/* Parameters: values that a configuration gives names, and that stand in policies as "$name".
 * Internal to config. */
#ifndef BGPD_CONFIG_PARAMETERS_H
#define BGPD_CONFIG_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/loader.h"
#include "policy/digest.h"

enum { PARAMETER_TABLES = 4 };

/* Where values are looked for, and for whom. */
struct parameter_scope {
    const struct toml_node *tables[PARAMETER_TABLES]; /* the nearest first; NULL: none; borrowed */
    const char *who;         /* "the peer", for what is said of a value that is missing */
    struct toml_place place; /* of who needs it; line 0: nobody in particular */
};

/* The value of a name; NULL: it has none. */
const struct toml_node *parameter_find(const struct parameter_scope *scope, const char *name);

/* Names that are mentioned somewhere, each once, in their order. Zero-initialised: none. */
struct parameter_names {
    char **at; /* owned array of owned texts */
    size_t count;
};

/* Adds those that a value of a policy mentions, with all that is in it. */
void parameter_names_add(struct parameter_names *names, const struct toml_node *node);
/* Of these, those that stand for values alone, and those that switch rules or changes by being true
 * or false. */
void parameter_names_add_values(struct parameter_names *names, const struct toml_node *node);
void parameter_names_add_switches(struct parameter_names *names, const struct toml_node *node);
/* Adds a name, and those that the choices of a table of parameters are made by (NULL: none). */
void parameter_names_add_one(struct parameter_names *names, const char *name);
void parameter_names_add_choices(struct parameter_names *names, const struct toml_node *table);
void parameter_names_release(struct parameter_names *names);
/* Whether all of them have values; *ret_digest tells these from others. */
bool parameter_names_digest(const struct parameter_names *names,
                            const struct parameter_scope *scope, struct policy_digest *ret_digest);

/* Reports what in a table of parameters is none. */
void parameters_check(struct loader *l, const struct toml_node *table);
/* Warns of those that are not among `names`, which all policies together mention. */
void parameters_check_used(struct loader *l, const struct toml_node *table,
                           const struct parameter_names *names);
/* Reports those that are nothing but switches (they are among `switches`, and not among `values`)
 * and are neither true nor false: a text like "no" would count as true. */
void parameters_check_switches(struct loader *l, const struct toml_node *table,
                               const struct parameter_names *switches,
                               const struct parameter_names *values);

/* Whether a rule is switched on by the value of its `when`. What is wrong with that is reported,
 * and it is not. */
bool parameters_hold(struct loader *l, const struct parameter_scope *scope,
                     const struct toml_node *when);

/* A copy in which values stand in for parameters. Release it in any case. */
struct filling {
    struct stand_ins stand_ins;
    void **blocks; /* owned array of owned blocks */
    size_t block_count;
    size_t block_size;
    size_t filled; /* words and bytes so far */
};

/* Fills a value in: *ret_node is borrowed from it and from `filling`. False, reported: something is
 * missing. While it is read, l->stand_ins may point to those of the filling. */
bool parameters_fill(struct loader *l, const struct parameter_scope *scope,
                     const struct toml_node *node, struct filling *filling,
                     struct toml_node *ret_node);
void filling_release(struct filling *filling);

#endif
