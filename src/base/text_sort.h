/* Texts in order. */
#ifndef BGPD_BASE_TEXT_SORT_H
#define BGPD_BASE_TEXT_SORT_H

#include <stddef.h>

/* Sorts texts by their bytes. `texts` may be NULL where there are none. */
void text_sort(const char **texts, size_t count);

#endif
