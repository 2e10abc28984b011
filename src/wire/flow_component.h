/* The components of flow specifications: the table of types, and how their values are coded
 * (RFC 8955 §4.2, RFC 8956 §3). For wire/flowspec*.c. */
#ifndef BGPD_WIRE_FLOW_COMPONENT_H
#define BGPD_WIRE_FLOW_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/reader.h"
#include "base/writer.h"

enum flow_component {
    FLOW_DESTINATION = 1,
    FLOW_SOURCE = 2,
    FLOW_PROTOCOL = 3, /* IPv6: upper-layer protocol */
    FLOW_PORT = 4,
    FLOW_DESTINATION_PORT = 5,
    FLOW_SOURCE_PORT = 6,
    FLOW_ICMP_TYPE = 7,
    FLOW_ICMP_CODE = 8,
    FLOW_TCP_FLAGS = 9,
    FLOW_PACKET_LENGTH = 10,
    FLOW_DSCP = 11,
    FLOW_FRAGMENT = 12,
    FLOW_LABEL = 13, /* IPv6 only */
};

enum flow_kind {
    FLOW_KIND_PREFIX,
    FLOW_KIND_NUMERIC,
    FLOW_KIND_BITMASK,
};

/* A value that has a name; for bitmasks one bit. */
struct flow_name {
    const char *name;
    uint32_t value;
};

/* What a component type is in one IP version. */
struct flow_component_spec {
    const char *name; /* as in config and output */
    enum flow_kind kind;
    uint32_t max;     /* numeric: largest value; bitmask: the bits that have a meaning */
    bool max_is_mask; /* numeric: bits outside `max` are ignored instead of refused */
    bool is_wide;     /* values have 4 octets however small they are (RFC 8956 §3.7) */
    const struct flow_name *names; /* ends with a row without a name; NULL for none */
};

/* NULL for a type that does not exist in that version. */
const struct flow_component_spec *flow_component_spec(uint8_t type, uint8_t ip_version);
/* The type of a name in any version, 0 for none. */
uint8_t flow_component_from_name(const char *name, size_t len_bytes);

/* Bits of an operator (RFC 8955 §4.2.1). */
enum flow_op {
    FLOW_OP_END = 0x80,
    FLOW_OP_AND = 0x40,
    FLOW_OP_LESS = 0x04,    /* numeric */
    FLOW_OP_GREATER = 0x02, /* numeric */
    FLOW_OP_EQUAL = 0x01,   /* numeric */
    FLOW_OP_NOT = 0x02,     /* bitmask */
    FLOW_OP_MATCH = 0x01,   /* bitmask: all bits, not just any of them */
    FLOW_OP_COMPARE = FLOW_OP_LESS | FLOW_OP_GREATER | FLOW_OP_EQUAL,
};

/* An operator with its value. */
struct flow_term {
    uint8_t op; /* enum flow_op; without the length */
    uint32_t value;
};

/* Reads one operator and value, normalised: meaningless bits are 0, `is_first` clears AND, a
 * comparison that is always true or false has the value 0. ERR_INVALID. */
int flow_term_read(struct reader *r, const struct flow_component_spec *spec, bool is_first,
                   struct flow_term *ret_term);
/* Writes the term in the shortest form that the component permits. */
void flow_term_put(struct writer *w, const struct flow_component_spec *spec, struct flow_term term);

/* A prefix component: bits from `offset_bits` up to the length are compared (IPv4: offset 0). Bits
 * outside of these are 0. */
struct flow_prefix {
    struct prefix prefix;
    uint8_t offset_bits;
};

/* ERR_INVALID. */
int flow_prefix_read(struct reader *r, uint8_t ip_version, struct flow_prefix *ret_prefix);
void flow_prefix_put(struct writer *w, const struct flow_prefix *p);
/* Clears the bits in front of the offset. */
void flow_prefix_clear_offset(struct flow_prefix *p);

#endif
