/* Sorting texts. */
#include "base/text_sort.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void text_sort(const char **texts, size_t count)
{
    if (count > 0)
        qsort(texts, count, sizeof(*texts), compare);
}
