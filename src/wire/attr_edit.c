/* Changing canonical attributes: a list whose items borrow from the attributes that it began with,
 * or from the values that were put. */
#include "wire/attr_edit.h"

void attr_edit_begin(struct attr_edit *e, struct span canonical)
{
    struct reader r = reader_over(canonical);
    attr_list_init(&e->list);
    e->scratch = writer_over(e->bytes, sizeof(e->bytes));
    while (attr_next(&r, &e->list.end->attr)) {
        e->list.end->as_is = true;
        attr_list_keep(&e->list);
    }
}

bool attr_edit_find(struct attr_edit *e, uint8_t type, struct span *ret_value)
{
    const struct attr_item *item = attr_list_find(&e->list, type);
    if (item)
        *ret_value = item->attr.value;
    return item != NULL;
}

static uint8_t flags_of(uint8_t type)
{
    const struct attr_spec *spec = attr_spec(type);
    if (type == ATTR_LABELS || type == ATTR_LOCAL)
        return 0;
    return spec ? spec->flags : ATTR_FLAG_OPTIONAL | ATTR_FLAG_TRANSITIVE;
}

size_t attr_edit_put_begin(const struct attr_edit *e)
{
    return writer_mark(&e->scratch);
}

void attr_edit_put_end(struct attr_edit *e, uint8_t type, size_t mark)
{
    if (!writer_ok(&e->scratch))
        return;
    struct span value = span_of(e->scratch.start + mark, writer_len(&e->scratch) - mark);
    struct attr_item *item = attr_list_find(&e->list, type);
    if (item) {
        attr_item_replace(item, value);
        return;
    }
    *e->list.end = (struct attr_item){.attr = {flags_of(type), type, value, span_of(NULL, 0)}};
    attr_list_keep(&e->list);
}

void attr_edit_put(struct attr_edit *e, uint8_t type, struct span value)
{
    size_t mark = attr_edit_put_begin(e);
    writer_put(&e->scratch, value);
    attr_edit_put_end(e, type, mark);
}

void attr_edit_put_u32(struct attr_edit *e, uint8_t type, uint32_t value)
{
    uint8_t bytes[4];
    struct writer w = writer_over(bytes, sizeof(bytes));
    writer_u32(&w, value);
    attr_edit_put(e, type, writer_span(&w));
}

struct attr_local attr_edit_local(struct attr_edit *e)
{
    struct span value;
    return attr_edit_find(e, ATTR_LOCAL, &value) ? attr_local_read(value) : (struct attr_local){0};
}

void attr_edit_put_local(struct attr_edit *e, const struct attr_local *local)
{
    size_t mark = attr_edit_put_begin(e);
    attr_local_put(&e->scratch, local);
    if (writer_len(&e->scratch) == mark)
        attr_edit_remove(e, ATTR_LOCAL);
    else
        attr_edit_put_end(e, ATTR_LOCAL, mark);
}

void attr_edit_remove(struct attr_edit *e, uint8_t type)
{
    struct attr_item *item = attr_list_find(&e->list, type);
    if (item)
        attr_list_remove(&e->list, item);
}

int attr_edit_finish(struct attr_edit *e, struct attr_block *ret_block)
{
    return writer_ok(&e->scratch) ? attr_block_fill(ret_block, &e->list) : ERR_FULL;
}
