/* UPDATE messages: decoding with the verdicts of RFC 7606, and encoding for export. */
#ifndef BGPD_WIRE_UPDATE_H
#define BGPD_WIRE_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "base/writer.h"
#include "wire/attr.h"
#include "wire/family.h"
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
    struct span bytes;  /* borrowed from the message; every prefix or flow in it is well-formed */
};

/* A decoded UPDATE. All spans borrow the message, except `attrs`, which borrows the decoder's
 * block. Up to four runs of NLRI: the two fields of the message itself and the two attributes. */
struct update {
    struct update_nlri reach;         /* NLRI field: IPv4 unicast */
    struct update_nlri mp_reach;      /* MP_REACH_NLRI */
    struct update_nlri withdrawn;     /* Withdrawn Routes field: IPv4 unicast */
    struct update_nlri mp_unreach;    /* MP_UNREACH_NLRI */
    enum family end_of_rib;           /* FAMILY_NONE unless the message is an End-of-RIB (RFC 4724) */
    const struct attr_block *attrs;   /* for `reach`; NULL when nothing is announced */
    const struct attr_block *mp_attrs; /* for `mp_reach` (its next hop differs); NULL likewise */
    enum attr_verdict verdict;        /* the worst one: with WITHDRAW reach and mp_reach are to be
                                         treated as withdrawn, attrs and mp_attrs are NULL */
    struct notification error;        /* set when the verdict is RESET */
    /* What was wrong, for the log and the API: the last entry is the worst. */
    unsigned problem_count;
    struct update_problem {
        enum attr_verdict verdict;
        uint8_t attr_type;      /* 0: the message as a whole, or NLRI */
        const char *what;       /* static text */
        struct span where;      /* the bytes concerned; borrowed */
    } problems[4];
};

/* Decoder state that is too large for the stack: two attribute blocks. */
struct update_decoder {
    struct attr_block attrs;
    struct attr_block mp_attrs;
};

/* Decodes the body of an UPDATE message. Pure: the result depends on the arguments alone.
 * Withdrawals, announcements and their well-formedness are checked here, so that iterating over the
 * NLRI spans later cannot fail. NLRI of a family that was not negotiated is reported as a problem
 * and dropped (RFC 4760 §7 would permit a reset). */
void update_decode(struct span body, const struct update_context *ctx, struct update_decoder *decoder,
                   struct update *ret_update);

/* How canonical attributes are changed on their way to a group of peers. */
struct attr_export {
    bool as4;                  /* the peers take 4-octet ASNs */
    bool ebgp;                 /* drop LOCAL_PREF, ORIGINATOR_ID, CLUSTER_LIST; else LOCAL_PREF is added */
    bool strip_med;            /* a MED learned from one AS is not handed to another (§5.1.4) */
    uint32_t prepend_as;       /* 0: none */
    uint8_t next_hop_len_bytes; /* 0: keep; 4, 16 or 32: replace */
    uint8_t next_hop[32];
    bool reflect;              /* RFC 4456: add ORIGINATOR_ID unless there is one, prepend cluster_id */
    uint32_t originator_id;
    uint32_t cluster_id;
};

/* Writes the attributes of an UPDATE for `family`, all but MP_REACH_NLRI: with NEXT_HOP for IPv4
 * unicast whose (resulting) next hop has 4 bytes. *ret_next_hop (32 bytes) and *ret_len_bytes are the
 * next hop that MP_REACH_NLRI must carry otherwise (0 for flowspec). In ascending order of type, as
 * far as MP_REACH (14), written last by the caller, allows. */
void update_encode_attrs(struct writer *w, struct span canonical, const struct attr_hot *hot,
                         enum family family, const struct attr_export *export,
                         uint8_t *ret_next_hop, uint8_t *ret_next_hop_len_bytes);

/* Messages are packed by these: begin, then put NLRI (update_put_* return false when the message is
 * full, and leave it as it was), then end. `attrs` are the bytes update_encode_attrs wrote. */
struct update_writer {
    struct writer *w;
    enum family family;
    size_t message_mark;
    size_t attrs_len_mark;
    size_t mp_len_mark; /* of the MP attribute; 0 for the NLRI fields of the message itself */
    size_t limit_mark;  /* offset in w that the message must not pass */
    bool withdraw;
};

/* Starts an announcement of at most `max_bytes` (4096 or 65535) at the writer's position. False, with
 * nothing written, when attributes and one NLRI of 5, 17 or `first_nlri_bytes` bytes do not fit. */
bool update_begin_reach(struct update_writer *u, struct writer *w, size_t max_bytes,
                        enum family family, struct span attrs, const uint8_t *next_hop,
                        uint8_t next_hop_len_bytes);
/* Starts a withdrawal. */
bool update_begin_withdraw(struct update_writer *u, struct writer *w, size_t max_bytes,
                           enum family family);
/* Adds already encoded NLRI (one prefix or flow with its length). */
bool update_put(struct update_writer *u, struct span nlri);
void update_end(struct update_writer *u);

/* End-of-RIB (RFC 4724 §2). */
void update_encode_end_of_rib(struct writer *w, enum family family);

#endif
