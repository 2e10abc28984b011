/* Telling the statements of a TOML text apart. Every function takes time in proportion to what it
 * skips, and nothing recurses. */
#include "config/toml_text.h"

#include <ctype.h>
#include <string.h>

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

size_t toml_skip_word(const char *text, size_t len_bytes, size_t pos)
{
    while (pos < len_bytes && is_word_char(text[pos]))
        pos++;
    return pos;
}

size_t toml_skip_blanks(const char *text, size_t len_bytes, size_t pos)
{
    while (pos < len_bytes && (text[pos] == ' ' || text[pos] == '\t'))
        pos++;
    return pos;
}

static bool starts_with(const char *text, size_t len_bytes, size_t pos, const char *what)
{
    size_t what_len = strlen(what);
    return len_bytes - pos >= what_len && memcmp(text + pos, what, what_len) == 0;
}

/* The end of a string of one line. */
static size_t skip_line_string(const char *text, size_t len_bytes, size_t pos, bool *ret_closed)
{
    const char quote = text[pos++];
    for (; pos < len_bytes && text[pos] != '\n'; pos++) {
        *ret_closed = text[pos] == quote;
        if (*ret_closed)
            return pos + 1;
        if (quote == '"' && text[pos] == '\\' && pos + 1 < len_bytes && text[pos + 1] != '\n')
            pos++;
    }
    return pos;
}

size_t toml_skip_string(const char *text, size_t len_bytes, size_t pos, bool *ret_closed)
{
    const char quote = text[pos];
    const char close[] = {quote, quote, quote, '\0'};
    *ret_closed = false;
    if (!starts_with(text, len_bytes, pos, close))
        return skip_line_string(text, len_bytes, pos, ret_closed);
    for (pos += 3; pos < len_bytes; pos++) {
        *ret_closed = starts_with(text, len_bytes, pos, close);
        if (*ret_closed) {
            pos += 3;
            while (pos < len_bytes && text[pos] == quote)
                pos++; /* quotes at the very end belong to the string */
            return pos;
        }
        if (quote == '"' && text[pos] == '\\')
            pos++;
    }
    return len_bytes;
}

static size_t line_end(const char *text, size_t len_bytes, size_t pos)
{
    const char *end = memchr(text + pos, '\n', len_bytes - pos);
    return end ? (size_t)(end - text) + 1 : len_bytes;
}

static bool is_value_word(const char *word, size_t len)
{
    static const char *const values[] = {"true", "false", "inf", "nan"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (strlen(values[i]) == len && memcmp(word, values[i], len) == 0)
            return true;
    return false;
}

/* True for a line that cannot go on with the value of a line before it: within an array no bare
 * word but those of values is in brackets, and none is followed by '='. Within braces it may be,
 * where they go over several lines by mistake. */
static bool begins_statement(const char *text, size_t len_bytes, size_t pos, bool within_braces)
{
    pos = toml_skip_blanks(text, len_bytes, pos);
    bool is_header = pos < len_bytes && text[pos] == '[';
    while (pos < len_bytes && text[pos] == '[')
        pos = toml_skip_blanks(text, len_bytes, pos + 1);
    size_t end = toml_skip_word(text, len_bytes, pos);
    if (is_header)
        return end > pos && isalpha((unsigned char)text[pos]) &&
               !is_value_word(text + pos, end - pos);
    while (end < len_bytes && text[end] == '.' && !within_braces)
        end = toml_skip_word(text, len_bytes, end + 1);
    size_t next = toml_skip_blanks(text, len_bytes, end);
    return end > pos && next < len_bytes && text[next] == '=' && !within_braces;
}

/* What is open while a value is looked through. */
struct nesting {
    size_t brackets;
    size_t braces;
};

/* Notes a bracket or brace at `pos` of the value. */
static void nest(struct nesting *n, struct toml_statement *s, const char *text, size_t pos)
{
    const char c = text[pos];
    if (n->brackets + n->braces == 0 && (c == '[' || c == '{'))
        s->open_at = pos;
    n->brackets += c == '[';
    n->braces += c == '{';
    n->brackets -= c == ']' && n->brackets > 0;
    n->braces -= c == '}' && n->braces > 0;
}

/* Skips the string at `pos` of the value, and notes when it is not closed. */
static size_t measure_string(struct toml_statement *s, const char *text, size_t len_bytes,
                             size_t pos)
{
    bool is_closed;
    size_t end = toml_skip_string(text, len_bytes, pos, &is_closed);
    const char lines[] = {text[pos], text[pos], text[pos], '\0'};
    if (!is_closed && starts_with(text, len_bytes, pos, lines)) {
        s->is_open = true;
        s->open_at = pos;
    } else if (!is_closed && !s->is_torn) {
        s->is_torn = true;
        s->torn_at = pos;
    }
    return end;
}

/* Whether after the '=' there is nothing up to the end of the line at `pos`, and a string then: of
 * a list of lines the bracket is missing. */
static bool lacks_bracket(const char *text, size_t len_bytes, size_t equals, size_t pos)
{
    size_t value = toml_skip_blanks(text, len_bytes, equals + 1);
    size_t next = toml_skip_blanks(text, len_bytes, pos + 1);
    return strchr("#\r\n", text[value]) && next < len_bytes && strchr("\"'", text[next]);
}

/* Finds the end of a pair, whose key begins at `pos`. */
static void measure_pair(struct toml_statement *s, const char *text, size_t len_bytes, size_t pos)
{
    struct nesting n = {0};
    bool has_equals = false;
    while (pos < len_bytes) {
        const char c = text[pos];
        if (c == '"' || c == '\'') {
            pos = measure_string(s, text, len_bytes, pos);
            continue;
        }
        if (c == '#')
            pos = line_end(text, len_bytes, pos) - 1;
        if (text[pos] == '\n' && has_equals && n.brackets + n.braces == 0)
            n.brackets = lacks_bracket(text, len_bytes, s->equals, pos);
        bool is_open = n.brackets + n.braces > 0;
        if (text[pos] == '\n' &&
            (!is_open || begins_statement(text, len_bytes, pos + 1, n.braces > 0))) {
            pos++;
            break;
        }
        if (c == '=' && !has_equals && !is_open) {
            has_equals = true;
            s->equals = s->open_at = pos;
        } else if (has_equals && c != '#') {
            nest(&n, s, text, pos);
        }
        pos++;
    }
    s->end = pos;
    s->is_open = s->is_open || n.brackets + n.braces > 0;
    if (!has_equals)
        s->equals = s->end;
}

/* A header without its first brackets: `peers]]`. */
static bool is_torn_header(const char *text, size_t len_bytes, size_t pos)
{
    size_t start = pos;
    while (pos < len_bytes && (text[pos] == '.' || toml_skip_word(text, len_bytes, pos) > pos))
        pos++;
    size_t end = pos = toml_skip_blanks(text, len_bytes, pos);
    while (pos < len_bytes && text[pos] == ']')
        pos = toml_skip_blanks(text, len_bytes, pos + 1);
    return end > start && pos > end && (pos == len_bytes || strchr("#\r\n", text[pos]));
}

struct toml_statement toml_statement_at(const char *text, size_t len_bytes, size_t start,
                                        uint32_t line)
{
    struct toml_statement s = {.start = start, .line = line};
    size_t pos = toml_skip_blanks(text, len_bytes, start);
    const char c = pos < len_bytes ? text[pos] : '\n';
    if (c == '[' || is_torn_header(text, len_bytes, pos))
        s.kind = TOML_HEADER;
    else if (c != '#' && c != '\n' && c != '\r')
        s.kind = TOML_PAIR;
    if (s.kind == TOML_PAIR)
        measure_pair(&s, text, len_bytes, pos);
    else
        s.equals = s.end = line_end(text, len_bytes, pos);
    for (size_t i = s.start; i < s.end; i++)
        s.line_count += text[i] == '\n';
    if (s.line_count == 0 || text[s.end - 1] != '\n')
        s.line_count++;
    return s;
}
