/* IPv4 and IPv6 addresses, with the interface of link-local ones. */
#ifndef BGPD_BASE_IP_H
#define BGPD_BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum ip_version { IP_NONE = 0, IP_V4 = 4, IP_V6 = 6 };

/* Longest name of an interface with the final NUL. */
#define IP_INTERFACE_MAX 16

struct ip_addr {
    uint8_t version;   /* enum ip_version */
    uint8_t bytes[16]; /* network order; an IPv4 address uses the first 4, the rest is 0 */
    /* The interface of a link-local IPv6 address, by its name, which stays when the interface is
     * deleted and made again; "" for none. */
    char interface[IP_INTERFACE_MAX];
};

/* Of TCP. */
struct endpoint {
    struct ip_addr addr;
    uint16_t port;
};

/* Longest text of an address with "%interface" and the final NUL. */
#define IP_TEXT_MAX 64

static inline size_t ip_len_bytes(uint8_t version)
{
    return version == IP_V4 ? 4 : version == IP_V6 ? 16 : 0;
}

/* Reads "192.0.2.1" at the beginning of a text into 4 bytes, as inet_pton(3) would, and returns
 * what follows; NULL when there is no address. */
const char *ip_read_v4(const char *text, uint8_t *ret_bytes);
/* Parses "192.0.2.1", "2001:db8::1" or "fe80::1%eth0", ERR_INVALID when it is none of these. The
 * interface need not exist. A number stands for the interface that has this index now. */
int ip_parse(const char *text, struct ip_addr *ret_addr);
/* Parses an identifier as BGP has them, of routers and clusters: four bytes written like an IPv4
 * address, other than 0.0.0.0 (RFC 6286 §2.1). Returns 0 or ERR_INVALID. */
int ip_parse_id(const char *text, struct ip_addr *ret_id);

/* Writes the text of `addr` into `buf` (IP_TEXT_MAX bytes) and returns `buf`. */
const char *ip_format(const struct ip_addr *addr, char *buf);

struct ip_addr ip_from_v4(uint32_t host_order);
/* The first four bytes in host order: the value of an IPv4 address. */
uint32_t ip_to_v4(const struct ip_addr *addr);
struct ip_addr ip_from_bytes(uint8_t version, const void *bytes);

/* IPv4-mapped IPv6 addresses (RFC 4291 §2.5.5.2): whether it is one; that of an IPv4 address; and
 * the IPv4 address that one stands for (others stand for themselves). */
bool ip_is_v4_mapped(const struct ip_addr *addr);
struct ip_addr ip_v4_mapped(const struct ip_addr *v4);
struct ip_addr ip_unmapped(const struct ip_addr *addr);

bool ip_equal(const struct ip_addr *a, const struct ip_addr *b);
/* <0, 0, >0; IPv4 sorts before IPv6, the interface last. */
int ip_compare(const struct ip_addr *a, const struct ip_addr *b);
bool ip_is_link_local(const struct ip_addr *addr);
bool ip_is_loopback(const struct ip_addr *addr);
bool ip_is_unspecified(const struct ip_addr *addr);
/* Whether a socket at `any` takes what comes for `addr` as well, being for any address: "::" is for
 * those of both versions. */
bool ip_takes_in(const struct ip_addr *any, const struct ip_addr *addr);

/* The present index of the interface with this name; 0 when there is none. */
uint32_t ip_interface_index(const char *name);

/* Socket addresses. The interface of an address is put as its present index, 0 when it does not
 * exist. An IPv4-mapped IPv6 socket address becomes the IPv4 address. */
socklen_t ip_to_sockaddr(const struct ip_addr *addr, uint16_t port,
                         struct sockaddr_storage *ret_sa);
int ip_from_sockaddr(const struct sockaddr *sa, struct ip_addr *ret_addr, uint16_t *ret_port);

/* Parses "ADDR:PORT", "[ADDR]:PORT", or an address without a port, for which `default_port` is
 * taken. ERR_INVALID or ERR_RANGE. */
int ip_parse_endpoint(const char *text, uint16_t default_port, struct ip_addr *ret_addr,
                      uint16_t *ret_port);
/* The same the other way: "192.0.2.1:179", "[2001:db8::1]:179", into `buf`, which is returned. */
#define IP_ENDPOINT_TEXT_MAX (IP_TEXT_MAX + 10)
const char *ip_format_endpoint(const struct ip_addr *addr, uint16_t port, char *buf);

#endif
