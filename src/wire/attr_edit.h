/* Changing canonical attributes: one attribute after the other is replaced, added or taken out, and
 * then a block is made of what is left. */
#ifndef BGPD_WIRE_ATTR_EDIT_H
#define BGPD_WIRE_ATTR_EDIT_H

#include "wire/attr_list.h"
#include "wire/attr_local.h"

/* Large: keep one where edits are made, not on the stack. */
struct attr_edit {
    struct attr_list list;
    struct writer scratch; /* over `bytes`: the values that were put */
    uint8_t bytes[2 * ATTR_BLOCK_MAX];
};

/* Begins with these attributes, which are borrowed until the end. */
void attr_edit_begin(struct attr_edit *e, struct span canonical);
/* The value of an attribute as it is by now; false: there is none. Valid until the next change. */
bool attr_edit_find(struct attr_edit *e, uint8_t type, struct span *ret_value);
/* Replaces an attribute, or adds it with the flags of the table. The value is copied. */
void attr_edit_put(struct attr_edit *e, uint8_t type, struct span value);
void attr_edit_put_u32(struct attr_edit *e, uint8_t type, uint32_t value);
/* The same for a value that is written piece by piece: begin, write to e->scratch, end with the
 * mark that begin returned. What the attributes had before may be read meanwhile, not changed. */
size_t attr_edit_put_begin(const struct attr_edit *e);
void attr_edit_put_end(struct attr_edit *e, uint8_t type, size_t mark);
/* What we note for ourselves, as it is by now; without anything to note the attribute goes. */
struct attr_local attr_edit_local(struct attr_edit *e);
void attr_edit_put_local(struct attr_edit *e, const struct attr_local *local);
/* Takes an attribute out, if it is there. */
void attr_edit_remove(struct attr_edit *e, uint8_t type);
/* Makes `ret_block` of it. ERR_FULL. */
int attr_edit_finish(struct attr_edit *e, struct attr_block *ret_block);

#endif
