/* The tree behind toml.h, and its refusals. */
#include "config/loader.h"
#include "config/toml.h"
#include "config_test.h"

static struct toml_doc *doc_of(const char *text)
{
    struct toml_error error;
    struct toml_doc *doc = toml_doc_parse(0, text, strlen(text), NULL, 0, &error);
    if (!doc)
        fail_msg("%u:%u: %s", error.place.line, error.place.column, error.text);
    return doc;
}

static void assert_place(struct toml_place place, unsigned line, unsigned column)
{
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static void assert_error(const char *text, unsigned line)
{
    struct toml_error error;
    assert_null(toml_doc_parse(0, text, strlen(text), NULL, 0, &error));
    assert_int_equal(error.place.line, line);
}

/* As in TOML 1.1. */
static void test_table_over_lines(void **state)
{
    (void)state;
    struct toml_doc *doc = doc_of("t = { a = 1, # one\n"
                                  "      b = { c = 2,\n"
                                  "      },\n"
                                  "}\n"
                                  "d = 3\n");
    const struct toml_node *root = toml_doc_root(doc);
    const struct toml_node *b = loader_find(loader_find(root, "t"), "b");
    assert_place(b->key_place, 2, 7);
    assert_place(loader_find(b, "c")->place, 2, 17);
    assert_place(loader_find(root, "d")->place, 5, 5);
    toml_doc_free(doc);
    /* Lists and strings within have lines of their own, comments may hold anything. */
    doc = doc_of("a = [ { b = [1, # }\n"
                 "  2,\n"
                 "  ], # é {\r\n"
                 " c = \"\"\"x\n}\"\"\" }, { d = '}'\n"
                 "  } ] # }\n"
                 "[t]\n"
                 "e = { f = {}\n"
                 ", g = 7 }\n");
    root = toml_doc_root(doc);
    const struct toml_node *items = loader_find(root, "a")->as.list.items;
    assert_place(loader_find(&items[0], "b")->as.list.items[1].place, 2, 3);
    assert_place(loader_find(&items[0], "c")->place, 4, 6);
    assert_string_equal(loader_find(&items[0], "c")->as.string, "x\n}");
    assert_place(loader_find(&items[1], "d")->key_place, 5, 11);
    assert_place(loader_find(loader_find(loader_find(root, "t"), "e"), "g")->place, 9, 7);
    toml_doc_free(doc);
    assert_error("a = {\n b = 1\n c = 2 }\n", 3);
    assert_error("a = {\n b = 1,,\n}\n", 2);
    assert_error("a = {\n ,\n}\n", 2);
    assert_error("a = { b = 1,\n c = 2\nd = 3\n", 1);
}

static void test_types(void **state)
{
    (void)state;
    struct toml_doc *doc = doc_of("s = \"é\"\n"
                                  "i = -9223372036854775808\n"
                                  "f = 1.5\n"
                                  "b = true\n"
                                  "d = 1979-05-27T07:32:00Z\n"
                                  "a = [1, \"x\", [2]]\n"
                                  "  [ t.u ]\n"
                                  "'k y' = {z = 1}\n"
                                  "[[list]]\n"
                                  "[[list]]\n"
                                  "x = 1\n");
    const struct toml_node *root = toml_doc_root(doc);
    assert_int_equal(root->type, TOML_TABLE);
    assert_int_equal(root->as.list.count, 8);
    const struct toml_node *node = loader_find(root, "s");
    assert_int_equal(node->type, TOML_STRING);
    assert_string_equal(node->as.string, "é");
    assert_place(node->key_place, 1, 1);
    assert_place(node->place, 1, 5);
    node = loader_find(root, "i");
    assert_int_equal(node->type, TOML_INTEGER);
    assert_true(node->as.integer == INT64_MIN);
    node = loader_find(root, "f");
    assert_int_equal(node->type, TOML_FLOAT);
    assert_true(node->as.real > 1.4 && node->as.real < 1.6);
    node = loader_find(root, "b");
    assert_int_equal(node->type, TOML_BOOLEAN);
    assert_true(node->as.boolean);
    assert_int_equal(loader_find(root, "d")->type, TOML_DATE_TIME);
    node = loader_find(root, "a");
    assert_int_equal(node->type, TOML_ARRAY);
    assert_int_equal(node->as.list.count, 3);
    assert_null(node->as.list.items[0].key);
    assert_place(node->as.list.items[1].place, 6, 9);
    assert_int_equal(node->as.list.items[2].as.list.items[0].as.integer, 2);
    node = loader_find(loader_find(root, "t"), "u");
    assert_int_equal(node->type, TOML_TABLE);
    assert_place(node->place, 7, 3);
    node = loader_find(node, "k y");
    assert_place(node->key_place, 8, 1);
    assert_place(node->place, 8, 9);
    node = loader_find(root, "list");
    assert_int_equal(node->as.list.count, 2);
    assert_place(node->as.list.items[1].place, 10, 1);
    assert_null(loader_find(root, "absent"));
    toml_doc_free(doc);
    toml_doc_free(NULL);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        unsigned column;
        const char *part;
    } cases[] = {
        {"a = ", 1, 5, ""},
        {"a = 1\na = 2", 2, 5, "cannot redefine existing integer 'a'"},
        {"\n[peers", 2, 7, ""},
        {"[[peers]]\nmd5_password hunter2", 2, 14, "expected '='"},
        {"a = \"x\\qy\"", 1, 8, "unknown escape sequence"},
        {"a = \"\\u0000\"", 1, 5, "NUL"},
        {"\"a\\u0000\" = 1", 1, 1, "NUL"},
        {"a = \"\xff\xfe\"", 1, 5, "utf-8"},
        {"a = \"x\ny\"", 1, 7, ""},
        {"a = 99999999999999999999", 1, 25, "not representable"},
        {"x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x = 1", 1, 32, "too many parts"},
        {"# a.b\ns = '''\n...'''\n\"x\".x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x = 1", 4, 34,
         "too many parts"},
        {"a = [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", 1, 21, "nested too deeply"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct toml_error error;
        assert_null(toml_doc_parse(0, cases[i].text, strlen(cases[i].text), NULL, 0, &error));
        if (error.place.line != cases[i].line || error.place.column != cases[i].column ||
            !strstr(error.text, cases[i].part) || strstr(error.text, "9999"))
            fail_msg("%s\n%u:%u: %s", cases[i].text, error.place.line, error.place.column,
                     error.text);
    }
}

/* Nothing a file can nest takes the stack along. */
static void test_very_deep(void **state)
{
    (void)state;
    static const char *const units[] = {"a.", "[", "{a=", "[a.", "'a'.", "{a.a.a.a.a.a.a.a.a=["};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct strbuf text = {0};
        struct toml_error error;
        strbuf_add(&text, units[i][0] == '[' || units[i][0] == '{' ? "a=" : "");
        for (unsigned n = 0; n < 200000; n++)
            strbuf_add(&text, units[i]);
        assert_null(toml_doc_parse(0, strbuf_text(&text), text.len_bytes, NULL, 0, &error));
        assert_true(error.place.line == 1);
        strbuf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_table_over_lines),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_very_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
