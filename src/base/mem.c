/* Allocation that ends the process when memory runs out. */
#include "base/mem.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *checked(void *p, size_t size_bytes)
{
    if (!p && size_bytes > 0) {
        /* Not by the log: it needs memory, and a thread to write what it was given. */
        dprintf(STDERR_FILENO, "bgpd: out of memory (%zu bytes wanted)\n", size_bytes);
        abort();
    }
    return p;
}

void *mem_alloc(size_t size_bytes)
{
    return checked(malloc(size_bytes), size_bytes);
}

void *mem_zalloc(size_t size_bytes)
{
    return checked(calloc(1, size_bytes), size_bytes);
}

void *mem_realloc(void *p, size_t size_bytes)
{
    return checked(realloc(p, size_bytes), size_bytes);
}

void *mem_resize(void *p, size_t count, size_t item_bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, item_bytes, &total))
        total = SIZE_MAX; /* cannot be had: ends in checked() */
    return mem_realloc(p, total);
}

char *mem_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    return memcpy(mem_alloc(size), s, size);
}

void mem_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
