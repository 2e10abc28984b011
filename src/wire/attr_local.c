/* What we note of a route for ourselves alone. */
#include "wire/attr_local.h"

#include <string.h>

#include "base/reader.h"
#include "wire/attr.h"

struct attr_local attr_local_read(struct span value)
{
    struct attr_local local;
    struct reader r = reader_over(value);
    local.kept = reader_u8(&r);
    local.validation = reader_u8(&r);
    local.weight = reader_u32(&r);
    local.marks = reader_rest(&r);
    return local;
}

struct attr_local attr_local_of(struct span canonical)
{
    struct span value;
    return attr_find(canonical, ATTR_LOCAL, &value) ? attr_local_read(value)
                                                    : (struct attr_local){0};
}

void attr_local_put(struct writer *w, const struct attr_local *local)
{
    if (local->kept == 0 && local->validation == 0 && local->weight == 0 &&
        local->marks.len_bytes == 0)
        return;
    writer_u8(w, local->kept);
    writer_u8(w, local->validation);
    writer_u32(w, local->weight);
    writer_put(w, local->marks);
}

bool attr_mark_is_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789" ATTR_MARK_SIGNS;
    size_t len_bytes = strspn(text, letters);
    return len_bytes > 0 && len_bytes <= ATTR_MARK_MAX_BYTES && text[len_bytes] == '\0';
}

bool attr_marks_have(struct span marks, const char *name)
{
    struct reader r = reader_over(marks);
    struct span wanted = span_of(name, strlen(name));
    while (reader_left(&r) > 0)
        if (span_equal(reader_take(&r, reader_u8(&r)), wanted))
            return true;
    return false;
}

void attr_marks_each(struct span marks, void (*each)(void *ctx, struct span name), void *ctx)
{
    struct reader r = reader_over(marks);
    while (reader_left(&r) > 0)
        each(ctx, reader_take(&r, reader_u8(&r)));
}
