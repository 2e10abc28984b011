/* The splitter must give the same items and the same rest however an answer is cut into pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json_split.h"
#include "base/strbuf.h"

static const char *const lists[] = {"result", "result.routes", "roas", NULL};

/* Collects items as "[item][item]". */
static int collect(void *ctx, const char *text, size_t len_bytes)
{
    struct strbuf *all = ctx;
    strbuf_add_char(all, '<');
    strbuf_add_bytes(all, text, len_bytes);
    strbuf_add_char(all, '>');
    return 0;
}

/* Feeds `text` in pieces of `piece` bytes. */
static int feed(struct json_split *s, const char *text, size_t piece)
{
    size_t len = strlen(text);
    for (size_t at = 0; at < len; at += piece) {
        size_t take = len - at < piece ? len - at : piece;
        int rc = json_split_feed(s, text + at, take);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static void check(const char *text, const char *items, const char *rest)
{
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        struct strbuf all = {0};
        struct json_split s;
        json_split_init(&s, lists, collect, &all);
        assert_int_equal(feed(&s, text, piece), 0);
        assert_string_equal(strbuf_text(&all), items);
        assert_string_equal(strbuf_text(&s.rest), rest);
        json_split_release(&s);
        strbuf_release(&all);
    }
}

/* The document itself may be a list; strings in a list are not names of lists. */
static void test_whole_document(void **state)
{
    (void)state;
    static const char *const whole[] = {"", "result.routes", NULL};
    static const struct {
        const char *text;
        const char *items;
        const char *rest;
    } cases[] = {
        {" [1, {\"result\":{\"routes\":[2]}},\"]\"] ", "<1>< {\"result\":{\"routes\":[2]}}><\"]\">",
         " [] "},
        {"[]", "", "[]"},
        {"{\"result\":{\"routes\":[[1],\"x\\\"\"]}}", "<[1]><\"x\\\"\">",
         "{\"result\":{\"routes\":[]}}"},
        {"{\"result\":[\"routes\",[1]]}", "", "{\"result\":[\"routes\",[1]]}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t piece = 1; piece <= strlen(cases[i].text); piece++) {
            struct strbuf all = {0};
            struct json_split s;
            json_split_init(&s, whole, collect, &all);
            assert_int_equal(feed(&s, cases[i].text, piece), 0);
            assert_string_equal(strbuf_text(&all), cases[i].items);
            assert_string_equal(strbuf_text(&s.rest), cases[i].rest);
            json_split_release(&s);
            strbuf_release(&all);
        }
    }
}

static void test_lists(void **state)
{
    (void)state;
    check("{\"result\":[{\"a\":1},{\"b\":[2,3]}],\"id\":1}", "<{\"a\":1}><{\"b\":[2,3]}>",
          "{\"result\":[],\"id\":1}");
    check("{\"id\":1,\"result\":{\"cursor\":\"x\",\"routes\":[1,[2],\"3\"]}}", "<1><[2]><\"3\">",
          "{\"id\":1,\"result\":{\"cursor\":\"x\",\"routes\":[]}}");
    check("{ \"result\" : [ ] }", "", "{ \"result\" : [] }");
    check("{\"result\":[ 1 , 2 ]}", "< 1 >< 2 >", "{\"result\":[]}");
}

static int note_place(void *ctx, const char *text, size_t len_bytes)
{
    struct json_split *s = ctx;
    (void)text;
    (void)len_bytes;
    strbuf_printf(&s->rest, "<%s %u:%u>", s->keys[0], s->item_line, s->item_column);
    return 0;
}

/* Several lists, and where their items begin. */
static void test_places(void **state)
{
    (void)state;
    const char *text = "{\"roas\":[1,\n\n 2,3\n],\n\"result\": [4]}";
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        struct json_split s;
        json_split_init(&s, lists, note_place, &s);
        assert_int_equal(feed(&s, text, piece), 0);
        assert_string_equal(strbuf_text(&s.rest),
                            "{\"roas\":[<roas 1:10><roas 1:12><roas 3:4>],\n\"result\": [<result "
                            "5:12>]}");
        json_split_release(&s);
    }
}

static void test_strings_hide_structure(void **state)
{
    (void)state;
    check("{\"x\":\"\\\"result\\\":[\",\"result\":[\"],[\",\"\\\\\",\"\\\"]\"]}",
          "<\"],[\"><\"\\\\\"><\"\\\"]\">", "{\"x\":\"\\\"result\\\":[\",\"result\":[]}");
}

static void test_other_lists_are_left_alone(void **state)
{
    static const char *const texts[] = {
        "{\"error\":{\"code\":1,\"data\":{\"errors\":[\"a\",\"b\"]}}}",
        "{\"error\":{\"routes\":[1,2]}}",
        "{\"result\":{\"families\":[1,2]}}",
        "{\"x\":{\"result\":[1,2]}}",
        "{\"result\":{\"x\":{\"routes\":[1,2]}}}",
        "{\"result\":\"routes\",\"list\":[1,2]}",
        "{\"a_key_that_is_longer_than_any_that_is_looked_for\":[1,2]}",
        "[[1,2],[3]]",
        "17",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check(texts[i], "", texts[i]);
}

static void test_without_a_taker_nothing_is_cut(void **state)
{
    (void)state;
    struct json_split s;
    json_split_init(&s, lists, NULL, NULL);
    assert_int_equal(feed(&s, "{\"result\":[1,2]}", 3), 0);
    assert_string_equal(strbuf_text(&s.rest), "{\"result\":[1,2]}");
    json_split_release(&s);
}

static void test_what_cannot_be_json(void **state)
{
    static const char *const texts[] = {
        "]",
        "{}}",
        "{\"result\":[1,]}",
        "{\"result\":[,1]}",
        "{\"result\":[1,,2]}",
        "{\"result\":[ , ]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct strbuf all = {0};
        struct json_split s;
        json_split_init(&s, lists, collect, &all);
        assert_int_equal(feed(&s, texts[i], 1), ERR_INVALID);
        json_split_release(&s);
        strbuf_release(&all);
    }
}

static int refuse(void *ctx, const char *text, size_t len_bytes)
{
    (void)text;
    (void)len_bytes;
    ++*(unsigned *)ctx;
    return 42;
}

static void test_the_taker_may_stop(void **state)
{
    (void)state;
    unsigned calls = 0;
    struct json_split s;
    json_split_init(&s, lists, refuse, &calls);
    const char *text = "{\"result\":[1,2,3]}";
    assert_int_equal(json_split_feed(&s, text, strlen(text)), 42);
    assert_int_equal(calls, 1);
    json_split_release(&s);
}

static void test_an_item_has_a_limit(void **state)
{
    (void)state;
    static char block[1 << 16];
    struct strbuf all = {0};
    struct json_split s;
    json_split_init(&s, lists, collect, &all);
    memset(block, 'x', sizeof block);
    assert_int_equal(feed(&s, "{\"result\":[\"", 100), 0);
    int rc = 0;
    for (size_t fed = 0; rc == 0 && fed <= JSON_SPLIT_ITEM_MAX_BYTES; fed += sizeof block)
        rc = json_split_feed(&s, block, sizeof block);
    assert_int_equal(rc, ERR_FULL);
    assert_true(s.item.len_bytes <= JSON_SPLIT_ITEM_MAX_BYTES);
    json_split_release(&s);
    strbuf_release(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_whole_document),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_strings_hide_structure),
        cmocka_unit_test(test_other_lists_are_left_alone),
        cmocka_unit_test(test_without_a_taker_nothing_is_cut),
        cmocka_unit_test(test_what_cannot_be_json),
        cmocka_unit_test(test_the_taker_may_stop),
        cmocka_unit_test(test_an_item_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
