/* Where paths come from: a neighbour, the API, or the static routes of one peer block. A path names
 * its source by index.
 *
 * A source is a neighbour and not a session: its index lasts as long as the neighbour does, and its
 * paths carry a generation. When a session ends the next generation begins, so that all paths there
 * are of the source are dead at once (rib/sweep.h), and those of the next session take their place.
 */
#ifndef BGPD_RIB_SOURCE_H
#define BGPD_RIB_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "policy/scene.h"
#include "rib/id_set.h"
#include "wire/family.h"
#include "wire/session_kind.h"

enum rib_source_kind {
    RIB_SOURCE_PEER = 1,
    RIB_SOURCE_API,
    RIB_SOURCE_CONFIG, /* its paths are for one group of peers only, never for the Loc-RIB's best */
};

struct rib_source {
    uint8_t kind;         /* enum rib_source_kind */
    uint8_t session_kind; /* enum session_kind; of peers */
    bool reflector_client : 1;
    bool route_server_client : 1;
    uint8_t generation; /* of the live paths */
    /* Its unicast routes that are not marked yet count as marked by this AS for customers only (RFC
     * 9234 §5): that of a provider, a peer or a route server of ours; 0: of nobody. */
    uint32_t only_to_customer;
    uint32_t local_as;   /* our AS in the session */
    uint32_t link;       /* index of the interface, where it is known to be on a link; else 0 */
    uint32_t router_id;  /* host order */
    struct ip_addr addr; /* the peer's; of a config source: the peer it is for, if an address */
    void *user;          /* the owner's own data */
};

_Static_assert(sizeof(struct rib_source) == 64, "sources are looked at for every path");

/* What keeps a source alive, what is left of its former sessions, and who it is to policies. */
struct rib_source_life {
    struct policy_neighbor *neighbor; /* a reference; NULL: of BGPd itself, or nobody asks */
    uint32_t dead_count;              /* dead paths that have not been removed yet */
    uint32_t out_refs;                /* what in Adj-RIB-Outs names it */
    uint32_t next_free;               /* of a free index */
    uint8_t oldest_dead;              /* no dead path is of an older generation */
    uint8_t after_mark; /* that is so of this one, when the sweep has gone round since */
    uint32_t mark;      /* this number of its rounds */
    bool altered;       /* since dead paths were told it has become another thing */
    bool removed;       /* the index is free when nothing names it any more */
};

#define RIB_ANY_NUMBER UINT32_MAX

/* What there is of one family from a source: its Adj-RIB-In. Dead paths do not belong to it. */
struct rib_adj_in {
    uint32_t paths;
    uint32_t rejected;      /* of them: those that are not used */
    bool limited;           /* no new paths are taken */
    uint32_t most_paths;    /* when there are so many, */
    uint32_t most_accepted; /* or so many that are not rejected; RIB_ANY_NUMBER for either */
    uint64_t ignored; /* announcements of the session that were not taken, as there were so many */
    struct id_set entries; /* owned: what a config source has paths of, dead ones included */
};

static inline uint32_t rib_adj_in_accepted(const struct rib_adj_in *in)
{
    return in->paths - in->rejected;
}

struct rib_sources {
    struct rib_source *at;        /* owned; index 0 is never used */
    struct rib_source_life *life; /* owned; by source */
    struct rib_adj_in *adj_in;    /* owned: FAMILY_COUNT for each source */
    uint32_t count;
    uint32_t size;               /* that there is room for */
    uint32_t free;               /* the first free index; 0: none */
    uint64_t changes;            /* new ones, and changes of what they are, so far */
    uint32_t altered;            /* how many are that */
    uint32_t rounds;             /* of the sweep: how often it was at the end of the tables */
    uint32_t dead[FAMILY_COUNT]; /* dead paths of all */
};

void rib_sources_init(struct rib_sources *s);
void rib_sources_release(struct rib_sources *s);

static inline struct rib_adj_in *rib_source_adj_in(const struct rib_sources *s, uint32_t source,
                                                   enum family family)
{
    return &s->adj_in[source * FAMILY_COUNT + family];
}

/* A new source without paths, of generation 0; its index. `what` is copied. */
uint32_t rib_source_add(struct rib_sources *s, const struct rib_source *what);
/* Ends a source without live paths (rib_source_down). The index will be another's when neither dead
 * paths nor Adj-RIB-Outs name it any more. */
void rib_source_remove(struct rib_sources *s, uint32_t source);

/* What a change of a source concerns. */
enum rib_source_change {
    RIB_SOURCE_SAME,
    RIB_SOURCE_TOLD,  /* who is told its routes */
    RIB_SOURCE_LOOKS, /* and how they look to them, and which are preferred */
};

/* Takes over what the source is from now on; not its kind and address. `neighbor`: who it is to
 * policies, of which a reference is taken where that is another one; NULL: as before. See
 * rib_source_update. */
enum rib_source_change rib_source_alter(struct rib_sources *s, uint32_t source,
                                        const struct rib_source *what,
                                        struct policy_neighbor *neighbor);

/* How many paths of a family are taken of a source from now on, and how many that are accepted;
 * RIB_ANY_NUMBER for either. What is there stays, and may be replaced by others. */
void rib_source_set_most(struct rib_sources *s, uint32_t source, enum family family, uint32_t paths,
                         uint32_t accepted);

bool rib_source_has_paths(const struct rib_sources *s, uint32_t source);
/* Makes all paths of the source dead, in constant time; without any, its generation is as good as
 * new. */
void rib_source_begin_generation(struct rib_sources *s, uint32_t source);
/* Whether there is no number for one more generation: all dead paths must go before. */
bool rib_source_is_worn(const struct rib_sources *s, uint32_t source);
/* There are no dead paths of the source any more. */
void rib_source_is_clean(struct rib_sources *s, uint32_t source);
/* A dead path of the source was removed, or a live one has taken its place. */
static inline void rib_source_lose_dead(struct rib_sources *s, uint32_t source, enum family family)
{
    s->dead[family]--;
    if (--s->life[source].dead_count == 0)
        rib_source_is_clean(s, source);
}

/* An Adj-RIB-Out begins to name the source, or does not any more. */
void rib_source_ref(struct rib_sources *s, uint32_t source);
void rib_source_unref(struct rib_sources *s, uint32_t source);

#endif
