/* Classes: members of a group who are told the same of an entry, where not all are: some parties
 * have static routes of their own, or policies that make another thing of it. */
#ifndef BGPD_RIB_RIBOUT_CLASS_H
#define BGPD_RIB_RIBOUT_CLASS_H

#include "rib/ribout_change.h"
#include "rib/ribout_layer.h"

/* Items for classes of some parties that a packer has room for beside two for each entry. */
#define RIBOUT_EXTRA_ITEMS 1024u
/* Personal slots after which a slice of a walk ends. */
#define RIBOUT_SLICE_PERSONAL 65536u

static inline struct ribout_slot class_told(struct class_view view)
{
    view.slot.attrs = view.told;
    return view.slot;
}

/* What a class was told. When a source has changed, what policies made of its routes is not known.
 */
static inline struct group_saying class_had(const struct ribout_group *g, struct class_view had,
                                            const struct ribout_member *left_out)
{
    return (struct group_saying){.slot = class_told(had),
                                 .left_out = left_out,
                                 .may_be_told =
                                     had.told != 0 ||
                                     (g->has_policies && g->table->retell && had.slot.attrs != 0)};
}

/* A party for which it may be another thing than for the rest. */
struct class_special {
    struct ribout_party *party;
    struct class_view had;
    struct class_view now;
};

struct group_classes *group_classes_new(void);
void group_classes_free(struct group_classes *classes);
/* Those who take part in a walk. */
struct party_marks *classes_marks(struct group_classes *classes);

/* A member that is told, or was, what is below that which its class is told. */
struct class_single {
    struct ribout_member *member;
    int32_t
        more; /* entries than before: with policies, that its class is not told; else of layers */
};

/* What becomes of an entry for all who are not special. */
struct class_rest {
    struct group_class class;
    bool is_heard; /* there are such members */
    struct class_view had;
    struct class_view now;
    bool others_hear;                     /* special parties are told another thing than before */
    const struct class_special *specials; /* until the next call */
    uint32_t special_count;
    /* Where there are layers all has been packed: */
    bool is_packed;
    bool is_told;                       /* somebody hears of it */
    const struct class_single *singles; /* until the next call */
    uint32_t single_count;
};

/* An entry of a group that is about to say `next` instead of `said`, which may be the same: brings
 * its personal slots up to date, and packs what that means to special parties, or, where there are
 * layers, to all. Of all sources that are named the group knows. */
struct class_change {
    uint32_t id;
    struct rib_entry *entry;
    struct layered said;
    struct layered next;
    bool live_pass; /* a member hears of it in a pass that may not have come to what was before */
};
/* What was compared last, of the rest, special parties and single members. */
struct class_memo {
    struct group_comparison rest;
    struct group_comparison special;
    struct group_comparison single;
};
void class_update(struct delivery *d, const struct class_change *change, struct class_memo *memo,
                  struct class_rest *ret_rest);
/* What it has returned is of no use any more. */
void class_end(struct ribout *out);

/* What a walk over one group does for an entry, or over two: `visit` is called for each class of
 * those that were marked, with what it is told in the group and was in the other (if there is one).
 * The sum of what it returns. Where there are layers, members that are told what is below are
 * classes of their own. */
typedef uint32_t (*class_visit)(void *ctx, uint32_t entry, const struct group_class *class,
                                struct class_view told, struct class_view other);
uint32_t class_each(struct delivery *d, struct ribout_group *other, uint32_t entry,
                    class_visit visit, void *ctx);

#endif
