/* What validators export, in the ways in which they do, and what is wrong with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/prefix.h"
#include "rpki/vrp_json.h"

enum { NOW_S = 1700000000 };

struct pieces {
    const char *text;
    size_t piece_bytes;
};

static size_t more(void *ctx, char *buf, size_t size)
{
    struct pieces *p = ctx;
    size_t n = strnlen(p->text, p->piece_bytes < size ? p->piece_bytes : size);
    memcpy(buf, p->text, n);
    p->text += n;
    return n;
}

static struct vrp_json read_in_pieces(const char *text, size_t piece_bytes)
{
    struct pieces pieces = {text, piece_bytes};
    return vrp_json_read(more, &pieces, NOW_S);
}

static void render(const struct rpki_entries *e, struct strbuf *out)
{
    char text[PREFIX_TEXT_MAX];
    for (size_t i = 0; i < e->vrp_count; i++)
        strbuf_printf(out, "%s le %u %u\n", prefix_format(&e->vrps[i].prefix, text),
                      e->vrps[i].max_length, e->vrps[i].as);
    for (size_t i = 0; i < e->aspa_count; i++) {
        strbuf_printf(out, "%u:", e->aspas[i].customer);
        for (size_t k = 0; k < e->aspas[i].count; k++)
            strbuf_printf(out, " %u", e->aspas[i].providers[k]);
        strbuf_add(out, "\n");
    }
}

static void assert_reads(const char *json, const char *expected)
{
    for (size_t piece = 1; piece <= strlen(json); piece += 7) {
        struct vrp_json j = read_in_pieces(json, piece);
        struct strbuf out = {0};
        if (!j.entries)
            fail_msg("%s", strbuf_text(&j.problem));
        render(j.entries, &out);
        assert_string_equal(strbuf_text(&out), expected);
        strbuf_release(&out);
        vrp_json_release(&j);
    }
}

static void assert_wrong(const char *json, const char *problem)
{
    for (size_t piece = 1; piece <= strlen(json) + 1; piece += 5) {
        struct vrp_json j = read_in_pieces(json, piece);
        assert_null(j.entries);
        assert_string_equal(strbuf_text(&j.problem), problem);
        vrp_json_release(&j);
    }
}

static void as_rpki_client_writes_it(void **state)
{
    (void)state;
    assert_reads("{\n\t\"metadata\": {\n\t\t\"buildmachine\": \"x\", \"roas\": 2\n\t},\n\n"
                 "\t\"roas\": [\n"
                 "\t\t{ \"asn\": 64500, \"prefix\": \"192.0.2.0/24\", \"maxLength\": 26, "
                 "\"ta\": \"ripe\", \"expires\": 1700000001 },\n"
                 "\t\t{ \"asn\": 0, \"prefix\": \"2001:db8::/32\", \"maxLength\": 32, "
                 "\"ta\": \"ripe\", \"expires\": 1800000000 },\n"
                 "\t\t{ \"asn\": 64501, \"prefix\": \"10.0.0.0/8\", \"maxLength\": 8, "
                 "\"ta\": \"ripe\", \"expires\": 1700000000 }\n"
                 "\t],\n\n\t\"bgpsec_keys\": [\n\t\t{ \"asn\": 1, \"ski\": \"AB\" }\n\t],\n\n"
                 "\t\"aspas\": [\n"
                 "\t\t{ \"customer_asid\": 64500, \"expires\": 1800000000, "
                 "\"providers\": [ 64503, 64502 ] },\n"
                 "\t\t{ \"customer_asid\": 64501, \"expires\": 5, \"providers\": [ 0 ] }\n"
                 "\t]\n}\n",
                 "192.0.2.0/24 le 26 64500\n2001:db8::/32 le 32 0\n64500: 64502 64503\n");
}

static void as_routinator_writes_it(void **state)
{
    (void)state;
    assert_reads("{\"metadata\":{\"generated\":0},\"roas\":["
                 "{ \"asn\": \"AS64500\", \"prefix\": \"192.0.2.0/24\", \"maxLength\": 24, "
                 "\"ta\": \"N/A\" },"
                 "{ \"asn\": \"AS64500\", \"prefix\": \"192.0.2.0/24\", \"maxLength\": 24, "
                 "\"source\": [ { \"type\": \"exception\", \"path\": null }] }],"
                 "\"aspas\":[{ \"customer\": \"AS64500\", \"providers\": [\"AS2\", \"AS1\"], "
                 "\"ta\": \"N/A\" },{ \"customer\": \"as64500\", \"providers\": [\"3\"] }]}",
                 "192.0.2.0/24 le 24 64500\n64500: 1 2 3\n");
}

static void what_may_be_missing(void **state)
{
    (void)state;
    assert_reads("{\"roas\":[]}", "");
    assert_reads("{\"aspas\":[{\"customer_asid\":1,\"providers\":[2,2]}]}", "1: 2\n");
    assert_reads("{\"roas\":[{\"asn\":4294967295,\"prefix\":\"0.0.0.0/0\"}]}",
                 "0.0.0.0/0 le 0 4294967295\n");
    assert_reads("{\"roas\":[{\"asn\":1,\"prefix\":\"10.0.0.0/8\",\"maxLength\":32}],\"more\":[1]}",
                 "10.0.0.0/8 le 32 1\n");
}

static void when_something_expires(void **state)
{
    (void)state;
    struct vrp_json j =
        read_in_pieces("{\"roas\":[{\"asn\":1,\"prefix\":\"10.0.0.0/8\",\"expires\":1700000500},"
                       "{\"asn\":1,\"prefix\":\"11.0.0.0/8\",\"expires\":1700000400},"
                       "{\"asn\":1,\"prefix\":\"12.0.0.0/8\",\"expires\":1600000000}]}",
                       1000);
    assert_int_equal(j.entries->vrp_count, 2);
    assert_int_equal(j.expired, 1);
    assert_int_equal(j.next_expiry_s, 1700000400);
    vrp_json_release(&j);
}

static void errors_say_where(void **state)
{
    (void)state;
    assert_wrong("{\n \"roas\": [\n  {\"asn\": 1, \"prefix\": \"10.0.0.0/33\"}]}",
                 "3:3: prefix is not one (expected \"192.0.2.0/24\")");
    assert_wrong("{\"roas\": [{\"prefix\": \"10.0.0.0/8\", \"asn\": 1},\n"
                 "  {\"asn\": \"ASx\", \"prefix\": \"10.0.0.0/8\"}]}",
                 "2:3: asn is not an AS number (expected 64500 or \"AS64500\")");
    assert_wrong("{\"roas\": [{\"asn\": 4294967296, \"prefix\": \"10.0.0.0/8\"}]}",
                 "1:11: asn is not an AS number (expected 64500 or \"AS64500\")");
    assert_wrong("{\"roas\": [{\"asn\": 1, \"prefix\": \"10.0.0.0/8\", \"maxLength\": 7}]}",
                 "1:11: maxLength of 10.0.0.0/8 must be a number from 8 to 32");
    assert_wrong("{\"roas\": [{\"asn\": 1, \"prefix\": \"::/8\", \"maxLength\": \"9\"}]}",
                 "1:11: maxLength of ::/8 must be a number from 8 to 128");
    assert_wrong("{\"roas\": [ 5 ]}", "1:12: this is not an object");
    assert_wrong("{\"aspas\": [{\"providers\": [1]}]}",
                 "1:12: customer_asid is not an AS number (expected 64500, or customer: "
                 "\"AS64500\")");
    assert_wrong("{\"aspas\": [{\"customer\": \"AS1\", \"providers\": []}]}",
                 "1:12: providers is not a list of 1 to 16384 AS numbers");
    assert_wrong("{\"aspas\": [{\"customer\": \"AS1\", \"providers\": [\"x\"]}]}",
                 "1:12: providers is not a list of 1 to 16384 AS numbers");
}

static void what_is_not_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "<html>",
        "[]",
        "5",
        "{\"roas\": {}}",
        "{\"roas\": [{\"asn\": 1,]}",
        "{\"roas\": [{\"asn\": 1, \"prefix\": \"10.0.0.0/8\"}]",
        "{\"roas\": [{}, ]}",
        "}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct vrp_json j = read_in_pieces(texts[i], 3);
        assert_null(j.entries);
        assert_true(j.problem.len_bytes > 0);
        assert_int_equal(strbuf_text(&j.problem)[1], ':');
        vrp_json_release(&j);
    }
    /* Nothing of it is quoted: it may be another file than was meant. */
    assert_wrong("secret", "1:1: this is not JSON: invalid value");
    assert_wrong("{\"roas\":\n [secret]}", "2:3: this is not JSON: invalid value");
    assert_wrong("{\"vrps\": []}", "1:1: there is neither a list \"roas\" nor a list \"aspas\"");
}

/* A text of `count` times the same byte between two others. */
static char *fill(const char *before, char byte, size_t count, const char *after)
{
    struct strbuf text = {0};
    strbuf_add(&text, before);
    for (size_t i = 0; i < count; i++)
        strbuf_add_char(&text, byte);
    strbuf_add(&text, after);
    return strbuf_take(&text);
}

static void assert_wrong_once(char *json, const char *problem)
{
    struct vrp_json j = read_in_pieces(json, 1000);
    assert_null(j.entries);
    assert_string_equal(strbuf_text(&j.problem), problem);
    vrp_json_release(&j);
    free(json);
}

static void what_would_take_too_much(void **state)
{
    (void)state;
    assert_wrong_once(fill("", '[', 1, ""), "1:1: this is not an object");
    assert_wrong_once(fill("{\"a\":", '[', 31, "5"),
                      "1:38: this is not JSON: missing a comma or ']' after an array element");
    assert_wrong_once(fill("{\"a\":", '[', 32, "5"),
                      "1:38: this is not JSON: brackets are nested too deeply");
    assert_wrong_once(fill("{\"a\":\"", 'x', 2 << 20, "\"}"),
                      "1:1049001: this is not JSON: a string or number is too long");
    assert_wrong_once(fill("{\"a\":0.", '1', 2 << 20, "}"),
                      "1:1049001: this is not JSON: a string or number is too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_rpki_client_writes_it), cmocka_unit_test(as_routinator_writes_it),
        cmocka_unit_test(what_may_be_missing),      cmocka_unit_test(when_something_expires),
        cmocka_unit_test(errors_say_where),         cmocka_unit_test(what_is_not_json),
        cmocka_unit_test(what_would_take_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
