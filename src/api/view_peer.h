/* JSON views of peers. */
#ifndef BGPD_API_VIEW_PEER_H
#define BGPD_API_VIEW_PEER_H

#include "api/jsonw.h"
#include "base/time.h"
#include "daemon/speaker.h"

/* Write one object each, as element or as member `key`; times are counted to `now`. */
void peer_view_put_summary(struct jsonw *w, const char *key, const struct speaker_peer *peer,
                           const struct time_now *now);
void peer_view_put_detail(struct jsonw *w, const char *key, const struct speaker_peer *peer,
                          const struct time_now *now);

#endif
