/* A channel is one neighbour in one family: its place in an update group, its limit, and what is
 * counted of it. A neighbour has one for each family of its configuration and of its session. */
#ifndef BGPD_DAEMON_CHANNEL_H
#define BGPD_DAEMON_CHANNEL_H

#include <stdint.h>

#include "rib/ribout.h"
#include "wire/family.h"

struct neighbor;
struct speaker;

struct channel {
    struct neighbor *neighbor; /* borrowed */
    enum family family;
    struct ribout_member *member; /* NULL: not negotiated, or there is no session */
};

/* Makes the channels of a neighbour those of its configuration and of its session. Those that stay
 * may be in another place. */
void channels_settle(struct neighbor *n);
void channels_release(struct neighbor *n);

/* The channel of a family; NULL when there is none. */
struct channel *channel_find(const struct neighbor *n, enum family family);
/* The place in an update group of the channel of a family; NULL when there is none. */
struct ribout_member *channel_member(const struct neighbor *n, enum family family);

/* The session has come up, and its source is there: the channels of the families that were
 * negotiated begin with all routes. */
void channels_up(struct speaker *s, struct neighbor *n);
/* It has gone. */
void channels_down(struct speaker *s, struct neighbor *n);

/* Ends the session when the peer has sent more prefixes than it may. To be asked after each
 * message that announces some, and when the limit has changed. */
void channel_check_limit(struct speaker *s, const struct channel *c);
/* What the export profile is made of has changed: the peer is sent what differs. */
void channel_update_export(struct speaker *s, struct channel *c);

/* Prefixes in the Adj-RIB-In, filtered ones included, and in the Adj-RIB-Out. */
uint32_t channel_received(const struct speaker *s, const struct channel *c);
uint32_t channel_advertised(const struct channel *c);

#endif
