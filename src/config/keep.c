/* Keeping what the files say: the tree is copied into one block, first to see how large that is.
 *
 * What a key is called, and whether it is secret, the tables of keys say: a table goes down with
 * the schema of its keys, or of the tables in it. */
#include "config/keep.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/global.h"
#include "config/loader.h"
#include "config/policies.h"
#include "config/schema.h"
#include "config/values.h"
#include "policy/sets.h"

/* --- the tree --- */

/* A copy under way: where things go, or, as long as that is NULL, how much room they take. */
struct copier {
    const struct loader *l;
    struct toml_node *nodes;
    char *texts;
    size_t node_count;
    size_t text_bytes;
    size_t items_left; /* of lists that are kept as long as there are not too many */
};

/* What is known of a node by the tables of keys. */
struct known {
    const struct schema_key *row;  /* of the key that it is the value of, or a part of; NULL */
    const struct schema *keys;     /* of a table; NULL */
    const struct schema *of_items; /* of the tables that stand in it; NULL */
};

static struct known known_of(const struct schema_key *row)
{
    bool holds_tables = row && (row->is_named || (row->types & TOML_ARRAY) != 0);
    return (struct known){.row = row,
                          .keys = row && !holds_tables ? row->within : NULL,
                          .of_items = holds_tables ? row->within : NULL};
}

static struct known known_item(const struct known *parent, const struct toml_node *item)
{
    const struct schema_key *row =
        parent->keys && item->key ? schema_key_named(parent->keys, item->key) : NULL;
    if (row)
        return known_of(row);
    if (parent->of_items && item->type == TOML_TABLE)
        return (struct known){.keys = parent->of_items};
    return (struct known){.row = parent->row};
}

static const char *copy_bytes(struct copier *c, const char *text, size_t len_bytes)
{
    char *to = c->texts ? c->texts + c->text_bytes : NULL;
    c->text_bytes += len_bytes;
    if (to)
        memcpy(to, text, len_bytes);
    return to;
}

static const char *copy_text(struct copier *c, const char *text)
{
    return copy_bytes(c, text, strlen(text) + 1);
}

/* Relative names in a file that is included begin in its folder, and what is shown is one file. */
static const char *copy_path(struct copier *c, const struct toml_node *from)
{
    if (from->place.file == 0 || from->as.string[0] == '/')
        return copy_text(c, from->as.string);
    char *beside = config_file_beside(loader_file(c->l, from->place), from->as.string);
    char *whole = realpath(beside, NULL);
    const char *copy = copy_text(c, whole ? whole : beside);
    free(whole);
    free(beside);
    return copy;
}

static const char *copy_string(struct copier *c, const struct known *known,
                               const struct toml_node *from)
{
    if (known->row && known->row->secret)
        return copy_text(c, "");
    return known->row && known->row->is_path ? copy_path(c, from) : copy_text(c, from->as.string);
}

/* A list of which more is kept than its length is one of texts and numbers, or a short one. */
static bool is_plain_list(const struct toml_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if ((list->items[i].type & (TOML_STRING | TOML_INTEGER)) == 0)
            return false;
    return true;
}

static const char *pack(struct copier *c, const struct known *known, const struct toml_list *list)
{
    const char *start = c->texts ? c->texts + c->text_bytes : NULL;
    bool is_secret = known->row && known->row->secret;
    struct strbuf text = {0};
    for (size_t i = 0; i < list->count; i++) {
        const struct toml_node *item = &list->items[i];
        strbuf_clear(&text);
        if (item->type == TOML_INTEGER)
            strbuf_printf(&text, "%" PRId64, is_secret ? 0 : item->as.integer);
        else
            value_put_text(&text, is_secret ? "" : item->as.string);
        copy_bytes(c, strbuf_text(&text), text.len_bytes + 1);
    }
    strbuf_release(&text);
    return start;
}

static void copy_node(struct copier *c, const struct known *known, const struct toml_node *from,
                      struct toml_node *ret_node);

static void copy_list(struct copier *c, const struct known *known, const struct toml_list *list,
                      struct toml_list *ret_list)
{
    struct toml_node *items = c->nodes ? c->nodes + c->node_count : NULL;
    struct toml_node unused;
    c->node_count += list->count;
    for (size_t i = 0; i < list->count; i++) {
        const struct known of_item = known_item(known, &list->items[i]);
        copy_node(c, &of_item, &list->items[i], items ? &items[i] : &unused);
    }
    *ret_list = (struct toml_list){items, list->count};
}

/* True: what is to be kept of a long list was. */
static bool copy_long(struct copier *c, const struct known *known, const struct toml_node *from,
                      struct toml_node *ret_node)
{
    const struct toml_list *list = &from->as.list;
    enum schema_keep keep = known->row ? known->row->keep : SCHEMA_KEEP_ALL;
    bool is_long = list->count > WRITTEN_LIST_MAX;
    bool is_packed = is_long && is_plain_list(list);
    if (from->type != TOML_ARRAY || list->count == 0)
        return false;
    bool is_kept =
        keep == SCHEMA_KEEP_ALL || (keep == SCHEMA_KEEP_SOME && list->count <= c->items_left);
    if (!is_packed && is_kept) {
        c->items_left -= keep == SCHEMA_KEEP_SOME ? list->count : 0;
        return false;
    }
    ret_node->type = TOML_PACKED;
    ret_node->as.packed =
        (struct toml_packed){is_packed ? pack(c, known, list) : NULL, list->count};
    return true;
}

static void copy_node(struct copier *c, const struct known *known, const struct toml_node *from,
                      struct toml_node *ret_node)
{
    *ret_node = *from;
    if (from->key && known->row && strcmp(from->key, known->row->name) == 0)
        ret_node->key = known->row->name;
    else if (from->key)
        ret_node->key = copy_text(c, from->key);
    if (from->type == TOML_STRING)
        ret_node->as.string = copy_string(c, known, from);
    else if ((from->type & (TOML_ARRAY | TOML_TABLE)) && !copy_long(c, known, from, ret_node))
        copy_list(c, known, &from->as.list, &ret_node->as.list);
}

static void copy_root(struct copier *c, struct toml_node *ret_root)
{
    const struct known top = {.keys = &schema_global};
    c->node_count = c->text_bytes = 0;
    c->items_left = WRITTEN_ROUTES_MAX;
    copy_node(c, &top, c->l->root, ret_root);
}

static void copy_tree(const struct loader *l, struct written *w)
{
    struct copier c = {.l = l};
    copy_root(&c, &w->root);
    size_t nodes_bytes = c.node_count * sizeof(struct toml_node);
    w->block = mem_alloc(nodes_bytes + c.text_bytes + 1);
    c.nodes = w->block;
    c.texts = (char *)w->block + nodes_bytes;
    copy_root(&c, &w->root);
}

/* --- beside it --- */

static int compare_files(const void *a, const void *b)
{
    const struct written_file *x = a;
    const struct written_file *y = b;
    int order = strcmp(x->path, y->path);
    return order != 0 ? order
                      : (x->version.changed_ns > y->version.changed_ns) -
                            (x->version.changed_ns < y->version.changed_ns);
}

/* Each file once; of one that was read several times as it was first. */
static void copy_files(const struct loader *l, struct written *w)
{
    w->files = mem_resize(NULL, l->files_read_count + 1, sizeof(*w->files));
    for (size_t i = 0; i < l->files_read_count; i++)
        w->files[i] =
            (struct written_file){mem_strdup(l->files_read[i].path), l->files_read[i].version};
    if (l->files_read_count > 0)
        qsort(w->files, l->files_read_count, sizeof(*w->files), compare_files);
    for (size_t i = 0; i < l->files_read_count; i++) {
        if (w->file_count > 0 && strcmp(w->files[w->file_count - 1].path, w->files[i].path) == 0)
            free(w->files[i].path);
        else
            w->files[w->file_count++] = w->files[i];
    }
}

static void count_sets(const struct loader *l, struct written *w)
{
    const struct policy_sets *sets = &l->policies->sets;
    for (enum policy_set_kind kind = 0; kind < POLICY_SET_KINDS; kind++) {
        w->set_counts[kind] = mem_resize(NULL, sets->count[kind] + 1, sizeof(uint32_t));
        for (size_t i = 0; i < sets->count[kind]; i++)
            w->set_counts[kind][i] =
                (uint32_t)policy_set_rows[kind].count(sets->of_kind[kind][i].set.any);
    }
}

struct written *keep_written(const struct loader *l)
{
    struct written *w = mem_zalloc(sizeof(*w));
    copy_tree(l, w);
    w->names = mem_resize(NULL, l->file_count + 1, sizeof(*w->names));
    for (size_t i = 0; i < l->file_count; i++)
        w->names[w->name_count++] =
            mem_strdup(loader_name(l, (struct toml_place){.file = (uint32_t)i}));
    copy_files(l, w);
    count_sets(l, w);
    return w;
}
