/* [[originate_limits]]: what the API may originate, by owner. Internal to config. */
#ifndef BGPD_CONFIG_ORIGINATE_KEYS_H
#define BGPD_CONFIG_ORIGINATE_KEYS_H

#include "config/schema.h"

extern const struct schema schema_originate;       /* target: struct originate_limit */
extern const struct schema schema_originate_kind;  /* target: struct originate_rule */
extern const struct schema schema_originate_flows; /* likewise */

/* Reads all of them, once there are the sets that they name. */
void originate_keys_read(struct loader *l);
bool originate_keys_same(const void *config_a, const void *config_b, size_t len_bytes);

#endif
