/* The keys at the top of the file. Internal to config. */
#ifndef BGPD_CONFIG_GLOBAL_H
#define BGPD_CONFIG_GLOBAL_H

#include "config/loader.h"
#include "config/schema.h"

extern const struct schema schema_global; /* target: struct config */

/* Warns where the API is to listen at a place that BGP has; when all keys are set. */
void global_check_sockets(struct loader *l);

#endif
