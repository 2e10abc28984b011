/* Changes: whether two routes look the same to the members of a group. */
#include "rib/ribout_change.h"

struct pack_audience class_audience(struct pack *pack, const struct group_class *class,
                                    const struct ribout_member *left_out)
{
    static const struct source_sets_more nobody;
    const struct ribout_member *const out[] = {class->without[0], class->without[1], left_out};
    struct source_sets_more more = nobody;
    if (class->one)
        return group_only(class->one);
    /* There are two at most: who is left out now, and who was before. */
    for (unsigned i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
        if (!out[i])
            continue;
        assert(more.of[0] == 0);
        more.of[0] = more.of[1];
        more.of[1] = out[i]->source;
    }
    if (more.of[0] > more.of[1])
        more = (struct source_sets_more){{more.of[1], more.of[0]}};
    struct pack_audience audience = {0};
    if (class->but) {
        audience.but = pack_set(pack, class->parties, class->count, more);
        return audience;
    }
    audience.only = pack_set(pack, class->parties, class->count, nobody);
    audience.but = more.of[0] ? pack_set(pack, NULL, 0, more) : more.of[1];
    return audience;
}

struct ribout_member *class_was_left_out(struct ribout_group *g, const struct ribout_group *left,
                                         const struct group_class *class, struct ribout_slot said)
{
    if (said.attrs == 0)
        return NULL;
    struct ribout_member *m = left->by_source[said.source].is_local
                                  ? group_next_hop_member(g, said.attrs)
                                  : group_source_at(g, said.source)->member;
    return m && class_has(class, m) ? m : NULL;
}

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
