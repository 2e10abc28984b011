/* The speaker owns everything: configuration, listeners, peers, RIB and update groups. It wires
 * session -> RIB -> RIB-out -> session, and carries out what the API and signals ask for. */
#ifndef BGPD_DAEMON_SPEAKER_H
#define BGPD_DAEMON_SPEAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/prefix.h"
#include "base/strbuf.h"
#include "config/config.h"
#include "session/peer.h"

struct speaker;

/* Takes over `config`. Binds the BGP sockets; NULL, with the reason in *error, when that fails.
 * Nothing happens before speaker_start. */
struct speaker *speaker_new(uv_loop_t *loop, struct config *config, struct strbuf *error);
/* Originates the static routes and starts the peers. */
void speaker_start(struct speaker *s);
/* Ends all sessions with a Cease (administrative shutdown) and stops all handles on the loop; call
 * before the loop's last run. */
void speaker_stop(struct speaker *s);
void speaker_free(struct speaker *s);

const struct config *speaker_config(const struct speaker *s);

/* What a reload changed. */
struct reload_summary {
    unsigned peers_added;
    unsigned peers_removed;
    unsigned peers_changed;
    unsigned sessions_reset;
    unsigned routes_announced;
    unsigned routes_withdrawn;
};

/* Loads the configuration file again and applies what differs. On a bad file changes nothing,
 * returns ERR_INVALID and leaves every problem in *errors. */
int speaker_reload(struct speaker *s, struct config_errors *errors, struct reload_summary *ret);

/* Calls `on_reload` after every good reload, so that what stands beside the speaker (the API
 * server) can take over its part of the new configuration. `changes` is config_global_diff(). */
void speaker_on_reload(struct speaker *s, void (*on_reload)(void *ctx, unsigned changes),
                       void *ctx);

/* A neighbour as the API shows it: a configured address, a configured network (which only waits:
 * `session` is NULL), or a dynamic peer within a network. */
struct speaker_peer {
    const struct config_peer *config; /* borrowed until the next reload */
    struct prefix remote;             /* what identifies it: host prefix, or the network */
    struct peer *session;             /* borrowed; NULL for a network */
    bool enabled;                     /* as configured, unless changed by enable/disable since */
    uint32_t prefixes_received[FAMILY_COUNT];   /* in the Adj-RIB-In, filtered ones included */
    uint32_t prefixes_advertised[FAMILY_COUNT]; /* in the Adj-RIB-Out */
};

/* Calls `each` for every neighbour: configured ones in file order, dynamic ones after their
 * network. The struct lives for the call only. */
void speaker_each_peer(const struct speaker *s,
                       void (*each)(void *ctx, const struct speaker_peer *peer), void *ctx);

/* Controls; `remote` names a neighbour or a configured network (which stands for all dynamic peers
 * in it, too). ERR_NOT_FOUND when there is none. */
int speaker_enable_peer(struct speaker *s, const struct prefix *remote);
int speaker_disable_peer(struct speaker *s, const struct prefix *remote, const char *message);
int speaker_reset_peer(struct speaker *s, const struct prefix *remote, const char *message);
/* Sends ROUTE-REFRESH for the families; *ret_families are those for which it was sent. ERR_STATE
 * when no session of it is established or negotiated refresh. */
int speaker_refresh_peer(struct speaker *s, const struct prefix *remote, family_set families,
                         family_set *ret_families);

/* Originates a route towards all peers that take routes from the API; takes over the route's
 * memory. An earlier one with the same key is replaced. */
void speaker_advertise(struct speaker *s, struct static_route *route);
/* Withdraws one; ERR_NOT_FOUND when the API has not advertised its key. */
int speaker_withdraw(struct speaker *s, const struct static_route *key);

#endif
