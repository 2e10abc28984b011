/* TCP sockets and their options. Functions return 0 or ERR_IO with errno set. */
#ifndef BGPD_NET_TCP_H
#define BGPD_NET_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/prefix.h"

/* What a connection is to have. */
struct tcp_options {
    const char *md5_password; /* borrowed; NULL: none */
    uint8_t ttl;              /* or hop limit, of packets that go out */
    uint8_t minimum_ttl;      /* of packets that come in (GTSM, RFC 5082); 0: any */
    uint8_t dscp;
};

/* A non-blocking, close-on-exec TCP socket of the version. Returns the descriptor or ERR_IO. */
int tcp_socket(uint8_t ip_version);

/* MD5 signatures (RFC 2385) for segments to and from `remote` (an address or a network); a NULL or
 * empty password removes the key, also when there is none. On an IPv6 socket an IPv4 prefix means
 * mapped addresses. The kernel does not tell link-local addresses on different interfaces apart. */
int tcp_set_md5(int fd, uint8_t socket_ip_version, const struct prefix *remote,
                const char *password);

/* Gives the options to a connection with `remote`, on its way or accepted (the MD5 key also when
 * the listener had none or another one), and no delay. ERR_STATE with errno when it is a protection
 * that cannot be had. */
int tcp_apply(int fd, const struct ip_addr *remote, const struct tcp_options *options);

/* What a listening socket needs so that its answers to a SYN pass a peer's GTSM check: TTL and
 * hop limit 255, whatever those of the connection will be. */
int tcp_apply_listener(int fd, uint8_t ip_version);

/* What comes with a lower TTL or hop limit is dropped, on a listening socket from the SYN on;
 * connections begin with the minimum of their listening socket. 0: any. */
int tcp_set_minimum_ttl(int fd, uint8_t ip_version, int ttl);
/* The minimum that is in force. */
int tcp_minimum_ttl(int fd, uint8_t ip_version);
/* Has the SYN of connections kept, for tcp_syn_ttl(). */
int tcp_save_syn(int fd);
/* The TTL or hop limit with which the SYN of an accepted connection came; -1 when it was not kept,
 * as where it was answered with a SYN cookie. Can be asked once: the kernel forgets it then. */
int tcp_syn_ttl(int fd);

/* Binds to a local address and port (0: any). ENODEV when the address names an interface that does
 * not exist, EADDRNOTAVAIL when the address is not there. */
int tcp_bind(int fd, const struct ip_addr *local, uint16_t port);

/* A socket with these options, bound to `local` (IP_NONE: the kernel chooses), on its way to being
 * connected: it is writable when the attempt has ended, and tcp_error() says how. Also
 * ERR_NOT_FOUND, when the local address does not exist, and ERR_STATE of tcp_apply(). */
int tcp_connect(const struct endpoint *remote, const struct ip_addr *local,
                const struct tcp_options *options, int *ret_fd);

/* The pending error of a socket (an errno value, cleared thereby); 0 for none. */
int tcp_error(int fd);

/* What went wrong, for people: from what a function of this header returned, and errno. */
#define TCP_ERROR_TEXT_MAX 160
const char *tcp_error_text(int err, char buf[TCP_ERROR_TEXT_MAX]);

/* Ends of a connected socket. */
int tcp_local(int fd, struct endpoint *ret_local);
int tcp_remote(int fd, struct endpoint *ret_remote);

#endif
