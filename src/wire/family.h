/* Address families (AFI/SAFI) that BGPd speaks. */
#ifndef BGPD_WIRE_FAMILY_H
#define BGPD_WIRE_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

enum family {
    FAMILY_IPV4_UNICAST,
    FAMILY_IPV6_UNICAST,
    FAMILY_IPV4_FLOW,
    FAMILY_IPV6_FLOW,
    FAMILY_COUNT,
    FAMILY_NONE = FAMILY_COUNT,
};

/* A set of families: bit `1 << family`. */
typedef uint8_t family_set;
#define FAMILY_BIT(family) ((family_set)(1u << (family)))
#define FAMILY_ALL         ((family_set)((1u << FAMILY_COUNT) - 1))

enum { AFI_IPV4 = 1, AFI_IPV6 = 2, SAFI_UNICAST = 1, SAFI_FLOW = 133 };

struct family_info {
    uint16_t afi;
    uint8_t safi;
    uint8_t ip_version; /* enum ip_version of its prefixes */
    bool is_flow;
    const char *config_name; /* "ipv4 unicast": config, logs, CLI */
    const char *afi_name;    /* "IPv4": API */
    const char *safi_name;   /* "Unicast", "Flowspec": API */
};

/* Properties of a family; static storage. */
const struct family_info *family_info(enum family family);
/* FAMILY_NONE when BGPd does not speak it. */
enum family family_from_wire(uint16_t afi, uint8_t safi);
/* From "ipv4 unicast", "ipv6 flow" (case and separators ' ', '-', '_' alike); FAMILY_NONE. */
enum family family_from_name(const char *name);

static inline bool family_in(family_set set, enum family family)
{
    return family < FAMILY_COUNT && (set & FAMILY_BIT(family)) != 0;
}

#endif
