/* TCP sockets and their options: MD5 signatures (RFC 2385), GTSM (RFC 5082), DSCP (RFC 2474).
 *
 * An IPv4 connection may live on an IPv6 socket (a listener on "::" takes both), therefore options
 * are chosen by the address of the remote end, never by the family of the socket; Linux accepts
 * IPv4 options on such sockets. */
#include "net/tcp.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/reader.h"

enum {
    TTL_MAX = 255,
    DSCP_SHIFT = 2, /* in the TOS and traffic class bytes */
    /* What the kernel takes beyond what may be sent now. It would take megabytes for each peer that
     * reads slowly; and what waits here may still be replaced by something newer. */
    UNSENT_BYTES = 128 << 10,
};

static int set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0 ? 0 : ERR_IO;
}

int tcp_socket(uint8_t ip_version)
{
    int fd = socket(ip_version == IP_V4 ? AF_INET : AF_INET6,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    return fd >= 0 ? fd : ERR_IO;
}

int tcp_set_md5(int fd, uint8_t socket_ip_version, const struct prefix *remote,
                const char *password)
{
    struct tcp_md5sig sig = {0};
    struct sockaddr_storage sa;
    struct ip_addr addr = prefix_address(remote);
    if (remote->version == IP_V4 && socket_ip_version == IP_V6)
        addr = ip_v4_mapped(&addr);
    ip_to_sockaddr(&addr, 0, &sa);
    memcpy(&sig.tcpm_addr, &sa, sizeof(sa));
    size_t len_bytes = password ? strlen(password) : 0;
    if (len_bytes > sizeof(sig.tcpm_key)) {
        errno = EINVAL;
        return ERR_IO;
    }
    sig.tcpm_keylen = (uint16_t)len_bytes;
    if (len_bytes > 0)
        memcpy(sig.tcpm_key, password, len_bytes);
    int option = TCP_MD5SIG;
    if (!prefix_is_host(remote)) {
        /* The kernel counts the bits of a mapped network from the start of the IPv4 address. */
        option = TCP_MD5SIG_EXT;
        sig.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX;
        sig.tcpm_prefixlen = remote->len_bits;
    }
    int result = setsockopt(fd, IPPROTO_TCP, option, &sig, sizeof(sig));
    explicit_bzero(&sig, sizeof(sig));
    if (result != 0 && errno == ENOENT && len_bytes == 0)
        return 0; /* there was no key */
    return result == 0 ? 0 : ERR_IO;
}

static int set_ttl(int fd, uint8_t ip_version, int ttl)
{
    return ip_version == IP_V4 ? set_option(fd, IPPROTO_IP, IP_TTL, ttl)
                               : set_option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
}

int tcp_minimum_ttl(int fd, uint8_t ip_version)
{
    int ttl = 0;
    socklen_t len_bytes = sizeof(ttl);
    int result = ip_version == IP_V4
                     ? getsockopt(fd, IPPROTO_IP, IP_MINTTL, &ttl, &len_bytes)
                     : getsockopt(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &ttl, &len_bytes);
    return result == 0 ? ttl : 0;
}

int tcp_set_minimum_ttl(int fd, uint8_t ip_version, int ttl)
{
    return ip_version == IP_V4 ? set_option(fd, IPPROTO_IP, IP_MINTTL, ttl)
                               : set_option(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, ttl);
}

int tcp_save_syn(int fd)
{
    return set_option(fd, IPPROTO_TCP, TCP_SAVE_SYN, 1);
}

int tcp_syn_ttl(int fd)
{
    /* Octets in front of Time to Live (RFC 791 §3.1) and Hop Limit (RFC 8200 §3). */
    enum { BEFORE_TTL = 8, BEFORE_HOP_LIMIT = 7 };
    uint8_t headers[256];
    socklen_t len_bytes = sizeof(headers);
    if (getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, headers, &len_bytes) != 0)
        return -1;
    struct reader r = reader_over(span_of(headers, len_bytes));
    uint8_t version = reader_u8(&r) >> 4;
    reader_take(&r, (version == 4 ? BEFORE_TTL : BEFORE_HOP_LIMIT) - 1);
    uint8_t ttl = reader_u8(&r);
    return reader_ok(&r) ? ttl : -1;
}

static int protect(int fd, const struct ip_addr *remote, const struct tcp_options *options)
{
    struct prefix host = prefix_from_ip(remote);
    struct sockaddr_storage sa = {0};
    socklen_t len_bytes = sizeof(sa);
    if (getsockname(fd, (struct sockaddr *)&sa, &len_bytes) != 0)
        return ERR_IO;
    uint8_t socket_version = sa.ss_family == AF_INET ? IP_V4 : IP_V6;
    int err = tcp_set_minimum_ttl(fd, remote->version, options->minimum_ttl);
    if (err && options->minimum_ttl == 0)
        err = 0; /* a kernel without it has none to take back */
    if (!err && options->md5_password)
        err = tcp_set_md5(fd, socket_version, &host, options->md5_password);
    return err ? ERR_STATE : 0;
}

int tcp_apply(int fd, const struct ip_addr *remote, const struct tcp_options *options)
{
    uint8_t version = remote->version;
    int traffic_class = options->dscp << DSCP_SHIFT;
    int err = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (!err)
        err = set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES);
    if (!err)
        err = set_ttl(fd, version, options->ttl);
    if (!err)
        err = version == IP_V4 ? set_option(fd, IPPROTO_IP, IP_TOS, traffic_class)
                               : set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
    return err ? err : protect(fd, remote, options);
}

int tcp_apply_listener(int fd, uint8_t ip_version)
{
    int err = set_ttl(fd, IP_V4, TTL_MAX); /* an IPv6 socket may take IPv4, too */
    if (!err && ip_version == IP_V6)
        err = set_ttl(fd, IP_V6, TTL_MAX);
    return err;
}

/* Without its interface a link-local address means nothing to the kernel. */
static int to_sockaddr(const struct ip_addr *addr, uint16_t port, struct sockaddr_storage *ret_sa,
                       socklen_t *ret_len_bytes)
{
    if (addr->interface[0] != '\0' && ip_interface_index(addr->interface) == 0) {
        errno = ENODEV;
        return ERR_IO;
    }
    *ret_len_bytes = ip_to_sockaddr(addr, port, ret_sa);
    return 0;
}

int tcp_bind(int fd, const struct ip_addr *local, uint16_t port)
{
    struct sockaddr_storage sa;
    socklen_t len_bytes;
    int err = to_sockaddr(local, port, &sa, &len_bytes);
    if (err)
        return err;
    return bind(fd, (const struct sockaddr *)&sa, len_bytes) == 0 ? 0 : ERR_IO;
}

static int bind_local(int fd, const struct ip_addr *remote, const struct ip_addr *local)
{
    struct ip_addr from = *local;
    if (ip_is_link_local(&from) && from.interface[0] == '\0')
        memcpy(from.interface, remote->interface, sizeof(from.interface));
    int err = tcp_bind(fd, &from, 0);
    return err && (errno == EADDRNOTAVAIL || errno == ENODEV) ? ERR_NOT_FOUND : err;
}

int tcp_connect(const struct endpoint *remote, const struct ip_addr *local,
                const struct tcp_options *options, int *ret_fd)
{
    int fd = tcp_socket(remote->addr.version);
    if (fd < 0)
        return fd;
    int err = tcp_apply(fd, &remote->addr, options);
    if (!err && local->version != IP_NONE)
        err = bind_local(fd, &remote->addr, local);
    struct sockaddr_storage sa;
    socklen_t len_bytes;
    if (!err)
        err = to_sockaddr(&remote->addr, remote->port, &sa, &len_bytes);
    if (!err && connect(fd, (const struct sockaddr *)&sa, len_bytes) != 0 && errno != EINPROGRESS)
        err = ERR_IO;
    if (err) {
        int saved = errno;
        close(fd);
        errno = saved;
        return err;
    }
    *ret_fd = fd;
    return 0;
}

int tcp_error(int fd)
{
    int error = 0;
    socklen_t len_bytes = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len_bytes) != 0)
        return errno;
    return error;
}

const char *tcp_error_text(int err, char buf[TCP_ERROR_TEXT_MAX])
{
    snprintf(buf, TCP_ERROR_TEXT_MAX, "%s%s",
             err == ERR_STATE ? "MD5 key or TTL security cannot be put in force: " : "",
             strerror(errno));
    return buf;
}

static int socket_end(int fd, int (*get)(int, struct sockaddr *restrict, socklen_t *restrict),
                      struct endpoint *ret_end)
{
    struct sockaddr_storage sa;
    socklen_t len_bytes = sizeof(sa);
    struct endpoint end = {0};
    if (get(fd, (struct sockaddr *)&sa, &len_bytes) != 0)
        return ERR_IO;
    if (ip_from_sockaddr((const struct sockaddr *)&sa, &end.addr, &end.port) != 0) {
        errno = EAFNOSUPPORT;
        return ERR_IO;
    }
    *ret_end = end;
    return 0;
}

int tcp_local(int fd, struct endpoint *ret_local)
{
    return socket_end(fd, getsockname, ret_local);
}

int tcp_remote(int fd, struct endpoint *ret_remote)
{
    return socket_end(fd, getpeername, ret_remote);
}
