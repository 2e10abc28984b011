/* The RIB: Adj-RIB-In and Loc-RIB of every family in one structure. An entry holds all paths of a
 * prefix, the best one first. Knows no socket and no log, and no clock but the time it is handed.
 */
#ifndef BGPD_RIB_RIB_H
#define BGPD_RIB_RIB_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/rib_state.h"

void rib_init(struct rib *rib);
/* Frees everything. All Adj-RIB-Outs must be gone. */
void rib_release(struct rib *rib);

/* Takes over what the source is from now on, in its present session or the next (see
 * rib_source_alter). True when its live paths must be judged again with RIB_RETELL, and rib_retold
 * be called when they have been. */
bool rib_source_update(struct rib *rib, uint32_t source, const struct rib_source *what,
                       struct policy_neighbor *neighbor);
void rib_retold(struct rib *rib);
/* Whether some may still have to be told again what sources have become. */
static inline bool rib_is_retelling(const struct rib *rib)
{
    return rib->retelling || rib->sources.altered > 0;
}
/* Takes the marks off the tables of which all has been told again. To be called when entries have
 * been taken off the dirty lists or dead paths removed. */
void rib_end_retelling(struct rib *rib);
/* The next entry of a table, from `from` on, that a config source has a path of; 0: none. */
static inline uint32_t rib_source_next_entry(const struct rib *rib, uint32_t source,
                                             const struct rib_table *t, uint32_t from)
{
    return id_set_next(&rib_source_adj_in(&rib->sources, source, t->family)->entries, from);
}

static inline bool rib_has_dead_paths(const struct rib *rib)
{
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        if (rib->sources.dead[f] > 0)
            return true;
    return false;
}
/* Index of the first path of a session that has ended; when there is none, how many paths there
 * are. */
static inline unsigned rib_entry_first_dead(const struct rib *rib, const struct rib_entry *e)
{
    if (e->best.source == 0 || rib_path_is_dead(rib, &e->best))
        return 0;
    unsigned i = 0;
    while (i < e->more_count && !rib_path_is_dead(rib, &e->more[i]))
        i++;
    return i + 1;
}

/* One announcement. The sets are borrowed: references are taken as needed. */
struct rib_announcement {
    uint32_t source;
    uint32_t path_id;
    uint32_t received; /* ids of attribute sets */
    uint32_t attrs;
    uint16_t reject;     /* as in struct rib_path */
    uint32_t now_mono_s; /* by the monotonic clock */
};

/* Adds or replaces the source's path for a key, selects again, and marks the entry dirty when
 * something changed that RIB-out must know. A live path that is announced again as it was stays as
 * it is; a dead one is replaced, and nobody need hear of it when the new one is the same. Among
 * many paths selection waits until the entry is taken off the dirty list. A key has room for
 * RIB_ENTRY_PATHS_MAX paths; what is beyond is not taken. Nor is what the source has too many of: a
 * path that it would have replaced is withdrawn. */
void rib_announce(struct rib *rib, enum family family, struct nlri_key key,
                  const struct rib_announcement *a);
/* Removes the source's path, be it a dead one; false when there was none. */
bool rib_withdraw(struct rib *rib, enum family family, struct nlri_key key, uint32_t source,
                  uint32_t path_id);

/* An announcement as it is made of many keys of a family. It borrows: good while neither sources
 * nor the references to its sets change. */
struct rib_news {
    struct rib_table *table;
    struct rib_path path; /* as it will stand in the entry */
    struct rib_attrs *set;
    struct rib_adj_in *adj_in;
    bool is_local; /* of BGPd itself */
    bool is_usable;
    uint8_t entry_flags; /* of entries that it comes to */
};

void rib_news_init(struct rib_news *news, struct rib *rib, enum family family,
                   const struct rib_announcement *a);

/* rib_announce and rib_withdraw where the entry of the key is `id`, or not known (0). They tell
 * whether the source had a path. */
bool rib_announce_at(struct rib *rib, const struct rib_news *news, struct nlri_key key,
                     uint32_t id);
bool rib_withdraw_at(struct rib *rib, enum family family, struct nlri_key key, uint32_t id,
                     uint32_t source, uint32_t path_id);

/* The path of a source for a key, or NULL; borrowed until the next change. */
const struct rib_path *rib_find_path(const struct rib *rib, enum family family, struct nlri_key key,
                                     uint32_t source);

/* What is to be done with a live path from now on. */
struct rib_verdict {
    bool removed;    /* else: */
    uint16_t reject; /* as in struct rib_path */
    uint32_t attrs;  /* after import policy; borrowed until the next call */
    bool retell;     /* the entry is dirty in any case: its source is another thing to those who are
                        told */
};
/* Of a path that stays as it is. */
static inline struct rib_verdict rib_verdict_same(const struct rib_path *path)
{
    return (struct rib_verdict){.reject = path->reject, .attrs = path->attrs};
}
typedef struct rib_verdict (*rib_judge)(void *ctx, const struct rib_table *t,
                                        const struct rib_entry *e, const struct rib_path *path);
/* Has all live paths of an entry judged again, and selects again where that changes something. */
void rib_rejudge(struct rib *rib, struct rib_table *t, uint32_t id, rib_judge judge, void *ctx);

/* Removes the dead paths of an entry, the first of which is path `first`, and selects again where
 * that matters. */
void rib_entry_bury(struct rib *rib, struct rib_table *t, uint32_t id, unsigned first);

/* Paths that rib_dirty_take looks at, when selection waits or there are many of BGPd itself, before
 * it takes fewer entries. */
#define RIB_DECIDE_PATHS 8192u

/* Takes up to `most` entries off the dirty list of a table, and makes their best paths the first
 * ones; how many. They stay as they are while the caller shows them to every update group, and then
 * calls rib_dirty_done, which uses the array up. */
uint32_t rib_dirty_take(struct rib *rib, struct rib_table *t, uint32_t *ret_ids, uint32_t most);
void rib_dirty_done(struct rib_table *t, uint32_t *ids, uint32_t count);
/* Before that: the last `count` that were taken stay on the list, and are not done. */
void rib_dirty_give_back(struct rib_table *t, uint32_t count);
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
