/* What the interfaces and addresses of this machine mean to a peer. Internal to session/. */
#ifndef BGPD_SESSION_PEER_LINK_H
#define BGPD_SESSION_PEER_LINK_H

#include "session/peer_private.h"

/* A connection is up: notes the link that it runs over. */
void peer_link_note(struct peer *p, struct connection *c);
/* Ends what has lost its link, waits, or tries again. */
void peer_link_look(struct peer *p);

#endif
