/* What a group of peers is told: which path of an entry, and how its attributes change on the way
 * (RFC 4271 §5 and §9.2, RFC 1997, RFC 2545 §3, RFC 4456, RFC 7705, RFC 7947).
 *
 * What a route looks like to the peers is a function of its attributes, of its source (its kind,
 * and what stands in struct rib_source) and of the profile. */
#ifndef BGPD_RIB_EXPORT_H
#define BGPD_RIB_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/rib.h"
#include "wire/update.h"

/* Outbound profile of a peer in one family: peers that agree in all of it form an update group.
 * Compared as bytes: start from zeroes, and keep the fields without padding between them. */
struct export_profile {
    uint32_t local_as;
    uint32_t cluster_id;
    uint32_t link;       /* as in struct rib_source */
    uint32_t max_labels; /* of a route, in families with labels: RFC 8277 §2.1 */
    uint16_t max_message_bytes;
    uint8_t family;       /* enum family */
    uint8_t source_kinds; /* bit (1 << enum rib_source_kind): what may be advertised */
    uint8_t session_kind; /* enum session_kind */
    bool as4;
    bool next_hop_self; /* towards internal peers: for routes from external ones */
    bool reflector_client;
    bool route_server_client;
    bool interpret_communities; /* of routes from route server clients to another one */
    bool extended_next_hop;     /* RFC 8950: IPv4 routes may have an IPv6 next hop */
    uint8_t next_hop_len_bytes; /* our own next hop: 4, 16 or 32; 0: none, or flowspec */
    uint8_t next_hop[32];
};

_Static_assert(sizeof(struct export_profile) == 60, "padding would be compared");

/* Why peers are not told a route. */
enum rib_withheld {
    RIB_TOLD,
    RIB_WITHHELD_UNUSABLE,         /* there is no usable path */
    RIB_WITHHELD_SOURCE,           /* advertise_sources */
    RIB_WITHHELD_OWN,              /* it came from the peer itself */
    RIB_WITHHELD_NO_ADVERTISE,     /* RFC 1997 */
    RIB_WITHHELD_NO_EXPORT,        /* RFC 1997, NO_EXPORT_SUBCONFED included */
    RIB_WITHHELD_INTERNAL,         /* RFC 4456 §6: between internal peers, none of them a client */
    RIB_WITHHELD_NEXT_HOP_FAMILY,  /* an IPv6 next hop of an IPv4 route, without RFC 8950 */
    RIB_WITHHELD_NO_NEXT_HOP,      /* it would have to be ours, and we have none in this family */
    RIB_WITHHELD_LINK_LOCAL,       /* RFC 2545 §3: the next hop is not on the peer's link */
    RIB_WITHHELD_NEXT_HOP_IS_PEER, /* RFC 4271 §5.1.3 */
    RIB_WITHHELD_LABELS,           /* more of them than the peer takes: RFC 8277 §2.1 */
    RIB_WITHHELD_TOO_LARGE,        /* for a message */
};

/* The reason for people; NULL for RIB_TOLD. Static storage. */
const char *rib_withheld_text(enum rib_withheld why);

/* The path that peers with this profile are to be told for an entry, or NULL; borrowed from it:
 * that of `config_source`, whose routes are for them alone (0: there is none), before any other.
 * *ret_why says why there is none (else RIB_TOLD). What concerns a single peer is not looked at:
 * RIB_WITHHELD_OWN, RIB_WITHHELD_NEXT_HOP_IS_PEER. */
const struct rib_path *rib_export_select(const struct rib *rib, const struct export_profile *t,
                                         uint32_t config_source, struct rib_entry *e,
                                         enum rib_withheld *ret_why);

/* The path that this is about, told or not; NULL when the entry has none that could be. Borrowed.
 */
const struct rib_path *rib_export_candidate(const struct rib *rib, const struct export_profile *t,
                                            uint32_t config_source, struct rib_entry *e);

/* Whether peers with this profile are told routes of the configuration. */
static inline bool rib_export_tells_config(const struct export_profile *t)
{
    return (t->source_kinds & (1u << RIB_SOURCE_CONFIG)) != 0;
}

/* The last answer that held for all paths with the same attributes from the same source.
 * Starts from zeroes; valid as long as neither sources nor the profile change. */
struct rib_export_memo {
    uint32_t attrs;
    uint32_t source;
    bool allowed;
};

/* rib_export_select for an entry without local paths; makes a memo where that is possible. */
const struct rib_path *rib_export_select_first(const struct rib *rib,
                                               const struct export_profile *t, struct rib_entry *e,
                                               struct rib_export_memo *memo);

/* rib_export_select, without a config source, for many entries in a row, which come in runs with
 * the same attributes. None of them has a dead best path: rib_entry_decide has seen to that. */
static inline const struct rib_path *rib_export_select_next(const struct rib *rib,
                                                            const struct export_profile *t,
                                                            struct rib_entry *e,
                                                            struct rib_export_memo *memo)
{
    enum rib_withheld why;
    if (e->flags & ENTRY_HAS_LOCAL)
        return rib_export_select(rib, t, 0, e, &why);
    if (!e->best_usable)
        return NULL;
    if (e->best.attrs != memo->attrs || e->best.source != memo->source)
        return rib_export_select_first(rib, t, e, memo);
    return memo->allowed ? &e->best : NULL;
}

/* How the attributes of a path from `source` change on their way to the group. Unless the answer is
 * RIB_TOLD the next hop is one that the group cannot be told, and *ret_export is of no use. */
enum rib_withheld rib_export_attrs(const struct rib *rib, const struct export_profile *t,
                                   uint32_t attrs, uint32_t source, struct attr_export *ret_export);

/* A route of which a group was told, or is to be. */
struct rib_exported {
    const struct export_profile *profile;
    uint32_t attrs;
    uint32_t source;
};

/* Whether two routes look the same to the peers. */
bool rib_export_equal(const struct rib *rib, const struct rib_exported *a,
                      const struct rib_exported *b);

#endif
