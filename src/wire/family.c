/* The table of address families (RFC 4760). */
#include "wire/family.h"

#include <ctype.h>

#include "wire/family_rows.h"

const struct family_info *const family_rows[FAMILY_COUNT] = {
    [FAMILY_IPV4_UNICAST] = &family_ipv4_unicast,
    [FAMILY_IPV6_UNICAST] = &family_ipv6_unicast,
    [FAMILY_IPV4_FLOW] = &family_ipv4_flow,
    [FAMILY_IPV6_FLOW] = &family_ipv6_flow,
    [FAMILY_IPV4_MULTICAST] = &family_ipv4_multicast,
    [FAMILY_IPV6_MULTICAST] = &family_ipv6_multicast,
    [FAMILY_IPV4_LABELED] = &family_ipv4_labeled,
    [FAMILY_IPV6_LABELED] = &family_ipv6_labeled,
    [FAMILY_IPV4_VPN] = &family_ipv4_vpn,
    [FAMILY_IPV6_VPN] = &family_ipv6_vpn,
};

enum family family_from_wire(uint16_t afi, uint8_t safi)
{
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        if (family_rows[i]->afi == afi && family_rows[i]->safi == safi)
            return (enum family)i;
    return FAMILY_NONE;
}

enum family family_of_destinations(enum family family)
{
    enum { SAFI_UNICAST = 1 };
    const struct family_info *info = family_info(family);
    return info->destination ? family_from_wire(info->afi, SAFI_UNICAST) : FAMILY_NONE;
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
        if (name_equal(family_rows[i]->name, name))
            return (enum family)i;
    return FAMILY_NONE;
}

/* Whether the routes of a family are written by all of these parts. */
static bool is_written_by(const struct family_info *info, uint8_t parts)
{
    return (parts & ~info->written_as) == 0;
}

enum family family_for_text(uint8_t ip_version, uint8_t parts)
{
    enum family found = FAMILY_NONE;
    int fewest = 0;
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        const struct family_info *info = family_rows[i];
        int others = __builtin_popcount((unsigned)(info->written_as & ~parts));
        if (info->ip_version != ip_version || !is_written_by(info, parts) ||
            (found != FAMILY_NONE && others >= fewest))
            continue;
        found = (enum family)i;
        fewest = others;
    }
    return found;
}

const char *family_nth_name(uint8_t parts, unsigned n)
{
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        if (is_written_by(family_rows[i], parts) && n-- == 0)
            return family_rows[i]->name;
    return NULL;
}

family_set family_defaults(void)
{
    family_set set = 0;
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        if (family_rows[i]->is_default)
            set |= FAMILY_BIT(i);
    return set;
}

family_set family_with_own_next_hop(uint8_t ip_version)
{
    family_set set = 0;
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        if (family_rows[i]->ip_version == ip_version && family_has_own_next_hop(family_rows[i]))
            set |= FAMILY_BIT(i);
    return set;
}

family_set family_with_next_hop(uint8_t ip_version)
{
    family_set set = 0;
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        if (family_rows[i]->ip_version == ip_version && family_rows[i]->has_next_hop)
            set |= FAMILY_BIT(i);
    return set;
}
