/* Text on a terminal. */
#ifndef BGPD_CLI_TEXT_H
#define BGPD_CLI_TEXT_H

#include <stddef.h>

#include "base/strbuf.h"

/* How many columns the UTF-8 text takes; cli_main has set a UTF-8 character type. */
size_t text_width(const char *text);

/* Appends `text` with what is harmful (base/utf8.h) or has no width replaced by "?": what peers and
 * daemons say must not steer the terminal. */
void text_add_printable(struct strbuf *out, const char *text);

/* Appends a JSON text, which is UTF-8, with what is harmful as escapes ("\u009b"): the value stays
 * what it is.
 */
void text_add_json(struct strbuf *out, const char *json);

#endif
