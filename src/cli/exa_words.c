/* Words of a line. All of them lie in one block, so that a line costs two allocations however many
 * words it has; a word is followed by a NUL, a sign is one of the static texts. */
#include "cli/exa_words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"

static const char signs[] = "[](){};,";

/* What is being cut. */
struct cutter {
    struct exa_words *words;
    const char *line;
    size_t len_bytes;
    size_t at;
    char *out; /* where the next byte of a word goes */
};

static void add_word(struct exa_words *w, const char *text, size_t at, bool is_sign)
{
    if ((w->count & (w->count - 1)) == 0) /* full: room is a power of two */
        w->words = mem_resize(w->words, w->count > 0 ? w->count * 2 : 1, sizeof(*w->words));
    w->words[w->count++] = (struct exa_word){text, (uint32_t)at + 1, is_sign};
}

static int fail_at(struct exa_words *w, size_t at, const char *problem)
{
    strbuf_printf(w->error, "column %zu: %s", at + 1, problem);
    return ERR_INVALID;
}

/* Blanks, and the escapes of blanks that people write ("\n"). How many bytes it takes, or 0. */
static size_t blank_at(const struct cutter *c)
{
    char first = c->line[c->at];
    if (first == ' ' || first == '\t' || first == '\r' || first == '\n')
        return 1;
    bool is_escape = first == '\\' && c->at + 1 < c->len_bytes;
    return is_escape && c->line[c->at + 1] && strchr("nrt", c->line[c->at + 1]) ? 2 : 0;
}

static bool is_sign(char c)
{
    return c != '\0' && strchr(signs, c);
}

static int cut_quoted(struct cutter *c)
{
    size_t start = c->at;
    char quote = c->line[c->at++];
    const char *end = memchr(c->line + c->at, quote, c->len_bytes - c->at);
    if (!end)
        return fail_at(c->words, start, "the quote is not closed");
    size_t len = (size_t)(end - (c->line + c->at));
    memcpy(c->out, c->line + c->at, len);
    add_word(c->words, c->out, start, false);
    c->out += len;
    *c->out++ = '\0';
    c->at += len + 1;
    return 0;
}

static void cut_plain(struct cutter *c)
{
    add_word(c->words, c->out, c->at, false);
    while (c->at < c->len_bytes && blank_at(c) == 0 && !is_sign(c->line[c->at]))
        *c->out++ = c->line[c->at++];
    *c->out++ = '\0';
}

static void cut_sign(struct cutter *c)
{
    add_word(c->words, c->out, c->at, true);
    *c->out++ = c->line[c->at++];
    *c->out++ = '\0';
}

static int check_utf8(struct exa_words *w, const char *line, size_t len_bytes)
{
    for (size_t at = 0; at < len_bytes;) {
        uint32_t c;
        size_t len = utf8_read(line + at, len_bytes - at, &c);
        if (len == 0 || c == 0)
            return fail_at(w, at, len == 0 ? "this is not UTF-8" : "a zero byte");
        at += len;
    }
    return 0;
}

int exa_words_read(struct exa_words *w, const char *line, size_t len_bytes, struct strbuf *error)
{
    *w = (struct exa_words){.error = error, .end_column = (uint32_t)len_bytes + 1};
    int err = check_utf8(w, line, len_bytes);
    if (err)
        return err;
    w->text = mem_alloc(2 * len_bytes + 1); /* a sign of one byte takes two */
    struct cutter c = {.words = w, .line = line, .len_bytes = len_bytes, .out = w->text};
    while (!err && c.at < len_bytes) {
        size_t blank = blank_at(&c);
        char first = line[c.at];
        if (blank > 0)
            c.at += blank;
        else if (first == '#')
            break;
        else if (first == '"' || first == '\'')
            err = cut_quoted(&c);
        else if (is_sign(first))
            cut_sign(&c);
        else
            cut_plain(&c);
    }
    return err;
}

void exa_words_release(struct exa_words *w)
{
    free(w->words);
    free(w->text);
    w->words = NULL;
    w->text = NULL;
    w->count = 0;
}

const char *exa_peek(const struct exa_words *w)
{
    return w->next < w->count ? w->words[w->next].text : NULL;
}

bool exa_next_is(const struct exa_words *w, const char *text)
{
    bool wants_sign = is_sign(text[0]); /* a quoted one is a word */
    return w->next < w->count && w->words[w->next].is_sign == wants_sign &&
           strcasecmp(w->words[w->next].text, text) == 0;
}

bool exa_take_if(struct exa_words *w, const char *text)
{
    bool is_it = exa_next_is(w, text);
    w->next += is_it;
    return is_it;
}

const char *exa_take(struct exa_words *w, const char *what)
{
    if (w->next == w->count || w->words[w->next].is_sign) {
        exa_fail_next(w, "expected %s", what);
        return NULL;
    }
    return w->words[w->next++].text;
}

static int fail_word(struct exa_words *w, size_t word, const char *format, va_list args)
{
    uint32_t column = word < w->count ? w->words[word].column : w->end_column;
    strbuf_printf(w->error, "column %u: ", column);
    strbuf_vprintf(w->error, format, args);
    return ERR_INVALID;
}

int exa_fail(struct exa_words *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail_word(w, w->next > 0 ? w->next - 1 : 0, format, args);
    va_end(args);
    return ERR_INVALID;
}

int exa_fail_next(struct exa_words *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail_word(w, w->next, format, args);
    va_end(args);
    return ERR_INVALID;
}

int exa_take_list(struct exa_words *w, const char *what,
                  int (*each)(struct exa_words *w, const char *value, void *ctx), void *ctx)
{
    bool is_list = exa_take_if(w, "[");
    int err = 0;
    while (!err && !(is_list && exa_take_if(w, "]"))) {
        const char *value = exa_take(w, what);
        err = value ? each(w, value, ctx) : ERR_INVALID;
        if (!is_list)
            break;
        exa_take_if(w, ",");
    }
    return err;
}
