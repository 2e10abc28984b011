/* VPN-IPv4 and VPN-IPv6 unicast (RFC 4364, RFC 4659): the RD is the first part of the key, in front
 * of the address; labels (RFC 8277) belong to the path. */
#include "wire/family_rows.h"
#include "wire/nlri_prefix.h"
#include "wire/nlri_text.h"
#include "wire/rd.h"

const struct family_info family_ipv4_vpn = {
    .name = "ipv4 vpn",
    .afi_name = "IPv4",
    .safi_name = "VPN",
    .afi = AFI_IPV4,
    .safi = 128,
    .ip_version = IP_V4,
    .key_bytes = RD_BYTES + 4,
    .rd_bytes = RD_BYTES,
    .written_as = NLRI_TEXT_PREFIX | NLRI_TEXT_RD | NLRI_TEXT_LABELS,
    .has_next_hop = true,
    .has_labels = true,
    .nlri_max_bytes = LABELED_NLRI_MAX_BYTES,
    NLRI_PREFIX_FUNCTIONS,
};

const struct family_info family_ipv6_vpn = {
    .name = "ipv6 vpn",
    .afi_name = "IPv6",
    .safi_name = "VPN",
    .afi = AFI_IPV6,
    .safi = 128,
    .ip_version = IP_V6,
    .key_bytes = RD_BYTES + 16,
    .rd_bytes = RD_BYTES,
    .written_as = NLRI_TEXT_PREFIX | NLRI_TEXT_RD | NLRI_TEXT_LABELS,
    .has_next_hop = true,
    .has_labels = true,
    .nlri_max_bytes = LABELED_NLRI_MAX_BYTES,
    NLRI_PREFIX_FUNCTIONS,
};
