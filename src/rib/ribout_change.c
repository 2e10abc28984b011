/* Changes: whether two routes look the same to the members of a group. */
#include "rib/ribout_change.h"

void group_compare(const struct ribout_group *g, const struct export_profile *before,
                   struct ribout_slot old, struct ribout_slot next, struct group_comparison *ret)
{
    struct rib_exported a = {before, old.attrs, old.source};
    struct rib_exported b = {&g->profile, next.attrs, next.source};
    ret->old = old;
    ret->next = next;
    /* When a source has changed, what was told of its routes cannot be made again. */
    ret->same = !g->table->retell && rib_export_equal(g->rib, &a, &b);
}
