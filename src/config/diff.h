/* What differs between two configurations, in the terms in which the daemon acts on it. */
#ifndef BGPD_CONFIG_DIFF_H
#define BGPD_CONFIG_DIFF_H

#include "config/config.h"

/* Bits of config_peer_diff(): each names what must be done for it. */
enum config_peer_change {
    PEER_CHANGE_ENABLED = 1 << 0,
    PEER_CHANGE_PASSIVE = 1 << 1,
    PEER_CHANGE_IDENTITY = 1 << 2,  /* remote_as, local_as, router_id: the session must restart */
    PEER_CHANGE_TRANSPORT = 1 << 3, /* local_address, dest_port, TTL: for the next connection */
    PEER_CHANGE_MD5 = 1 << 4,       /* keys are set at once, used by the next connection */
    PEER_CHANGE_OPEN = 1 << 5,   /* hold time, families, extended_messages: for the next session */
    PEER_CHANGE_EXPORT = 1 << 6, /* advertise_sources, next_hop_self, reflection, route server:
                                    the peer changes its update group, mid-session */
    PEER_CHANGE_LIMITS = 1 << 7, /* max_prefixes, timers, fast_fallover: taken over as they
                                    are */
    PEER_CHANGE_ROUTES = 1 << 8, /* static routes or flows: announced and withdrawn mid-session */
    PEER_CHANGE_DESCRIPTION = 1 << 9,
    PEER_CHANGE_IMPORT = 1 << 10, /* enforce_first_as, allow_own_as, accept_martians: what was
                                     received is judged again, mid-session */
};

unsigned config_peer_diff(const struct config_peer *a, const struct config_peer *b);

/* Keys of one table: bit i stands for the i-th. */
typedef uint64_t config_key_set;

/* The keys of [[peers]] whose values differ. What a password is, and in which file it stands, is
 * one key, `md5_password`. */
config_key_set config_peer_changed_keys(const struct config_peer *a, const struct config_peer *b);
/* Those of which a session keeps the value that it began with. `attempts` says whether it concerns
 * us what is for connections that we make. */
config_key_set config_session_keys(bool attempts);
/* Whether one of them is for the next connection, rather than for the next session. */
bool config_keys_need_connection(config_key_set keys);
/* An entry with the values of those keys and no others, which lives by itself; owned. */
struct config_peer *config_session_copy(const struct config_peer *peer);
void config_session_copy_free(struct config_peer *copy); /* NULL is allowed */

/* The keys at the top level whose values differ; tables apart. */
config_key_set config_changed_keys(const struct config *a, const struct config *b);
/* Those of them that say where to listen. */
config_key_set config_socket_keys(void);

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

/* Bits of what differs outside the peers. */
enum config_global_change {
    CONFIG_CHANGE_BGP_SOCKETS = 1 << 0,
    CONFIG_CHANGE_API_SOCKET = 1 << 1,
    CONFIG_CHANGE_CLUSTER_ID = 1 << 2,
    CONFIG_CHANGE_API_TOKEN = 1 << 3,
};
unsigned config_global_diff(const struct config *a, const struct config *b);

#endif
