/* Update groups from the inside: what a group and its members are, and the slots of its
 * Adj-RIB-Out.
 *
 * The files that make up RIB-out know each other one way, in this order: ribout_state, this one,
 * ribout_personal, ribout_party, ribout_chain, ribout_outcome, ribout_layer, ribout_member,
 * ribout_tombstone, ribout_change, ribout_class, ribout_count, ribout_update, ribout_pass,
 * ribout_move, ribout_answer, ribout. */
#ifndef BGPD_RIB_RIBOUT_GROUP_H
#define BGPD_RIB_RIBOUT_GROUP_H

#include <assert.h>

#include "base/pages.h"
#include "rib/hops.h"
#include "rib/personal_slots.h"
#include "rib/rib.h"
#include "rib/ribout_state.h"

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

/* The walk of a member over what it was told in a group or party that it left and is told in its
 * new one. */
struct ribout_left {
    struct ribout_group *group; /* NULL: no such walk */
    struct ribout_party *party; /* of that group */
    struct ribout_member *next; /* of the leavers of that group */
    bool all;                   /* what it has of that group is not known */
    uint32_t since;             /* version that the member had there */
    uint32_t joined;            /* version of the new group when it joined */
    uint32_t pos;               /* next entry id */
    uint32_t end;
};

/* How many more entries a member is told than what is counted for all members of its group. */
struct ribout_count {
    int32_t more;
    uint32_t last; /* how many it was told before it is counted anew */
    uint8_t state; /* enum ribout_counted */
};

enum ribout_counted {
    RIBOUT_UNCOUNTED, /* until the next round */
    RIBOUT_COUNTING,  /* in the present one, as far as it has come */
    RIBOUT_COUNTED,
};

/* A round over the entries, in which new members are counted. */
struct ribout_round {
    bool running;
    uint32_t pos;   /* entries from here on are not counted yet */
    int32_t common; /* what all who are counted are told, but for what their own counts say */
};

/* How many more entries a member is told than the group's slots say, when it was last counted. */
struct personal_count {
    const struct ribout_group *group;
    uint32_t version; /* of the group */
    int32_t more;
};

/* Members of a group who are told the same of every entry, but for what is their own route or goes
 * to themselves: they have the same config source, and their policies say the same. What its
 * members have in common that are told what the group's slots say, without a policy, is no party:
 * NULL. */
struct ribout_party {
    uint32_t number;           /* index in the group's array */
    struct rib_view *view;     /* a reference; NULL: no policy */
    uint32_t config_source;    /* whose routes are for them; 0: none */
    struct ribout_party *left; /* where its members are moving from; NULL: from none, or nowhere */
    uint32_t members;
    struct ribout_member *first; /* borrowed: the members, linked by `party_next` */
    /* Members, those on their way here, and those that left with a walk over this: */
    uint32_t users;
    uint32_t cohort;    /* that was last marked with members of it … */
    uint32_t in_cohort; /* … and how many */
    uint32_t looked_at; /* in this look at an entry (struct ribout) */
};

struct ribout_member {
    struct ribout_group *group;
    struct ribout_party *party; /* of it; NULL */
    struct ribout_member *party_next, *party_before;
    struct msgq *queue; /* borrowed */
    uint32_t source;
    uint32_t config_source; /* whose routes are for it, where its group is told such; 0: none */
    struct rib_view *view;  /* of its export policy; a reference; NULL: none */
    struct hop_key address; /* of the peer, where there is a source */
    bool in_step;
    bool started;                   /* the pass has begun */
    bool eor_wanted;                /* an End-of-RIB follows the first pass */
    bool untold;                    /* nothing was sent yet, so that there is nothing to withdraw */
    bool given_up;                  /* not waited for any more, and told nothing */
    struct ribout_group *moving_to; /* NULL, or the group it will change to, perhaps the same; a
                                       reference … */
    struct ribout_party *moving_to_party; /* … and the party there when it has moved: a use */
    struct rib_view *moving_to_view;      /* a reference */
    struct ribout_left left;
    struct ribout_pass pass; /* begins when the walk over what was left has ended */
    struct personal_count counted;
    struct ribout_count told; /* where the group counts them one by one */
    uint32_t cohort;          /* that it was last marked for (ribout_party) */
};

/* What a group knows of a source. */
struct group_source {
    uint32_t advertised;              /* slots with attributes from it */
    uint32_t below;                   /* layers; a reference while there are any of either */
    bool is_local;                    /* BGPd itself; valid while any are advertised */
    struct ribout_member *member;     /* the member that is the source; NULL */
    struct personal_source *personal; /* owned: of a config source that members have; NULL */
};

/* What it knows of a config source. */
struct personal_source {
    uint32_t source;
    uint32_t users; /* parties with it */
    uint32_t pos;   /* entries from here on have no slots yet, or still have some that nobody uses;
                       PERSONAL_SETTLED */
};

#define PERSONAL_SETTLED UINT32_MAX

/* What it keeps for members with a config source. */
struct personals {
    struct personal_source **sources; /* owned array */
    uint32_t source_count;
    uint32_t unsettled; /* sources with `pos` before the end */
    uint32_t told;      /* slots with attributes */
    struct personal_table slots;
};

struct tombstone {
    uint32_t entry;
    uint32_t version;
    uint32_t config_source; /* of a personal slot; 0: the group's own */
};

struct outcome_cache;

struct ribout_group {
    struct export_profile profile;
    bool has_policies; /* all members have one; else none has. With them slots say what may be told
                          before a policy has its say */
    bool layered;    /* who may not be told the best path is told another one: route server clients,
                        see ribout_layer */
    uint32_t number; /* of all groups there have been */
    struct rib *rib; /* borrowed */
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
    struct layer_table layers; /* below the slots, where it is layered; attributes are counted */
    uint32_t version;
    uint32_t advertised; /* slots with attributes */
    int32_t more;        /* where members are counted one by one: than these, told to all but for
                            what their own counts say */
    uint32_t uncounted;  /* members that are not counted yet */
    struct ribout_round round;
    uint32_t counted_retells;       /* of the table: since then no source has changed */
    uint32_t advertised_most;       /* since there were no tombstones */
    struct group_source *by_source; /* owned: by index of the source */
    uint32_t by_source_size;
    struct hops hops;
    struct personals personals;
    struct ribout_party **parties; /* owned array of owned parties, or NULL */
    uint32_t party_count;
    uint32_t party_changes;         /* so far */
    struct outcome_cache *outcomes; /* owned; NULL: no policies */
    struct tombstone *tombstones;   /* owned: oldest first */
    uint32_t tombstone_count;
    uint32_t tombstone_done;
    uint32_t tombstone_size;
    uint32_t fill_pos; /* entries from here on were not looked at yet … */
    uint32_t fill_end; /* … up to here; filled when equal */
    bool dissolving;   /* it has no members: its slots are being given back */
};

/* Whether it counts what each member is told: it is not what slots say but for its own routes. */
static inline bool group_counts(const struct ribout_group *g)
{
    return g->has_policies || g->layered;
}

static inline bool group_filled(const struct ribout_group *g)
{
    return g->fill_pos >= g->fill_end;
}

static inline bool group_is_dissolved(const struct ribout_group *g)
{
    return g->page_count == 0 && g->personals.slots.page_count == 0;
}

/* Whether all slots are there that its members are to be told of … */
static inline bool group_ready(const struct ribout_group *g)
{
    return group_filled(g) && g->personals.unsettled == 0;
}
/* … and it is counted what each is told. */
static inline bool group_settled(const struct ribout_group *g)
{
    return group_ready(g) && g->uncounted == 0;
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

struct ribout_group *group_new(struct ribout *out, const struct export_profile *t,
                               bool has_policies);
/* Frees what is left of it when it has dissolved; nobody is in a party. */
void group_free(struct ribout_group *g);
/* The path that members with a config source (0: none) are told for an entry, where no policy has a
 * say; NULL: none, and *ret_why says why. */
const struct rib_path *group_select(const struct ribout_group *g, uint32_t config_source,
                                    struct rib_entry *e, enum rib_withheld *ret_why);
/* A group that nobody is in, on the way to or leaving begins to dissolve. */
void group_check_use(struct ribout_group *g);

/* --- sources --- */

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

/* --- slots --- */

/* Makes the page that an entry's slot is in; the slot. */
struct ribout_slot *group_make_page(struct ribout_group *g, uint32_t entry);
/* The page has no slots in use any more. */
void group_free_page(struct ribout_group *g, uint32_t page);

/* Makes the slot of an entry one in use: it must be set to something. */
static inline void group_take_slot(struct ribout_group *g, uint32_t id, struct rib_entry *e)
{
    g->page_used[id >> SLAB_CHUNK_BITS]++;
    e->out_refs++;
}

/* Counts routes whose next hop the attributes say. */
void group_count_next_hop(struct ribout_group *g, uint32_t attrs, int32_t change);

/* Something from a source is about to be counted there … */
static inline struct group_source *group_name_source(struct ribout_group *g, uint32_t source)
{
    struct group_source *from = group_source_at(g, source);
    if (from->advertised + from->below == 0) {
        from->is_local = g->rib->sources.at[source].kind != RIB_SOURCE_PEER;
        rib_source_ref(&g->rib->sources, source);
    }
    return from;
}

/* … and is not any more. */
static inline void group_unname_source(struct ribout_group *g, uint32_t source)
{
    if (g->by_source[source].advertised + g->by_source[source].below == 0)
        rib_source_unref(&g->rib->sources, source);
}

/* What a slot is about to say counts from here on … */
static inline void group_slot_comes(struct ribout_group *g, struct ribout_slot slot)
{
    struct group_source *from = group_name_source(g, slot.source);
    from->advertised++;
    g->advertised++;
    rib_attrs_ref(&g->rib->attrs, slot.attrs);
    if (from->is_local)
        group_count_next_hop(g, slot.attrs, 1);
}

/* … and what it said does not any more. */
static inline void group_slot_goes(struct ribout *out, struct ribout_group *g,
                                   struct ribout_slot slot)
{
    struct group_source *from = &g->by_source[slot.source];
    g->advertised--;
    if (from->is_local)
        group_count_next_hop(g, slot.attrs, -1);
    from->advertised--;
    group_unname_source(g, slot.source);
    rib_attrs_unref(&out->rib->attrs, slot.attrs);
}

/* Gives a slot without attributes back, and with it perhaps the entry. */
__attribute__((always_inline)) static inline void
group_release_slot(struct ribout_group *g, uint32_t entry, struct ribout_slot *slot)
{
    uint32_t page = entry >> SLAB_CHUNK_BITS;
    assert(slot_in_use(slot) && slot->attrs == 0);
    *slot = (struct ribout_slot){0};
    if (--g->page_used[page] == 0)
        group_free_page(g, page);
    rib_table_at(g->table, entry)->out_refs--;
    rib_entry_settle(g->table, entry);
}

#endif
