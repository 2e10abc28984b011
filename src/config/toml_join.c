/* Joining lines. In a table in braces line feeds and comments become blanks, and so does a comma
 * after the last item; lists in it may have them in TOML 1.0, too. No byte moves. What is not
 * closed stays as it is: the parser finds it at the end of its line. */
#include "config/toml_join.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/toml_text.h"

enum { DEPTH_MAX = 64 /* the parser permits fewer */ };

/* A statement while it is gone through. */
struct walk {
    char open[DEPTH_MAX]; /* brackets and braces */
    size_t depth;
    size_t comma;  /* the one that came last, if nothing but blanks followed; 0: there is none */
    bool is_first; /* nothing came since a bracket, brace or comma */
    struct toml_seam at; /* in the joined text, of the next byte */
};

static void blank(struct toml_join *join, size_t pos)
{
    if (!join->joined) {
        join->joined = mem_alloc(join->len_bytes + 1);
        memcpy(join->joined, join->text, join->len_bytes);
        join->joined[join->len_bytes] = '\0';
        join->text = join->joined;
    }
    join->joined[pos] = ' ';
}

static void add_seam(struct toml_join *join, struct toml_seam at)
{
    if (join->seam_count == join->seam_size) {
        join->seam_size = join->seam_size ? 2 * join->seam_size : 16;
        join->seams = mem_resize(join->seams, join->seam_size, sizeof(*join->seams));
    }
    join->seams[join->seam_count++] = at;
}

/* Goes on over what stands from *pos to `end`. */
static void advance(const struct toml_join *join, struct walk *w, size_t *pos, size_t end)
{
    for (; *pos < end; (*pos)++) {
        const char c = join->text[*pos];
        if (c == '\n')
            w->at = (struct toml_seam){w->at.line + 1, 1};
        else
            w->at.column += ((unsigned char)c & 0xc0) != 0x80;
    }
}

static bool in_braces(const struct walk *w)
{
    return w->depth > 0 && w->open[w->depth - 1] == '{';
}

/* A byte that is part of no string or comment. */
static void take(struct toml_join *join, struct walk *w, size_t pos)
{
    const char c = join->text[pos];
    if (c == ' ' || c == '\t')
        return;
    if (c == '}' && w->comma > 0)
        blank(join, w->comma);
    w->comma = c == ',' && in_braces(w) && !w->is_first ? pos : 0;
    w->is_first = c == '{' || c == '[' || c == ',';
    if (c == '{' || c == '[')
        w->open[w->depth++] = c;
    else if ((c == '}' || c == ']') && w->depth > 0)
        w->depth--;
}

static void join_statement(struct toml_join *join, const struct toml_statement *s, struct walk *w)
{
    for (size_t pos = s->start; pos < s->end && w->depth < DEPTH_MAX;) {
        const char c = join->text[pos];
        size_t end = pos + 1;
        bool is_closed;
        if (c == '"' || c == '\'') {
            end = toml_skip_string(join->text, s->end, pos, &is_closed);
            w->comma = 0;
            w->is_first = false;
        } else if (c == '#') {
            while (end < s->end && join->text[end] != '\n')
                end++;
            for (size_t i = pos; in_braces(w) && i < end; i++)
                blank(join, i);
        } else if (in_braces(w) && (c == '\n' || c == '\r')) {
            blank(join, pos);
            if (c == '\n')
                add_seam(join, (struct toml_seam){w->at.line, w->at.column + 1});
        } else if (c != '\n' && c != '\r') {
            take(join, w, pos);
        }
        advance(join, w, &pos, end);
    }
}

void toml_join_init(struct toml_join *join, const char *text, size_t len_bytes)
{
    uint32_t line = 1; /* of the joined text */
    *join = (struct toml_join){.text = text, .len_bytes = len_bytes};
    for (size_t pos = 0; pos < len_bytes;) {
        struct toml_statement s = toml_statement_at(join->text, len_bytes, pos, line);
        struct walk w = {.at = {line, 1}};
        size_t seams_before = join->seam_count;
        if (s.kind == TOML_PAIR && s.line_count > 1 && !s.is_open && !s.is_torn)
            join_statement(join, &s, &w);
        line += s.line_count - (uint32_t)(join->seam_count - seams_before);
        pos = s.end;
    }
}

void toml_join_release(struct toml_join *join)
{
    if (join->joined)
        explicit_bzero(join->joined, join->len_bytes);
    free(join->joined);
    free(join->seams);
    *join = (struct toml_join){0};
}

static bool is_after(struct toml_seam a, struct toml_seam b)
{
    return a.line != b.line ? a.line > b.line : a.column > b.column;
}

void toml_join_place(const struct toml_join *join, uint32_t *line, uint32_t *column)
{
    const struct toml_seam place = {*line, *column};
    size_t from = 0;
    size_t to = join->seam_count; /* how many seams are not after the place */
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (is_after(join->seams[middle], place))
            to = middle;
        else
            from = middle + 1;
    }
    if (from > 0 && join->seams[from - 1].line == place.line)
        *column -= join->seams[from - 1].column - 1;
    *line += (uint32_t)from;
}
