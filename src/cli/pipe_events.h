/* What scripts are told of sessions, as ExaBGP tells it. Pure. */
#ifndef BGPD_CLI_PIPE_EVENTS_H
#define BGPD_CLI_PIPE_EVENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

struct pipe_events {
    bool as_json;
    json_t *up;       /* sessions that the script knows of: peers (show_peer_detail) by address */
    json_t *counters; /* how many events there were, by address */
};

void pipe_events_init(struct pipe_events *e, bool as_json);
void pipe_events_release(struct pipe_events *e);
/* Forgets what the script knows: a new one knows nothing. */
void pipe_events_forget(struct pipe_events *e);

/* Appends to `out` what has changed since the last time: "neighbor 192.0.2.1 connected", "… up",
 * "… down - REASON", each with an empty line behind it, or objects of JSON, one a line. `peers` is
 * what show_peer_detail answers; `now_s` Unix time with its fraction. */
void pipe_events_compare(struct pipe_events *e, const json_t *peers, double now_s,
                         struct strbuf *out);

#endif
