/* What two OPEN messages mean together: the capabilities we announce, the checks on the peer's OPEN
 * (RFC 4271 §6.2, RFC 5492), and the rule for colliding connections (RFC 4271 §6.8). Pure. */
#ifndef BGPD_SESSION_HANDSHAKE_H
#define BGPD_SESSION_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "config/config.h"
#include "session/session.h"
#include "wire/notification.h"
#include "wire/open.h"

/* What we announce on a connection over IPv4 or IPv6. */
struct open_caps handshake_caps(const struct config_peer *config, uint8_t ip_version);

/* Whether a session is possible without any capability (for a peer that refuses optional
 * parameters): IPv4 unicast alone, from an AS number of 2 octets. */
bool handshake_works_without_caps(const struct config_peer *config);

/* Judges the peer's OPEN, which answers `ours`, by the configuration that the connection began
 * with. Capabilities (all zero: none) and hold time count as they were sent.
 *
 * Fills everything of *ret_session but the endpoints and times. On ERR_INVALID *ret_error is the
 * NOTIFICATION that answers it, and the reason is appended to *why. A peer that has no family in
 * common with us gets Unsupported Capability with the multiprotocol capabilities we wanted to see
 * (RFC 5492 §3 and §5), one whose role does not go with ours Role Mismatch (RFC 9234 §4.2). */
int handshake_judge(const struct config_peer *config, const struct open_msg *ours,
                    const struct open_msg *theirs, struct peer_session *ret_session,
                    struct notification *ret_error, struct strbuf *why);

/* Time until the next KEEPALIVE: the negotiated interval with jitter, but more than a second
 * (RFC 4271 §4.4), by as much as a turn of the loop may make the last one late. 0, never, for no
 * interval. */
uint64_t handshake_keepalive_ms(uint32_t keepalive_s, uint32_t random);

/* Which of two colliding connections stays: the one that was initiated by the side with the higher
 * BGP identifier, or with equal ones the higher AS number (RFC 6286 §2.3). True: ours. */
bool handshake_keeps_outgoing(uint32_t local_bgp_id, uint32_t local_as, uint32_t remote_bgp_id,
                              uint32_t remote_as);

#endif
