/* The file of tokens: a table [tokens.NAME] for each.
 *
 * What is wrong with one is wrong with the configuration, so that nobody may do more, or less, than
 * the file means to say. */
#include "config/token_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/sources.h"
#include "config/tokens.h"
#include "config/values.h"
#include "policy/prefix_set.h"

enum { TO_MAX = 64 /* as many as an announcement can name */ };

static void set_role(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    struct token *token = target;
    for (enum access a = ACCESS_READ; a < ACCESS_COUNT; a++)
        if (strcmp(access_names[a], value->as.string) == 0)
            token->access = a;
    if (token->access == ACCESS_NONE)
        value_report_word(l, value->place, key->name, value->as.string, access_names + ACCESS_READ,
                          ACCESS_COUNT - ACCESS_READ);
}

static void set_hash(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    struct token *token = target;
    if (token_hash_parse(value->as.string, &token->hash) != 0)
        loader_problem(l, value->place,
                       "%s must be the SHA-256 of the token: 64 hexadecimal digits", key->name);
}

static void add_prefix(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    struct token *token = ctx;
    struct prefix prefix;
    uint8_t from_bits;
    uint8_t to_bits;
    struct text_error e = {0};
    if (prefix_set_parse_entry(text, &prefix, &from_bits, &to_bits, &e) == 0)
        prefix_set_add(token->prefixes, &prefix, from_bits, to_bits);
    else
        loader_problem(l, item->place, "%s", strbuf_text(&e.say));
    text_error_release(&e);
}

static void set_prefixes(struct loader *l, const struct schema_key *key,
                         const struct toml_node *value, void *target)
{
    struct token *token = target;
    (void)key;
    token->prefixes = prefix_set_new();
    value_each_text(l, value, false, add_prefix, token);
    prefix_set_settle(token->prefixes);
}

static void add_to(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    struct token *token = ctx;
    if (text[0] == '\0')
        loader_problem(l, item->place, "to must not hold an empty text");
    else if (token->to_count == TO_MAX)
        loader_problem(l, item->place, "to must not hold more than %d", TO_MAX);
    else
        token->to[token->to_count++] = mem_strdup(text);
}

static void set_to(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                   void *target)
{
    struct token *token = target;
    token->to = mem_zalloc(TO_MAX * sizeof(*token->to));
    if (value->as.list.count == 0)
        loader_problem(l, value->place, "%s must name at least one: leave it out for everybody",
                       key->name);
    value_each_text(l, value, false, add_to, token);
}

static const struct schema_key keys[] = {
    {
        .name = "role",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "What its holder may do: `\"read\"`: call what changes nothing; `\"originate\"`: "
                "also announce routes and flows, change and withdraw them, which are its own and "
                "within `prefixes` and `to`; `\"full\"`: everything.",
        .required = true,
        .set = set_role,
    },
    {
        .name = "sha256",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "The SHA-256 of the token in hexadecimal digits. `bgpd token new` makes both.",
        .required = true,
        .set = set_hash,
    },
    {
        .name = "prefixes",
        TYPE_STRINGS,
        .reload = RELOAD_AT_ONCE,
        .help = "With the role `\"originate\"`, where it is required: the prefixes that may be "
                "announced, as entries of a [prefix set](#sets) (`\"192.0.2.0/24 le 32\"`). Of VPN "
                "routes the prefix without the RD counts, and of flows the destination, which they "
                "must have.",
        .set = set_prefixes,
    },
    {
        .name = "to",
        TYPE_STRINGS,
        .default_text = "everybody",
        .reload = RELOAD_AT_ONCE,
        .help = "With the role `\"originate\"`: peers (address or name), networks and groups that "
                "routes may be aimed at. What is not aimed at anybody is then for all of these.",
        .set = set_to,
    },
};

const struct schema schema_token = {
    .title = "[tokens.NAME]",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

/* --- the file --- */

/* Whether the token has what its role takes, and nothing that means nothing to it. */
static void check_token(struct loader *l, const struct toml_node *node, const struct token *token,
                        const char *where)
{
    const struct toml_node *prefixes = loader_find(node, "prefixes");
    const struct toml_node *to = loader_find(node, "to");
    const struct toml_node *stray = prefixes ? prefixes : to;
    if (!loader_find(node, "role"))
        loader_missing(l, node->place, "role is missing in %s", where);
    if (!loader_find(node, "sha256"))
        loader_missing(l, node->place, "sha256 is missing in %s", where);
    if (token->access == ACCESS_ORIGINATE && !prefixes)
        loader_missing(l, node->place, "prefixes is missing in %s: the role \"originate\" takes it",
                       where);
    else if (token->access != ACCESS_NONE && token->access != ACCESS_ORIGINATE && stray)
        loader_problem(l, stray->key_place, "%s is for the role \"originate\", not \"%s\"",
                       stray->key, access_names[token->access]);
}

/* Two names for one secret: which of them is its holder? */
static void check_twin(struct loader *l, const struct toml_node *node, const struct tokens *tokens,
                       const struct token *token)
{
    const struct token *twin = tokens_find(tokens, &token->hash);
    const struct toml_node *hash = loader_find(node, "sha256");
    if (twin && hash)
        loader_problem(l, hash->place, "sha256 is that of '%.64s', too: tokens must differ",
                       twin->name);
}

static void read_token(struct loader *l, const struct toml_node *node, struct tokens *tokens)
{
    struct token token = {0};
    struct strbuf where = {0};
    strbuf_printf(&where, "[tokens.%.64s]", node->key);
    value_check_name(l, "a token", node->key_place, node->key);
    schema_apply(l, &schema_token, strbuf_text(&where), node, &token);
    if (node->type == TOML_TABLE) {
        check_token(l, node, &token, strbuf_text(&where));
        check_twin(l, node, tokens, &token);
    }
    token.name = mem_strdup(node->key);
    tokens->items[tokens->count++] = token;
    strbuf_release(&where);
}

static void set_tokens(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    struct config *c = target;
    const struct toml_list *list = &value->as.list;
    (void)key;
    if (list->count > TOKENS_MAX) {
        loader_problem(l, value->place, "these are more than %d tokens", TOKENS_MAX);
        return;
    }
    tokens_unref(c->tokens);
    c->tokens = tokens_new(list->count);
    for (size_t i = 0; i < list->count; i++)
        read_token(l, &list->items[i], c->tokens);
}

static const struct schema_key file_keys[] = {
    {
        .name = "tokens",
        .types = TOML_TABLE,
        .type_text = "a table: write [tokens.NAME]",
        .reload = RELOAD_AT_ONCE,
        .help = "The tokens by their names.",
        .set = set_tokens,
    },
};

static const struct schema schema_file = {
    .title = "a file of tokens",
    .keys = file_keys,
    .count = sizeof(file_keys) / sizeof(file_keys[0]),
};

static void read_text(struct loader *l, const char *path, const struct strbuf *text)
{
    struct toml_error error;
    uint32_t file = sources_add_file(l, path);
    struct toml_doc *doc =
        toml_doc_parse(file, strbuf_text(text), text->len_bytes, NULL, 0, &error);
    if (doc)
        schema_apply(l, &schema_file, schema_file.title, toml_doc_root(doc), l->config);
    else
        loader_problem(l, error.place, "%s", error.text);
    toml_doc_free(doc);
}

void token_keys_read(struct loader *l)
{
    const struct toml_node *name = loader_find(l->root, "api_tokens");
    struct strbuf text = {0};
    if (!name || name->type != TOML_STRING)
        return; /* reported, or there is none */
    char *path = config_file_beside(loader_file(l, name->place), name->as.string);
    loader_note_file(l, path);
    const char *unusable = config_file_read_private(path, &text);
    if (unusable)
        loader_problem(l, name->place, "%s '%.256s' cannot be used: %s", name->key, path, unusable);
    else
        read_text(l, path, &text);
    strbuf_release(&text);
    free(path);
}
