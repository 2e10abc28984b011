/* Personal differences: what a group keeps for members with static routes of their own.
 *
 * For an entry that a config source has a path of, members with that config source are told this
 * path, or nothing where they cannot be told it, and never what the group is told otherwise. So for
 * each such entry and config source there is a personal slot beside the group's, of which there are
 * as many as there are static routes. One that is withdrawn stays until every member has passed it:
 * its members are then told what the group is. */
#ifndef BGPD_RIB_RIBOUT_PERSONAL_H
#define BGPD_RIB_RIBOUT_PERSONAL_H

#include "rib/ribout_group.h"

/* What a group knows of a config source; NULL: nothing. */
static inline struct personal_source *personal_source_of(const struct ribout_group *g,
                                                         uint32_t config_source)
{
    return config_source < g->by_source_size ? g->by_source[config_source].personal : NULL;
}

/* A party of the group has a config source (0: none): its slots are made in later calls of
 * personal_work, and unmade when none has it any more. */
void personal_use(struct ribout_group *g, uint32_t config_source);
void personal_unuse(struct ribout_group *g, uint32_t config_source);
/* Goes on with making and unmaking slots; true while there is more to do. Until then nobody makes
 * passes. */
bool personal_work(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns);
/* Gives back the slots of one page of entries of a group without members. */
void personal_release_page(struct ribout *out, struct ribout_group *g, uint32_t page);

/* What members with a config source (0: none) are told for an entry, before policies have their
 * say, and since when: nothing else says that. Not in use where they never were told anything. */
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

/* Makes the slots that an entry's paths call for. */
void personal_add_slots(struct ribout_group *g, uint32_t id, struct rib_entry *e);
/* What an entry's path of a config source, which it has, makes its members be told: id of a set; 0:
 * nothing. */
uint32_t personal_attrs_for(const struct ribout_group *g, struct rib_entry *e, uint32_t source);
/* From here on a slot says this. */
void personal_set_attrs(struct ribout *out, struct ribout_group *g, struct personal_slot *slot,
                        uint32_t attrs);
/* What a slot that is in force says. */
static inline struct ribout_slot personal_as_told(const struct personal_slot *slot)
{
    return (struct ribout_slot){slot->attrs, slot->source, slot->version};
}

#endif
