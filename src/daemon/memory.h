/* Memory that was freed on the heap goes back to the system. */
#ifndef BGPD_DAEMON_MEMORY_H
#define BGPD_DAEMON_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/service.h"

struct memory {
    uint64_t most_bytes; /* of paths and neighbours on the heap, since some was last given back */
    bool has_freed;      /* something else, which was large */
};

/* What was large, and neither path nor neighbour, has been freed. */
void memory_freed(struct speaker *s);

extern const struct service memory_service;

#endif
