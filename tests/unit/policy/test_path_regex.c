/* Regular expressions on AS paths: against a naive matcher that goes by sets of positions, what is
 * refused, and paths that are too much for trying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/err.h"
#include "base/writer.h"
#include "policy/path_regex.h"
#include "policy/path_text.h"
#include "wire/aspath.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct path_regex *compiled(const char *text)
{
    struct path_regex *regex = NULL;
    struct text_error error = {0};
    if (path_regex_compile(text, &regex, &error) != 0)
        fail_msg("%s: %zu: %s", text, error.column, strbuf_text(&error.say));
    text_error_release(&error);
    return regex;
}

/* Asks both matchers, which must agree. */
static enum path_regex_result match(const char *expression, const struct strbuf *path)
{
    struct path_regex *regex = compiled(expression);
    struct path_regex_scratch *with = path_regex_scratch_new();
    struct path_regex_scratch *without = path_regex_scratch_new();
    path_regex_scratch_no_jit(without);
    enum path_regex_result result = path_regex_match(regex, with, path);
    if (path_regex_match(regex, without, path) != result)
        fail_msg("%s: the matchers do not agree", expression);
    path_regex_scratch_free(with);
    path_regex_scratch_free(without);
    path_regex_unref(regex);
    return result;
}

static void known_expressions(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        const char *path;
        bool found;
    } cases[] = {
        {"^65001( 65001)*$", "65001", true},
        {"^65001( 65001)*$", "65001 65001 65001", true},
        {"^65001( 65001)*$", "65001 65002", false},
        {"^65001( 65001)*$", "650011", false},
        {"^$", "", true},
        {"^$", "1", false},
        {"", "", true},
        {"", "1 2", true},
        {"_65001_", "65001", true},
        {"_65001_", "1 65001 2", true},
        {"_65001_", "165001 650012", false},
        {"_65004_", "65001 {65003 65004}", true},
        {"_65003_", "65001 {65003 65004}", true},
        {"_6500_", "65001 {65003 65004}", false},
        {"[{]65003", "65001 {65003 65004}", true},
        {"[{]", "65001", false},
        {"65002$", "65001 65002", true},
        {"65002$", "65002 65001", false},
        {"_(174|3356)_", "1 3356 2", true},
        {"_(174|3356)_", "1 33561 2", false},
        {"^[0-9]+ [0-9]+$", "1 2", true},
        {"^[0-9]+ [0-9]+$", "1 2 3", false},
        {"^([0-9]+_){3}$", "1 2 3", true},
        {"^([0-9]+_){3}$", "1 2", false},
        {"^([0-9]+_){2,3}$", "1 2 3 4", false},
        {"^([0-9]+_){2,}$", "1 2 3 4", true},
        {"^1.3$", "123", true},
        {"^1.3$", "1 3", true},
        {"^1.?3$", "1443", false},
        {"[^0-9 ]", "1 2 3", false},
        {"[^0-9 ]", "1 {2}", true},
        {"64(496|49[7-9]|5[0-9][0-9]|[6-9]..)", "64511", true},
        {"64(496|49[7-9]|5[0-9][0-9]|[6-9]..)", "64495", false},
        {"(^1|2$)", "3 2", true},
        {"_1_2_", "1 2", true},
        {"_1__2_", "1 2", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf path = {0};
        strbuf_add(&path, cases[i].path);
        if (match(cases[i].expression, &path) != (cases[i].found ? PATH_REGEX_YES : PATH_REGEX_NO))
            fail_msg("%s on %s", cases[i].expression, cases[i].path);
        strbuf_release(&path);
    }
}

static void what_is_not_permitted(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        int err;
        size_t column;
        const char *say;
    } cases[] = {
        {"65001[", ERR_INVALID, 6, "'[' is not closed (expected a ']'"},
        {"65001[0-9", ERR_INVALID, 6, "'[' is not closed"},
        {"[]", ERR_INVALID, 1, "'[' begins a list of nothing"},
        {"1[^]2", ERR_INVALID, 2, "'[' begins a list of nothing"},
        {"[0-9_]", ERR_INVALID, 5, "'_' cannot stand in [...]"},
        {"[[:digit:]]", ERR_INVALID, 2, "'[' cannot stand in [...]"},
        {"[9-0]", ERR_INVALID, 2, "'9' begins a range that ends before it"},
        {"[0-]", ERR_INVALID, 3, "'-' cannot stand in [...]"},
        {"1(2", ERR_INVALID, 2, "'(' is not closed (expected a ')'"},
        {"((1)", ERR_INVALID, 1, "'(' is not closed"},
        {"1)", ERR_INVALID, 2, "')' closes nothing"},
        {"1]", ERR_INVALID, 2, "']' cannot stand in an expression"},
        {"*1", ERR_INVALID, 1, "'*' has nothing before it to repeat"},
        {"^*", ERR_INVALID, 2, "'*' has nothing before it"},
        {"1|+", ERR_INVALID, 3, "'+' has nothing before it"},
        {"(?:1)", ERR_INVALID, 2, "'?' has nothing before it"},
        {"(?=1)", ERR_INVALID, 2, "'?' has nothing before it"},
        {"1*+", ERR_INVALID, 3, "'+' repeats what is repeated already"},
        {".*?", ERR_INVALID, 3, "'?' repeats what is repeated already"},
        {"1{2}{3}", ERR_INVALID, 5, "'{' repeats what is repeated already"},
        {"{1 2}", ERR_INVALID, 1,
         "'{' has nothing before it to repeat (for a brace itself write [{])"},
        {"1 {2}", 0, 0, ""}, /* a blank twice */
        {"1 {2 3}", ERR_INVALID, 3, "'{' begins no {n}, {n,} or {n,m}"},
        {"1{,2}", ERR_INVALID, 2, "'{' begins no {n}"},
        {"1{3,2}", ERR_RANGE, 2,
         "out of range (expected 0 to 255, the second not below the first)"},
        {"1{256}", ERR_RANGE, 2, "out of range"},
        {"1{1,99999999999999999999}", ERR_RANGE, 2, "out of range"},
        {"65001 a", ERR_INVALID, 7,
         "'a' cannot stand in an expression on AS paths (permitted: digits"},
        {"\\d", ERR_INVALID, 1, "'\\' cannot stand"},
        {"65001,", ERR_INVALID, 6, "',' cannot stand"},
        {"1\n", ERR_INVALID, 2, "'?' cannot stand"},
        {"1é", ERR_INVALID, 2, "'é' cannot stand"},
        {"((([0-9]{255}){255}){255}){255}", ERR_RANGE, 1, "too large"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct path_regex *regex = NULL;
        struct text_error error = {0};
        if (path_regex_compile(cases[i].expression, &regex, &error) != cases[i].err)
            fail_msg("%s: %s", cases[i].expression, strbuf_text(&error.say));
        assert_int_equal(regex == NULL, cases[i].err != 0);
        if (!strstr(strbuf_text(&error.say), cases[i].say))
            fail_msg("%s: %s", cases[i].expression, strbuf_text(&error.say));
        assert_int_equal(error.column, cases[i].column);
        text_error_release(&error);
        path_regex_unref(regex);
    }
}

static void limits_of_expressions(void **state)
{
    (void)state;
    struct path_regex *regex = NULL;
    struct text_error error = {0};
    struct strbuf text = {0};
    for (unsigned i = 0; i <= PATH_REGEX_MAX_NESTING; i++)
        strbuf_add_char(&text, '(');
    assert_int_equal(path_regex_compile(strbuf_text(&text), &regex, &error), ERR_RANGE);
    assert_int_equal(error.column, PATH_REGEX_MAX_NESTING + 1);
    strbuf_clear(&text);
    for (unsigned i = 0; i <= PATH_REGEX_MAX_BYTES; i++)
        strbuf_add_char(&text, '1');
    assert_int_equal(path_regex_compile(strbuf_text(&text), &regex, &error), ERR_RANGE);
    assert_non_null(strstr(strbuf_text(&error.say), "longer than 16384 bytes"));
    text.data[--text.len_bytes] = '\0';
    regex = compiled(strbuf_text(&text));
    assert_string_equal(path_regex_text(regex), strbuf_text(&text));
    path_regex_unref(path_regex_ref(regex));
    assert_int_equal(strlen(path_regex_text(regex)), PATH_REGEX_MAX_BYTES);
    path_regex_unref(regex);
    path_regex_unref(NULL);
    path_regex_scratch_free(NULL);
    text_error_release(&error);
    strbuf_release(&text);
}

/* Random expressions. A node is kept with what it matches: from a set of positions in the text, the
 * set of those where it may end (bit n: before character n). */

enum { TEXT_MAX = 60, NODES_MAX = 200 };

struct node {
    enum { CHARACTERS, BETWEEN, BEGIN, END, EITHER, BOTH, REPEATED } kind;
    char members[16]; /* of CHARACTERS; "" for any */
    bool others;      /* all but these */
    unsigned a, b;
    unsigned least, most; /* most 0: without end */
};

struct tree {
    struct node nodes[NODES_MAX];
    unsigned count;
};

static unsigned random_node(struct tree *t, struct random *r, unsigned depth)
{
    static const char alphabet[] = "012 ,{}";
    struct node n = {.kind = CHARACTERS};
    unsigned what = depth == 0 ? random_below(r, 8) : random_below(r, 16);
    if (what == 6) {
        n.kind = BETWEEN;
    } else if (what == 7) {
        n.kind = random_below(r, 2) ? BEGIN : END;
    } else if (what < 8) {
        unsigned members = what == 0 ? 0 : what < 5 ? 1 : 1 + random_below(r, 3);
        for (unsigned i = 0; i < members; i++)
            n.members[i] = alphabet[random_below(r, members == 1 ? 4 : 7)];
        n.others = members > 1 && random_below(r, 3) == 0;
    } else if (what < 11) {
        n.kind = REPEATED;
        n.least = random_below(r, 3);
        n.most = random_below(r, 2) ? 0 : n.least + 1 + random_below(r, 2);
    } else {
        n.kind = what < 13 ? EITHER : BOTH;
    }
    if (n.kind >= EITHER)
        n.a = random_node(t, r, depth - 1);
    if (n.kind == EITHER || n.kind == BOTH)
        n.b = random_node(t, r, depth - 1);
    assert_true(t->count < NODES_MAX);
    t->nodes[t->count] = n;
    return t->count++;
}

static void write_node(const struct tree *t, unsigned at, struct strbuf *out)
{
    const struct node *n = &t->nodes[at];
    switch (n->kind) {
    case CHARACTERS:
        if (n->members[0] == '\0')
            strbuf_add(out, ".");
        else if (n->members[1] == '\0' && n->members[0] != ',' && !n->others)
            strbuf_add(out, n->members);
        else
            strbuf_printf(out, "[%s%s]", n->others ? "^" : "", n->members);
        break;
    case BETWEEN:
        strbuf_add(out, "_");
        break;
    case BEGIN:
        strbuf_add(out, "^");
        break;
    case END:
        strbuf_add(out, "$");
        break;
    case REPEATED: {
        bool simple = t->nodes[n->a].kind <= BETWEEN;
        strbuf_add(out, simple ? "" : "(");
        write_node(t, n->a, out);
        strbuf_add(out, simple ? "" : ")");
        if (n->least <= 1 && n->most == 0)
            strbuf_add(out, n->least ? "+" : "*");
        else if (n->least == 0 && n->most == 1)
            strbuf_add(out, "?");
        else if (n->most == 0)
            strbuf_printf(out, "{%u,}", n->least);
        else
            strbuf_printf(out, "{%u,%u}", n->least, n->most);
        break;
    }
    case EITHER:
    case BOTH:
        strbuf_add(out, "(");
        write_node(t, n->a, out);
        strbuf_add(out, n->kind == EITHER ? "|" : "");
        write_node(t, n->b, out);
        strbuf_add(out, ")");
        break;
    }
}

static bool takes(const struct node *n, char c)
{
    return n->members[0] == '\0' || (strchr(n->members, c) != NULL) != n->others;
}

static uint64_t ends_of(const struct tree *t, unsigned at, uint64_t from, const char *text)
{
    const struct node *n = &t->nodes[at];
    size_t len = strlen(text);
    uint64_t last = UINT64_C(1) << len;
    uint64_t ends = 0;
    switch (n->kind) {
    case CHARACTERS:
    case BETWEEN:
        for (size_t i = 0; i < len; i++) {
            bool taken = n->kind == BETWEEN ? strchr(" ,{}", text[i]) != NULL : takes(n, text[i]);
            if ((from >> i & 1) != 0 && taken)
                ends |= UINT64_C(2) << i;
        }
        return n->kind == BETWEEN ? ends | (from & (last | 1)) : ends;
    case BEGIN:
        return from & 1;
    case END:
        return from & last;
    case EITHER:
        return ends_of(t, n->a, from, text) | ends_of(t, n->b, from, text);
    case BOTH:
        return ends_of(t, n->b, ends_of(t, n->a, from, text), text);
    case REPEATED:
        for (unsigned i = 0; i < n->least; i++)
            from = ends_of(t, n->a, from, text);
        ends = from;
        for (unsigned i = n->least; n->most == 0 ? i < TEXT_MAX + 4 : i < n->most; i++)
            ends |= from = ends_of(t, n->a, from, text);
        return ends;
    }
    return 0;
}

static void random_expressions(void **state)
{
    (void)state;
    static struct tree t;
    struct random r = {29};
    unsigned found = 0;
    unsigned asked = 0;
    for (unsigned round = 0; round < random_rounds(4000); round++) {
        struct strbuf expression = {0};
        t.count = 0;
        unsigned root = random_node(&t, &r, 1 + round % 4);
        write_node(&t, root, &expression);
        for (unsigned i = 0; i < 5; i++) {
            struct strbuf text = {0};
            for (unsigned len = random_below(&r, i < 3 ? 8 : TEXT_MAX); len-- > 0;)
                strbuf_add_char(&text, "0012 ,{}"[random_below(&r, 8)]);
            const char *shown = strbuf_text(&text);
            uint64_t anywhere = (UINT64_C(2) << text.len_bytes) - 1;
            bool expected = ends_of(&t, root, anywhere, shown) != 0;
            if (match(strbuf_text(&expression), &text) !=
                (expected ? PATH_REGEX_YES : PATH_REGEX_NO))
                fail_msg("'%s' on '%s': not %d", strbuf_text(&expression), shown, expected);
            found += expected;
            asked++;
            strbuf_release(&text);
        }
        strbuf_release(&expression);
    }
    assert_in_range(found, asked / 4, asked * 3 / 4);
}

/* The text of a path of this many ASNs. */
static void put_long_path(struct strbuf *text, unsigned asns)
{
    static uint8_t value[20000];
    struct writer w = writer_over(value, sizeof(value));
    for (unsigned at = 0; at < asns;) {
        unsigned count = asns - at < 255 ? asns - at : 255;
        writer_u8(&w, ASPATH_SEQUENCE);
        writer_u8(&w, (uint8_t)count);
        for (unsigned i = 0; i < count; i++)
            writer_u32(&w, 4200000000u + at++);
    }
    assert_true(writer_ok(&w));
    assert_int_equal(aspath_check(writer_span(&w), 4), 0);
    path_regex_put_path(writer_span(&w), text);
}

static void long_paths_and_hard_expressions(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        enum path_regex_result result;
    } cases[] = {
        {"_4200003999$", PATH_REGEX_YES},
        {"^([0-9]+ )*4200003999$", PATH_REGEX_YES},
        {"^([0-9]+_)+$", PATH_REGEX_YES},
        {"^(([0-9]+)* *)*[{,]", PATH_REGEX_NO},
        {"(([0-9]+)* *)*[{,]", PATH_REGEX_NO},
        {"((((([0-9]*)*)*)* *)*)*[{,]$", PATH_REGEX_NO},
        {"_[0-9 ]+_65001$", PATH_REGEX_NO},
        {"[0-9 ]*[{,]", PATH_REGEX_NO},
        {"[0-9 ]{200,}[{,]", PATH_REGEX_NO},
        {".*.*.*.*.*.*[{,]", PATH_REGEX_NO},
        {"_.*_.*_.*_.*_7777777_", PATH_REGEX_NO},
        {"(1|2|3|4|5|6|7|8|9|0| |_)+_[{,]", PATH_REGEX_NO},
        {"(.+)+(.+)+(.+)+[{,]", PATH_REGEX_NO},
        {"_4200000000_.*_4200002000_.*_4200003999_", PATH_REGEX_YES},
    };
    struct strbuf text = {0};
    put_long_path(&text, 4000);
    assert_int_equal(text.len_bytes, 4000 * 11 - 1);
    struct path_regex_scratch *scratch = path_regex_scratch_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct path_regex *regex = compiled(cases[i].expression);
        enum path_regex_result result = path_regex_match(regex, scratch, &text);
        if (result != cases[i].result)
            fail_msg("%s: %d", cases[i].expression, result);
        path_regex_unref(regex);
    }
    path_regex_scratch_free(scratch);
    strbuf_release(&text);
}

static void what_is_too_much_is_said(void **state)
{
    (void)state;
    struct strbuf text = {0};
    put_long_path(&text, 4000);
    struct path_regex_scratch *scratch = path_regex_scratch_new();
    struct path_regex *regex = compiled("(.?){100}[{,]");
    assert_int_equal(path_regex_match(regex, scratch, &text), PATH_REGEX_UNFINISHED);
    /* The next one is none the worse for it. */
    struct path_regex *easy = compiled("_4200000007_");
    assert_int_equal(path_regex_match(easy, scratch, &text), PATH_REGEX_YES);
    strbuf_clear(&text);
    assert_int_equal(path_regex_match(regex, scratch, &text), PATH_REGEX_NO);
    path_regex_unref(easy);
    path_regex_unref(regex);
    path_regex_scratch_free(scratch);
    strbuf_release(&text);
}

/* For those who are not to be trusted there is less work, which is enough for what people write. */
static void limited_work(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        enum path_regex_result limited;
    } cases[] = {
        {"_4200000013_.*_4200000029$", PATH_REGEX_YES},
        {"^(4200000000_)+.*_420000002[0-9]_", PATH_REGEX_YES},
        {"^([0-9]+ )*4200000030$", PATH_REGEX_NO},
        {"(([0-9]+)* *)*[{,]", PATH_REGEX_NO},
        {"(.?){100}[{,]", PATH_REGEX_UNFINISHED},
    };
    struct strbuf text = {0};
    put_long_path(&text, 30);
    struct path_regex_scratch *limited = path_regex_scratch_new();
    struct path_regex_scratch *scratch = path_regex_scratch_new();
    path_regex_scratch_limit(limited);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct path_regex *regex = compiled(cases[i].expression);
        enum path_regex_result result = path_regex_match(regex, limited, &text);
        if (result != cases[i].limited)
            fail_msg("%s: %d", cases[i].expression, result);
        if (result == PATH_REGEX_UNFINISHED)
            result = PATH_REGEX_NO;
        assert_int_equal(path_regex_match(regex, scratch, &text), result);
        path_regex_unref(regex);
    }
    path_regex_scratch_free(limited);
    path_regex_scratch_free(scratch);
    strbuf_release(&text);
}

/* What is not looked for as the path has not the AS that it takes would not be found either. */
static void an_as_that_is_needed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t needed;
    } cases[] = {
        {"_12_", 12},
        {"^12_", 12},
        {"_12$", 12},
        {"^12$", 12},
        {"^1 12 2$", 1},
        {"^[0-9]+ 12$", 12},
        {"_(1|2)_12_", 12},
        {"_12_[0-9]+$", 12},
        {"^(1_)?12_", 0},
        {"_12", 0},
        {"12_", 0},
        {"_12*_", 0},
        {"_12_?", 0},
        {"_12_*1$", 0},
        {"_12_{0,2}", 0},
        {"_1_|_12_", 0},
        {"(_12_)?", 0},
        {"(_12_|_2_)", 0},
        {"[ 12 ]", 0},
        {"[^ 12 ]", 0},
        {"_1?2_", 0},
        {"_1.2_", 0},
        {"_4294967296_", 0},
        {"_012_", 12},
        {"", 0},
        {"^$", 0},
        {"_[ 12 ]_12 ?", 0},
        {"_12$|", 0},
        {"_0_", 0},
        {"^12 {0,1}1$", 0},
        {"_4294967295_", UINT32_MAX},
    };
    struct path_text t = {0};
    struct strbuf text = {0};
    struct path_regex_scratch *scratch = path_regex_scratch_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct path_regex *regex;
        struct text_error error = {0};
        assert_int_equal(path_regex_compile(cases[i].text, &regex, &error), 0);
        assert_int_equal(path_regex_needed_as(regex), cases[i].needed);
        /* Paths of up to three ASNs, in a sequence or a set. */
        static const uint8_t asns[] = {0, 1, 2, 12, 112, 121};
        for (unsigned n = 0; n < 4 * 216; n++) {
            uint8_t path[14] = {n % 2 ? 2 : 1, (uint8_t)(n / 216)};
            for (unsigned k = 0, m = n % 216; k < n / 216; k++, m /= 6)
                path[2 + 4 * k + 3] = asns[m % 6];
            struct span value = span_of(path, n < 216 ? 0 : 2 + 4 * (n / 216));
            path_regex_put_path(value, &text);
            assert_int_equal(path_text_match(&t, value, regex),
                             path_regex_match(regex, scratch, &text));
        }
        path_regex_unref(regex);
    }
    path_regex_scratch_free(scratch);
    strbuf_release(&text);
    path_text_release(&t);
}

static void the_text_of_a_path(void **state)
{
    (void)state;
    uint8_t value[64];
    struct writer w = writer_over(value, sizeof(value));
    struct strbuf text = {0};
    strbuf_add(&text, "what was there before");
    assert_int_equal(aspath_parse("65001 65002 {65003 65004}", &w), 0);
    path_regex_put_path(writer_span(&w), &text);
    assert_string_equal(strbuf_text(&text), "65001 65002 {65003 65004}");
    path_regex_put_path(span_of(NULL, 0), &text);
    assert_string_equal(strbuf_text(&text), "");
    assert_int_equal(match("^$", &text), PATH_REGEX_YES);
    strbuf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_expressions),
        cmocka_unit_test(what_is_not_permitted),
        cmocka_unit_test(limits_of_expressions),
        cmocka_unit_test(random_expressions),
        cmocka_unit_test(long_paths_and_hard_expressions),
        cmocka_unit_test(what_is_too_much_is_said),
        cmocka_unit_test(limited_work),
        cmocka_unit_test(an_as_that_is_needed),
        cmocka_unit_test(the_text_of_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
