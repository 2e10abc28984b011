/* Parameters that several methods share, for the table of methods. Internal to api. */
#ifndef BGPD_API_METHOD_PARAMS_H
#define BGPD_API_METHOD_PARAMS_H

#include "api/params.h"

#define PARAM_LIST_FAMILY                                                                          \
    {                                                                                              \
        "family", PARAM_FAMILY, false, "Only routes of this family."                               \
    }
#define PARAM_LIST_LIMIT                                                                           \
    {                                                                                              \
        "limit", PARAM_COUNT, false, "At most so many routes."                                     \
    }
#define PARAM_LIST_CURSOR                                                                          \
    {                                                                                              \
        "cursor", PARAM_CURSOR, false,                                                             \
            "Go on after the last route of an earlier answer: the `cursor` that came with it. "    \
            "The other "                                                                           \
            "parameters must be the same."                                                         \
    }
#define PARAM_LIST_FILTERED                                                                        \
    {                                                                                              \
        "filtered", PARAM_FLAG, false,                                                             \
            "Only routes that are not used: those that a policy rejects, or for a reason of BGP."  \
    }
#define PARAM_LIST_ROV                                                                             \
    {                                                                                              \
        "rov", PARAM_ROV, false, "Only unicast routes of whose origin VRPs say this (RFC 6811)."   \
    }
#define PARAM_LIST_RD                                                                              \
    {                                                                                              \
        "rd", PARAM_RD, false, "Only routes with this route distinguisher."                        \
    }
/* Which prefixes. */
#define PARAM_LIST_PLACE                                                                           \
    {"exact", PARAM_PREFIX, false,                                                                 \
     "Only routes to this very prefix, and flows whose destination or source it is."},             \
        {"longest", PARAM_PREFIX, false,                                                           \
         "Only routes to the longest prefix that covers this address or prefix and has one that "  \
         "the other parameters permit, and all flows whose destination or source covers it."},     \
    {                                                                                              \
        "longer", PARAM_PREFIX, false,                                                             \
            "Only routes to this prefix and its more specifics, and flows whose destination or "   \
            "source is one of them."                                                               \
    }
#define PARAM_LIST_FROM                                                                            \
    {                                                                                              \
        "from_peer", PARAM_SOURCE, false,                                                          \
            "Only routes from this peer, from all in this network, or of BGPd itself."             \
    }
#define PARAM_LIST_AS                                                                              \
    {                                                                                              \
        "as", PARAM_AS, false, "Only routes with this AS in their AS path."                        \
    }
#define PARAM_LIST_COMMUNITY                                                                       \
    {                                                                                              \
        "community", PARAM_COMMUNITY, false, "Only routes with this community."                    \
    }
/* What else is asked of AS paths. */
#define PARAM_LIST_PATH                                                                            \
    {"as_path", PARAM_PATH_REGEX, false,                                                           \
     "Only routes in the text of whose AS path this [expression](policy.md#matches) is found."},   \
    {                                                                                              \
        "origin_as", PARAM_AS, false, "Only routes that began in this AS: the last of their path." \
    }
#define PARAM_PEER_NAME                                                                            \
    {                                                                                              \
        "peer", PARAM_PEERS, true,                                                                 \
            "Address of a peer, or a network, which stands for all peers in it: configured ones "  \
            "(addresses and networks) and dynamic ones; or several of these, all of which must "   \
            "be there, or nothing is done."                                                        \
    }
#define PARAM_CEASE_MESSAGE                                                                        \
    {                                                                                              \
        "message", PARAM_MESSAGE, false,                                                           \
            "Told to the peer in the NOTIFICATION (RFC 9003); cut at 255 bytes."                   \
    }
#define PARAM_ROUTE_ATTRIBUTES                                                                     \
    {"origin", PARAM_ORIGIN, false, "ORIGIN; default: IGP."},                                      \
        {"as_path", PARAM_AS_PATH, false,                                                          \
         "AS numbers, plain or dotted, the nearest first; \"{1 2}\" is a set."},                   \
        {"local_pref", PARAM_UINT32, false, "LOCAL_PREF."},                                        \
        {"multi_exit_disc", PARAM_UINT32, false, "MULTI_EXIT_DISC."},                              \
    {                                                                                              \
        "communities", PARAM_COMMUNITIES, false,                                                   \
            "Communities: \"65000:99\", large \"65000:1:2\", extended such as "                    \
            "\"target:65000:1\"."                                                                  \
    }
/* Those that came later: last, so that parameters by position stay where they were. */
#define PARAM_MORE_ATTRIBUTES                                                                      \
    {"aggregator", PARAM_AGGREGATOR, false, "AGGREGATOR: who put the route together of others."},  \
        {"atomic_aggregate", PARAM_FLAG, false,                                                    \
         "ATOMIC_AGGREGATE: the AS path lacks some of those that are behind it."},                 \
        {"originator_id", PARAM_ROUTER_ID, false, "ORIGINATOR_ID, for internal peers."},           \
        {"cluster_list", PARAM_CLUSTER_LIST, false,                                                \
         "CLUSTER_LIST, the nearest cluster first, for internal peers."},                          \
    {                                                                                              \
        "aigp", PARAM_METRIC, false, "The metric of AIGP (RFC 7311), for internal peers."          \
    }

/* What names a route, beside its prefix. */
#define PARAM_ROUTE_KEY                                                                            \
    {"family", PARAM_ROUTE_FAMILY, false,                                                          \
     "Default: the one that the prefix, `rd` and `labels` speak for."},                            \
        {"rd", PARAM_ROUTE_RD, false, "The route distinguisher, in families that have one."},      \
    {                                                                                              \
        "labels", PARAM_LABELS, false, "The label or labels, in families that have them."          \
    }

/* What there is to an originated route beside the route. */
#define PARAM_AIMED                                                                                \
    {                                                                                              \
        "to", PARAM_AIM, false,                                                                    \
            "Whom it is for: addresses or names of peers, networks, groups. Default: all that "    \
            "take routes from the API. What is aimed at somebody goes to them in place of what "   \
            "is for all, or of a static route; the same route with another aim is another one."    \
    }
#define PARAM_ORIGINATED_TERMS                                                                     \
    PARAM_AIMED,                                                                                   \
        {"ttl", PARAM_TTL, false,                                                                  \
         "Its lease: it is withdrawn after this time, unless the call is repeated. "               \
         "Default: it has none."},                                                                 \
        {"owner", PARAM_LABEL, false, "Who it belongs to, as a name."},                            \
        {"label", PARAM_LABEL, false, "A text to find it by. The MPLS label is in `labels`."},     \
    {                                                                                              \
        "tags", PARAM_TAGS, false, "Words to find it by."                                          \
    }
#define PARAM_DRY_RUN                                                                              \
    {                                                                                              \
        "dry_run", PARAM_FLAG, false,                                                              \
            "Everything is checked, and the answer is what it would be, with `dry_run`: nothing "  \
            "is changed."                                                                          \
    }
#define PARAM_ORIGINATED_NAMES                                                                     \
    {"owner", PARAM_LABEL, false, "Of what the API originates: only what is this owner's."},       \
        {"label", PARAM_LABEL, false, "Likewise: only with this label."},                          \
    {                                                                                              \
        "tag", PARAM_TAG, false, "Likewise: only with this tag."                                   \
    }
#define PARAM_ORIGINATED_FILTER                                                                    \
    PARAM_ORIGINATED_NAMES, {"family", PARAM_FAMILY, false, "Only those of this family."},         \
    {                                                                                              \
        "kind", PARAM_KIND, false, "Only routes to prefixes, or only flows."                       \
    }
#define PARAM_BEYOND_LIMITS                                                                        \
    {                                                                                              \
        "beyond_limits", PARAM_FLAG, false,                                                        \
            "Likewise: only what a limit would not permit now, whatever their number."             \
    }
#define PARAM_AIMED_AT                                                                             \
    {                                                                                              \
        "to", PARAM_LABEL, false,                                                                  \
            "Likewise: only with this peer (address or name), network or group in its aim."        \
    }

/* Many routes and flows. */
#define PARAM_MANY(one_route, one_flow)                                                            \
    {"routes", PARAM_ITEMS, false,                                                                 \
     "A list of any length: each item an object with the parameters of `" one_route                \
     "`, or a text, which is its `prefix`."},                                                      \
        {"flows", PARAM_ITEMS, false,                                                              \
         "The same of flows: each item an object with the parameters of `" one_flow "`."},         \
    {                                                                                              \
        "all_or_nothing", PARAM_FLAG, false,                                                       \
            "Nothing is done where something is wrong with one of them: the call has an error, "   \
            "whose `data` list the `errors` as the result does."                                   \
    }
#define MANY_ERRORS                                                                                \
    "`failed`, how many were not; `errors`, a list of why, 1000 of them at most, each with "       \
    "`list` (\"routes\" or \"flows\"), `index` (from 0), `code`, `message` and `data` as in the "  \
    "answer to a call of its own"

/* A configuration that the client sends. */
#define PARAM_SENT_CONFIG(help)                                                                    \
    {"config", PARAM_CONFIG, false,                                                                \
     help " A relative name of a file in it begins in the folder "                                 \
          "of the daemon's configuration file."},                                                  \
    {                                                                                              \
        "name", PARAM_NAME, false,                                                                 \
            "What places in `config` are called: `NAME:LINE:COLUMN`. Default: request."            \
    }

#endif
