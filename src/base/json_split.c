/* What stands outside of the items is
 * kept as it is, so that it remains a JSON document, to be parsed as a whole at the end; whatever
 * is malformed is found then, or when an item is parsed. Only brackets, strings and commas are
 * looked at here.
 *
 * The last string before an opening bracket in an object is always the bracket's key. */
#include "base/json_split.h"

#include <string.h>

#include "base/err.h"

void json_split_init(struct json_split *s, const char *const *lists, json_split_item on_item,
                     void *ctx)
{
    *s = (struct json_split){.lists = lists,
                             .on_item = on_item,
                             .ctx = ctx,
                             .line = 1,
                             .item_max_bytes = JSON_SPLIT_ITEM_MAX_BYTES,
                             .rest_max_bytes = JSON_SPLIT_REST_MAX_BYTES};
}

void json_split_release(struct json_split *s)
{
    strbuf_release(&s->rest);
    strbuf_release(&s->item);
}

/* Keeps a run of bytes where it belongs. */
static int keep(struct json_split *s, const char *data, size_t len_bytes)
{
    struct strbuf *to = s->list_depth ? &s->item : &s->rest;
    size_t max = s->list_depth ? s->item_max_bytes : s->rest_max_bytes;
    if (len_bytes > max || to->len_bytes > max - len_bytes)
        return ERR_FULL;
    strbuf_add_bytes(to, data, len_bytes);
    return 0;
}

static int finish_item(struct json_split *s, bool list_ends)
{
    const char *text = strbuf_text(&s->item);
    bool blank = strspn(text, " \t\r\n") == s->item.len_bytes;
    if (blank && (!list_ends || s->after_comma))
        return ERR_INVALID;
    int rc = blank ? 0 : s->on_item(s->ctx, text, s->item.len_bytes);
    strbuf_clear(&s->item);
    s->after_comma = !list_ends;
    return rc;
}

/* Whether `name`, "key" or "key.sub", is that of the bracket which is about to open. */
static bool is_called(const struct json_split *s, const char *name)
{
    if (*name == '\0' || s->depth == 0)
        return *name == '\0' && s->depth == 0;
    if ((s->arrays & ((1u << s->depth) - 1)) != 0)
        return false; /* strings in an array are not keys */
    size_t len = strcspn(name, ".");
    bool has_sub = name[len] == '.';
    if (strncmp(s->keys[0], name, len) != 0 || s->keys[0][len] != '\0')
        return false;
    return has_sub ? s->depth == 2 && strcmp(s->keys[1], name + len + 1) == 0 : s->depth == 1;
}

static bool opens_list(const struct json_split *s)
{
    if (!s->on_item || s->list_depth || s->depth > 2)
        return false;
    for (const char *const *name = s->lists; *name; name++)
        if (is_called(s, *name))
            return true;
    return false;
}

static void open_string(struct json_split *s)
{
    s->in_string = true;
    s->key_len = 0;
    if (!s->list_depth && (s->depth == 1 || s->depth == 2))
        s->keys[s->depth - 1][0] = '\0';
}

static void string_byte(struct json_split *s, char c)
{
    if (s->escaped) {
        s->escaped = false;
    } else if (c == '\\') {
        s->escaped = true;
    } else if (c == '"') {
        s->in_string = false;
    } else if (!s->list_depth && (s->depth == 1 || s->depth == 2) &&
               s->key_len + 1 < sizeof s->keys[0]) {
        char *key = s->keys[s->depth - 1];
        key[s->key_len++] = c;
        key[s->key_len] = '\0';
    }
}

static void begin_item(struct json_split *s, uint64_t at)
{
    s->item_line = s->line;
    s->item_column = (uint32_t)(at - s->line_at) + 1;
}

/* Keeps what was passed since *run, and goes on at `next`. */
static int cut(struct json_split *s, const char **run, const char *at, const char *next)
{
    int rc = keep(s, *run, (size_t)(at - *run));
    *run = next;
    return rc;
}

static int open_bracket(struct json_split *s, const char *at, const char **run, uint64_t offset)
{
    int rc = 0;
    if (*at == '[' && opens_list(s)) {
        rc = cut(s, run, at + 1, at + 1);
        s->list_depth = s->depth + 1;
        s->after_comma = false;
        begin_item(s, offset + 1);
    }
    if (s->depth < 2)
        s->arrays = (s->arrays & ~(1u << s->depth)) | ((unsigned)(*at == '[') << s->depth);
    s->depth++;
    return rc;
}

static int close_bracket(struct json_split *s, const char *at, const char **run)
{
    int rc = 0;
    if (s->depth == 0)
        return ERR_INVALID;
    if (s->list_depth == s->depth) {
        rc = cut(s, run, at, at);
        if (rc == 0)
            rc = finish_item(s, true);
        if (rc != 0)
            return rc;
        s->list_depth = 0;
    }
    s->depth--;
    return rc;
}

/* A byte outside of strings, at this offset in the document. *run is the start of the bytes that
 * were not kept yet. */
static int bare_byte(struct json_split *s, const char *at, const char **run, uint64_t offset)
{
    int rc = 0;
    switch (*at) {
    case '"':
        open_string(s);
        break;
    case '[':
    case '{':
        rc = open_bracket(s, at, run, offset);
        break;
    case ']':
    case '}':
        rc = close_bracket(s, at, run);
        break;
    case ',':
        if (s->list_depth && s->list_depth == s->depth) {
            rc = cut(s, run, at, at + 1);
            if (rc == 0)
                rc = finish_item(s, false);
            if (rc == 0)
                begin_item(s, offset + 1);
        }
        break;
    case '\n':
        s->line++;
        s->line_at = offset + 1;
        break;
    default:
        break;
    }
    return rc;
}

/* The first byte of a string, from `at` on, that is not just a part of it. */
static const char *skip_plain(const char *at, const char *end)
{
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

int json_split_feed(struct json_split *s, const char *data, size_t len_bytes)
{
    const char *end = data + len_bytes;
    const char *run = data;
    for (const char *at = data; at < end; at++) {
        if (s->in_string && s->list_depth && !s->escaped && (at = skip_plain(at, end)) == end)
            break;
        if (s->in_string) {
            string_byte(s, *at);
            continue;
        }
        int rc = bare_byte(s, at, &run, s->read_bytes + (uint64_t)(at - data));
        if (rc != 0)
            return rc;
    }
    s->read_bytes += len_bytes;
    return keep(s, run, (size_t)(end - run));
}
