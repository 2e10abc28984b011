/* What the API originates: each route with its owner, times, lease, aim, label and tags.
 *
 * A route for everybody is a path of the API's source in the RIB. One that is aimed at some peers
 * is a path of the source of the peers' own routes, where it takes the place of a static route to
 * the same; of several, that of the most precise aim is there, and of equally precise ones the
 * latest. */
#ifndef BGPD_DAEMON_ORIGINATED_H
#define BGPD_DAEMON_ORIGINATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "config/route.h"
#include "daemon/originated_record.h"
#include "daemon/service.h"
#include "wire/family.h"

struct peer_block;
struct speaker;

enum {
    ORIGINATED_TEXT_MAX_BYTES = 64, /* of an owner, a label, a tag */
    ORIGINATED_TAGS_MAX = 16,
};
#define ORIGINATED_TTL_MAX_S (365u * 24 * 60 * 60)

/* Ends leases; puts aimed routes in place when peers have changed. */
extern const struct service originated_service;

/* What a client says of a route beside the route; texts are borrowed, and NULL or "" is none. */
struct originated_terms {
    const char *owner;
    const char *label;
    const char *const *tags;
    size_t tag_count;
    const char *const *to; /* none: everybody */
    size_t to_count;
    uint32_t ttl_s; /* 0: for ever */
    bool own_alone; /* what is another owner's is left as it is */
    bool has_begun; /* part of what goes on also where nothing can be stored at present */
};

/* How a route stands; everything is borrowed until the next change. */
struct originated_view {
    enum family family;
    struct nlri_key key;
    struct span attrs;
    const char *owner;
    const char *label;
    const char *tags; /* a word each */
    const char *to;   /* a line each; "": everybody */
    uint32_t created_unix_s;
    uint32_t changed_unix_s;
    uint64_t expires_mono_ms; /* 0: never */
    uint32_t source;          /* whose path it is in the RIB; 0: of nobody, as it is not there */
    uint8_t kind;             /* enum originate_kind */
    bool is_aimed;
    uint32_t id;
};

/* Why a route cannot be originated. */
struct originated_refusal {
    const char *wrong; /* an item of `to`, or an owner; borrowed */
    struct strbuf why; /* what a limit does not permit; released by whoever has asked */
    const struct originate_limit *limit;
};

struct originated_path_time;
struct originated_supposed;

/* A route that is to be originated: everything is checked, and nothing is changed. */
struct originated_plan {
    bool is_dry; /* set by whoever makes the plan, as is the next one: it will be taken back */
    /* Borrowed; NULL: none. It is judged as if this were so, and is part of it from then on. */
    struct originated_supposed *supposed;
    bool is_changed; /* the route, or a term but for the lease, is not what it was */
    uint32_t id;     /* of the record with this key and aim; 0: a new one */
    /* The rest is originated's own. */
    bool is_new;
    uint32_t aim; /* a reference, until a record has it */
    uint32_t ttl_s;
    const struct static_route *route;   /* borrowed */
    struct originated_content content;  /* once it is carried out, that of before */
    uint64_t lease_before_ms;           /* when it was to end; 0: never */
    struct originated_path_time *times; /* owned */
    size_t time_count;
};

/* Plans to originate a route, or to change the one of this key and aim; that begins its lease anew,
 * or ends it. ERR_NOT_FOUND: what is `wrong` names nobody; ERR_RANGE: there are too many of `to`;
 * ERR_EXISTS: it is that of the owner `wrong`;
 * ERR_STATE: a limit of the configuration does not permit it (`why`, and which); ERR_FULL: there
 * are too many attributes; ERR_IO: nothing can be stored (originated_problem). */
int originated_plan(struct speaker *s, const struct static_route *route,
                    const struct originated_terms *terms, struct originated_plan *plan,
                    struct originated_refusal *ret_refusal);
/* Carries a plan out, before anything else happens. A dry one is not put on disk. ERR_FULL: the RIB
 * has no room for another route to what it is for; nothing has changed then. */
int originated_carry_out(struct speaker *s, struct originated_plan *plan,
                         struct originated_view *ret_view);
/* Takes back a dry one that was carried out just before: all is as it was, and as nobody is told
 * anything within a turn, nobody has noticed. */
void originated_take_back(struct speaker *s, struct originated_plan *plan);
void originated_plan_release(struct speaker *s, struct originated_plan *plan);
/* What there is with an id. */
struct originated_view originated_view_of(struct speaker *s, uint32_t id);

/* Withdraws the route of a key and the aim of the terms. ERR_NOT_FOUND; ERR_EXISTS: it is that of
 * the owner *ret_wrong; ERR_IO. */
int originated_take(struct speaker *s, const struct static_route *key,
                    const struct originated_terms *terms, const char **ret_wrong);
/* Whether it could; then it is supposed to be gone. */
int originated_take_dry(struct speaker *s, const struct static_route *key,
                        const struct originated_terms *terms, struct originated_supposed *supposed,
                        const char **ret_wrong);
/* Whether a limit of the configuration does not permit what is there; appends why unless `why` is
 * NULL. */
bool originated_is_beyond(const struct speaker *s, const struct originated_view *view,
                          struct strbuf *why);
/* The number of peers that it goes to now; when that is 0, why is appended to `why_none`. */
uint32_t originated_reach(struct speaker *s, const struct originated_view *view,
                          struct strbuf *why_none);

/* Which routes; what is NULL or 0 does not matter. */
struct originated_filter {
    family_set families;
    const char *owner;
    const char *label;
    const char *tag;
    bool beyond_limits; /* those alone that originated_is_beyond is true of */
};

/* The next one with an id above *cursor, which is set to it; false: there is none before
 * `deadline_ns` (monotonic), and *ret_more says whether there may be one. */
bool originated_next(struct speaker *s, const struct originated_filter *filter, uint32_t *cursor,
                     uint64_t deadline_ns, struct originated_view *ret_view, bool *ret_more);
/* Whether it is one of these. */
bool originated_is_wanted(const struct speaker *s, const struct originated_filter *filter,
                          const struct originated_view *view);
/* The first one to this very place, each aim apart, and the one after it: their ids; 0: none. */
uint32_t originated_first_to(struct speaker *s, enum family family, struct nlri_key key,
                             struct originated_view *ret_view);
uint32_t originated_next_to(struct speaker *s, uint32_t id, struct originated_view *ret_view);
/* Withdraws one that originated_next has found. */
void originated_withdraw(struct speaker *s, uint32_t id);
/* Withdraws what had a lease until now or before, `most` of them, and tells it (speaker_on_deed);
 * appends what the first one was. How many. */
unsigned originated_end_leases(struct speaker *s, unsigned most, struct strbuf *first);

/* The number of the last change; whether it, and all before it, is on disk, where that is wanted.
 */
uint64_t originated_last_change(const struct speaker *s);
bool originated_is_stored(const struct speaker *s, uint64_t change);
/* Why nothing can be stored at present, appended unless `out` is NULL; false: it can, or need not
 * be. */
bool originated_problem(const struct speaker *s, struct strbuf *out);
/* Has `progress` called whenever changes have come to disk, or cannot; NULL: no more. */
void originated_on_progress(struct speaker *s, void (*progress)(void *ctx), void *ctx);

/* Whether a route of the API is at this place of a block's own routes. */
bool originated_holds(struct speaker *s, const struct peer_block *b,
                      const struct static_route *route);

#endif
