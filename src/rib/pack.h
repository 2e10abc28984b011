/* Packing: collects announcements and withdrawals for one update group, gathers those that share
 * attributes, and encodes each gathering once, whoever it goes to. */
#ifndef BGPD_RIB_PACK_H
#define BGPD_RIB_PACK_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/msgbuf.h"
#include "rib/export.h"
#include "rib/source_sets.h"
#include "wire/message.h"

/* Who a message is for. A peer goes by its source and by its party (PACK_PARTY and a number), where
 * it has one: so it is meant by either. */
struct pack_audience {
    uint32_t only; /* those that this means, one or a set made by pack_set; 0: everybody */
    uint32_t but;  /* who of them is left out: one or a set likewise; 0: nobody. Where `only` is not
                      0, sources */
};

#define PACK_PARTY (1u << 30)

#define PACK_BUFFER_BYTES 65536u

/* What the items of a bucket have in common. */
struct pack_key {
    uint32_t attrs; /* id of a set; 0: withdrawals */
    uint32_t source;
    struct pack_audience audience;
};

/* See pack.c. */
struct pack {
    struct rib_attrs_pool *attrs_pool; /* borrowed */
    bool holds; /* attributes until they are encoded: what policies make is kept nowhere else */
    uint32_t capacity;
    uint32_t item_count;
    uint32_t *items;      /* ids of entries */
    struct pack_key last; /* of the last item */
    uint32_t run_count;
    uint32_t bucket_count;
    uint32_t stream_count;
    struct pack_run *runs; /* one more than there are items, to end the last one */
    struct pack_bucket *buckets;
    struct pack_stream *streams;
    struct pack_slot *slots; /* size slot_mask + 1 */
    uint32_t slot_mask;
    uint32_t generation;
    struct pack_whos {
        struct pack_who *at; /* owned: the streams that matter to each */
        uint32_t size;
    } sources, parties;      /* by source; by number of the party */
    struct pack_link *links; /* of the lists of these */
    uint32_t link_count;
    uint32_t link_size;
    struct source_sets *sets;  /* owned: those that are meant or left out; of each set the streams
                                  for all but these, and for these alone, index + 1 */
    struct pack_piece *pieces; /* of the last share */
    uint32_t piece_size;
    uint32_t buffer_number; /* of the one that is being filled */
    uint8_t buffer[PACK_BUFFER_BYTES + MESSAGE_MAX_EXTENDED_BYTES];
    uint8_t attrs[MESSAGE_MAX_EXTENDED_BYTES];
};

/* Room for `capacity` items between two calls of pack_encode, with attributes of this pool. */
struct pack *pack_new(struct rib_attrs_pool *attrs, uint32_t capacity);
void pack_free(struct pack *p);

/* Several that are meant or left out together, for an audience of the items until the next
 * pack_encode: `count` ascending ones, and more. */
uint32_t pack_set(struct pack *p, const uint32_t *who, uint32_t count,
                  struct source_sets_more more);

/* The next items have another key than the last one. */
void pack_start_run(struct pack *p, struct pack_key key);

/* Adds one entry. `attrs` are borrowed until pack_encode unless the packer holds them; 0: a
 * withdrawal. `source` is where the path came from. */
static inline void pack_add(struct pack *p, uint32_t entry, uint32_t attrs, uint32_t source,
                            struct pack_audience audience)
{
    uint32_t from = attrs != 0 ? source : 0; /* it does not matter to a withdrawal */
    const struct pack_key *last = &p->last;
    assert(p->item_count < p->capacity);
    /* Not by a key in memory: it would be read in larger pieces than it was just written in. */
    if (last->attrs != attrs || last->source != from || last->audience.only != audience.only ||
        last->audience.but != audience.but)
        pack_start_run(p, (struct pack_key){attrs, from, audience});
    p->items[p->item_count++] = entry;
}

/* A finished buffer. In front is what is for everybody, but for pieces each of which leaves out
 * some peers; after that, pieces that are for few alone. */
struct pack_output {
    struct pack *pack;
    struct msgbuf *buf;
    uint32_t shared_bytes;
    uint32_t shared_messages;
};

/* What of a buffer is for one peer. */
struct pack_share {
    const struct pack_piece *pieces;
    uint32_t count;
    uint32_t len_bytes;
};

struct pack_piece {
    uint32_t begin;
    uint32_t end;
    uint32_t messages;
};

/* The share of the peer with this source and party (0: none). Valid within pack_emit until it is
 * asked for another one. */
struct pack_share pack_share_of(const struct pack_output *output, uint32_t source, uint32_t party);
/* Queues it. */
void pack_push(const struct pack_output *output, const struct pack_share *share,
               struct msgq *queue);

/* Takes a finished buffer; the reference stays the packer's. */
typedef void (*pack_emit)(void *ctx, const struct pack_output *output);

/* Encodes everything that was added, hands it out, and is empty again. */
void pack_encode(struct pack *p, const struct rib *rib, const struct rib_table *table,
                 const struct export_profile *profile, pack_emit emit, void *ctx);

#endif
