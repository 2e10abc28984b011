/* Protections that must be in force before a peer is let in: TCP MD5 keys and the minimum TTL. */
#ifndef BGPD_DAEMON_GUARDS_H
#define BGPD_DAEMON_GUARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/service.h"
#include "daemon/speaker.h"

struct listener;
struct peer_block;

struct guards {
    int ttl_error;   /* errno: of TTL security on listeners; 0: none */
    size_t reported; /* blocks closed when the log was last told */
    uint64_t retry_at_ms;
};

/* Tries again what failed, now and then, and describes it. */
extern const struct service guards_service;

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
/* A listener gets all protections before it listens. */
void speaker_guard_listener(void *ctx, struct listener *l);
/* One line for all blocks that have been closed or opened since the last one. */
void speaker_report_guards(struct speaker *s);

#endif
