/* Settings that can be used but have no effect beside others: what a user should hear of. Internal
 * to config. */
#ifndef BGPD_CONFIG_NO_EFFECT_H
#define BGPD_CONFIG_NO_EFFECT_H

#include <stdbool.h>

#include "config/loader.h"

enum { NO_EFFECT_SLOTS = 12 /* at least as many as there are rules */ };

/* What became of the settings of a group with the peers that inherit them, by rule. */
struct group_use {
    bool inherited; /* by a peer at least */
    struct {
        bool effective;   /* for a peer at least */
        const char *text; /* why not for another; NULL: there is none */
        struct toml_place place;
    } slots[NO_EFFECT_SLOTS];
};

struct peer_draft;

/* Warns of settings of a peer that have no effect, and notes those that it inherits. For a peer
 * that has been read as a whole, before its routes are moved. */
void no_effect_check_peer(struct loader *l, const struct peer_draft *draft);
/* Warns, at its place in the group, of what had no effect for any peer, when all have been read. */
void no_effect_check_group(struct loader *l, const struct peer_draft *group);

#endif
