/* The speaker from the inside: shared by the files of this folder. */
#ifndef BGPD_DAEMON_STATE_H
#define BGPD_DAEMON_STATE_H

#include "base/log_limit.h"
#include "config/diff.h"
#include "daemon/judge.h"
#include "daemon/speaker.h"
#include "daemon/turn.h"
#include "net/listening.h"
#include "rib/batch.h"
#include "rib/review.h"
#include "rib/rib.h"
#include "rib/ribout.h"

struct channel;
struct peer_block;

/* A peer: the configured one of an address, or a dynamic one within a network. */
struct neighbor {
    struct peer_block *block;
    struct ip_addr addr;
    struct peer *session;
    uint32_t source;          /* of the present session in the RIB; 0: not established */
    struct channel *channels; /* owned array, by family */
    unsigned channel_count;
    struct judge_rules rules; /* of the present session */
    struct ip_addr local;     /* our end of it */
    uint32_t review_pass;     /* its paths are judged again in passes up to this one */
    uint32_t retell_pass;     /* and told again in those up to this one */
    uint64_t martians;        /* prefixes ignored as they cannot be routed, in all sessions */
    bool martian_logged;      /* in this session */
};

/* A [[peers]] block of the configuration. */
struct peer_block {
    const struct config_peer *config; /* borrowed from the speaker's config */
    bool enabled;                     /* as configured, or as the API has said since */
    uint32_t config_source;           /* of its static routes in the RIB; 0: has none */
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
    struct judge judge;
    struct { /* judging again: review.c */
        struct rib_review walk;
        uint32_t pass;         /* number of the present pass, or of the next one */
        uint32_t last_pass;    /* that is wanted */
        uint32_t addr_changes; /* judge.addrs.changes when rules were last made */
        struct own_addrs_list configured, interfaces;
        struct neighbor **by_source; /* owned array: whose session a source is; NULL: nobody's */
        uint32_t source_count;
    } review;
    struct peer_env *env;
    struct listening *listening; /* owned: where BGP connections are accepted; NULL once stopped */
    struct {                     /* protections that cannot be put in force: guards.c */
        int ttl_error;           /* errno: of TTL security on listeners; 0: none */
        size_t reported;         /* blocks closed when the log was last told */
        uint64_t retry_at_ms;
    } guards;
    struct log_sources refusals; /* lines about connections that are not taken */
    struct peer_block **blocks;  /* owned; parallel to config->peers */
    size_t block_count;
    uint32_t api_source;
    uv_check_t check;        /* does the work that a loop turn has left */
    uv_idle_t idle;          /* keeps the loop turning while there is more */
    uv_timer_t reap;         /* each second: what is gone, left out or missing is looked for */
    uint64_t input_until_ns; /* when input has had its share of the turn; 0: not begun */
    size_t input_bytes;      /* processed since the clock was last looked at, weighted */
    uint32_t neighbor_total;
    uint64_t heap_most_bytes; /* of paths and neighbours, since memory was last given back */
    bool input_paused;
    bool stopping;
    struct {
        uv_thread_t thread; /* that loads, while running; is waited for when it has a result */
        bool has_thread;    /* it is there */
        uv_async_t done;    /* it has one */
        bool running;
        bool again;                  /* another one was asked for meanwhile */
        uint64_t ticket;             /* of the one that runs, or ran last */
        struct config *next;         /* what the thread has loaded; NULL: errors */
        struct config_report report; /* of the last one */
        bool applying; /* what is not a matter of slices: sessions that end meanwhile are counted */
        struct reload_summary summary;
        struct config *old; /* owned; NULL unless static routes are still being applied */
        const struct config_peer *
            *before; /* owned; parallel to `blocks`: what a block's routes were made of; its own:
                        nothing changes; NULL: there were none */
        size_t at;   /* the block that comes next, and where in it */
        struct config_routes_cursor routes;
        bool failed;
        void (*notify)(void *ctx, struct reload_summary *summary); /* NULL: nobody's business */
        void *notify_ctx;
    } reload;
};

/* speaker.c */
/* Makes the loop come round soon: there is work. */
void speaker_wake(struct speaker *s);
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
/* Sees to it that there is a source for the routes that it has, if any. */
void peer_block_prepare_routes(struct speaker *s, struct peer_block *b);
void peer_block_announce(struct speaker *s, struct peer_block *b, const struct static_route *route);
void peer_block_withdraw(struct speaker *s, struct peer_block *b, const struct static_route *route);
bool peer_block_is_network(const struct peer_block *b);
struct neighbor *peer_block_find(const struct peer_block *b, const struct ip_addr *addr);
void peer_block_remove_neighbor(struct speaker *s, struct peer_block *b, struct neighbor *n);
/* The block that applies to an address; NULL. */
struct peer_block *speaker_match(const struct speaker *s, const struct ip_addr *addr);
/* Frees dynamic neighbours without a connection. */
void speaker_reap(struct speaker *s);
/* A connection that a listener has accepted. */
void speaker_accept(void *ctx, int fd, const struct endpoint *remote, const struct endpoint *local);

/* guards.c: what must be in force before a peer is let in. */
/* Sets the TCP MD5 key that the block's configuration says on all listeners, or takes it away. When
 * that fails the block is closed: its peers are blocked until it succeeds. */
void peer_block_guard(const struct speaker *s, struct peer_block *b);
/* The block is about to go. */
void peer_block_unguard(const struct speaker *s, const struct peer_block *b);
bool peer_block_is_closed(const struct speaker *s, const struct peer_block *b);
/* Why it is closed, for people; "" when it is not. */
const char *peer_block_closed_why(const struct speaker *s, const struct peer_block *b,
                                  char buf[ENTRY_CLOSED_TEXT_MAX]);
/* Why the handshake of an accepted connection was not what the block's TTL security asks for
 * (RFC 5082); NULL when it was. To be asked before anything is set on the socket. */
const char *peer_block_ttl_objection(const struct peer_block *b, int fd);
/* Has the listeners ask for the TTL that the configuration says. */
void speaker_guard_ttl(struct speaker *s);
/* A listener gets all protections before it listens. */
void speaker_guard_listener(void *ctx, struct listener *l);
/* Appends a line for all blocks that are closed, if any, which counts as reported. */
void speaker_describe_guards(struct speaker *s, struct strbuf *lines);
/* One line for all blocks that have been closed or opened since the last one. */
void speaker_report_guards(struct speaker *s);
/* Tries again what failed, now and then. */
void speaker_retry_guards(struct speaker *s);

/* review.c: by what received paths are judged, and judging them again. */
/* Takes over what the speaker's configuration says, or what addresses the machine has; the paths
 * that this concerns will be judged again. */
void review_configure(struct speaker *s);
void review_interfaces(struct speaker *s);
void review_release(struct speaker *s);
/* A session has come up (its source is there), or is about to lose its source. */
void review_join(struct speaker *s, struct neighbor *n);
void review_leave(struct speaker *s, struct neighbor *n);
/* The neighbour has become another thing to those who are told its routes. */
void review_retell(struct speaker *s, struct neighbor *n);
/* Judges marked paths, at least some; true while there are more. */
bool review_work(struct speaker *s, uint64_t deadline_ns);

/* reload.c */
void reload_init(struct speaker *s);
/* Applies static routes for a slice; true while there are more. To be called when there is no
 * backlog of changes. */
bool reload_work(struct speaker *s);
/* A configuration that is being read is waited for by nobody: see speaker_is_loading. */
void reload_stop(struct speaker *s);
void reload_release(struct speaker *s);
/* An established session has ended. */
void reload_count_session(struct speaker *s, const struct neighbor *n);

/* exchange.c: routes go in and out. */
void neighbor_up(struct speaker *s, struct neighbor *n);
void neighbor_down(struct speaker *s, struct neighbor *n);
void neighbor_update(struct speaker *s, struct neighbor *n, const struct update *u);
/* The block has a config source now. */
void neighbor_own_routes(struct neighbor *n);
/* The outbound profile has changed with the configuration. */
void neighbor_update_export(struct speaker *s, struct neighbor *n);
/* Puts a route of BGPd's own into the RIB, or takes it out (false when it was not there). */
void route_originate(struct speaker *s, uint32_t source, const struct static_route *route);
bool route_retract(struct speaker *s, uint32_t source, const struct static_route *route);
/* How many peers are told a static route of their block, as it stands in the RIB: those with a
 * session in its family that can be told its next hop. */
unsigned peer_block_count_told(const struct speaker *s, const struct peer_block *b,
                               const struct static_route *route);

#endif
