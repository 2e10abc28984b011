/* Parties: members of a group who are told the same. */
#ifndef BGPD_RIB_RIBOUT_PARTY_H
#define BGPD_RIB_RIBOUT_PARTY_H

#include "rib/ribout_group.h"

/* What the members of a party have in common. */
struct party_key {
    uint32_t config_source;
    struct rib_view *view;
    struct ribout_party *left;
};

/* The party of a key, with a use for the caller: it is made where there is none. NULL: its members
 * are in no party. */
struct ribout_party *party_for(struct ribout_group *g, struct party_key key);
/* Gives a use back; NULL is allowed. What nobody uses goes. */
void party_unuse(struct ribout *out, struct ribout_group *g, struct ribout_party *party);

/* By what packers know a party; 0: there is none. */
static inline uint32_t party_name(const struct ribout_party *party)
{
    return party ? PACK_PARTY | party->number : 0;
}

/* Those who take part in a walk, by their parties. */
struct party_marks {
    struct ribout_party **parties; /* owned array of borrowed parties with members among them */
    uint32_t count;
    uint32_t size;
    uint32_t members;
    uint32_t cohort; /* number of the last one that was marked */
};

void party_mark(struct party_marks *marks, struct ribout_member *const *members, uint32_t count);
/* The same one after the other. */
void party_mark_begin(struct party_marks *marks);
void party_mark_one(struct party_marks *marks, struct ribout_member *m);
/* Whether a member was marked last. */
static inline bool party_has_marked(const struct party_marks *marks, const struct ribout_member *m)
{
    return m->cohort == marks->cohort;
}
/* How many of a party were. */
static inline uint32_t party_marked(const struct party_marks *marks,
                                    const struct ribout_party *party)
{
    return party->cohort == marks->cohort ? party->in_cohort : 0;
}

#endif
