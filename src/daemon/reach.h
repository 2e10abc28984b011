/* To how many peers a route of the API goes. */
#ifndef BGPD_DAEMON_REACH_H
#define BGPD_DAEMON_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "wire/family.h"

struct peer_block;
struct speaker;

/* The number of peers (established, in the family) that are told this route of the API, which is in
 * the RIB, or are about to be. When there is none appends why to `why_none`: "none … is up". */
uint32_t reach_of(struct speaker *s, enum family family, struct nlri_key key,
                  struct strbuf *why_none);

/* How far a route gets that is aimed at some blocks. Zero-initialised: there are none. */
struct aimed_reach {
    uint32_t told; /* peers */
    bool has_block;
    bool has_taker;  /* one that takes routes of the API */
    bool has_own;    /* one to whom it is this route that is told, of those aimed at it */
    bool has_up;     /* a peer of such a block is up, */
    bool has_family; /* and has the family */
};

/* Adds a block; `is_own`: the route is among its own. */
void reach_add_block(struct aimed_reach *reach, struct speaker *s, struct peer_block *b,
                     enum family family, struct nlri_key key, bool is_own);
/* Why nobody is told. Static. */
const char *reach_why_none(const struct aimed_reach *reach);

#endif
