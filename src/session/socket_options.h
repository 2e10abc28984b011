/* What the configuration of a peer asks of the sockets to it. Pure. */
#ifndef BGPD_SESSION_SOCKET_OPTIONS_H
#define BGPD_SESSION_SOCKET_OPTIONS_H

#include <stdbool.h>

#include "config/config.h"
#include "net/tcp.h"

/* MD5 key (borrowed), TTL, minimum TTL where TTL security is wanted (RFC 5082), and DSCP CS6
 * (RFC 4271 appendix E). `attached`: the peer is on a network that this machine is attached to. */
struct tcp_options socket_options(const struct config_peer *config, bool attached);

#endif
