/* What a group of peers is told: which path of an entry, and how its attributes change on the way
 * (RFC 4271 §5 and §9.2, RFC 1997, RFC 4456, RFC 7947). */
#ifndef BGPD_RIB_EXPORT_H
#define BGPD_RIB_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/rib.h"
#include "wire/update.h"

/* Outbound treatment of a peer in one family: peers that agree in all of it form an update group.
 * Compared as bytes: start from zeroes, and keep the fields without padding between them. */
struct rib_treatment {
    uint32_t family; /* enum family */
    uint32_t local_as;
    uint32_t cluster_id;
    uint32_t config_source; /* the source whose routes are for these peers alone; 0: none */
    uint32_t max_message_bytes;
    uint8_t source_kinds; /* bit (1 << enum rib_source_kind): what may be advertised */
    bool ebgp;
    bool as4;
    bool next_hop_self; /* towards internal peers: for routes from external ones */
    bool reflector_client;
    bool route_server_client;
    uint8_t next_hop_len_bytes; /* our own next hop: 4, 16 or 32; 0 for flowspec */
    uint8_t next_hop[32];
    bool extended_next_hop; /* RFC 8950: IPv4 routes may have an IPv6 next hop */
};

_Static_assert(sizeof(struct rib_treatment) == 60, "padding would be compared");

/* The path that the peers of a group are to be told for an entry, or NULL; borrowed from it. */
const struct rib_path *rib_export_select(const struct rib *rib, const struct rib_treatment *t,
                                         struct rib_entry *e);

/* The last answer that held for all paths with the same attributes from the same source. Starts
 * from zeroes; valid as long as neither sources nor the treatment change. */
struct rib_export_memo {
    uint32_t attrs;
    uint32_t source;
    bool allowed;
};

/* rib_export_select for an entry without local paths; makes a memo where that is possible. */
const struct rib_path *rib_export_select_first(const struct rib *rib, const struct rib_treatment *t,
                                               struct rib_entry *e, struct rib_export_memo *memo);

/* rib_export_select for many entries in a row: they come in runs with the same attributes. */
static inline const struct rib_path *rib_export_select_next(const struct rib *rib,
                                                            const struct rib_treatment *t,
                                                            struct rib_entry *e,
                                                            struct rib_export_memo *memo)
{
    if (e->flags & ENTRY_HAS_LOCAL)
        return rib_export_select(rib, t, e);
    if (!e->best_usable)
        return NULL;
    if (e->best.attrs != memo->attrs || e->best.source != memo->source)
        return rib_export_select_first(rib, t, e, memo);
    return memo->allowed ? &e->best : NULL;
}

/* How the attributes of a path from `source` change on their way to the group. */
struct attr_export rib_export_attrs(const struct rib *rib, const struct rib_treatment *t,
                                    uint32_t source);

#endif
