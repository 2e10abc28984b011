/* Which neighbors a command is for, and what it depends on them. Pure: `peers` is what
 * show_peer_detail answers, `router_id` what version does. */
#ifndef BGPD_CLI_TARGETS_H
#define BGPD_CLI_TARGETS_H

#include <jansson.h>
#include <stdbool.h>

/* The members of `peers` for which one of the selectors holds; all without selectors. A new list.
 */
json_t *targets_select(const json_t *selectors, const json_t *peers, const char *router_id);
/* Their addresses, in an order: a new list. */
json_t *targets_addresses(const json_t *peers);
/* The addresses of all but those in `to`, without networks that these may come in through: a new
 * list. */
json_t *targets_others(const json_t *peers, const json_t *to);

/* The addresses of those with a session, by our own address in it, where that is of the IP version
 * of `prefix`: a new object of lists. *ret_has_other: there are sessions of the other version. */
json_t *targets_by_own_address(const json_t *peers, const char *prefix, bool *ret_has_other);
/* Who has a session, and our own address in it: a text to be compared, to be freed. */
char *targets_sessions(const json_t *peers);
/* Takes our own AS off the front of "as_path" where all peers are external: BGPd puts it there
 * itself, ExaBGP sends a path as it is written. */
void targets_fit_as_path(json_t *params, const json_t *peers);
/* Whether "as_path" is such that this may be needed. */
bool targets_has_as_path(const json_t *params);

#endif
