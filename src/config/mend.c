/* Going on after errors of syntax. The parser stops at the first one. The statement that it is in
 * is then mended in a copy of the text, and the copy is parsed again: as little as possible is
 * taken out of it first (one word of a value), and more where that does not help (the value, all
 * but the key, the statement). Lines stay where they are. What is parsed in all is bounded:
 * MEND_MAX_BYTES.
 *
 * What is said of an error quotes nothing of a value unless its key is known to hold no secret. */
#include "config/mend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "config/channel_keys.h"
#include "config/global.h"
#include "config/peer_keys.h"
#include "config/policies.h"
#include "config/policy_expect.h"
#include "config/policy_rules.h"
#include "config/policy_scene.h"
#include "config/static_routes.h"
#include "config/toml_text.h"
#include "policy/action.h"
#include "policy/match.h"

enum {
    MEND_MAX_BYTES = 32 << 20, /* parsed after the first error: about a second */
    MEND_MAX_WORD = 256,       /* longer ones are not quoted */
    ATTEMPTS_MAX = 4 * CONFIG_ERRORS_MAX,
    BROKEN_MAX = 3 * CONFIG_ERRORS_MAX, /* a word, a value, a key for each error */
};

/* How much is taken out. */
enum stage { STAGE_WORD, STAGE_VALUE, STAGE_KEY, STAGE_ALL };

struct mender {
    struct loader *loader;
    uint32_t file;
    struct strbuf text; /* owned; may hold passwords */
    size_t parsed_bytes;
    struct toml_place broken[BROKEN_MAX]; /* values that stand for what was taken out */
    size_t broken_count;
    size_t error_count;
    unsigned attempts;
    uint32_t line;    /* of the statement that was mended last */
    size_t at;        /* where it was */
    enum stage stage; /* what comes next where that does not help */
};

/* A statement with an error, and what is around it. */
struct fault {
    struct toml_statement statement;
    struct toml_statement section; /* the header in front of it; `end` 0: there is none */
    struct toml_place place;
    size_t at;        /* where that is in the text */
    const char *text; /* borrowed from the error; NULL: what the statement opens is not closed */
};

static bool is_at(const struct mender *m, size_t pos, char c)
{
    return pos < m->text.len_bytes && m->text.data[pos] == c;
}

/* The byte of a place in a line that begins at `start`. */
static size_t find_column(const struct mender *m, size_t start, uint32_t column)
{
    size_t pos = start;
    while (column > 1 && pos < m->text.len_bytes && m->text.data[pos] != '\n') {
        pos++;
        while (pos < m->text.len_bytes && ((unsigned char)m->text.data[pos] & 0xc0) == 0x80)
            pos++; /* the rest of a character */
        column--;
    }
    return pos;
}

/* The place of a byte in a line. */
static struct toml_place place_of(const struct mender *m, uint32_t line, size_t pos)
{
    struct toml_place place = {.line = line, .column = 1, .file = m->file};
    for (size_t i = pos; i > 0 && m->text.data[i - 1] != '\n'; i--)
        place.column += ((unsigned char)m->text.data[i - 1] & 0xc0) != 0x80;
    return place;
}

static struct toml_statement statement_at(const struct mender *m, size_t start, uint32_t line)
{
    return toml_statement_at(m->text.data, m->text.len_bytes, start, line);
}

static struct toml_statement next_statement(const struct mender *m, const struct toml_statement *s)
{
    return statement_at(m, s->end, s->line + s->line_count);
}

/* Where the text is not UTF-8: the parser names the character before. */
static void find_bad_character(const struct mender *m, struct toml_place *ret_place)
{
    uint32_t line = 1;
    uint32_t c;
    size_t len;
    for (size_t pos = 0; pos < m->text.len_bytes; pos += len) {
        len = utf8_read(m->text.data + pos, m->text.len_bytes - pos, &c);
        if (len == 0) {
            *ret_place = place_of(m, line, pos);
            return;
        }
        line += c == '\n';
    }
}

/* Whether the fault is that a bracket or quote is not closed, rather than one in front of the quote
 * that hides what would close it. */
static bool swallows_rest(const struct fault *f)
{
    return f->statement.is_open && !(f->statement.is_torn && f->at <= f->statement.torn_at);
}

/* The statement that is to blame: one that was not closed is, for what comes after it. */
static struct fault find_fault(const struct mender *m, const struct toml_error *error)
{
    struct fault f = {.place = error->place, .text = error->text};
    struct toml_statement before = {0};
    struct toml_statement s = statement_at(m, 0, 1);
    if (strstr(f.text, "utf-8"))
        find_bad_character(m, &f.place);
    while (s.line + s.line_count <= f.place.line && s.end < m->text.len_bytes) {
        if (s.kind == TOML_HEADER)
            f.section = s;
        before = s;
        s = next_statement(m, &s);
    }
    if (before.is_open)
        s = before;
    size_t start = s.start;
    for (uint32_t line = s.line; line < f.place.line && start < s.end; start++)
        line += m->text.data[start] == '\n';
    f.at = find_column(m, start, f.place.column);
    f.statement = s;
    if (swallows_rest(&f))
        f.text = NULL;
    return f;
}

/* --- what is said -------------------------------------------------------------------------- */

/* The bare word that the '=' at `equals` comes after, or the last part of a dotted key; "" for
 * none.
 */
static void key_before(const struct mender *m, size_t equals, char *key, size_t size)
{
    size_t end = equals;
    while (end > 0 && (m->text.data[end - 1] == ' ' || m->text.data[end - 1] == '\t'))
        end--;
    size_t start = end;
    while (start > 0 && end - start < size && toml_skip_word(m->text.data, end, start - 1) == end)
        start--;
    if (end - start == size)
        start = end;
    memcpy(key, m->text.data + start, end - start);
    key[end - start] = '\0';
}

/* The row of a key, whichever table it is of: keys of one name take the same everywhere. */
static const struct schema_key *key_named(const char *name)
{
    const struct schema *const all[] = {
        &schema_peer,  &schema_global, &schema_route,     &schema_flow,   &schema_channel,
        &schema_limit, &schema_policy, &schema_test_peer, &schema_expect, &schema_rule};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const struct schema_key *key = schema_key_named(all[i], name);
        if (key)
            return key;
    }
    return NULL;
}

static bool ends_word(char c)
{
    return strchr(" \t\r\n,[]{}\"'#=", c) != NULL;
}

/* A word of a value. */
struct word {
    size_t start;
    size_t end;
    size_t before; /* what it comes after, blanks left out: '=', '[' or ',' */
};

/* The word of a value that an error is in, or right after; false when it is in none. */
static bool find_word(const struct mender *m, const struct fault *f, struct word *ret_word)
{
    const char *text = m->text.data;
    struct word w = {.start = f->at, .end = f->at};
    if (f->statement.kind != TOML_PAIR || swallows_rest(f) || f->at <= f->statement.equals ||
        f->at > f->statement.end)
        return false;
    while (w.start > f->statement.equals + 1 && !ends_word(text[w.start - 1]))
        w.start--;
    while (w.end < f->statement.end && !ends_word(text[w.end]))
        w.end++;
    w.before = w.start - 1;
    while (w.before > f->statement.equals && strchr(" \t\r\n", text[w.before]))
        w.before--;
    size_t after = toml_skip_blanks(text, m->text.len_bytes, w.end);
    if (w.start == w.end || !strchr("=[,", text[w.before]) || is_at(m, after, '='))
        return false;
    *ret_word = w;
    return true;
}

/* After a word what follows belongs to it, up to the end of the line or item: `traffic-rate 0`. */
static size_t value_end(const struct mender *m, const struct fault *f, const struct word *w)
{
    const char *ends = w->before == f->statement.equals ? "#\r\n" : ",[]{}\"'#\r\n";
    size_t end = w->end;
    while (end < f->statement.end && !strchr(ends, m->text.data[end]))
        end++;
    while (end > w->end && strchr(" \t", m->text.data[end - 1]))
        end--;
    return end;
}

/* Whether a key of a rule, in the tables of policies, takes text. */
static bool takes_text_in_rule(const struct mender *m, const struct fault *f, const char *name)
{
    const struct toml_statement *section = &f->section;
    const struct policy_match *match = policy_match_named(name);
    const struct policy_action *action = policy_action_named(name);
    size_t start = toml_skip_blanks(m->text.data, section->end, section->start);
    while (start < section->end && m->text.data[start] == '[')
        start = toml_skip_blanks(m->text.data, section->end, start + 1);
    size_t end = toml_skip_word(m->text.data, section->end, start);
    bool in_policy = end - start == 8 && memcmp(m->text.data + start, "policies", 8) == 0;
    return in_policy &&
           ((match && (match->types & POLICY_TEXT)) || (action && (action->types & POLICY_TEXT)));
}

/* Says what a bare word is where it should be something else; false when that is not known. */
static bool report_word(const struct mender *m, const struct fault *f)
{
    struct word w;
    char name[64];
    if (!find_word(m, f, &w))
        return false;
    bool is_item = m->text.data[w.before] != '=';
    key_before(m, is_item ? f->statement.equals : w.before, name, sizeof(name));
    const struct schema_key *key = key_named(name);
    size_t end = value_end(m, f, &w);
    bool in_rule = !is_item && takes_text_in_rule(m, f, name);
    if (in_rule && end - w.start <= MEND_MAX_WORD) {
        loader_problem(m->loader, place_of(m, f->place.line, w.start),
                       "%s needs quotes: %s = \"%.*s\"", name, name, (int)(end - w.start),
                       m->text.data + w.start);
        return true;
    }
    if (!key || end - w.start > MEND_MAX_WORD || (is_item && strstr(key->type_text, "table")))
        return false; /* of what is in tables the key is another one */
    struct toml_place place = place_of(m, f->place.line, w.start);
    const char *value = m->text.data + w.start;
    int len = (int)(end - w.start);
    if (memchr(value, '"', (size_t)len) == value + len - 1)
        len--; /* of its quotes the second one is there */
    if (key->secret)
        loader_problem(m->loader, place, "%s needs quotes around its value", name);
    else if (is_item)
        loader_problem(m->loader, place, "%s: what it holds needs quotes: \"%.*s\"", name, len,
                       value);
    else if (key->types & TOML_STRING)
        loader_problem(m->loader, place, "%s needs quotes: %s = \"%.*s\"", name, name, len, value);
    else
        loader_problem(m->loader, place, "%s must be %s, not %.*s", name, key->type_text, len,
                       value);
    return true;
}

/* The part of a statement that says what it sets: its header or key, without what is around it. */
static size_t subject(const struct mender *m, const struct toml_statement *s, const char **ret)
{
    const char *text = m->text.data;
    size_t start = toml_skip_blanks(text, s->end, s->start);
    size_t end = s->kind == TOML_PAIR ? s->equals : s->end;
    size_t comment = s->kind == TOML_HEADER ? start : end;
    while (comment < end && text[comment] != '#' && text[comment] != '\n')
        comment++;
    end = comment;
    while (end > start && strchr(" \t\r\n", text[end - 1]))
        end--;
    *ret = text + start;
    return end - start;
}

/* The line of an earlier statement that sets the same; 0 when it is not plain to see. */
static uint32_t find_twin(const struct mender *m, const struct fault *f)
{
    const char *wanted;
    const char *text;
    size_t len = subject(m, &f->statement, &wanted);
    bool is_header = f->statement.kind == TOML_HEADER;
    size_t start = is_header || f->section.end == 0 ? 0 : f->section.end;
    uint32_t line = start == 0 ? 1 : f->section.line + f->section.line_count;
    for (struct toml_statement s = statement_at(m, start, line); s.start < f->statement.start;
         s = next_statement(m, &s))
        if (s.kind == f->statement.kind && subject(m, &s, &text) == len &&
            memcmp(text, wanted, len) == 0)
            return s.line;
    return 0;
}

static bool is_redefinition(const struct fault *f)
{
    return f->text && strstr(f->text, "cannot redefine") != NULL;
}

/* "[[": the header of one of a list of tables. */
static bool is_list_header(const struct mender *m, const struct toml_statement *s)
{
    size_t open = toml_skip_blanks(m->text.data, s->end, s->start);
    return s->kind == TOML_HEADER && is_at(m, open + 1, '[');
}

/* What is a list of tables before is headed as a table here. */
static bool is_late_table(const struct fault *f)
{
    return is_redefinition(f) && strstr(f->text, "existing array") && strstr(f->text, "as table");
}

/* What was headed as a table is a list of tables. */
static bool is_late_list(const struct fault *f)
{
    return is_redefinition(f) && strstr(f->text, "existing table") &&
           strstr(f->text, "as array-of-tables");
}

/* The header lacks but the second brackets. */
static bool lacks_list(const struct mender *m, const struct fault *f)
{
    return (is_late_table(f) || is_late_list(f)) && f->statement.kind == TOML_HEADER &&
           !is_list_header(m, &f->statement);
}

enum header_kind { HEADER_UNKNOWN, HEADER_TABLE, HEADER_LIST };

/* What the schema says of a header's name, whose last part is a key of some table. */
static enum header_kind kind_of_header(const char *name, size_t len)
{
    char part[64];
    size_t start = len;
    while (start > 0 && name[start - 1] != '.')
        start--;
    snprintf(part, sizeof(part), "%.*s", (int)strcspn(name, ".] \t\r\n#"), name);
    if (!schema_key_named(&schema_global, part))
        return HEADER_UNKNOWN;
    bool has_names = strcmp(part, "groups") == 0 || strcmp(part, "policies") == 0;
    if (has_names && start == strlen(part) + 1)
        return HEADER_TABLE; /* whatever the group or policy is called */
    snprintf(part, sizeof(part), "%.*s", (int)(len - start), name + start);
    const struct schema_key *key = key_named(part);
    return !key ? HEADER_UNKNOWN : key->types & TOML_ARRAY ? HEADER_LIST : HEADER_TABLE;
}

/* Writes a header as it is probably meant, whatever brackets it lacks: `[[peers]`. *ret_start is
 * where it begins, *ret_rest what there is after it beside blanks and comments, the end of the
 * statement when there is nothing. False when no name can be made out. */
static bool read_header(const struct mender *m, const struct fault *f, struct strbuf *out,
                        size_t *ret_start, size_t *ret_rest)
{
    const struct toml_statement *s = &f->statement;
    const char *text = m->text.data;
    size_t open = toml_skip_blanks(text, s->end, s->start);
    size_t start = open;
    unsigned brackets = 0;
    for (; start < s->end && strchr("[ \t", text[start]); start++)
        brackets += text[start] == '[';
    size_t end = start;
    while (end < s->end && (text[end] == '.' || toml_skip_word(text, s->end, end) > end))
        end++;
    size_t rest = toml_skip_blanks(text, s->end, end);
    if (s->kind != TOML_HEADER || start == end || (rest < s->end && !strchr("]#\r\n", text[rest])))
        return false;
    enum header_kind kind = kind_of_header(text + start, end - start);
    bool is_list = kind == HEADER_LIST;
    if (kind == HEADER_UNKNOWN)
        is_list =
            brackets > 1 || lacks_list(m, f) || (is_at(m, rest, ']') && is_at(m, rest + 1, ']'));
    strbuf_add(out, is_list ? "[[" : "[");
    strbuf_add_bytes(out, text + start, end - start);
    strbuf_add(out, is_list ? "]]" : "]");
    while (rest < s->end && strchr("] \t", text[rest]))
        rest++;
    *ret_start = open;
    *ret_rest = rest < s->end && strchr("#\r\n", text[rest]) ? s->end : rest;
    return true;
}

static bool report_header(const struct mender *m, const struct fault *f)
{
    struct strbuf header = {0};
    size_t start;
    size_t rest;
    bool is_plain = read_header(m, f, &header, &start, &rest) &&
                    header.len_bytes <= MEND_MAX_WORD && rest == f->statement.end;
    const char *name = strbuf_text(&header) + strspn(strbuf_text(&header), "[");
    enum header_kind kind = kind_of_header(name, strcspn(name, "]"));
    is_plain = is_plain && kind != HEADER_UNKNOWN;
    is_plain = is_plain && (!is_redefinition(f) || (kind == HEADER_LIST && lacks_list(m, f)));
    if (is_plain)
        loader_problem(m->loader, place_of(m, f->statement.line, start), "this should be %s",
                       strbuf_text(&header));
    strbuf_release(&header);
    return is_plain;
}

/* Where a list of tables was headed as a table before, that header is to blame. */
static void blame_first_header(const struct mender *m, struct fault *f)
{
    struct strbuf wanted = {0};
    size_t start;
    size_t rest;
    struct fault first = *f;
    bool found = !is_late_list(f) || !read_header(m, f, &wanted, &start, &rest);
    for (first.statement = statement_at(m, 0, 1);
         !found && first.statement.start < f->statement.start;
         first.statement = next_statement(m, &first.statement)) {
        struct strbuf header = {0};
        found = lacks_list(m, &first) && read_header(m, &first, &header, &start, &rest) &&
                strcmp(strbuf_text(&header), strbuf_text(&wanted)) == 0;
        strbuf_release(&header);
        if (found)
            f->statement = first.statement;
    }
    strbuf_release(&wanted);
}

static bool report_twice(const struct mender *m, const struct fault *f)
{
    const char *what;
    size_t len = subject(m, &f->statement, &what);
    uint32_t twin = is_redefinition(f) && len <= MEND_MAX_WORD ? find_twin(m, f) : 0;
    struct toml_place place = place_of(m, f->statement.line, (size_t)(what - m->text.data));
    if (twin > 0)
        loader_problem(m->loader, place, "%.*s is given twice: also on line %u", (int)len, what,
                       twin);
    return twin > 0;
}

static void report_open(const struct mender *m, const struct fault *f, size_t pos)
{
    uint32_t line = f->statement.line;
    for (size_t i = f->statement.start; i < pos; i++)
        line += m->text.data[i] == '\n';
    if (is_at(m, pos, '='))
        loader_problem(m->loader, place_of(m, line, pos), "a list needs brackets: [ is missing");
    else
        loader_problem(m->loader, place_of(m, line, pos), "what begins here with %c is not closed",
                       m->text.data[pos]);
}

static void report(const struct mender *m, const struct fault *f)
{
    if (f->statement.is_torn && f->at > f->statement.torn_at) {
        report_open(m, f, f->statement.torn_at);
    } else if (!f->text) {
        report_open(m, f, f->statement.open_at);
    } else if (!report_twice(m, f) && !report_word(m, f) && !report_header(m, f)) {
        loader_problem(m->loader, f->place, "%s", f->text);
    }
}

/* --- mending -------------------------------------------------------------------------------- */

/* Puts `with` in the place of what is from `start` to `end`, and as many blanks and line feeds
 * after it as keep what follows in its place. */
static void replace(struct mender *m, size_t start, size_t end, const char *with)
{
    struct strbuf text = {0};
    size_t lines = 0;
    size_t characters = 0;
    for (size_t i = start; i < end; i++) {
        lines += m->text.data[i] == '\n';
        characters += ((unsigned char)m->text.data[i] & 0xc0) != 0x80;
    }
    strbuf_add_bytes(&text, m->text.data, start);
    strbuf_add(&text, with);
    for (size_t i = lines + strlen(with); i < characters; i++)
        strbuf_add_char(&text, ' ');
    for (size_t i = 0; i < lines; i++)
        strbuf_add_char(&text, '\n');
    strbuf_add_bytes(&text, m->text.data + end, m->text.len_bytes - end);
    explicit_bzero(m->text.data, m->text.len_bytes);
    strbuf_release(&m->text);
    m->text = text;
}

/* The value at `pos` stands for one that was taken out. */
static void mark_broken(struct mender *m, uint32_t line, size_t pos)
{
    if (m->broken_count < BROKEN_MAX)
        m->broken[m->broken_count++] = place_of(m, line, pos);
}

static bool mend_word(struct mender *m, const struct fault *f)
{
    struct word w;
    if (!find_word(m, f, &w))
        return false;
    size_t end = value_end(m, f, &w);
    end += is_at(m, end, '"'); /* its own: the first one is missing */
    replace(m, w.start, end, "0");
    mark_broken(m, f->place.line, w.start);
    return true;
}

/* A key without its value. */
static bool mend_value(struct mender *m, const struct fault *f)
{
    const struct toml_statement *s = &f->statement;
    if (s->kind != TOML_PAIR || s->equals == s->end)
        return false;
    size_t value = s->equals + 1;
    replace(m, value, s->end, "0");
    mark_broken(m, s->line, value);
    return true;
}

/* What looks like a key, as if it had a value: `remote_as 65001`. */
static bool mend_key(struct mender *m, const struct fault *f)
{
    const struct toml_statement *s = &f->statement;
    size_t start = toml_skip_blanks(m->text.data, s->end, s->start);
    size_t end = toml_skip_word(m->text.data, s->end, start);
    if (s->kind != TOML_PAIR || start == end ||
        (end < s->end && !strchr(" \t\r\n:=", m->text.data[end])))
        return false;
    replace(m, end, s->end, "=0");
    mark_broken(m, s->line, end + 1);
    return true;
}

/* Writes the header anew, as it is probably meant. */
static bool mend_header(struct mender *m, const struct fault *f)
{
    struct strbuf header = {0};
    size_t start;
    size_t rest;
    bool done = read_header(m, f, &header, &start, &rest);
    if (done) {
        m->loader->incomplete |= rest < f->statement.end; /* a key after it, perhaps */
        replace(m, start, f->statement.end, strbuf_text(&header));
    }
    strbuf_release(&header);
    return done;
}

/* Names a group that is given twice otherwise, so that what is in it is looked at. */
static bool mend_twin(struct mender *m, const struct fault *f)
{
    static const char lead[] = "[groups.";
    struct strbuf header = {0};
    size_t start;
    size_t rest;
    bool done = is_redefinition(f) && !is_list_header(m, &f->statement) &&
                read_header(m, f, &header, &start, &rest) &&
                strncmp(strbuf_text(&header), lead, sizeof(lead) - 1) == 0;
    const char *name = strbuf_text(&header) + sizeof(lead) - 1;
    size_t len = done ? strcspn(name, ".]") : 0;
    done = done && name[len] == ']';
    if (done) {
        struct strbuf other = {0};
        strbuf_printf(&other, "%s\"%.*s (line %u)\"]", lead, (int)len, name, f->statement.line);
        replace(m, start, f->statement.end, strbuf_text(&other));
        strbuf_release(&other);
    }
    strbuf_release(&header);
    return done;
}

/* Takes the whole statement out; of a table, all that is in it. What is not closed there would be
 * named by nobody. */
static void mend_all(struct mender *m, const struct fault *f)
{
    struct fault within = {.statement = f->statement};
    struct toml_statement *s = &within.statement;
    size_t end = s->end;
    while (f->statement.kind == TOML_HEADER && end < m->text.len_bytes) {
        *s = next_statement(m, s);
        if (s->kind == TOML_HEADER)
            break;
        within.at = end = s->end;
        if (s->is_torn || s->is_open)
            report(m, &within);
    }
    replace(m, f->statement.start, end, "");
}

static void mend(struct mender *m, const struct fault *f)
{
    /* What is not closed but by a bracket may have swallowed whole statements. */
    m->loader->incomplete |= f->statement.is_open && !is_at(m, f->statement.open_at, '[');
    bool is_header = f->statement.kind == TOML_HEADER;
    bool done = false;
    for (; m->stage < STAGE_ALL && !done; m->stage++) {
        if (m->stage == STAGE_WORD)
            done = mend_word(m, f);
        else if (m->stage == STAGE_VALUE)
            done = is_header ? mend_header(m, f) : mend_value(m, f);
        else
            done = mend_key(m, f);
    }
    if (done)
        return;
    /* Of what is given twice the first stands, but for what a second table adds to it. */
    m->loader->incomplete |= is_header || (f->statement.kind == TOML_PAIR && !is_redefinition(f));
    if (!mend_twin(m, f))
        mend_all(m, f);
}

/* One error: reports it unless it is in a statement that was mended already, and mends it. False
 * when it is too much. */
static bool go_on(struct mender *m, const struct toml_error *error)
{
    if (error->place.line == 0) { /* no matter of syntax */
        loader_problem(m->loader, error->place, "%s", error->text);
        return false;
    }
    struct fault f = find_fault(m, error);
    blame_first_header(m, &f);
    struct word word;
    bool is_known = m->error_count > 0 && f.statement.line == m->line;
    bool is_next_word = m->stage == STAGE_VALUE && f.at > m->at && find_word(m, &f, &word);
    if (!is_known || is_next_word) {
        report(m, &f);
        m->error_count++;
        m->stage = STAGE_WORD;
    }
    if (is_redefinition(&f) && (is_known || !lacks_list(m, &f)))
        m->stage = STAGE_ALL;
    m->line = f.statement.line;
    m->at = f.at;
    m->parsed_bytes += f.at + m->text.len_bytes / 16; /* the rest is only copied */
    if (m->error_count == CONFIG_ERRORS_MAX || m->parsed_bytes > MEND_MAX_BYTES ||
        ++m->attempts > ATTEMPTS_MAX) {
        loader_problem(m->loader, f.place, "what follows is looked at when this is mended");
        return false;
    }
    mend(m, &f);
    return true;
}

struct toml_doc *mend_parse(struct loader *l, uint32_t file, const char *text, size_t len_bytes)
{
    struct toml_error error;
    struct toml_doc *doc = toml_doc_parse(file, text, len_bytes, NULL, 0, &error);
    if (doc)
        return doc;
    struct mender m = {.loader = l, .file = file};
    strbuf_add_bytes(&m.text, text, len_bytes);
    while (!doc && go_on(&m, &error))
        doc = toml_doc_parse(file, m.text.data, m.text.len_bytes, m.broken, m.broken_count, &error);
    explicit_bzero(m.text.data, m.text.len_bytes);
    strbuf_release(&m.text);
    return doc;
}
