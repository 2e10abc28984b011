/* IPv4 and IPv6 unicast (RFC 4271, RFC 4760). What is done for each prefix of a full table exists
 * for each version, so that its length is known to the compiler. */
#include "wire/family_rows.h"
#include "wire/nlri.h"
#include "wire/nlri_prefix.h"
#include "wire/nlri_text.h"

static bool check(const struct family_info *f, struct span run)
{
    return nlri_check(run, f->ip_version);
}

static size_t read_v4(const struct family_info *f, struct reader *r, uint8_t *ret_bytes,
                      struct nlri *ret_nlri, size_t most)
{
    (void)f;
    return nlri_read_prefixes(r, IP_V4, ret_bytes, ret_nlri, most);
}

static size_t read_v6(const struct family_info *f, struct reader *r, uint8_t *ret_bytes,
                      struct nlri *ret_nlri, size_t most)
{
    (void)f;
    return nlri_read_prefixes(r, IP_V6, ret_bytes, ret_nlri, most);
}

static size_t put_v4(const struct family_info *f, struct writer *w, const struct nlri_key *keys,
                     size_t count, struct span labels)
{
    (void)f;
    (void)labels;
    return nlri_put_prefixes(w, 4, keys, count);
}

static size_t put_v6(const struct family_info *f, struct writer *w, const struct nlri_key *keys,
                     size_t count, struct span labels)
{
    (void)f;
    (void)labels;
    return nlri_put_prefixes(w, 16, keys, count);
}

const struct family_info family_ipv4_unicast = {
    .name = "ipv4 unicast",
    .afi_name = "IPv4",
    .safi_name = "Unicast",
    .afi = AFI_IPV4,
    .safi = 1,
    .ip_version = IP_V4,
    .key_bytes = 4,
    .written_as = NLRI_TEXT_PREFIX,
    .is_default = true,
    .has_next_hop = true,
    .is_unicast = true,
    .nlri_max_bytes = 5,
    .check = check,
    .split = nlri_prefix_split,
    .read = read_v4,
    .put = put_v4,
    .len_bytes = nlri_prefix_len_bytes,
    .is_martian = nlri_prefix_is_martian,
    .relates = nlri_prefix_relates,
    .format = nlri_prefix_format,
    .show = nlri_prefix_show,
    .parse = nlri_prefix_parse,
};

const struct family_info family_ipv6_unicast = {
    .name = "ipv6 unicast",
    .afi_name = "IPv6",
    .safi_name = "Unicast",
    .afi = AFI_IPV6,
    .safi = 1,
    .ip_version = IP_V6,
    .key_bytes = 16,
    .written_as = NLRI_TEXT_PREFIX,
    .is_default = true,
    .has_next_hop = true,
    .is_unicast = true,
    .nlri_max_bytes = 17,
    .check = check,
    .split = nlri_prefix_split,
    .read = read_v6,
    .put = put_v6,
    .len_bytes = nlri_prefix_len_bytes,
    .is_martian = nlri_prefix_is_martian,
    .relates = nlri_prefix_relates,
    .format = nlri_prefix_format,
    .show = nlri_prefix_show,
    .parse = nlri_prefix_parse,
};
