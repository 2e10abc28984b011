/* The certificate that new connections of the API are told. */
#ifndef BGPD_API_TLS_H
#define BGPD_API_TLS_H

#include <gnutls/abstract.h>

#include "config/tls_pair.h"

/* Has connections that begin from now on told this; NULL: none can begin. Takes a reference. */
void tls_put_in_force(struct tls_pair *pair);

/* For MHD_OPTION_HTTPS_CERT_CALLBACK2. */
gnutls_certificate_retrieve_function3 tls_retrieve;

#endif
