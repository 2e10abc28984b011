/* Values of the configuration as text. Internal to config. */
#ifndef BGPD_CONFIG_VALUE_TEXT_H
#define BGPD_CONFIG_VALUE_TEXT_H

#include "base/strbuf.h"
#include "config/toml.h"

/* They differ in tables and in dates. */
enum value_form { VALUE_TOML, VALUE_JSON };

/* Appends a value on one line. */
void value_text_add(struct strbuf *out, const struct toml_node *value, enum value_form form);
/* Appends a key as TOML has it, in quotes where it needs them. */
void value_text_add_key(struct strbuf *out, const char *key);

#endif
