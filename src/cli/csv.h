/* Comma-separated values (RFC 4180, with line feeds alone at the ends of lines). */
#ifndef BGPD_CLI_CSV_H
#define BGPD_CLI_CSV_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/* A line with these names. */
void csv_heading(FILE *out, const char *const *keys, size_t count);
/* A line with these members of an object: lists with blanks between their items, null as nothing.
 */
void csv_row(FILE *out, json_t *object, const char *const *keys, size_t count);

#endif
