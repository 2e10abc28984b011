/* Classes: members of a group who are told the same of an entry, where some have static routes of
 * their own. */
#ifndef BGPD_RIB_RIBOUT_CLASS_H
#define BGPD_RIB_RIBOUT_CLASS_H

#include "rib/ribout_change.h"

/* Items for classes with a config source that a packer has room for beside two for each entry. */
#define RIBOUT_EXTRA_ITEMS 1024u
/* Personal slots after which a slice of a walk ends. */
#define RIBOUT_SLICE_PERSONAL 65536u

/* Scratch memory for the config sources that have a class of their own. */
struct group_classes *group_classes_new(void);
void group_classes_free(struct group_classes *classes);

/* Brings the slots of an entry up to date when the group is about to be told `next` instead of
 * `said`, and packs what that means to their members. All others are *ret_rest, valid until the
 * next call; false: there are none. */
bool personal_update(struct delivery *d, uint32_t id, struct rib_entry *e, struct ribout_slot said,
                     struct ribout_slot next, bool live_pass, struct group_comparison *last,
                     struct group_class *ret_rest);

/* Marks those who take part in a walk over one group, or over two. */
void personal_mark(struct ribout *out, struct ribout_group *g, struct ribout_group *other,
                   struct ribout_member *const *members, uint32_t count);
/* What a walk does for an entry: `visit` is called for each class of those that were marked, with
 * what it is told in one group and was in the other (if there is another one). The sum of what it
 * returns. */
typedef uint32_t (*personal_visit)(void *ctx, uint32_t entry, const struct group_class *class,
                                   struct ribout_slot told, struct ribout_slot other);
uint32_t personal_each_class(struct delivery *d, const struct ribout_group *other, uint32_t entry,
                             uint32_t member_count, personal_visit visit, void *ctx);

#endif
