/* The speaker from the inside: shared by the files of this folder. */
#ifndef BGPD_DAEMON_STATE_H
#define BGPD_DAEMON_STATE_H

#include "base/log_limit.h"
#include "daemon/guards.h"
#include "daemon/import.h"
#include "daemon/input.h"
#include "daemon/judge.h"
#include "daemon/memory.h"
#include "daemon/originated.h"
#include "daemon/outbound.h"
#include "daemon/previews.h"
#include "daemon/reload.h"
#include "daemon/review.h"
#include "daemon/rpki.h"
#include "daemon/speaker.h"
#include "daemon/turn.h"
#include "daemon/validation.h"
#include "net/listening.h"
#include "rib/batch.h"
#include "rib/rib.h"
#include "rib/ribout.h"
#include "rib/sweep.h"

struct channel;
struct peer_block;

/* A peer: the configured one of an address, or a dynamic one within a network. */
struct neighbor {
    struct peer_block *block;
    struct ip_addr addr;
    struct peer *session;
    bool up;                  /* it has a session that is established */
    uint32_t source;          /* in the RIB, from its first session on; 0: none yet */
    struct channel *channels; /* owned array, by family */
    unsigned channel_count;
    struct judge_rules rules;         /* of the present session */
    struct policy_neighbor *known_as; /* to policies: a reference; NULL before the first session */
    struct ip_addr local;             /* our end of it */
    uint32_t review_pass;             /* its paths are judged again in passes up to this one */
    uint32_t retell_pass;             /* and told again in those up to this one */
    uint64_t martians;   /* prefixes ignored as they cannot be routed, in all sessions */
    bool martian_logged; /* in this session */
};

/* A [[peers]] block of the configuration. */
struct peer_block {
    const struct config_peer *config; /* borrowed from the speaker's config */
    bool enabled;                     /* as configured, or as the API has said since */
    uint32_t config_source;           /* of its own routes in the RIB; 0: it has none */
    int key_error; /* errno: its TCP MD5 key cannot be set; 0: it is, or it has none */
    struct neighbor **neighbors; /* owned array of owned neighbours: one, or many of a network */
    uint32_t neighbor_count;
};

struct speaker {
    uv_loop_t *loop;
    struct turn_watch turn;
    struct config *config; /* owned */
    struct rib rib;
    struct rib_batch batch; /* changes from the peer whose input is being processed */
    struct ribout out;
    struct sending sending;
    struct judge judge;
    struct import import;
    struct review review;
    struct validation validation;
    struct peer_env *env;
    struct listening *listening; /* owned: where BGP connections are accepted; NULL once stopped */
    struct guards guards;
    struct log_sources refusals; /* lines about connections that are not taken */
    struct peer_block **blocks;  /* owned; parallel to config->peers */
    size_t block_count;
    uint32_t blocks_version; /* another one when they are others */
    uint32_t neighbor_total;
    uint32_t api_source;
    struct originated originated;
    struct input input;
    struct memory memory;
    struct reload reload;
    struct previews previews;
    struct rpki rpki;
    void (*on_deed)(void *ctx, const struct speaker_deed *deed); /* NULL */
    void *deed_ctx;
    uv_check_t check; /* does the work that a loop turn has left */
    uv_idle_t idle;   /* keeps the loop turning while there is more */
    uv_timer_t tick;
    bool stopping;
};

/* Entries that wait to be shown to the update groups, at which no input is taken any more. */
#define SPEAKER_DIRTY_LIMIT 65536u

/* speaker.c */
/* Makes the loop come round soon: there is work. */
void speaker_wake(struct speaker *s);
/* Entries that wait to be shown to the update groups. */
uint32_t speaker_dirty_count(const struct speaker *s);
/* Tells whoever listens what has changed by itself. */
void speaker_tell_deed(struct speaker *s, const struct speaker_deed *deed);
/* Tell all services (daemon/service.h). */
void speaker_links_changed(struct speaker *s);
void speaker_reconfigure(struct speaker *s, const struct config *old, struct reload_summary *sum);
/* Calls `each` for all neighbours. */
void speaker_each_neighbor(const struct speaker *s, void (*each)(void *ctx, struct neighbor *n),
                           void *ctx);

/* neighbors.c: blocks and neighbours come and go. */
/* Its static routes are not announced yet. */
struct peer_block *peer_block_new(struct speaker *s, const struct config_peer *config);
/* Ends its sessions and withdraws its routes. */
void peer_block_free(struct speaker *s, struct peer_block *b);
/* Starts or stops its neighbours as `enabled` says; `message` as in RFC 9003, may be NULL. */
void peer_block_set_enabled(struct peer_block *b, bool enabled, const char *message);
/* Sees to it that there is a source for its own routes: static ones, and what the API aims at it.
 */
void peer_block_prepare_own(struct speaker *s, struct peer_block *b);
/* Its static routes; where one of the API is in the place of one of them, that stays. */
void peer_block_announce(struct speaker *s, struct peer_block *b, const struct static_route *route);
void peer_block_withdraw(struct speaker *s, struct peer_block *b, const struct static_route *route);
bool peer_block_is_network(const struct peer_block *b);
struct neighbor *peer_block_find(const struct peer_block *b, const struct ip_addr *addr);
/* A new neighbour within a network; NULL when it is one too many. */
struct neighbor *peer_block_add_neighbor(struct speaker *s, struct peer_block *b,
                                         const struct ip_addr *addr);
void peer_block_remove_neighbor(struct speaker *s, struct peer_block *b, uint32_t index);
/* The block that applies to an address; NULL. */
struct peer_block *speaker_match(const struct speaker *s, const struct ip_addr *addr);
/* Frees dynamic neighbours without a connection. */
void speaker_reap(struct speaker *s);

/* exchange.c: routes go in and out. */
void neighbor_up(struct speaker *s, struct neighbor *n);
void neighbor_down(struct speaker *s, struct neighbor *n);
void neighbor_update(struct speaker *s, struct neighbor *n, const struct update *u);
/* The block has a config source now. */
void neighbor_own_routes(struct speaker *s, struct neighbor *n);
/* The outbound profile has changed with the configuration. */
void neighbor_update_export(struct speaker *s, struct neighbor *n);
/* Puts a route of BGPd's own, with this set of attributes, into the RIB, or takes it out. */
void route_originate(struct speaker *s, uint32_t source, enum family family, struct nlri_key key,
                     uint32_t attrs);
void route_retract(struct speaker *s, uint32_t source, enum family family, struct nlri_key key);
/* How many peers are told one of their block's own routes, as it stands in the RIB: those with a
 * session in its family that can be told its next hop. */
unsigned peer_block_count_told(struct speaker *s, const struct peer_block *b, enum family family,
                               struct nlri_key key);

#endif
