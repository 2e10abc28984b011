/* [rpki]: what routes are validated by. Internal to config. */
#ifndef BGPD_CONFIG_RPKI_KEYS_H
#define BGPD_CONFIG_RPKI_KEYS_H

#include "config/schema.h"

extern const struct schema schema_rpki;       /* target: struct config */
extern const struct schema schema_rpki_cache; /* target: struct config_rpki_cache */

/* The setter of the table at the top of the file, and how two of them are compared. */
void rpki_keys_set(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                   void *target);
bool rpki_keys_same(const void *config_a, const void *config_b, size_t len_bytes);

#endif
