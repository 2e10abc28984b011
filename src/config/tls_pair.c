/* A certificate and its key. */
#include "config/tls_pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static gnutls_datum_t datum_of(const struct strbuf *text)
{
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)strbuf_text(text),
                            (unsigned)text->len_bytes};
}

/* Whether the key is that of the certificate: both have the same public part. */
static bool belong_together(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key)
{
    enum { ID_MAX_BYTES = 64 };
    unsigned char ids[2][ID_MAX_BYTES];
    size_t lens[2] = {ID_MAX_BYTES, ID_MAX_BYTES};
    return gnutls_x509_crt_get_key_id(certificate, 0, ids[0], &lens[0]) == 0 &&
           gnutls_x509_privkey_get_key_id(key, 0, ids[1], &lens[1]) == 0 && lens[0] == lens[1] &&
           memcmp(ids[0], ids[1], lens[0]) == 0;
}

/* Reads both; a code of the library, or 0. */
static int read_pair(struct tls_pair *pair, const struct strbuf *certificate,
                     const struct strbuf *key, enum tls_part *ret_wrong)
{
    gnutls_datum_t chain_text = datum_of(certificate);
    gnutls_datum_t key_text = datum_of(key);
    *ret_wrong = TLS_CERTIFICATE;
    int code = gnutls_x509_crt_list_import2(&pair->chain, &pair->count, &chain_text,
                                            GNUTLS_X509_FMT_PEM, 0);
    if (code < 0)
        return code;
    *ret_wrong = TLS_KEY;
    code = gnutls_x509_privkey_init(&pair->key);
    return code < 0 ? code
                    : gnutls_x509_privkey_import2(pair->key, &key_text, GNUTLS_X509_FMT_PEM, NULL,
                                                  GNUTLS_PKCS_PLAIN);
}

struct tls_pair *tls_pair_new(const struct strbuf *certificate, const struct strbuf *key,
                              enum tls_part *ret_wrong, const char **ret_problem)
{
    struct tls_pair *pair = mem_zalloc(sizeof(*pair));
    atomic_init(&pair->refs, 1);
    int code = read_pair(pair, certificate, key, ret_wrong);
    if (code < 0)
        *ret_problem = gnutls_strerror(code);
    else if (!belong_together(pair->chain[0], pair->key))
        *ret_problem = "it is not the key of the certificate";
    else if (token_hash_of(certificate->data, certificate->len_bytes, &pair->texts[0]) == 0 &&
             token_hash_of(key->data, key->len_bytes, &pair->texts[1]) == 0)
        return pair;
    else
        *ret_problem = "no SHA-256";
    tls_pair_unref(pair);
    return NULL;
}

struct tls_pair *tls_pair_ref(struct tls_pair *pair)
{
    if (pair)
        atomic_fetch_add(&pair->refs, 1);
    return pair;
}

void tls_pair_unref(struct tls_pair *pair)
{
    if (!pair || atomic_fetch_sub(&pair->refs, 1) > 1)
        return;
    for (unsigned i = 0; i < pair->count; i++)
        gnutls_x509_crt_deinit(pair->chain[i]);
    gnutls_free(pair->chain);
    if (pair->key)
        gnutls_x509_privkey_deinit(pair->key);
    free(pair);
}

bool tls_pair_equal(const struct tls_pair *a, const struct tls_pair *b)
{
    if (!a || !b)
        return a == b;
    return token_hash_equal(&a->texts[0], &b->texts[0]) &&
           token_hash_equal(&a->texts[1], &b->texts[1]);
}

bool tls_pair_is_out_of_time(const struct tls_pair *pair, int64_t now_unix_s)
{
    return gnutls_x509_crt_get_expiration_time(pair->chain[0]) < now_unix_s ||
           gnutls_x509_crt_get_activation_time(pair->chain[0]) > now_unix_s;
}
