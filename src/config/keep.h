/* Keeping what the files say. Internal to config. */
#ifndef BGPD_CONFIG_KEEP_H
#define BGPD_CONFIG_KEEP_H

#include "config/loader.h"
#include "config/written.h"

/* What a run has read, whose documents and policies are still there, without errors. */
struct written *keep_written(const struct loader *l);

#endif
