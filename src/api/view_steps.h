/* What policies do to routes, as JSON: what changes, and rule by rule. */
#ifndef BGPD_API_VIEW_STEPS_H
#define BGPD_API_VIEW_STEPS_H

#include "api/jsonw.h"
#include "base/span.h"
#include "policy/run.h"

/* Writes what differs between canonical attributes, as a list of objects: `attribute`, named as in
 * routes, with `before` and `after`, null where it is not there; of communities and marks, which
 * are many, `removed` and `added`. */
void view_changes_put(struct jsonw *w, const char *key, struct span before, struct span after);

/* Writes a rule that held, as an object: the place (route_view_put_place) as `by`, and `changes`.
 */
void view_step_put(struct jsonw *w, const struct policy_place *place, struct span before,
                   struct span after);
/* Writes what came of a route into an open object: `result`, the rule that decided as `by`, and
 * `problem`, where that could not be evaluated. */
void view_verdict_put(struct jsonw *w, bool accepted, bool unknown,
                      const struct policy_place *place);

#endif
