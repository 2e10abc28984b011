/* Checked attributes of a message in ascending order of type, out of which a block is made. */
#ifndef BGPD_WIRE_ATTR_LIST_H
#define BGPD_WIRE_ATTR_LIST_H

#include "wire/attr.h"

/* An attribute with the flags and, once a block is made of it, the value of the canonical form. */
struct attr_item {
    struct attr_view attr; /* spans borrow */
    bool as_is;            /* `raw` is canonical */
};

enum { ATTR_LIST_MAX = 256 }; /* each type at most once */

/* Large: field by field, not to be initialised as a whole. */
struct attr_list {
    struct attr_item *end; /* where the next attribute is read to: there is always room for one */
    struct attr_item items[ATTR_LIST_MAX + 2]; /* the first is none, with type 0 */
};

static inline void attr_list_init(struct attr_list *list)
{
    list->items[0].attr.type = 0;
    list->end = list->items + 1;
}

/* The item of a type; NULL when there is none. */
struct attr_item *attr_list_find(struct attr_list *list, uint8_t type);

/* Moves the last item to its place by type. */
void attr_list_settle(struct attr_list *list);

/* Takes what stands at `end` into the list; its type must not be there yet. Nearly always it
 * belongs at the end. */
static inline void attr_list_keep(struct attr_list *list)
{
    const struct attr_item *last = list->end++;
    if (last->attr.type < last[-1].attr.type)
        attr_list_settle(list);
}

/* Takes an item out. */
void attr_list_remove(struct attr_list *list, struct attr_item *item);

/* Gives an item another value. */
static inline void attr_item_replace(struct attr_item *item, struct span value)
{
    item->attr.value = value;
    item->as_is = false;
}

/* Makes `b` of the list. ERR_FULL. */
int attr_block_fill(struct attr_block *b, const struct attr_list *list);

#endif
