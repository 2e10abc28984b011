/* The keys at the top of the file that are about the API. Internal to config. */
#ifndef BGPD_CONFIG_API_KEYS_H
#define BGPD_CONFIG_API_KEYS_H

#include "config/values.h"

value_setter api_keys_set_socket;
value_setter api_keys_set_owner;
value_setter api_keys_set_group;
value_setter api_keys_set_mode;
value_setter api_keys_set_hosts;
value_setter api_keys_set_loopback;

/* How two configurations are compared. */
schema_same api_keys_same_sockets;
schema_same api_keys_same_hosts;
schema_same api_keys_same_tokens;

#endif
