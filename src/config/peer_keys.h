/* The keys of [[peers]] and [groups.NAME]. Internal to config. */
#ifndef BGPD_CONFIG_PEER_KEYS_H
#define BGPD_CONFIG_PEER_KEYS_H

#include "config/schema.h"

extern const struct schema schema_peer; /* target: struct peer_draft */

#endif
