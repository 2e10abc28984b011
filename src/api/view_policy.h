/* JSON views of policies, and of explanations, as streams. */
#ifndef BGPD_API_VIEW_POLICY_H
#define BGPD_API_VIEW_POLICY_H

#include "api/stream.h"
#include "daemon/explain.h"

/* The list of all policies, with their rules and how often each held so far, and where they are
 * attached. */
struct stream *policy_stream_new(struct speaker *speaker);
/* One of them. */
void policy_view_put(struct jsonw *w, const char *key, const struct config *config,
                     const struct policy *policy);

/* The list of what there is to say of each key. `renderer` is borrowed. */
struct stream *explain_stream_new(struct speaker *speaker, const struct explain_question *question,
                                  struct route_renderer *renderer);

#endif
