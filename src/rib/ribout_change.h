/* Changes: what members must be told when a slot says another thing than before. */
#ifndef BGPD_RIB_RIBOUT_CHANGE_H
#define BGPD_RIB_RIBOUT_CHANGE_H

#include "rib/ribout_party.h"

/* Members who are told the same of an entry, but for what is their own route or goes to themselves:
 * those of some parties, or all but these. */
struct group_class {
    const uint32_t *parties; /* their names, ascending */
    uint32_t count;
    bool but;
    struct ribout_member *one;        /* NULL, or this one alone */
    struct ribout_member *without[2]; /* who are not among them but classes of their own; NULL */
};

static inline bool class_has(const struct group_class *class, const struct ribout_member *m)
{
    if (!class || m == class->one)
        return true;
    if (class->one || m == class->without[0] || m == class->without[1])
        return false;
    uint32_t name = party_name(m->party);
    uint32_t i = 0;
    while (i < class->count && class->parties[i] != name)
        i++;
    return (i < class->count) != class->but;
}

/* The member of a class (NULL: all members) that is not told what a slot says; NULL. */
static inline struct ribout_member *class_left_out(const struct ribout_group *g,
                                                   const struct group_class *class,
                                                   struct ribout_slot slot)
{
    if (slot.attrs == 0)
        return NULL;
    struct ribout_member *m = group_left_out(g, slot.attrs, slot.source);
    return m && class_has(class, m) ? m : NULL;
}

/* The same of members of a group for what a slot said of another one, which some of them have left
 * (`left`; it may be the same). */
struct ribout_member *class_was_left_out(struct ribout_group *g, const struct ribout_group *left,
                                         const struct group_class *class, struct ribout_slot said);

/* Packing for some members of a group. */
struct delivery {
    struct ribout *out;
    struct ribout_group *group;
    struct pack *pack; /* NULL: nobody listens */
    pack_emit emit;
    void *ctx;
    uint32_t extra; /* items for classes of some parties that are packed */
};

/* Packing for members of a group, with nothing packed so far. `pack` NULL: nobody listens. */
static inline struct delivery delivery_begin(struct ribout *out, struct ribout_group *g,
                                             struct pack *pack, pack_emit emit, void *ctx)
{
    if (pack)
        pack->holds = g->has_policies;
    return (struct delivery){out, g, pack, emit, ctx, 0};
}

/* Sends what is packed. */
static inline void delivery_flush(struct delivery *d)
{
    if (d->pack)
        pack_encode(d->pack, d->out->rib, d->group->table, &d->group->profile, d->emit, d->ctx);
    d->extra = 0;
}

static inline struct pack_audience group_only(const struct ribout_member *member)
{
    return (struct pack_audience){.only = member->source};
}
/* The audience of a class without the member that is left out (NULL: none). */
struct pack_audience class_audience(struct pack *pack, const struct group_class *class,
                                    const struct ribout_member *left_out);
/* Everybody in a class (NULL: all members) but the member that is left out, who is only named where
 * there is one: so that what comes from many sources outside of the group is one stream. */
static inline struct pack_audience group_all_but(struct pack *pack, const struct group_class *class,
                                                 const struct ribout_member *left_out)
{
    if (class)
        return class_audience(pack, class, left_out);
    return (struct pack_audience){.but = left_out ? left_out->source : 0};
}

/* What a class is told, after policies, and the member of it that is not; NULL: nobody. */
struct group_saying {
    struct ribout_slot slot;
    const struct ribout_member *left_out;
    bool may_be_told; /* whether there are attributes or not: what was told is not known */
};

/* Adds what the members of a class must be told when they are told another thing than before.
 * `same`: what they are told of both is the same. `certain`: all have what `old` says, whether they
 * are in step or not. The member that is left out of a route must forget what it was told before
 * the route was its own; one that is out of step may not have come to that yet. */
static inline void group_pack_change(struct pack *pack, uint32_t entry,
                                     const struct group_class *class, struct group_saying old,
                                     struct group_saying next, bool same, bool certain)
{
    const struct ribout_member *before = old.left_out;
    const struct ribout_member *now = next.left_out;
    if (next.slot.attrs == 0) {
        bool has_nothing = before && (certain || before->in_step);
        pack_add(pack, entry, 0, 0, group_all_but(pack, class, has_nothing ? before : NULL));
        return;
    }
    if (!same)
        pack_add(pack, entry, next.slot.attrs, next.slot.source, group_all_but(pack, class, now));
    else if (before && before != now) /* has yet to hear of the route */
        pack_add(pack, entry, next.slot.attrs, next.slot.source, group_only(before));
    bool is_told_before = (old.slot.attrs != 0 || old.may_be_told) && before != now;
    if (now && (is_told_before || (!certain && !now->in_step)))
        pack_add(pack, entry, 0, 0, group_only(now));
}

/* The last pair of routes that were compared. Starts from zeroes but for `holds`, and is to be
 * released.
 */
struct group_comparison {
    bool holds; /* the pair: policies make sets meanwhile, which might get their ids */
    struct ribout_slot old;
    struct ribout_slot next;
    bool same;
};
void group_comparison_release(const struct ribout_group *g, struct group_comparison *last);
void group_compare(const struct ribout_group *g, const struct export_profile *before,
                   struct ribout_slot old, struct ribout_slot next, struct group_comparison *ret);
/* Whether members get the same for two slots, the old one told with another profile perhaps.
 * False where one of them says nothing, and where that is not known. Slots go by value, so that
 * they stay in registers. */
static inline bool group_looks_the_same(const struct ribout_group *g,
                                        const struct export_profile *before, struct ribout_slot old,
                                        struct ribout_slot next, struct group_comparison *last)
{
    if (old.attrs == 0 || next.attrs == 0)
        return false;
    if (last->old.attrs != old.attrs || last->old.source != old.source ||
        last->next.attrs != next.attrs || last->next.source != next.source)
        group_compare(g, before, old, next, last);
    return last->same;
}

#endif
