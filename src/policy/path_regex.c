/* Regular expressions on AS paths (pcre2).
 *
 * What is permitted is checked here, so that an expression has no more in it than regular languages
 * have: no references, no look around, and captures are not made. So both matchers of pcre2 come to
 * the same result. The first is its JIT, which goes back where a try fails: fast, but with some
 * expressions in time that grows with the square of the path or worse, so it has a limit for each
 * path. What is not done by then is done by pcre2_dfa_match, which goes through the text once with
 * all states in which the expression may be. For that the expression begins with ".*" in place of
 * being tried at each place of the text, and the number of states has a limit, as each is compared
 * with the others.
 *
 * Neither recurses: the JIT has a stack of its own, the other a workspace on the heap. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "policy/path_regex.h"

#include <assert.h>
#include <pcre2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "wire/aspath.h"

struct path_regex {
    uint32_t refs;
    bool has_jit;
    uint32_t needed_as;
    char *text;         /* owned */
    pcre2_code *search; /* owned: for the JIT */
    pcre2_code *whole;  /* owned: for the other matcher */
};

/* Checking and translation. */

enum atom {
    ATOM_NONE,   /* nothing that could be repeated stands here */
    ATOM_WHOLE,  /* something that can be */
    ATOM_COUNTED /* something that is already */
};

struct translation {
    const char *text;
    size_t at;
    enum atom before;
    unsigned depth;
    size_t open[PATH_REGEX_MAX_NESTING]; /* where the groups around begin */
    struct strbuf search;                /* what the pattern is for the JIT */
    struct strbuf whole;                 /* and for the other matcher */
    struct text_error *error;
};

static const char permitted[] =
    "(permitted: digits, blanks, . [...] (...) | * + ? {n,m} ^ $, and _ for the start, the end, or "
    "what stands between AS numbers)";

/* The character at `at` is wrong. */
static int refuse(struct translation *t, size_t at, int err, const char *why, const char *hint)
{
    size_t len = t->text[at] != '\0' ? 1 : 0;
    while (len > 0 && ((unsigned char)t->text[at + len] & 0xc0) == 0x80)
        len++; /* a character of several bytes is shown whole */
    return text_error_at(t->error, err, at + 1, t->text + at, len, "%s %s", why, hint);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void put_bytes(struct translation *t, const char *bytes, size_t len)
{
    strbuf_add_bytes(&t->search, bytes, len);
    strbuf_add_bytes(&t->whole, bytes, len);
}

/* Takes the next `len` characters as they are. */
static int take_plain(struct translation *t, size_t len, enum atom atom)
{
    put_bytes(t, t->text + t->at, len);
    t->at += len;
    t->before = atom;
    return 0;
}

/* Takes what stands for one character of a path. pcre2_dfa_match counts how often single characters
 * are repeated, and takes each count for a state of its own, but repeats groups without. */
static int take_character(struct translation *t, size_t len)
{
    char next = t->text[t->at + len];
    bool group = next != '\0' && strchr("*+?{", next);
    strbuf_add_bytes(&t->search, t->text + t->at, len);
    strbuf_printf(&t->whole, group ? "(?:%.*s)" : "%.*s", (int)len, t->text + t->at);
    t->at += len;
    t->before = ATOM_WHOLE;
    return 0;
}

/* How long the member of a class at `at` is, a character or a range of digits, or an error. */
static int check_member(struct translation *t, size_t at, size_t *ret_len)
{
    char c = t->text[at];
    char last = t->text[at + 1] == '-' ? t->text[at + 2] : '\0';
    if (!is_digit(c) && !strchr(" ,{}", c))
        return refuse(
            t, at, ERR_INVALID, "cannot stand in [...]",
            "(permitted: digits, ranges of them like 0-9, blank, comma, { and }, and ^ in "
            "front for all but these)");
    bool range = is_digit(c) && is_digit(last);
    if (range && last < c)
        return refuse(t, at, ERR_INVALID, "begins a range that ends before it",
                      "(expected one like 0-9)");
    *ret_len = range ? 3 : 1;
    return 0;
}

static int take_class(struct translation *t)
{
    size_t at = t->at + 1;
    size_t len = 0;
    if (t->text[at] == '^')
        at++;
    if (t->text[at] == ']')
        return refuse(t, t->at, ERR_INVALID, "begins a list of nothing",
                      "(expected one like [0-9])");
    for (; t->text[at] != ']'; at += len) {
        if (t->text[at] == '\0')
            return refuse(t, t->at, ERR_INVALID, "is not closed", "(expected a ']' after it)");
        int err = check_member(t, at, &len);
        if (err)
            return err;
    }
    return take_character(t, at + 1 - t->at);
}

/* The character at hand repeats what is before it. */
static int check_repeated(struct translation *t)
{
    if (t->before == ATOM_NONE)
        return refuse(t, t->at, ERR_INVALID, "has nothing before it to repeat",
                      t->text[t->at] == '{' ? "(for a brace itself write [{])" : permitted);
    if (t->before == ATOM_COUNTED)
        return refuse(t, t->at, ERR_INVALID, "repeats what is repeated already", permitted);
    return 0;
}

static int take_repeat(struct translation *t)
{
    int err = check_repeated(t);
    return err ? err : take_plain(t, 1, ATOM_COUNTED);
}

/* Digits at *at, which is moved past them. False when there are none; what is too large stays so.
 */
static bool read_number(const char *text, size_t *at, unsigned *ret_number)
{
    size_t begin = *at;
    unsigned number = 0;
    for (; is_digit(text[*at]); ++*at)
        number =
            number > PATH_REGEX_MAX_REPEAT ? number : number * 10 + (unsigned)(text[*at] - '0');
    *ret_number = number;
    return *at > begin;
}

/* "{n}", "{n,}" or "{n,m}". */
static int take_braces(struct translation *t)
{
    size_t at = t->at + 1;
    unsigned least = 0;
    unsigned most = 0;
    int err = check_repeated(t);
    if (err)
        return err;
    bool good = read_number(t->text, &at, &least);
    most = least;
    if (good && t->text[at] == ',') {
        at++;
        if (t->text[at] == '}')
            most = PATH_REGEX_MAX_REPEAT;
        else
            good = read_number(t->text, &at, &most);
    }
    if (!good || t->text[at] != '}')
        return refuse(t, t->at, ERR_INVALID, "begins no {n}, {n,} or {n,m}",
                      "(for a brace itself write [{])");
    if (least > PATH_REGEX_MAX_REPEAT || most > PATH_REGEX_MAX_REPEAT || most < least)
        return refuse(t, t->at, ERR_RANGE, "begins numbers out of range",
                      "(expected 0 to 255, the second not below the first)");
    return take_plain(t, at + 1 - t->at, ATOM_COUNTED);
}

static int take_open(struct translation *t)
{
    if (t->depth == PATH_REGEX_MAX_NESTING)
        return refuse(t, t->at, ERR_RANGE, "is too deep", "(at most 100 may be open)");
    t->open[t->depth++] = t->at++;
    put_bytes(t, "(?:", 3);
    t->before = ATOM_NONE;
    return 0;
}

static int take_close(struct translation *t)
{
    if (t->depth == 0)
        return refuse(t, t->at, ERR_INVALID, "closes nothing", "(expected a '(' before it)");
    t->depth--;
    return take_plain(t, 1, ATOM_WHOLE);
}

/* "_": the start, the end, or what stands between AS numbers. */
static int take_between(struct translation *t)
{
    static const char between[] = "(?:^|$|[ ,{}()\\[\\]])";
    put_bytes(t, between, sizeof(between) - 1);
    t->at++;
    t->before = ATOM_WHOLE;
    return 0;
}

static int take_one(struct translation *t)
{
    char c = t->text[t->at];
    switch (c) {
    case '_':
        return take_between(t);
    case '^':
    case '$':
    case '|':
        return take_plain(t, 1, ATOM_NONE);
    case ' ':
    case '.':
        return take_character(t, 1);
    case '[':
        return take_class(t);
    case '(':
        return take_open(t);
    case ')':
        return take_close(t);
    case '*':
    case '+':
    case '?':
        return take_repeat(t);
    case '{':
        return take_braces(t);
    default:
        if (is_digit(c))
            return take_character(t, 1);
        return refuse(t, t->at, ERR_INVALID, "cannot stand in an expression on AS paths",
                      permitted);
    }
}

static int translate(struct translation *t)
{
    if (strlen(t->text) > PATH_REGEX_MAX_BYTES)
        return text_error_at(t->error, ERR_RANGE, PATH_REGEX_MAX_BYTES + 1, NULL, 0,
                             "the expression is longer than %d bytes", PATH_REGEX_MAX_BYTES);
    while (t->text[t->at] != '\0') {
        int err = take_one(t);
        if (err)
            return err;
    }
    if (t->depth > 0)
        return refuse(t, t->open[t->depth - 1], ERR_INVALID, "is not closed",
                      "(expected a ')' after it)");
    return 0;
}

/* What must be there. */

/* The AS that the digits at `at` stand for as a whole, so that there is no match without; 0. */
static uint32_t whole_as(const char *text, size_t at)
{
    uint64_t as = 0;
    if (!is_digit(text[at]) || at == 0 || !strchr("^_ ", text[at - 1]))
        return 0;
    for (; is_digit(text[at]); at++)
        as = as > UINT32_MAX ? as : as * 10 + (uint64_t)(text[at] - '0');
    bool ends = text[at] != '\0' && strchr("$_ ", text[at]) &&
                (text[at + 1] == '\0' || !strchr("*+?{", text[at + 1]));
    return ends && as <= UINT32_MAX ? (uint32_t)as : 0;
}

/* An AS that every path has in which an expression, which is right, is found; 0: none is known.
 * What is in brackets need not be there, and where there is a choice, nothing need. */
static uint32_t find_needed_as(const char *text)
{
    uint32_t as = 0;
    unsigned depth = 0;
    bool in_class = false;
    for (size_t at = 0; text[at] != '\0'; at++) {
        char c = text[at];
        in_class = in_class ? c != ']' : c == '[';
        if (in_class)
            continue;
        depth += c == '(';
        depth -= c == ')';
        if (depth == 0 && c == '|')
            return 0;
        if (depth == 0 && as == 0)
            as = whole_as(text, at);
    }
    return as;
}

/* Compiling. */

static pcre2_code *compile(const char *pattern, uint32_t options)
{
    int code;
    PCRE2_SIZE offset;
    return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                         options | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF, &code,
                         &offset, NULL);
}

int path_regex_compile(const char *text, struct path_regex **ret_regex,
                       struct text_error *ret_error)
{
    struct translation t = {.text = text, .error = ret_error};
    struct path_regex *regex = NULL;
    int err;
    strbuf_add(&t.whole, ".*(?:");
    err = translate(&t);
    if (err)
        goto out;
    regex = mem_zalloc(sizeof(*regex));
    regex->refs = 1;
    regex->text = mem_strdup(text);
    regex->needed_as = find_needed_as(text);
    strbuf_add(&t.whole, ")");
    regex->search = compile(strbuf_text(&t.search), 0);
    regex->whole = compile(strbuf_text(&t.whole), PCRE2_ANCHORED);
    if (!regex->search || !regex->whole) {
        err = text_error_at(ret_error, ERR_RANGE, 1, NULL, 0, "the expression is too large");
        path_regex_unref(regex);
        goto out;
    }
    regex->has_jit = pcre2_jit_compile(regex->search, PCRE2_JIT_COMPLETE) == 0;
    *ret_regex = regex;
out:
    strbuf_release(&t.search);
    strbuf_release(&t.whole);
    return err;
}

struct path_regex *path_regex_ref(struct path_regex *regex)
{
    regex->refs++;
    return regex;
}

void path_regex_unref(struct path_regex *regex)
{
    if (!regex || --regex->refs > 0)
        return;
    pcre2_code_free(regex->search);
    pcre2_code_free(regex->whole);
    free(regex->text);
    free(regex);
}

const char *path_regex_text(const struct path_regex *regex)
{
    return regex->text;
}

uint32_t path_regex_needed_as(const struct path_regex *regex)
{
    return regex->needed_as;
}

/* Matching. */

enum {
    JIT_STACK_MIN_BYTES = 32 * 1024,
    JIT_STACK_MAX_BYTES = 1024 * 1024,
    /* What the JIT may do for a text: tries times characters. */
    JIT_WORK = 20 * 1000 * 1000,
    JIT_TRIES_MIN = 1000,
    JIT_TRIES_MAX = 20000,
    /* What the other one may do: characters times pairs of states. */
    STATES_WORK = 500 * 1000 * 1000,
    /* The same of both for expressions of those who are not to be trusted. */
    LIMITED_JIT_WORK = 200 * 1000,
    LIMITED_TRIES_MIN = 100,
    LIMITED_STATES_WORK = 2 * 1000 * 1000,
    STATES_MIN = 32,
    STATES_MAX = 16 * 1024,
    STATE_INTS =
        6, /* that a state takes, in two lists; what else there is in a workspace is less */
};

struct path_regex_scratch {
    pcre2_match_data *data;       /* owned */
    pcre2_match_context *context; /* owned */
    pcre2_jit_stack *stack;       /* owned */
    int *workspace;               /* owned */
    size_t states;                /* that have room in it */
    bool no_jit;
    bool limited;
};

struct path_regex_scratch *path_regex_scratch_new(void)
{
    struct path_regex_scratch *s = mem_zalloc(sizeof(*s));
    s->data = pcre2_match_data_create(1, NULL);
    s->context = pcre2_match_context_create(NULL);
    s->stack = pcre2_jit_stack_create(JIT_STACK_MIN_BYTES, JIT_STACK_MAX_BYTES, NULL);
    if (!s->data || !s->context)
        abort(); /* as everywhere when there is no memory */
    pcre2_jit_stack_assign(s->context, NULL, s->stack);
    return s;
}

void path_regex_scratch_free(struct path_regex_scratch *scratch)
{
    if (!scratch)
        return;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    free(scratch->workspace);
    free(scratch);
}

void path_regex_scratch_no_jit(struct path_regex_scratch *scratch)
{
    scratch->no_jit = true;
}

void path_regex_scratch_limit(struct path_regex_scratch *scratch)
{
    scratch->limited = true;
}

void path_regex_put_path(struct span as_path_value, struct strbuf *text)
{
    strbuf_clear(text);
    aspath_format(as_path_value, text);
}

static enum path_regex_result match_jit(const struct path_regex *regex,
                                        struct path_regex_scratch *s, const char *text, size_t len)
{
    size_t least = s->limited ? LIMITED_TRIES_MIN : JIT_TRIES_MIN;
    size_t tries = (s->limited ? LIMITED_JIT_WORK : JIT_WORK) / (len + 1);
    if (tries < least)
        tries = least;
    if (tries > JIT_TRIES_MAX)
        tries = JIT_TRIES_MAX;
    pcre2_set_match_limit(s->context, (uint32_t)tries);
    int found = pcre2_jit_match(regex->search, (PCRE2_SPTR)text, len, 0, 0, s->data, s->context);
    if (found >= 0)
        return PATH_REGEX_YES;
    return found == PCRE2_ERROR_NOMATCH ? PATH_REGEX_NO : PATH_REGEX_UNFINISHED;
}

/* How many states a text of this length may have at once. */
static size_t states_for(const struct path_regex_scratch *s, size_t len)
{
    size_t work = s->limited ? LIMITED_STATES_WORK : STATES_WORK;
    size_t states = STATES_MIN;
    while (states < STATES_MAX && 4 * states * states / 2 * (len + 1) <= work)
        states *= 2;
    return states;
}

static enum path_regex_result match_states(const struct path_regex *regex,
                                           struct path_regex_scratch *s, const char *text,
                                           size_t len)
{
    size_t most = states_for(s, len);
    size_t states = s->states < most ? s->states : most;
    for (;; states *= 2) {
        if (states < STATES_MIN)
            states = STATES_MIN;
        if (states > s->states) {
            s->workspace = mem_resize(s->workspace, states * STATE_INTS, sizeof(*s->workspace));
            s->states = states;
        }
        int found = pcre2_dfa_match(regex->whole, (PCRE2_SPTR)text, len, 0, PCRE2_DFA_SHORTEST,
                                    s->data, NULL, s->workspace, states * STATE_INTS);
        if (found >= 0)
            return PATH_REGEX_YES;
        if (found == PCRE2_ERROR_NOMATCH)
            return PATH_REGEX_NO;
        if (found != PCRE2_ERROR_DFA_WSSIZE || states >= most)
            return PATH_REGEX_UNFINISHED;
    }
}

enum path_regex_result path_regex_match(const struct path_regex *regex,
                                        struct path_regex_scratch *scratch,
                                        const struct strbuf *path_text)
{
    const char *text = strbuf_text(path_text);
    enum path_regex_result result = PATH_REGEX_UNFINISHED;
    if (regex->has_jit && !scratch->no_jit)
        result = match_jit(regex, scratch, text, path_text->len_bytes);
    if (result == PATH_REGEX_UNFINISHED)
        result = match_states(regex, scratch, text, path_text->len_bytes);
    return result;
}
