/* Walking a table of the file along the schema. */
#include "config/schema.h"

#include <string.h>

enum {
    MAX_WORD = 32, /* longer words are not compared for likeness */
    MAX_KEYS = 64, /* more than any table has */
};

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
        return "an array";
    case TOML_TABLE:
        return "a table";
    }
    return "something else";
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters must be changed, added, dropped or swapped with their neighbour (optimal string
 * alignment) to make `a` of `b`. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[MAX_WORD + 1][MAX_WORD + 1];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len > MAX_WORD || b_len > MAX_WORD)
        return MAX_WORD;
    for (unsigned i = 0; i <= a_len; i++)
        rows[i][0] = i;
    for (unsigned j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        for (size_t j = 1; j <= b_len; j++) {
            unsigned cost = a[i - 1] != b[j - 1];
            unsigned best = least(rows[i - 1][j] + 1, rows[i][j - 1] + 1);
            best = least(best, rows[i - 1][j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, rows[i - 2][j - 2] + 1);
            rows[i][j] = best;
        }
    }
    return rows[a_len][b_len];
}

const char *schema_nearest(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    unsigned best = (unsigned)least(3, (unsigned)strlen(word) / 2) + 1;
    for (size_t i = 0; i < count; i++) {
        unsigned d = distance(word, names[i]);
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
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

static void report_unknown(struct loader *l, const struct schema *schema, const char *where,
                           const struct toml_node *node)
{
    if (loader_is_full(l)) {
        loader_problem(l, node->key_place, "unknown key");
        return;
    }
    const char *names[MAX_KEYS];
    size_t count = 0;
    struct strbuf all = {0};
    for (; schema; schema = schema->more) {
        for (size_t i = 0; i < schema->count && count < MAX_KEYS; i++) {
            strbuf_printf(&all, "%s%s", count > 0 ? ", " : "", schema->keys[i].name);
            names[count++] = schema->keys[i].name;
        }
    }
    struct strbuf guess = {0};
    const char *nearest = schema_nearest(node->key, names, count);
    if (nearest)
        strbuf_printf(&guess, "did you mean '%s'? ", nearest);
    loader_problem(l, node->key_place, "unknown key '%.64s' in %s (%svalid keys: %s)", node->key,
                   where, strbuf_text(&guess), strbuf_text(&all));
    strbuf_release(&guess);
    strbuf_release(&all);
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
    else
        loader_problem(l, value->place, "%s must be %s, not %s", value->key, key->type_text,
                       schema_type_text(value->type));
}

void schema_apply(struct loader *l, const struct schema *schema, const char *where,
                  const struct toml_node *table, void *target)
{
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
