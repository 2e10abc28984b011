/* In what sets two configurations differ, as their files say them. */
#ifndef BGPD_CONFIG_SET_CHANGES_H
#define BGPD_CONFIG_SET_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* A set that differs; texts are borrowed for the call. */
struct config_set_change {
    const char *table; /* "prefix_sets" */
    const char *name;
    bool was;        /* it is there before, */
    bool is;         /* after */
    uint32_t before; /* with so many entries */
    uint32_t after;
};

/* Calls `each` for every set that comes, goes, is written otherwise, or, as one of a file of its
 * own, has another number of entries. What else differs in such files is not seen. */
void config_set_changes(const struct config *before, const struct config *after,
                        void (*each)(void *ctx, const struct config_set_change *change), void *ctx);

#endif
