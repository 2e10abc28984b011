/* Tokens of clients.
 *
 * A token is as long as its hash and random, so that a plain hash of it can neither be turned back
 * nor guessed: what slows down the guessing of passwords has no use here. */
#include "base/token.h"

#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"

int token_hash_of(const char *token, size_t len_bytes, struct token_hash *ret_hash)
{
    struct token_hash hash;
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, token, len_bytes, hash.bytes) != 0)
        return ERR_STATE;
    *ret_hash = hash;
    return 0;
}

bool token_hash_equal(const struct token_hash *a, const struct token_hash *b)
{
    unsigned differ = 0;
    for (size_t i = 0; i < TOKEN_HASH_BYTES; i++)
        differ |= (unsigned)a->bytes[i] ^ b->bytes[i];
    return differ == 0;
}

static void put_digits(const uint8_t *bytes, size_t count, char *text)
{
    for (size_t i = 0; i < count; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

const char *token_hash_format(const struct token_hash *hash, char buf[TOKEN_HASH_TEXT_MAX])
{
    put_digits(hash->bytes, TOKEN_HASH_BYTES, buf);
    return buf;
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found =
        c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;
    return found ? (int)(found - digits) : -1;
}

int token_hash_parse(const char *text, struct token_hash *ret_hash)
{
    struct token_hash hash;
    if (strlen(text) != 2 * TOKEN_HASH_BYTES)
        return ERR_INVALID;
    for (size_t i = 0; i < TOKEN_HASH_BYTES; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return ERR_INVALID;
        hash.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret_hash = hash;
    return 0;
}

int token_make(char ret_token[TOKEN_TEXT_MAX])
{
    static const char lead[] = "bgpd_";
    uint8_t bytes[TOKEN_RANDOM_BYTES];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return ERR_IO;
    memcpy(ret_token, lead, sizeof(lead));
    put_digits(bytes, sizeof(bytes), ret_token + sizeof(lead) - 1);
    explicit_bzero(bytes, sizeof(bytes));
    return 0;
}
