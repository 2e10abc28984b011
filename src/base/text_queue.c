/* In blocks of 64 KiB, or of one text that is longer. In front of each text are its length and its
 * kind as one number, in groups of 7 bits, the low ones first: one byte for a short text. */
#include "base/text_queue.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BLOCK_BYTES = 65536, HEAD_MAX_BYTES = 10 };

struct text_block {
    struct text_block *next;
    size_t used_bytes;
    size_t size_bytes;
    char bytes[];
};

static struct text_block *add_block(struct text_queue *q, size_t at_least)
{
    size_t size = at_least > BLOCK_BYTES ? at_least : BLOCK_BYTES;
    struct text_block *b = mem_alloc(sizeof(*b) + size);
    *b = (struct text_block){.size_bytes = size};
    if (q->last)
        q->last->next = b;
    else
        q->first = b;
    q->last = b;
    q->held_bytes += sizeof(*b) + size;
    return b;
}

void text_queue_add(struct text_queue *q, unsigned kind, const char *text, size_t len_bytes)
{
    struct text_block *b = q->last;
    uint64_t head = (uint64_t)len_bytes * TEXT_QUEUE_KINDS + kind;
    assert(kind < TEXT_QUEUE_KINDS);
    if (!b || b->size_bytes - b->used_bytes < HEAD_MAX_BYTES + len_bytes)
        b = add_block(q, HEAD_MAX_BYTES + len_bytes);
    for (; head >= 0x80; head >>= 7)
        b->bytes[b->used_bytes++] = (char)(head | 0x80);
    b->bytes[b->used_bytes++] = (char)head;
    if (len_bytes > 0)
        memcpy(b->bytes + b->used_bytes, text, len_bytes);
    b->used_bytes += len_bytes;
    q->left++;
}

static uint64_t read_head(struct text_queue *q)
{
    uint64_t head = 0;
    unsigned shift = 0;
    unsigned char byte;
    do {
        byte = (unsigned char)q->at->bytes[q->at_bytes++];
        head |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return head;
}

bool text_queue_next(struct text_queue *q, struct text_item *ret_item)
{
    if (q->left == 0)
        return false;
    if (!q->at)
        q->at = q->first;
    if (q->at_bytes == q->at->used_bytes) {
        q->at = q->at->next;
        q->at_bytes = 0;
    }
    uint64_t head = read_head(q);
    *ret_item = (struct text_item){.kind = (unsigned)(head % TEXT_QUEUE_KINDS),
                                   .text = q->at->bytes + q->at_bytes,
                                   .len_bytes = (size_t)(head / TEXT_QUEUE_KINDS)};
    q->at_bytes += ret_item->len_bytes;
    q->left--;
    return true;
}

void text_queue_forget(struct text_queue *q)
{
    while (q->at && q->first != q->at) {
        struct text_block *gone = q->first;
        q->first = gone->next;
        q->held_bytes -= sizeof(*gone) + gone->size_bytes;
        free(gone);
    }
}

void text_queue_rewind(struct text_queue *q, size_t count)
{
    q->at = NULL;
    q->at_bytes = 0;
    q->left += count;
}

void text_queue_release(struct text_queue *q)
{
    while (q->first) {
        struct text_block *next = q->first->next;
        free(q->first);
        q->first = next;
    }
    *q = (struct text_queue){0};
}
