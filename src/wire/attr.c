/* The table of path attributes: flags, checks and what an error leads to; reading and writing of
 * single attributes.
 *
 * Verdicts are those of RFC 7606 §7 and of the documents that define the attributes: RFC 4271
 * §5, 6.3; 1997; 4360; 4456; 4760; 5701; 6793 §6; 7311 §3; 8092 §5; 9234 §5. AS 0 is malformed
 * wherever an ASN is expected (RFC 7607). */
#include "wire/attr.h"

#include <string.h>

#include "wire/aspath.h"

static int check_origin(struct span value, const struct attr_context *ctx)
{
    (void)ctx;
    struct reader r = reader_over(value);
    return reader_u8(&r) <= ORIGIN_INCOMPLETE ? 0 : ERR_INVALID;
}

static int check_as_path(struct span value, const struct attr_context *ctx)
{
    return aspath_check(value, ctx->as4 ? 4 : 2);
}

static int check_as4_path(struct span value, const struct attr_context *ctx)
{
    (void)ctx;
    return aspath_check_as4(value);
}

static int check_next_hop(struct span value, const struct attr_context *ctx)
{
    return attr_next_hop_usable(value, ctx->loopback) ? 0 : ERR_INVALID;
}

static int check_aggregator_as(struct span value, unsigned asn_bytes)
{
    struct reader r = reader_over(value);
    uint32_t as = asn_bytes == 4 ? reader_u32(&r) : reader_u16(&r);
    return value.len_bytes == asn_bytes + 4 && as != 0 ? 0 : ERR_INVALID;
}

static int check_aggregator(struct span value, const struct attr_context *ctx)
{
    return check_aggregator_as(value, ctx->as4 ? 4 : 2);
}

static int check_as4_aggregator(struct span value, const struct attr_context *ctx)
{
    (void)ctx;
    return check_aggregator_as(value, 4);
}

/* TLVs whose length counts their header; type 1, the metric, has 11 bytes (RFC 7311 §3). */
static int check_aigp(struct span value, const struct attr_context *ctx)
{
    (void)ctx;
    enum { TLV_HEADER_BYTES = 3, TLV_METRIC = 1, TLV_METRIC_BYTES = 11 };
    struct reader r = reader_over(value);
    do {
        uint8_t type = reader_u8(&r);
        uint16_t len_bytes = reader_u16(&r);
        if (len_bytes < TLV_HEADER_BYTES || (type == TLV_METRIC && len_bytes != TLV_METRIC_BYTES))
            return ERR_INVALID;
        reader_take(&r, (size_t)len_bytes - TLV_HEADER_BYTES);
    } while (reader_left(&r) > 0);
    return reader_ok(&r) ? 0 : ERR_INVALID;
}

#define WELL_KNOWN          ATTR_FLAG_TRANSITIVE
#define OPTIONAL_TRANSITIVE (ATTR_FLAG_OPTIONAL | ATTR_FLAG_TRANSITIVE)
#define OPTIONAL_LOCAL      ATTR_FLAG_OPTIONAL
#define ANY_LENGTH          UINT16_MAX

const struct attr_spec attr_specs[ATTR_TYPE_KNOWN_MAX + 1] =
    {
        [ATTR_ORIGIN] =
            {
                /* RFC 4271 */
                .name = "ORIGIN",
                .flags = WELL_KNOWN,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 1,
                .max_bytes = 1,
                .check = check_origin,
            },
        [ATTR_AS_PATH] =
            {
                /* RFC 4271 */
                .name = "AS_PATH",
                .flags = WELL_KNOWN,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 0,
                .max_bytes = ANY_LENGTH,
                .check = check_as_path,
            },
        [ATTR_NEXT_HOP] =
            {
                /* RFC 4271 */
                .name = "NEXT_HOP",
                .flags = WELL_KNOWN,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 4,
                .max_bytes = 4,
                .check = check_next_hop,
            },
        [ATTR_MED] =
            {
                /* RFC 4271 */
                .name = "MULTI_EXIT_DISC",
                .flags = OPTIONAL_LOCAL,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 4,
                .max_bytes = 4,
            },
        [ATTR_LOCAL_PREF] =
            {
                /* RFC 4271 */
                .name = "LOCAL_PREF",
                .flags = WELL_KNOWN,
                .within_as = true,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 4,
                .max_bytes = 4,
            },
        [ATTR_ATOMIC_AGGREGATE] =
            {
                /* RFC 4271 */
                .name = "ATOMIC_AGGREGATE",
                .flags = WELL_KNOWN,
                .on_malformed = VERDICT_DISCARD,
                .min_bytes = 0,
                .max_bytes = 0,
            },
        [ATTR_AGGREGATOR] =
            {
                /* RFC 4271 */
                .name = "AGGREGATOR",
                .flags = OPTIONAL_TRANSITIVE,
                .on_malformed = VERDICT_DISCARD,
                .min_bytes = 6,
                .max_bytes = 8,
                .check = check_aggregator,
            },
        [ATTR_COMMUNITIES] =
            {
                /* RFC 1997 */
                .name = "COMMUNITIES",
                .flags = OPTIONAL_TRANSITIVE,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 4,
                .max_bytes = ANY_LENGTH,
                .step_bytes = 4,
            },
        [ATTR_ORIGINATOR_ID] =
            {
                /* RFC 4456 */
                .name = "ORIGINATOR_ID",
                .flags = OPTIONAL_LOCAL,
                .within_as = true,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 4,
                .max_bytes = 4,
            },
        [ATTR_CLUSTER_LIST] =
            {
                /* RFC 4456 */
                .name = "CLUSTER_LIST",
                .flags = OPTIONAL_LOCAL,
                .within_as = true,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 4,
                .max_bytes = ANY_LENGTH,
                .step_bytes = 4,
            },
        [ATTR_MP_REACH] =
            {
                /* RFC 4760 */
                .name = "MP_REACH_NLRI",
                .flags = OPTIONAL_LOCAL,
                .on_malformed = VERDICT_RESET,
                .min_bytes = 5,
                .max_bytes = ANY_LENGTH,
            },
        [ATTR_MP_UNREACH] =
            {
                /* RFC 4760 */
                .name = "MP_UNREACH_NLRI",
                .flags = OPTIONAL_LOCAL,
                .on_malformed = VERDICT_RESET,
                .min_bytes = 3,
                .max_bytes = ANY_LENGTH,
            },
        [ATTR_EXT_COMMUNITIES] =
            {
                /* RFC 4360 */
                .name = "EXTENDED_COMMUNITIES",
                .flags = OPTIONAL_TRANSITIVE,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 8,
                .max_bytes = ANY_LENGTH,
                .step_bytes = 8,
            },
        [ATTR_AS4_PATH] =
            {
                /* RFC 6793 */
                .name = "AS4_PATH",
                .flags = OPTIONAL_TRANSITIVE,
                .as2_only = true,
                .on_malformed = VERDICT_DISCARD,
                .min_bytes = 6,
                .max_bytes = ANY_LENGTH,
                .check = check_as4_path,
            },
        [ATTR_AS4_AGGREGATOR] =
            {
                /* RFC 6793 */
                .name = "AS4_AGGREGATOR",
                .flags = OPTIONAL_TRANSITIVE,
                .as2_only = true,
                .on_malformed = VERDICT_DISCARD,
                .min_bytes = 8,
                .max_bytes = 8,
                .check = check_as4_aggregator,
            },
        [ATTR_IPV6_EXT_COMMUNITIES] =
            {
                /* RFC 5701 */
                .name = "IPV6_EXTENDED_COMMUNITIES",
                .flags = OPTIONAL_TRANSITIVE,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 20,
                .max_bytes = ANY_LENGTH,
                .step_bytes = 20,
            },
        [ATTR_AIGP] =
            {
                /* RFC 7311 */
                .name = "AIGP",
                .flags = OPTIONAL_LOCAL,
                .within_as = true,
                .on_malformed = VERDICT_DISCARD,
                .on_bad_flags = VERDICT_DISCARD,
                .min_bytes = 3,
                .max_bytes = ANY_LENGTH,
                .check = check_aigp,
            },
        [ATTR_LARGE_COMMUNITIES] =
            {
                /* RFC 8092 */
                .name = "LARGE_COMMUNITY",
                .flags = OPTIONAL_TRANSITIVE,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 12,
                .max_bytes = ANY_LENGTH,
                .step_bytes = 12,
            },
        [ATTR_ONLY_TO_CUSTOMER] =
            {
                /* RFC 9234 */
                .name = "ONLY_TO_CUSTOMER",
                .flags = OPTIONAL_TRANSITIVE,
                .on_malformed = VERDICT_WITHDRAW,
                .min_bytes = 4,
                .max_bytes = 4,
            },
};

static bool v4_next_hop_usable(uint32_t address, bool on_loopback)
{
    enum { THIS_NETWORK = 0, LOOPBACK = 127, CLASS_D = 224 };
    uint32_t first_byte = address >> 24;
    return first_byte != THIS_NETWORK && first_byte < CLASS_D &&
           (first_byte != LOOPBACK || on_loopback);
}

bool attr_next_hop_usable(struct span address, bool on_loopback)
{
    enum { MULTICAST = 0xff, V4_MAPPED = 0xffff, UNSPECIFIED = 0, LOOPBACK = 1 };
    struct reader r = reader_over(address);
    if (address.len_bytes == 4)
        return v4_next_hop_usable(reader_u32(&r), on_loopback);
    uint64_t high = reader_u64(&r);
    uint64_t low = reader_u64(&r);
    if (high != 0)
        return high >> 56 != MULTICAST;
    if (low >> 32 == V4_MAPPED)
        return v4_next_hop_usable((uint32_t)low, on_loopback);
    return low != UNSPECIFIED && (low != LOOPBACK || on_loopback);
}

struct attr_view attr_cut(struct span raw)
{
    struct reader r = reader_over(raw);
    struct attr_view a = {.raw = raw};
    a.flags = reader_u8(&r);
    a.type = reader_u8(&r);
    return a;
}

bool attr_find(struct span canonical, uint8_t type, struct span *ret_value)
{
    struct reader r = reader_over(canonical);
    struct attr_view a;
    while (attr_next(&r, &a) && a.type <= type) {
        if (a.type == type) {
            *ret_value = a.value;
            return true;
        }
    }
    return false;
}

void attr_put_end_extended(struct writer *w, size_t mark)
{
    uint8_t *value = w->start + mark + ATTR_HEADER_BYTES;
    size_t len_bytes = writer_len(w) - mark - ATTR_HEADER_BYTES;
    writer_u8(w, 0);
    if (!writer_ok(w) || len_bytes > UINT16_MAX) {
        w->failed = true;
        return;
    }
    memmove(value + 1, value, len_bytes);
    writer_patch_u8(w, mark, (uint8_t)(w->start[mark] | ATTR_FLAG_EXTENDED));
    writer_patch_u16(w, mark + 2, (uint16_t)len_bytes);
}
