/* Going through the settings: along the tables of keys, so that each key that there is is shown,
 * and with what the files said (config/written.h), as far as that is kept.
 *
 * What is given is shown as it is written; what is not, as the configuration has it, by the key's
 * `get`. What counts for a peer is found by the functions that the loader asks (config/peer_draft,
 * config/channel_keys).
 *
 * A part is a key of the top level; the first part is all those that are no tables. */
#include "config/listing.h"

#include <stdio.h>
#include <string.h>

#include "config/channel_keys.h"
#include "config/global.h"
#include "config/loader.h"
#include "config/peer_draft.h"
#include "config/peer_keys.h"
#include "config/policy_sets.h"
#include "config/rpki_keys.h"
#include "config/schema.h"
#include "config/value_text.h"
#include "config/written.h"

enum {
    ITEMS_AT_ONCE = 64,
    TOLD_MAX_BYTES = 400, /* of a value beside others */
};

struct walk {
    const struct config *c;
    const struct config_listing *how;
    config_setting_each *each;
    void *ctx;
    const struct config_peer *peer; /* whose settings these are; NULL */
    bool given;                     /* the table that they stand in */
    bool in_list;                   /* which is one of a list */
    bool full;                      /* rules and long lists are shown */
    config_key_set also;            /* keys that are shown whatever is said of them */
    const char *lead;               /* what stands before the key in TOML */
    struct strbuf path;
    struct strbuf table; /* without its brackets */
    /* Of one setting. */
    struct strbuf header;
    struct strbuf key;
    struct strbuf toml;
    struct strbuf json;
    struct strbuf note;
};

static void walk_release(struct walk *w)
{
    strbuf_release(&w->path);
    strbuf_release(&w->table);
    strbuf_release(&w->header);
    strbuf_release(&w->key);
    strbuf_release(&w->toml);
    strbuf_release(&w->json);
    strbuf_release(&w->note);
}

/* --- where the walk is --- */

/* A table that the walk goes into, and what to come back to. */
struct level {
    size_t path_bytes;
    size_t table_bytes;
    bool given;
    bool in_list;
};

static void cut(struct strbuf *s, size_t len_bytes)
{
    s->len_bytes = len_bytes;
    if (s->data)
        s->data[len_bytes] = '\0';
}

static void add_part(struct strbuf *path, const char *part)
{
    if (path->len_bytes > 0)
        strbuf_add_char(path, '.');
    strbuf_add(path, part);
}

/* Goes into a table; `key` is its key, NULL for an item of the list that the walk is at, and `name`
 * what it is called in paths. */
static struct level enter(struct walk *w, const char *key, const char *name, bool given,
                          bool in_list)
{
    const struct level before = {w->path.len_bytes, w->table.len_bytes, w->given, w->in_list};
    add_part(&w->path, name);
    if (key) {
        strbuf_add(&w->table, w->table.len_bytes > 0 ? "." : "");
        value_text_add_key(&w->table, key);
    }
    w->given = given;
    w->in_list = in_list;
    return before;
}

static void leave(struct walk *w, struct level before)
{
    cut(&w->path, before.path_bytes);
    cut(&w->table, before.table_bytes);
    w->given = before.given;
    w->in_list = before.in_list;
}

/* --- one setting --- */

/* Whether one path is the other, or that of something within it. */
static bool is_within(const char *path, const char *outer)
{
    size_t len = strlen(outer);
    return strncmp(path, outer, len) == 0 && (path[len] == '\0' || path[len] == '.');
}

/* Whether anything at the path of the walk, or below it, may be asked for. */
static bool is_wanted(const struct walk *w)
{
    const char *path = strbuf_text(&w->path);
    return !w->how->path || is_within(path, w->how->path) || is_within(w->how->path, path);
}

/* Whether a default is shown. */
static bool is_default_wanted(struct walk *w, const struct schema_key *row, config_key_set bit)
{
    size_t before = w->path.len_bytes;
    bool wanted = w->how->defaults || (bit & w->also) != 0 ||
                  (w->how->at_start && row->reload == RELOAD_NEXT_START);
    if (!wanted && w->how->path) {
        add_part(&w->path, row->name);
        wanted = strcmp(strbuf_text(&w->path), w->how->path) == 0;
        cut(&w->path, before);
    }
    return wanted;
}

/* Completes a setting, and tells it. */
static void tell(struct walk *w, const char *key, struct config_setting *s)
{
    size_t before = w->path.len_bytes;
    if (key)
        add_part(&w->path, key);
    if (!w->how->path || is_within(strbuf_text(&w->path), w->how->path)) {
        strbuf_clear(&w->header);
        if (w->table.len_bytes > 0)
            strbuf_printf(&w->header, w->in_list ? "[[%s]]" : "[%s]", strbuf_text(&w->table));
        s->table = strbuf_text(&w->header);
        s->table_given = w->given;
        s->path = strbuf_text(&w->path);
        s->key = key;
        s->peer = w->peer;
        w->each(w->ctx, s);
    }
    cut(&w->path, before);
}

static void put_toml(struct walk *w, const char *key)
{
    strbuf_clear(&w->toml);
    strbuf_add(&w->toml, w->lead);
    value_text_add_key(&w->toml, key);
    strbuf_add(&w->toml, " = ");
}

static void set_place(const struct walk *w, struct config_setting *s, struct toml_place place)
{
    s->file = written_name(w->c->written, place);
    s->line = place.line;
}

/* Whether of a value no more than its length is told, unless all is asked for. */
static bool is_folded(const struct schema_key *row, const struct toml_node *value)
{
    bool is_list = value->type == TOML_ARRAY;
    bool is_long = is_list && value->as.list.count > WRITTEN_LIST_MAX;
    return is_list && (row->is_folded || (row->keep == SCHEMA_KEEP_SOME && is_long));
}

/* The value of a setting, unless it is secret, or a list that only its length is told of. */
static void set_value(struct walk *w, const struct schema_key *row, const char *key,
                      const struct toml_node *node, struct config_setting *s)
{
    bool is_list = node->type == TOML_PACKED || node->type == TOML_ARRAY;
    bool is_packed = node->type == TOML_PACKED;
    bool folded = row && is_folded(row, node);
    s->is_secret = row && row->secret;
    s->is_counted = is_packed || folded;
    s->count = is_packed ? node->as.packed.count : is_list ? node->as.list.count : 0;
    bool is_left_out = is_packed ? !node->as.packed.items || !w->full : folded;
    if (s->is_secret || is_left_out)
        return;
    if (is_packed) {
        s->packed = &node->as.packed;
        return;
    }
    put_toml(w, key);
    value_text_add(&w->toml, node, VALUE_TOML);
    strbuf_clear(&w->json);
    value_text_add(&w->json, node, VALUE_JSON);
    /* What is included is shown itself. */
    s->toml =
        row && row->included && strcmp(row->name, "include") == 0 ? NULL : strbuf_text(&w->toml);
    s->json = strbuf_text(&w->json);
}

static void tell_value(struct walk *w, const struct schema_key *row, const char *key,
                       const struct toml_node *node, const char *group, config_key_set bit)
{
    struct config_setting s = {
        .origin = group ? CONFIG_FROM_GROUP : CONFIG_FROM_FILE, .group = group, .bit = bit};
    set_place(w, &s, node->key_place);
    set_value(w, row, key, node, &s);
    tell(w, key, &s);
}

/* Appends the text of a default in plain words: it is written for Markdown. */
static void add_plain(struct strbuf *out, const char *markdown)
{
    for (const char *at = markdown; *at != '\0'; at++) {
        if (*at == ']' && at[1] == '(')
            at += strcspn(at, ")");
        else if (*at != '`' && (*at != '[' || at[1] == '"'))
            strbuf_add_char(out, *at);
    }
}

/* Whether a text is a value, and no words. */
static bool is_literal(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
           (digits > 0 && text[digits] == '\0') || text[0] == '"' || text[0] == '[';
}

/* What there is to say of a default beside its value, "" for none. */
static const char *note_of(struct walk *w, const struct schema_key *row, const char *value)
{
    strbuf_clear(&w->note);
    add_plain(&w->note, row->default_text ? row->default_text : "none");
    if (!value)
        return strbuf_text(&w->note);
    bool is_link = row->default_text && strstr(row->default_text, "](#");
    if (!row->default_text || is_link || strcmp(strbuf_text(&w->note), value) == 0)
        return NULL;
    return is_literal(strbuf_text(&w->note)) ? "by other keys" : strbuf_text(&w->note);
}

static void tell_default(struct walk *w, const struct schema_key *row, const void *kept,
                         config_key_set bit)
{
    struct config_setting s = {.origin = CONFIG_FROM_DEFAULT, .bit = bit, .is_secret = row->secret};
    if (!is_default_wanted(w, row, bit))
        return;
    strbuf_clear(&w->json);
    if (row->get && kept)
        row->get(row, (const char *)kept + row->kept.offset, &w->json);
    else if (is_literal(note_of(w, row, NULL)))
        strbuf_add(&w->json, strbuf_text(&w->note));
    if (w->json.len_bytes == 0 && w->lead[0] != '\0')
        return; /* which cannot stand in front of words */
    if (w->json.len_bytes > 0) {
        put_toml(w, row->name);
        strbuf_add(&w->toml, strbuf_text(&w->json));
        s.toml = strbuf_text(&w->toml);
        s.json = strbuf_text(&w->json);
    }
    s.note = note_of(w, row, s.json);
    tell(w, row->name, &s);
}

/* --- tables --- */

/* A table whose keys are known. */
struct table {
    const struct schema *schema;
    const struct toml_node *node;   /* NULL: it is not given */
    const struct peer_draft *draft; /* of a peer; NULL */
    const void *kept;               /* where its values are kept; NULL: nowhere by themselves */
    bool is_group;                  /* what it does not say, nothing holds for */
};

/* Whether a value is shown as tables of their own. */
static bool has_tables(const struct walk *w, const struct schema_key *row,
                       const struct toml_node *node)
{
    bool holds = row->within || row->is_named;
    if (!holds || (is_folded(row, node) && !w->full))
        return false;
    return node->type == TOML_TABLE || (node->type == TOML_ARRAY && node->as.list.count > 0);
}

/* By which a key is known in config/diff: that of the one that is compared with it. */
static config_key_set bit_of(const struct schema *schema, size_t i)
{
    if (schema != &schema_peer && schema != &schema_global)
        return 0;
    for (size_t k = 0; k < schema->count && !schema->keys[i].same; k++)
        if (schema->keys[k].excludes && strcmp(schema->keys[k].excludes, schema->keys[i].name) == 0)
            return UINT64_C(1) << k;
    return UINT64_C(1) << i;
}

/* Whether a key that excludes this one, or is excluded by it, is given. */
static bool is_excluded(const struct table *t, const struct schema_key *row)
{
    for (size_t i = 0; i < t->schema->count; i++) {
        const struct schema_key *other = &t->schema->keys[i];
        bool excludes = (other->excludes && strcmp(other->excludes, row->name) == 0) ||
                        (row->excludes && strcmp(row->excludes, other->name) == 0);
        if (excludes && (t->draft ? peer_draft_find(t->draft, other->name) != NULL
                                  : t->node && schema_find(other, t->node)))
            return true;
    }
    return false;
}

static void tell_key(struct walk *w, const struct table *t, size_t i)
{
    const struct schema_key *row = &t->schema->keys[i];
    const config_key_set bit = bit_of(t->schema, i);
    const struct toml_node *own = t->node ? schema_find(row, t->node) : NULL;
    const struct toml_node *of_group = t->draft ? peer_draft_inherited(t->draft, row) : NULL;
    if (own && !has_tables(w, row, own))
        tell_value(w, row, row->name, own, NULL, bit);
    if (of_group && !row->is_named)
        tell_value(w, row, row->name, of_group, t->draft->group->node->key, bit);
    if (!own && !of_group && !row->is_named && !t->is_group && !is_excluded(t, row))
        tell_default(w, row, t->kept, bit);
}

/* The table itself, and what in it is no table. */
static void tell_keys(struct walk *w, const struct table *t)
{
    struct table part = *t;
    if (t->node) {
        struct config_setting s = {.origin = CONFIG_FROM_FILE};
        set_place(w, &s, t->node->place);
        tell(w, NULL, &s);
    }
    for (; part.schema; part.schema = part.schema->more)
        for (size_t i = 0; i < part.schema->count; i++)
            tell_key(w, &part, i);
}

/* Which of the items of lists within a table come now: a stretch of them. */
struct stretch {
    uint32_t from;
    uint32_t to;
    uint32_t seen; /* so far */
};

static bool is_in_stretch(struct stretch *s)
{
    uint32_t number = s->seen++;
    return number >= s->from && number < s->to;
}

static void tell_tables(struct walk *w, const struct table *t, struct stretch *stretch);

static void tell_table(struct walk *w, const struct table *t)
{
    struct stretch all = {.to = UINT32_MAX};
    tell_keys(w, t);
    tell_tables(w, t, &all);
}

static void tell_list(struct walk *w, const struct schema_key *row, const struct toml_node *list,
                      struct stretch *stretch)
{
    for (size_t i = 0; i < list->as.list.count; i++) {
        char number[24];
        struct table t = {.schema = row->within, .node = &list->as.list.items[i]};
        if (!is_in_stretch(stretch))
            continue;
        if (row->within == &schema_rpki_cache)
            t.kept = &w->c->rpki_caches[i];
        struct level list_level = enter(w, row->name, row->name, true, true);
        snprintf(number, sizeof(number), "%zu", i + 1);
        struct level item_level = enter(w, NULL, number, true, true);
        tell_table(w, &t);
        leave(w, item_level);
        leave(w, list_level);
    }
}

/* --- the channels and parameters of a peer --- */

/* What a limit is made of, as far as it does not say so itself. */
static void tell_limit(struct walk *w, const struct config_limit *limit,
                       const struct toml_node *written)
{
    struct level level = enter(w, NULL, "max_prefixes", w->given, w->in_list);
    w->lead = "max_prefixes.";
    for (size_t i = 0; limit->limit > 0 && i < schema_limit.count; i++) {
        const struct schema_key *row = &schema_limit.keys[i];
        bool says_so = written && written->type == TOML_TABLE && loader_find(written, row->name);
        if (!says_so && !row->required) /* that is the number itself */
            tell_default(w, row, limit, 0);
    }
    w->lead = "";
    leave(w, level);
}

static void tell_channel(struct walk *w, const struct table *peer,
                         const struct config_channel *channel, enum family family,
                         const struct toml_node *own, const struct toml_node *of_group)
{
    for (size_t i = 0; i < schema_channel.count; i++) {
        const struct schema_key *row = &schema_channel.keys[i];
        const struct toml_node *counts = channel_keys_find(peer->draft, family, row->name);
        const struct toml_node *mine = own ? loader_find(own, row->name) : NULL;
        const struct toml_node *theirs = of_group ? loader_find(of_group, row->name) : NULL;
        if (mine)
            tell_value(w, row, row->name, mine, NULL, 0);
        else if (theirs && theirs == counts)
            tell_value(w, row, row->name, theirs, peer->draft->group->node->key, 0);
        else if (channel)
            tell_default(w, row, channel, 0);
        if (channel && strcmp(row->name, "max_prefixes") == 0)
            tell_limit(w, &channel->max_prefixes, counts);
    }
}

static void tell_channels(struct walk *w, const struct table *peer, const struct schema_key *row)
{
    const struct toml_node *own = schema_find(row, peer->node);
    const struct toml_node *of_group = peer_draft_inherited(peer->draft, row);
    for (enum family f = 0; f < FAMILY_COUNT; f++) {
        const struct config_channel *channel = config_peer_channel(w->peer, f);
        const struct toml_node *mine = channel_keys_of_family(own, f);
        const struct toml_node *theirs = channel ? channel_keys_of_family(of_group, f) : NULL;
        bool wants_defaults = channel && (w->how->defaults || w->how->path);
        if (!mine && !theirs && !wants_defaults)
            continue;
        struct level all = enter(w, row->name, row->name, true, false);
        struct level level =
            enter(w, family_info(f)->name, family_info(f)->name, mine != NULL, false);
        if (is_wanted(w))
            tell_channel(w, peer, channel, f, mine, theirs);
        leave(w, level);
        leave(w, all);
    }
}

/* A table of values by names: the peer's over those of its group. */
static void tell_values(struct walk *w, const struct table *t, const struct schema_key *row)
{
    const struct toml_node *own = t->node ? schema_find(row, t->node) : NULL;
    const struct toml_node *of_group = t->draft ? peer_draft_inherited(t->draft, row) : NULL;
    struct level level = enter(w, row->name, row->name, own != NULL, false);
    for (size_t i = 0; own && i < own->as.list.count; i++)
        tell_value(w, row, own->as.list.items[i].key, &own->as.list.items[i], NULL, 0);
    for (size_t i = 0; of_group && i < of_group->as.list.count; i++)
        if (!own || !loader_find(own, of_group->as.list.items[i].key))
            tell_value(w, row, of_group->as.list.items[i].key, &of_group->as.list.items[i],
                       t->draft->group->node->key, 0);
    leave(w, level);
}

static void tell_named(struct walk *w, const struct schema_key *row, const struct toml_node *table)
{
    for (size_t i = 0; i < table->as.list.count; i++) {
        const struct table t = {.schema = row->within, .node = &table->as.list.items[i]};
        struct level all = enter(w, row->name, row->name, true, false);
        struct level level = enter(w, t.node->key, t.node->key, true, false);
        tell_table(w, &t);
        leave(w, level);
        leave(w, all);
    }
}

/* The tables within a table. */
static void tell_tables(struct walk *w, const struct table *t, struct stretch *stretch)
{
    for (size_t i = 0; i < t->schema->count; i++) {
        const struct schema_key *row = &t->schema->keys[i];
        const struct toml_node *own = t->node ? schema_find(row, t->node) : NULL;
        if (row->is_named && t->draft && row->within) {
            if (stretch->from == 0)
                tell_channels(w, t, row);
        } else if (row->is_named && !row->within) {
            if (stretch->from == 0)
                tell_values(w, t, row);
        } else if (!own || !has_tables(w, row, own)) {
            continue;
        } else if (row->is_named) {
            tell_named(w, row, own);
        } else if (own->type == TOML_ARRAY) {
            tell_list(w, row, own, stretch);
        } else {
            const struct table within = {.schema = row->within, .node = own, .kept = t->kept};
            struct level level = enter(w, row->name, row->name, true, false);
            tell_table(w, &within);
            leave(w, level);
        }
    }
}

/* --- the top level --- */

/* One table, with a stretch of the items of its lists; true when there are more of these. */
static bool tell_stretch(struct walk *w, const struct table *t, uint32_t step)
{
    struct stretch stretch = {.from = step * ITEMS_AT_ONCE, .to = (step + 1) * ITEMS_AT_ONCE};
    if (step == 0)
        tell_keys(w, t);
    tell_tables(w, t, &stretch);
    return stretch.seen > stretch.to;
}

/* Where the walk is: true, and the next step or item is set in *at, as long as there is more. */
static void go_on(struct config_listing_at *at, bool has_more_steps)
{
    at->step = has_more_steps ? at->step + 1 : 0;
    at->item += !has_more_steps;
}

/* What a peer is called, as the API calls it. */
static const char *name_of(const struct config_peer *peer, char name[PREFIX_TEXT_MAX + IP_TEXT_MAX])
{
    struct ip_addr addr = prefix_address(&peer->remote);
    memcpy(addr.interface, peer->remote_interface, sizeof(addr.interface));
    return prefix_is_host(&peer->remote) ? ip_format(&addr, name)
                                         : prefix_format(&peer->remote, name);
}

static struct scoped_prefix remote_of(const struct config_peer *peer)
{
    struct scoped_prefix remote = {.prefix = peer->remote};
    memcpy(remote.interface, peer->remote_interface, sizeof(remote.interface));
    return remote;
}

static void tell_peer(struct walk *w, const struct toml_node *peers, struct config_listing_at *at)
{
    const struct toml_node *node = &peers->as.list.items[at->item];
    const struct toml_node *groups = loader_find(&w->c->written->root, "groups");
    struct peer_draft group = {.schema = &schema_peer};
    struct peer_draft draft = {.schema = &schema_peer, .node = node};
    struct table t = {
        .schema = &schema_peer, .node = node, .draft = &draft, .kept = &w->c->peers[at->item]};
    bool has_more = false;
    char name[PREFIX_TEXT_MAX + IP_TEXT_MAX];
    const struct scoped_prefix remote = remote_of(&w->c->peers[at->item]);
    w->peer = &w->c->peers[at->item];
    w->also = w->how->also ? w->how->also(w->ctx, w->peer) : 0;
    if (w->peer->group && groups) {
        group.node = loader_find(groups, w->peer->group);
        draft.group = group.node ? &group : NULL;
    }
    struct level all = enter(w, "peers", "peers", true, true);
    struct level level = enter(w, NULL, name_of(w->peer, name), true, true);
    if (is_wanted(w) && (!w->how->within || scoped_prefix_covers(w->how->within, &remote)))
        has_more = tell_stretch(w, &t, at->step);
    leave(w, level);
    leave(w, all);
    go_on(at, has_more);
}

static void tell_set(struct walk *w, const struct schema_key *row, const struct toml_node *set,
                     uint32_t count)
{
    struct config_setting s = {.origin = CONFIG_FROM_FILE};
    set_place(w, &s, set->key_place);
    set_value(w, row, set->key, set, &s);
    s.is_counted = true;
    s.count = count;
    tell(w, set->key, &s);
}

/* Values by names, some of them at once. */
static void tell_some_values(struct walk *w, const struct schema_key *row,
                             const struct toml_node *table, struct config_listing_at *at)
{
    enum policy_set_kind kind = policy_sets_kind(row->name);
    struct level level = enter(w, row->name, row->name, true, false);
    for (unsigned n = 0; n < ITEMS_AT_ONCE && at->item < table->as.list.count; n++, at->item++) {
        const struct toml_node *value = &table->as.list.items[at->item];
        if (kind < POLICY_SET_KINDS)
            tell_set(w, row, value, w->c->written->set_counts[kind][at->item]);
        else
            tell_value(w, row, value->key, value, NULL, 0);
    }
    leave(w, level);
}

/* A policy or a group. */
static void tell_named_item(struct walk *w, const struct schema_key *row,
                            const struct toml_node *table, struct config_listing_at *at)
{
    const struct table t = {.schema = row->within,
                            .node = &table->as.list.items[at->item],
                            .is_group = row->within == &schema_peer};
    bool has_more = false;
    struct level all = enter(w, row->name, row->name, true, false);
    struct level level = enter(w, t.node->key, t.node->key, true, false);
    if (is_wanted(w) && (!w->how->group || strcmp(w->how->group, t.node->key) == 0))
        has_more = tell_stretch(w, &t, at->step);
    leave(w, level);
    leave(w, all);
    go_on(at, has_more);
}

/* Keys of the top level whose values are tables. */
static bool is_part(const struct schema_key *row)
{
    return row->within || row->is_named;
}

/* The next settings of a part; true: there are more. */
static bool tell_part(struct walk *w, const struct schema_key *row, struct config_listing_at *at)
{
    const struct toml_node *value = loader_find(&w->c->written->root, row->name);
    size_t count = !value                                       ? 0
                   : row->is_named || value->type == TOML_ARRAY ? value->as.list.count
                                                                : 1;
    bool is_for_peer = row->types == TOML_ARRAY && row->within == &schema_peer;
    bool is_for_group = row->is_named && row->within == &schema_peer;
    if ((w->how->within && !is_for_peer) || (w->how->group && !is_for_group))
        return false;
    if (is_for_peer && at->item < count) {
        tell_peer(w, value, at);
    } else if (row->is_named && at->item < count) {
        if (row->within && policy_sets_kind(row->name) == POLICY_SET_KINDS)
            tell_named_item(w, row, value, at);
        else
            tell_some_values(w, row, value, at);
    } else if (row->types == TOML_ARRAY && at->item < count) {
        struct stretch one = {.from = at->item, .to = at->item + 1};
        tell_list(w, row, value, &one);
        at->item++;
    } else if (row->types != TOML_ARRAY && !row->is_named && at->item == 0) {
        const struct table t = {.schema = row->within, .node = value, .kept = w->c};
        struct level level = enter(w, row->name, row->name, value != NULL, false);
        if (is_wanted(w))
            tell_table(w, &t);
        leave(w, level);
        at->item = 1;
    }
    return at->item < count;
}

static void tell_top(struct walk *w)
{
    const struct table t = {.schema = &schema_global, .node = &w->c->written->root, .kept = w->c};
    w->given = true;
    w->also = w->how->also ? w->how->also(w->ctx, NULL) : 0;
    for (size_t i = 0; i < schema_global.count; i++)
        if (!is_part(&schema_global.keys[i]))
            tell_key(w, &t, i);
}

bool config_listing_next(const struct config *c, const struct config_listing *how,
                         struct config_listing_at *at, config_setting_each *each, void *ctx)
{
    struct walk w = {.c = c, .how = how, .each = each, .ctx = ctx, .lead = ""};
    w.full = how->full || (how->path && strchr(how->path, '.'));
    if (!c->written || at->part > schema_global.count)
        return false;
    const struct schema_key *row = at->part > 0 ? &schema_global.keys[at->part - 1] : NULL;
    bool has_more = false;
    if (!row && !how->within && !how->group)
        tell_top(&w);
    else if (row && is_part(row) && (!how->path || is_within(how->path, row->name)))
        has_more = tell_part(&w, row, at);
    if (!has_more)
        *at = (struct config_listing_at){.part = at->part + 1};
    walk_release(&w);
    return at->part <= schema_global.count;
}

/* --- for those who list --- */

bool config_has_group(const struct config *c, const char *name)
{
    const struct toml_node *groups = c->written ? loader_find(&c->written->root, "groups") : NULL;
    return groups && loader_find(groups, name);
}

bool config_is_path(const char *path)
{
    for (size_t i = 0; i < schema_global.count; i++)
        if (is_within(path, schema_global.keys[i].name))
            return true;
    return false;
}

static void add_value(const struct schema *schema, config_key_set bit, const void *kept,
                      struct strbuf *out)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_key *row = &schema->keys[i];
        schema_get *get = row->get ? row->get : row->tell;
        if ((bit >> i & 1) && get)
            get(row, (const char *)kept + row->kept.offset, out);
    }
}

/* What a default is, where that is a value. */
static void add_default(const struct schema_key *row, struct strbuf *out)
{
    const char *text = row->default_text ? row->default_text : "";
    size_t len = strlen(text);
    if (text[0] == '`' && text[1] == '"')
        strbuf_add_bytes(out, text + 1, len - 2);
    else if (len > 0 && strspn(text, "0123456789") == len)
        strbuf_add(out, text);
}

/* As the files say it, of keys for which that is all there is; nothing: it is secret, or many of
 * what has names, or too long to be told beside others. */
static void add_written(const struct config *c, config_key_set bit, struct strbuf *out)
{
    struct strbuf text = {0};
    for (size_t i = 0; i < schema_global.count; i++) {
        const struct schema_key *row = &schema_global.keys[i];
        if (!(bit >> i & 1) || row->get || row->secret || row->is_named || !c->written)
            continue;
        const struct toml_node *node = loader_find(&c->written->root, row->name);
        if (!node)
            add_default(row, &text);
        else if (node->type != TOML_PACKED)
            value_text_add(&text, node, VALUE_JSON);
    }
    strbuf_add(out, text.len_bytes <= TOLD_MAX_BYTES ? strbuf_text(&text) : "");
    strbuf_release(&text);
}

void config_add_peer_value(const struct config_peer *entry, config_key_set bit, struct strbuf *out)
{
    add_value(&schema_peer, bit, entry, out);
}

void config_add_top_value(const struct config *c, config_key_set bit, struct strbuf *out)
{
    add_value(&schema_global, bit, c, out);
    add_written(c, bit, out);
}
