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
    RIB_SOURCE_NONE,
    RIB_SOURCE_PEER,
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
    uint32_t path_count[FAMILY_COUNT];
    uint32_t sweep_pass;           /* of a dead one: the pass that removes the last of its paths */
    uint32_t drains[FAMILY_COUNT]; /* of a free one: `drains` of the tables when the index may not
                                      yet be used again */
};

#endif
