/* Changes to the tables by the NLRI of messages, collected across messages.
 *
 * What a change needs lies anywhere in memory: the slot and the set of its attributes, the nodes on
 * the way to its key, its entry. All changes of a batch ask for theirs before the first one is
 * made, so that memory answers to all of them at once. */
#ifndef BGPD_RIB_BATCH_H
#define BGPD_RIB_BATCH_H

#include "rib/rib.h"

#define RIB_BATCH_ITEMS 64u
#define RIB_BATCH_RUNS  32u
#define RIB_BATCH_BYTES 8192u /* of attributes, and of keys */
/* Their number comes round after so many times: names of runs do not live as long. */
#define RIB_BATCH_FORGOT_MAX (UINT32_MAX / RIB_BATCH_RUNS - 1)

/* Canonical attributes. */
struct rib_batch_attrs {
    struct span bytes; /* whose set has still to be looked for; empty: there are none */
    struct attr_hot hot;
    uint32_t hash;
};

/* What is announced with the same attributes, or withdrawn. */
struct rib_batch_run {
    struct rib_announcement what; /* its sets are counted; 0 until they are looked for */
    struct rib_batch_attrs received;
    struct rib_batch_attrs changed; /* by import policy; empty: as received */
};

struct rib_batch {
    struct rib_batch_item {
        struct nlri_key key; /* its bytes are in `keys` */
        uint8_t family;
        uint8_t run; /* index into `runs` */
    } items[RIB_BATCH_ITEMS];
    struct rib_batch_run runs[RIB_BATCH_RUNS];
    unsigned item_count;
    unsigned run_count;
    unsigned present; /* the run that keys are added to */
    uint32_t forgot;  /* how often runs were, up to RIB_BATCH_FORGOT_MAX */
    uint32_t bytes_used;
    bool mostly_known; /* of the last changes: the source had a path for most of the keys */
    uint32_t keys_used;
    uint8_t bytes[RIB_BATCH_BYTES]; /* what attributes are kept in */
    uint8_t keys[RIB_BATCH_BYTES];
};

/* Attributes as they are handed to a batch; borrowed. */
struct rib_batch_given {
    struct span canonical;
    const struct attr_hot *hot;
};

/* Begins a run: what is added next is announced as `what` says, with the attributes that have these
 * canonical bytes and hot fields, and these labels (struct nlri). `changed`: what import policy has
 * made of the former; NULL: nothing. All of it is copied; the sets of `what` are not looked at. */
void rib_batch_announce(struct rib *rib, struct rib_batch *b, const struct rib_announcement *what,
                        struct rib_batch_given received, const struct rib_batch_given *changed,
                        struct span labels);
/* The same for what is withdrawn from a source. */
void rib_batch_withdraw(struct rib *rib, struct rib_batch *b, uint32_t source, uint32_t path_id);
/* A name of the present run, by which rib_batch_resume goes back to it; not 0. */
static inline uint32_t rib_batch_name(const struct rib_batch *b)
{
    return b->forgot * RIB_BATCH_RUNS + b->present + 1;
}
/* Goes back to a run; false: it has been forgotten. */
static inline bool rib_batch_resume(struct rib_batch *b, uint32_t name)
{
    if (name == 0 || (name - 1) / RIB_BATCH_RUNS != b->forgot)
        return false;
    b->present = (name - 1) % RIB_BATCH_RUNS;
    return true;
}

/* The rest of rib_batch_room: makes the changes so far; the run goes on. */
void rib_batch_make_room(struct rib *rib, struct rib_batch *b);

/* Where NLRI that are to be added to the run are read to: NLRI_ROOM_BYTES, and as many keys as
 * *ret_most says (at most NLRI_AT_ONCE). */
static inline uint8_t *rib_batch_room(struct rib *rib, struct rib_batch *b, size_t *ret_most)
{
    if (b->item_count == RIB_BATCH_ITEMS || b->keys_used > sizeof(b->keys) - NLRI_ROOM_BYTES)
        rib_batch_make_room(rib, b);
    size_t most = RIB_BATCH_ITEMS - b->item_count;
    *ret_most = most < NLRI_AT_ONCE ? most : NLRI_AT_ONCE;
    return b->keys + b->keys_used;
}

/* Adds a key of this room to the run, for the table of a family, which changes by it now or by the
 * next rib_batch_apply. */
static inline void rib_batch_add(struct rib_batch *b, enum family family, struct nlri_key key)
{
    b->items[b->item_count++] =
        (struct rib_batch_item){.key = key, .family = (uint8_t)family, .run = (uint8_t)b->present};
}

/* What was read to the room stays there until the changes are made. */
static inline void rib_batch_keep(struct rib_batch *b, const struct family_info *f,
                                  const struct nlri *nlri, size_t count)
{
    if (count == 0)
        return;
    struct nlri_key last = nlri[count - 1].key;
    b->keys_used = (uint32_t)(last.bytes + nlri_key_bytes(f, last) - b->keys);
}

/* Makes the changes that are left. */
void rib_batch_apply(struct rib *rib, struct rib_batch *b);

#endif
