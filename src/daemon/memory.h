/* Memory that was freed on the heap goes back to the system. */
#ifndef BGPD_DAEMON_MEMORY_H
#define BGPD_DAEMON_MEMORY_H

#include <stdint.h>

#include "daemon/service.h"

struct memory {
    uint64_t most_bytes; /* of paths and neighbours on the heap, since some was last given back */
};

extern const struct service memory_service;

#endif
