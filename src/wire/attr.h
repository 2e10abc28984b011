/* Path attributes: the table of those BGPd knows, and their canonical form.
 *
 * The canonical form of the attributes of an UPDATE is what the RIB keeps: attributes in ascending
 * order of type, each at most once, the extended-length flag set only where the length needs it,
 * AS_PATH and AGGREGATOR with 4-octet ASNs (AS4_PATH and AS4_AGGREGATOR merged in, RFC 6793), no
 * MP_UNREACH_NLRI, and the next hop of every family as the pseudo attribute ATTR_NEXT_HOP whose
 * value is 4, 16 or 32 bytes (or absent: flowspec). Unknown optional transitive ones keep their
 * bytes and get the Partial bit (RFC 4271 §5); unknown non-transitive ones are gone. Equal routes
 * have equal bytes. */
#ifndef BGPD_WIRE_ATTR_H
#define BGPD_WIRE_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/reader.h"
#include "base/span.h"
#include "base/writer.h"

enum attr_type {
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
    ATTR_EXT_COMMUNITIES = 16,
    ATTR_AS4_PATH = 17,
    ATTR_AS4_AGGREGATOR = 18,
    ATTR_IPV6_EXT_COMMUNITIES = 25,
    ATTR_AIGP = 26,
    ATTR_LARGE_COMMUNITIES = 32,
    ATTR_ONLY_TO_CUSTOMER = 35,
};

enum attr_flag {
    ATTR_FLAG_OPTIONAL = 0x80,
    ATTR_FLAG_TRANSITIVE = 0x40,
    ATTR_FLAG_PARTIAL = 0x20,
    ATTR_FLAG_EXTENDED = 0x10,
};

enum origin { ORIGIN_IGP = 0, ORIGIN_EGP = 1, ORIGIN_INCOMPLETE = 2 };

/* What an error in an attribute leads to, in rising severity (RFC 7606 §2). */
enum attr_verdict { VERDICT_OK, VERDICT_DISCARD, VERDICT_WITHDRAW, VERDICT_RESET };

/* Kinds of session an attribute is judged for. */
struct attr_context {
    bool as4;  /* 4-octet ASNs in AS_PATH and AGGREGATOR (negotiated) */
    bool ibgp; /* LOCAL_PREF, ORIGINATOR_ID, CLUSTER_LIST are valid only here (RFC 7606 §7) */
};

/* One row of the attribute table. */
struct attr_spec {
    const char *name;        /* as in the registry: "AS_PATH" */
    const char *rfc;
    uint8_t flags;           /* OPTIONAL and TRANSITIVE as they must be */
    bool well_known;
    bool ibgp_only;          /* discarded when received from an external peer */
    bool drop_on_ebgp;       /* not sent to external peers */
    enum attr_verdict on_malformed; /* RFC 7606 §7 */
    /* Checks a value; 0 or ERR_INVALID. */
    int (*check)(struct span value, const struct attr_context *ctx);
};

/* The row of a type; NULL when BGPd does not know it. */
const struct attr_spec *attr_spec(uint8_t type);

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
};

/* The fields that best path selection and export look at, in host order. */
struct attr_hot {
    uint8_t origin;            /* enum origin */
    uint8_t next_hop_len_bytes; /* 0 (flowspec), 4, 16 or 32 */
    uint16_t next_hop_offset;  /* of the value within the canonical bytes */
    uint16_t flags;            /* enum attr_hot_flag */
    uint16_t as_path_len;      /* RFC 4271 §9.1.2.2 a: a set counts 1, confederation segments 0 */
    uint16_t cluster_list_len; /* number of cluster ids */
    uint16_t as_path_offset;   /* of the AS_PATH value; 0 when there is none or it is empty */
    uint32_t neighbor_as;      /* first AS of the path when it starts with a sequence, else 0 */
    uint32_t origin_as;        /* last AS when the path ends with a sequence, else 0 */
    uint32_t med;
    uint32_t local_pref;       /* 100 when ATTR_HAS_LOCAL_PREF is not set */
    uint32_t originator_id;
};

/* Room for the canonical bytes of any UPDATE: a 2-octet AS_PATH doubles. */
#define ATTR_BLOCK_MAX (2 * 65536)

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

/* Computes the hot fields of canonical bytes (they are trusted: made by attr_block builders). */
struct attr_hot attr_hot_of(struct span canonical);

/* One attribute of canonical bytes. */
struct attr_view {
    uint8_t flags;
    uint8_t type;
    struct span value; /* borrowed */
};

/* Reads the next attribute (header and value); false at the end or on a malformed header, in which
 * case the reader has failed. Works on canonical bytes and on attributes from the wire. */
bool attr_next(struct reader *r, struct attr_view *ret_attr);
/* The value of `type` in canonical bytes; false when it is not there. */
bool attr_find(struct span canonical, uint8_t type, struct span *ret_value);

/* Writes the header (extended length when needed) and value of one attribute. */
void attr_put(struct writer *w, uint8_t flags, uint8_t type, struct span value);

/* Starts an empty block, adds attributes in any order, ends it: attr_block_finish sorts them and
 * computes the hot fields. For routes made by BGPd itself (API and config). ERR_FULL. */
void attr_block_init(struct attr_block *b);
int attr_block_add(struct attr_block *b, uint8_t type, struct span value);
int attr_block_finish(struct attr_block *b);

#endif
