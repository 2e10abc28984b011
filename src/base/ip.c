/* IPv4 and IPv6 addresses. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

uint32_t ip_interface_index(const char *name)
{
    return if_nametoindex(name);
}

/* Writes the name of the interface with this index, or the number when it has none any more. */
static void name_interface(uint32_t index, char *buf)
{
    char name[IF_NAMESIZE];
    snprintf(buf, IP_INTERFACE_MAX, "%u", index);
    if (if_indextoname(index, name))
        snprintf(buf, IP_INTERFACE_MAX, "%s", name);
}

/* As the kernel judges the names of interfaces. */
static int parse_interface(const char *text, char *ret_name)
{
    size_t len = strcspn(text, "/: \t\n\v\f\r");
    if (len == 0 || text[len] != '\0' || len >= IP_INTERFACE_MAX || strcmp(text, ".") == 0 ||
        strcmp(text, "..") == 0)
        return ERR_INVALID;
    memcpy(ret_name, text, len + 1);
    char *end;
    unsigned long index = strtoul(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0' && index <= UINT32_MAX &&
        ip_interface_index(text) == 0)
        name_interface((uint32_t)index, ret_name);
    return 0;
}

const char *ip_read_v4(const char *text, uint8_t *ret_bytes)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0 && *text++ != '.')
            return NULL;
        unsigned value = (unsigned)(*text - '0');
        unsigned next = value <= 9 ? (unsigned)(*++text - '0') : 0;
        if (value > 9 || (value == 0 && next <= 9))
            return NULL;
        for (; next <= 9; next = (unsigned)(*++text - '0')) {
            value = value * 10 + next;
            if (value > UINT8_MAX)
                return NULL;
        }
        bytes[i] = (uint8_t)value;
    }
    memcpy(ret_bytes, bytes, sizeof(bytes));
    return text;
}

int ip_parse(const char *text, struct ip_addr *ret_addr)
{
    struct ip_addr addr = {0};
    const char *rest = ip_read_v4(text, addr.bytes);
    if (rest && *rest == '\0') {
        addr.version = IP_V4;
        *ret_addr = addr;
        return 0;
    }
    char host[INET6_ADDRSTRLEN];
    size_t host_len = strcspn(text, "%");
    if (host_len >= sizeof(host))
        return ERR_INVALID;
    memcpy(host, text, host_len);
    host[host_len] = '\0';
    if (inet_pton(AF_INET6, host, addr.bytes) != 1)
        return ERR_INVALID;
    addr.version = IP_V6;
    if (text[host_len] == '%' && parse_interface(text + host_len + 1, addr.interface) != 0)
        return ERR_INVALID;
    *ret_addr = addr;
    return 0;
}

int ip_parse_id(const char *text, struct ip_addr *ret_id)
{
    if (ip_parse(text, ret_id) || ret_id->version != IP_V4 || ip_is_unspecified(ret_id))
        return ERR_INVALID;
    return 0;
}

const char *ip_format(const struct ip_addr *addr, char *buf)
{
    buf[0] = '\0';
    if (addr->version == IP_V4)
        inet_ntop(AF_INET, addr->bytes, buf, IP_TEXT_MAX);
    else if (addr->version == IP_V6)
        inet_ntop(AF_INET6, addr->bytes, buf, IP_TEXT_MAX);
    if (addr->interface[0] != '\0') {
        size_t len = strlen(buf);
        snprintf(buf + len, IP_TEXT_MAX - len, "%%%s", addr->interface);
    }
    return buf;
}

struct ip_addr ip_from_v4(uint32_t host_order)
{
    return (struct ip_addr){
        .version = IP_V4,
        .bytes = {(uint8_t)(host_order >> 24), (uint8_t)(host_order >> 16),
                  (uint8_t)(host_order >> 8), (uint8_t)host_order},
    };
}

uint32_t ip_to_v4(const struct ip_addr *addr)
{
    return (uint32_t)addr->bytes[0] << 24 | (uint32_t)addr->bytes[1] << 16 |
           (uint32_t)addr->bytes[2] << 8 | addr->bytes[3];
}

struct ip_addr ip_from_bytes(uint8_t version, const void *bytes)
{
    struct ip_addr addr = {.version = version};
    memcpy(addr.bytes, bytes, ip_len_bytes(version));
    return addr;
}

enum { MAPPED_PREFIX_BYTES = 12 };
static const struct ip_addr mapped_prefix = {.version = IP_V6, .bytes = {[10] = 0xff, [11] = 0xff}};

bool ip_is_v4_mapped(const struct ip_addr *addr)
{
    return addr->version == IP_V6 &&
           memcmp(addr->bytes, mapped_prefix.bytes, MAPPED_PREFIX_BYTES) == 0;
}

struct ip_addr ip_v4_mapped(const struct ip_addr *v4)
{
    struct ip_addr addr = mapped_prefix;
    memcpy(addr.bytes + MAPPED_PREFIX_BYTES, v4->bytes, ip_len_bytes(IP_V4));
    return addr;
}

struct ip_addr ip_unmapped(const struct ip_addr *addr)
{
    return ip_is_v4_mapped(addr) ? ip_from_bytes(IP_V4, addr->bytes + MAPPED_PREFIX_BYTES) : *addr;
}

bool ip_equal(const struct ip_addr *a, const struct ip_addr *b)
{
    return ip_compare(a, b) == 0;
}

int ip_compare(const struct ip_addr *a, const struct ip_addr *b)
{
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
    if (order != 0)
        return order;
    return strcmp(a->interface, b->interface);
}

bool ip_is_link_local(const struct ip_addr *addr)
{
    if (addr->version == IP_V6)
        return addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
    return addr->version == IP_V4 && addr->bytes[0] == 169 && addr->bytes[1] == 254;
}

bool ip_is_loopback(const struct ip_addr *addr)
{
    if (addr->version == IP_V4)
        return addr->bytes[0] == 127;
    static const uint8_t v6_loopback[16] = {[15] = 1};
    return addr->version == IP_V6 && memcmp(addr->bytes, v6_loopback, 16) == 0;
}

bool ip_is_unspecified(const struct ip_addr *addr)
{
    static const uint8_t zero[16];
    return memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

bool ip_takes_in(const struct ip_addr *any, const struct ip_addr *addr)
{
    return ip_is_unspecified(any) && (any->version == IP_V6 || any->version == addr->version);
}

socklen_t ip_to_sockaddr(const struct ip_addr *addr, uint16_t port, struct sockaddr_storage *ret_sa)
{
    memset(ret_sa, 0, sizeof(*ret_sa));
    if (addr->version == IP_V4) {
        struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&sin.sin_addr, addr->bytes, 4);
        memcpy(ret_sa, &sin, sizeof(sin));
        return sizeof(sin);
    }
    struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (addr->interface[0] != '\0')
        sin6.sin6_scope_id = ip_interface_index(addr->interface);
    memcpy(&sin6.sin6_addr, addr->bytes, 16);
    memcpy(ret_sa, &sin6, sizeof(sin6));
    return sizeof(sin6);
}

int ip_from_sockaddr(const struct sockaddr *sa, struct ip_addr *ret_addr, uint16_t *ret_port)
{
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in sin;
        memcpy(&sin, sa, sizeof(sin));
        *ret_addr = ip_from_bytes(IP_V4, &sin.sin_addr);
        *ret_port = ntohs(sin.sin_port);
        return 0;
    }
    if (sa->sa_family != AF_INET6)
        return ERR_INVALID;
    struct sockaddr_in6 sin6;
    memcpy(&sin6, sa, sizeof(sin6));
    *ret_port = ntohs(sin6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&sin6.sin6_addr)) {
        *ret_addr = ip_from_bytes(IP_V4, &sin6.sin6_addr.s6_addr[12]);
        return 0;
    }
    *ret_addr = ip_from_bytes(IP_V6, &sin6.sin6_addr);
    if (ip_is_link_local(ret_addr) && sin6.sin6_scope_id != 0)
        name_interface(sin6.sin6_scope_id, ret_addr->interface);
    return 0;
}

static int parse_port(const char *text, uint16_t *ret_port)
{
    char *end;
    if (*text < '0' || *text > '9')
        return ERR_INVALID;
    unsigned long port = strtoul(text, &end, 10);
    if (*end != '\0')
        return ERR_INVALID;
    if (port == 0 || port > UINT16_MAX)
        return ERR_RANGE;
    *ret_port = (uint16_t)port;
    return 0;
}

int ip_parse_endpoint(const char *text, uint16_t default_port, struct ip_addr *ret_addr,
                      uint16_t *ret_port)
{
    uint16_t port = default_port;
    if (ip_parse(text, ret_addr) == 0) {
        *ret_port = port;
        return 0;
    }
    char host[IP_TEXT_MAX];
    const char *host_start = text;
    const char *host_end;
    const char *rest;
    if (text[0] == '[') {
        host_start = text + 1;
        host_end = strchr(text, ']');
        rest = host_end ? host_end + 1 : NULL;
    } else {
        host_end = strrchr(text, ':');
        rest = host_end;
    }
    if (!host_end || (size_t)(host_end - host_start) >= sizeof(host))
        return ERR_INVALID;
    memcpy(host, host_start, (size_t)(host_end - host_start));
    host[host_end - host_start] = '\0';
    struct ip_addr addr;
    int err = ip_parse(host, &addr);
    if (err)
        return err;
    if (text[0] != '[' && addr.version == IP_V6)
        return ERR_INVALID; /* the port of an IPv6 endpoint needs the brackets */
    if (*rest == ':') {
        err = parse_port(rest + 1, &port);
        if (err)
            return err;
    } else if (*rest != '\0') {
        return ERR_INVALID;
    }
    *ret_addr = addr;
    *ret_port = port;
    return 0;
}

const char *ip_format_endpoint(const struct ip_addr *addr, uint16_t port, char *buf)
{
    char text[IP_TEXT_MAX];
    snprintf(buf, IP_ENDPOINT_TEXT_MAX, addr->version == IP_V6 ? "[%s]:%u" : "%s:%u",
             ip_format(addr, text), port);
    return buf;
}
