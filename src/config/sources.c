/* Reading the files of a configuration.
 *
 * Each is parsed by itself, under a number that all places in it carry: 0 for the file that was
 * asked for, the others in the order in which they are met. Its nodes are then gathered by the keys
 * of the top level. A file is read once, however often it is included; one that comes to include
 * itself is an error. Nothing of what one file says depends on where in another it is included. */
#include "config/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/global.h"
#include "config/mend.h"
#include "config/parameters.h"
#include "config/schema.h"
#include "config/values.h"

enum {
    DEPTH_MAX = 8,
    FILES_MAX = 10000,
    KEYS_MAX = 64, /* more than the top level has */
};

/* A growing array. */
struct nodes {
    struct toml_node *at; /* owned */
    size_t count;
    size_t size;
};

struct source {
    struct toml_doc *doc;             /* owned; NULL: it could not be parsed */
    char *identity;                   /* owned: its path without links and detours */
    bool open;                        /* it is being read, with all that it includes */
    struct nodes parameters;          /* as it sees them, in order of their keys */
    struct toml_node parameters_node; /* the same as a table */
};

struct sources {
    struct source *at; /* owned; by number */
    size_t count;
    size_t size;
    struct nodes top;                        /* what the top level has */
    struct nodes of_key[KEYS_MAX];           /* by key of schema_global: what it has in all files */
    const struct toml_node *first[KEYS_MAX]; /* the first such; NULL: no file has the key */
    struct toml_node root;
};

static void add(struct nodes *to, const struct toml_node *node)
{
    if (to->count == to->size) {
        to->size = to->size ? 2 * to->size : 16;
        to->at = mem_resize(to->at, to->size, sizeof(*to->at));
    }
    to->at[to->count++] = *node;
}

static int compare_nodes(const void *a, const void *b)
{
    const struct toml_node *x = a;
    const struct toml_node *y = b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : loader_place_compare(x->place, y->place);
}

static void sort(struct nodes *nodes)
{
    if (nodes->count > 0)
        qsort(nodes->at, nodes->count, sizeof(*nodes->at), compare_nodes);
}

static struct toml_node table_of(const struct nodes *nodes)
{
    return (struct toml_node){.type = TOML_TABLE, .as.list = {nodes->at, nodes->count}};
}

/* --- what a file holds --- */

/* Adds what a key of the top level has in one file to what it has in others. */
static void gather(struct sources *all, size_t key, const struct toml_node *node)
{
    if (!all->first[key])
        all->first[key] = node;
    for (size_t i = 0; i < node->as.list.count; i++)
        add(&all->of_key[key], &node->as.list.items[i]);
}

/* Whether what the key has in several files is put together. */
static bool is_united(const struct schema_key *key)
{
    return key->included && (key->types == TOML_TABLE || key->types == TOML_ARRAY) &&
           strcmp(key->name, "include") != 0;
}

static void take_node(struct loader *l, uint32_t file, const struct toml_node *node)
{
    struct sources *all = l->sources;
    const struct schema_key *key = schema_key_named(&schema_global, node->key);
    bool is_good = key && (node->type & key->types);
    if (is_good && is_united(key)) {
        gather(all, (size_t)(key - schema_global.keys), node);
    } else if (file == 0 || !key) {
        add(&all->top, node); /* what is wrong with it is found there */
    } else if (!key->included) {
        loader_problem(l, node->key_place,
                       "%s cannot stand in a file that is included: it belongs in %s", key->name,
                       l->name);
    } else if (!is_good) {
        schema_set(l, key, node, NULL); /* says what it is not */
        l->incomplete = true;
    }
}

/* --- parameters --- */

static const struct toml_node *find(const struct nodes *nodes, const char *key)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (strcmp(nodes->at[i].key, key) == 0)
            return &nodes->at[i];
    return NULL;
}

/* Adds parameters of a file that is included, `from`, beside those that the including file has
 * itself (`own`; NULL for none) and from others. */
static void inherit_parameters(struct loader *l, struct nodes *to, const struct toml_node *own,
                               const struct nodes *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct toml_node *node = &from->at[i];
        if (own && loader_find(own, node->key))
            continue;
        const struct toml_node *other = find(to, node->key);
        struct loader_line line;
        if (!other)
            add(to, node);
        else if (loader_place_compare(other->place, node->place) != 0)
            loader_problem(l, node->key_place,
                           "parameter '%.64s' is given twice: also %s; a file that includes both "
                           "can say which holds",
                           node->key,
                           loader_line_text(l, other->key_place, node->key_place, &line));
    }
}

/* --- files --- */

static void read_source(struct loader *l, uint32_t file, const char *text, size_t len_bytes,
                        unsigned depth);

static uint32_t add_source(struct loader *l, const char *path, char *identity)
{
    struct sources *all = l->sources;
    if (all->count == all->size) {
        all->size = all->size ? 2 * all->size : 4;
        all->at = mem_resize(all->at, all->size, sizeof(*all->at));
        l->files = mem_resize(l->files, all->size, sizeof(*l->files));
    }
    all->at[all->count] = (struct source){.identity = identity};
    l->files[all->count] = mem_strdup(path);
    l->file_count = ++all->count;
    return (uint32_t)(all->count - 1);
}

uint32_t sources_add_file(struct loader *l, const char *path)
{
    return add_source(l, path, mem_strdup("")); /* so none that is included is taken for it */
}

/* The number of a file that was met before; all->count: none. */
static uint32_t known_source(const struct sources *all, const char *identity)
{
    uint32_t i = 0;
    while (i < all->count && strcmp(all->at[i].identity, identity) != 0)
        i++;
    return i;
}

/* Reads a file that `item` names, unless that was done. Returns its number; 0: it has none. */
static uint32_t open_source(struct loader *l, const struct toml_node *item, const char *path,
                            unsigned depth)
{
    struct sources *all = l->sources;
    struct strbuf text = {0};
    char *identity = realpath(path, NULL);
    const char *wrong = identity ? NULL : strerror(errno);
    uint32_t file = identity ? known_source(all, identity) : 0;
    if (identity && file < all->count) {
        free(identity);
        if (!all->at[file].open)
            return file;
        loader_problem(l, item->place, "'%.256s' comes to include itself here", path);
        return 0;
    }
    if (!wrong) {
        loader_note_file(l, path);
        wrong = config_file_read(path, &text);
    }
    if (!wrong && (depth > DEPTH_MAX || all->count >= FILES_MAX)) {
        loader_problem(l, item->place, "'%.256s' is not read: %s", path,
                       depth > DEPTH_MAX ? "files include each other more than 8 deep"
                                         : "these are more than 10000 files");
        free(identity);
        file = 0;
    } else if (wrong) {
        loader_problem(l, item->place, "file '%.256s' cannot be read: %s", path, wrong);
        free(identity);
        file = 0;
    } else {
        file = add_source(l, path, identity);
        read_source(l, file, strbuf_text(&text), text.len_bytes, depth);
    }
    if (text.data)
        explicit_bzero(text.data, text.len_bytes); /* it may hold passwords */
    strbuf_release(&text);
    return file;
}

struct including {
    const char *path;                   /* of the file that includes */
    const struct toml_node *parameters; /* its own; NULL: none */
    struct nodes inherited;
    unsigned depth;
};

static void include(struct loader *l, const struct toml_node *item, const char *name, void *ctx)
{
    struct including *by = ctx;
    char *path = config_file_beside(by->path, name);
    uint32_t file = open_source(l, item, path, by->depth + 1);
    if (file > 0)
        inherit_parameters(l, &by->inherited, by->parameters, &l->sources->at[file].parameters);
    else
        l->incomplete = true;
    free(path);
}

static void read_source(struct loader *l, uint32_t file, const char *text, size_t len_bytes,
                        unsigned depth)
{
    struct toml_doc *doc = mend_parse(l, file, text, len_bytes);
    l->sources->at[file].doc = doc;
    if (!doc) {
        l->incomplete = true;
        return;
    }
    const struct toml_node *root = toml_doc_root(doc);
    const struct toml_node *own = loader_find(root, "parameters");
    const struct toml_node *list = loader_find(root, "include");
    struct including by = {.path = l->files[file],
                           .parameters = own && own->type == TOML_TABLE ? own : NULL,
                           .depth = depth};
    for (size_t i = 0; i < root->as.list.count; i++)
        take_node(l, file, &root->as.list.items[i]);
    if (by.parameters)
        parameters_check(l, by.parameters);
    l->sources->at[file].open = true;
    if (list && list->type == TOML_ARRAY)
        value_each_text(l, list, false, include, &by);
    struct source *s = &l->sources->at[file];
    s->open = false;
    for (size_t i = 0; by.parameters && i < by.parameters->as.list.count; i++)
        add(&by.inherited, &by.parameters->as.list.items[i]);
    sort(&by.inherited);
    s->parameters = by.inherited;
    s->parameters_node = table_of(&s->parameters);
}

/* --- all together --- */

/* Leaves the first one of those with one key. */
static void drop_twins(struct loader *l, const struct schema_key *key, struct nodes *nodes)
{
    size_t kept = 0;
    for (size_t i = 0; i < nodes->count; i++) {
        const struct toml_node *node = &nodes->at[i];
        const struct toml_node *before = kept > 0 ? &nodes->at[kept - 1] : NULL;
        struct loader_line line;
        if (before && strcmp(before->key, node->key) == 0)
            loader_problem(l, node->key_place, "[%s] has '%.64s' twice: also %s", key->name,
                           node->key,
                           loader_line_text(l, before->key_place, node->key_place, &line));
        else
            nodes->at[kept++] = *node;
    }
    nodes->count = kept;
}

static void unite(struct loader *l, size_t i)
{
    struct sources *all = l->sources;
    const struct schema_key *key = &schema_global.keys[i];
    struct toml_node node = *all->first[i];
    if (strcmp(key->name, "parameters") == 0) {
        node.as.list = all->at[0].parameters_node.as.list;
    } else {
        if (key->types == TOML_TABLE) {
            sort(&all->of_key[i]);
            drop_twins(l, key, &all->of_key[i]);
        }
        node.as.list = (struct toml_list){all->of_key[i].at, all->of_key[i].count};
    }
    if (!find(&all->top, key->name)) /* one that is wrong in the first file is wrong in all */
        add(&all->top, &node);
}

bool sources_read(struct loader *l, const char *text, size_t len_bytes)
{
    struct sources *all = mem_zalloc(sizeof(*all));
    char *identity = realpath(l->path, NULL);
    l->sources = all;
    add_source(l, l->path, identity ? identity : mem_strdup(l->path));
    read_source(l, 0, text, len_bytes, 0);
    for (size_t i = 0; i < schema_global.count; i++)
        if (all->first[i])
            unite(l, i);
    all->root = table_of(&all->top);
    l->root = &all->root;
    return all->at[0].doc != NULL;
}

void sources_release(struct loader *l)
{
    struct sources *all = l->sources;
    for (size_t i = 0; all && i < all->count; i++) {
        toml_doc_free(all->at[i].doc);
        free(all->at[i].identity);
        free(all->at[i].parameters.at);
        free(l->files[i]);
    }
    for (size_t i = 0; all && i < KEYS_MAX; i++)
        free(all->of_key[i].at);
    if (all) {
        free(all->top.at);
        free(all->at);
    }
    free(all);
    free(l->files);
    l->files = NULL;
    l->file_count = 0;
    l->sources = NULL;
    l->root = NULL;
}

const struct toml_node *sources_parameters(const struct loader *l, uint32_t file)
{
    return &l->sources->at[file].parameters_node;
}
