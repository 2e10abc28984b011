/* A list of prefixes with ranges of lengths, as people write it for filters: "192.0.2.0/24",
 * "10.0.0.0/8 le 32", "198.51.100.0/22 ge 23 le 24", one a line. Looked up the plain way, so that
 * it can be what daemons are compared with. */
#ifndef BGPD_BENCH_PREFIX_LIST_H
#define BGPD_BENCH_PREFIX_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "index.h"
#include "table.h"

struct prefix_list {
    struct table entries; /* owned; prefixes alone */
    struct prefix_index index;
    uint8_t *shortest, *longest; /* owned; lengths of each entry */
};

/* Reads a file. Exits with a message when that is not possible. */
void prefix_list_read(struct prefix_list *l, const char *path);
void prefix_list_release(struct prefix_list *l);

bool prefix_list_match(const struct prefix_list *l, const struct table_prefix *p);

#endif
