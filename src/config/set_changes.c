/* In what sets two configurations differ.
 *
 * Of sets, which may be very long, a configuration keeps what its files say of them, and how many
 * entries each has (config/written). Tables are in the order of their keys, so that both are gone
 * through at once. */
#include "config/set_changes.h"

#include <string.h>

#include "config/loader.h"
#include "config/policy_sets.h"
#include "config/value_text.h"
#include "config/written.h"

/* The sets of a kind, in order of their names. */
struct side {
    const struct toml_node *items;
    size_t count;
    const uint32_t *entries; /* of each */
    size_t at;
};

static struct side side_of(const struct config *c, const char *table)
{
    const struct toml_node *node = c->written ? loader_find(&c->written->root, table) : NULL;
    if (!node)
        return (struct side){0};
    return (struct side){.items = node->as.list.items,
                         .count = node->as.list.count,
                         .entries = c->written->set_counts[policy_sets_kind(table)]};
}

static bool same_packed(const struct toml_packed *a, const struct toml_packed *b)
{
    const char *at = a->items;
    const char *bt = b->items;
    if (a->count != b->count || !at || !bt)
        return a->count == b->count && at == bt;
    for (size_t i = 0; i < a->count; i++) {
        size_t len = strlen(at);
        if (strcmp(at, bt) != 0)
            return false;
        at += len + 1;
        bt += len + 1;
    }
    return true;
}

static bool same_text(const struct toml_node *a, const struct toml_node *b)
{
    struct strbuf a_text = {0};
    struct strbuf b_text = {0};
    if (a->type != b->type)
        return false;
    if (a->type == TOML_PACKED)
        return same_packed(&a->as.packed, &b->as.packed);
    value_text_add(&a_text, a, VALUE_TOML);
    value_text_add(&b_text, b, VALUE_TOML);
    bool same = strcmp(strbuf_text(&a_text), strbuf_text(&b_text)) == 0;
    strbuf_release(&a_text);
    strbuf_release(&b_text);
    return same;
}

/* Which of both has the name that comes next: <0: the first, >0: the second, 0: both. */
static int order(const struct side *a, const struct side *b)
{
    if (a->at == a->count || b->at == b->count)
        return a->at == a->count ? 1 : -1;
    return strcmp(a->items[a->at].key, b->items[b->at].key);
}

/* Takes the next name; true: what it stands for differs. */
static bool take(struct side *a, struct side *b, struct config_set_change *ret_change)
{
    int first = order(a, b);
    struct config_set_change change = {
        .table = ret_change->table, .was = first <= 0, .is = first >= 0};
    const struct toml_node *was = change.was ? &a->items[a->at] : NULL;
    const struct toml_node *is = change.is ? &b->items[b->at] : NULL;
    change.name = was ? was->key : is->key;
    change.before = was ? a->entries[a->at++] : 0;
    change.after = is ? b->entries[b->at++] : 0;
    *ret_change = change;
    return !was || !is || change.before != change.after || !same_text(was, is);
}

void config_set_changes(const struct config *before, const struct config *after,
                        void (*each)(void *ctx, const struct config_set_change *change), void *ctx)
{
    static const char *const tables[] = {"prefix_sets", "as_sets", "community_sets",
                                         "prefix_origin_sets"};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct side a = side_of(before, tables[i]);
        struct side b = side_of(after, tables[i]);
        struct config_set_change change = {.table = tables[i]};
        while (a.at < a.count || b.at < b.count)
            if (take(&a, &b, &change))
                each(ctx, &change);
    }
}
