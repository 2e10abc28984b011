/* Values of JSON objects as short texts, and whole ones as JSON. */
#ifndef BGPD_CLI_JSON_CELL_H
#define BGPD_CLI_JSON_CELL_H

#include <jansson.h>
#include <stdio.h>

#include "base/strbuf.h"

/* Appends a value: texts as they are, lists with `separator` between, null and absent as nothing.
 */
void json_cell_add(struct strbuf *out, json_t *value, const char *separator);

/* The same of a setting, as a file would have it: true and false, and "none" for nothing
 * and for an empty list. */
void json_cell_add_setting(struct strbuf *out, json_t *value, const char *separator);

/* A member as text, written into `buf`: NULL when it is null or absent. */
const char *json_cell(struct strbuf *buf, json_t *object, const char *key);

/* Writes a value as JSON, with what must not reach a terminal as escapes; `flags` as those of
 * json_dumps. */
void json_print(FILE *out, const json_t *value, size_t flags);

#endif
