/* IP prefixes. */
#include "base/prefix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Clears the bits after the length. */
static void clear_host_bits(struct prefix *p)
{
    for (unsigned i = p->len_bits / 8; i < 16; i++) {
        unsigned kept = i == p->len_bits / 8 ? p->len_bits % 8 : 0;
        uint8_t mask = (uint8_t)(0xff00u >> kept);
        p->bytes[i] &= mask;
    }
}

int prefix_parse(const char *text, struct prefix *ret_prefix)
{
    char host[IP_TEXT_MAX];
    size_t host_len = strcspn(text, "/");
    if (host_len >= sizeof(host) || strchr(text, '%'))
        return ERR_INVALID;
    memcpy(host, text, host_len);
    host[host_len] = '\0';
    struct ip_addr addr;
    if (ip_parse(host, &addr) || addr.interface[0] != '\0')
        return ERR_INVALID;
    unsigned long len = prefix_max_bits(addr.version);
    if (text[host_len] == '/') {
        const char *digits = text + host_len + 1;
        size_t count = strspn(digits, "0123456789");
        if (count == 0 || digits[count] != '\0')
            return ERR_INVALID;
        len = count > 3 ? 999 : strtoul(digits, NULL, 10);
        if (len > prefix_max_bits(addr.version))
            return ERR_RANGE;
    }
    struct prefix p = {.version = addr.version, .len_bits = (uint8_t)len};
    memcpy(p.bytes, addr.bytes, sizeof(p.bytes));
    clear_host_bits(&p);
    *ret_prefix = p;
    return 0;
}

const char *prefix_format(const struct prefix *p, char *buf)
{
    char host[IP_TEXT_MAX];
    struct ip_addr addr = prefix_address(p);
    snprintf(buf, PREFIX_TEXT_MAX, "%.46s/%u", ip_format(&addr, host), p->len_bits);
    return buf;
}

struct prefix prefix_make(uint8_t version, uint8_t len_bits, const void *bytes)
{
    struct prefix p = {.version = version, .len_bits = len_bits};
    memcpy(p.bytes, bytes, (size_t)(len_bits + 7) / 8);
    clear_host_bits(&p);
    return p;
}

struct prefix prefix_from_ip(const struct ip_addr *addr)
{
    return prefix_make(addr->version, prefix_max_bits(addr->version), addr->bytes);
}

struct scoped_prefix scoped_prefix_from_ip(const struct ip_addr *addr)
{
    struct scoped_prefix p = {.prefix = prefix_from_ip(addr)};
    memcpy(p.interface, addr->interface, sizeof(p.interface));
    return p;
}

static bool same_interface(const struct scoped_prefix *p, const char *interface)
{
    return p->interface[0] == '\0' || strcmp(p->interface, interface) == 0;
}

bool scoped_prefix_contains_ip(const struct scoped_prefix *p, const struct ip_addr *addr)
{
    return prefix_contains_ip(&p->prefix, addr) && same_interface(p, addr->interface);
}

bool scoped_prefix_covers(const struct scoped_prefix *p, const struct scoped_prefix *inner)
{
    return prefix_covers(&p->prefix, &inner->prefix) && same_interface(p, inner->interface);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
    return a->version == b->version && a->len_bits == b->len_bits &&
           memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
    return order != 0 ? order : a->len_bits - b->len_bits;
}

static bool same_leading_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    unsigned rest = bits % 8;
    return rest == 0 || ((a[whole] ^ b[whole]) & (0xff00u >> rest) & 0xff) == 0;
}

bool prefix_contains_ip(const struct prefix *p, const struct ip_addr *addr)
{
    return p->version == addr->version && same_leading_bits(p->bytes, addr->bytes, p->len_bits);
}

bool prefix_covers(const struct prefix *p, const struct prefix *inner)
{
    return p->version == inner->version && p->len_bits <= inner->len_bits &&
           same_leading_bits(p->bytes, inner->bytes, p->len_bits);
}

bool prefix_is_host(const struct prefix *p)
{
    return p->len_bits == prefix_max_bits(p->version);
}

struct ip_addr prefix_address(const struct prefix *p)
{
    return ip_from_bytes(p->version, p->bytes);
}
