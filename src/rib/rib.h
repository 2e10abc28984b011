/* The RIB: Adj-RIB-In and Loc-RIB of every family in one structure. An entry holds all paths of a
 * prefix, the best one first. Knows no socket and no log, and no clock but the time it is handed.
 */
#ifndef BGPD_RIB_RIB_H
#define BGPD_RIB_RIB_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/attrs.h"
#include "rib/id_set.h"
#include "rib/source.h"
#include "rib/table.h"
#include "wire/update.h"

struct rib {
    struct rib_table tables[FAMILY_COUNT];
    struct rib_attrs_pool attrs;
    struct rib_looks *looks;    /* owned: what is measured and compared as it is sent */
    struct rib_source *sources; /* owned; index 0 is never used */
    struct rib_adj_in *adj_in;  /* owned: FAMILY_COUNT for each source */
    struct id_set **entries_of; /* owned; by source: what config sources have paths of, by family */
    uint32_t source_count;
    uint64_t source_changes; /* new sources, and changes of what they are, so far */
    bool retelling;          /* sources have changed, and not all that concerns is dirty yet */
    uint32_t undecided;      /* entries with ENTRY_UNDECIDED */
    bool crowded;            /* an entry has had many paths, some of BGPd itself */
    struct {                 /* removal of the paths of dead sources */
        uint32_t paths[FAMILY_COUNT]; /* of dead sources, not yet removed */
        uint32_t pass;                /* number of the present or next pass */
        uint32_t dead;                /* sources that wait for it or a later one */
        bool running;
        enum family family;
        uint32_t pos;
    } sweep;
};

void rib_init(struct rib *rib);
/* Frees everything. All Adj-RIB-Outs must be gone. */
void rib_release(struct rib *rib);

/* A new live source; its index. The struct is copied. */
uint32_t rib_source_add(struct rib *rib, const struct rib_source *source);
/* The source is gone: its paths stop counting at once and are removed by rib_sweep; then the index
 * is free for another. */
void rib_source_down(struct rib *rib, uint32_t source);
/* Changes whose client the live source is; true when that is a change. Then its paths must be
 * judged again with RIB_RETELL, and rib_retold called when they have been. */
bool rib_source_set_client(struct rib *rib, uint32_t source, bool reflector_client,
                           bool route_server_client);
void rib_retold(struct rib *rib);
/* How many paths of a family are taken of a source from now on, and how many that are accepted;
 * RIB_ANY_NUMBER for either. What is there stays, and may be replaced by others. */
void rib_source_set_most(struct rib *rib, uint32_t source, enum family family, uint32_t paths,
                         uint32_t accepted);
static inline const struct rib_source *rib_source_at(const struct rib *rib, uint32_t source)
{
    return &rib->sources[source];
}
static inline const struct rib_adj_in *rib_source_adj_in(const struct rib *rib, uint32_t source,
                                                         enum family family)
{
    return &rib->adj_in[source * FAMILY_COUNT + family];
}
/* The next entry of a table, from `from` on, that a config source has a path of; 0: none. */
static inline uint32_t rib_source_next_entry(const struct rib *rib, uint32_t source,
                                             const struct rib_table *t, uint32_t from)
{
    const struct id_set *entries = rib->entries_of[source];
    return entries ? id_set_next(&entries[t->family], from) : 0;
}

/* One announcement. The sets are borrowed: references are taken as needed. */
struct rib_announcement {
    uint32_t source;
    uint32_t path_id;
    uint32_t received; /* ids of attribute sets */
    uint32_t attrs;
    enum rib_reject reject;
    uint32_t now_mono_s; /* by the monotonic clock */
};

/* Adds or replaces the source's path for a key, selects again, and marks the entry dirty when
 * something changed that RIB-out must know. A path that is announced again as it was stays as it
 * is. Among many paths selection waits until the entry is taken off the dirty list. A key has room
 * for RIB_ENTRY_PATHS_MAX paths; what is beyond is not taken. Nor is what the source has too many
 * of: a path that it would have replaced is withdrawn. */
void rib_announce(struct rib *rib, enum family family, struct nlri_key key,
                  const struct rib_announcement *a);
/* Removes the source's path; false when there was none. */
bool rib_withdraw(struct rib *rib, enum family family, struct nlri_key key, uint32_t source,
                  uint32_t path_id);

/* The same where the entry of the key is `id`, or not known (0). They tell whether the source had a
 * path. */
bool rib_announce_at(struct rib *rib, enum family family, struct nlri_key key, uint32_t id,
                     const struct rib_announcement *a);
bool rib_withdraw_at(struct rib *rib, enum family family, struct nlri_key key, uint32_t id,
                     uint32_t source, uint32_t path_id);

/* An entry's key with the labels of one of its paths; borrowed until the next change. */
static inline struct nlri rib_path_nlri(const struct rib *rib, const struct rib_table *t,
                                        const struct rib_entry *e, const struct rib_path *path)
{
    struct nlri nlri = {.key = rib_table_key(t, e)};
    if (t->info->has_labels)
        nlri.labels = attr_labels(rib_attrs_span(rib_attrs_at(&rib->attrs, path->attrs)));
    return nlri;
}

/* The path of a source for a key, or NULL; borrowed until the next change. */
const struct rib_path *rib_find_path(const struct rib *rib, enum family family, struct nlri_key key,
                                     uint32_t source);

/* What is to be done with a path from now on: a reason for which it is not used, RIB_ACCEPTED, or
 * RIB_REMOVE. RIB_RETELL with one of the former: the entry is dirty in any case, as its source is
 * another thing to those who are told. */
enum { RIB_REMOVE = -1, RIB_RETELL = 1 << 16 };
typedef int (*rib_judge)(void *ctx, const struct rib_table *t, const struct rib_entry *e,
                         const struct rib_path *path);
/* Has all paths of an entry judged again, and selects again where that changes something. */
void rib_rejudge(struct rib *rib, struct rib_table *t, uint32_t id, rib_judge judge, void *ctx);

/* Removes paths of dead sources; looks at about `budget` entries and paths. True while there is
 * more to do. */
bool rib_sweep(struct rib *rib, uint32_t budget);

/* Paths that rib_dirty_take looks at, when selection waits or there are many of BGPd itself, before
 * it takes fewer entries. */
#define RIB_DECIDE_PATHS 8192u

/* Takes up to `most` entries off the dirty list of a table, and makes their best paths the first
 * ones; how many. They stay as they are while the caller shows them to every update group, and then
 * calls rib_dirty_done, which uses the array up. */
uint32_t rib_dirty_take(struct rib *rib, struct rib_table *t, uint32_t *ret_ids, uint32_t most);
void rib_dirty_done(struct rib_table *t, uint32_t *ids, uint32_t count);
static inline uint32_t rib_dirty_count(const struct rib_table *t)
{
    return t->dirty_count - t->dirty_done;
}
/* Makes the best path of an entry the first one, when selection has waited or the source of the one
 * before is gone. How many paths it had to look at. */
uint32_t rib_entry_decide(struct rib *rib, struct rib_table *t, uint32_t id);
/* Removes the entry when it has no path and no update group refers to it. */
void rib_entry_settle(struct rib_table *t, uint32_t id);

#endif
