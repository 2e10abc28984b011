/* The tokens of clients. */
#include "config/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/originate_limits.h"
#include "policy/prefix_set.h"

const char *const access_names[ACCESS_COUNT] = {
    [ACCESS_NONE] = "none",
    [ACCESS_READ] = "read",
    [ACCESS_ORIGINATE] = "originate",
    [ACCESS_FULL] = "full",
};

struct tokens *tokens_new(size_t size)
{
    struct tokens *tokens = mem_zalloc(sizeof(*tokens));
    atomic_init(&tokens->refs, 1);
    tokens->items = mem_zalloc((size + 1) * sizeof(*tokens->items));
    return tokens;
}

struct tokens *tokens_ref(struct tokens *tokens)
{
    if (tokens)
        atomic_fetch_add(&tokens->refs, 1);
    return tokens;
}

void tokens_unref(struct tokens *tokens)
{
    if (!tokens || atomic_fetch_sub(&tokens->refs, 1) > 1)
        return;
    for (size_t i = 0; i < tokens->count; i++) {
        struct token *t = &tokens->items[i];
        for (size_t k = 0; k < t->to_count; k++)
            free(t->to[k]);
        free(t->to);
        free(t->name);
        prefix_set_unref(t->prefixes);
    }
    free(tokens->items);
    free(tokens);
}

const struct token *tokens_find(const struct tokens *tokens, const struct token_hash *hash)
{
    const struct token *found = NULL;
    for (size_t i = 0; tokens && i < tokens->count; i++)
        if (token_hash_equal(&tokens->items[i].hash, hash))
            found = &tokens->items[i];
    return found;
}

static bool same_prefixes(const struct prefix_set *a, const struct prefix_set *b)
{
    return a && b ? policy_digest_equal(prefix_set_digest(a), prefix_set_digest(b)) : a == b;
}

static bool same_token(const struct token *a, const struct token *b)
{
    bool same = strcmp(a->name, b->name) == 0 && a->access == b->access &&
                token_hash_equal(&a->hash, &b->hash) && same_prefixes(a->prefixes, b->prefixes) &&
                a->to_count == b->to_count;
    for (size_t i = 0; same && i < a->to_count; i++)
        same = strcmp(a->to[i], b->to[i]) == 0;
    return same;
}

bool tokens_equal(const struct tokens *a, const struct tokens *b)
{
    size_t count = a ? a->count : 0;
    bool same = count == (b ? b->count : 0);
    for (size_t i = 0; same && i < count; i++)
        same = same_token(&a->items[i], &b->items[i]);
    return same;
}

bool token_permits(const struct token *token, enum family family, struct nlri_key key)
{
    struct prefix p;
    return originate_prefix(family, key, &p) &&
           prefix_set_has(token->prefixes, p.version, p.bytes, p.len_bits);
}
