/* UPDATE messages: decoding with the verdicts of RFC 7606, and encoding for export. */
#ifndef BGPD_WIRE_UPDATE_H
#define BGPD_WIRE_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/writer.h"
#include "wire/attr.h"
#include "wire/family.h"
#include "wire/message.h"
#include "wire/notification.h"

/* What a session has negotiated, as far as UPDATEs depend on it. */
struct update_context {
    struct attr_context attr;
    family_set families;          /* negotiated */
    family_set extended_next_hop; /* RFC 8950 */
};

/* NLRI of one family within an UPDATE. */
struct update_nlri {
    enum family family; /* FAMILY_NONE when absent */
    struct span bytes;  /* borrowed; every prefix or flow in it is well-formed */
};

/* Something that was wrong with an UPDATE. */
struct update_problem {
    enum attr_verdict verdict;
    uint8_t attr_type; /* 0: the message as a whole, or NLRI outside of attributes */
    const char *what;  /* static text */
    struct span where; /* the bytes concerned; borrowed from the message */
};

enum { UPDATE_PROBLEMS_MAX = 4 };

/* A decoded UPDATE. All spans borrow the message or the decoder, `attrs` and `mp_attrs` the
 * decoder: both must be left alone while the result is in use. Up to four runs of NLRI: the two
 * fields of the message itself and the two attributes. */
struct update {
    struct update_nlri reach;       /* NLRI field */
    struct update_nlri mp_reach;    /* MP_REACH_NLRI */
    struct update_nlri withdrawn;   /* Withdrawn Routes field */
    struct update_nlri mp_unreach;  /* MP_UNREACH_NLRI */
    enum family end_of_rib;         /* FAMILY_NONE unless the message is an End-of-RIB (RFC 4724) */
    const struct attr_block *attrs; /* for `reach`; NULL when nothing is announced */
    const struct attr_block *mp_attrs; /* for `mp_reach` (its next hop differs); NULL likewise */
    /* The worst one. WITHDRAW: reach and mp_reach are to be treated as withdrawn, attrs and
     * mp_attrs are NULL. RESET: nothing but `error` and the problems is set. */
    enum attr_verdict verdict;
    struct notification error; /* valid when the verdict is RESET */
    /* What was wrong, for the log and the API, in rising severity: the last entry is the worst.
     * When there is more than fits, the mildest are missing. */
    unsigned problem_count;
    struct update_problem problems[UPDATE_PROBLEMS_MAX];
};

/* Decoder state that is too large for the stack. */
struct update_decoder {
    struct attr_block attrs;
    struct attr_block mp_attrs;
    /* What is kept of flows and of large communities, where not all is; AS_PATH and AGGREGATOR with
     * 4-octet ASNs. All of it comes from one message, and at most doubles. */
    uint8_t scratch[2 * 65536];
};

/* Decodes the body of an UPDATE message. Pure: the result depends on the arguments alone.
 * Withdrawals, announcements and their well-formedness are checked here, so that iterating over the
 * NLRI spans later cannot fail. NLRI of a family that was not negotiated is reported as a problem
 * and dropped (RFC 4760 §7 would permit a reset). */
void update_decode(struct span body, const struct update_context *ctx,
                   struct update_decoder *decoder, struct update *ret_update);

/* How canonical attributes are changed on their way to a group of peers. Starts from zeroes;
 * compared as bytes: what does not apply stays 0. */
struct attr_export {
    uint32_t prepend[2]; /* in front of the AS_PATH, the leftmost first */
    uint32_t originator_id;
    uint32_t cluster_id;
    uint32_t only_to_customer; /* RFC 9234: added unless there is one; 0: none */
    uint8_t next_hop[32];
    uint8_t next_hop_len_bytes; /* 0: keep; 4, 16 or 32: replace */
    uint8_t prepend_count;
    bool as4; /* the peers take 4-octet ASNs; else AS4_PATH, AS4_AGGREGATOR are added as needed */
    uint8_t session_kind; /* enum session_kind; to internal peers LOCAL_PREF is always there */
    bool border; /* over the border of an AS: LOCAL_PREF, ORIGINATOR_ID, CLUSTER_LIST and AIGP stop
                    here, and non-transitive extended communities (RFC 4360 §6) */
    bool transparent; /* between clients of a route server: these communities pass */
    bool strip_med;   /* a MED learned from one AS is not handed to another (RFC 4271 §5.1.4) */
    bool reflect;     /* RFC 4456: add ORIGINATOR_ID unless there is one, prepend cluster_id */
};

_Static_assert(sizeof(struct attr_export) == 60, "padding would be compared");

/* Writes the attributes of an UPDATE for `family` in ascending order of type, all but
 * MP_REACH_NLRI. ORIGIN and AS_PATH are always there. *ret_next_hop (32 bytes) and *ret_len_bytes
 * are the next hop that update_begin_reach is to be given:
 *   IPv4 unicast   4 bytes: written here as NEXT_HOP
 *   other of IPv4  4 bytes, for MP_REACH_NLRI
 *   IPv4           16 or 32: for MP_REACH_NLRI (RFC 8950), which only peers that negotiated it may
 *                  be sent
 *   IPv6           16 or 32 bytes; a next hop of 4 bytes becomes IPv4-mapped
 *   flows          none: 0
 * `w` fails when it is full. */
void update_encode_attrs(struct writer *w, struct span canonical, const struct attr_hot *hot,
                         enum family family, const struct attr_export *export,
                         uint8_t *ret_next_hop, uint8_t *ret_next_hop_len_bytes);

/* Whether two sets of attributes surely differ when they are exported in the same way. What stands
 * in front of the next hop, labels, ORIGIN and AS_PATH, nearly always tells. */
static inline bool update_differ_at_once(struct span canonical_a, const struct attr_hot *hot_a,
                                         struct span canonical_b, const struct attr_hot *hot_b)
{
    size_t front_bytes = hot_a->next_hop_offset;
    if (front_bytes != hot_b->next_hop_offset)
        return true;
    if (front_bytes > 0)
        front_bytes -= ATTR_HEADER_BYTES; /* which holds the length of the next hop */
    return !span_equal(span_of(canonical_a.data, front_bytes),
                       span_of(canonical_b.data, front_bytes));
}

/* Bytes of an announcement with attributes of `attrs_bytes`, as update_encode_attrs wrote them,
 * this next hop and one NLRI. */
size_t update_reach_bytes(enum family family, size_t attrs_bytes, uint8_t next_hop_len_bytes,
                          size_t nlri_bytes);

/* Messages are packed with these: begin, put NLRI until update_put says that the message is full,
 * end. One message carries one kind of NLRI; MP_REACH_NLRI and MP_UNREACH_NLRI are its first
 * attribute (RFC 7606 §5.1). */
struct update_writer {
    struct writer *w;
    struct span attrs; /* borrowed until update_end: what follows MP_REACH_NLRI */
    size_t message_mark;
    /* Length fields that update_end fills in; 0: none. */
    size_t withdrawn_mark;
    size_t attrs_len_mark;
    size_t mp_len_mark;
    size_t nlri_mark;  /* where NLRI begins */
    size_t limit_mark; /* NLRI must not pass this offset */
};

/* Starts an announcement of at most `max_bytes` (4096 or 65535, and what is left in the writer) at
 * the writer's position. `attrs` are the bytes update_encode_attrs wrote. False, with nothing
 * written, when they leave no room for NLRI. */
bool update_begin_reach(struct update_writer *u, struct writer *w, size_t max_bytes,
                        enum family family, struct span attrs, const uint8_t *next_hop,
                        uint8_t next_hop_len_bytes);
/* Starts a withdrawal. */
bool update_begin_withdraw(struct update_writer *u, struct writer *w, size_t max_bytes,
                           enum family family);
/* Adds already encoded NLRI (one prefix or flow with its length). False when the message is full,
 * which is then as it was. */
static inline bool update_put(struct update_writer *u, struct span nlri)
{
    if (nlri.len_bytes > u->limit_mark - writer_mark(u->w))
        return false;
    writer_put(u->w, nlri);
    return true;
}

/* The room for NLRI that is left in the message, as a writer of its own; what was written there is
 * part of the message once update_wrote() was told. For many NLRI in a row. */
static inline struct writer update_room(const struct update_writer *u)
{
    return writer_over(u->w->pos, u->limit_mark - writer_mark(u->w));
}
static inline void update_wrote(struct update_writer *u, const struct writer *room)
{
    writer_claim(u->w, writer_len(room));
}
/* Ends the message. When nothing was put into it nothing is written, and it returns false: so a
 * flow that does not fit even alone leaves no trace. */
bool update_end(struct update_writer *u);

/* End-of-RIB (RFC 4724 §2). */
void update_encode_end_of_rib(struct writer *w, enum family family);

#endif
