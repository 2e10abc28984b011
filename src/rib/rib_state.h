/* What there is of the RIB, and what can be told of it at a glance (rib/rib.h). */
#ifndef BGPD_RIB_RIB_STATE_H
#define BGPD_RIB_RIB_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/attrs.h"
#include "rib/source.h"
#include "rib/table.h"

struct flow_index;

struct rib {
    struct rib_table tables[FAMILY_COUNT];
    struct rib_attrs_pool attrs;
    struct rib_looks *looks; /* owned: what is measured and compared as it is sent */
    struct rib_sources sources;
    bool retelling;     /* sources have changed, and not all their live paths are dirty yet */
    uint32_t undecided; /* entries with ENTRY_UNDECIDED */
    bool crowded;       /* an entry has had many paths, some of BGPd itself */
    /* Flows that are held against unicast routes, by their family, which owns them, and by that of
     * the routes; NULL: there are none. */
    struct flow_index *flows[FAMILY_COUNT];
    struct { /* where the removal of dead paths goes on: sweep.c */
        enum family family;
        uint32_t pos;
    } sweep;
};

static inline const struct rib_source *rib_source_at(const struct rib *rib, uint32_t source)
{
    return &rib->sources.at[source];
}

/* Whether a path is of a session that has ended. */
static inline bool rib_path_is_dead(const struct rib *rib, const struct rib_path *path)
{
    return path->generation != rib_source_at(rib, path->source)->generation;
}

/* An entry's key with the labels of a set of attributes; borrowed until the next change. */
static inline struct nlri rib_attrs_nlri(const struct rib *rib, const struct rib_table *t,
                                         const struct rib_entry *e, uint32_t attrs)
{
    struct nlri nlri = {.key = rib_table_key(t, e)};
    if (t->info->has_labels)
        nlri.labels = attr_labels(rib_attrs_span(rib_attrs_at(&rib->attrs, attrs)));
    return nlri;
}

#endif
