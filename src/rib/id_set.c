/* Ordered sets of ids: a sorted array of blocks, found by halves. */
#include "rib/id_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void id_set_release(struct id_set *set)
{
    free(set->blocks);
    *set = (struct id_set){0};
}

/* Index of the first block that is not before this one. */
static uint32_t block_place(const struct id_set *set, uint32_t number)
{
    uint32_t from = 0;
    uint32_t to = set->block_count;
    while (from < to) {
        uint32_t middle = (from + to) / 2;
        if (set->blocks[middle].number < number)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct id_block *find_block(const struct id_set *set, uint32_t number)
{
    uint32_t at = block_place(set, number);
    return at < set->block_count && set->blocks[at].number == number ? &set->blocks[at] : NULL;
}

static struct id_block *add_block(struct id_set *set, uint32_t number)
{
    uint32_t at = block_place(set, number);
    if (set->block_count == set->size) {
        set->size = set->size ? set->size * 2 : 1;
        set->blocks = mem_resize(set->blocks, set->size, sizeof(*set->blocks));
    }
    memmove(&set->blocks[at + 1], &set->blocks[at], (set->block_count - at) * sizeof(*set->blocks));
    set->block_count++;
    set->blocks[at] = (struct id_block){.number = number};
    return &set->blocks[at];
}

static uint64_t bit_of(uint32_t id)
{
    return UINT64_C(1) << (id % ID_BLOCK_IDS % 64);
}

static uint64_t *word_of(struct id_block *block, uint32_t id)
{
    return &block->bits[id % ID_BLOCK_IDS / 64];
}

void id_set_add(struct id_set *set, uint32_t id)
{
    struct id_block *block = find_block(set, id / ID_BLOCK_IDS);
    if (!block)
        block = add_block(set, id / ID_BLOCK_IDS);
    uint64_t *word = word_of(block, id);
    block->count += (*word & bit_of(id)) == 0;
    *word |= bit_of(id);
}

void id_set_remove(struct id_set *set, uint32_t id)
{
    struct id_block *block = find_block(set, id / ID_BLOCK_IDS);
    if (!block || (*word_of(block, id) & bit_of(id)) == 0)
        return;
    *word_of(block, id) &= ~bit_of(id);
    if (--block->count > 0)
        return;
    uint32_t at = (uint32_t)(block - set->blocks);
    memmove(block, block + 1, (--set->block_count - at) * sizeof(*block));
    if (set->block_count == 0)
        id_set_release(set);
}

/* The least id of a block from `from` on; 0: there is none. */
static uint32_t next_in_block(const struct id_block *block, uint32_t from)
{
    uint32_t begin = block->number * ID_BLOCK_IDS;
    uint32_t first = from > begin ? from - begin : 0;
    for (uint32_t i = first / 64; i < ID_BLOCK_IDS / 64; i++) {
        uint64_t word = block->bits[i];
        if (i == first / 64)
            word &= ~UINT64_C(0) << first % 64;
        if (word != 0)
            return begin + i * 64 + (uint32_t)__builtin_ctzll(word);
    }
    return 0;
}

uint32_t id_set_next(const struct id_set *set, uint32_t from)
{
    for (uint32_t at = block_place(set, from / ID_BLOCK_IDS); at < set->block_count; at++) {
        uint32_t id = next_in_block(&set->blocks[at], from);
        if (id != 0)
            return id;
    }
    return 0;
}
