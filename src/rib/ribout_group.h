/* Update groups from the inside: shared by the files that make up RIB-out. */
#ifndef BGPD_RIB_RIBOUT_GROUP_H
#define BGPD_RIB_RIBOUT_GROUP_H

#include "base/pages.h"
#include "rib/hops.h"
#include "rib/ribout.h"
#include "rib/ribout_personal.h"

/* A walk of one member over the Adj-RIB-Out of its group. Positions run cyclically from where the
 * pass began, so that a newcomer can fall in with a pass that is under way. */
struct ribout_pass {
    bool all;       /* announcements whatever their version; else those since `since` */
    bool live;      /* changes during the pass are sent as they happen */
    uint32_t since; /* version that the member had */
    uint32_t began; /* version when the pass began */
    uint32_t pos;   /* next entry id */
    uint32_t end;   /* ids from here on are newer than the pass */
    uint32_t left;  /* ids still to be visited */
    uint32_t sent;  /* items sent */
};

/* The walk of a member over what it was told in a group that it left and is told in its new one. */
struct ribout_left {
    struct ribout_group *group; /* NULL: no such walk */
    struct ribout_member *next; /* of the leavers of that group */
    bool all;                   /* what it has of that group is not known */
    uint32_t since;             /* version that the member had there */
    uint32_t joined;            /* version of the new group when it joined */
    uint32_t pos;               /* next entry id */
    uint32_t end;
};

struct ribout_member {
    struct ribout_group *group;
    struct msgq *queue; /* borrowed */
    uint32_t source;
    uint32_t config_source; /* whose routes are for it, where its group is told such; 0: none */
    struct hop_key address; /* of the peer, where there is a source */
    bool in_step;
    bool started;                   /* the pass has begun */
    bool eor_wanted;                /* an End-of-RIB follows the first pass */
    bool untold;                    /* nothing was sent yet, so that there is nothing to withdraw */
    bool given_up;                  /* not waited for any more, and told nothing */
    struct ribout_group *moving_to; /* NULL, or the group it will change to; a reference */
    struct ribout_left left;
    struct ribout_pass pass; /* begins when the walk over what was left has ended */
    struct personal_count counted;
};

/* What a group knows of a source. */
struct group_source {
    uint32_t advertised;              /* slots with attributes from it */
    bool is_local;                    /* BGPd itself; valid while any are advertised */
    struct ribout_member *member;     /* the member that is the source; NULL */
    struct personal_source *personal; /* owned: of a config source that members have; NULL */
};

struct tombstone {
    uint32_t entry;
    uint32_t version;
    uint32_t config_source; /* of a personal slot; 0: the group's own */
};

struct ribout_group {
    struct export_profile profile;
    const struct rib *rib; /* borrowed */
    struct rib_table *table;
    struct ribout_member **members; /* owned array of owned members */
    uint32_t member_count;
    uint32_t walking;              /* members that are not in step */
    uint32_t incoming;             /* members of other groups on their way here */
    struct ribout_member *leavers; /* borrowed: members of other groups with a walk over this one */
    struct ribout_slot **pages;    /* owned; a page for each chunk of entries, or NULL */
    struct page_source source;     /* of these */
    uint32_t *page_used;           /* slots in use in it */
    uint32_t page_count;
    uint32_t version;
    uint32_t advertised;            /* slots with attributes */
    uint32_t advertised_most;       /* since there were no tombstones */
    struct group_source *by_source; /* owned: by index of the source */
    uint32_t by_source_size;
    struct hops hops;
    struct personals personals;
    struct tombstone *tombstones; /* owned: oldest first */
    uint32_t tombstone_count;
    uint32_t tombstone_done;
    uint32_t tombstone_size;
    uint32_t fill_pos; /* entries from here on were not looked at yet … */
    uint32_t fill_end; /* … up to here; filled when equal */
    bool dissolving;   /* it has no members: its slots are being given back */
};

static inline bool group_filled(const struct ribout_group *g)
{
    return g->fill_pos >= g->fill_end;
}

static inline bool group_is_dissolved(const struct ribout_group *g)
{
    return g->page_count == 0 && g->personals.page_count == 0;
}

/* Whether all slots are there that its members are to be told of. */
static inline bool group_settled(const struct ribout_group *g)
{
    return group_filled(g) && g->personals.unsettled == 0;
}

/* True when version `a` is later than `b`; versions wrap. */
static inline bool version_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static inline bool slot_in_use(const struct ribout_slot *slot)
{
    return slot->version != 0;
}

/* The slot of an entry, NULL when its page does not exist. */
static inline struct ribout_slot *group_slot(const struct ribout_group *g, uint32_t entry)
{
    uint32_t page = entry >> SLAB_CHUNK_BITS;
    if (page >= g->page_count || !g->pages[page])
        return NULL;
    return &g->pages[page][entry & (SLAB_CHUNK_ITEMS - 1)];
}

/* ribout.c */
void group_add_member(struct ribout_group *g, struct ribout_member *m);
/* Takes a member out of its group. */
void group_remove_member(struct ribout_member *m);

/* ribout_group.c */
/* Makes room for what the group knows of a source. */
void group_add_source(struct ribout_group *g, uint32_t source);
/* The member whose address is the next hop of a route that BGPd originates; NULL. */
struct ribout_member *group_next_hop_member(const struct ribout_group *g, uint32_t attrs);
/* What the group knows of a source; room is made when there is none. */
static inline struct group_source *group_source_at(struct ribout_group *g, uint32_t source)
{
    if (source >= g->by_source_size)
        group_add_source(g, source);
    return &g->by_source[source];
}

/* The member that is not told a route which a slot says, or is about to: because it is its own, or
 * goes to itself; NULL. */
static inline struct ribout_member *group_left_out(const struct ribout_group *g, uint32_t attrs,
                                                   uint32_t source)
{
    const struct group_source *from = &g->by_source[source];
    return from->is_local ? group_next_hop_member(g, attrs) : from->member;
}

/* Members who are told the same of an entry, but for what is their own route or goes to themselves:
 * those with a config source, or all but those with some. */
struct group_class {
    uint32_t only;       /* the config source; 0: all but … */
    const uint32_t *but; /* … those with one of these, ascending */
    uint32_t but_count;
};

static inline bool class_has(const struct group_class *class, const struct ribout_member *m)
{
    if (!class || class->only)
        return !class || m->config_source == class->only;
    uint32_t i = 0;
    while (i < class->but_count && class->but[i] != m->config_source)
        i++;
    return i == class->but_count;
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

/* Items that a packer has room for beside two for each entry. */
#define RIBOUT_EXTRA_ITEMS 1024u
/* Personal slots after which a slice of a walk ends. */
#define RIBOUT_SLICE_PERSONAL 65536u

/* Packing for some members of a group. */
struct delivery {
    struct ribout *out;
    struct ribout_group *group;
    struct pack *pack; /* NULL: nobody listens */
    pack_emit emit;
    void *ctx;
    uint32_t extra; /* items for classes with a config source that are packed */
};

/* Sends what is packed. */
static inline void delivery_flush(struct delivery *d)
{
    if (d->pack)
        pack_encode(d->pack, d->out->rib, d->group->table, &d->group->profile, d->emit, d->ctx);
    d->extra = 0;
}

/* Everybody in a class (NULL: all members) but the member that is left out, who is only named where
 * there is one: so that what comes from many sources outside of the group is one stream. */
static inline struct pack_audience group_all_but(struct pack *pack, const struct group_class *class,
                                                 const struct ribout_member *left_out)
{
    struct pack_audience audience = {.but = left_out ? left_out->source : 0};
    if (class && class->only)
        audience.only = class->only;
    else if (class)
        audience.but = pack_set(pack, class->but, class->but_count, audience.but);
    return audience;
}
static inline struct pack_audience group_only(const struct ribout_member *member)
{
    return (struct pack_audience){.only = member->source};
}

/* What a slot says, and the member of a class that is not told it; NULL: nobody. */
struct group_saying {
    struct ribout_slot slot;
    const struct ribout_member *left_out;
};

/* Adds what the members of a class must be told when a slot says another thing than before. `same`:
 * what they are told of both is the same. `certain`: all have what `old` says, whether they are in
 * step or not. The member that is left out of a route must forget what it was told before the route
 * was its own; one that is out of step may not have come to that yet. */
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
    bool is_told_before = old.slot.attrs != 0 && before != now;
    if (now && (is_told_before || (!certain && !now->in_step)))
        pack_add(pack, entry, 0, 0, group_only(now));
}

struct ribout_group *group_new(struct ribout *out, const struct export_profile *t);
void group_free(struct ribout_group *g);
/* The last pair of routes that were compared. Starts from zeroes. */
struct group_comparison {
    struct ribout_slot old;
    struct ribout_slot next;
    bool same;
};
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
/* The entry was withdrawn from all members, or from those with a config source. */
void group_add_tombstone(struct ribout *out, struct ribout_group *g, uint32_t entry,
                         uint32_t config_source);
/* Selects again for the entries, records what changed, and sends it to the members in step. */
void group_update(struct ribout *out, struct ribout_group *g, const uint32_t *entries,
                  uint32_t count);
/* Looks at the entries that were there before the group; true while more are left. */
bool group_fill(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns);
/* Gives back the slots of a group without members; true while more are left. */
bool group_dissolve(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns);
/* Gives back the tombstones that every member has passed. */
void group_bury(struct ribout *out, struct ribout_group *g);

/* ribout_move.c */
/* A group that nobody is in, on the way to or leaving begins to dissolve. */
void group_check_use(struct ribout_group *g);
/* The member moves when the group is ready, and it has no walk over another one to end. */
void move_to(struct ribout_member *m, struct ribout_group *g);
/* The member is to be freed: ends its move, whatever state it is in. */
void move_cancel(struct ribout *out, struct ribout_member *m);
/* Moves the members of a group that can. */
void move_members(struct ribout_group *g);
bool move_possible(const struct ribout_group *g);
/* One slice of the walk over what changes for the member with its group, for all that move with it.
 */
void move_slice(struct ribout *out, struct ribout_member *lead);

/* ribout_pass.c */
/* Whether a slot is to be sent in this pass. Passes over everything may differ in `since`, which
 * then only matters to withdrawals: a needless one does no harm, so the earliest counts for all. */
static inline bool pass_wants(const struct ribout_pass *pass, const struct ribout_slot *slot)
{
    if (!slot_in_use(slot) || (pass->live && version_after(slot->version, pass->began)))
        return false;
    return (pass->all && slot->attrs != 0) || version_after(slot->version, pass->since);
}
/* The member starts over: with everything, or with what changed since `since`. */
void pass_restart(struct ribout_member *m, bool all, uint32_t since);
/* The member has still to catch up, and its queue takes more. */
bool pass_has_room(const struct ribout_member *m);
/* Advances the members of a group that have room; true when one could go on at once. */
bool group_walk(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns);
/* True when a member of the group could go on. */
bool group_can_walk(const struct ribout_group *g);
/* Completes members for which there is nothing to walk over. */
void pass_settle(struct ribout_member *m);

#endif
