/* What the tests of listings share: all settings as they were told, and whether what is shown is
 * the same configuration when it is read again. */
#ifndef BGPD_TEST_LISTING_TEST_H
#define BGPD_TEST_LISTING_TEST_H

#include "config/diff.h"
#include "config/listing.h"
#include "config_test.h"

/* A setting as it was told; all owned. */
struct shown {
    char *path;
    char *json;
    char *toml;
    char *table;
    char *group;
    char *file;
    char *note;
    bool has_key;
    bool is_secret;
    bool is_counted;
    bool table_given;
    size_t count;
    uint32_t line;
    enum config_origin origin;
};

struct list {
    struct shown *at;
    size_t count;
    size_t size;
};

static inline char *copy(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

/* A long list as a value. */
static inline char *join(const struct toml_packed *packed)
{
    struct strbuf out = {0};
    const char *item = packed->items;
    for (size_t i = 0; i < packed->count; i++, item += strlen(item) + 1)
        strbuf_printf(&out, "%s%s", i > 0 ? ", " : "[", item);
    strbuf_add_char(&out, ']');
    return strbuf_take(&out);
}

static inline char *line_of(const struct config_setting *s)
{
    struct strbuf out = {0};
    if (!s->packed)
        return copy(s->toml);
    char *list = join(s->packed);
    strbuf_printf(&out, "%s = %s", s->key, list);
    free(list);
    return strbuf_take(&out);
}

static inline void keep(void *ctx, const struct config_setting *s)
{
    struct list *list = ctx;
    assert_false(s->packed && (s->json || s->toml));
    if (list->count == list->size) {
        list->size = list->size ? 2 * list->size : 64;
        list->at = mem_resize(list->at, list->size, sizeof(*list->at));
    }
    list->at[list->count++] = (struct shown){
        .path = copy(s->path),
        .json = s->packed ? join(s->packed) : copy(s->json),
        .toml = line_of(s),
        .table = copy(s->table),
        .group = copy(s->group),
        .file = copy(s->file),
        .note = copy(s->note),
        .has_key = s->key != NULL,
        .is_secret = s->is_secret,
        .is_counted = s->is_counted,
        .table_given = s->table_given,
        .count = s->count,
        .line = s->line,
        .origin = s->origin,
    };
}

static inline struct list list_by(const struct config *c, const struct config_listing *how)
{
    struct list list = {0};
    struct config_listing_at at = {0};
    while (config_listing_next(c, how, &at, keep, &list))
        ;
    return list;
}

static inline struct list list_all(const struct config *c, bool defaults)
{
    const struct config_listing how = {.defaults = defaults, .full = true};
    return list_by(c, &how);
}

static inline void list_release(struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->at[i].path);
        free(list->at[i].json);
        free(list->at[i].toml);
        free(list->at[i].table);
        free(list->at[i].group);
        free(list->at[i].file);
        free(list->at[i].note);
    }
    free(list->at);
}

/* The setting of a path; there is no other. */
static inline const struct shown *find(const struct list *list, const char *path)
{
    const struct shown *found = NULL;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->at[i].path, path) != 0 || !list->at[i].has_key)
            continue;
        assert_null(found);
        found = &list->at[i];
    }
    return found;
}

/* What is given, as a file. */
static inline char *as_file(const struct list *list)
{
    struct strbuf out = {0};
    const char *table = "";
    for (size_t i = 0; i < list->count; i++) {
        const struct shown *s = &list->at[i];
        if (s->table_given && s->table[0] != '\0' && (!s->has_key || strcmp(table, s->table) != 0))
            strbuf_printf(&out, "%s\n", s->table);
        if (s->table_given)
            table = s->table;
        if (s->has_key && s->origin == CONFIG_FROM_FILE && s->toml)
            strbuf_printf(&out, "%s\n", s->toml);
    }
    return strbuf_take(&out);
}

static inline void assert_same(const struct config *a, const struct config *b, const char *text)
{
    config_key_set keys = config_changed_keys(a, b);
    if (keys != 0 || a->peer_count != b->peer_count || !config_same_policies(a, b)) {
        unsigned bit = 0;
        const char *key = config_next_key(keys, &bit);
        fail_msg("%s differs:\n%s", key ? key : "something", text);
    }
    for (size_t i = 0; i < a->peer_count; i++) {
        unsigned bit = 0;
        keys = config_peer_changed_keys(&a->peers[i], &b->peers[i]);
        const char *key = config_next_peer_key(keys, &bit);
        if (key || config_compare_remotes(&a->peers[i], &b->peers[i]) != 0)
            fail_msg("%s of peer %zu differs:\n%s", key ? key : "remote_ip", i, text);
    }
}

/* What is shown is the same configuration, `path` being where the other one is. */
static inline void check_again(const struct config *c, const char *path)
{
    for (int defaults = 0; defaults < 2; defaults++) {
        struct list list = list_all(c, defaults);
        struct config_report report = {0};
        char *text = as_file(&list);
        struct config *again = config_parse(text, strlen(text), path, &report);
        if (!again) {
            print_error("%s\n%s\n", text, report_text(&report));
            fail_msg("it is refused");
        }
        assert_same(c, again, text);
        config_free(again);
        config_report_release(&report);
        free(text);
        list_release(&list);
    }
}

static inline void write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

#endif
