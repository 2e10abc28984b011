/* The text of the AS path that was asked last. It is known by the bytes of the path, so that routes
 * and rules may come in any order. */
#include "policy/path_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/aspath.h"

void path_text_release(struct path_text *t)
{
    path_regex_scratch_free(t->scratch);
    strbuf_release(&t->text);
    free(t->path);
    *t = (struct path_text){0};
}

static void put(struct path_text *t, struct span path)
{
    if (path.len_bytes > t->size) {
        t->size = path.len_bytes * 2;
        t->path = mem_resize(t->path, t->size, 1);
    }
    if (path.len_bytes > 0)
        memcpy(t->path, path.data, path.len_bytes);
    t->path_bytes = path.len_bytes;
    path_regex_put_path(path, &t->text);
    t->has_text = true;
}

enum path_regex_result path_text_match(struct path_text *t, struct span as_path_value,
                                       const struct path_regex *regex)
{
    uint32_t needed = path_regex_needed_as(regex);
    if (needed != 0 && aspath_count_as(as_path_value, needed) == 0)
        return PATH_REGEX_NO;
    if (!t->scratch)
        t->scratch = path_regex_scratch_new();
    if (!t->has_text || !span_equal(as_path_value, span_of(t->path, t->path_bytes)))
        put(t, as_path_value);
    return path_regex_match(regex, t->scratch, &t->text);
}
