/* What the files of RIB-out share: limits, slots, and all that there is. */
#ifndef BGPD_RIB_RIBOUT_STATE_H
#define BGPD_RIB_RIBOUT_STATE_H

#include <stdint.h>

#include "rib/decide.h"
#include "rib/export.h"
#include "rib/layer_table.h"
#include "rib/pack.h"
#include "rib/view.h"

/* Pending bytes at which a peer falls out of step. What is pending is a window on one stream of
 * shared buffers, so this bounds a group, not a peer. */
#define RIBOUT_LIVE_LIMIT_BYTES (8u << 20)
/* Pending bytes up to which passes write ahead for a member. */
#define RIBOUT_PASS_LIMIT_BYTES (256u << 10)
/* Tombstones up to which a group waits for members that are behind, or as many as twice the
 * prefixes that it advertised. */
#define RIBOUT_TOMBSTONE_LIMIT 100000u
/* Evaluations of policies and special parties (ribout_class) of a slice: some ms. */
#define RIBOUT_SLICE_COST 8192u

struct ribout_slot {
    uint32_t attrs; /* id of a set, counted; 0: withdrawn (version not 0), or never advertised */
    uint32_t source;
    uint32_t version; /* of the last change; 0: the slot is not in use */
};

_Static_assert(sizeof(struct ribout_slot) == 12, "an Adj-RIB-Out slot is 12 bytes");

struct ribout_group;
struct ribout_member;

struct ribout {
    struct rib *rib;              /* borrowed */
    struct ribout_group **groups; /* owned */
    uint32_t group_count;
    uint32_t next_walk; /* the group whose members make passes first next time */
    uint32_t given_up;  /* members that are, see ribout_member_given_up */
    uint32_t groups_made;
    uint32_t looks; /* at what parties are told of an entry, so far */
    uint32_t cost;  /* of the present slice */
    struct rib_views views;
    struct pack *pack;
    uint32_t *chunk;               /* scratch: dirty entries of one step */
    struct group_classes *classes; /* scratch, see ribout_class.c */
    struct rib_ranking ranking;    /* scratch, see ribout_layer.c, as are these: */
    struct layer *ranked;          /* owned */
    uint32_t ranked_size;
    uint32_t *held; /* owned: attributes that policies made, see outcome_hold; counted */
    uint32_t held_count;
    uint32_t held_size;
};

#endif
