/* The RIB as a service. */
#ifndef BGPD_DAEMON_SWEEP_H
#define BGPD_DAEMON_SWEEP_H

#include "daemon/service.h"

/* Makes the RIB, with the source of the API's routes. Its work is to remove the paths of sources
 * that are gone. */
extern const struct service sweep_service;

#endif
