/* From the RIB to the sockets. */
#ifndef BGPD_DAEMON_OUTBOUND_H
#define BGPD_DAEMON_OUTBOUND_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/service.h"

/* How far the round of all neighbors has come in which queues are sent. */
struct sending {
    size_t block;
    uint32_t neighbor; /* of the block */
};

/* Shows changes to the update groups, which it makes. */
extern const struct service export_service;
/* Groups fill, members move and make passes, groups dissolve. */
extern const struct service passes_service;
/* Sends what is queued, a neighbor at a time and each in its turn, and ends sessions that take too
 * little. */
extern const struct service sending_service;

#endif
