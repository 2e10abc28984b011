/* A comparison on its way through the tables. */
#ifndef BGPD_DAEMON_PREVIEW_WALK_H
#define BGPD_DAEMON_PREVIEW_WALK_H

#include "daemon/preview_judge.h"

/* What is told of one channel. */
struct preview_shown {
    const struct preview_channel *channel;
    struct preview_tally rows[POLICY_DIRECTIONS]; /* without examples; none is of no routes */
    const struct preview_example **examples[POLICY_DIRECTIONS]; /* owned arrays, borrowed items */
    size_t example_count[POLICY_DIRECTIONS];
};

struct preview {
    struct speaker *s;     /* borrowed */
    struct config *config; /* owned */
    uint64_t configured;   /* of the speaker, when it began: how often it has been */
    uint64_t sessions;     /* likewise: how often channels have come up or gone down */
    struct preview_plan plan;
    struct preview_judge judge;
    enum family family;
    bool scanning; /* the cursor stands in that family */
    struct rib_cursor cursor;
    uint32_t found_at; /* of what was found of the entry where the cursor stands */
    size_t next_index; /* of the report that follows the last one, */
    uint32_t next_at;  /* and where to look for it */
    struct preview_shown shown;
};

/* Begins a comparison with a configuration, which it takes over. `peers` NULL: all. */
struct preview *preview_new(struct speaker *s, struct config *config,
                            const struct scoped_prefix *peers, bool lists);

#endif
