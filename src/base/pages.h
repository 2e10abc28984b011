/* Blocks of whole pages from the system.
 *
 * The first touch of each page is a fault, and where a table is filled the faults are a sixth of
 * all time. So while the page worker runs, a source that has given several blocks has the next one
 * ready: mapped in advance, its pages made by that thread while the caller goes on. */
#ifndef BGPD_BASE_PAGES_H
#define BGPD_BASE_PAGES_H

#include <stddef.h>
#include <stdint.h>

/* Gives blocks of one size, which is named in each call. Zero-initialised is a source that has
 * given none; so is one that was given all of its blocks back. */
struct page_source {
    void *spare; /* owned: the block to be given next; NULL */
    uint32_t given;
};

/* A zeroed block of `block_bytes`, a multiple of the size of a page. Never NULL. */
void *page_source_take(struct page_source *s, size_t block_bytes);
/* Gives a block back, to the system. */
void page_source_give_back(struct page_source *s, void *block, size_t block_bytes);

/* Starts the page worker, a thread; without it there are no spare blocks. A negative enum err when
 * there can be no thread. */
int page_worker_start(void);
/* Ends it, if it was started. Spare blocks stay. */
void page_worker_stop(void);

#endif
