/* A peer, or a group of them, while its keys are read. Internal to config. */
#ifndef BGPD_CONFIG_PEER_DRAFT_H
#define BGPD_CONFIG_PEER_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/loader.h"
#include "config/route.h"
#include "config/schema.h"
#include "config/toml.h"

/* Attributes of static routes that stay within the AS. */
enum within_as {
    WITHIN_AS_LOCAL_PREF,
    WITHIN_AS_ORIGINATOR_ID,
    WITHIN_AS_CLUSTER_LIST,
    WITHIN_AS_AIGP,
    WITHIN_AS_COUNT,
};

/* A static route and where it stands. */
struct placed_route {
    struct static_route route; /* owned */
    struct toml_place place;
    bool inherited;         /* stands in the peer's group */
    uint8_t within_as;      /* a bit for each enum within_as that it has */
    bool has_ipv6_next_hop; /* for an IPv4 prefix */
    bool leads_to_peer;     /* its next hop is the peer's address */
};

enum { NO_EFFECT_SLOTS = 24 /* at least as many as config/no_effect needs */ };

/* What became of the settings of a group with the peers that inherit them, by rule. */
struct group_use {
    bool inherited;      /* by a peer at least */
    family_set families; /* that such peers have */
    struct {
        bool effective;   /* for a peer at least */
        const char *text; /* why not for another; NULL: there is none */
        struct toml_place place;
    } slots[NO_EFFECT_SLOTS];
};

struct peer_draft {
    struct config_peer peer;      /* owned; 0 and NULL for what was not given */
    const struct schema *schema;  /* the keys of a peer; borrowed */
    const struct toml_node *node; /* the peer's or group's own table; borrowed */
    struct peer_draft *group;     /* what a peer inherits from; NULL */
    bool lost_group;              /* it names a group that there is not */
    struct group_use use;         /* of a group */
    uint64_t doubtful; /* keys, by their number in the schema, whose value was not understood */
    struct placed_route *routes; /* owned */
    size_t route_count;
    size_t route_size;
};

/* A draft with the defaults of all keys. */
void peer_draft_init(struct peer_draft *draft, const struct schema *schema,
                     const struct toml_node *node);
void peer_draft_release(struct peer_draft *draft);

/* Reads a group's table ("where" names it) as far as it can be judged without a peer. */
void peer_draft_read_group(struct loader *l, struct peer_draft *draft, const char *where);
/* Reads a peer's table over that of its group; routes of the group are not added. */
void peer_draft_read_peer(struct loader *l, struct peer_draft *draft);
/* Fills in what comes from the top of the file, and checks what concerns several keys. */
void peer_draft_check(struct loader *l, struct peer_draft *draft);

/* The value that counts for a key: the peer's own, else the one inherited; NULL. */
const struct toml_node *peer_draft_find(const struct peer_draft *draft, const char *name);

/* The group's value of a key, when the peer takes it; NULL. */
const struct toml_node *peer_draft_inherited(const struct peer_draft *draft,
                                             const struct schema_key *key);
/* False when there is a value for a key, but one that was not understood: what is in draft->peer
 * says nothing then. */
bool peer_draft_is_certain(const struct peer_draft *draft, const char *name);

#endif
