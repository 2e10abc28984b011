/* The certificate that new connections of the API are told (RFC 8446 §4.4.2).
 *
 * libmicrohttpd hands GnuTLS a function that is asked for it in each handshake, and gives it no
 * context: so what is in force is a global, of the loop's thread, as all of the library is. Each
 * handshake gets a copy of its own, which GnuTLS frees, whatever comes into force meanwhile. */
#include "api/tls.h"

#include <stddef.h>

static struct tls_pair *in_force; /* a reference */

void tls_put_in_force(struct tls_pair *pair)
{
    tls_pair_ref(pair);
    tls_pair_unref(in_force);
    in_force = pair;
}

/* What GnuTLS frees by itself once the function has returned 0. */
struct told {
    gnutls_pcert_st *certs;
    unsigned count;
    gnutls_privkey_t key;
};

static void release(struct told *told)
{
    for (unsigned i = 0; i < told->count; i++)
        gnutls_pcert_deinit(&told->certs[i]);
    gnutls_free(told->certs);
    if (told->key)
        gnutls_privkey_deinit(told->key);
}

static int copy(const struct tls_pair *pair, struct told *told)
{
    int code = gnutls_privkey_init(&told->key);
    if (code == 0)
        code = gnutls_privkey_import_x509(told->key, pair->key, GNUTLS_PRIVKEY_IMPORT_COPY);
    told->certs = gnutls_malloc(pair->count * sizeof(*told->certs));
    if (!told->certs)
        return GNUTLS_E_MEMORY_ERROR;
    for (; code == 0 && told->count < pair->count; told->count += code == 0)
        code = gnutls_pcert_import_x509(&told->certs[told->count], pair->chain[told->count], 0);
    return code;
}

int tls_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                 gnutls_pcert_st **certs, unsigned *count, gnutls_ocsp_data_st **ocsp,
                 unsigned *ocsp_count, gnutls_privkey_t *key, unsigned *flags)
{
    struct told told = {0};
    (void)session;
    (void)info;
    if (!in_force)
        return -1;
    if (copy(in_force, &told) != 0) {
        release(&told);
        return -1;
    }
    *certs = told.certs;
    *count = told.count;
    *key = told.key;
    *ocsp = NULL;
    *ocsp_count = 0;
    *flags = GNUTLS_CERT_RETR_DEINIT_ALL;
    return 0;
}
