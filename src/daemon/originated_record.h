/* The records of what the API originates, found by what they are to and by their ids, and the whole
 * store. The functions are internal to originated. */
#ifndef BGPD_DAEMON_ORIGINATED_RECORD_H
#define BGPD_DAEMON_ORIGINATED_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/slab.h"
#include "base/text_pool.h"
#include "config/originate_limits.h"
#include "daemon/aim.h"
#include "daemon/lease_heap.h"
#include "wire/attr_edit.h"
#include "wire/family.h"

struct route_store;
struct speaker;

struct originated {
    struct slab records; /* struct originated_record */
    uint32_t *buckets;   /* owned; a power of two: records by what they are to */
    uint32_t bucket_count;
    uint32_t last_number;             /* of a change */
    struct text_pool texts;           /* owners, labels, tags */
    struct originated_counts *counts; /* owned; by owner, the number of the text */
    uint32_t counts_size;
    struct aims aims;
    struct lease_heap leases;
    uv_timer_t timer;       /* for the lease that ends first */
    struct attr_edit *edit; /* owned: scratch, as is the block */
    struct attr_block *block;
    struct route_store *store;   /* owned; NULL: what is here is gone with the process */
    char *store_path;            /* owned; of it */
    bool failing;                /* it was said that it cannot be written */
    uint64_t last_change;        /* of it, to come to disk */
    void (*progress)(void *ctx); /* something has come to disk; NULL: nobody waits */
    void *progress_ctx;
    uint32_t review_at; /* records from here on are put in place again; 0: all are */
    uint32_t *beyond;   /* owned; NULL: there are no limits, or nothing to be said. By limit, how
                           many records were found that it does not permit */
};

/* How many records an owner has. */
struct originated_counts {
    uint32_t of[ORIGINATE_KINDS];
};

/* What a record says of its route: references. */
struct originated_content {
    uint32_t attrs;
    uint32_t owner;
    uint32_t label;
    uint32_t tags;
    uint32_t created_unix_s;
    uint32_t changed_unix_s;
    uint32_t number; /* of the change */
    uint8_t kind;    /* enum originate_kind */
};

enum { ORIGINATED_KEY_INLINE_BYTES = 16 };

/* There may be very many. */
struct originated_record {
    uint32_t next;  /* of the chain; 0: the last */
    uint32_t attrs; /* a reference to a set */
    uint32_t aim;   /* a reference, as the texts are */
    uint32_t owner;
    uint32_t label;
    uint32_t tags;
    uint32_t lease; /* its place in the heap; 0: none */
    uint32_t created_unix_s;
    uint32_t changed_unix_s;
    uint32_t key_len;
    uint32_t number;                          /* of its last change */
    uint8_t family;                           /* 0 is one, too: a free record has no attributes */
    uint8_t kind;                             /* enum originate_kind */
    uint8_t key[ORIGINATED_KEY_INLINE_BYTES]; /* the key, or a pointer to one that is longer, which
                                                 is owned */
};

_Static_assert(sizeof(struct originated_record) == 64, "a record has grown");

static inline struct originated_record *originated_record(const struct originated *o, uint32_t id)
{
    return slab_at(&o->records, id);
}

/* Whether there is a record with this id, below slab_end(&o->records). */
static inline bool originated_has_record(const struct originated *o, uint32_t id)
{
    return !slab_chunk_empty(&o->records, id) && originated_record(o, id)->attrs != 0;
}

/* What it is to; borrowed. */
struct nlri_key originated_key(const struct originated_record *r);
size_t originated_key_bytes(enum family family, struct nlri_key key);

/* The first record to a place; the next one from `id` on, along its chain; the one with this aim.
 * 0: there is none. */
uint32_t originated_find_first(const struct originated *o, enum family family, struct nlri_key key);
uint32_t originated_along(const struct originated *o, uint32_t id, enum family family,
                          struct nlri_key key);
uint32_t originated_find(const struct originated *o, enum family family, struct nlri_key key,
                         uint32_t aim);

/* A record without content, to which the reference to the aim goes over. */
uint32_t originated_record_new(struct originated *o, enum family family, struct nlri_key key,
                               uint32_t aim);
/* Gives back all that it has. */
void originated_record_free(struct speaker *s, uint32_t id);
/* All records at once, at the end. */
void originated_records_release(struct speaker *s);
/* Gives a record another content, whose references go over; that of before is in *content then,
 * without `attrs` where there was none. */
void originated_swap(struct originated *o, struct originated_record *r,
                     struct originated_content *content);
/* Gives back the references. */
void originated_content_release(struct speaker *s, struct originated_content *content);
/* How many records an owner has of a kind. */
uint32_t originated_count(const struct originated *o, uint32_t owner, enum originate_kind kind);

/* When its lease ends, by the monotonic clock; 0: never. */
uint64_t originated_expires_ms(const struct originated *o, const struct originated_record *r);
/* For the heap of leases: `ctx` is the store. */
void originated_lease_moved(void *ctx, uint32_t holder, uint32_t place);

#endif
