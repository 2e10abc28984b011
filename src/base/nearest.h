/* The nearest of several words to one that was mistyped. */
#ifndef BGPD_BASE_NEAREST_H
#define BGPD_BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *word; /* borrowed */
    const char *best; /* borrowed; NULL while nothing near enough was offered */
    size_t distance;  /* of `best` */
};

struct nearest nearest_to(const char *word);
void nearest_offer(struct nearest *n, const char *candidate);

#endif
