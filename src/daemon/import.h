/* What the import policy of a channel makes of the routes that its peer sends: as they come, and
 * again when it changes. */
#ifndef BGPD_DAEMON_IMPORT_H
#define BGPD_DAEMON_IMPORT_H

#include "daemon/service.h"
#include "rib/batch.h"
#include "rib/kept_runs.h"
#include "rib/rib.h"

struct channel;

struct import {
    struct policy_scratch *scratch;
    struct policy_run *run; /* of the message that is being taken in */
    struct kept_runs *kept; /* of the paths that are judged again */
};

/* Routes that come in one message, with the same attributes and labels. Borrowed. */
struct import_run {
    const struct channel *channel;
    struct rib_announcement what;
    struct rib_batch_given received;
    struct span labels;
};

/* What the import policy of a channel sees, but for the route. Borrows from the neighbour. */
struct policy_scene import_scene(const struct speaker *s, const struct channel *c);

/* Whether what a channel has received with these attributes, and nothing else rejects, may be used
 * as far as its path is verified (RIB_ACCEPTED, RIB_REJECT_ASPA). */
enum rib_reject import_verify(const struct speaker *s, const struct channel *c, struct span attrs);

/* Takes several NLRI of a channel with a policy (at most NLRI_AT_ONCE), which import_look is about
 * next: as early as they are known, so that memory is not waited for. */
void import_take(struct speaker *s, const struct channel *c, const struct nlri *nlri, size_t count);
/* Begins with a run of NLRI of a channel with a policy. */
void import_begin(struct speaker *s, const struct import_run *run);
/* What the policy makes of those that were taken, by names for import_choose. */
void import_look(struct speaker *s, uint32_t *ret_names);
/* Has the batch announce what the policy makes of one of them; or withdraw, where rejected routes
 * are not kept. It is for all that are added until the next choice. */
void import_choose(struct speaker *s, const struct import_run *run, uint32_t name);
/* How many were added after that choice. */
void import_count(struct speaker *s, uint32_t name, uint32_t routes);
/* All of them have been chosen for: nothing is left that depends on the policy. */
void import_end(struct speaker *s);

/* The same of a path that is there, which nothing but policy rejects. */
struct rib_verdict import_judge(struct speaker *s, const struct channel *c,
                                const struct rib_path *path, struct nlri_key key);
/* The AS that a route of BGPd's own without a path begins in; 0: it is not known. */
uint32_t import_own_as(const struct speaker *s);
/* What is seen of a route of BGPd's own by what notes it, but for the route. */
struct policy_scene import_local_scene(const struct speaker *s, enum family family,
                                       uint32_t source);
/* The attributes of a route of BGPd's own, of which `received` is the set as it was announced, with
 * what is to be noted of it. Borrowed until the next call. */
uint32_t import_note_local(struct speaker *s, enum family family, struct nlri_key key,
                           uint32_t source, uint32_t received);
/* What runs of import chains depend on beside what they are about, as a number (struct
 * kept_run_key): the family, and ASPAs, which are looked at without the key. */
uint32_t import_asker(const struct speaker *s, enum family family);
/* Whether what an import chain (NULL: none) makes of routes depends on validation of these kinds:
 * ATTR_ROV, ATTR_ASPA. */
bool import_depends(const struct policy_chain *chain, unsigned kinds);
/* What that took since this was asked last (policy_scratch_take_cost). */
uint32_t import_judge_cost(struct speaker *s);
/* All have been judged for now. */
void import_judged(struct speaker *s);

/* Why a path is not used, for people; NULL: it may be. Static, or appended to `text`. */
const char *import_reject_text(const struct speaker *s, enum family family,
                               const struct rib_path *path, struct strbuf *text);

/* The rule that rejects it; without a policy: none does, or the policy is another one by now. */
struct policy_place import_reject_place(const struct speaker *s, enum family family,
                                        const struct rib_path *path);

extern const struct service import_service;

#endif
