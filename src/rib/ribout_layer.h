/* Layers: in the groups of route server clients a member that may not be told the best path is told
 * the first one that it may have (RFC 7947 §2.3.2), by the order of the decision process.
 *
 * A slot says the first path that may be told to the group at all, and the layers below it the
 * others. Both are functions of the entry and the profile alone, whoever is a member, by whatever
 * policies: what a member is told is a function of slot, layers and member. Nearly all get what the
 * slot says, so that a layer is looked at for those alone who do not. */
#ifndef BGPD_RIB_RIBOUT_LAYER_H
#define BGPD_RIB_RIBOUT_LAYER_H

#include "rib/ribout_outcome.h"

/* What a group says of an entry. */
struct layered {
    struct ribout_slot slot;
    struct layers below; /* what slots do not say, none */
};

/* What a party says of an entry: the slot that is its, and what it is told by that. */
struct class_view {
    struct ribout_slot slot; /* before policies */
    uint32_t told;           /* id of a set, after them; 0: nothing */
    uint32_t depth;          /* of the slot: 0, or of the layer below; LAYER_LAST: there is none */
};

#define LAYER_LAST UINT32_MAX

/* The paths of an entry that may be told to a group, by preference: the first one is for the slot.
 * None past those from which each member gets one. Borrowed until the next call. */
struct layers layers_select(struct ribout *out, const struct ribout_group *g, struct rib_entry *e);

/* Layers are about to be an entry's: their sets and sources are counted … */
void layers_come(struct ribout_group *g, struct layers layers);
/* … and take the place of those that it has, which are not any more. */
void layers_put(struct ribout *out, struct ribout_group *g, uint32_t entry, struct layers layers);
/* Gives back the layers of one page of entries. */
void layers_release_page(struct ribout *out, struct ribout_group *g, uint32_t page);

/* What a party (NULL: members in none) is told of an entry, asked for it alone; who of it is left
 * out of that (group_left_out) is told something below. What is told is borrowed until the next
 * call. */
struct class_view layers_told(struct ribout *out, const struct ribout_group *g,
                              const struct ribout_party *party, uint32_t entry,
                              const struct layered *said);
/* What a member is told instead of a view, of which it is left out. `party` is what it was of in
 * the group, from which it may have moved to another one. */
struct class_view layers_told_below(struct ribout *out, const struct ribout_group *g,
                                    const struct ribout_party *party, const struct ribout_member *m,
                                    uint32_t entry, const struct layered *said,
                                    const struct class_view *view);

/* What comes of slot and layers for all parties. Zero-initialised is empty. */
struct layer_views {
    struct class_view common;  /* what all others are told */
    struct layer_view *others; /* owned; by number of the party */
    uint32_t count;
    uint32_t size;
};
struct layer_view {
    struct ribout_party *party;
    struct class_view view;
};
/* Finds it in a group with policies, where not all get what the slot says. What is told is held
 * until outcomes_let_go. */
void layer_views_find(struct ribout *out, struct ribout_group *g, const struct layered *said,
                      uint32_t entry, enum outcome_side side, struct layer_views *ret);
/* The view of a party; NULL: it is what all others have. */
const struct layer_view *layer_view_of(const struct layer_views *views,
                                       const struct ribout_party *party);

#endif
