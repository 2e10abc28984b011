/* From the RIB to the sockets. */
#ifndef BGPD_DAEMON_OUTBOUND_H
#define BGPD_DAEMON_OUTBOUND_H

#include "daemon/service.h"

/* Shows changes to the update groups, which it makes. */
extern const struct service export_service;
/* Groups fill, members move and make passes, groups dissolve. */
extern const struct service passes_service;
/* Sends what is queued, and ends sessions that take too little. */
extern const struct service sending_service;

#endif
