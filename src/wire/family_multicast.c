/* IPv4 and IPv6 multicast (RFC 4760 §6): prefixes as those of unicast, by which routers find the
 * way back to the sources of multicast packets. */
#include "wire/family_rows.h"
#include "wire/nlri_prefix.h"
#include "wire/nlri_text.h"

const struct family_info family_ipv4_multicast = {
    .name = "ipv4 multicast",
    .afi_name = "IPv4",
    .safi_name = "Multicast",
    .afi = AFI_IPV4,
    .safi = 2,
    .ip_version = IP_V4,
    .key_bytes = 4,
    .written_as = NLRI_TEXT_PREFIX,
    .has_next_hop = true,
    .nlri_max_bytes = 5,
    NLRI_PREFIX_FUNCTIONS,
};

const struct family_info family_ipv6_multicast = {
    .name = "ipv6 multicast",
    .afi_name = "IPv6",
    .safi_name = "Multicast",
    .afi = AFI_IPV6,
    .safi = 2,
    .ip_version = IP_V6,
    .key_bytes = 16,
    .written_as = NLRI_TEXT_PREFIX,
    .has_next_hop = true,
    .nlri_max_bytes = 17,
    NLRI_PREFIX_FUNCTIONS,
};
