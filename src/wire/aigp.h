/* The metric in values of AIGP (RFC 7311 §3): the first TLV of type 1. Other TLVs may stand beside
 * it. */
#ifndef BGPD_WIRE_AIGP_H
#define BGPD_WIRE_AIGP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/writer.h"

/* Of a checked value; false: it has none. */
bool aigp_metric(struct span value, uint64_t *ret_metric);
/* Writes a value with another metric; what else it has stays as it is. An empty one will do. */
void aigp_put(struct writer *w, struct span value, uint64_t metric);

#endif
