/* What the API originates, as JSON: one of it, and what is withdrawn of it at once. */
#ifndef BGPD_API_ORIGINATED_STREAM_H
#define BGPD_API_ORIGINATED_STREAM_H

#include "api/methods.h"
#include "daemon/originated.h"

/* Writes an object that stays open: the route as the RIB has it, its owner, times, aim and so on.
 */
void view_originated_open(struct jsonw *w, const struct method_env *env,
                          const struct originated_view *view, const struct time_now *now);

/* One of a list: the same and `advertised_to`. `env` is a struct method_env; for route_stream_new.
 */
void view_originated_put(const void *env, struct jsonw *w, const struct route_view *route,
                         const struct time_now *now);
/* Withdraws all that the filter is for, while it is written: {"withdrawn": number}. Begun, it is
 * carried through only as long as the client is there. */
struct stream *originated_withdrawal_new(const struct method_env *env,
                                         const struct originated_filter *filter, bool is_dry);

#endif
