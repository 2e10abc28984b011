/* Answers: what members are told of an entry, and why not, for those who want to know. */
#ifndef BGPD_RIB_RIBOUT_ANSWER_H
#define BGPD_RIB_RIBOUT_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/ribout_state.h"

/* What members of a group that get the same answer are to be told of an entry. */
struct ribout_answer {
    const struct rib_path *path; /* that was selected for them; NULL: none. Borrowed */
    enum rib_withheld why;       /* they are not told it, or there is none */
    uint32_t members;            /* at least one */
};
/* Calls `each` for all members in the family of a table whose profile has sources of this kind,
 * with what follows from the entry as it is now, whatever they were told before. The best path of
 * the entry must be decided. */
void ribout_each_answer(struct ribout *out, const struct rib_table *t, uint32_t entry,
                        enum rib_source_kind kind,
                        void (*each)(void *ctx, const struct ribout_answer *answer), void *ctx);

/* What the member was told for an entry, with the attributes that policy has made; false: nothing.
 * The attributes are borrowed until the next call. */
bool ribout_member_slot(struct ribout *out, const struct ribout_member *m, uint32_t entry,
                        struct ribout_slot *ret_slot);
/* True for a path of our own that goes, with these attributes, to this peer: it is not told it (RFC
 * 4271 §5.1.3). */
bool ribout_member_is_next_hop(const struct ribout_member *m, uint32_t source, uint32_t attrs);
/* Whether the member is told a path of its config source: where it is, or where it is going
 * (ribout_move), which must be told such routes. */
bool ribout_member_takes_own(struct ribout *out, const struct ribout_member *m, uint32_t entry,
                             const struct rib_path *path);
/* What the member is told of an entry as it is now, or why nothing; *ret_path is the path that this
 * is about, told or not: of several of which it may have none the best one; NULL when there is none
 * that could be told. Where it has not come to that yet it may have been told another thing
 * (ribout_member_slot). */
struct rib_told ribout_member_told(struct ribout *out, const struct ribout_member *m,
                                   uint32_t entry, const struct rib_path **ret_path);
/* Where a member is told the first path that it may have (ribout_layer): calls `each` for those
 * that it may not have and that come before it, or for all of them when there is none, with the
 * reason. */
typedef void (*ribout_passed)(void *ctx, const struct rib_path *path, const struct rib_told *told);
void ribout_member_each_passed(struct ribout *out, const struct ribout_member *m, uint32_t entry,
                               ribout_passed each, void *ctx);

#endif
