/* Files of sets. A file whose first character, after blanks, is "{" or "[" is JSON. A byte order
 * mark in front, as editors leave it, is no part of it.
 *
 * The JSON is read by jansson value by value, and the frame around the values here: so each has its
 * place in the file, and a long list is never there as a whole. */
#include "policy/set_file.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Lines. */

/* The entry of a line as a text of its own, between blanks and without its comment; *ret_skipped
 * bytes stand before it. */
static void cut_line(struct strbuf *entry, const char *line, size_t len, size_t *ret_skipped)
{
    const char *comment = memchr(line, '#', len);
    size_t begin = 0;
    if (comment)
        len = (size_t)(comment - line);
    while (begin < len && is_blank(line[begin]))
        begin++;
    while (len > begin && is_blank(line[len - 1]))
        len--;
    strbuf_clear(entry);
    strbuf_add_bytes(entry, line + begin, len - begin);
    *ret_skipped = begin;
}

static int take_line(const struct set_file_taker *taker, const struct strbuf *entry, size_t skipped,
                     struct text_error *e)
{
    const char *nul = memchr(strbuf_text(entry), '\0', entry->len_bytes);
    if (entry->len_bytes == 0)
        return 0;
    if (nul)
        return text_error_at(e, ERR_INVALID, skipped + 1 + (size_t)(nul - entry->data), NULL, 0,
                             "a NUL byte cannot be part of an entry");
    int err = taker->line(taker->ctx, entry->data, e);
    if (err && e->column > 0)
        e->column += skipped;
    return err;
}

static int read_lines(const char *text, size_t len, const struct set_file_taker *taker,
                      struct text_error *e)
{
    struct strbuf entry = {0};
    int err = 0;
    size_t at = 0;
    for (size_t line = 1; at < len && !err; line++) {
        size_t skipped;
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end ? (size_t)(end - text) - at : len - at;
        cut_line(&entry, text + at, line_len, &skipped);
        err = take_line(taker, &entry, skipped, e);
        if (err)
            e->line = line;
        at += line_len + 1;
    }
    strbuf_release(&entry);
    return err;
}

/* JSON. */

struct json_text {
    const char *text;
    size_t len;
    size_t at;
};

static void skip_blanks(struct json_text *j)
{
    while (j->at < j->len && is_blank(j->text[j->at]))
        j->at++;
}

/* Gives an error its place in the file. */
static int fail_at(const struct json_text *j, size_t at, struct text_error *e, int err)
{
    size_t begin = 0;
    e->line = 1;
    for (size_t i = 0; i < at; i++) {
        if (j->text[i] == '\n') {
            e->line++;
            begin = i + 1;
        }
    }
    e->column = at - begin + 1;
    return err;
}

static int fail_expecting(const struct json_text *j, struct text_error *e, const char *expected)
{
    bool ends = j->at >= j->len;
    text_error_say(
        e, 0, ends ? NULL : j->text + j->at, ends ? 0 : 1,
        ends ? "the file ends where %s was expected"
             : "stands where %s was expected (as in {\"NN\": [...]}, what bgpq4 -j writes)",
        expected);
    return fail_at(j, j->at, e, ERR_INVALID);
}

/* Whether the next character, which is skipped, is this one. */
static bool skip(struct json_text *j, char c)
{
    skip_blanks(j);
    if (j->at >= j->len || j->text[j->at] != c)
        return false;
    j->at++;
    return true;
}

/* Reads one value, to which the caller has a reference. NULL when there is none. */
static json_t *read_value(struct json_text *j, struct text_error *e)
{
    json_error_t problem;
    skip_blanks(j);
    json_t *value =
        json_loadb(j->text + j->at, j->len - j->at,
                   JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &problem);
    size_t passed = problem.position > 0 ? (size_t)problem.position : 0;
    if (!value) {
        size_t left = j->len - j->at;
        text_error_say(e, 0, NULL, 0, "not JSON: ");
        utf8_add_foreign(&e->say, problem.text, strlen(problem.text));
        fail_at(j, j->at + (passed < left ? passed : left), e, ERR_INVALID);
        return NULL;
    }
    j->at += passed;
    return value;
}

static int take_items(struct json_text *j, const struct set_file_taker *taker, struct text_error *e)
{
    if (skip(j, ']'))
        return 0;
    do {
        skip_blanks(j);
        size_t at = j->at;
        json_t *item = read_value(j, e);
        if (!item)
            return ERR_INVALID;
        int err = taker->item(taker->ctx, item, e);
        json_decref(item);
        if (err)
            return fail_at(j, at, e, err);
    } while (skip(j, ','));
    return skip(j, ']') ? 0 : fail_expecting(j, e, "',' or ']'");
}

static int read_json(const char *text, size_t len, const struct set_file_taker *taker,
                     struct text_error *e)
{
    struct json_text j = {text, len, 0};
    if (!skip(&j, '{'))
        return fail_expecting(&j, e, "'{'");
    skip_blanks(&j);
    if (j.at >= j.len || j.text[j.at] != '"')
        return fail_expecting(&j, e, "the name of the list");
    json_t *name = read_value(&j, e);
    if (!name)
        return ERR_INVALID;
    json_decref(name);
    if (!skip(&j, ':'))
        return fail_expecting(&j, e, "':'");
    if (!skip(&j, '['))
        return fail_expecting(&j, e, "'['");
    int err = take_items(&j, taker, e);
    if (err)
        return err;
    if (!skip(&j, '}'))
        return fail_expecting(&j, e, "'}' after the one list");
    skip_blanks(&j);
    return j.at == j.len ? 0 : fail_expecting(&j, e, "the end of the file");
}

static int read_either(const char *text, size_t len_bytes, const struct set_file_taker *taker,
                       struct text_error *ret_error)
{
    static const char mark[] = {'\xef', '\xbb', '\xbf'};
    size_t at = 0;
    if (len_bytes >= sizeof(mark) && memcmp(text, mark, sizeof(mark)) == 0) {
        text += sizeof(mark);
        len_bytes -= sizeof(mark);
    }
    while (at < len_bytes && is_blank(text[at]))
        at++;
    if (at < len_bytes && (text[at] == '{' || text[at] == '['))
        return read_json(text, len_bytes, taker, ret_error);
    return read_lines(text, len_bytes, taker, ret_error);
}

int set_file_read(const char *text, size_t len_bytes, const struct set_file_taker *taker,
                  struct text_error *ret_error)
{
    const size_t count = *taker->count;
    int err = read_either(text, len_bytes, taker, ret_error);
    if (err)
        *taker->count = count;
    return err;
}
