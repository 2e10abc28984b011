/* Path attributes: the table of those BGPd knows, and their canonical form.
 *
 * The canonical form of the attributes of an UPDATE is what the RIB keeps: attributes in ascending
 * order of type, each at most once, the extended-length flag set only where the length needs it,
 * AS_PATH and AGGREGATOR with 4-octet ASNs (AS4_PATH and AS4_AGGREGATOR merged in, RFC 6793), no
 * MP_UNREACH_NLRI, and the next hop of every family as the pseudo attribute ATTR_NEXT_HOP whose
 * value is 4, 16 or 32 bytes (or absent: flowspec). What NLRI carries beside their keys, labels, is
 * the pseudo attribute ATTR_LABELS, the first one; what we note of a route for ourselves alone is
 * ATTR_LOCAL (wire/attr_local.h), which is never sent. Flags are those of the table; only optional
 * transitive attributes keep the Partial bit they came with. Unknown optional ones keep their bytes
 * and these three flags, so that they can be shown as they were received: what of them goes on is
 * for the encoder to say. Large communities are each there once. Equal routes have equal bytes. */
#ifndef BGPD_WIRE_ATTR_H
#define BGPD_WIRE_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/reader.h"
#include "base/span.h"
#include "base/writer.h"
#include "wire/family_row.h"
#include "wire/session_kind.h"

enum attr_type {
    ATTR_LABELS = 0, /* of NLRI: in canonical bytes only; on the wire the type is reserved */
    ATTR_ORIGIN = 1,
    ATTR_AS_PATH = 2,
    ATTR_NEXT_HOP = 3,
    ATTR_MED = 4,
    ATTR_LOCAL_PREF = 5,
    ATTR_ATOMIC_AGGREGATE = 6,
    ATTR_AGGREGATOR = 7,
    ATTR_COMMUNITIES = 8,
    ATTR_ORIGINATOR_ID = 9,
    ATTR_CLUSTER_LIST = 10,
    ATTR_MP_REACH = 14,
    ATTR_MP_UNREACH = 15,
    ATTR_LOCAL = ATTR_MP_UNREACH, /* in canonical bytes only, which never have that */
    ATTR_EXT_COMMUNITIES = 16,
    ATTR_AS4_PATH = 17,
    ATTR_AS4_AGGREGATOR = 18,
    ATTR_IPV6_EXT_COMMUNITIES = 25,
    ATTR_AIGP = 26,
    ATTR_LARGE_COMMUNITIES = 32,
    ATTR_ONLY_TO_CUSTOMER = 35,
    ATTR_TYPE_KNOWN_MAX = ATTR_ONLY_TO_CUSTOMER,
};

enum attr_flag {
    ATTR_FLAG_OPTIONAL = 0x80,
    ATTR_FLAG_TRANSITIVE = 0x40,
    ATTR_FLAG_PARTIAL = 0x20,
    ATTR_FLAG_EXTENDED = 0x10,
};

enum {
    ATTR_HEADER_BYTES = 3, /* flags, type, length; an extended length has one byte more */
    ATTR_LOCAL_PREF_DEFAULT = 100,
};

enum origin { ORIGIN_IGP = 0, ORIGIN_EGP = 1, ORIGIN_INCOMPLETE = 2 };

/* What an error in an attribute leads to, in rising severity (RFC 7606 §2). */
enum attr_verdict { VERDICT_OK, VERDICT_DISCARD, VERDICT_WITHDRAW, VERDICT_RESET };

/* The session that an attribute is judged for. */
struct attr_context {
    bool as4; /* 4-octet ASNs in AS_PATH and AGGREGATOR (negotiated) */
    enum session_kind session_kind;
    bool loopback; /* the session is within this machine: next hops may be loopback addresses */
};

/* One row of the attribute table. */
struct attr_spec {
    const char *name; /* as in the registry: "AS_PATH" */
    uint8_t flags;    /* OPTIONAL and TRANSITIVE as they must be */
    /* Discarded when received from an external peer (RFC 7606 §7), and not sent to one. */
    bool within_as;
    bool as2_only;                  /* ignored when the peer has 4-octet ASNs (RFC 6793 §4.1) */
    enum attr_verdict on_malformed; /* what a bad value leads to (RFC 7606 §3 f, 5.3, 7) */
    enum attr_verdict on_bad_flags; /* VERDICT_OK stands for WITHDRAW: RFC 7606 §3 c */
    /* Permitted lengths of the value: min to max, a multiple of step (0: any length). */
    uint16_t min_bytes;
    uint16_t max_bytes;
    uint8_t step_bytes;
    /* Checks a value of permitted length: 0 or ERR_INVALID. NULL when the length is all there is to
     * check. */
    int (*check)(struct span value, const struct attr_context *ctx);
};

/* The table, indexed by type: rows without a name are of types that BGPd does not know. */
extern const struct attr_spec attr_specs[ATTR_TYPE_KNOWN_MAX + 1];

/* The row of a type; NULL when BGPd does not know it. */
static inline const struct attr_spec *attr_spec(uint8_t type)
{
    return type <= ATTR_TYPE_KNOWN_MAX && attr_specs[type].name ? &attr_specs[type] : NULL;
}

/* Checks a value as its row says: 0 or ERR_INVALID. */
static inline int attr_check(const struct attr_spec *spec, struct span value,
                             const struct attr_context *ctx)
{
    if (value.len_bytes < spec->min_bytes || value.len_bytes > spec->max_bytes)
        return ERR_INVALID;
    if (spec->step_bytes && (uint16_t)value.len_bytes % spec->step_bytes != 0)
        return ERR_INVALID;
    return spec->check ? spec->check(value, ctx) : 0;
}

/* Whether a next hop of 4 or 16 bytes can be one (RFC 4271 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5):
 * not in 0.0.0.0/8, multicast, class E or the broadcast address, not "::", and a loopback address
 * only within this machine. An IPv4-mapped address is what the IPv4 address is. */
bool attr_next_hop_usable(struct span address, bool on_loopback);

/* Bits of attr_hot.flags. */
enum attr_hot_flag {
    ATTR_HAS_MED = 1 << 0,
    ATTR_HAS_LOCAL_PREF = 1 << 1,
    ATTR_NO_EXPORT = 1 << 2,           /* RFC 1997 */
    ATTR_NO_ADVERTISE = 1 << 3,        /* RFC 1997 */
    ATTR_NO_EXPORT_SUBCONFED = 1 << 4, /* RFC 1997; without confederations the same as NO_EXPORT */
    ATTR_NOPEER = 1 << 5,              /* RFC 3765 */
    ATTR_HAS_ORIGINATOR_ID = 1 << 6,
    ATTR_HAS_AS_SET = 1 << 7,
    ATTR_HAS_UNKNOWN = 1 << 8, /* an attribute that the table does not have */
    ATTR_HAS_LOCAL = 1 << 9,
    ATTR_HAS_ONLY_TO_CUSTOMER = 1 << 10, /* RFC 9234 */
};

/* The fields that best path selection and export look at, in host order. */
struct attr_hot {
    uint8_t origin;             /* enum origin */
    uint8_t next_hop_len_bytes; /* 0 (flowspec), 4, 16 or 32 */
    uint16_t next_hop_offset;   /* of the value within the canonical bytes */
    uint16_t flags;             /* enum attr_hot_flag */
    uint16_t as_path_len;       /* RFC 4271 §9.1.2.2 a: a set counts 1, confederation segments 0 */
    uint16_t cluster_list_len;  /* number of cluster ids */
    uint16_t as_path_offset;    /* of the AS_PATH value; 0 when there is none or it is empty */
    uint32_t neighbor_as;       /* first AS of the path when it starts with a sequence, else 0 */
    uint32_t med;
    uint32_t local_pref; /* 100 when ATTR_HAS_LOCAL_PREF is not set */
    uint32_t originator_id;
};

/* Limit of the canonical bytes, so that 16 bits address all of them. Only a 2-octet AS_PATH, which
 * doubles, can exceed it. */
#define ATTR_BLOCK_MAX 65535

/* Canonical attributes under construction. Large: keep one a decoder, not on the stack. */
struct attr_block {
    struct attr_hot hot;
    uint32_t len_bytes;
    uint8_t bytes[ATTR_BLOCK_MAX];
};

static inline struct span attr_block_span(const struct attr_block *b)
{
    return span_of(b->bytes, b->len_bytes);
}

/* One attribute, of canonical bytes or as it came from the wire; spans borrow. */
struct attr_view {
    uint8_t flags;
    uint8_t type;
    struct span value;
    struct span raw; /* the whole attribute: flags, type, length, value */
};

/* Computes the hot fields of canonical bytes (they are trusted: made by attr_block builders). */
struct attr_hot attr_hot_of(struct span canonical);

/* What attr_next tells of an attribute that is cut. */
struct attr_view attr_cut(struct span raw);

/* Reads the next attribute. False at the end, or when the attribute runs past the end: then the
 * reader has failed, `raw` is all that was left, and flags and type are set as far as they were
 * there (else 0). */
static inline bool attr_next(struct reader *r, struct attr_view *ret_attr)
{
    if (reader_left(r) == 0)
        return false;
    /* On copies, which stay in registers: the hottest function of decoding. */
    struct reader whole = *r;
    struct reader in = *r;
    struct span header = reader_take(&in, ATTR_HEADER_BYTES);
    if (reader_ok(&in)) {
        ret_attr->flags = header.data[0];
        ret_attr->type = header.data[1];
        size_t len_bytes = header.data[2];
        if (ret_attr->flags & ATTR_FLAG_EXTENDED)
            len_bytes = len_bytes << 8 | reader_u8(&in);
        ret_attr->value = reader_take(&in, len_bytes);
    }
    *r = in;
    if (!reader_ok(&in)) {
        *ret_attr = attr_cut(reader_rest(&whole));
        return false;
    }
    ret_attr->raw = span_of(header.data, reader_left(&whole) - reader_left(&in));
    return true;
}

/* The value of `type` in canonical bytes; false when it is not there. */
bool attr_find(struct span canonical, uint8_t type, struct span *ret_value);

/* The AS_PATH value in canonical bytes, found by their hot fields; empty: there is none, or it is.
 */
static inline struct span attr_as_path(struct span canonical, const struct attr_hot *hot)
{
    if (hot->as_path_offset == 0)
        return span_of(NULL, 0);
    const uint8_t *value = canonical.data + hot->as_path_offset;
    /* Of a header with two bytes of length, the type stands where else the flags are. */
    bool is_extended = value[-ATTR_HEADER_BYTES] == ATTR_AS_PATH;
    return span_of(value, is_extended ? (size_t)value[-2] << 8 | value[-1] : value[-1]);
}

/* How long ATTR_LABELS may be, with its header. */
enum { ATTR_LABELS_MAX_BYTES = ATTR_HEADER_BYTES + NLRI_MAX_LABELS_BYTES };
/* Writes it, for canonical attributes that are to follow, whose hot fields are adjusted. */
void attr_put_labels(struct writer *w, struct attr_hot *hot, struct span labels);
/* Its value; empty: there is none. */
struct span attr_labels(struct span canonical);

/* Writes the header (extended length when needed) and value of one attribute. */
static inline void attr_put(struct writer *w, uint8_t flags, uint8_t type, struct span value)
{
    bool extended = value.len_bytes > UINT8_MAX;
    size_t header_bytes = extended ? ATTR_HEADER_BYTES + 1 : ATTR_HEADER_BYTES;
    uint8_t *p = writer_claim(w, header_bytes + value.len_bytes);
    if (!p)
        return;
    p[0] = (uint8_t)((flags & ~ATTR_FLAG_EXTENDED) | (extended ? ATTR_FLAG_EXTENDED : 0));
    p[1] = type;
    p[2] = (uint8_t)(extended ? value.len_bytes >> 8 : value.len_bytes);
    if (extended)
        p[3] = (uint8_t)value.len_bytes;
    if (value.len_bytes > 0)
        memcpy(p + header_bytes, value.data, value.len_bytes);
}

/* The same for a value whose length is known only when it is written: begin, write it, end with the
 * mark that begin returned. */
static inline size_t attr_put_begin(struct writer *w, uint8_t flags, uint8_t type)
{
    size_t mark = writer_mark(w);
    uint8_t *p = writer_claim(w, ATTR_HEADER_BYTES);
    if (p) {
        p[0] = (uint8_t)(flags & ~ATTR_FLAG_EXTENDED);
        p[1] = type;
        p[2] = 0;
    }
    return mark;
}

/* Makes room for the second byte of the length. */
void attr_put_end_extended(struct writer *w, size_t mark);

static inline void attr_put_end(struct writer *w, size_t mark)
{
    if (!writer_ok(w))
        return;
    size_t len_bytes = writer_len(w) - mark - ATTR_HEADER_BYTES;
    if (len_bytes <= UINT8_MAX)
        writer_patch_u8(w, mark + 2, (uint8_t)len_bytes);
    else
        attr_put_end_extended(w, mark);
}

/* Copies whole attributes. Those that stand side by side are copied in one go: what was added is
 * written when something else is, at the latest by attr_copy_end. */
struct attr_copy {
    struct writer *w;
    struct span pending; /* borrowed: the run that has still to be written */
};

static inline void attr_copy_end(struct attr_copy *c)
{
    if (c->pending.len_bytes > 0)
        writer_put(c->w, c->pending);
    c->pending.len_bytes = 0;
}

static inline void attr_copy_add(struct attr_copy *c, struct span raw)
{
    if (span_joins(c->pending, raw)) {
        c->pending.len_bytes += raw.len_bytes;
        return;
    }
    attr_copy_end(c);
    c->pending = raw;
}

/* Bytes of the writer, once what is pending has been written. */
static inline size_t attr_copy_len(const struct attr_copy *c)
{
    return writer_len(c->w) + c->pending.len_bytes;
}

/* Starts an empty block, adds attributes in any order with the flags of the table (optional
 * transitive when unknown), ends it: attr_block_finish computes the hot fields. For routes made by
 * BGPd itself (API and config); values are trusted. ERR_FULL; ERR_EXISTS when the type is there
 * already. */
void attr_block_init(struct attr_block *b);
int attr_block_add(struct attr_block *b, uint8_t type, struct span value);
int attr_block_finish(struct attr_block *b);

#endif
