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
#include "config/diff.h"
#include "config/report.h"
#include "daemon/turn.h"
#include "net/listening.h"
#include "rpki/rtr_client.h"
#include "rpki/vrp_file.h"
#include "session/peer.h"

struct neighbor;
struct route_view; /* daemon/query.h */
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
/* What routes are validated by now; borrowed. */
struct policy_validation;
const struct policy_validation *speaker_validation(const struct speaker *s);
/* The watch over the turns of the loop, for those who spend time in them. Borrowed. */
struct turn_watch *speaker_turn(struct speaker *s);

/* Appends a line for each thing that is not in force, and tried again. */
void speaker_describe(const struct speaker *s, struct strbuf *lines);

/* Counts in the hits of policies what they were asked about so far. */
void speaker_count_hits(struct speaker *s);

/* Where BGP connections are accepted; borrowed, NULL once stopped. */
const struct listening *speaker_listening(const struct speaker *s);

/* What a reload did. */
struct reload_summary {
    unsigned peers_added;
    unsigned peers_removed;
    unsigned peers_changed;
    unsigned sessions_reset; /* that were up, ended by it, and may come again at once */
    unsigned sessions_ended; /* likewise, of peers that are gone, disabled or closed */
    /* Static routes and flows that a session announces or withdraws: once for each peer. */
    unsigned routes_announced;
    unsigned routes_withdrawn;
    unsigned sockets_opened; /* listening ones, of BGP and the API */
    unsigned sockets_closed;
    config_key_set keys_changed; /* at the top level of the file, those of sockets apart */
    struct strbuf failed;        /* a line for each part that is not in force, and tried again */
    struct strbuf warnings;      /* a line for each */
};

/* The counts in words, on one line: the log and the command line show the same. */
void reload_summary_text(const struct reload_summary *summary, struct strbuf *out);

/* Begins to load the configuration file again; what differs is applied when it is read. The file is
 * read by another thread, so that sessions and API go on. One that is under way is followed by
 * another. Returns the ticket by which speaker_reload_result() knows it. */
uint64_t speaker_reload(struct speaker *s);
/* The same, as SIGHUP asks for it: that is told when it has ended (SPEAKER_DEED_RELOAD). */
void speaker_reload_by_signal(struct speaker *s);
/* A reload of another kind. */
struct reload_request {
    const char *text;   /* sent in place of the file: in force until that is read again; NULL: none;
                           all borrowed */
    const char *name;   /* what places in the text are called */
    uint32_t confirm_s; /* what was in force comes back after this time, unless speaker_confirm is
                           called; 0: it does not */
};
/* Begins one. 0: a reload is under way; ask again when it has ended. */
uint64_t speaker_reload_as(struct speaker *s, const struct reload_request *how);
/* Begins to go back to what was in force before, whose place what is in force now takes; a reload
 * that is not confirmed yet goes with it. 0 with *ret_ticket set; ERR_STATE: a reload is under way;
 * ask again when it has ended; ERR_NOT_FOUND: there was nothing before. */
int speaker_rollback(struct speaker *s, uint64_t *ret_ticket);
/* What is in force stays. ERR_NOT_FOUND: there is nothing to confirm. */
int speaker_confirm(struct speaker *s);

/* What there is to go back to. */
struct speaker_undo {
    const struct config *to;     /* borrowed until the next loop turn; NULL: nothing */
    uint64_t to_since_mono_ms;   /* when that came in force */
    uint64_t confirm_by_mono_ms; /* when that comes back by itself; 0: it does not */
    bool rolled_back;            /* what is in force is what was before, and not read again */
};
struct speaker_undo speaker_undo(const struct speaker *s);
/* Since when the configuration is in force: the start, or the last reload. */
uint64_t speaker_configured_mono_ms(const struct speaker *s);

enum reload_state { RELOAD_RUNNING, RELOAD_DONE, RELOAD_FAILED, RELOAD_FORGOTTEN };

/* How a reload ended. Done: *ret_summary is set. Failed: there are errors, nothing was changed. In
 * either case *ret_report is what there is to say of the configuration. Both are borrowed until the
 * next loop turn. Forgotten: nobody has looked, and there were too many since. */
enum reload_state speaker_reload_result(const struct speaker *s, uint64_t ticket,
                                        const struct reload_summary **ret_summary,
                                        const struct config_report **ret_report);

/* True while a thread reads the configuration. It does not keep the loop running, but needs the
 * speaker: once stopped, this must be asked before speaker_free, and if true the process ends with
 * _exit. */
bool speaker_is_loading(const struct speaker *s);

/* Calls `on_reload` after every reload, so that what stands beside the speaker can take over its
 * part of the configuration and add to the summary what that does; NULL: the file has errors. */
void speaker_on_reload(struct speaker *s,
                       void (*on_reload)(void *ctx, struct reload_summary *summary), void *ctx);

/* What has changed though no client asked for it. */
enum speaker_deed_kind {
    SPEAKER_DEED_RELOAD,     /* SIGHUP asked for it */
    SPEAKER_DEED_ROLLBACK,   /* nobody has confirmed in time */
    SPEAKER_DEED_ROUTE_ENDS, /* the lease of what the API originates has ended: it is withdrawn */
    SPEAKER_DEED_FLOW_ENDS,
};

/* All borrowed for the call. */
struct speaker_deed {
    enum speaker_deed_kind kind;
    bool failed;       /* the configuration has errors: nothing has changed */
    const char *what;  /* the route; "" */
    const char *owner; /* whose it was; "" */
};

/* Calls `on_deed` for each; NULL: nobody is called. */
void speaker_on_deed(struct speaker *s, void (*on_deed)(void *ctx, const struct speaker_deed *deed),
                     void *ctx);

/* The cache, or file, number `index`, that VRPs and ASPAs come from; false: there are no more. What
 * *ret_status points to is borrowed until the next loop turn. */
bool speaker_rpki_cache(const struct speaker *s, size_t index,
                        struct rtr_client_status *ret_status);
bool speaker_rpki_file(const struct speaker *s, size_t index, struct vrp_file_status *ret_status);

/* What routes are validated by: each VRP and each customer once, whoever has it. */
struct speaker_rpki_totals {
    uint32_t vrps_ipv4;
    uint32_t vrps_ipv6;
    uint32_t aspas;
};
struct speaker_rpki_totals speaker_rpki_totals(const struct speaker *s);

/* Room for the reason why a peer is closed. */
#define ENTRY_CLOSED_TEXT_MAX 160

/* A neighbour as the API shows it: a configured address, a configured network (which only waits:
 * `session` is NULL), or a dynamic peer within a network. */
struct speaker_peer {
    const struct config_peer *config; /* borrowed until the next reload */
    struct scoped_prefix remote;      /* what identifies it: host prefix, or the network */
    struct peer *session;             /* borrowed; NULL for a network */
    /* Why it is not let in: a protection that is not in force, or for a network that no socket is
     * open; "": it is. */
    char closed[ENTRY_CLOSED_TEXT_MAX];
    bool enabled;                    /* as configured, unless changed by enable/disable since */
    const struct speaker *speaker;   /* borrowed */
    const struct neighbor *neighbor; /* borrowed; NULL for a network */
    uint64_t prefixes_received;      /* the sums of its channels */
    uint64_t prefixes_accepted;      /* of them: those that are not filtered */
    uint64_t prefixes_advertised;
    uint64_t martians_ignored; /* prefixes that cannot be routed, so far */
};

/* Why a channel is not up, or that it is. */
enum speaker_channel_state {
    CHANNEL_DOWN,           /* there is no session */
    CHANNEL_LIMITED,        /* likewise: it had too many prefixes, and the peer is held back */
    CHANNEL_NOT_NEGOTIATED, /* the session is without this family */
    CHANNEL_UP,
};

/* A channel of a neighbour: what there is with it of one family. */
struct speaker_channel {
    enum family family;
    enum speaker_channel_state state;
    uint32_t received;         /* prefixes in the Adj-RIB-In, filtered ones included */
    uint32_t accepted;         /* of them: those that are not filtered */
    uint32_t advertised;       /* prefixes in the Adj-RIB-Out */
    bool end_of_rib;           /* the peer has sent all of its routes in this session */
    struct config_limit limit; /* that is in force; limit 0: none */
    bool near_limit;           /* as many prefixes count as are warned of */
    bool over_limit;           /* or more than are permitted */
    uint64_t ignored;          /* announcements that were ignored for it in this session */
};

/* The channel number `index` of a neighbour, in the order of families; false when it has no more.
 */
bool speaker_peer_channel(const struct speaker_peer *peer, unsigned index,
                          struct speaker_channel *ret_channel);

/* Where a walk over the neighbours stands; zero-initialised at the first. It survives changes. */
struct speaker_peer_cursor {
    size_t block;
    uint32_t item; /* of the block: a network, then its neighbours; or the one neighbour */
    bool begun;
    struct scoped_prefix last; /* what was there */
};

/* The next neighbour, or false when there is none: configured ones in file order, dynamic ones
 * after their network. *ret_peer is good until the next loop turn. */
bool speaker_next_peer(const struct speaker *s, struct speaker_peer_cursor *cursor,
                       struct speaker_peer *ret_peer);

/* The next neighbour of an entry of the configuration in force, from number *at on (0 at first),
 * whose session goes on with other values than the entry has: their keys, and an entry with those
 * values, borrowed until the next loop turn. NULL: there is none. */
const struct config_peer *speaker_next_waiting(const struct speaker *s,
                                               const struct config_peer *entry, uint32_t *at,
                                               config_key_set *ret_keys);
/* Whether an entry of the configuration in force is enabled, as configured or as enable and disable
 * have said since. */
bool speaker_entry_is_enabled(const struct speaker *s, const struct config_peer *entry);
/* Where what the API originates is kept, as it was at the start; borrowed, NULL: it is not. */
const char *speaker_state_path(const struct speaker *s);

/* Whether there is a neighbour with this address (a link-local one without its interface stands for
 * any), or within this network: a configured address or network, or a dynamic neighbour. */
bool speaker_knows_peer(const struct speaker *s, const struct scoped_prefix *remote);

/* Whether the controls below know what is meant: 0, ERR_NOT_FOUND, ERR_EXISTS. */
int speaker_check_peer(const struct speaker *s, const struct scoped_prefix *remote);

/* Controls; `remote` is the address of a neighbour, or a network, which stands for all that is
 * within it: configured addresses and networks, dynamic neighbours. ERR_NOT_FOUND when there is
 * none; ERR_EXISTS when an address is that of several, on different interfaces. */
int speaker_enable_peer(struct speaker *s, const struct scoped_prefix *remote);
int speaker_disable_peer(struct speaker *s, const struct scoped_prefix *remote,
                         const char *message);
int speaker_reset_peer(struct speaker *s, const struct scoped_prefix *remote, const char *message);
/* Sends ROUTE-REFRESH for the families; *ret_families are those for which it was sent. ERR_STATE
 * when no session of it is established or negotiated refresh. */
int speaker_refresh_peer(struct speaker *s, const struct scoped_prefix *remote, family_set families,
                         family_set *ret_families);

#endif
