/* IP prefixes. */
#include "base/prefix.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* Clears the bits after the length. */
static void clear_host_bits(struct prefix *p)
{
    unsigned first = p->len_bits / 8;
    if (first == sizeof(p->bytes))
        return;
    p->bytes[first] &= (uint8_t)(0xff00u >> p->len_bits % 8);
    memset(p->bytes + first + 1, 0, sizeof(p->bytes) - first - 1);
}

/* Reads what stands in front of the "/" or of the end; returns what follows, or NULL. */
static const char *read_address(const char *text, struct prefix *p)
{
    const char *rest = ip_read_v4(text, p->bytes);
    if (rest) {
        p->version = IP_V4;
        return *rest == '\0' || *rest == '/' ? rest : NULL;
    }
    char host[IP_TEXT_MAX];
    size_t host_len = strcspn(text, "/");
    struct ip_addr addr;
    if (host_len >= sizeof(host) || strchr(text, '%'))
        return NULL;
    memcpy(host, text, host_len);
    host[host_len] = '\0';
    if (ip_parse(host, &addr) != 0)
        return NULL;
    p->version = addr.version;
    memcpy(p->bytes, addr.bytes, sizeof(p->bytes));
    return text + host_len;
}

/* Reads "/24", or nothing, which stands for the whole address. */
static int read_length(const char *text, struct prefix *p)
{
    unsigned len = 0;
    const char *digits = text + 1;
    p->len_bits = prefix_max_bits(p->version);
    if (*text == '\0')
        return 0;
    for (text = digits; *text >= '0' && *text <= '9'; text++)
        len = len > UINT8_MAX ? len : len * 10 + (unsigned)(*text - '0');
    if (text == digits || *text != '\0')
        return ERR_INVALID;
    /* More than three digits are no length, whatever they come to. */
    if (text - digits > 3 || len > p->len_bits)
        return ERR_RANGE;
    p->len_bits = (uint8_t)len;
    return 0;
}

int prefix_parse_strict(const char *text, struct prefix *ret_prefix, bool *ret_had_host_bits)
{
    struct prefix p = {0};
    const char *rest = read_address(text, &p);
    int err = rest ? read_length(rest, &p) : ERR_INVALID;
    if (err)
        return err;
    *ret_prefix = p;
    clear_host_bits(ret_prefix);
    *ret_had_host_bits = memcmp(ret_prefix->bytes, p.bytes, sizeof(p.bytes)) != 0;
    return 0;
}

int prefix_parse(const char *text, struct prefix *ret_prefix)
{
    bool had_host_bits;
    return prefix_parse_strict(text, ret_prefix, &had_host_bits);
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

/* The two halves of an address, whose order is that of the addresses. */
static uint64_t half_of(const uint8_t *bytes, unsigned half)
{
    uint64_t value;
    memcpy(&value, bytes + half * sizeof(value), sizeof(value));
    return be64toh(value);
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    for (unsigned half = 0; half < 2; half++) {
        uint64_t x = half_of(a->bytes, half);
        uint64_t y = half_of(b->bytes, half);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a->len_bits - b->len_bits;
}

static bool same_leading_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    uint64_t high = half_of(a, 0) ^ half_of(b, 0);
    uint64_t low = half_of(a, 1) ^ half_of(b, 1);
    if (bits <= 64)
        return bits == 0 || high >> (64 - bits) == 0;
    return high == 0 && low >> (128 - bits) == 0;
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
