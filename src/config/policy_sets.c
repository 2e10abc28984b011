/* Sets: lists of entries, or files of them. A file is read once, whatever number of sets are of it,
 * and what is equal is kept once. One that is as it was is taken over from the configuration before
 * (config/set_files). */
#include "config/policy_sets.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/set_files.h"
#include "config/values.h"

static const struct {
    const char *key; /* of the table in the file */
    bool integers;   /* an entry may be one */
    const char *takes;
} kinds[POLICY_SET_KINDS] = {
    [POLICY_PREFIX_SET] = {"prefix_sets", false, "a list of prefixes"},
    [POLICY_AS_SET] = {"as_sets", true, "a list of AS numbers and ranges"},
    [POLICY_COMMUNITY_SET] = {"community_sets", false, "a list of communities and patterns"},
    [POLICY_PREFIX_ORIGIN_SET] = {"prefix_origin_sets", false, "a list of prefixes with an AS"},
};

/* A set while it is read. */
struct set_draft {
    enum policy_set_kind kind;
    void *set;
    bool settled;
    bool is_of_file; /* whose text has this digest */
    struct policy_digest file;
};

static void take_entry(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    const struct set_draft *draft = ctx;
    struct text_error e = {0};
    if (policy_set_rows[draft->kind].add(draft->set, text, &e) != 0)
        loader_problem(l, item->place, "%s", strbuf_text(&e.say));
    text_error_release(&e);
}

static void set_file(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    (void)l;
    (void)key;
    *(const char **)target = value->as.string;
}

static const struct schema_key file_keys[] = {
    {
        .name = "file",
        TYPE_STRING,
        .reload = RELOAD_POLICY,
        .help =
            "A file of entries, one a line (`#` begins a comment), or what `bgpq4 -j` writes. A "
            "relative name starts in the folder of the file in which it stands. Every reload "
            "reads it again.",
        .required = true,
        .set = set_file,
        .is_path = true,
    },
};

const struct schema schema_set_file = {
    .title = "a set",
    .keys = file_keys,
    .count = sizeof(file_keys) / sizeof(file_keys[0]),
};

/* Makes the set of what is in a file, or takes it over. */
static void read_text(struct loader *l, struct set_draft *draft, struct toml_place place,
                      const char *path, const struct strbuf *text)
{
    struct policy_digest digest = set_files_digest(text);
    void *known = set_files_find(l->known_files, draft->kind, digest);
    struct text_error e = {0};
    int err = 0;
    if (known) {
        policy_set_rows[draft->kind].unref(draft->set);
        draft->set = known;
        draft->settled = true;
    } else {
        err = policy_set_rows[draft->kind].read(draft->set, strbuf_text(text), text->len_bytes, &e);
    }
    if (err)
        loader_problem_in(
            l, place, path,
            (struct toml_place){.line = (uint32_t)e.line, .column = (uint32_t)e.column}, "%s",
            strbuf_text(&e.say));
    else
        draft->file = digest;
    draft->is_of_file = err == 0;
    text_error_release(&e);
}

static void read_file(struct loader *l, struct set_draft *draft, const struct toml_node *table)
{
    const char *name = NULL;
    schema_apply(l, &schema_set_file, schema_set_file.title, table, &name);
    if (!loader_find(table, "file"))
        loader_missing(l, table->place, "file is missing in %s", schema_set_file.title);
    if (!name)
        return;
    struct toml_place place = loader_find(table, "file")->place;
    char *path = config_file_beside(loader_file(l, place), name);
    struct strbuf text = {0};
    loader_note_file(l, path);
    const char *unreadable = config_file_read(path, &text);
    if (unreadable)
        loader_problem(l, place, "file '%.256s' cannot be read: %s", path, unreadable);
    else
        read_text(l, draft, place, path, &text);
    strbuf_release(&text);
    free(path);
}

/* Of an equal set that is there already, a reference takes the place of the one that was read. */
static void *share(const struct policy_sets *sets, const struct set_draft *draft)
{
    const struct policy_set_row *row = &policy_set_rows[draft->kind];
    struct policy_digest digest = row->digest(draft->set);
    for (size_t i = 0; i < sets->count[draft->kind]; i++) {
        void *other = sets->of_kind[draft->kind][i].set.any;
        if (policy_digest_equal(digest, row->digest(other))) {
            row->unref(draft->set);
            return row->ref(other);
        }
    }
    return draft->set;
}

/* Where the name of the file stands that a set is of; NULL: it is of none. */
static const struct toml_node *file_of(const struct toml_node *value)
{
    const struct toml_node *file =
        value->type == TOML_TABLE && value->as.list.count == 1 ? loader_find(value, "file") : NULL;
    return file && file->type == TOML_STRING ? file : NULL;
}

/* Whether two names are of one file, which they are not where they begin in other folders. */
static bool is_same_file(const struct loader *l, const struct toml_node *a,
                         const struct toml_node *b)
{
    if (strcmp(a->as.string, b->as.string) != 0)
        return false;
    char *path_a = config_file_beside(loader_file(l, a->place), a->as.string);
    char *path_b = config_file_beside(loader_file(l, b->place), b->as.string);
    bool same = strcmp(path_a, path_b) == 0;
    free(path_a);
    free(path_b);
    return same;
}

/* The first set of a table, before the one at `index`, that is of the same file; NULL. */
static const struct policy_named_set *of_same_file(const struct loader *l,
                                                   const struct toml_list *table, size_t index,
                                                   enum policy_set_kind kind,
                                                   const struct policy_sets *sets)
{
    const struct toml_node *file = file_of(&table->items[index]);
    for (size_t i = 0; file && i < index; i++) {
        const struct toml_node *other = file_of(&table->items[i]);
        if (other && is_same_file(l, other, file))
            return &sets->of_kind[kind][i];
    }
    return NULL;
}

/* A set of its own, settled. A reference. */
static void *read_entries(struct loader *l, enum policy_set_kind kind,
                          const struct toml_node *value, const struct policy_sets *sets)
{
    struct set_draft draft = {.kind = kind, .set = policy_set_rows[kind].make()};
    if (value->type == TOML_ARRAY)
        value_each_text(l, value, kinds[kind].integers, take_entry, &draft);
    else if (value->type == TOML_TABLE)
        read_file(l, &draft, value);
    else if (value->type == TOML_BROKEN)
        l->stumbled = true; /* reported */
    else
        loader_problem(l, value->place, "%s '%.64s' must be %s, or { file = \"NAME\" }, not %s",
                       policy_set_rows[kind].text, value->key, kinds[kind].takes,
                       schema_type_text(value->type));
    if (!draft.settled)
        policy_set_rows[kind].settle(draft.set);
    void *set = share(sets, &draft);
    if (draft.is_of_file)
        set_files_add(l->config->set_files, kind, draft.file, set);
    return set;
}

static void read_set(struct loader *l, enum policy_set_kind kind, const struct toml_list *table,
                     size_t index, struct policy_sets *sets)
{
    const struct toml_node *value = &table->items[index];
    const struct policy_named_set *same = of_same_file(l, table, index, kind, sets);
    bool was_good = !same || !same->used;
    struct strbuf wrong = {0};
    size_t errors_before = l->error_count;
    if (policy_set_name_check(kind, value->key, &wrong) != 0)
        loader_problem(l, value->key_place, "%s", strbuf_text(&wrong));
    void *set =
        same ? policy_set_rows[kind].ref(same->set.any) : read_entries(l, kind, value, sets);
    bool is_good = was_good && l->error_count == errors_before;
    if (policy_set_rows[kind].count(set) == 0 && is_good && !l->incomplete)
        loader_warning(l, value->key_place, "%s '%.64s' is empty: it matches nothing",
                       policy_set_rows[kind].text, value->key);
    policy_sets_add(sets, kind, value->key, set);
    sets->of_kind[kind][sets->count[kind] - 1].used = !is_good; /* enough was said of it */
    strbuf_release(&wrong);
}

enum policy_set_kind policy_sets_kind(const char *table)
{
    enum policy_set_kind kind = 0;
    while (kind < POLICY_SET_KINDS && strcmp(kinds[kind].key, table) != 0)
        kind++;
    return kind;
}

/* The sets of a kind, a table whose type was checked; NULL. */
static const struct toml_node *table_of(const struct loader *l, enum policy_set_kind kind)
{
    const struct toml_node *table = loader_find(l->root, kinds[kind].key);
    return table && table->type == TOML_TABLE ? table : NULL;
}

void policy_sets_read(struct loader *l, struct policy_sets *sets)
{
    for (enum policy_set_kind kind = 0; kind < POLICY_SET_KINDS; kind++) {
        const struct toml_node *table = table_of(l, kind);
        for (size_t i = 0; table && i < table->as.list.count; i++)
            read_set(l, kind, &table->as.list, i, sets);
    }
}

void policy_sets_check_used(struct loader *l, const struct policy_sets *sets)
{
    for (enum policy_set_kind kind = 0; kind < POLICY_SET_KINDS; kind++) {
        for (size_t i = 0; i < sets->count[kind]; i++) {
            const struct policy_named_set *set = &sets->of_kind[kind][i];
            if (set->used)
                continue;
            const struct toml_node *node = loader_find(table_of(l, kind), set->name);
            if (node->place.file == 0) /* what is included is there for many */
                loader_warning(l, node->key_place, "%s '%.64s' has no effect: no rule names it",
                               policy_set_rows[kind].text, set->name);
        }
    }
}
