/* Sets: lists of entries, or files of them. First all tables are gone through, then the files are
 * read (config/set_reading), then the sets are what was made of these. What is equal is kept once.
 * One whose file is as it was is taken over from the configuration before (config/set_files). */
#include "config/policy_sets.h"

#include <stdlib.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/set_reading.h"
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
    const struct toml_node *value;
    enum policy_set_kind kind;
    bool wrong; /* something is, which was said */
    bool is_of_file;
    size_t reading; /* of that file: a number */
    void *set;      /* a reference to a settled one */
};

/* All of them. */
struct set_drafts {
    struct set_draft *at; /* owned */
    size_t count;
    struct set_readings files;
};

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

/* The file that a set is of is put down to be read. */
static void find_file(struct loader *l, struct set_draft *draft, struct set_readings *files)
{
    const char *name = NULL;
    schema_apply(l, &schema_set_file, schema_set_file.title, draft->value, &name);
    const struct toml_node *file = loader_find(draft->value, "file");
    if (!file)
        loader_missing(l, draft->value->place, "file is missing in %s", schema_set_file.title);
    if (!name)
        return;
    size_t known = files->count;
    draft->is_of_file = true;
    draft->reading =
        set_readings_add(files, draft->kind, config_file_beside(loader_file(l, file->place), name));
    if (draft->reading == known)
        loader_note_file(l, files->at[known].path);
}

static void take_entry(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    const struct set_draft *draft = ctx;
    struct text_error e = {0};
    if (policy_set_rows[draft->kind].add(draft->set, text, &e) != 0)
        loader_problem(l, item->place, "%s", strbuf_text(&e.say));
    text_error_release(&e);
}

static void check_name(struct loader *l, const struct set_draft *draft)
{
    struct strbuf wrong = {0};
    if (policy_set_name_check(draft->kind, draft->value->key, &wrong) != 0)
        loader_problem(l, draft->value->key_place, "%s", strbuf_text(&wrong));
    strbuf_release(&wrong);
}

/* What stands in the configuration itself. */
static void read_value(struct loader *l, struct set_draft *draft, struct set_readings *files)
{
    const struct policy_set_row *row = &policy_set_rows[draft->kind];
    const struct toml_node *value = draft->value;
    size_t errors_before = l->error_count;
    check_name(l, draft);
    draft->set = row->make();
    if (value->type == TOML_ARRAY)
        value_each_text(l, value, kinds[draft->kind].integers, take_entry, draft);
    else if (value->type == TOML_TABLE)
        find_file(l, draft, files);
    else if (value->type == TOML_BROKEN)
        l->stumbled = true; /* reported */
    else
        loader_problem(l, value->place, "%s '%.64s' must be %s, or { file = \"NAME\" }, not %s",
                       row->text, value->key, kinds[draft->kind].takes,
                       schema_type_text(value->type));
    row->settle(draft->set);
    draft->wrong = l->error_count != errors_before;
}

/* Says what is wrong with a file, where the first set of it stands. */
static void tell(struct loader *l, const struct set_draft *draft, const struct set_reading *r)
{
    struct toml_place place = loader_find(draft->value, "file")->place;
    const struct text_error *e = &r->wrong;
    if (!r->set)
        loader_problem(l, place, "file '%.256s' cannot be read: %s", r->path,
                       strbuf_text(&r->unreadable));
    else if (r->is_wrong)
        loader_problem_in(
            l, place, r->path,
            (struct toml_place){.line = (uint32_t)e->line, .column = (uint32_t)e->column}, "%s",
            strbuf_text(&e->say));
}

/* What was made of its file takes the place of the empty set. */
static void take_file(struct loader *l, struct set_draft *draft, const struct set_reading *r)
{
    if (!r->is_told)
        tell(l, draft, r);
    draft->wrong |= !r->set || r->is_wrong;
    if (r->set) {
        policy_set_rows[draft->kind].unref(draft->set);
        draft->set = policy_set_rows[draft->kind].ref(r->set);
    }
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

static void take_set(struct loader *l, struct set_draft *draft, struct set_readings *files,
                     struct policy_sets *sets)
{
    const struct policy_set_row *row = &policy_set_rows[draft->kind];
    const struct toml_node *value = draft->value;
    struct set_reading *r = draft->is_of_file ? &files->at[draft->reading] : NULL;
    if (r)
        take_file(l, draft, r);
    void *set = share(sets, draft);
    if (r && !r->is_told && !draft->wrong)
        set_files_add(l->config->set_files, draft->kind, r->text, set);
    if (r)
        r->is_told = true;
    if (row->count(set) == 0 && !draft->wrong && !l->incomplete)
        loader_warning(l, value->key_place, "%s '%.64s' is empty: it matches nothing", row->text,
                       value->key);
    policy_sets_add(sets, draft->kind, value->key, set);
    /* Enough was said of it. */
    sets->of_kind[draft->kind][sets->count[draft->kind] - 1].used = draft->wrong;
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

static void find_drafts(struct loader *l, enum policy_set_kind kind, struct set_drafts *drafts)
{
    const struct toml_node *table = table_of(l, kind);
    size_t more = table ? table->as.list.count : 0;
    if (more > 0)
        drafts->at = mem_resize(drafts->at, drafts->count + more, sizeof(*drafts->at));
    for (size_t i = 0; i < more; i++) {
        struct set_draft *draft = &drafts->at[drafts->count++];
        *draft = (struct set_draft){.value = &table->as.list.items[i], .kind = kind};
        read_value(l, draft, &drafts->files);
    }
}

void policy_sets_read(struct loader *l, struct policy_sets *sets)
{
    struct set_drafts drafts = {0};
    for (enum policy_set_kind kind = 0; kind < POLICY_SET_KINDS; kind++)
        find_drafts(l, kind, &drafts);
    set_readings_run(&drafts.files, l->known_files);
    for (size_t i = 0; i < drafts.count; i++)
        take_set(l, &drafts.at[i], &drafts.files, sets);
    set_readings_release(&drafts.files);
    free(drafts.at);
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
