/* TCP socket options for BGP. All functions return 0 or ERR_IO with errno set. */
#ifndef BGPD_SESSION_TCP_H
#define BGPD_SESSION_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "config/config.h"

/* A non-blocking, close-on-exec TCP socket of the version. Returns the descriptor or ERR_IO. */
int tcp_socket(uint8_t ip_version);
/* MD5 signatures (RFC 2385) for segments to and from `remote` (TCP_MD5SIG_EXT for networks); a NULL
 * or empty password removes the key. On an IPv6 socket an IPv4 prefix is set as its mapped form. */
int tcp_set_md5(int fd, uint8_t socket_ip_version, const struct prefix *remote, uint32_t scope_id,
                const char *password);
/* What the peer's config asks for a connection: TTL or hop limit, minimum TTL (RFC 5082), no delay,
 * DSCP CS6 (RFC 4271 appendix E). */
int tcp_apply_peer(int fd, uint8_t ip_version, const struct config_peer *config, bool ibgp);
/* Ends of a connected socket. */
int tcp_local(int fd, struct endpoint *ret_local);
int tcp_remote(int fd, struct endpoint *ret_remote);

#endif
