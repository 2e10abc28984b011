/* Component types of flow specifications and the coding of their values (RFC 8955 §4.2, RFC 8956
 * §3).
 *
 * One table row per type and IP version. Names of values are those of the IANA registries,
 * shortened to what people type. */
#include "wire/flow_component.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"

enum { OP_LEN_SHIFT = 4, OP_LEN_MASK = 3 };

static const struct flow_name protocol_names[] = {
    {"icmp", 1},    {"igmp", 2},       {"ipip", 4},  {"tcp", 6},   {"egp", 8},    {"udp", 17},
    {"ipv6", 41},   {"rsvp", 46},      {"gre", 47},  {"esp", 50},  {"ah", 51},    {"icmp6", 58},
    {"icmpv6", 58}, {"ipv6-icmp", 58}, {"ospf", 89}, {"pim", 103}, {"vrrp", 112}, {"l2tp", 115},
    {"sctp", 132},  {"udplite", 136},  {NULL, 0},
};

static const struct flow_name icmp_type_names[] = {
    {"echo-reply", 0},
    {"unreachable", 3},
    {"source-quench", 4},
    {"redirect", 5},
    {"echo-request", 8},
    {"router-advertisement", 9},
    {"router-solicit", 10},
    {"router-solicitation", 10},
    {"time-exceeded", 11},
    {"parameter-problem", 12},
    {"timestamp", 13},
    {"timestamp-reply", 14},
    {NULL, 0},
};

static const struct flow_name icmp6_type_names[] = {
    {"unreachable", 1},
    {"packet-too-big", 2},
    {"time-exceeded", 3},
    {"parameter-problem", 4},
    {"echo-request", 128},
    {"echo-reply", 129},
    {"router-solicit", 133},
    {"router-solicitation", 133},
    {"router-advertisement", 134},
    {"neighbor-solicitation", 135},
    {"neighbor-advertisement", 136},
    {"redirect", 137},
    {NULL, 0},
};

static const struct flow_name tcp_flag_names[] = {
    {"fin", 0x01}, {"syn", 0x02}, {"rst", 0x04}, {"psh", 0x08}, {"push", 0x08},
    {"ack", 0x10}, {"urg", 0x20}, {"ece", 0x40}, {"cwr", 0x80}, {NULL, 0},
};

/* The first one exists in IPv4 only. */
static const struct flow_name fragment_names[] = {
    {"dont-fragment", 0x01},
    {"is-fragment", 0x02},
    {"first-fragment", 0x04},
    {"last-fragment", 0x08},
    {NULL, 0},
};

/* Most components are the same in both versions. */
#define BOTH(...)                                                                                  \
    {                                                                                              \
        {__VA_ARGS__},                                                                             \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* Indexed by type; first IPv4, then IPv6, which has all of them. */
static const struct flow_component_spec components[][2] = {
    [FLOW_DESTINATION] = BOTH(.name = "destination", .kind = FLOW_KIND_PREFIX),
    [FLOW_SOURCE] = BOTH(.name = "source", .kind = FLOW_KIND_PREFIX),
    [FLOW_PROTOCOL] = BOTH(.name = "protocol", .kind = FLOW_KIND_NUMERIC, .max = UINT8_MAX,
                           .names = protocol_names),
    [FLOW_PORT] = BOTH(.name = "port", .kind = FLOW_KIND_NUMERIC, .max = UINT16_MAX),
    [FLOW_DESTINATION_PORT] =
        BOTH(.name = "destination-port", .kind = FLOW_KIND_NUMERIC, .max = UINT16_MAX),
    [FLOW_SOURCE_PORT] = BOTH(.name = "source-port", .kind = FLOW_KIND_NUMERIC, .max = UINT16_MAX),
    [FLOW_ICMP_TYPE] = {{.name = "icmp-type",
                         .kind = FLOW_KIND_NUMERIC,
                         .max = UINT8_MAX,
                         .names = icmp_type_names},
                        {.name = "icmp-type",
                         .kind = FLOW_KIND_NUMERIC,
                         .max = UINT8_MAX,
                         .names = icmp6_type_names}},
    [FLOW_ICMP_CODE] = BOTH(.name = "icmp-code", .kind = FLOW_KIND_NUMERIC, .max = UINT8_MAX),
    [FLOW_TCP_FLAGS] = BOTH(.name = "tcp-flags", .kind = FLOW_KIND_BITMASK, .max = 0x0fff,
                            .names = tcp_flag_names),
    [FLOW_PACKET_LENGTH] =
        BOTH(.name = "packet-length", .kind = FLOW_KIND_NUMERIC, .max = UINT16_MAX),
    [FLOW_DSCP] = BOTH(.name = "dscp", .kind = FLOW_KIND_NUMERIC, .max = 0x3f, .max_is_mask = true),
    [FLOW_FRAGMENT] =
        {{.name = "fragment", .kind = FLOW_KIND_BITMASK, .max = 0x0f, .names = fragment_names},
         {.name = "fragment", .kind = FLOW_KIND_BITMASK, .max = 0x0e, .names = fragment_names + 1}},
    [FLOW_LABEL] =
        {{.name = NULL},
         {.name = "flow-label", .kind = FLOW_KIND_NUMERIC, .max = 0xfffff, .is_wide = true}},
};

enum { COMPONENT_ROWS = sizeof(components) / sizeof(components[0]) };

const struct flow_component_spec *flow_component_spec(uint8_t type, uint8_t ip_version)
{
    if (type >= COMPONENT_ROWS)
        return NULL;
    const struct flow_component_spec *spec = &components[type][ip_version == IP_V6];
    return spec->name ? spec : NULL;
}

uint8_t flow_component_from_name(const char *name, size_t len_bytes)
{
    for (uint8_t type = 1; type < COMPONENT_ROWS; type++) {
        const char *known = components[type][1].name;
        if (strlen(known) == len_bytes && strncasecmp(known, name, len_bytes) == 0)
            return type;
    }
    /* What the IPv6 header calls it. */
    static const char next_header[] = "next-header";
    bool is_next_header =
        len_bytes == sizeof(next_header) - 1 && strncasecmp(next_header, name, len_bytes) == 0;
    return is_next_header ? FLOW_PROTOCOL : 0;
}

/* Clears what has no meaning; false when the value cannot stand in this component. */
static bool normalise(struct flow_term *term, const struct flow_component_spec *spec,
                      uint64_t value)
{
    if (spec->kind == FLOW_KIND_BITMASK) {
        term->op &= FLOW_OP_END | FLOW_OP_AND | FLOW_OP_NOT | FLOW_OP_MATCH;
        term->value = (uint32_t)(value & spec->max);
        return true;
    }
    term->op &= FLOW_OP_END | FLOW_OP_AND | FLOW_OP_COMPARE;
    if (spec->max_is_mask)
        value &= spec->max;
    uint8_t compare = term->op & FLOW_OP_COMPARE;
    if (compare == 0 || compare == FLOW_OP_COMPARE)
        value = 0; /* always false or true, whatever the value */
    term->value = (uint32_t)value;
    return value <= spec->max;
}

int flow_term_read(struct reader *r, const struct flow_component_spec *spec, bool is_first,
                   struct flow_term *ret_term)
{
    uint8_t op = reader_u8(r);
    uint64_t value = 0;
    for (unsigned left = 1u << (op >> OP_LEN_SHIFT & OP_LEN_MASK); left > 0; left--)
        value = value << 8 | reader_u8(r);
    struct flow_term term = {.op = op};
    if (is_first)
        term.op &= (uint8_t)~FLOW_OP_AND;
    if (!reader_ok(r) || !normalise(&term, spec, value))
        return ERR_INVALID;
    *ret_term = term;
    return 0;
}

void flow_term_put(struct writer *w, const struct flow_component_spec *spec, struct flow_term term)
{
    if (spec->is_wide || term.value > UINT16_MAX) {
        writer_u8(w, (uint8_t)(term.op | 2 << OP_LEN_SHIFT));
        writer_u32(w, term.value);
    } else if (term.value > UINT8_MAX) {
        writer_u8(w, (uint8_t)(term.op | 1 << OP_LEN_SHIFT));
        writer_u16(w, (uint16_t)term.value);
    } else {
        writer_u8(w, term.op);
        writer_u8(w, (uint8_t)term.value);
    }
}

/* Copies `count` bits, counted from the most significant one, onto zeroes. */
static void copy_bits(uint8_t *to, unsigned to_bit, const uint8_t *from, unsigned from_bit,
                      unsigned count)
{
    for (unsigned i = 0; i < count; i++, to_bit++, from_bit++)
        if (from[from_bit / 8] & 0x80 >> from_bit % 8)
            to[to_bit / 8] |= (uint8_t)(0x80 >> to_bit % 8);
}

/* On the wire the pattern starts with the first bit after the offset (RFC 8956 §3.1). */
int flow_prefix_read(struct reader *r, uint8_t ip_version, struct flow_prefix *ret_prefix)
{
    uint8_t len_bits = reader_u8(r);
    uint8_t offset_bits = ip_version == IP_V6 ? reader_u8(r) : 0;
    bool any_address = len_bits == 0 && offset_bits == 0;
    if (len_bits > prefix_max_bits(ip_version) || (offset_bits >= len_bits && !any_address))
        return ERR_INVALID;
    unsigned pattern_bits = len_bits - offset_bits;
    struct span pattern = reader_take(r, (pattern_bits + 7) / 8);
    if (!reader_ok(r))
        return ERR_INVALID;
    struct flow_prefix p = {
        .prefix = {.version = ip_version, .len_bits = len_bits},
        .offset_bits = offset_bits,
    };
    copy_bits(p.prefix.bytes, offset_bits, pattern.data, 0, pattern_bits);
    *ret_prefix = p;
    return 0;
}

void flow_prefix_put(struct writer *w, const struct flow_prefix *p)
{
    unsigned pattern_bits = p->prefix.len_bits - p->offset_bits;
    uint8_t pattern[16] = {0};
    copy_bits(pattern, 0, p->prefix.bytes, p->offset_bits, pattern_bits);
    writer_u8(w, p->prefix.len_bits);
    if (p->prefix.version == IP_V6)
        writer_u8(w, p->offset_bits);
    writer_bytes(w, pattern, (pattern_bits + 7) / 8);
}

void flow_prefix_clear_offset(struct flow_prefix *p)
{
    for (unsigned bit = 0; bit < p->offset_bits; bit++)
        p->prefix.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}
