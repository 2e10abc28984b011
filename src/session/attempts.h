/* When a peer tries to connect: the connect retry timer of its outgoing connection (RFC 4271 §8),
 * back-off, and waiting for what an attempt needs. Internal to session/. */
#ifndef BGPD_SESSION_ATTEMPTS_H
#define BGPD_SESSION_ATTEMPTS_H

#include <stdbool.h>

#include "net/tcp.h"
#include "session/peer_private.h"

void attempts_init(struct peer *p);

/* Whether it only takes connections. */
bool attempts_never(const struct peer *p);
/* Waits for connections, and tries one itself very soon. */
void attempts_start(struct peer *p);
/* Plans one very soon where it is up to us to make one, as if none had failed. */
void attempts_soon(struct peer *p);
/* Plans the next one, the later the more have failed; none while its interface is waited for. */
void attempts_plan(struct peer *p);
void attempts_stop(struct peer *p);
/* Holds the peer back after an error that a NOTIFICATION told of, `input`; `session`: it ended an
 * Established one. */
void attempts_hold_back(struct peer *p, bool session, const struct fsm_input *input);

/* Whether it has to wait for its interface; says so when that is new. */
bool attempts_must_wait(struct peer *p);
/* Whether the address of ours that the last attempt wanted is there now. */
bool attempts_have_address(const struct peer *p);

/* What the peer's configuration asks of a socket to it. */
struct tcp_options attempts_options(const struct peer *p);
/* Starts to connect: a socket; as tcp_connect(). */
int attempts_open_socket(struct peer *p, int *ret_fd);

#endif
