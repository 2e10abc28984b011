/* Views: what the export policies of members make of routes. Members whose policies say the same of
 * every route have the same view. */
#ifndef BGPD_RIB_VIEW_H
#define BGPD_RIB_VIEW_H

#include "rib/export.h"
#include "rib/kept_runs.h"

/* Counted. NULL stands for that of members without a policy. */
struct rib_view {
    uint32_t refs;
    struct policy_chain *chain;   /* a reference */
    struct policy_neighbor *peer; /* likewise; NULL: the chain does not look at whom it is for */
};

/* All that there are. */
struct rib_views {
    struct rib_view **at; /* owned array of borrowed views */
    uint32_t count;
    uint64_t changes;       /* of chains of views, so far */
    bool uncounted;         /* what is asked goes to nobody: it is not counted in hits */
    struct kept_runs *kept; /* owned */
};

void rib_views_init(struct rib_views *views, struct rib *rib);
void rib_views_release(struct rib_views *views);

/* The view of a member with this chain (NULL: none), with a reference for the caller. */
struct rib_view *rib_view_for(struct rib_views *views, struct policy_chain *chain,
                              struct policy_neighbor *peer);
struct rib_view *rib_view_ref(struct rib_view *view);                /* NULL is allowed */
void rib_view_unref(struct rib_views *views, struct rib_view *view); /* likewise */

/* What is told of a path. */
struct rib_told {
    uint32_t attrs; /* id of a set, after export policy: borrowed until the next call; 0: nothing */
    enum rib_withheld why;
    uint16_t rule;   /* of the chain: what decided; where there is one */
    bool for_prefix; /* of another prefix with these attributes it may be another thing */
};

/* Who is told: members with the same view. */
struct rib_audience {
    const struct export_profile *profile;
    const struct rib_view *view;
    uint32_t group; /* a number for the profile, that stands for no other one */
};

/* What the audience is told of a route that it may know of (rib_export_choose). */
struct rib_told rib_view_told(struct rib_views *views, const struct rib *rib,
                              const struct rib_audience *who, const struct rib_entry *e,
                              uint32_t attrs, uint32_t source);
/* The same of all who have a chain, where `who->view` says nobody in particular: for some of them
 * it may be another thing. *ret_differ is valid until the next call. */
struct rib_differ {
    bool all;             /* perhaps for each */
    const uint32_t *asns; /* for those with these ASNs */
    uint32_t count;
};
struct rib_told rib_view_told_in_general(struct rib_views *views, const struct rib *rib,
                                         const struct rib_audience *who, const struct rib_entry *e,
                                         uint32_t attrs, uint32_t source,
                                         struct rib_differ *ret_differ);
/* The scene of that; the attributes themselves are put in by who runs it. Borrows from all that it
 * is handed. */
struct policy_scene rib_view_scene(const struct rib *rib, const struct rib_audience *who,
                                   const struct rib_entry *e, uint32_t source, uint32_t attrs);

#endif
