/* What differs between two configurations, and what a reload does about it. */
#ifndef BGPD_CONFIG_DIFF_H
#define BGPD_CONFIG_DIFF_H

#include "config/config.h"
#include "config/reload.h"

/* Keys of one table: bit i stands for the i-th. */
typedef uint64_t config_key_set;

/* The keys of [[peers]] whose values differ. What a password is, and in which file it stands, is
 * one key, `md5_password`. */
config_key_set config_peer_changed_keys(const struct config_peer *a, const struct config_peer *b);
/* Those for which a reload does this. */
config_key_set config_peer_keys(enum config_reload reload);
/* Those of which a session keeps the value that it began with. `attempts` says whether it concerns
 * us what is for connections that we make. */
config_key_set config_session_keys(bool attempts);
/* Whether the value of one of `keys` is kept until the next connection, not the next session. */
bool config_keys_need_connection(config_key_set keys);
/* An entry with the values of those keys and no others, which lives by itself; owned. */
struct config_peer *config_session_copy(const struct config_peer *peer);
void config_session_copy_free(struct config_peer *copy); /* NULL is allowed */

/* The keys at the top level whose values differ; tables apart. */
config_key_set config_changed_keys(const struct config *a, const struct config *b);
/* Those for which a reload does this. */
config_key_set config_keys(enum config_reload reload);

/* Names of keys, one after the other: *bit is 0 at first; NULL when there is no more. */
const char *config_next_peer_key(config_key_set keys, unsigned *bit);
const char *config_next_key(config_key_set keys, unsigned *bit);

/* Where a comparison of static routes stands; zero-initialised is the beginning. */
struct config_routes_cursor {
    size_t old_at;
    size_t new_at;
};

enum config_route_change {
    CONFIG_ROUTES_END,
    CONFIG_ROUTE_COMES, /* it is new, or its attributes changed */
    CONFIG_ROUTE_GOES,
    CONFIG_ROUTE_STAYS, /* as it was */
};

/* The next one of the static routes of two entries, in key order, and what becomes of it (the route
 * is borrowed from its entry). `old_peer` NULL: there were none. */
enum config_route_change config_routes_next(const struct config_peer *old_peer,
                                            const struct config_peer *new_peer,
                                            struct config_routes_cursor *at,
                                            const struct static_route **ret_route);

#endif
