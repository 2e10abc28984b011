/* The addresses of the peers of each AS, as a parameter of policies. Internal to config. */
#ifndef BGPD_CONFIG_SIBLINGS_H
#define BGPD_CONFIG_SIBLINGS_H

#include <stdint.h>

#include "config/loader.h"

/* The parameter: a member of an exchange may send its traffic to any of its own routers. */
#define SIBLINGS_PARAMETER "addresses_of_as"

struct siblings;

/* Gathers them from the peers of l->root, whatever else is wrong with these. */
struct siblings *siblings_new(const struct loader *l);
void siblings_free(struct siblings *all); /* NULL is allowed */
/* A table with the parameter for the peers of an AS; NULL: there are none. Borrowed. */
const struct toml_node *siblings_of(const struct siblings *all, uint32_t as);

#endif
