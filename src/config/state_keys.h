/* [state]: what survives a restart, and where it is. Internal to config. */
#ifndef BGPD_CONFIG_STATE_KEYS_H
#define BGPD_CONFIG_STATE_KEYS_H

#include "config/schema.h"

extern const struct schema schema_state; /* target: struct config */

/* The setter of the table at the top of the file, and how two of them are compared. */
void state_keys_set(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    void *target);
bool state_keys_same(const void *config_a, const void *config_b, size_t len_bytes);

#endif
