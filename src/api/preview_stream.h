/* What another configuration would change, as a stream. */
#ifndef BGPD_API_PREVIEW_STREAM_H
#define BGPD_API_PREVIEW_STREAM_H

#include "api/stream.h"
#include "daemon/preview.h"

struct preview_question {
    bool lists;     /* every change, not only examples */
    uint64_t limit; /* of these; 0: none */
    bool one_peer;  /* it is told of all that was asked for, be it without changes */
};

/* Takes over `preview` and what `report` has; `renderer` is borrowed. */
struct stream *preview_stream_new(struct speaker *speaker, struct preview *preview,
                                  struct config_report *report, struct route_renderer *renderer,
                                  const struct preview_question *question);

#endif
