/* What the messages of a peer mean to a connection. Internal to session/. */
#ifndef BGPD_SESSION_RECEIVE_H
#define BGPD_SESSION_RECEIVE_H

#include <stdint.h>

#include "base/span.h"
#include "session/connection.h"

/* Decodes a message of a known type and runs the machine of the connection with what it says. */
void receive_message(struct connection *c, uint8_t type, struct span body);

#endif
