/* How many routes a query finds, and how many by what they have in common, as a stream of JSON
 * text. */
#ifndef BGPD_API_ROUTE_COUNTS_H
#define BGPD_API_ROUTE_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/stream.h"
#include "daemon/query.h"

enum route_count_by {
    COUNT_BY_ORIGIN_AS,
    COUNT_BY_PEER,
    COUNT_BY_NEXT_HOP,
    COUNT_BY_COMMUNITY,
    COUNT_BY_NONE,
};

/* "origin-as" and so on; NULL after the last. */
const char *route_count_by_name(unsigned by);

enum {
    ROUTE_COUNT_GROUPS_MAX = 131072, /* of one count: 8 MiB */
    ROUTE_COUNTS_MAX = 8,            /* counts by something at a time */
};

/* How many counts by something there are; zero-initialised. */
struct route_counts_room {
    unsigned taken;
};

static inline bool route_counts_have_room(const struct route_counts_room *room)
{
    return room->taken < ROUTE_COUNTS_MAX;
}

/* Takes over `query`, and room where groups are wanted; `room` is borrowed. Of the groups the
 * largest `limit` are told (0: all). `to_peers`: the peers of routes are those that they were sent
 * to. */
struct stream *route_counts_stream_new(struct route_query *query, struct route_counts_room *room,
                                       enum route_count_by by, bool to_peers, uint32_t limit);

#endif
