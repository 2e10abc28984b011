/* Adj-RIB-Out: update groups.
 *
 * Peers with the same outbound profile form a group, which keeps one Adj-RIB-Out: for each entry
 * the attributes advertised, the source they came from, and the version of the change. What
 * differs for members with routes of the configuration that are for them alone is kept beside that.
 * A change is encoded once and the same buffer is queued for every member in step. A new, refreshed
 * or slow member makes passes over what changed since the version it has, until it is in step
 * again; members at the same place share the buffers of a pass. A peer is never told its own route.
 *
 * Withdrawn prefixes keep their slot (a tombstone) until every member has passed them. */
#ifndef BGPD_RIB_RIBOUT_H
#define BGPD_RIB_RIBOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/ribout_state.h"

void ribout_init(struct ribout *out, struct rib *rib);
void ribout_release(struct ribout *out); /* all members must have left */

/* By what a peer is told routes. Borrowed. */
struct ribout_outbound {
    struct export_profile profile;
    struct policy_chain *policy;  /* NULL: none */
    struct policy_neighbor *peer; /* who it is to that */
};

/* Makes a peer a member of the group of those who are told routes likewise. It begins with a pass
 * over everything, ended by an End-of-RIB. `queue` is where messages go; `source` the peer's own
 * source (0: none), whose address is the peer's; `config_source` the one whose routes are for it
 * alone, and for others with the same one (0: none). */
struct ribout_member *ribout_join(struct ribout *out, const struct ribout_outbound *what,
                                  struct msgq *queue, uint32_t source, uint32_t config_source);
/* A member that has no config source is given one, which has no routes yet. */
void ribout_set_config_source(struct ribout *out, struct ribout_member *m, uint32_t config_source);
/* The member is gone for the caller at once. */
void ribout_leave(struct ribout *out, struct ribout_member *m);
/* Sends everything again (RFC 2918). */
void ribout_refresh(struct ribout_member *m);
/* Changes by what the member is told during the session: what differs is sent. Takes effect in a
 * later ribout_work, when the new group is ready. */
void ribout_move(struct ribout *out, struct ribout_member *m, const struct ribout_outbound *what);

/* Counts what export policies have decided in their hits (struct policy), as far as it is not there
 * yet. */
void ribout_count_hits(struct ribout *out);

/* Shows dirty entries to the groups until `deadline_ns` (monotonic); true while more are left. */
bool ribout_flush(struct ribout *out, uint64_t deadline_ns);
/* Lets groups fill and members make passes until `deadline_ns`; true while there is more that can
 * be done now (members whose queues are full wait for them to drain). */
bool ribout_work(struct ribout *out, uint64_t deadline_ns);

/* True when ribout_work() has something that it can do now. It may say so again after a queue was
 * read, when it had said that there was no more. */
bool ribout_has_work(const struct ribout *out);

/* Number of entries the member is told at present. */
uint32_t ribout_member_advertised(struct ribout_member *m);
const struct export_profile *ribout_member_profile(const struct ribout_member *m);
/* True when more was withdrawn than a group keeps in mind for a member that takes nothing: it is
 * told nothing any more, and does not know what is withdrawn. Its owner must end the session. */
bool ribout_member_given_up(const struct ribout_member *m);
/* True while it goes over to what ribout_move has been told: until then it is told by what was
 * before. */
bool ribout_member_is_moving(const struct ribout_member *m);

#endif
