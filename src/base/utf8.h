/* UTF-8 (RFC 3629), and text that others wrote: what of it may be shown. */
#ifndef BGPD_BASE_UTF8_H
#define BGPD_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* Reads the character at the start of `text` (shortest form, no surrogates). Returns its length in
 * bytes with *ret_char set, or 0 when there is none. */
size_t utf8_read(const void *text, size_t len_bytes, uint32_t *ret_char);

/* True for characters that may steer a terminal or turn the line around: control characters (C0, C1
 * and DEL), line separators, and those that set the direction of writing. */
bool utf8_is_harmful(uint32_t c);

/* Appends text that somebody else wrote: what is not UTF-8, and what is harmful, becomes "?". */
void utf8_add_foreign(struct strbuf *out, const void *text, size_t len_bytes);

#endif
