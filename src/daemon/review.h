/* By what received paths are judged, and judging them again when that changes. */
#ifndef BGPD_DAEMON_REVIEW_H
#define BGPD_DAEMON_REVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/own_addrs.h"
#include "daemon/service.h"
#include "rib/review.h"

struct channel;
struct neighbor;

struct review {
    struct rib_review walk;
    uint32_t pass;         /* number of the present pass, or of the next one */
    uint32_t last_pass;    /* that is wanted */
    uint32_t local_pass;   /* our own routes are looked at again in passes up to this one */
    uint32_t addr_changes; /* judge.addrs.changes when rules were last made */
    struct own_addrs_list configured, interfaces;
};

/* What its functions take over, or judge again, concerns the paths of all sessions: what the
 * configuration says (at the start and with a reload), and what addresses the machine has. */
extern const struct service review_service;

/* A session has come up (its source is there), or is about to lose its source. */
void review_join(struct speaker *s, struct neighbor *n);
void review_leave(struct speaker *s, struct neighbor *n);
/* The import policy of the channel is another one. */
void review_channel(struct speaker *s, struct channel *c);
/* A path of a channel by all that holds of it now: the rules of the session, what flows are held
 * against, validation of its AS path, and then policy. */
struct rib_verdict review_judge(struct speaker *s, const struct channel *c,
                                const struct rib_table *t, const struct rib_entry *e,
                                const struct rib_path *path);
/* What is noted of routes of our own is another thing. */
void review_local(struct speaker *s);
/* And one of our own routes, by what is noted of it now. */
struct rib_verdict review_judge_local(struct speaker *s, const struct rib_table *t,
                                      const struct rib_entry *e, const struct rib_path *path);
/* Whether the paths of a channel are still being judged again. */
bool review_is_pending(const struct speaker *s, const struct channel *c);
/* The neighbour has become another thing to those who are told its routes. */
void review_retell(struct speaker *s, struct neighbor *n);

#endif
