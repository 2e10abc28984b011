/* Texts in a row, each with a small number that says what it is: they are added at the end, read
 * from the front, and forgotten behind the reader. There may be very many. */
#ifndef BGPD_BASE_TEXT_QUEUE_H
#define BGPD_BASE_TEXT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct text_block;

/* Zero-initialised is empty. */
struct text_queue {
    struct text_block *first; /* owned list */
    struct text_block *last;
    struct text_block *at; /* where the reader is; NULL: in front of the first */
    size_t at_bytes;       /* within that */
    size_t left;           /* texts in front of the reader */
    size_t held_bytes;     /* of memory */
};

enum { TEXT_QUEUE_KINDS = 4 };

struct text_item {
    unsigned kind;    /* below TEXT_QUEUE_KINDS */
    const char *text; /* borrowed until it is forgotten; without a NUL */
    size_t len_bytes;
};

void text_queue_add(struct text_queue *q, unsigned kind, const char *text, size_t len_bytes);
/* The next text; false: there is none now. */
bool text_queue_next(struct text_queue *q, struct text_item *ret_item);
/* Gives back the memory of what the reader has passed, but for the text that it read last. */
void text_queue_forget(struct text_queue *q);
/* Back to the first text that was not forgotten; nothing must have been. `count` texts were read
 * since then. */
void text_queue_rewind(struct text_queue *q, size_t count);
void text_queue_release(struct text_queue *q);

#endif
