/* Where paths come from: a session with a peer, the API, or one peer's static routes in the
 * configuration. A path names its source by index. Each session is a source of its own, so that
 * when it goes down its paths stop counting at once, whatever the next session brings. */
#ifndef BGPD_RIB_SOURCE_H
#define BGPD_RIB_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "wire/family.h"
#include "wire/session_kind.h"

enum rib_source_kind {
    RIB_SOURCE_PEER = 1,
    RIB_SOURCE_API,
    RIB_SOURCE_CONFIG, /* its paths are for one group of peers only, never for the Loc-RIB's best */
};

struct rib_source {
    uint8_t kind; /* enum rib_source_kind */
    bool alive;
    bool free;            /* the index may be used again, see `drains`; the rest stays as it was */
    uint8_t session_kind; /* enum session_kind; of peers */
    bool reflector_client;
    bool route_server_client;
    uint32_t local_as;   /* our AS in the session */
    uint32_t link;       /* index of the interface, where it is known to be on a link; else 0 */
    uint32_t router_id;  /* host order */
    struct ip_addr addr; /* the peer's; of a config source: the peer it is for, if an address */
    uint64_t sweep_pass; /* of a dead one: the pass that removes the last of its paths */
};

#define RIB_ANY_NUMBER UINT32_MAX

/* What there is of one family from a source: its Adj-RIB-In. */
struct rib_adj_in {
    uint32_t paths;
    uint32_t rejected;      /* of them: those that are not used */
    bool limited;           /* no new paths are taken */
    uint32_t most_paths;    /* when there are so many, */
    uint32_t most_accepted; /* or so many that are not rejected; RIB_ANY_NUMBER for either */
    uint32_t drains;  /* of a free source: `drains` of the table when the index may not yet be used
                         again */
    uint64_t ignored; /* announcements that were not taken, as there were so many, so far */
};

static inline uint32_t rib_adj_in_accepted(const struct rib_adj_in *in)
{
    return in->paths - in->rejected;
}

#endif
