/* A speaker that the tests of the API look at: peers and routes as the test lists them, and a
 * record of what it was told to do. Stands in for daemon/speaker.h, daemon/query.h,
 * daemon/preview.h and session/peer.h. */
#ifndef BGPD_TESTS_API_FAKE_SPEAKER_H
#define BGPD_TESTS_API_FAKE_SPEAKER_H

#include "daemon/explain.h"
#include "daemon/originated.h"
#include "daemon/originated_supposed.h"
#include "daemon/originated_undo.h"
#include "daemon/preview.h"
#include "daemon/speaker.h"

struct peer {
    struct config_peer config;
    struct ip_addr address;
    char name[IP_TEXT_MAX];
    bool dynamic;
    enum fsm_state state;
    struct peer_session session;
    struct peer_counters counters;
    struct span capabilities;
    const char *last_error;
    uint64_t last_error_mono_ms;
    const char *down_reason;
    uint64_t down_mono_ms;
    config_key_set pending;
    const char *held_back; /* NULL: it is not */
    uint64_t held_back_s;
    struct speaker_channel channels[2];
    unsigned channel_count;
};

struct speaker {
    struct turn_watch turn;
    struct config config;
    const struct policy_validation *validation; /* NULL: routes are what is noted of them */
    struct speaker_peer peers[8];
    unsigned peer_count;

    /* Route `i` of a query is made by this from a zeroed view. */
    void (*make_route)(unsigned i, struct route_view *ret);
    unsigned route_count;
    unsigned yield_every; /* that many routes, then a QUERY_YIELD; 0: never */
    unsigned open_queries;
    struct route_filter last_filter; /* but for its expression, */
    char last_as_path[64];           /* of which this is the text */
    /* Step `i` of an explanation is made by this from a zeroed view. */
    enum explain_step (*explain)(unsigned i, struct explain_view *ret);
    unsigned open_explanations;
    struct explain_question last_question;
    unsigned hit_counts; /* how often hits were counted */

    struct rtr_client_status caches[2];
    size_t cache_count;
    struct vrp_file_status files[2];
    size_t file_count;
    struct speaker_rpki_totals totals;

    /* What was asked for last. */
    char action[32]; /* "disable", "advertise", … */
    struct scoped_prefix remote;
    char message[300];
    struct static_route route;         /* owned */
    struct originated_view originated; /* it, as a list shows it */
    struct static_route before_dry;    /* the one in the place of which another one was shown */
    const char *route_owner;           /* whose that is; NULL: nobody's */
    char terms_owner[80];              /* of the terms it was asked for last */
    char terms_to[80];                 /* the first of those it is for; "": it is for all */
    bool terms_own_alone;
    const char *filter_owner; /* that was looked for last; the text is in the next */
    char filter_owner_text[80];
    uint32_t route_age_s; /* for how long the RIB has had it, as it says */
    unsigned actions;     /* how many */
    int result;           /* what the next action returns */
    family_set families;
    struct config_report reload_report;   /* its lines are borrowed */
    struct reload_summary reload_summary; /* likewise */
    bool reload_failed;
    bool reload_busy; /* no text is taken, and nothing goes back */
    struct speaker_undo undo;
    bool reload_forgotten; /* it is not known how it ended */
    unsigned reload_looks;
    uint64_t configured_mono_ms;

    /* The settings of an entry of `config` (NULL: of none), with which so many of its sessions have
     * begun, and the keys that have other values by now. */
    const struct config_peer *waiting_entry;
    const struct config_peer *waiting_began;
    config_key_set waiting_keys;
    uint32_t waiting_neighbors;
    const struct config_peer *switched_entry; /* whose `enabled` is not as configured; NULL */
    const char *state_path;

    /* A comparison with this configuration, which is read when it was looked for twice. */
    struct config *then;                 /* borrowed; NULL: it has errors */
    struct config_report preview_report; /* its lines are borrowed */
    struct scoped_prefix preview_peers;
    bool preview_busy;
    bool preview_stale;
    unsigned preview_looks;
    unsigned open_previews;
    unsigned preview_count; /* changes, each after a PREVIEW_YIELD */
    struct preview_change preview_change;
    struct preview_report preview_channel; /* of the first of two channels; the other has none */
    struct preview_rule preview_rule;
};

void fake_speaker_init(struct speaker *s);
void fake_speaker_release(struct speaker *s);
/* A peer with an established session; the fields can be changed afterwards. */
struct peer *fake_peer_add(struct speaker *s, const char *address);
/* A configured network. */
void fake_network_add(struct speaker *s, const char *network);

/* Canonical attributes for tests: built once by the first call, then shared. */
struct span fake_attrs(void);

#endif
