/* Sessions as a service: what they report, and the life of the blocks of peers. */
#ifndef BGPD_DAEMON_SESSIONS_H
#define BGPD_DAEMON_SESSIONS_H

#include "daemon/service.h"

/* Starts the peers of the configuration, and originates their routes. */
extern const struct service sessions_service;

#endif
