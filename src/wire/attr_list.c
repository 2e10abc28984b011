/* Lists of checked attributes.
 *
 * Invariant: ascending by type. The first item is none and has the lowest type, so that a search
 * for the place of another ends there. */
#include "wire/attr_list.h"

struct attr_item *attr_list_find(struct attr_list *list, uint8_t type)
{
    for (struct attr_item *item = list->items + 1; item != list->end; item++) {
        if (item->attr.type == type)
            return item;
    }
    return NULL;
}

void attr_list_settle(struct attr_list *list)
{
    struct attr_item *at = list->end - 1;
    struct attr_item late = *at;
    for (; at[-1].attr.type > late.attr.type; at--)
        *at = at[-1];
    *at = late;
}

void attr_list_remove(struct attr_list *list, struct attr_item *item)
{
    list->end--;
    for (; item != list->end; item++)
        *item = item[1];
}
