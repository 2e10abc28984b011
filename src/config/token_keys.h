/* The file of tokens. Internal to config. */
#ifndef BGPD_CONFIG_TOKEN_KEYS_H
#define BGPD_CONFIG_TOKEN_KEYS_H

#include "config/schema.h"

extern const struct schema schema_token; /* target: struct token */

/* Reads the file that the key at the top names, where there is one. */
void token_keys_read(struct loader *l);

#endif
