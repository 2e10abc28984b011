/* A channel is one neighbour in one family: its place in an update group, its limit, and what is
 * counted of it. A neighbour has one for each family of its configuration and of its session. */
#ifndef BGPD_DAEMON_CHANNEL_H
#define BGPD_DAEMON_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/limit.h"
#include "daemon/service.h"
#include "rib/ribout.h"
#include "wire/family.h"

struct neighbor;
struct speaker;

struct channel {
    struct neighbor *neighbor; /* borrowed */
    enum family family;
    struct ribout_member *member; /* NULL: not negotiated, or there is no session */
    struct limit limit;           /* on what the peer sends; in its last session, when it is down */
    uint32_t look_at;             /* limit_next(): there is nothing to be done about fewer */
    bool end_of_rib;              /* the peer has sent all of its routes (RFC 4724 §2) */
    struct policy_chain *import;  /* references; NULL: all is accepted as it is */
    struct policy_chain *export;
    bool keep_filtered;   /* what import rejects stays, with the rule */
    bool validate_flows;  /* flows are held against unicast routes */
    bool rejects_aspa;    /* paths that are invalid by ASPAs are not used */
    bool import_differs;  /* from what its paths were judged by */
    bool import_asks;     /* likewise, and some of what the peer sent is not there */
    uint32_t review_pass; /* its paths are judged again in passes up to this one */
};

/* Makes the channels of a neighbour those of its configuration and of its session. Those that stay
 * may be in another place. */
void channels_settle(struct neighbor *n);
void channels_release(struct neighbor *n);

/* Our own next hop towards a peer in its session, in a family. */
struct policy_own_next_hop channel_own_next_hop(const struct speaker *s, const struct neighbor *n,
                                                enum family family);
/* The channel of a family; NULL when there is none. */
struct channel *channel_find(const struct neighbor *n, enum family family);
/* The place in an update group of the channel of a family; NULL when there is none. */
struct ribout_member *channel_member(const struct neighbor *n, enum family family);

/* The session has come up, and its source is there: the channels of the families that were
 * negotiated begin with all routes. */
void channels_up(struct speaker *s, struct neighbor *n);
/* It has gone. */
void channels_down(struct speaker *s, struct neighbor *n);

/* Sees to the limit after a message that announces some prefixes: the session may end. */
void channel_check_limit(struct speaker *s, struct channel *c);
/* Goes over to the limits that channels_settle has found: the session may end. */
void channels_change_limits(struct speaker *s, struct neighbor *n);
/* Has the paths judged again by import policies that channels_settle has found to be others, or by
 * all of them where the neighbour has become another one to policies. Where rejected routes were
 * not kept the peer is asked for them. */
void channels_change_policies(struct speaker *s, struct neighbor *n);
/* The neighbour has become another one to policies: its paths are judged again. */
void channels_judge_again(struct speaker *s, struct neighbor *n);
/* Asks the peer for its routes again, as some were ignored (RFC 2918). Where that cannot be, they
 * come with its next session: the log says which. */
void channel_ask_again(const struct channel *c);
/* What the export profile is made of has changed: the peer is sent what differs. */
void channel_update_export(struct speaker *s, struct channel *c);

/* Prefixes in the Adj-RIB-In, those of them that are not filtered, and those in the Adj-RIB-Out. */
uint32_t channel_received(const struct speaker *s, const struct channel *c);
uint32_t channel_accepted(const struct speaker *s, const struct channel *c);
uint32_t channel_advertised(const struct channel *c);
/* Announcements of the session that were ignored for the limit. */
uint64_t channel_ignored(const struct speaker *s, const struct channel *c);

/* Looks at the limits of all channels each second: for what is not worth a look at once. */
extern const struct service channels_service;

#endif
