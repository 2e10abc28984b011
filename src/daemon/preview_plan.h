/* Whose routes a comparison is about: the channels that are up, and what they have in common. */
#ifndef BGPD_DAEMON_PREVIEW_PLAN_H
#define BGPD_DAEMON_PREVIEW_PLAN_H

#include "daemon/preview_tally.h"
#include "rib/ribout.h"

struct config;
struct speaker;

/* A neighbour in one family. */
struct preview_channel {
    struct ip_addr addr;
    enum family family;
    bool wanted; /* it was asked for */
    bool gone;
    bool keep_filtered;
    uint32_t source;
    uint32_t config_source;                     /* 0: it has none */
    const struct ribout_member *member;         /* borrowed from the neighbour; NULL: gone */
    struct policy_neighbor *who[PREVIEW_TIMES]; /* references */
    struct policy_chain *import[PREVIEW_TIMES]; /* likewise */
    bool import_differs;
    bool policies_differ;                    /* and not only what is noted for export policies */
    uint32_t received, accepted, advertised; /* when the comparison began */
    uint32_t audience;
    struct preview_tally in;
    struct preview_tally out;         /* beside that of its audience */
    unsigned excepted[PREVIEW_KINDS]; /* how many of the examples of that do not concern it */
};

/* Channels with the same policies and the same export profile: what is asked about all of them in
 * general says of whom it may be another thing. */
struct preview_audience {
    enum family family;
    struct export_profile profile;
    uint32_t number;                            /* of the profile */
    struct policy_chain *export[PREVIEW_TIMES]; /* references; NULL: there is no policy */
    bool differs;
    uint32_t *channels; /* owned: indices, in the order of their ASNs */
    uint32_t channel_count;
    uint32_t wanted_count; /* of them: those that were asked for */
    struct preview_tally tally;
};

struct preview_plan {
    struct speaker *s;                 /* borrowed */
    struct policy_chain *local_import; /* of the other configuration: a reference; NULL: none */
    bool local_differs;                /* from the present one */
    struct preview_channel *channels;  /* owned */
    uint32_t channel_count;
    struct preview_audience *audiences; /* owned */
    uint32_t audience_count;
    uint32_t *by_source; /* owned: index + 1 of a channel, FAMILY_COUNT for each source */
    uint32_t source_count;
    bool names_differ; /* some neighbour is another one to policies */
};

/* `peers` NULL: all are wanted. */
void preview_plan_init(struct preview_plan *plan, struct speaker *s, const struct config *then,
                       const struct scoped_prefix *peers);
void preview_plan_release(struct preview_plan *plan, struct rib *rib);
/* Neighbours have come or gone: what is borrowed of them is looked for again. */
void preview_plan_follow(struct preview_plan *plan, struct speaker *s);
/* Whether routes of a family have to be looked at. */
bool preview_plan_concerns(const struct preview_plan *plan, enum family family);

/* The channel of a source in a family; NULL. */
static inline struct preview_channel *preview_plan_of(const struct preview_plan *plan,
                                                      uint32_t source, enum family family)
{
    uint32_t at = source < plan->source_count ? plan->by_source[source * FAMILY_COUNT + family] : 0;
    return at ? &plan->channels[at - 1] : NULL;
}

#endif
