/* How routes look to a group of peers: how their attributes change on the way (RFC 4271 §5, RFC
 * 2545 §3, RFC 4456, RFC 7705, RFC 7947), and whether two look the same.
 *
 * That is a pure function of the attributes, of the source (its kind, and what stands in struct
 * rib_source) and of the profile of the group. */
#ifndef BGPD_RIB_LOOK_H
#define BGPD_RIB_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/rib_state.h"
#include "wire/update.h"

/* Outbound profile of a peer in one family: peers that agree in all of it form an update group.
 * Compared as bytes: start from zeroes, and keep the fields without padding between them. */
struct export_profile {
    uint32_t local_as;
    uint32_t cluster_id;
    uint32_t link;       /* as in struct rib_source */
    uint16_t max_labels; /* of a route, in families with labels: RFC 8277 §2.1 */
    uint16_t max_message_bytes;
    uint8_t family;       /* enum family */
    uint8_t source_kinds; /* bit (1 << enum rib_source_kind): what may be advertised */
    uint8_t session_kind; /* enum session_kind */
    bool as4;
    bool next_hop_self; /* towards internal peers: for routes from external ones */
    bool reflector_client;
    bool route_server_client;
    bool interpret_communities; /* of routes from route server clients to another one */
    bool marks_for_customers;   /* RFC 9234 §5: routes are for the customers of the peers only, */
    bool lacks_for_customers;   /* and those that are for customers only are not told */
    bool extended_next_hop;     /* RFC 8950: IPv4 routes may have an IPv6 next hop */
    uint8_t next_hop_len_bytes; /* our own next hop: 4, 16 or 32; 0: none, or flowspec */
    uint8_t next_hop[32];
};

_Static_assert(sizeof(struct export_profile) == 60, "padding would be compared");

/* Why peers are not told a route. */
enum rib_withheld {
    RIB_TOLD,
    RIB_WITHHELD_UNUSABLE,      /* there is no usable path */
    RIB_WITHHELD_SOURCE,        /* advertise_sources */
    RIB_WITHHELD_OWN,           /* it came from the peer itself */
    RIB_WITHHELD_NO_ADVERTISE,  /* RFC 1997 */
    RIB_WITHHELD_NO_EXPORT,     /* RFC 1997, NO_EXPORT_SUBCONFED included */
    RIB_WITHHELD_FOR_CUSTOMERS, /* RFC 9234 §5: the peers are none */
    RIB_WITHHELD_INTERNAL,      /* RFC 4456 §6: between internal peers, none of them a client */
    /* What follows is judged when policy has accepted it. */
    RIB_WITHHELD_POLICY,           /* export policy rejects it */
    RIB_WITHHELD_NEXT_HOP_FAMILY,  /* an IPv6 next hop of an IPv4 route, without RFC 8950 */
    RIB_WITHHELD_NO_NEXT_HOP,      /* it would have to be ours, and we have none in this family */
    RIB_WITHHELD_LINK_LOCAL,       /* RFC 2545 §3: the next hop is not on the peer's link */
    RIB_WITHHELD_NEXT_HOP_IS_PEER, /* RFC 4271 §5.1.3 */
    RIB_WITHHELD_LABELS,           /* more of them than the peer takes: RFC 8277 §2.1 */
    RIB_WITHHELD_TOO_LARGE,        /* for a message */
};

/* The reason for people; NULL for RIB_TOLD. Static storage. */
const char *rib_withheld_text(enum rib_withheld why);

/* What a source is to the peers of a profile. */
struct rib_relation {
    bool learned;     /* else it is of BGPd itself */
    bool transparent; /* between two clients of the route server: RFC 7947 §2.2 */
    bool other_as;    /* learned in a session of another AS of ours than that of these peers */
    bool border;      /* routes pass the border of an AS on their way. Between the internal peers of
                         two ASNs of ours there is one, too */
};

static inline struct rib_relation rib_relate(const struct export_profile *t,
                                             const struct rib_source *s)
{
    struct rib_relation r = {.learned = s->kind == RIB_SOURCE_PEER};
    r.other_as = r.learned && s->local_as != t->local_as;
    r.border =
        t->session_kind == SESSION_EXTERNAL || (s->session_kind == SESSION_INTERNAL && r.other_as);
    r.transparent = t->route_server_client && s->route_server_client && r.learned &&
                    t->session_kind == SESSION_EXTERNAL;
    return r;
}

/* Whether a route has a next hop that the peers can be told; RIB_TOLD, or why not. */
enum rib_withheld rib_judge_next_hop(const struct export_profile *t, const struct rib_source *s,
                                     const struct rib_relation *r, const struct rib_attrs *attrs);

/* How the attributes of a path from `source` change on their way to the group. Unless the answer is
 * RIB_TOLD the next hop is one that the group cannot be told: no message is to be made of
 * *ret_export. */
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

/* What of a route is sent, by its size and a digest. To make that is a walk over the attributes,
 * which thousands of prefixes may share, in any order: for long ones it is made once and kept. */
struct rib_look {
    bool is_told; /* else no next hop can be sent, and nothing else is set */
    uint8_t next_hop_len_bytes;
    uint32_t attrs_bytes; /* as they are sent */
    uint64_t digest;      /* of attributes and next hop, seeded as those of the pool */
};

struct rib_look rib_look(const struct rib *rib, const struct export_profile *t, uint32_t attrs,
                         uint32_t source);

/* What is kept. */
struct rib_looks *rib_looks_new(void);
void rib_looks_free(struct rib_looks *looks);

#endif
