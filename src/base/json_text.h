/* Strings as JSON has them (RFC 8259 §7). TOML reads what is written here as the same string. */
#ifndef BGPD_BASE_JSON_TEXT_H
#define BGPD_BASE_JSON_TEXT_H

#include <stddef.h>

#include "base/strbuf.h"

/* Appends a text in quotes. Bytes that are not UTF-8 become U+FFFD. */
void json_text_add(struct strbuf *out, const char *text, size_t len_bytes);

#endif
