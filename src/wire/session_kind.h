/* Within an AS or between two: what nearly every rule about a session or its routes turns on. */
#ifndef BGPD_WIRE_SESSION_KIND_H
#define BGPD_WIRE_SESSION_KIND_H

#include <stdint.h>

/* Internal and external peers (RFC 4271 §1.1), in the order in which selection prefers their
 * routes (§9.1.2.2 d). */
enum session_kind { SESSION_EXTERNAL, SESSION_INTERNAL };

/* What a session is in which our AS is `local_as` and the peer's is `remote_as`. */
static inline enum session_kind session_kind_of(uint32_t local_as, uint32_t remote_as)
{
    return local_as == remote_as ? SESSION_INTERNAL : SESSION_EXTERNAL;
}

#endif
