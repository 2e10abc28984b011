/* Who may do what in the API: the roles, and the tokens of clients with theirs. */
#ifndef BGPD_CONFIG_TOKENS_H
#define BGPD_CONFIG_TOKENS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/token.h"
#include "wire/family.h"

/* What a client may do: each what the ones before may, too. */
enum access {
    ACCESS_NONE,
    ACCESS_READ,
    ACCESS_ORIGINATE, /* announce and withdraw what is its own */
    ACCESS_FULL,
    ACCESS_COUNT,
};

/* As the configuration and the API have them. */
extern const char *const access_names[ACCESS_COUNT];

enum { TOKENS_MAX = 1000 };

struct prefix_set;

struct token {
    char *name; /* owned */
    enum access access;
    struct token_hash hash;
    struct prefix_set *prefixes; /* a reference; settled; of ACCESS_ORIGINATE alone: of what it may
                                    announce */
    char **to;                   /* owned array of owned texts; of ACCESS_ORIGINATE: whom it may aim
                                    at; none: whomever it likes */
    size_t to_count;
};

/* The tokens of a file. Counted; immutable once the configuration is loaded. */
struct tokens {
    atomic_uint refs;
    struct token *items; /* owned; in order of their names */
    size_t count;
};

struct tokens *tokens_new(size_t size); /* empty, with one reference and room for so many */
struct tokens *tokens_ref(struct tokens *tokens);
void tokens_unref(struct tokens *tokens); /* both: NULL is fine */
/* The one with this hash; NULL. The time that it takes does not depend on which it is, nor on where
 * hashes differ. `tokens` may be NULL. */
const struct token *tokens_find(const struct tokens *tokens, const struct token_hash *hash);
/* NULL is none. */
bool tokens_equal(const struct tokens *a, const struct tokens *b);

/* Whether the token permits to announce this: a route to a prefix of its set, or a flow whose
 * destination is one. */
bool token_permits(const struct token *token, enum family family, struct nlri_key key);

#endif
