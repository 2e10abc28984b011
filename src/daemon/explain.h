/* Why routes are as they are: what import policy makes of each path of a prefix and by which rules,
 * what settled which one is the best, and what each neighbour is told, or why not. All of that is
 * asked again of what decides it, policies with their steps told. In slices: an explanation
 * survives every change to the tables between its steps. */
#ifndef BGPD_DAEMON_EXPLAIN_H
#define BGPD_DAEMON_EXPLAIN_H

#include "daemon/query.h"

/* What is to be explained. */
struct explain_question {
    struct prefix prefix;
    enum route_match match; /* MATCH_EXACT or MATCH_LONGEST */
    family_set families;    /* 0: all */
    bool has_rd;
    uint8_t rd[RD_BYTES];
    bool
        has_peer; /* of paths only those from these peers, and the best; of neighbours only these */
    struct scoped_prefix peer;
    bool peers; /* also what neighbours are told */
};

/* A rule that held, and the attributes before and after what it sets. */
struct explain_rule {
    struct policy_place place;
    struct span before;
    struct span after;
};

/* What the policies of a channel make of a route. */
struct explain_policy {
    bool asked; /* else there is none, or the route does not come to it */
    bool accepted;
    bool unknown;           /* rejected, as something of the rule could not be evaluated */
    struct policy_place by; /* what decided; without a policy: the end of the chain */
    const struct explain_rule *rules;
    size_t rule_count;
};

/* The best unicast route of a prefix that a flow is held against. */
struct explain_held {
    bool is_there;
    struct route_view route;
    uint32_t neighbor_as; /* 0: none */
};

/* What a flow is held against (rib/flow_check.h), and what that says. */
struct explain_validation {
    bool asked;      /* else flows of the channel are not, or it does not come to that */
    const char *why; /* it may not be used; NULL: nothing is against it */
    struct explain_held cover;
    struct explain_held other; /* that of a more specific prefix, of another AS */
};

/* A path; everything is borrowed until the loop comes round, and rules until the next call. */
struct explain_path {
    struct route_view route; /* as it is used: after import policy */
    struct explain_validation validation;
    struct explain_policy import;
    bool pending;           /* import policy has changed, and is about to be evaluated again */
    bool has_vrps;          /* the origin of a unicast route was held against VRPs: */
    uint32_t origin_as;     /* 0: it is not known */
    const struct vrp *vrps; /* those that cover it, EXPLAIN_VRPS at most */
    size_t vrp_count;
    const char *step;   /* what settled that another path is preferred, or keeps it out of the
                           choice; NULL: it is the best, or no path can be used */
    bool has_preferred; /* there is such a path: */
    enum route_source_kind preferred; /* where it is from */
    struct ip_addr preferred_peer;    /* ROUTE_SOURCE_PEER */
};

/* A path that a client of the route server is not told, so that it is told another one, or none. */
struct explain_passed {
    enum route_source_kind source;
    struct ip_addr source_peer; /* ROUTE_SOURCE_PEER */
    const char *why;            /* static storage */
    struct policy_place why_by; /* the rule that says so, where it is export policy */
};

/* A neighbour; likewise. */
struct explain_peer {
    struct ip_addr addr;
    bool has_route;             /* there is one that it could be told: */
    struct route_view route;    /* as it is sent; where it is withheld, as it is here and why */
    const char *why;            /* it is not told any; NULL: it is */
    struct policy_place why_by; /* the rule that says so, where it is one */
    struct explain_policy export;
    const struct explain_passed *passed; /* paths that would come before that which it is told, or
                                            all, where there are several and it is told none */
    size_t passed_count;
    bool pending; /* it has not come to that yet: it may have been told another thing */
};

#define EXPLAIN_VRPS 256u

enum explain_step {
    EXPLAIN_END,
    EXPLAIN_KEY,   /* what follows is about another key */
    EXPLAIN_PATH,  /* a path of it; the best one comes first */
    EXPLAIN_PEER,  /* after the paths: what a neighbour is told of it */
    EXPLAIN_YIELD, /* the deadline has come: call again in a later loop turn */
};

struct explain_view {
    enum family family;
    struct nlri nlri; /* EXPLAIN_KEY; without labels */
    struct explain_path path;
    struct explain_peer peer;
};

struct explain;

struct explain *explain_new(struct speaker *s, const struct explain_question *question);
void explain_free(struct explain *x); /* NULL is allowed */
enum explain_step explain_next(struct explain *x, uint64_t deadline_ns,
                               struct explain_view *ret_view);

#endif
