/* Where connections come in, and who is let in. */
#ifndef BGPD_DAEMON_ACCEPT_H
#define BGPD_DAEMON_ACCEPT_H

#include "daemon/service.h"

/* Opens the BGP sockets of the configuration. */
extern const struct service listening_service;

#endif
