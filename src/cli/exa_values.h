/* Values in ExaBGP's words, as BGPd's API takes them. Each function takes its words, checks them,
 * and sets a member of `params`; ERR_INVALID with what is wrong in words.error. */
#ifndef BGPD_CLI_EXA_VALUES_H
#define BGPD_CLI_EXA_VALUES_H

#include <jansson.h>

#include "base/prefix.h"
#include "cli/exa_words.h"

/* "192.0.2.0/24", or an address; bits behind the length are an error, as they are to ExaBGP. */
int exa_take_prefix(struct exa_words *w, struct prefix *ret_prefix);
/* An address, or "self": then *ret_self is true, and nothing is set. */
int exa_take_next_hop(struct exa_words *w, json_t *params, bool *ret_self);
/* A number of at most `max`. */
int exa_take_number(struct exa_words *w, json_t *params, const char *key, uint32_t max);
int exa_take_origin(struct exa_words *w, json_t *params);
/* "[ 1 2 ( 3 4 ) ]": the numbers of sets come last, in one set, as ExaBGP sends them. */
int exa_take_as_path(struct exa_words *w, json_t *params);
/* "65000:192.0.2.1", in parentheses or without. */
int exa_take_aggregator(struct exa_words *w, json_t *params);
int exa_take_originator_id(struct exa_words *w, json_t *params);
int exa_take_cluster_list(struct exa_words *w, json_t *params);
/* A decimal number, or "0x" and hex digits. */
int exa_take_aigp(struct exa_words *w, json_t *params);
int exa_take_labels(struct exa_words *w, json_t *params);
int exa_take_rd(struct exa_words *w, json_t *params);

/* Add to "communities". */
int exa_take_communities(struct exa_words *w, json_t *params);
int exa_take_extended_communities(struct exa_words *w, json_t *params);
int exa_take_large_communities(struct exa_words *w, json_t *params);
/* One more community, in BGPd's words. */
void exa_add_community(json_t *params, const char *text);

#endif
