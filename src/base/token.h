/* Tokens of clients: random texts, of which others keep the hash alone. */
#ifndef BGPD_BASE_TOKEN_H
#define BGPD_BASE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TOKEN_HASH_BYTES = 32,                          /* SHA-256 */
    TOKEN_HASH_TEXT_MAX = 2 * TOKEN_HASH_BYTES + 1, /* hexadecimal digits, with the end */
    TOKEN_RANDOM_BYTES = 32,
    TOKEN_TEXT_MAX = 5 + 2 * TOKEN_RANDOM_BYTES + 1, /* "bgpd_" and digits, with the end */
};

struct token_hash {
    uint8_t bytes[TOKEN_HASH_BYTES];
};

/* ERR_STATE when the library has no SHA-256. */
int token_hash_of(const char *token, size_t len_bytes, struct token_hash *ret_hash);
/* Equal or not in a time that does not tell where they differ. */
bool token_hash_equal(const struct token_hash *a, const struct token_hash *b);
const char *token_hash_format(const struct token_hash *hash, char buf[TOKEN_HASH_TEXT_MAX]);
/* Reads hexadecimal digits, capital or not. ERR_INVALID. */
int token_hash_parse(const char *text, struct token_hash *ret_hash);

/* A new token of 256 random bits. ERR_IO (errno). */
int token_make(char ret_token[TOKEN_TEXT_MAX]);

#endif
