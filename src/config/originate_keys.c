/* The keys of [[originate_limits]]. Prefixes may be those of a set that policies name as well,
 * which is why these limits are read after the sets. */
#include "config/originate_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/number.h"
#include "config/originate_limits.h"
#include "config/policies.h"
#include "config/values.h"
#include "policy/prefix_set.h"

enum { OWNER_MAX_BYTES = 64 }; /* as the API takes it */

/* --- a kind --- */

static void set_max(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    void *target)
{
    struct originate_rule *rule = target;
    if (!value_in_range(l, key, value, 0, UINT32_MAX))
        return;
    rule->has_max = true;
    rule->max = (uint32_t)value->as.integer;
}

/* "24-32", "24"; false: it is none. */
static bool parse_lengths(const char *text, uint32_t max, uint32_t *ret_from, uint32_t *ret_to)
{
    char from[8];
    const char *dash = strchr(text, '-');
    size_t len = dash ? (size_t)(dash - text) : strlen(text);
    if (len >= sizeof(from))
        return false;
    memcpy(from, text, len);
    from[len] = '\0';
    return number_parse(from, max, ret_from) == 0 &&
           number_parse(dash ? dash + 1 : from, max, ret_to) == 0 && *ret_from <= *ret_to;
}

static void set_lengths(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    struct originate_rule *rule = target;
    bool is_v6 = strcmp(key->name, "ipv6") == 0;
    uint32_t max = prefix_max_bits(is_v6 ? IP_V6 : IP_V4);
    uint32_t from = 0;
    uint32_t to = 0;
    if (value->type == TOML_INTEGER) {
        if (!value_in_range(l, key, value, 0, (int64_t)max))
            return;
        from = to = (uint32_t)value->as.integer;
    } else if (!parse_lengths(value->as.string, max, &from, &to)) {
        loader_problem(l, value->place,
                       "%s '%.64s' is no range of lengths (expected \"%s\", or one of up to %u)",
                       key->name, value->as.string, is_v6 ? "48-128" : "24-32", max);
        return;
    }
    rule->from_bits[is_v6] = (uint8_t)from;
    rule->to_bits[is_v6] = (uint8_t)to;
}

#define LENGTH_TYPES                                                                               \
    .types = TOML_INTEGER | TOML_STRING, .type_text = "a length, or a range such as \"24-32\""

static const struct schema_key kind_keys[] = {
    {
        .name = "max",
        TYPE_INTEGER,
        .reload = RELOAD_AT_ONCE,
        .help = "No more than so many of an owner; 0: none at all. One that is announced again, as "
                "for its lease, counts once.",
        .set = set_max,
    },
    {
        .name = "ipv4",
        LENGTH_TYPES,
        .default_text = "`\"0-32\"`",
        .reload = RELOAD_AT_ONCE,
        .help = "Lengths that an IPv4 prefix may have; of a flow, its destination.",
        .set = set_lengths,
    },
    {
        .name = "ipv6",
        LENGTH_TYPES,
        .default_text = "`\"0-128\"`",
        .reload = RELOAD_AT_ONCE,
        .help = "Likewise of IPv6.",
        .set = set_lengths,
    },
};

const struct schema schema_originate_kind = {
    .title = "routes, blackholes and flows",
    .keys = kind_keys,
    .count = sizeof(kind_keys) / sizeof(kind_keys[0]),
};

#define AT(field) .offset = offsetof(struct originate_rule, field)

static const struct schema_key flow_keys[] = {
    {
        .name = "needs_destination",
        TYPE_BOOLEAN,
        .default_text = "false",
        .reload = RELOAD_AT_ONCE,
        .help = "A flow must have a destination, other than all addresses.",
        .set = value_set_bool,
        AT(needs_destination),
    },
};

#undef AT

const struct schema schema_originate_flows = {
    .title = "flows",
    .keys = flow_keys,
    .count = sizeof(flow_keys) / sizeof(flow_keys[0]),
    .more = &schema_originate_kind,
};

static void set_kind(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    struct originate_limit *limit = target;
    enum originate_kind kind = ORIGINATE_ROUTE;
    while (strcmp(originate_kind_names[kind], key->name) != 0)
        kind++;
    limit->of[kind].given = true;
    schema_apply(l, kind == ORIGINATE_FLOW ? &schema_originate_flows : &schema_originate_kind,
                 key->name, value, &limit->of[kind]);
}

/* --- prefixes --- */

struct within {
    struct originate_limit *limit;
    struct prefix_set *own; /* a reference: of what stands there itself; NULL: nothing does */
    struct strbuf text;
};

static void add_set(struct originate_limit *limit, struct prefix_set *set)
{
    limit->within = mem_resize(limit->within, limit->within_count + 1, sizeof(*limit->within));
    limit->within[limit->within_count++] = set;
}

static void add_prefix(struct within *within, const struct prefix *p)
{
    if (!within->own)
        within->own = prefix_set_new();
    prefix_set_add(within->own, p, p->len_bits, prefix_max_bits(p->version));
}

static void take_within(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    struct within *within = ctx;
    struct prefix p;
    bool had_host_bits = false;
    strbuf_printf(&within->text, "%s%.64s", within->text.len_bytes > 0 ? ", " : "", text);
    if (policy_set_is_name(text)) {
        struct policy_named_set *named =
            policy_sets_find(&l->policies->sets, POLICY_PREFIX_SET, text);
        if (named)
            add_set(within->limit, prefix_set_ref(named->set.prefixes));
        else
            loader_missing(l, item->place, "there is no prefix set '%.64s' in [prefix_sets]", text);
    } else if (prefix_parse_strict(text, &p, &had_host_bits) != 0 || had_host_bits) {
        loader_problem(l, item->place,
                       "within: '%.64s' is %s (expected \"192.0.2.0/24\", or the name of a prefix "
                       "set)",
                       text, had_host_bits ? "a prefix with host bits" : "no prefix");
    } else {
        add_prefix(within, &p);
    }
}

static void set_within(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    struct within within = {.limit = target};
    if (value->as.list.count == 0)
        loader_problem(l, value->place,
                       "%s must name at least one prefix (without it, all are permitted)",
                       key->name);
    value_each_text(l, value, false, take_within, &within);
    if (within.own) {
        prefix_set_settle(within.own);
        add_set(within.limit, within.own);
    }
    within.limit->within_text = strbuf_take(&within.text);
}

/* --- a limit --- */

static void set_owner(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      void *target)
{
    struct originate_limit *limit = target;
    size_t len = strlen(value->as.string);
    if (len == 0 || len > OWNER_MAX_BYTES)
        loader_problem(l, value->place, "%s must have from 1 to %d bytes, not %zu", key->name,
                       OWNER_MAX_BYTES, len);
    else
        limit->owner = mem_strdup(value->as.string);
}

#define KIND_TYPES .types = TOML_TABLE, .type_text = "a table"

static const struct schema_key keys[] = {
    {
        .name = "owner",
        TYPE_STRING,
        .default_text = "each owner that has no limit of its own",
        .reload = RELOAD_AT_ONCE,
        .help = "Whose routes and flows they are: what calls name as `owner`.",
        .set = set_owner,
    },
    {
        .name = "within",
        TYPE_STRINGS,
        .default_text = "anywhere",
        .reload = RELOAD_AT_ONCE,
        .help = "Prefixes, and names of prefix sets (whose ranges of lengths do not matter): a "
                "route's prefix, or a flow's destination, which it must then have, is one of these "
                "or lies within one.",
        .set = set_within,
    },
    {
        .name = "routes",
        KIND_TYPES,
        .reload = RELOAD_AT_ONCE,
        .help = "Routes to prefixes: see below.",
        .set = set_kind,
        .within = &schema_originate_kind,
    },
    {
        .name = "blackholes",
        KIND_TYPES,
        .default_text = "as `routes`, and counted among them",
        .reload = RELOAD_AT_ONCE,
        .help = "Routes with the community `blackhole` (RFC 7999).",
        .set = set_kind,
        .within = &schema_originate_kind,
    },
    {
        .name = "flows",
        KIND_TYPES,
        .reload = RELOAD_AT_ONCE,
        .help = "Flows.",
        .set = set_kind,
        .within = &schema_originate_flows,
    },
};

const struct schema schema_originate = {
    .title = "[[originate_limits]]",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

static char *place_text(const struct loader *l, struct toml_place place)
{
    struct strbuf text = {0};
    strbuf_printf(&text, "%.256s:%u:%u", loader_name(l, place), place.line, place.column);
    return strbuf_take(&text);
}

/* An owner has one limit. */
static void check_owner(struct loader *l, const struct toml_node *table,
                        const struct originate_limit *limit)
{
    const struct config *c = l->config;
    for (size_t i = 0; i < c->originate_limit_count; i++) {
        const struct originate_limit *other = &c->originate_limits[i];
        if (!other->owner != !limit->owner ||
            (limit->owner && strcmp(other->owner, limit->owner) != 0))
            continue;
        if (limit->owner)
            loader_problem(l, table->place, "owner '%.64s' has another limit: %s", limit->owner,
                           other->place);
        else
            loader_problem(l, table->place, "owner is missing: the limit of all others is %s",
                           other->place);
        return;
    }
}

static void read_limit(struct loader *l, const struct toml_node *table)
{
    struct config *c = l->config;
    struct originate_limit limit = {.place = place_text(l, table->place)};
    size_t errors_before = l->error_count;
    for (unsigned kind = 0; kind < ORIGINATE_KINDS; kind++) {
        limit.of[kind].to_bits[0] = prefix_max_bits(IP_V4);
        limit.of[kind].to_bits[1] = prefix_max_bits(IP_V6);
    }
    schema_apply(l, &schema_originate, schema_originate.title, table, &limit);
    if (l->error_count == errors_before)
        check_owner(l, table, &limit);
    c->originate_limits =
        mem_resize(c->originate_limits, c->originate_limit_count + 1, sizeof(limit));
    c->originate_limits[c->originate_limit_count++] = limit;
}

void originate_keys_read(struct loader *l)
{
    const struct toml_node *array = loader_find(l->root, "originate_limits");
    size_t count = array && array->type == TOML_ARRAY ? array->as.list.count : 0;
    for (size_t i = 0; i < count; i++)
        read_limit(l, &array->as.list.items[i]);
}

bool originate_keys_same(const void *config_a, const void *config_b, size_t len_bytes)
{
    const struct config *a = config_a;
    const struct config *b = config_b;
    (void)len_bytes;
    bool same = a->originate_limit_count == b->originate_limit_count;
    for (size_t i = 0; same && i < a->originate_limit_count; i++)
        same = originate_limit_equal(&a->originate_limits[i], &b->originate_limits[i]);
    return same;
}
