/* A certificate, with those that lead to who vouches for it, and its key (RFC 8446 §4.4.2). */
#ifndef BGPD_CONFIG_TLS_PAIR_H
#define BGPD_CONFIG_TLS_PAIR_H

#include <gnutls/x509.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/token.h"

/* Counted; immutable. */
struct tls_pair {
    atomic_uint refs;
    gnutls_x509_crt_t *chain; /* owned; the certificate itself first */
    unsigned count;
    gnutls_x509_privkey_t key;  /* owned */
    struct token_hash texts[2]; /* what the two files are recognised by */
};

enum tls_part { TLS_CERTIFICATE, TLS_KEY };

/* Makes a pair of two texts in PEM, with one reference. NULL, with what is wrong and with which of
 * them: the certificate cannot be read, nor the key, or they do not belong together. */
struct tls_pair *tls_pair_new(const struct strbuf *certificate, const struct strbuf *key,
                              enum tls_part *ret_wrong, const char **ret_problem);
struct tls_pair *tls_pair_ref(struct tls_pair *pair);
void tls_pair_unref(struct tls_pair *pair);                              /* both: NULL is fine */
bool tls_pair_equal(const struct tls_pair *a, const struct tls_pair *b); /* NULL is none */
/* Whether the certificate is not valid any more, or not yet. */
bool tls_pair_is_out_of_time(const struct tls_pair *pair, int64_t now_unix_s);

#endif
