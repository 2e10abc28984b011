/* HTTP requests of the API: what libmicrohttpd calls. POST / with JSON-RPC is all there is: with
 * one document, or with a call a line. */
#ifndef BGPD_API_HTTP_H
#define BGPD_API_HTTP_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/clients.h"
#include "api/methods.h"

enum {
    /* Of clients that may not change anything: the body of a request, and those of all together.
     * Others have api_body_max, and together twice that. */
    HTTP_READER_BODY_MAX_BYTES = 1 << 20,
    HTTP_READER_BODIES_MAX_BYTES = 8 << 20,
    /* A client that sends or takes nothing for so long, while it is its turn, is cut off. */
    HTTP_SILENCE_S = 60,
};

/* What all requests share. */
struct http_env {
    struct method_env methods;
    struct api_clients clients;
    uint64_t turn_ns;     /* how long a turn may be */
    uint64_t turn_end_ns; /* of the present one */
    uint64_t round;       /* in each of them every answer that is under way has one share */
    bool left_out;        /* some have not had theirs in this round */
    bool pause;           /* set when an answer wants to go on in a later turn */
    unsigned answering;   /* requests whose answer is under way */
    /* What bodies, and answers that wait, hold: of those that may change nothing, and of others. */
    size_t held_bytes[2];
    struct http_request *suspended; /* those that wait for a reload, or for the disk; a list */
    struct http_request *behind;    /* those that go on in the next run; a list */
};

/* For MHD_start_daemon and MHD_OPTION_NOTIFY_COMPLETED; the closure is a struct http_env. */
enum MHD_Result http_handle(void *env, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload,
                            size_t *upload_bytes, void **request);
void http_completed(void *env, struct MHD_Connection *connection, void **request,
                    enum MHD_RequestTerminationCode why);
/* For MHD_OPTION_NOTIFY_CONNECTION. */
void http_connection(void *env, struct MHD_Connection *connection, void **client,
                     enum MHD_ConnectionNotificationCode what);

/* To be called before each run of libmicrohttpd within a turn, whose end is in the environment: the
 * next round begins when all had their share of the last one. */
void http_begin_run(struct http_env *env);

/* Goes on with the requests that wait for a reload; some may have to wait again. */
void http_resume(struct http_env *env);

#endif
