/* IPv4 and IPv6 unicast with labels (RFC 8277; 6PE, RFC 4798): the labels belong to the path, so
 * that prefixes are keys as those of unicast. */
#include "wire/family_rows.h"
#include "wire/nlri_prefix.h"
#include "wire/nlri_text.h"

const struct family_info family_ipv4_labeled = {
    .name = "ipv4 labeled-unicast",
    .afi_name = "IPv4",
    .safi_name = "Labeled-Unicast",
    .afi = AFI_IPV4,
    .safi = 4,
    .ip_version = IP_V4,
    .key_bytes = 4,
    .written_as = NLRI_TEXT_PREFIX | NLRI_TEXT_LABELS,
    .has_next_hop = true,
    .has_labels = true,
    .nlri_max_bytes = LABELED_NLRI_MAX_BYTES,
    NLRI_PREFIX_FUNCTIONS,
};

const struct family_info family_ipv6_labeled = {
    .name = "ipv6 labeled-unicast",
    .afi_name = "IPv6",
    .safi_name = "Labeled-Unicast",
    .afi = AFI_IPV6,
    .safi = 4,
    .ip_version = IP_V6,
    .key_bytes = 16,
    .written_as = NLRI_TEXT_PREFIX | NLRI_TEXT_LABELS,
    .has_next_hop = true,
    .has_labels = true,
    .nlri_max_bytes = LABELED_NLRI_MAX_BYTES,
    NLRI_PREFIX_FUNCTIONS,
};
