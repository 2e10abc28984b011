/* A neighbour: its connections (at most one in each direction until a collision is resolved,
 * RFC 4271 §6.8), timers, counters, and the queue of messages to it.
 *
 * Runs on a libuv loop. Reports upward through struct session_handler; knows nothing of the RIB. */
#ifndef BGPD_SESSION_PEER_H
#define BGPD_SESSION_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/log.h"
#include "base/msgbuf.h"
#include "config/config.h"
#include "config/diff.h"
#include "session/env.h"
#include "session/fsm.h"
#include "session/session.h"
#include "wire/notification.h"

/* A neighbour at one address. `config` is copied by reference: it must live until peer_reconfigure
 * or peer_free. `dynamic` peers were made for an incoming connection to a network entry: they never
 * connect themselves. The peer is idle until peer_start. */
struct peer *peer_new(struct peer_env *env, const struct config_peer *config,
                      const struct ip_addr *remote, bool dynamic);
/* Ends the session (Cease / deconfigured), and frees the peer once the loop has let go of its
 * handles. The pointer is dead for the caller at once; `down` is called before it returns when the
 * session was Established. */
void peer_free(struct peer *peer);

/* Starts the peer, active or passive as its config says. Whether it is enabled is for the owner to
 * decide (its operator may have another opinion than the config). Nothing when it is started. */
void peer_start(struct peer *peer);
/* Stops it with a Cease of this subcode and an optional message (RFC 9003); it stays stopped until
 * peer_start. */
void peer_stop(struct peer *peer, uint8_t cease_subcode, const char *message);
/* Keeps a peer down, whether it is started or not, until peer_unblock: its session ends with a
 * Cease, Out of Resources, and `why` is its last error. Both do nothing when that is so already. */
void peer_block(struct peer *peer, const char *why);
void peer_unblock(struct peer *peer);
/* Ends the session and starts again, without waiting for the connect retry timer. Nothing when it
 * is not started. */
void peer_reset(struct peer *peer, uint8_t cease_subcode, const char *message);
/* Ends the session with any notification (for errors that the owner finds). As after errors found
 * here, the peer is held back: for `restart_s`, doubled for each session in a row that ends so;
 * 0: the configured interval between attempts. */
void peer_notify(struct peer *peer, const struct notification *n, uint32_t restart_s);
/* Forgets the errors of sessions: a peer that waits after one tries again now. */
void peer_forgive(struct peer *peer);
/* Takes over a new config entry (same remote). Only what concerns the present state is acted on at
 * once: passive, timers, and an attempt to connect, which begins anew; the rest is for the next
 * session. */
void peer_reconfigure(struct peer *peer, const struct config_peer *config);
/* Hands an accepted socket to the peer, which owns it from then on (and refuses it with a Cease
 * when it cannot use it). `local` and `remote` are its ends. */
void peer_accept(struct peer *peer, int fd);

/* Asks the peer for its routes of a family again. ERR_STATE when not established or the capability
 * or family was not negotiated. */
int peer_request_refresh(struct peer *peer, enum family family);

/* Logs a line about how many prefixes the peer sends, within a budget for these. */
void peer_log_limit(struct peer *peer, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The queue that RIB-out fills; call peer_flush afterwards. Without a session what is queued is
 * forgotten. */
struct msgq *peer_queue(struct peer *peer);
/* The index of the link that the peer is on, where that is sure; else 0: an address of ours on that
 * link does not tell, for the peer may be behind a router. */
uint32_t peer_link(const struct peer *p);
/* Writes what the socket takes now; when it takes more, the handler's `writable` is called. */
void peer_flush(struct peer *peer);

/* Reading. */
bool peer_is_dynamic(const struct peer *peer);
/* The most advanced state of its connections. */
enum fsm_state peer_state(const struct peer *peer);
bool peer_established(const struct peer *peer);
/* Whether peer_start was called last (and not peer_stop). */
bool peer_is_started(const struct peer *peer);
const struct peer_session *peer_session(const struct peer *peer); /* valid once established */
const struct peer_counters *peer_counters(const struct peer *peer);
/* The capability TLVs of the peer's last OPEN, for open_describe_capabilities; borrowed. */
struct span peer_remote_capabilities(const struct peer *peer);
/* Why the last session or attempt ended, for people; "" when none did. Borrowed. */
const char *peer_last_error(const struct peer *peer);
/* When that was; what an Established session shows is older than the session. */
uint64_t peer_last_error_mono_ms(const struct peer *peer);
/* Since when there is no session: since the last one, or since there is the peer. */
uint64_t peer_down_mono_ms(const struct peer *peer);
/* Why the last session ended, whatever attempts came to since; "" when there was none. Borrowed. */
const char *peer_down_reason(const struct peer *peer);
/* Appends why it is held back after its last session, and how long ("prefix limit, retry in
 * 240 s"); nothing when it is not. */
void peer_describe_setback(const struct peer *peer, struct strbuf *out);
/* How much longer it is held back; 0: not. */
uint64_t peer_held_back_s(const struct peer *peer);
/* The keys of its configuration that have changed since its session began, or the connection that
 * is to become one, and that wait for the next. None without a session. */
config_key_set peer_pending(const struct peer *peer);
/* With what the session, or the connection that is to become one, began, where that waits: keys of
 * it (*ret_keys) have other values by now. Borrowed until the next loop turn; NULL: nothing waits.
 */
const struct config_peer *peer_began_with(const struct peer *peer, config_key_set *ret_keys);
/* Whether something is held against it that would be forgotten with the peer: the budget of lines
 * about it in the log is used up, or a part of it by what it sent (journal_is_noisy), or it is held
 * back, or was a short while ago. */
bool peer_is_on_record(const struct peer *peer);
/* "127.0.0.2" or "fe80::1%eth0", for logs and the API; borrowed. */
const char *peer_name(const struct peer *peer);
/* The owner's own data. */
void peer_set_user(struct peer *peer, void *user);
void *peer_user(const struct peer *peer);

#endif
