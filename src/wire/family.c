/* The table of address families (RFC 4760; SAFI 133: RFC 8955). */
#include "wire/family.h"

#include <assert.h>
#include <ctype.h>

#include "base/ip.h"

static const struct family_info families[FAMILY_COUNT] = {
    [FAMILY_IPV4_UNICAST] = {.afi = AFI_IPV4,
                             .safi = SAFI_UNICAST,
                             .ip_version = IP_V4,
                             .config_name = "ipv4 unicast",
                             .afi_name = "IPv4",
                             .safi_name = "Unicast"},
    [FAMILY_IPV6_UNICAST] = {.afi = AFI_IPV6,
                             .safi = SAFI_UNICAST,
                             .ip_version = IP_V6,
                             .config_name = "ipv6 unicast",
                             .afi_name = "IPv6",
                             .safi_name = "Unicast"},
    [FAMILY_IPV4_FLOW] = {.afi = AFI_IPV4,
                          .safi = SAFI_FLOW,
                          .ip_version = IP_V4,
                          .is_flow = true,
                          .config_name = "ipv4 flow",
                          .afi_name = "IPv4",
                          .safi_name = "Flowspec"},
    [FAMILY_IPV6_FLOW] = {.afi = AFI_IPV6,
                          .safi = SAFI_FLOW,
                          .ip_version = IP_V6,
                          .is_flow = true,
                          .config_name = "ipv6 flow",
                          .afi_name = "IPv6",
                          .safi_name = "Flowspec"},
};

const struct family_info *family_info(enum family family)
{
    assert(family < FAMILY_COUNT);
    return &families[family];
}

enum family family_from_wire(uint16_t afi, uint8_t safi)
{
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        if (families[i].afi == afi && families[i].safi == safi)
            return (enum family)i;
    return FAMILY_NONE;
}

static char fold(char c)
{
    return c == '-' || c == '_' ? ' ' : (char)tolower((unsigned char)c);
}

static bool name_equal(const char *a, const char *b)
{
    while (*a != '\0' && fold(*a) == fold(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

enum family family_from_name(const char *name)
{
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        if (name_equal(families[i].config_name, name))
            return (enum family)i;
    return FAMILY_NONE;
}
