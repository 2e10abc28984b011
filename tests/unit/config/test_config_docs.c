/* docs/configuration.md must hold one row for each key of the schema, and no others. */
#include "config/channel_keys.h"
#include "config/global.h"
#include "config/peer_keys.h"
#include "config/static_routes.h"
#include "config_test.h"

static char *read_docs(void)
{
    FILE *f = fopen(BGPD_SOURCE_DIR "/docs/configuration.md", "r");
    assert_non_null(f);
    struct strbuf text = {0};
    char buf[4096];
    size_t got;
    while ((got = fread(buf, 1, sizeof(buf), f)) > 0)
        strbuf_add_bytes(&text, buf, got);
    fclose(f);
    return strbuf_take(&text);
}

static void render_row(const struct schema_key *key, struct strbuf *out)
{
    strbuf_printf(out, "| `%s`", key->name);
    if (key->alias)
        strbuf_printf(out, " or `%s`", key->alias);
    strbuf_printf(out, " | %s | %s | %s | %s |\n", key->type_text,
                  key->required       ? "required"
                  : key->default_text ? key->default_text
                                      : "none",
                  config_reload_text(key->reload), key->help);
}

/* The rows of a schema, one after the other, must stand in the text just so. */
static unsigned check_table(const char *docs, const struct schema *schema)
{
    unsigned rows = 0;
    struct strbuf table = {0};
    for (size_t i = 0; i < schema->count; i++, rows++)
        render_row(&schema->keys[i], &table);
    if (!strstr(docs, strbuf_text(&table))) {
        print_error("docs/configuration.md lacks for %s:\n%s\n", schema->title,
                    strbuf_text(&table));
        fail();
    }
    strbuf_release(&table);
    return rows;
}

static void test_tables(void **state)
{
    (void)state;
    char *docs = read_docs();
    unsigned expected = check_table(docs, &schema_global) + check_table(docs, &schema_peer) +
                        check_table(docs, &schema_route) + check_table(docs, &schema_flow) +
                        check_table(docs, schema_route.more) + check_table(docs, &schema_channel) +
                        check_table(docs, &schema_limit);
    unsigned rows = 0;
    for (const char *p = strstr(docs, "\n| `"); p; p = strstr(p + 1, "\n| `"))
        rows++;
    assert_int_equal(rows, expected);
    assert_ptr_equal(schema_route.more, schema_flow.more);
    free(docs);
}

/* Every row must be whole: the loader and the documentation rely on it. */
static void test_rows(void **state)
{
    (void)state;
    const struct schema *all[] = {&schema_global,    &schema_peer,    &schema_route, &schema_flow,
                                  schema_route.more, &schema_channel, &schema_limit};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        for (size_t j = 0; j < all[i]->count; j++) {
            const struct schema_key *key = &all[i]->keys[j];
            assert_true(key->name && key->types && key->type_text && key->reload && key->help);
            assert_non_null(key->set);
            assert_false(key->required && key->default_text);
            assert_ptr_equal(schema_key_named(all[i], key->name), key);
            if (key->alias)
                assert_ptr_equal(schema_key_named(all[i], key->alias), key);
            if (key->excludes)
                assert_non_null(schema_key_named(all[i], key->excludes));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
