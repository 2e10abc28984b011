/* What one source says: its VRPs and ASPAs, those that are in force and those of a response that is
 * still arriving, and which of them were passed on. Pure.
 *
 * A response is taken whole or not at all: what it says is noted in the set, and is in force from
 * record_set_commit on. Going from one to the other is done in steps, each of which passes on what
 * differs, and nothing else. So there is no moment at which a record that stays is missing. */
#ifndef BGPD_RPKI_RECORD_SET_H
#define BGPD_RPKI_RECORD_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/vrp_table.h"

/* Where records go: one more, or one less. What is pointed to is borrowed. */
struct record_sink {
    void (*vrp)(void *ctx, const struct vrp *vrp, bool add);
    void (*aspa)(void *ctx, uint32_t customer, const uint32_t *providers, size_t count, bool add);
    /* Up to RECORDS_AT_ONCE prefixes (whole addresses) of VRPs that are about to be told, most of
     * them: for whoever can get ready for that; NULL: nobody. */
    void (*fetch)(void *ctx, uint8_t ip_version, const uint8_t *const *address_bytes,
                  const uint8_t *len_bits, unsigned count);
    void *ctx;
};
enum { RECORDS_AT_ONCE = 32 };

enum record_kind { RECORD_VRP4, RECORD_VRP6, RECORD_ASPA, RECORD_KINDS };

enum record_phase {
    RECORDS_IDLE,
    RECORDS_FILLING,    /* a response is arriving */
    RECORDS_COMMITTING, /* what it said is put in force */
    RECORDS_ABORTING,   /* or forgotten */
    RECORDS_CLEARING,   /* all is taken out of force */
};

struct record;
struct record_shard;

struct record_set {
    struct record_shard *shards; /* owned */
    uint32_t shard_count;
    unsigned shard_bits;    /* of a hash say which shard it is */
    struct record *changed; /* owned: what a response with differences has touched */
    size_t changed_count;
    size_t changed_size;
    size_t changed_at; /* of them, those that are settled */
    uint64_t seed;
    enum record_phase phase;
    bool full;               /* the response says all, not what differs */
    bool used;               /* what is in force is to be passed on */
    uint32_t swept;          /* shards that the phase is through with */
    uint32_t passed;         /* shards in which what is passed on is as `used` wants it */
    uint32_t total;          /* records, of all states */
    uint64_t provider_count; /* in all lists of ASPAs */
    uint32_t max_records;    /* that there may be; six providers of ASPAs are one, too */
    uint64_t response;       /* what the response has brought so far, in records */
    uint32_t in_force[RECORD_KINDS];
};

void record_set_init(struct record_set *s, uint32_t max_records);
/* Nothing is passed on any more. */
void record_set_release(struct record_set *s);

/* A response begins: `full` when it says all that there is, otherwise what differs. Only when the
 * set is idle. */
void record_set_begin(struct record_set *s, bool full);

/* What a response says. ERR_EXISTS: it is announced already; ERR_NOT_FOUND: what is withdrawn is
 * not there; ERR_FULL: there are too many. An ASPA replaces the one before, if any. */
int record_set_announce_vrp(struct record_set *s, const struct vrp *vrp);
int record_set_withdraw_vrp(struct record_set *s, const struct vrp *vrp);
int record_set_announce_aspa(struct record_set *s, uint32_t customer, const uint32_t *providers,
                             size_t count);
int record_set_withdraw_aspa(struct record_set *s, uint32_t customer);

/* The response is complete, or will not be. */
void record_set_commit(struct record_set *s);
void record_set_abort(struct record_set *s);
/* Takes all out of force, whatever the set is about to do. */
void record_set_clear(struct record_set *s);
/* Whether what is in force is to be passed on. */
void record_set_use(struct record_set *s, bool used);

/* Does a small step (some hundred records) of what is to be done; false: there is nothing. */
bool record_set_step(struct record_set *s, const struct record_sink *sink);
/* True while a new response must not begin, or go on: steps come first. */
bool record_set_is_busy(const struct record_set *s);
/* True while steps are left to be done, those for record_set_use included. */
bool record_set_has_work(const struct record_set *s);
/* True when there is no record, and nothing to be done. */
bool record_set_is_empty(const struct record_set *s);

#endif
