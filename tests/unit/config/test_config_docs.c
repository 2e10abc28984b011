/* The tables of docs/configuration.md hold one row for each key of the schema, and no others:
 * `test_config_docs --write` puts them there. */
#include "config/channel_keys.h"
#include "config/global.h"
#include "config/originate_keys.h"
#include "config/peer_keys.h"
#include "config/policies.h"
#include "config/policy_expect.h"
#include "config/policy_rules.h"
#include "config/policy_scene.h"
#include "config/policy_sets.h"
#include "config/policy_tests.h"
#include "config/rpki_keys.h"
#include "config/state_keys.h"
#include "config/static_routes.h"
#include "config/tls_keys.h"
#include "config/token_keys.h"
#include "config_test.h"

#include "../written_docs.h"
#include "wire/nlri_text.h"

/* The tables of the document, in its order. A flow's has the attributes of a route in words. */
static const struct {
    const struct schema *schema; /* NULL: the families */
    bool with_more;
} tables[] = {
    {&schema_global, false},
    {&schema_peer, false},
    {NULL, false},
    {&schema_channel, false},
    {&schema_limit, false},
    {&schema_policy, false},
    {&schema_rule, false},
    {&schema_test, false},
    {&schema_test_route, false},
    {&schema_test_peer, false},
    {&schema_expect, false},
    {&schema_set_file, false},
    {&schema_rpki, false},
    {&schema_rpki_cache, false},
    {&schema_state, false},
    {&schema_token, false},
    {&schema_tls, false},
    {&schema_originate, false},
    {&schema_originate_kind, false},
    {&schema_originate_flows, false},
    {&schema_route, true},
    {&schema_flow, false},
};
enum { TABLE_COUNT = sizeof(tables) / sizeof(tables[0]) };

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

/* How the routes of a family are written. */
static void render_parts(const struct family_info *info, struct strbuf *out)
{
    static const struct {
        uint8_t part;
        const char *text;
    } parts[] = {
        {NLRI_TEXT_PREFIX, "`prefix`"},
        {NLRI_TEXT_RD, ", `rd`"},
        {NLRI_TEXT_LABELS, ", `labels`"},
        {NLRI_TEXT_RULES, "`matches`: [static flows](#static-flows)"},
    };
    uint8_t rest = info->written_as;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (info->written_as & parts[i].part)
            strbuf_add(out, parts[i].text);
        rest &= (uint8_t)~parts[i].part;
    }
    assert_int_equal(rest, 0);
}

static void render_families(struct strbuf *out)
{
    for (enum family f = 0; f < FAMILY_COUNT; f++) {
        const struct family_info *info = family_info(f);
        strbuf_printf(out, "| `%s` | %u / %u | %s / %s | %s | ", info->name, info->afi, info->safi,
                      info->afi_name, info->safi_name, info->is_default ? "yes" : "no");
        render_parts(info, out);
        strbuf_add(out, " |\n");
    }
}

static void render_table(size_t index, struct strbuf *out)
{
    if (!tables[index].schema)
        render_families(out);
    for (const struct schema *schema = tables[index].schema; schema; schema = schema->more) {
        for (size_t i = 0; i < schema->count; i++)
            render_row(&schema->keys[i], out);
        if (!tables[index].with_more)
            break;
    }
}

static char *with_tables(const char *text)
{
    return doc_with_tables(text, TABLE_COUNT, render_table);
}

static const struct written_doc document = {
    .path = BGPD_SOURCE_DIR "/docs/configuration.md",
    .test = "test_config_docs",
    .rewrite = with_tables,
};

static void test_tables(void **state)
{
    (void)state;
    doc_check(&document);
}

static void write_tables(void **state)
{
    (void)state;
    doc_write(&document);
}

static void assert_whole(const struct schema *schema, const struct schema_key *key)
{
    assert_true(key->name && key->types && key->type_text && key->reload && key->help);
    assert_non_null(key->set);
    assert_false(key->required && key->default_text);
    assert_ptr_equal(schema_key_named(schema, key->name), key);
    if (key->alias)
        assert_ptr_equal(schema_key_named(schema, key->alias), key);
    if (key->excludes)
        assert_non_null(schema_key_named(schema, key->excludes));
}

/* Every row must be whole: the loader and the documentation rely on it. */
static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        for (const struct schema *s = tables[i].schema; s; s = s->more)
            for (size_t j = 0; j < s->count; j++)
                assert_whole(s, &s->keys[j]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_rows),
    };
    const struct CMUnitTest write[] = {cmocka_unit_test(write_tables)};
    if (argc > 1 && strcmp(argv[1], "--write") == 0)
        return cmocka_run_group_tests(write, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
