/* Allocation that ends the process when memory runs out (the one place where that happens).
 * Whatever a peer or a client can make grow has a limit that is checked before it gets here. */
#ifndef BGPD_BASE_MEM_H
#define BGPD_BASE_MEM_H

#include <stddef.h>

/* Never NULL; free with free(). */
void *mem_alloc(size_t size_bytes);
void *mem_zalloc(size_t size_bytes);
void *mem_realloc(void *p, size_t size_bytes);
/* realloc to count * item_bytes; the product is checked. */
void *mem_resize(void *p, size_t count, size_t item_bytes);
char *mem_strdup(const char *s);
/* Gives memory that was freed back to the system, where the allocator keeps it otherwise: after
 * work that needed much for a moment. */
void mem_trim(void);

#endif
