/* Sessions that end by an error: for how long their neighbour is held back, also when the neighbour
 * itself (a dynamic one) is gone meanwhile. Pure. Internal to session/. */
#ifndef BGPD_SESSION_SETBACK_H
#define BGPD_SESSION_SETBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/prefix.h"
#include "base/strbuf.h"
#include "wire/notification.h"

/* A session that lasted longer than this is not another one of a row of failures. */
#define SETBACK_ROW_MS (5 * 60 * 1000)

/* What is known of the last sessions with a neighbour that ended by an error. */
struct setback {
    unsigned times; /* in a row that it was the same error; 0: there was none */
    uint8_t code;   /* of the NOTIFICATION */
    uint8_t subcode;
    bool sent;         /* by us */
    uint64_t until_ms; /* no attempt before, and where it refuses no connection of the neighbour */
};

/* Whether a NOTIFICATION says what will happen again when nothing is done: an error in a message,
 * or a limit; not an administrator's Cease, nor silence. */
bool setback_counts(const struct notification *n);
/* Takes note that an Established session ended by `n`, which counts. */
void setback_note(struct setback *s, const struct notification *n, bool sent);
/* Whether the neighbour's own connections are refused while it waits: when the error is its own, or
 * has come again. */
bool setback_refuses(const struct setback *s, uint64_t now_ms);
/* Seconds, begun ones included, until it does not wait any more. */
uint64_t setback_left_s(const struct setback *s, uint64_t now_ms);
/* Appends "prefix limit, retry in 240 s"; nothing when it does not wait. */
void setback_describe(const struct setback *s, uint64_t now_ms, struct strbuf *out);

/* Setbacks by address, for neighbours that do not exist at present. A hash table, so that each
 * costs the same however many there are; at most SETBACKS_MAX: a further one takes the place of the
 * one that was remembered first. */
#define SETBACKS_MAX 4096

struct setbacks {
    struct setback_item *items; /* owned */
    uint16_t *buckets;          /* owned; where the items of each begin */
    uint64_t seed;              /* of the hashes: whoever chooses addresses must not know it */
    size_t count;
    size_t size;
    size_t first; /* when all places are taken: whose is taken next */
};

void setbacks_init(struct setbacks *t, uint64_t seed);
void setbacks_release(struct setbacks *t);
/* Remembers a copy of `s` until SETBACK_ROW_MS after its end, and nothing of this address when that
 * is over. */
void setbacks_keep(struct setbacks *t, const struct ip_addr *addr, const struct setback *s,
                   uint64_t now_ms);
/* The one of an address; NULL, also when it is over. Valid until the next call that changes the
 * table. */
const struct setback *setbacks_find(const struct setbacks *t, const struct ip_addr *addr,
                                    uint64_t now_ms);
/* Forgets all addresses within a network. */
void setbacks_forget(struct setbacks *t, const struct prefix *network);

#endif
