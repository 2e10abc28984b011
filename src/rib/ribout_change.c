/* Changes: whether two routes look the same to the members of a group. */
#include "rib/ribout_change.h"

void group_comparison_release(const struct ribout_group *g, struct group_comparison *last)
{
    if (last->holds) {
        rib_attrs_unref(&g->rib->attrs, last->old.attrs);
        rib_attrs_unref(&g->rib->attrs, last->next.attrs);
    }
    *last = (struct group_comparison){.holds = last->holds};
}

void group_compare(const struct ribout_group *g, const struct export_profile *before,
                   struct ribout_slot old, struct ribout_slot next, struct group_comparison *ret)
{
    if (ret->holds) {
        rib_attrs_ref(&g->rib->attrs, old.attrs);
        rib_attrs_ref(&g->rib->attrs, next.attrs);
        group_comparison_release(g, ret);
    }
    struct rib_exported a = {before, old.attrs, old.source};
    struct rib_exported b = {&g->profile, next.attrs, next.source};
    ret->old = old;
    ret->next = next;
    /* When a source has changed, what was told of its routes cannot be made again. */
    ret->same = !g->table->retell && rib_export_equal(g->rib, &a, &b);
}
