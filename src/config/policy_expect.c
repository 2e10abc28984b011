/* Expectations. Attributes are compared as texts: that of the file is read and written anew, as
 * that of the outcome is, so that what means the same is the same. */
#include "config/policy_expect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/reader.h"
#include "base/text_sort.h"
#include "base/writer.h"
#include "config/policy_rules.h"
#include "config/values.h"
#include "policy/community_set.h"
#include "wire/aigp.h"
#include "wire/aspath.h"
#include "wire/attr_local.h"
#include "wire/community.h"

/* --- lists of words, in an order of their own --- */

struct word_list {
    char **items; /* owned */
    size_t count;
};

static void add_word(struct word_list *list, char *word)
{
    list->items = mem_resize(list->items, list->count + 1, sizeof(char *));
    list->items[list->count++] = word;
}

/* "a b c", or "none"; releases the list. */
static char *join_words(struct word_list *list)
{
    struct strbuf text = {0};
    text_sort((const char **)list->items, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || strcmp(list->items[i], list->items[i - 1]) != 0)
            strbuf_printf(&text, "%s%s", i > 0 ? " " : "", list->items[i]);
    }
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    strbuf_add(&text, list->count == 0 ? "none" : "");
    free(list->items);
    return strbuf_take(&text);
}

/* --- what is expected, and what came --- */

static char *number_text(uint64_t number)
{
    struct strbuf text = {0};
    strbuf_printf(&text, "%" PRIu64, number);
    return strbuf_take(&text);
}

static struct expected_text *text_of(void *target, const struct schema_key *key)
{
    return (struct expected_text *)((char *)target + key->offset);
}

/* A number, or "none". */
static void set_number(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    struct expected_text *to = text_of(target, key);
    to->value = value;
    if (value->type == TOML_STRING && strcmp(value->as.string, "none") != 0)
        loader_problem(l, value->place, "%s must be %s, not '%.64s'", key->name, key->type_text,
                       value->as.string);
    else if (value->type == TOML_STRING)
        to->text = mem_strdup("none");
    else if (value_in_range(l, key, value, 0, key->max))
        to->text = number_text((uint64_t)value->as.integer);
}

static char *show_u32(const struct policy_outcome *o, enum attr_type type)
{
    struct span value;
    if (!attr_find(o->attrs, (uint8_t)type, &value))
        return mem_strdup("none");
    struct reader r = reader_over(value);
    return number_text(reader_u32(&r));
}

static char *show_local_pref(const struct policy_outcome *o)
{
    return show_u32(o, ATTR_LOCAL_PREF);
}

static char *show_med(const struct policy_outcome *o)
{
    return show_u32(o, ATTR_MED);
}

static char *show_aigp(const struct policy_outcome *o)
{
    struct span value;
    uint64_t metric;
    if (!attr_find(o->attrs, ATTR_AIGP, &value) || !aigp_metric(value, &metric))
        return mem_strdup("none");
    return number_text(metric);
}

static char *show_weight(const struct policy_outcome *o)
{
    return number_text(attr_local_of(o->attrs).weight);
}

static const char *const origins[] = {"IGP", "EGP", "Incomplete"};

static void set_origin(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    struct expected_text *to = text_of(target, key);
    to->value = value;
    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++)
        if (strcasecmp(value->as.string, origins[i]) == 0)
            to->text = mem_strdup(origins[i]);
    if (!to->text)
        value_report_word(l, value->place, key->name, value->as.string, origins,
                          sizeof(origins) / sizeof(origins[0]));
}

static char *show_origin(const struct policy_outcome *o)
{
    return mem_strdup(o->hot->origin < 3 ? origins[o->hot->origin] : "none");
}

static char *path_text(struct span value)
{
    struct strbuf text = {0};
    aspath_format(value, &text);
    if (text.len_bytes == 0)
        strbuf_add(&text, "empty");
    return strbuf_take(&text);
}

static void add_path_word(struct loader *l, const struct toml_node *item, const char *text,
                          void *ctx)
{
    (void)l;
    (void)item;
    strbuf_printf(ctx, "%s ", text);
}

static void set_as_path(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    struct expected_text *to = text_of(target, key);
    uint8_t bytes[ATTR_BLOCK_MAX];
    struct writer w = writer_over(bytes, sizeof(bytes));
    struct strbuf text = {0};
    to->value = value;
    if (value->type == TOML_STRING)
        strbuf_add(&text, value->as.string);
    else
        value_each_text(l, value, true, add_path_word, &text);
    if (aspath_parse(strbuf_text(&text), &w) != 0)
        loader_problem(l, value->place, "%s '%.200s' is no AS path (\"65001 65002 {65003 65004}\")",
                       key->name, strbuf_text(&text));
    else
        to->text = path_text(writer_span(&w));
    strbuf_release(&text);
}

static char *show_as_path(const struct policy_outcome *o)
{
    struct span value = {0};
    attr_find(o->attrs, ATTR_AS_PATH, &value);
    return path_text(value);
}

static char *community_text(const struct community *c)
{
    struct strbuf text = {0};
    community_format(c, &text);
    return strbuf_take(&text);
}

static void add_community(struct loader *l, const struct toml_node *item, const char *text,
                          void *ctx)
{
    struct community c;
    if (community_parse(text, &c) != 0)
        loader_problem(l, item->place, "'%.64s' is no community", text);
    else
        add_word(ctx, community_text(&c));
}

static void set_communities(struct loader *l, const struct schema_key *key,
                            const struct toml_node *value, void *target)
{
    struct word_list list = {0};
    struct expected_text *to = text_of(target, key);
    to->value = value;
    value_each_text(l, value, true, add_community, &list);
    to->text = join_words(&list);
}

static char *show_communities(const struct policy_outcome *o)
{
    struct word_list list = {0};
    struct community c;
    struct community_cursor at = community_cursor_over(o->attrs, ~0u);
    while (community_cursor_next(&at, &c))
        add_word(&list, community_text(&c));
    return join_words(&list);
}

static void set_next_hop(struct loader *l, const struct schema_key *key,
                         const struct toml_node *value, void *target)
{
    struct expected_text *to = text_of(target, key);
    struct ip_addr addr;
    char text[IP_TEXT_MAX];
    to->value = value;
    if (strcmp(value->as.string, "none") == 0)
        to->text = mem_strdup("none");
    else if (ip_parse(value->as.string, &addr) != 0)
        loader_problem(l, value->place, "%s '%.64s' is not an IP address (or \"none\")", key->name,
                       value->as.string);
    else
        to->text = mem_strdup(ip_format(&addr, text));
}

static char *show_next_hop(const struct policy_outcome *o)
{
    char text[IP_TEXT_MAX];
    struct ip_addr addr = {.version = o->hot->next_hop_len_bytes == 4 ? IP_V4 : IP_V6};
    if (o->hot->next_hop_len_bytes == 0)
        return mem_strdup("none");
    memcpy(addr.bytes, o->attrs.data + o->hot->next_hop_offset, addr.version == IP_V4 ? 4 : 16);
    return mem_strdup(ip_format(&addr, text));
}

static void add_mark(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    if (!attr_mark_is_name(text))
        loader_problem(l, item->place, "'%.64s' cannot be the name of a mark", text);
    else
        add_word(ctx, mem_strdup(text));
}

static void set_marks(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      void *target)
{
    struct word_list list = {0};
    struct expected_text *to = text_of(target, key);
    to->value = value;
    value_each_text(l, value, false, add_mark, &list);
    to->text = join_words(&list);
}

static void show_mark(void *ctx, struct span name)
{
    struct strbuf text = {0};
    strbuf_add_bytes(&text, name.data, name.len_bytes);
    add_word(ctx, strbuf_take(&text));
}

static char *show_marks(const struct policy_outcome *o)
{
    struct word_list list = {0};
    attr_marks_each(attr_local_of(o->attrs).marks, show_mark, &list);
    return join_words(&list);
}

/* In the order of struct expectation's texts. */
static char *(*const shows[EXPECTED_TEXTS])(const struct policy_outcome *o) = {
    show_local_pref, show_med,    show_origin, show_as_path, show_communities,
    show_next_hop,   show_weight, show_marks,  show_aigp,
};

/* --- by what --- */

static void set_result(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    struct expectation *e = target;
    if (policy_then_read(l, key, value, &e->then))
        e->result = value;
}

static void report_no_rule(struct loader *l, const struct toml_node *value,
                           const struct policy *policy)
{
    const char **names = mem_resize(NULL, policy->rule_count + 1, sizeof(*names));
    struct schema_choices choices = {.names = names};
    struct strbuf hint = {0};
    for (size_t i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].name)
            names[choices.count++] = policy->rules[i].name;
    names[choices.count++] = "default";
    schema_hint(&hint, value->as.string, &choices);
    loader_problem(l, value->place, "%.64s has no rule '%.100s'%s", policy->name, value->as.string,
                   strbuf_text(&hint));
    strbuf_release(&hint);
    free(names);
}

static void set_rule(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    struct expectation *e = target;
    const struct policy *policy = e->policy;
    size_t count = policy->rule_count;
    size_t at = 0;
    if (value->type == TOML_INTEGER) {
        if (!value_in_range(l, key, value, 1, (int64_t)count))
            return;
        at = (size_t)value->as.integer - 1;
    } else {
        while (at < count &&
               (!policy->rules[at].name || strcmp(policy->rules[at].name, value->as.string) != 0))
            at++;
        if (at == count && strcmp(value->as.string, "default") != 0) {
            report_no_rule(l, value, policy);
            return;
        }
    }
    e->rule = value;
    e->rule_index = at;
}

#define AT(number)     .offset = offsetof(struct expectation, texts[number])
#define NUMBER_OR_NONE .types = TOML_INTEGER | TOML_STRING, .type_text = "an integer or \"none\""

static const struct schema_key keys[] = {
    {
        .name = "result",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "What becomes of the route: `\"accept\"`, `\"reject\"`, or `\"next\"` where it is "
                "left to the next policy (which, as there is none, is accepted, too).",
        .set = set_result,
    },
    {
        .name = "rule",
        .types = TOML_STRING | TOML_INTEGER,
        .type_text = "a name or number",
        .reload = RELOAD_AT_ONCE,
        .help = "By which rule; `\"default\"` by none.",
        .set = set_rule,
    },
    {
        .name = "local_pref",
        NUMBER_OR_NONE,
        .reload = RELOAD_AT_ONCE,
        .help = "What the route then has, here and in what follows.",
        .set = set_number,
        .max = UINT32_MAX,
        AT(0),
    },
    {
        .name = "med",
        NUMBER_OR_NONE,
        .reload = RELOAD_AT_ONCE,
        .help = "MULTI_EXIT_DISC.",
        .set = set_number,
        .max = UINT32_MAX,
        AT(1),
    },
    {
        .name = "origin",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "`\"IGP\"`, `\"EGP\"` or `\"Incomplete\"`.",
        .set = set_origin,
        AT(2),
    },
    {
        .name = "as_path",
        .types = TOML_ARRAY | TOML_STRING,
        .type_text = "a list of AS numbers, or one string",
        .reload = RELOAD_AT_ONCE,
        .help = "The whole path.",
        .set = set_as_path,
        AT(3),
    },
    {
        .name = "communities",
        .types = TOML_ARRAY,
        .type_text = "a list of communities",
        .reload = RELOAD_AT_ONCE,
        .help = "All communities, of all kinds, in any order; `[]` for none.",
        .set = set_communities,
        AT(4),
    },
    {
        .name = "next_hop",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "The next hop; `\"none\"` for a flow.",
        .set = set_next_hop,
        AT(5),
    },
    {
        .name = "weight",
        TYPE_INTEGER,
        .reload = RELOAD_AT_ONCE,
        .help = "The weight, 0 where none was set.",
        .set = set_number,
        .max = UINT32_MAX,
        AT(6),
    },
    {
        .name = "marks",
        TYPE_STRINGS,
        .reload = RELOAD_AT_ONCE,
        .help = "All marks, in any order.",
        .set = set_marks,
        AT(7),
    },
    {
        .name = "aigp",
        NUMBER_OR_NONE,
        .reload = RELOAD_AT_ONCE,
        .help = "The metric of AIGP.",
        .set = set_number,
        .max = INT64_MAX,
        AT(8),
    },
};

const struct schema schema_expect = {
    .title = "expect",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

bool expectation_read(struct loader *l, const struct toml_node *table, const struct policy *policy,
                      struct expectation *ret_expected)
{
    bool stumbled_before = l->stumbled;
    *ret_expected = (struct expectation){.policy = policy};
    l->stumbled = false;
    schema_apply(l, &schema_expect, schema_expect.title, table, ret_expected);
    if (table->type == TOML_TABLE && table->as.list.count == 0)
        loader_problem(l, table->place, "expect is empty: it must hold at least one key");
    bool ok = !l->stumbled;
    l->stumbled = stumbled_before || !ok;
    return ok;
}

/* --- comparing --- */

/* "accepted by rule 'customer' (line 7)" */
static void add_what_came(struct strbuf *out, const struct expectation *e, const struct came *came)
{
    const struct policy *policy = e->policy;
    strbuf_add(out, came->left                ? "left to the next policy by "
                    : came->outcome->accepted ? "accepted by "
                                              : "rejected by ");
    if (came->rule_index >= policy->rule_count)
        strbuf_add(out, "default");
    else if (policy->rules[came->rule_index].name)
        strbuf_printf(out, "rule '%s' (line %u)", policy->rules[came->rule_index].name,
                      policy->rules[came->rule_index].line);
    else
        strbuf_printf(out, "rule %zu (line %u)", came->rule_index + 1,
                      policy->rules[came->rule_index].line);
    if (came->outcome->unknown)
        strbuf_add(out, ", of which something cannot be done");
}

static bool is_result(const struct expectation *e, const struct came *came)
{
    if (e->then == POLICY_NEXT)
        return came->left;
    return came->outcome->accepted == (e->then == POLICY_ACCEPT);
}

void expectation_compare(struct loader *l, const struct expectation *expected,
                         const struct came *came)
{
    const char *name = expected->policy->name;
    struct strbuf what = {0};
    add_what_came(&what, expected, came);
    if (expected->result && !is_result(expected, came))
        loader_problem(l, expected->result->place, "%s: expected %s, but it is %s", name,
                       expected->result->as.string, strbuf_text(&what));
    else if (expected->rule && expected->rule_index != came->rule_index)
        loader_problem(l, expected->rule->place, "%s: expected another rule: it is %s", name,
                       strbuf_text(&what));
    for (size_t i = 0; i < EXPECTED_TEXTS; i++) {
        const struct expected_text *text = &expected->texts[i];
        char *shown = text->text ? shows[i](came->outcome) : NULL;
        if (shown && strcmp(shown, text->text) != 0)
            loader_problem(l, text->value->place, "%s: expected %s %s, but it is %s", name,
                           text->value->key, text->text, shown);
        free(shown);
    }
    strbuf_release(&what);
}

void expectation_release(struct expectation *expected)
{
    for (size_t i = 0; i < EXPECTED_TEXTS; i++)
        free(expected->texts[i].text);
}
