/* Blocks of "name: value" on a terminal. */
#ifndef BGPD_CLI_DETAIL_H
#define BGPD_CLI_DETAIL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/strbuf.h"

/* "Neighbor 127.0.0.2", the heading of a block; what is harmful in `name` is replaced. */
void detail_heading(FILE *out, bool color, const char *kind, const char *name);
/* A line of a block: the label, the text with what is harmful replaced, the unit (or NULL). */
void detail_line(FILE *out, const char *label, const char *text, const char *unit);
/* Appends "2026-11-26 04:10:11 UTC" of a Unix time; false when it is none. */
bool detail_add_time(struct strbuf *out, json_t *at);
/* Appends "2026-11-26 04:10:11 UTC, 00:03:12 ago" where these are a Unix time and an age; false
 * when they are not. */
bool detail_add_moment(struct strbuf *out, json_t *at, json_t *age);
/* One line an item of a list, the label before the first; none without items. */
void detail_list(FILE *out, const char *label, json_t *list);

#endif
