/* `show rpki` for people: a table of caches, one of files, what is wrong, and the totals. */
#include <string.h>

#include "base/strbuf.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

enum { COLUMNS_MAX = 12 };

struct listing {
    const struct table_column *columns;
    const char *const *keys;
    size_t count;
};

static const struct table_column cache_columns[] = {
    {.heading = "Cache"},
    {.heading = "State"},
    {.heading = "Pref", .right_aligned = true},
    {.heading = "Used"},
    {.heading = "Ver", .right_aligned = true},
    {.heading = "Session", .right_aligned = true},
    {.heading = "Serial", .right_aligned = true},
    {.heading = "IPv4", .right_aligned = true},
    {.heading = "IPv6", .right_aligned = true},
    {.heading = "ASPAs", .right_aligned = true},
    {.heading = "Age", .right_aligned = true},
    {.heading = "Description"},
};
static const char *const cache_keys[] = {
    "cache",  "state",     "preference", "used",  "version",  "session_id",
    "serial", "vrps_ipv4", "vrps_ipv6",  "aspas", "data_age", "description",
};

static const struct table_column file_columns[] = {
    {.heading = "File"},
    {.heading = "IPv4", .right_aligned = true},
    {.heading = "IPv6", .right_aligned = true},
    {.heading = "ASPAs", .right_aligned = true},
    {.heading = "Expired", .right_aligned = true},
    {.heading = "Age", .right_aligned = true},
};
static const char *const file_keys[] = {
    "path", "vrps_ipv4", "vrps_ipv6", "aspas", "expired", "read_age",
};

static const struct listing caches = {cache_columns, cache_keys,
                                      sizeof cache_keys / sizeof cache_keys[0]};
/* Where none is described. */
static const struct listing bare_caches = {cache_columns, cache_keys,
                                           sizeof cache_keys / sizeof cache_keys[0] - 1};
static const struct listing files = {file_columns, file_keys,
                                     sizeof file_keys / sizeof file_keys[0]};

/* "192.0.2.1:323", "[2001:db8::1]:323" */
static void add_name(struct strbuf *out, json_t *cache)
{
    const char *address = json_string_value(json_object_get(cache, "address"));
    bool is_v6 = address && strchr(address, ':');
    strbuf_printf(out, "%s%s%s:", is_v6 ? "[" : "", address ? address : "?", is_v6 ? "]" : "");
    json_cell_add(out, json_object_get(cache, "port"), "");
}

static const char *cell(struct strbuf *text, json_t *item, const char *key)
{
    strbuf_clear(text);
    if (strcmp(key, "cache") == 0)
        add_name(text, item);
    else if (strcmp(key, "used") == 0)
        strbuf_add(text, json_is_true(json_object_get(item, "in_use")) ? "yes" : "no");
    else
        return json_cell(text, item, key);
    return strbuf_text(text);
}

static void write_table(FILE *out, bool color, const struct listing *listing, json_t *list)
{
    struct table table;
    size_t i;
    json_t *item;
    table_init(&table, listing->columns, listing->count, out, color);
    json_array_foreach(list, i, item)
    {
        struct strbuf texts[COLUMNS_MAX] = {0};
        const char *cells[COLUMNS_MAX];
        for (size_t k = 0; k < listing->count; k++)
            cells[k] = cell(&texts[k], item, listing->keys[k]);
        table_keep(&table, cells, STYLE_PLAIN);
        for (size_t k = 0; k < listing->count; k++)
            strbuf_release(&texts[k]);
    }
    table_begin(&table);
    table_release(&table);
}

static void write_line(FILE *out, const char *text)
{
    struct strbuf clean = {0};
    text_add_printable(&clean, text);
    fprintf(out, "%s\n", strbuf_text(&clean));
    strbuf_release(&clean);
}

/* What is wrong with a cache or file, or was. */
static void write_problem(FILE *out, json_t *item, const char *error, const char *age)
{
    struct strbuf text = {0};
    if (!json_is_string(json_object_get(item, error)))
        return;
    if (json_object_get(item, "address")) {
        add_name(&text, item);
        strbuf_add(&text, ": ");
    }
    json_cell_add(&text, json_object_get(item, error), "");
    strbuf_add(&text, " (");
    json_cell_add(&text, json_object_get(item, age), "");
    strbuf_add(&text, " ago)");
    write_line(out, strbuf_text(&text));
    strbuf_release(&text);
}

static void write_problems(FILE *out, json_t *list, const char *error, const char *age)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) write_problem(out, item, error, age);
}

static bool any_is_described(json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (json_is_string(json_object_get(item, "description")))
            return true;
    }
    return false;
}

void render_rpki(FILE *out, bool color, json_t *rpki)
{
    json_t *cache_list = json_object_get(rpki, "caches");
    json_t *file_list = json_object_get(rpki, "files");
    json_t *totals = json_object_get(rpki, "totals");
    struct strbuf text = {0};
    if (json_array_size(cache_list) > 0) {
        write_table(out, color, any_is_described(cache_list) ? &caches : &bare_caches, cache_list);
        write_problems(out, cache_list, "last_error", "last_error_age");
        fputc('\n', out);
    }
    if (json_array_size(file_list) > 0) {
        write_table(out, color, &files, file_list);
        write_problems(out, file_list, "error", "error_age");
        fputc('\n', out);
    }
    strbuf_add(&text, "in all: ");
    json_cell_add(&text, json_object_get(totals, "vrps_ipv4"), "");
    strbuf_add(&text, " VRPs for IPv4, ");
    json_cell_add(&text, json_object_get(totals, "vrps_ipv6"), "");
    strbuf_add(&text, " for IPv6, ");
    json_cell_add(&text, json_object_get(totals, "aspas"), "");
    strbuf_add(&text, " ASPAs");
    write_line(out, strbuf_text(&text));
    strbuf_release(&text);
}
