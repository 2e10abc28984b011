/* What we note of a route for ourselves alone. */
#include "wire/attr_local.h"

#include <string.h>

#include "base/reader.h"
#include "wire/attr.h"

enum { BY_API = 1 << 7 }; /* beside enum attr_kept */

struct attr_local attr_local_read(struct span value)
{
    struct attr_local local;
    struct reader r = reader_over(value);
    uint8_t kept = reader_u8(&r);
    local.kept = (uint8_t)(kept & ~BY_API);
    local.by_api = (kept & BY_API) != 0;
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
    if (local->kept == 0 && !local->by_api && local->validation == 0 && local->weight == 0 &&
        local->marks.len_bytes == 0)
        return;
    writer_u8(w, (uint8_t)(local->kept | (local->by_api ? BY_API : 0)));
    writer_u8(w, local->validation);
    writer_u32(w, local->weight);
    writer_put(w, local->marks);
}

/* Takes ATTR_LOCAL out; *ret_after is what follows it. */
static struct attr_local take_out(struct span canonical, struct span *ret_before,
                                  struct span *ret_after)
{
    struct reader r = reader_over(canonical);
    struct reader before = r;
    struct attr_view a;
    *ret_before = canonical;
    *ret_after = span_of(NULL, 0);
    while (attr_next(&r, &a)) {
        if (a.type != ATTR_LOCAL)
            continue;
        *ret_after = reader_rest(&r);
        *ret_before =
            reader_take(&before, canonical.len_bytes - ret_after->len_bytes - a.raw.len_bytes);
        return attr_local_read(a.value);
    }
    return (struct attr_local){0};
}

bool attr_equal_but_for_validation(struct span a, struct span b)
{
    struct span before[2];
    struct span after[2];
    struct attr_local x = take_out(a, &before[0], &after[0]);
    struct attr_local y = take_out(b, &before[1], &after[1]);
    /* Where one has none, all of it is in front. */
    bool same_rest =
        before[0].len_bytes + after[0].len_bytes == before[1].len_bytes + after[1].len_bytes;
    if (!same_rest || x.kept != y.kept || x.by_api != y.by_api || x.weight != y.weight ||
        !span_equal(x.marks, y.marks))
        return false;
    struct reader r[2] = {reader_over(before[0]), reader_over(before[1])};
    size_t common =
        before[0].len_bytes < before[1].len_bytes ? before[0].len_bytes : before[1].len_bytes;
    if (!span_equal(reader_take(&r[0], common), reader_take(&r[1], common)))
        return false;
    unsigned longer = before[1].len_bytes > common;
    struct span rest = reader_rest(&r[longer]);
    return rest.len_bytes > 0 ? span_equal(rest, after[!longer]) : span_equal(after[0], after[1]);
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
