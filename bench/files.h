/* Files that the load generator writes for those who configure daemons. */
#ifndef BGPD_BENCH_FILES_H
#define BGPD_BENCH_FILES_H

#include <stdio.h>

#include "table.h"

/* Opens DIRECTORY/NAME to be written; exits with a message when that is not possible. */
FILE *files_open(const char *directory, const char *name);
/* Likewise when not all of it could be written. */
void files_close(FILE *file);

void files_put_prefix(FILE *file, const struct table_prefix *p);
/* A line "PREFIX LONGEST-LENGTH AS". */
void files_put_vrp(FILE *file, const struct table_prefix *p, uint32_t longest_bits, uint32_t as);

#endif
