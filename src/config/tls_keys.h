/* The keys of api_tls. Internal to config. */
#ifndef BGPD_CONFIG_TLS_KEYS_H
#define BGPD_CONFIG_TLS_KEYS_H

#include "config/values.h"

extern const struct schema schema_tls;

/* The setter of the table at the top of the file, and how two of them are compared. */
value_setter tls_keys_set;
schema_same tls_keys_same;

#endif
