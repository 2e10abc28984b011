/* The metric of AIGP, among TLVs that we do not know (RFC 7311 §3). */
#include "wire/aigp.h"

#include "base/reader.h"

enum { TLV_METRIC = 1, TLV_METRIC_BYTES = 11, TLV_HEADER_BYTES = 3 };

/* A value in three parts: what stands before the TLV of the metric, the metric, and what stands
 * after. Without one all of it stands before. */
struct parts {
    struct span before;
    struct span after;
    bool has_metric;
    uint64_t metric;
};

static struct parts parts_of(struct span value)
{
    struct reader whole = reader_over(value);
    struct reader r = whole;
    while (reader_left(&r) > 0) {
        size_t offset = value.len_bytes - reader_left(&r);
        uint8_t type = reader_u8(&r);
        uint16_t len_bytes = reader_u16(&r);
        struct reader tlv = reader_sub(&r, (size_t)len_bytes - TLV_HEADER_BYTES);
        if (type == TLV_METRIC && len_bytes == TLV_METRIC_BYTES && reader_ok(&r))
            return (struct parts){.before = reader_take(&whole, offset),
                                  .after = reader_rest(&r),
                                  .has_metric = true,
                                  .metric = reader_u64(&tlv)};
    }
    return (struct parts){.before = reader_rest(&whole)};
}

bool aigp_metric(struct span value, uint64_t *ret_metric)
{
    struct parts parts = parts_of(value);
    if (parts.has_metric)
        *ret_metric = parts.metric;
    return parts.has_metric;
}

void aigp_put(struct writer *w, struct span value, uint64_t metric)
{
    struct parts parts = parts_of(value);
    writer_put(w, parts.before);
    writer_u8(w, TLV_METRIC);
    writer_u16(w, TLV_METRIC_BYTES);
    writer_u32(w, (uint32_t)(metric >> 32));
    writer_u32(w, (uint32_t)metric);
    writer_put(w, parts.after);
}
