/* Walking a table of the file along the schema. */
#include "config/schema.h"

#include <string.h>

#include "base/nearest.h"

enum { MAX_KEYS = 64 /* more than any table has */ };

const char *schema_type_text(enum toml_type type)
{
    switch (type) {
    case TOML_STRING:
        return "a string";
    case TOML_INTEGER:
        return "an integer";
    case TOML_FLOAT:
        return "a float";
    case TOML_BOOLEAN:
        return "a boolean";
    case TOML_DATE_TIME:
        return "a date or time";
    case TOML_ARRAY:
    case TOML_PACKED:
        return "an array";
    case TOML_TABLE:
        return "a table";
    case TOML_BROKEN:
        break;
    }
    return "something else";
}

void schema_hint(struct strbuf *out, const char *word, const struct schema_choices *choices)
{
    struct nearest nearest = nearest_to(word);
    for (size_t i = 0; i < choices->count; i++)
        nearest_offer(&nearest, choices->names[i]);
    if (nearest.best) {
        strbuf_printf(out, " (did you mean '%s'?)", nearest.best);
        return;
    }
    for (size_t i = 0; choices->lead && i < choices->count; i++)
        strbuf_printf(out, "%s%s%s%s", i > 0 ? ", " : choices->lead, choices->quote,
                      choices->names[i], choices->quote);
    strbuf_add(out, choices->lead && choices->count > 0 ? ")" : "");
}

const struct schema_key *schema_key_named(const struct schema *schema, const char *name)
{
    for (; schema; schema = schema->more) {
        for (size_t i = 0; i < schema->count; i++) {
            const struct schema_key *key = &schema->keys[i];
            if (strcmp(key->name, name) == 0 || (key->alias && strcmp(key->alias, name) == 0))
                return key;
        }
    }
    return NULL;
}

const struct toml_node *schema_find(const struct schema_key *key, const struct toml_node *table)
{
    const struct toml_node *node = loader_find(table, key->name);
    return node || !key->alias ? node : loader_find(table, key->alias);
}

const char *schema_quotes_hint(enum toml_type type)
{
    bool is_bare = type & (TOML_INTEGER | TOML_FLOAT | TOML_DATE_TIME);
    return is_bare ? ": it needs quotes" : "";
}

static void report_unknown(struct loader *l, const struct schema *schema, const char *where,
                           const struct toml_node *node)
{
    if (loader_is_full(l)) {
        loader_problem(l, node->key_place, "unknown key");
        return;
    }
    const char *names[MAX_KEYS];
    struct schema_choices choices = {.names = names, .lead = " (valid keys: ", .quote = ""};
    bool in_group = strcmp(where, schema->title) != 0;
    for (; schema; schema = schema->more)
        for (size_t i = 0; i < schema->count && choices.count < MAX_KEYS; i++)
            if (!in_group || !schema->keys[i].peer_only)
                names[choices.count++] = schema->keys[i].name;
    struct strbuf hint = {0};
    schema_hint(&hint, node->key, &choices);
    loader_problem(l, node->key_place, "unknown key '%.64s' in %s%s", node->key, where,
                   strbuf_text(&hint));
    strbuf_release(&hint);
}

static void check_beside(struct loader *l, const struct toml_node *table,
                         const struct toml_node *node, const char *other_name, const char *why)
{
    const struct toml_node *other = other_name ? loader_find(table, other_name) : NULL;
    if (other)
        loader_problem(l, other->key_place, "%s and %s cannot be given together: %s", node->key,
                       other_name, why);
}

void schema_check_keys(struct loader *l, const struct schema *schema, const char *where,
                       const struct toml_node *table)
{
    for (size_t i = 0; i < table->as.list.count; i++) {
        const struct toml_node *node = &table->as.list.items[i];
        const struct schema_key *key = schema_key_named(schema, node->key);
        if (!key) {
            report_unknown(l, schema, where, node);
        } else if (strcmp(node->key, key->name) == 0) {
            check_beside(l, table, node, key->alias, "they are names of the same thing");
            check_beside(l, table, node, key->excludes, "one says what the other says");
        }
    }
}

void schema_set(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                void *target)
{
    if (value->type & key->types)
        key->set(l, key, value, target);
    else if (value->type == TOML_BROKEN)
        l->stumbled = true; /* reported */
    else
        loader_problem(l, value->place, "%s must be %s, not %s%s", value->key, key->type_text,
                       schema_type_text(value->type),
                       key->types & TOML_STRING ? schema_quotes_hint(value->type) : "");
}

void schema_apply(struct loader *l, const struct schema *schema, const char *where,
                  const struct toml_node *table, void *target)
{
    if (table->type == TOML_BROKEN)
        return; /* reported */
    if (table->type != TOML_TABLE) {
        loader_problem(l, table->place, "%s must be a table, not %s", where,
                       schema_type_text(table->type));
        return;
    }
    schema_check_keys(l, schema, where, table);
    for (size_t i = 0; i < table->as.list.count; i++) {
        const struct toml_node *node = &table->as.list.items[i];
        const struct schema_key *key = schema_key_named(schema, node->key);
        if (key)
            schema_set(l, key, node, target);
    }
}
