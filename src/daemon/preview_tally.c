/* Counting what a comparison finds. Rows are few: one for each two rules that decide something. */
#include "daemon/preview_tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void release_example(struct preview_example *e, struct rib *rib)
{
    for (unsigned when = 0; when < PREVIEW_TIMES; when++)
        rib_attrs_unref(&rib->attrs, e->pair.of[when].attrs);
    free(e->key);
    free(e->except);
}

void preview_tally_release(struct preview_tally *t, struct rib *rib)
{
    for (size_t i = 0; i < t->example_count; i++)
        release_example(&t->examples[i], rib);
    free(t->examples);
    free(t->rows);
    *t = (struct preview_tally){0};
}

static bool is_row_of(const struct preview_row *row, const struct preview_row *what)
{
    return row->kind == what->kind && row->cause[PREVIEW_NOW] == what->cause[PREVIEW_NOW] &&
           row->cause[PREVIEW_THEN] == what->cause[PREVIEW_THEN];
}

static void add_row(struct preview_tally *t, const struct preview_row *what)
{
    if (t->last >= t->row_count || !is_row_of(&t->rows[t->last], what)) {
        t->last = 0;
        while (t->last < t->row_count && !is_row_of(&t->rows[t->last], what))
            t->last++;
    }
    if (t->last < t->row_count) {
        t->rows[t->last].count += what->count;
        return;
    }
    if (t->row_count == t->row_size) {
        t->row_size = t->row_size ? 2 * t->row_size : 4;
        t->rows = mem_resize(t->rows, t->row_size, sizeof(*t->rows));
    }
    t->rows[t->row_count++] = *what;
}

void preview_tally_add(struct preview_tally *t, const struct preview_pair *pair, int64_t count)
{
    const struct preview_row row = {
        .kind = pair->kind,
        .cause = {pair->of[PREVIEW_NOW].cause, pair->of[PREVIEW_THEN].cause},
        .count = count,
    };
    add_row(t, &row);
}

void preview_tally_join(struct preview_tally *t, const struct preview_tally *other)
{
    for (size_t i = 0; i < other->row_count; i++)
        add_row(t, &other->rows[i]);
}

static void *copy(const void *from, size_t bytes)
{
    void *to = mem_alloc(bytes + 1);
    if (bytes > 0)
        memcpy(to, from, bytes);
    return to;
}

void preview_tally_keep(struct preview_tally *t, struct rib *rib, const struct family_info *info,
                        struct nlri_key key, const struct preview_pair *pair,
                        const uint32_t *except, uint32_t except_count)
{
    if (t->example_count == t->example_size) {
        t->example_size = t->example_size ? 2 * t->example_size : PREVIEW_EXAMPLES;
        t->examples = mem_resize(t->examples, t->example_size, sizeof(*t->examples));
    }
    t->examples[t->example_count++] = (struct preview_example){
        .pair = *pair,
        .key = copy(key.bytes, nlri_key_bytes(info, key)),
        .key_len = key.len,
        .except = except_count > 0 ? copy(except, except_count * sizeof(*except)) : NULL,
        .except_count = except_count,
    };
    t->kept[pair->kind]++;
    for (unsigned when = 0; when < PREVIEW_TIMES; when++)
        if (pair->of[when].attrs != 0)
            rib_attrs_ref(&rib->attrs, pair->of[when].attrs);
}
