/* The flows of a table by the prefix that their packets go to: those that are held against unicast
 * routes, and where that work stands (rib/flow_check.h). */
#ifndef BGPD_RIB_FLOW_INDEX_H
#define BGPD_RIB_FLOW_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/slab.h"
#include "rib/table.h"

/* The unicast route that a destination is held against, as far as that matters to its flows. */
struct flow_cover {
    bool is_there;       /* else there is none */
    uint8_t len_bits;    /* of its prefix */
    uint8_t generation;  /* of its source */
    uint32_t source;     /* index of a rib_source */
    uint32_t as;         /* the neighbouring AS: the first one of its AS_PATH, 0 for none */
    uint32_t originator; /* ORIGINATOR_ID; 0: it has none */
};

/* What is known of the unicast routes within a destination, beside a neighbouring AS. */
enum flow_others {
    FLOW_OTHERS_UNKNOWN,
    FLOW_OTHERS_NONE, /* they are all of that AS */
    FLOW_OTHERS_SOME, /* one is not */
};

struct flow_destination {
    uint8_t bytes[16];
    uint8_t len_bits;
    bool in_use;
    bool is_queued;
    bool must_judge;         /* whatever it is held against */
    bool wants_walk;         /* flows wait for what is known of the routes within it */
    uint8_t others;          /* enum flow_others */
    uint8_t other_len;       /* FLOW_OTHERS_SOME: the prefix of a route of another AS */
    uint8_t other_bytes[16]; /* likewise */
    uint32_t others_as;      /* beside which AS */
    struct flow_cover cover; /* when it was last looked for */
    uint32_t flows;          /* entry of the first flow; 0: there is none */
    uint32_t next;           /* in the queue; 0: the last one */
};

struct flow_link {
    uint32_t destination; /* 0: the entry does not belong to any */
    uint32_t next, previous;
};

struct flow_index {
    struct slab destinations;
    struct tree tree;
    struct flow_link *links; /* owned: by id of the flows' entries */
    uint32_t link_count;
    struct { /* destinations whose flows may have to be judged again, each once */
        uint32_t first, last;
    } queue;
    uint32_t present;    /* destination that is being worked at; 0: none */
    uint32_t next_flow;  /* of it, that is to be judged next; 0: all have been */
    uint32_t walk_left;  /* unicast entries that may be looked at without waiting */
    uint32_t sweep_pos;  /* where the sweep over all destinations goes on, */
    uint32_t sweep_left; /* and how many ids it has before it */
    struct {             /* through the unicast routes within the present destination */
        bool is_open;
        uint32_t as; /* beside which others are looked for */
        struct rib_cursor cursor;
    } walk;
};

struct flow_index *flow_index_new(uint8_t key_bytes);
void flow_index_free(struct flow_index *x); /* NULL is allowed */

static inline struct flow_destination *flow_destination_at(const struct flow_index *x, uint32_t id)
{
    return slab_at(&x->destinations, id);
}

/* The destination of exactly this prefix, or 0; or made, in the queue, when there is none. */
uint32_t flow_index_find(const struct flow_index *x, const struct prefix *p);
uint32_t flow_index_find_or_add(struct flow_index *x, const struct prefix *p);

/* Adds the entry of a flow to a destination, unless it belongs to it. */
void flow_index_attach(struct flow_index *x, uint32_t destination, uint32_t flow);
/* Takes the entry of a flow out, if it is there: the destination may go. */
void flow_index_detach(struct flow_index *x, uint32_t flow);

/* Puts a destination at the end of the queue, unless it stands there; takes the first one (0: the
 * queue is empty). */
void flow_index_enqueue(struct flow_index *x, uint32_t destination);
uint32_t flow_index_dequeue(struct flow_index *x);
/* Removes a destination that has no flows and is neither in the queue nor being worked at. */
void flow_index_settle(struct flow_index *x, uint32_t destination);

static inline bool flow_index_is_empty(const struct flow_index *x)
{
    return x->destinations.used == 0;
}

#endif
