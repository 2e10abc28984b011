/* AS_PATH values with 4-octet ASNs (RFC 4271 §4.3, 5.1.2; RFC 6793; RFC 5065 segment types). */
#ifndef BGPD_WIRE_ASPATH_H
#define BGPD_WIRE_ASPATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "base/u32set.h"
#include "base/writer.h"

enum aspath_segment {
    ASPATH_SET = 1,
    ASPATH_SEQUENCE = 2,
    ASPATH_CONFED_SEQUENCE = 3,
    ASPATH_CONFED_SET = 4,
};

/* Goes through the ASNs of a checked path of 4-octet ones, those of sets as well, in their order.
 */
struct aspath_walk {
    struct reader path;
    struct reader segment; /* what is left of its ASNs */
};

static inline struct aspath_walk aspath_walk_over(struct span value)
{
    return (struct aspath_walk){reader_over(value), reader_over(span_of(NULL, 0))};
}

/* False at the end. */
static inline bool aspath_walk_next(struct aspath_walk *w, uint32_t *ret_as)
{
    enum { ASN_BYTES = 4 };
    while (reader_left(&w->segment) < ASN_BYTES) {
        if (reader_left(&w->path) == 0)
            return false;
        reader_u8(&w->path); /* the type of the segment */
        size_t count = reader_u8(&w->path);
        w->segment = reader_sub(&w->path, count * ASN_BYTES);
    }
    *ret_as = reader_u32(&w->segment);
    return true;
}

/* ERR_INVALID unless `value` is a run of whole, non-empty segments of known types (RFC 7606 §7.2)
 * without AS 0 (RFC 7607); `asn_bytes` is 2 or 4. Confederation segments are an error from peers
 * outside a confederation (RFC 5065 §5), and BGPd has none. */
int aspath_check(struct span value, unsigned asn_bytes);
/* The same for AS4_PATH, where confederation segments are tolerated: aspath_put_merged leaves them
 * out (RFC 6793 §6). */
int aspath_check_as4(struct span value);

/* What best path selection and export want to know of a path. */
struct aspath_summary {
    uint16_t length; /* RFC 4271 §9.1.2.2 a: a set counts 1, confederation segments 0 */
    bool has_set;
    uint32_t first_as; /* 0 unless it starts with a sequence */
};
struct aspath_summary aspath_summarize(struct span value);

/* The length when ASNs that stand in sequences several times count once. */
unsigned aspath_unique_length(struct span value);
/* The AS that the route began in: the last one, 0 unless the path ends with a sequence (RFC 6811
 * §2). */
uint32_t aspath_origin_as(struct span value);

/* How often `as` stands in the path. */
unsigned aspath_count_as(struct span value, uint32_t as);
/* How many of the ASNs in the path are in a set; one that stands there twice counts twice. */
unsigned aspath_count_in(struct span value, const struct u32_set *asns);

/* Whether an AS number is for private use (RFC 6996): 64512 to 65534, and 4200000000 to
 * 4294967294. The last ones of both ranges, 65535 and 4294967295, are reserved (RFC 7300), not
 * private. */
bool aspath_is_private_as(uint32_t as);
/* Whether any AS of the path is. */
bool aspath_has_private_as(struct span value);

/* "64500 64501 {64502 64503}"; empty for an empty path. */
void aspath_format(struct span value, struct strbuf *out);
/* Parses what aspath_format writes; ASNs plain or dotted ("1.10"), commas as good as spaces. Writes
 * a value with 4-octet ASNs, segments of at most 255. ERR_INVALID; ERR_RANGE for an ASN that is too
 * large or 0, or a set of more than 255; ERR_FULL. */
int aspath_parse(const char *text, struct writer *w);
/* One ASN, plain or dotted (RFC 5396), 0 included. ERR_INVALID, ERR_RANGE. */
int aspath_parse_as(const char *text, uint32_t *ret_as);

/* True when an ASN needs 4 octets, so that a 2-octet peer must be sent AS4_PATH as well. */
bool aspath_needs_as4(struct span value);
/* Writes `value` with `count` ASNs in front of it (0: as it is), which go into the first segment
 * when that is a sequence with room, else into a new one (RFC 4271 §5.1.2 b). `asn_bytes` 4, or 2:
 * then AS_TRANS stands for the ASNs that need 4 (RFC 6793 §4.2.2). */
void aspath_put_prepended(struct writer *w, struct span value, const uint32_t *asns, unsigned count,
                          unsigned asn_bytes);
/* Writes `value` with what `map` makes of each AS, in the order of the path; 0: it is left out, and
 * a segment of which nothing is left goes, too. */
void aspath_put_mapped(struct writer *w, struct span value, uint32_t (*map)(void *ctx, uint32_t as),
                       void *ctx);
/* Writes the end of a path that has at most this length, in which a set counts as one. */
void aspath_put_last(struct writer *w, struct span value, unsigned length);
/* Writes a path with 2-octet ASNs with 4-octet ones. */
void aspath_put_widened(struct writer *w, struct span value_as2);
/* Writes AS_PATH (2-octet ASNs) merged with AS4_PATH (4-octet ASNs) as RFC 6793 §4.2.3 says; just
 * AS_PATH when AS4_PATH is the longer one. Confederation segments of AS4_PATH do not count (§6). */
void aspath_put_merged(struct writer *w, struct span as_path_as2, struct span as4_path);

#endif
