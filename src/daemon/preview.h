/* What another configuration would change of the routes that are there, by its policies, without a
 * change to anything.
 *
 * The policies of both are asked about every route that is stored: import about what each peer has
 * sent, export about what follows from that, with the best paths that there would be. The tables
 * may change meanwhile: each entry is looked at once, as it is then. */
#ifndef BGPD_DAEMON_PREVIEW_H
#define BGPD_DAEMON_PREVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/prefix.h"
#include "base/span.h"
#include "config/config.h"
#include "config/load.h"
#include "config/report.h"
#include "policy/chain.h"
#include "wire/family.h"

struct speaker;

/* --- reading the configuration --- */

/* Begins to read a configuration, in a thread of its own; takes over `source`. The ticket by which
 * preview_loaded knows it; 0: too many are under way. */
uint64_t preview_load(struct speaker *s, struct config_source source);

enum preview_state { PREVIEW_LOADING, PREVIEW_LOADED, PREVIEW_FAILED };

struct preview;

/* How that has ended. Loaded: *ret_preview is the caller's, who has asked for these peers (NULL:
 * for all) and for a list of changes or for none. Failed: there are errors, or nobody has asked for
 * so long that it was forgotten. In either case *ret_report is what there is to say of the file,
 * the caller's to release. The ticket is used up unless it is loading. */
enum preview_state preview_loaded(struct speaker *s, uint64_t ticket,
                                  const struct scoped_prefix *peers, bool lists,
                                  struct preview **ret_preview, struct config_report *ret_report);
/* Calls `ready` when a configuration has been read; NULL: nobody. */
void preview_on_loaded(struct speaker *s, void (*ready)(void *ctx), void *ctx);

/* --- going through the routes --- */

enum preview_when { PREVIEW_NOW, PREVIEW_THEN, PREVIEW_TIMES };

/* What becomes of a route. */
enum preview_kind {
    PREVIEW_SAME,
    PREVIEW_ACCEPTED, /* it is not accepted now, or not told */
    PREVIEW_REJECTED, /* the other way round */
    PREVIEW_DIFFERENT,
    PREVIEW_KINDS,
};

/* One side of a change. Borrowed like all of it. */
struct preview_side {
    bool accepted;
    struct policy_place by; /* the rule that decides; without a policy: none does */
    const char *why;        /* why not, where no rule says so; NULL */
    struct span attrs;      /* canonical; of import what was received, where it is rejected */
};

struct preview_change {
    enum policy_direction direction;
    enum preview_kind kind;
    enum family family;
    struct ip_addr peer;
    struct nlri nlri;
    struct preview_side of[PREVIEW_TIMES];
};

enum preview_step {
    PREVIEW_END,
    PREVIEW_CHANGE, /* *ret_change is set, until the next call */
    PREVIEW_YIELD,  /* call again in a later loop turn */
};
/* Goes on until a change is found, where there is to be a list of them, or time_mono_ns() has
 * reached `deadline_ns`; looks at some, however late it is. */
enum preview_step preview_next(struct preview *p, uint64_t deadline_ns,
                               struct preview_change *ret_change);
/* No more of the list is wanted. */
void preview_end_list(struct preview *p);
void preview_free(struct preview *p); /* NULL is allowed */

/* --- what has been found --- */

/* The configuration, borrowed; it is compared with the one that the speaker has. */
const struct config *preview_config(const struct preview *p);
/* The configuration in force was changed meanwhile, so that the comparison has ended. */
bool preview_is_stale(const struct preview *p);

/* A channel in one direction. */
struct preview_way {
    bool differs;    /* else its policies make the same of everything; on the way out, of the same
                        paths */
    uint32_t routes; /* that were accepted, or told, when the comparison began */
    uint64_t counts[PREVIEW_KINDS];
    size_t rules; /* rows of preview_rule */
    size_t examples;
};

struct preview_report {
    struct ip_addr peer;
    const char *name; /* what policies call it */
    enum family family;
    uint32_t received;   /* routes, when the comparison began */
    bool gone;           /* the session has ended meanwhile: what comes after that is not counted */
    bool keeps_filtered; /* else what import rejects now could not be asked about */
    struct preview_way ways[POLICY_DIRECTIONS];
};

/* The channel number `index` that was asked for; false: there are no more. The report, and what the
 * next two tell of it, are good until the next call. */
bool preview_report_at(struct preview *p, size_t index, struct preview_report *ret_report);

/* Routes that change for the same reason. */
struct preview_rule {
    enum preview_kind kind;
    uint64_t routes;
    struct preview_side of[PREVIEW_TIMES]; /* without attributes */
};
struct preview_rule preview_rule_at(const struct preview *p, enum policy_direction direction,
                                    size_t index);
struct preview_change preview_example_at(const struct preview *p, enum policy_direction direction,
                                         size_t index);

#endif
