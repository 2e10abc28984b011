/* Paths, and the entries that hold the paths of one prefix. */
#ifndef BGPD_RIB_PATH_H
#define BGPD_RIB_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/chain.h"
#include "rib/attrs.h"
#include "wire/family.h"

/* Why a path is kept but not used. */
enum rib_reject {
    RIB_ACCEPTED,
    RIB_REJECT_AS_LOOP,         /* our AS is in the AS_PATH: RFC 4271 §9.1.2 */
    RIB_REJECT_FIRST_AS,        /* the AS_PATH does not begin with the peer's AS: §6.3 */
    RIB_REJECT_ORIGINATOR_LOOP, /* ORIGINATOR_ID is ours: RFC 4456 §8 */
    RIB_REJECT_CLUSTER_LOOP,    /* our cluster id is in the CLUSTER_LIST: RFC 4456 §8 */
    RIB_REJECT_ASPA,            /* the AS_PATH is invalid by ASPAs */
    RIB_REJECT_NEXT_HOP_IS_US,  /* RFC 4271 §6.3 a */
    RIB_REJECT_LEAK_BELOW,      /* RFC 9234 §5: from a customer or a client of our route server, */
    RIB_REJECT_LEAK_PEER,       /* or from a peer, though it is for customers only */
    /* A flow, held against the unicast route to its destination (rib/flow_check.h): */
    RIB_REJECT_FLOW_DESTINATION,   /* it names none: RFC 8955 §6 a */
    RIB_REJECT_FLOW_ROUTE,         /* there is no such route */
    RIB_REJECT_FLOW_ORIGINATOR,    /* which is not the flow's: RFC 9117 §4.1 b */
    RIB_REJECT_FLOW_AS,            /* the AS_PATHs do not begin with the same AS: §4.2 */
    RIB_REJECT_FLOW_MORE_SPECIFIC, /* another AS has a route within: RFC 8955 §6 c */
    RIB_REJECT_FLOW_PENDING,       /* that is not known yet */
    /* This and above: the rule of the import chain with that number (policy/chain.h). */
    RIB_REJECT_POLICY = 16,
};

_Static_assert(RIB_REJECT_POLICY + POLICY_CHAIN_MAX_RULES <= UINT16_MAX, "a path has room for it");

/* Whether a path is rejected for what is looked at before unicast routes are. */
static inline bool rib_reject_is_before_flow(uint16_t reject)
{
    return reject != RIB_ACCEPTED && reject < RIB_REJECT_FLOW_DESTINATION;
}

/* The reason for people, below RIB_REJECT_POLICY; NULL for RIB_ACCEPTED. Static storage. */
const char *rib_reject_text(enum rib_reject reject);

struct rib_path {
    uint32_t received;        /* attribute set as received; counted */
    uint32_t attrs;           /* after import policy; counted once where it is the same set */
    uint32_t source;          /* index of a rib_source; 0: no path */
    uint32_t path_id;         /* RFC 7911; 0 without add-path */
    uint32_t received_mono_s; /* when it came, by the monotonic clock */
    uint16_t reject;          /* enum rib_reject or above: not a candidate unless 0 */
    uint8_t neighbor_tag;     /* of the neighbour AS: where tags differ, these do */
    uint8_t generation;       /* of the source: another one than its present one is dead */
};

_Static_assert(sizeof(struct rib_path) == 24, "a path is 24 bytes");

enum rib_entry_flag {
    ENTRY_IN_USE = 1 << 0,
    ENTRY_DIRTY = 1 << 1, /* stands in the list of entries that RIB-out must look at */
    ENTRY_HAS_LOCAL =
        1 << 2,             /* a path of the API or the configuration is, or was, among the paths */
    ENTRY_HAS_MED = 1 << 3, /* likewise a path with a MED: selection must look at all */
    ENTRY_UNDECIDED = 1 << 4,  /* selection waits; the entry is dirty, too */
    ENTRY_HAS_WEIGHT = 1 << 5, /* as ENTRY_HAS_MED: a path of which we have noted something, which
                                  may be a weight */
};

/* One key: its paths, the best one first. In tables with an address tree entries end after as many
 * bytes of the key as its family has, in others they name theirs. */
struct rib_entry {
    struct rib_path
        best; /* the best path; when none is usable any path, and `best_usable` is false */
    struct rib_path *more; /* owned: the other paths, by source and path id */
    uint16_t more_count;
    uint16_t out_refs; /* update groups whose Adj-RIB-Out has a slot for this entry in use */
    uint8_t flags;     /* enum rib_entry_flag */
    uint8_t len_bits;  /* of a key in an address tree */
    bool best_usable;
    uint8_t more_size; /* the size of `more`, as a step */
    union rib_entry_key {
        uint8_t bytes[NLRI_TREE_MAX_BYTES];
        struct {
            uint32_t bytes; /* where the key index has them */
            uint32_t len_bytes;
            uint32_t node; /* of the key index */
        } opaque;
    } key;
};

/* Of entries in a table whose keys have so many bytes. */
static inline size_t rib_entry_bytes(size_t key_bytes)
{
    size_t align = _Alignof(struct rib_entry);
    return (offsetof(struct rib_entry, key) + key_bytes + align - 1) / align * align;
}

_Static_assert(offsetof(struct rib_entry, key) + 4 <= 48, "an IPv4 entry has grown");
_Static_assert(offsetof(struct rib_entry, key) + 16 <= 56, "an IPv6 entry has grown");
_Static_assert(sizeof(struct rib_entry) == 64, "an entry fits into a cache line");

static inline unsigned rib_entry_path_count(const struct rib_entry *e)
{
    return e->best.source == 0 ? 0 : 1u + e->more_count;
}

/* Path `index`, 0 being the best; `index` < rib_entry_path_count(). */
static inline struct rib_path *rib_entry_path(struct rib_entry *e, unsigned index)
{
    return index == 0 ? &e->best : &e->more[index - 1];
}

#define RIB_ENTRY_PATHS_MAX (1u + UINT16_MAX)

/* The order of further paths: whether one comes before that of a source with a path id. */
static inline bool rib_path_is_before(const struct rib_path *path, uint32_t source,
                                      uint32_t path_id)
{
    return path->source < source || (path->source == source && path->path_id < path_id);
}

#define RIB_ENTRY_FEW_PATHS 12u /* are looked through one by one */

/* rib_entry_place among more than a few. */
unsigned rib_entry_place_by_halves(const struct rib_entry *e, uint32_t source, uint32_t path_id);

/* Index of the first path of the order, the best one aside, that is not before this one: where the
 * path is, or is to be. At least 1. */
static inline unsigned rib_entry_place(const struct rib_entry *e, uint32_t source, uint32_t path_id)
{
    unsigned count = e->more_count;
    if (count > RIB_ENTRY_FEW_PATHS)
        return rib_entry_place_by_halves(e, source, path_id);
    unsigned at = 0;
    while (at < count && rib_path_is_before(&e->more[at], source, path_id))
        at++;
    return at + 1;
}

/* Whether there is a path of a source; *ret_index is where it is, or where rib_entry_make_room is
 * to make room for it. */
static inline bool rib_entry_find(const struct rib_entry *e, uint32_t source, uint32_t path_id,
                                  unsigned *ret_index)
{
    *ret_index = 0;
    if (e->best.source == 0)
        return false;
    if (e->best.source == source && e->best.path_id == path_id)
        return true;
    unsigned at = *ret_index = rib_entry_place(e, source, path_id);
    return at <= e->more_count && e->more[at - 1].source == source &&
           e->more[at - 1].path_id == path_id;
}

/* The path of a source (with add-path the first one), or NULL. */
static inline struct rib_path *rib_entry_path_of(struct rib_entry *e, uint32_t source)
{
    if (e->best.source == source)
        return &e->best;
    unsigned at = rib_entry_place(e, source, 0);
    return at <= e->more_count && e->more[at - 1].source == source ? &e->more[at - 1] : NULL;
}

/* Makes an empty path at `index`, which rib_entry_find named; there are fewer than
 * RIB_ENTRY_PATHS_MAX. */
void rib_entry_make_room(struct rib_entry *e, unsigned index);
/* Removes a path; another one takes the place of the best. */
void rib_entry_remove_of_many(struct rib_entry *e, unsigned index);
static inline void rib_entry_remove(struct rib_entry *e, unsigned index)
{
    if (e->more_count == 0)
        e->best = (struct rib_path){0};
    else
        rib_entry_remove_of_many(e, index);
}
/* The array of further paths ends after its first `count` ones. */
void rib_entry_cut(struct rib_entry *e, unsigned count);
/* Makes path `index` the first one. */
void rib_entry_to_front(struct rib_entry *e, unsigned index);

#endif
