/* Texts that many things have in common: each is there once, counted, and known by a number. */
#ifndef BGPD_BASE_TEXT_POOL_H
#define BGPD_BASE_TEXT_POOL_H

#include <stddef.h>
#include <stdint.h>

struct text_pool_item;

struct text_pool {
    struct text_pool_item *items; /* owned; 0 is never used */
    uint32_t count;               /* of items, free ones included */
    uint32_t size;
    uint32_t free;     /* the first free item; 0: none */
    uint32_t used;     /* texts */
    uint32_t *buckets; /* owned; a power of two */
    uint32_t bucket_count;
};

/* Zero-initialised is empty. */
void text_pool_release(struct text_pool *pool);
/* The number of a text, with a reference; 0 for "" and NULL, which is none. */
uint32_t text_pool_ref(struct text_pool *pool, const char *text);
/* One more reference to a text that is there; 0 is fine. */
void text_pool_hold(struct text_pool *pool, uint32_t id);
void text_pool_unref(struct text_pool *pool, uint32_t id); /* 0 is fine */
/* The number of a text that is there, without a reference; 0. */
uint32_t text_pool_find(const struct text_pool *pool, const char *text);
/* "" for 0. Borrowed as long as there are references. */
const char *text_pool_text(const struct text_pool *pool, uint32_t id);

#endif
