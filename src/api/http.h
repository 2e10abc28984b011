/* HTTP requests of the API: what libmicrohttpd calls. POST / with a JSON-RPC body is all there is.
 */
#ifndef BGPD_API_HTTP_H
#define BGPD_API_HTTP_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/methods.h"

enum {
    HTTP_BODY_MAX_BYTES = 1 << 20,
    /* Bodies of all requests together: their parsed form is many times as large. */
    HTTP_BODIES_MAX_BYTES = 8 << 20,
};

/* What all requests share. */
struct http_env {
    struct method_env methods;
    uint64_t turn_ns;    /* how long a turn may be */
    bool pause;          /* set when an answer wants to go on in a later turn */
    unsigned answering;  /* requests whose answer is under way */
    size_t bodies_bytes; /* held by all requests */
};

/* For MHD_start_daemon and MHD_OPTION_NOTIFY_COMPLETED; the closure is a struct http_env. */
enum MHD_Result http_handle(void *env, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload,
                            size_t *upload_bytes, void **request);
void http_completed(void *env, struct MHD_Connection *connection, void **request,
                    enum MHD_RequestTerminationCode why);

/* True when `header` (NULL: absent) is "Bearer TOKEN" with this token (NULL: none is valid). The
 * time it takes does not depend on where they differ. */
bool http_bearer_matches(const char *header, const char *token);

#endif
