/* The keys of channels.
 *
 * For one family the nearest word counts: the channel table of the peer, then that of its group,
 * then `max_prefixes` of the peer, then that of the group. Where `max_prefixes` names families (the
 * older spelling, `{ "ipv4 unicast" = 1000 }`), the peer's own stands for its channel tables. */
#include "config/channel_keys.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/policies.h"

enum { DEFAULT_WARN_PERCENT = 75, MAX_RESTART_S = 7 * 24 * 3600 };

/* --- limits --- */

static void set_choice(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, uint8_t *ret_choice, const char *const *names,
                       uint8_t count)
{
    for (uint8_t i = 0; i < count; i++) {
        if (strcmp(value->as.string, names[i]) == 0) {
            *ret_choice = i;
            return;
        }
    }
    value_report_word(l, value->place, key->name, value->as.string, names, count);
}

static void set_action(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    set_choice(l, key, value, &((struct config_limit *)target)->action, config_limit_action_names,
               LIMIT_ACTIONS);
}

static void set_count(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      void *target)
{
    set_choice(l, key, value, &((struct config_limit *)target)->count, config_limit_count_names,
               LIMIT_COUNTS);
}

static void get_action(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    (void)key;
    value_put_text(out, config_limit_action_names[*(const uint8_t *)kept]);
}

static void get_count(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    (void)key;
    value_put_text(out, config_limit_count_names[*(const uint8_t *)kept]);
}

/* 0: as connect_retry has it. */
static void get_restart(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    if (*(const uint32_t *)kept != 0)
        value_get_u32(key, kept, out);
}

#define AT(field) .offset = offsetof(struct config_limit, field)
#define GET_LIMIT(field, how)                                                                      \
    .kept = {offsetof(struct config_limit, field), sizeof(((struct config_limit *)0)->field)},     \
    .get = how

static const struct schema_key limit_keys[] = {
    {
        .name = "limit",
        TYPE_INTEGER,
        .reload = RELOAD_LIMITS,
        .help = "How many prefixes there may be, 0 for any number.",
        .required = true,
        .set = value_set_u32,
        AT(limit),
        .max = UINT32_MAX,
        GET_LIMIT(limit, value_get_u32),
    },
    {
        .name = "warn_percent",
        TYPE_INTEGER,
        .default_text = "75",
        .reload = RELOAD_LIMITS,
        .help = "At how much of the limit the log warns, in percent, 1 to 100; 0 for no warning.",
        .set = value_set_u16,
        AT(warn_percent),
        .max = 100,
        GET_LIMIT(warn_percent, value_get_u16),
    },
    {
        .name = "action",
        TYPE_STRING,
        .default_text = "`\"shutdown\"`",
        .reload = RELOAD_LIMITS,
        .help =
            "What is done about more: `\"warn\"` (a line in the log), `\"ignore-new\"` (take no "
            "new prefixes, but updates of those that are known), `\"shutdown\"` (end the "
            "session).",
        .set = set_action,
        GET_LIMIT(action, get_action),
    },
    {
        .name = "restart_s",
        TYPE_INTEGER,
        .default_text = "`connect_retry`",
        .reload = RELOAD_LIMITS,
        .help = "Seconds until a session that was shut down is tried again, 1 to 604800; twice as "
                "long for each further one in a row that ends so.",
        .set = value_set_u32,
        AT(restart_s),
        .min = 1,
        .max = MAX_RESTART_S,
        GET_LIMIT(restart_s, get_restart),
    },
    {
        .name = "count",
        TYPE_STRING,
        .default_text = "`\"received\"`",
        .reload = RELOAD_LIMITS,
        .help = "Which prefixes count: `\"received\"` (all that are in the Adj-RIB-In), "
                "`\"accepted\"` (without those that are filtered).",
        .set = set_count,
        GET_LIMIT(count, get_count),
    },
};

const struct schema schema_limit = {
    .title = "max_prefixes",
    .keys = limit_keys,
    .count = sizeof(limit_keys) / sizeof(limit_keys[0]),
};

/* A limit, or the number of one. */
static void set_limit(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      struct config_limit *ret_limit)
{
    struct config_limit limit = {.warn_percent = DEFAULT_WARN_PERCENT, .action = LIMIT_SHUTDOWN};
    if (value->type == TOML_INTEGER) {
        if (value_in_range(l, key, value, 0, UINT32_MAX))
            limit.limit = (uint32_t)value->as.integer;
    } else {
        schema_apply(l, &schema_limit, schema_limit.title, value, &limit);
        if (!loader_find(value, "limit"))
            loader_missing(l, value->place, "limit is missing in %s", key->name);
        const struct toml_node *restart = loader_find(value, "restart_s");
        if (restart && limit.action != LIMIT_SHUTDOWN)
            loader_warning(l, restart->place,
                           "restart_s has no effect: no session is ended by action = \"%s\"",
                           config_limit_action_names[limit.action]);
    }
    *ret_limit = limit.limit == 0 ? (struct config_limit){0} : limit;
}

/* --- channels --- */

static void set_channel_limit(struct loader *l, const struct schema_key *key,
                              const struct toml_node *value, void *target)
{
    set_limit(l, key, value, &((struct config_channel *)target)->max_prefixes);
}

static void get_channel_limit(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    (void)key;
    strbuf_add_u32(out, ((const struct config_limit *)kept)->limit);
}

/* The names of the policies. */
static void get_chain(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    const struct policy_chain *chain = *(struct policy_chain *const *)kept;
    (void)key;
    strbuf_add_char(out, '[');
    for (size_t i = 0; chain && i < chain->policy_count; i++) {
        strbuf_add(out, i > 0 ? ", " : "");
        value_put_text(out, chain->policies[i]->name);
    }
    strbuf_add_char(out, ']');
}

#define GET_CHANNEL(field, how)                                                                    \
    .kept = {offsetof(struct config_channel, field), sizeof(((struct config_channel *)0)->field)}, \
    .get = how

void channel_keys_check_policies(struct loader *l, const struct schema_key *key,
                                 const struct toml_node *value, void *target)
{
    (void)target;
    policies_check_names(l, key, value);
}

void channel_keys_check_only(struct loader *l, const struct schema_key *key,
                             const struct toml_node *value, void *target)
{
    (void)l;
    (void)key;
    (void)value;
    (void)target;
}

static const struct schema_key channel_keys[] = {
    {
        .name = "max_prefixes",
        .types = TOML_INTEGER | TOML_TABLE,
        .type_text = "an integer or a table",
        .default_text = "`max_prefixes` of the peer",
        .reload = RELOAD_LIMITS,
        .help = "How many prefixes the peer may send, 0 for any number, and what is done about "
                "more: see [Limits](#limits).",
        .set = set_channel_limit,
        GET_CHANNEL(max_prefixes, get_channel_limit),
    },
    {
        .name = "import",
        .types = CHAIN_TYPES,
        .type_text = CHAIN_TYPE_TEXT,
        .default_text = "`import` of the peer",
        .reload = RELOAD_POLICY,
        .help = "The [policies](#policies) for what the peer sends; `[]` for none.",
        .set = channel_keys_check_policies,
        GET_CHANNEL(import, get_chain),
    },
    {
        .name = "export",
        .types = CHAIN_TYPES,
        .type_text = CHAIN_TYPE_TEXT,
        .default_text = "`export` of the peer",
        .reload = RELOAD_POLICY,
        .help = "The [policies](#policies) for what the peer is sent; `[]` for none.",
        .set = channel_keys_check_policies,
        GET_CHANNEL(export, get_chain),
    },
    {
        .name = "keep_filtered",
        TYPE_BOOLEAN,
        .default_text = "`keep_filtered` of the peer",
        .reload = RELOAD_POLICY,
        .help = "Whether what the policies reject is kept.",
        .set = channel_keys_check_only,
        GET_CHANNEL(keep_filtered, value_get_bool),
    },
    {
        .name = "validate_flows",
        TYPE_BOOLEAN,
        .default_text = "`validate_flows` of the peer",
        .reload = RELOAD_IMPORT,
        .help = "Whether flows are held against the unicast routes to their destinations.",
        .set = channel_keys_check_only,
        GET_CHANNEL(validate_flows, value_get_bool),
    },
    {
        .name = "reject_aspa_invalid",
        TYPE_BOOLEAN,
        .default_text = "`reject_aspa_invalid` of the peer",
        .reload = RELOAD_POLICY,
        .help = "Whether routes whose path is invalid by ASPAs are not used.",
        .set = channel_keys_check_only,
        GET_CHANNEL(reject_aspa_invalid, value_get_bool),
    },
};

const struct schema schema_channel = {
    .title = "[peers.channels.\"FAMILY\"]",
    .keys = channel_keys,
    .count = sizeof(channel_keys) / sizeof(channel_keys[0]),
};

/* The item of a table by families; NULL. */
static const struct toml_node *find_family(const struct toml_node *table, enum family family)
{
    for (size_t i = 0; table && table->type == TOML_TABLE && i < table->as.list.count; i++)
        if (family_from_name(table->as.list.items[i].key) == family)
            return &table->as.list.items[i];
    return NULL;
}

/* Whether a value of max_prefixes is a table of families, rather than one limit. */
static bool names_families(const struct toml_node *limits)
{
    if (!limits || limits->type != TOML_TABLE)
        return false;
    for (size_t i = 0; i < limits->as.list.count; i++)
        if (schema_key_named(&schema_limit, limits->as.list.items[i].key))
            return false;
    return true;
}

/* Reports the second one of two items of a table by families that are about one; true: the item's
 * key is a family. */
static bool check_family(struct loader *l, const struct toml_node *table,
                         const struct toml_node *item)
{
    enum family family = value_family(l, item->key_place, item->key);
    const struct toml_node *first = family == FAMILY_NONE ? NULL : find_family(table, family);
    if (first && first != item)
        loader_problem(l,
                       loader_place_compare(first->place, item->place) < 0 ? item->key_place
                                                                           : first->key_place,
                       "%s of \"%s\" is given twice", table->key, family_info(family)->name);
    return family != FAMILY_NONE;
}

static void check_family_limit(struct loader *l, const struct schema_key *key,
                               const struct toml_node *limits, const struct toml_node *item)
{
    check_family(l, limits, item);
    if (item->type == TOML_BROKEN)
        l->stumbled = true; /* reported */
    else if (item->type != TOML_INTEGER)
        loader_problem(l, item->place, "%s of a family must be an integer, not %s", key->name,
                       schema_type_text(item->type));
    else
        value_in_range(l, key, item, 0, UINT32_MAX);
}

void channel_keys_check_max_prefixes(struct loader *l, const struct schema_key *key,
                                     const struct toml_node *value, void *target)
{
    struct config_limit unused;
    (void)target;
    if (!names_families(value))
        set_limit(l, key, value, &unused);
    for (size_t i = 0; names_families(value) && i < value->as.list.count; i++)
        check_family_limit(l, key, value, &value->as.list.items[i]);
}

static void check_channel(struct loader *l, const struct peer_draft *draft,
                          const struct toml_node *channels, const struct toml_node *item)
{
    struct config_channel unused;
    struct strbuf where = {0};
    if (!check_family(l, channels, item))
        return;
    enum family family = family_from_name(item->key);
    strbuf_printf(&where, "channels.\"%s\"", family_info(family)->name);
    schema_apply(l, &schema_channel, strbuf_text(&where), item, &unused);
    strbuf_release(&where);
    const struct toml_node *validate =
        item->type == TOML_TABLE ? loader_find(item, "validate_flows") : NULL;
    if (validate && !family_info(family)->destination)
        loader_warning(l, validate->place, "validate_flows has no effect: \"%s\" has no flows",
                       family_info(family)->name);
    const struct toml_node *limits = loader_find(draft->node, "max_prefixes");
    bool has_limit = item->type == TOML_TABLE && loader_find(item, "max_prefixes");
    const struct toml_node *named = names_families(limits) ? find_family(limits, family) : NULL;
    if (has_limit && named)
        loader_problem(l, named->key_place,
                       "max_prefixes of \"%s\" and that of its channel cannot be given together: "
                       "one says what the other says",
                       family_info(family)->name);
}

void channel_keys_check_channels(struct loader *l, const struct schema_key *key,
                                 const struct toml_node *value, void *target)
{
    (void)key;
    for (size_t i = 0; i < value->as.list.count; i++)
        check_channel(l, target, value, &value->as.list.items[i]);
}

/* --- what counts --- */

/* What the channel table of a peer or group says on a key; NULL. */
static const struct toml_node *channel_value(const struct toml_node *table, enum family family,
                                             const char *key)
{
    const struct toml_node *channel = find_family(loader_find(table, "channels"), family);
    return channel && channel->type == TOML_TABLE ? loader_find(channel, key) : NULL;
}

/* The limit that counts for a family; NULL: there is none. */
static const struct toml_node *find_limit(const struct peer_draft *draft, enum family family)
{
    const struct toml_node *limits = peer_draft_find(draft, "max_prefixes");
    bool by_family = names_families(limits);
    const struct toml_node *named = by_family ? find_family(limits, family) : NULL;
    bool is_own = limits && loader_find(draft->node, "max_prefixes") == limits;
    const struct toml_node *limit = channel_value(draft->node, family, "max_prefixes");
    if (!limit && named && is_own)
        limit = named;
    if (!limit && draft->group)
        limit = channel_value(draft->group->node, family, "max_prefixes");
    return limit ? limit : by_family ? named : limits;
}

/* The value of a key that counts for a family, if it is of a type that the key takes; NULL. */
static const struct toml_node *find_value(const struct peer_draft *draft, enum family family,
                                          const char *name)
{
    const struct toml_node *value = channel_value(draft->node, family, name);
    if (!value && draft->group)
        value = channel_value(draft->group->node, family, name);
    if (!value)
        value = peer_draft_find(draft, name);
    return value && (value->type & schema_key_named(&schema_channel, name)->types) ? value : NULL;
}

const struct toml_node *channel_keys_find(const struct peer_draft *draft, enum family family,
                                          const char *name)
{
    bool is_limit = strcmp(name, channel_keys[0].name) == 0;
    return is_limit ? find_limit(draft, family) : find_value(draft, family, name);
}

const struct toml_node *channel_keys_of_family(const struct toml_node *table, enum family family)
{
    const struct toml_node *item = find_family(table, family);
    return item && item->type == TOML_TABLE ? item : NULL;
}

static void settle_policies(struct loader *l, const struct peer_draft *draft,
                            struct config_channel *channel)
{
    const struct toml_node *import = find_value(draft, channel->family, "import");
    const struct toml_node *export = find_value(draft, channel->family, "export");
    const struct toml_node *keep = find_value(draft, channel->family, "keep_filtered");
    const struct toml_node *rejects = find_value(draft, channel->family, "reject_aspa_invalid");
    const struct policy_user user = {draft->node, draft->group ? draft->group->node : NULL,
                                     draft->peer.remote_as};
    const struct parameter_scope scope = policies_scope(l, &user);
    channel->import = import ? policies_chain(l, import, &scope, POLICY_IMPORT) : NULL;
    channel->export = export ? policies_chain(l, export, &scope, POLICY_EXPORT) : NULL;
    channel->keep_filtered = !keep || keep->as.boolean;
    channel->reject_aspa_invalid = !rejects || rejects->as.boolean;
}

static void settle_validation(const struct peer_draft *draft, struct config_channel *channel)
{
    const struct toml_node *validate = find_value(draft, channel->family, "validate_flows");
    channel->validate_flows =
        validate && validate->as.boolean && family_info(channel->family)->destination;
}

void channel_keys_settle(struct loader *l, struct peer_draft *draft)
{
    const struct schema_key *key = &channel_keys[0];
    struct config_peer *peer = &draft->peer;
    l->muted = true; /* what is wrong was said where it stands */
    for (enum family f = 0; f < FAMILY_COUNT; f++) {
        if (!family_in(peer->families, f))
            continue;
        const struct toml_node *limit = find_limit(draft, f);
        struct config_channel channel = {.family = f};
        if (limit && (limit->type & key->types))
            set_limit(l, key, limit, &channel.max_prefixes);
        settle_policies(l, draft, &channel);
        settle_validation(draft, &channel);
        peer->channels =
            mem_resize(peer->channels, peer->channel_count + 1, sizeof(*peer->channels));
        peer->channels[peer->channel_count++] = channel;
    }
    l->muted = false;
}

/* Families of a peer that lack a policy. */
struct lack {
    struct strbuf families; /* those that lack it */
    size_t count;
};

static void note_lack(struct lack *lack, enum family family)
{
    strbuf_printf(&lack->families, "%s\"%s\"", lack->count++ > 0 ? ", " : " in ",
                  family_info(family)->name);
}

static void warn_of_lack(struct loader *l, const struct peer_draft *draft, struct lack *lack,
                         const char *what)
{
    if (lack->count > 0)
        loader_warning(l, draft->node->place, "%s%s: " CONFIG_REQUIRED_POLICY " is in force", what,
                       lack->count < draft->peer.channel_count ? strbuf_text(&lack->families) : "");
}

/* What asks for policies. */
static struct toml_place place_of_requirement(const struct loader *l,
                                              const struct peer_draft *draft)
{
    const struct toml_node *node = peer_draft_find(draft, CONFIG_REQUIRED_POLICY);
    if (!node)
        node = loader_find(l->root, CONFIG_REQUIRED_POLICY);
    return node ? node->place : (struct toml_place){0};
}

void channel_keys_require_policies(struct loader *l, struct peer_draft *draft)
{
    struct config_peer *peer = &draft->peer;
    struct lack import = {0};
    struct lack export = {0};
    if (!peer->ebgp_requires_policy || peer->remote_as == 0 || peer->local_as == 0 ||
        config_peer_kind(peer) != SESSION_EXTERNAL)
        return;
    struct toml_place place = place_of_requirement(l, draft);
    for (size_t i = 0; i < peer->channel_count; i++) {
        struct config_channel *channel = &peer->channels[i];
        if (!channel->import) {
            note_lack(&import, channel->family);
            channel->import = policies_required_chain(l, place, POLICY_IMPORT);
        }
        if (!channel->export) {
            note_lack(&export, channel->family);
            channel->export = policies_required_chain(l, place, POLICY_EXPORT);
        }
    }
    if (l->error_count == 0 && !l->incomplete) {
        warn_of_lack(l, draft, &import, "nothing is accepted from this peer without import policy");
        warn_of_lack(l, draft, &export, "nothing is told this peer without export policy");
    }
    strbuf_release(&import.families);
    strbuf_release(&export.families);
}

/* The channel of a family; what a peer has that does not have it, too. */
static const struct config_channel *channel_of(const struct config_peer *peer, enum family family)
{
    static const struct config_channel none = {.keep_filtered = true, .reject_aspa_invalid = true};
    const struct config_channel *channel = config_peer_channel(peer, family);
    return channel ? channel : &none;
}

static bool all_same(const struct config_peer *a, const struct config_peer *b,
                     bool (*same)(const struct config_channel *a, const struct config_channel *b))
{
    bool all = true;
    for (enum family f = 0; all && f < FAMILY_COUNT; f++)
        all = same(channel_of(a, f), channel_of(b, f));
    return all;
}

static bool same_limit(const struct config_channel *a, const struct config_channel *b)
{
    return config_limit_equal(&a->max_prefixes, &b->max_prefixes);
}

static bool same_import(const struct config_channel *a, const struct config_channel *b)
{
    return policy_chain_equal(a->import, b->import);
}

static bool same_export(const struct config_channel *a, const struct config_channel *b)
{
    return policy_chain_equal(a->export, b->export);
}

static bool same_keep(const struct config_channel *a, const struct config_channel *b)
{
    return a->keep_filtered == b->keep_filtered;
}

static bool same_validation(const struct config_channel *a, const struct config_channel *b)
{
    return a->validate_flows == b->validate_flows;
}

static bool same_aspa(const struct config_channel *a, const struct config_channel *b)
{
    return a->reject_aspa_invalid == b->reject_aspa_invalid;
}

bool channel_keys_same(const void *peer_a, const void *peer_b, size_t len_bytes)
{
    (void)len_bytes;
    return all_same(peer_a, peer_b, same_limit);
}

void channel_keys_get_limits(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    const struct config_peer *peer = kept;
    const char *lead = "[";
    (void)key;
    for (size_t i = 0; i < peer->channel_count; i++) {
        const struct config_limit *limit = &peer->channels[i].max_prefixes;
        if (limit->limit == 0)
            continue;
        strbuf_printf(out, "%s\"%s: %" PRIu32 ", %s", lead,
                      family_info(peer->channels[i].family)->name, limit->limit,
                      config_limit_action_names[limit->action]);
        if (limit->restart_s > 0)
            strbuf_printf(out, ", restart_s %" PRIu32, limit->restart_s);
        strbuf_printf(out, ", warn_percent %u, %s\"", limit->warn_percent,
                      config_limit_count_names[limit->count]);
        lead = ", ";
    }
    strbuf_add(out, lead[0] == '[' ? "[]" : "]");
}

bool channel_keys_same_import(const void *peer_a, const void *peer_b, size_t len_bytes)
{
    (void)len_bytes;
    return all_same(peer_a, peer_b, same_import);
}

bool channel_keys_same_export(const void *peer_a, const void *peer_b, size_t len_bytes)
{
    (void)len_bytes;
    return all_same(peer_a, peer_b, same_export);
}

static struct policy_chain *const *chain_of(const struct config_channel *c, bool exports)
{
    return exports ? &c->export : &c->import;
}

static void tell_policies(const struct schema_key *key, const struct config_peer *peer,
                          bool exports, struct strbuf *out)
{
    bool same = peer->channel_count > 0;
    for (size_t i = 1; i < peer->channel_count; i++)
        same &= policy_chain_same_policies(*chain_of(&peer->channels[0], exports),
                                           *chain_of(&peer->channels[i], exports));
    if (same)
        get_chain(key, chain_of(&peer->channels[0], exports), out);
}

void channel_keys_tell_import(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    tell_policies(key, kept, false, out);
}

void channel_keys_tell_export(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    tell_policies(key, kept, true, out);
}

bool channel_keys_same_keep(const void *peer_a, const void *peer_b, size_t len_bytes)
{
    (void)len_bytes;
    return all_same(peer_a, peer_b, same_keep);
}

bool channel_keys_same_validation(const void *peer_a, const void *peer_b, size_t len_bytes)
{
    (void)len_bytes;
    return all_same(peer_a, peer_b, same_validation);
}

bool channel_keys_same_aspa(const void *peer_a, const void *peer_b, size_t len_bytes)
{
    (void)len_bytes;
    return all_same(peer_a, peer_b, same_aspa);
}

/* --- what has no effect --- */

/* What a table by families, which stands in the peer's own table, says for those that it does not
 * have. */
static void warn_of_families(struct loader *l, const struct toml_node *table, family_set families,
                             const char *why)
{
    for (size_t i = 0; table && table->type == TOML_TABLE && i < table->as.list.count; i++) {
        const struct toml_node *item = &table->as.list.items[i];
        enum family family = family_from_name(item->key);
        if (family != FAMILY_NONE && !family_in(families, family))
            loader_warning(l, item->key_place, "%s of \"%s\" has no effect: %s", table->key,
                           family_info(family)->name, why);
    }
}

void channel_keys_check_effect(struct loader *l, const struct peer_draft *draft)
{
    const struct toml_node *limits = loader_find(draft->node, "max_prefixes");
    bool is_certain = peer_draft_is_certain(draft, "families");
    family_set families = is_certain ? draft->peer.families : FAMILY_ALL;
    if (draft->group)
        draft->group->use.families |= families;
    if (names_families(limits))
        warn_of_families(l, limits, families, "families does not have it");
    warn_of_families(l, loader_find(draft->node, "channels"), families,
                     "families does not have it");
}

void channel_keys_check_group(struct loader *l, const struct peer_draft *group)
{
    static const char why[] = "no peer of the group has it in families";
    if (!group->use.inherited)
        return;
    const struct toml_node *limits = loader_find(group->node, "max_prefixes");
    if (names_families(limits))
        warn_of_families(l, limits, group->use.families, why);
    warn_of_families(l, loader_find(group->node, "channels"), group->use.families, why);
}
