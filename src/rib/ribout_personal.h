/* Personal differences: what a group keeps for members with static routes of their own.
 *
 * For an entry that a config source has a path of, members with that config source are told this
 * path, or nothing where they cannot be told it, and never what the group is told otherwise. So for
 * each such entry and config source there is a personal slot beside the group's, of which there are
 * as many as there are static routes. One that is withdrawn stays until every member has passed it:
 * its members are then told what the group is. */
#ifndef BGPD_RIB_RIBOUT_PERSONAL_H
#define BGPD_RIB_RIBOUT_PERSONAL_H

#include <stddef.h>

#include "base/slab.h"
#include "rib/ribout.h"

struct delivery;
struct group_class;
struct group_comparison;
struct ribout_pass;

enum personal_kind {
    PERSONAL_NONE,
    PERSONAL_ONE,
    PERSONAL_MANY,
};

struct personal_slot {
    uint32_t source;  /* of the configuration */
    uint32_t attrs;   /* id of a set, counted; 0: nothing is told */
    uint32_t version; /* of the last change */
    bool in_force;    /* else it is a tombstone */
    uint8_t kind;     /* of the cell that it is */
};

/* What an entry has: one slot, as nearly always, or an array of them. */
union personal_cell {
    struct personal_slot one;
    struct personal_many {
        struct personal_slot *slots; /* owned; by source */
        uint32_t count;              /* at least 1 */
        uint8_t size_bits;           /* there is room for 1 << size_bits */
        uint8_t kind;                /* where that of `one` is */
    } many;
};

_Static_assert(sizeof(union personal_cell) == 16 &&
                   offsetof(struct personal_slot, kind) == offsetof(struct personal_many, kind),
               "a static route of one peer costs 16 bytes, and a cell knows what it is");

#define PERSONAL_BLOCK_CELLS 64u

struct personal_block {
    uint32_t used; /* cells */
    union personal_cell cells[PERSONAL_BLOCK_CELLS];
};

struct personal_page {
    uint32_t used;                                                          /* blocks */
    struct personal_block *blocks[SLAB_CHUNK_ITEMS / PERSONAL_BLOCK_CELLS]; /* owned; or NULL */
};

/* What a group knows of a config source. */
struct personal_source {
    uint32_t source;
    uint32_t members;
    uint32_t
        users;    /* members, those on their way here, and those that left with a walk over this */
    uint32_t pos; /* entries from here on have no slots yet, or still have some that nobody uses;
                     PERSONAL_SETTLED */
    uint32_t cohort;    /* that was last marked with members that have this source … */
    uint32_t in_cohort; /* … and how many */
};

#define PERSONAL_SETTLED UINT32_MAX

/* Zero-initialised is empty. */
struct personals {
    struct personal_source **sources; /* owned array */
    uint32_t source_count;
    uint32_t unsettled;           /* sources with `pos` before the end */
    uint32_t told;                /* slots with attributes */
    struct personal_page **pages; /* owned; a page for each chunk of entries, or NULL */
    uint32_t page_count;
};

/* How many more entries a member is told than the group's slots say, when it was last counted. */
struct personal_count {
    const struct ribout_group *group;
    uint32_t version; /* of the group */
    int32_t more;
};

/* Scratch memory for the config sources that have a class of their own. */
struct group_classes *group_classes_new(void);
void group_classes_free(struct group_classes *classes);

static inline const struct personal_page *personal_page_of(const struct personals *p,
                                                           uint32_t entry)
{
    uint32_t page = entry >> SLAB_CHUNK_BITS;
    return page < p->page_count ? p->pages[page] : NULL;
}

/* The slots of an entry, by source. */
struct personal_slots {
    struct personal_slot *slots;
    uint32_t count; /* 0: it has none */
};

static inline struct personal_slots personal_slots_of(const struct personals *p, uint32_t entry)
{
    const struct personal_page *page = personal_page_of(p, entry);
    uint32_t in_page = entry & (SLAB_CHUNK_ITEMS - 1);
    struct personal_block *block = page ? page->blocks[in_page / PERSONAL_BLOCK_CELLS] : NULL;
    if (!block)
        return (struct personal_slots){0};
    union personal_cell *cell = &block->cells[in_page % PERSONAL_BLOCK_CELLS];
    if (cell->one.kind == PERSONAL_MANY)
        return (struct personal_slots){cell->many.slots, cell->many.count};
    return (struct personal_slots){&cell->one, cell->one.kind == PERSONAL_ONE};
}

/* Who is in the group, or on the way to or from it, has a config source (0: none): its slots are
 * made in later calls of personal_work, and unmade when nobody has it any more. */
void personal_use(struct ribout_group *g, uint32_t config_source);
void personal_unuse(struct ribout_group *g, uint32_t config_source);
/* A member, which uses it, comes (1) or goes (-1). */
void personal_count_member(struct ribout_group *g, uint32_t config_source, int change);
/* Goes on with making and unmaking slots; true while there is more to do. Until then nobody makes
 * passes. */
bool personal_work(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns);
/* Gives back the slots of one page of entries of a group without members. */
void personal_release_page(struct ribout *out, struct ribout_group *g, uint32_t page);
void personal_release(struct ribout_group *g);

/* What members with a config source (0: none) are told for an entry, and since when: nothing else
 * says that. Not in use where they never were told anything. */
struct ribout_slot personal_told(const struct ribout_group *g, uint32_t entry,
                                 uint32_t config_source);
/* How many more entries the member is told than the slots of the group say, which leave out what is
 * its own or goes to itself; negative: fewer. */
int32_t personal_more(struct ribout_member *m);

/* Whether a slot is still what a tombstone stands for. */
bool personal_is_tombstone(const struct ribout_group *g, uint32_t entry, uint32_t config_source,
                           uint32_t version);
/* If it is, it goes: everybody has passed it. */
void personal_bury(struct ribout *out, struct ribout_group *g, uint32_t entry,
                   uint32_t config_source, uint32_t version);

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
