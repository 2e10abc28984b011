/* The action on marks: names of one's own on a route. They stand in ATTR_LOCAL, sorted. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text_sort.h"
#include "policy/action_rows.h"

/* Names as in struct attr_local: ascending, each once. */
struct mark_value {
    bool removes_all;
    size_t remove_bytes;
    size_t add_bytes;
    uint8_t bytes[]; /* of those to remove, and of those to add */
};

static struct span removed(const struct mark_value *v)
{
    return span_of(v->bytes, v->remove_bytes);
}

static struct span added(const struct mark_value *v)
{
    return span_of(v->bytes + v->remove_bytes, v->add_bytes);
}

/* --- reading --- */

static bool removes(const struct policy_word *word)
{
    return word->part && strcmp(word->part, "remove") == 0;
}

static int check_name(struct policy_words *words, size_t word)
{
    const char *text = words->at[word].text;
    if ((removes(&words->at[word]) && strcmp(text, "*") == 0) || attr_mark_is_name(text))
        return 0;
    return policy_words_fail(words, word, ERR_INVALID,
                             "'%.64s' is no name of a mark (expected up to %d letters, digits and "
                             "\"" ATTR_MARK_SIGNS "\"%s)",
                             text, ATTR_MARK_MAX_BYTES,
                             removes(&words->at[word]) ? ", or \"*\" for all marks" : "");
}

/* Writes the names of one kind; those that stand there twice once. */
static void put_names(struct writer *w, const struct policy_words *words, bool of_removed,
                      const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < words->count; i++)
        if (removes(&words->at[i]) == of_removed && strcmp(words->at[i].text, "*") != 0)
            names[count++] = words->at[i].text;
    text_sort(names, count);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strcmp(names[i - 1], names[i]) == 0)
            continue;
        writer_u8(w, (uint8_t)strlen(names[i]));
        writer_bytes(w, names[i], strlen(names[i]));
    }
}

static int read_mark(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    const size_t size = words->count * (1 + ATTR_MARK_MAX_BYTES);
    for (size_t i = 0; i < words->count; i++) {
        int err = check_name(words, i);
        if (err)
            return err;
    }
    struct mark_value *value = mem_zalloc(sizeof(*value) + size);
    const char **names = mem_resize(NULL, words->count + 1, sizeof(*names));
    struct writer w = writer_over(value->bytes, size);
    for (size_t i = 0; i < words->count; i++)
        value->removes_all |= strcmp(words->at[i].text, "*") == 0;
    put_names(&w, words, true, names);
    value->remove_bytes = writer_len(&w);
    put_names(&w, words, false, names);
    value->add_bytes = writer_len(&w) - value->remove_bytes;
    free(names);
    *ret_value = value;
    *ret_variables = 0;
    return 0;
}

/* --- applying --- */

static struct span next_name(struct reader *r)
{
    return reader_take(r, reader_u8(r));
}

/* As strcmp does. */
static int compare(struct span a, struct span b)
{
    size_t common = a.len_bytes < b.len_bytes ? a.len_bytes : b.len_bytes;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order != 0 ? order : (a.len_bytes > b.len_bytes) - (a.len_bytes < b.len_bytes);
}

/* Whether a name is among some; names that are asked for come in order. */
static bool come_to(struct reader *r, struct span name)
{
    while (reader_left(r) > 0) {
        struct reader here = *r;
        int order = compare(next_name(&here), name);
        if (order >= 0)
            return order == 0;
        *r = here;
    }
    return false;
}

static void put_name(struct writer *w, struct span name)
{
    writer_u8(w, (uint8_t)name.len_bytes);
    writer_put(w, name);
}

/* Merges those that stay with those that are added. */
static void put_marks(struct writer *w, const struct mark_value *v, struct span have)
{
    struct reader old = reader_over(v->removes_all ? span_of(NULL, 0) : have);
    struct reader gone = reader_over(removed(v));
    struct reader new = reader_over(added(v));
    while (reader_left(&old) > 0) {
        struct span name = next_name(&old);
        if (come_to(&gone, name))
            continue;
        while (reader_left(&new) > 0) {
            struct reader here = new;
            struct span first = next_name(&here);
            int order = compare(first, name);
            if (order > 0)
                break;
            if (order < 0)
                put_name(w, first);
            new = here;
        }
        put_name(w, name);
    }
    writer_put(w, reader_rest(&new));
}

static int apply_mark(const void *value, const struct policy_scene *scene, struct attr_edit *edit)
{
    (void)scene;
    struct attr_local local = attr_edit_local(edit);
    size_t mark = attr_edit_put_begin(edit);
    put_marks(&edit->scratch, value, local.marks);
    if (!writer_ok(&edit->scratch))
        return ERR_FULL;
    local.marks = span_of(edit->bytes + mark, writer_len(&edit->scratch) - mark);
    attr_edit_put_local(edit, &local);
    return 0;
}

static void digest_mark(const void *value, struct policy_digest *d)
{
    const struct mark_value *v = value;
    policy_digest_add_number(d, v->removes_all);
    policy_digest_add(d, v->bytes, v->remove_bytes);
    policy_digest_add(d, v->bytes + v->remove_bytes, v->add_bytes);
}

static const struct policy_part parts[] = {
    {
        .name = "remove",
        .takes = "a name, or a list of names",
        .help = "Takes marks off; \"*\" takes all off. That comes first.",
        .types = POLICY_TEXT | POLICY_LIST,
    },
    {
        .name = "add",
        .takes = "a name, or a list of names",
        .help = "Marks the route.",
        .types = POLICY_TEXT | POLICY_LIST,
    },
    {0},
};

const struct policy_action policy_action_mark = {
    .name = "mark",
    .takes = "a name, a list of names to add, or { add, remove }",
    .help = "Marks: names of your own (letters, digits and \"" ATTR_MARK_SIGNS "\") that a route "
            "carries from then on. They are shown with it and matched by `mark`, in any later rule "
            "of whatever policy, and never sent.",
    .types = POLICY_TEXT | POLICY_LIST | POLICY_TABLE,
    .parts = parts,
    .read = read_mark,
    .apply = apply_mark,
    .digest = digest_mark,
    .release = free,
};
