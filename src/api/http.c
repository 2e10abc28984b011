/* HTTP requests of the API (RFC 9110), on libmicrohttpd.
 *
 * A web page can send requests to a server on the machine of its reader. So nothing but
 * application/json (and its older names) and application/x-ndjson is taken, which a page cannot
 * send to another origin without being permitted to; that it changes nothing is seen to by
 * api/caller.
 *
 * A body is taken apart as it arrives. Lines are carried out then, too: while that is behind, no
 * more is read from the client.
 *
 * An answer that is ready at once has a length; a longer one is streamed, one block a callback.
 *
 * A turn ends by the clock, however many answers are under way: a round, in which each of them has
 * one share, may take several turns. Requests that have just come have theirs in the turn itself as
 * far as possible, so that they need not wait for others' long lists. */
#include "api/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "api/answer.h"
#include "api/call_log.h"
#include "api/caller.h"
#include "api/http_refuse.h"
#include "base/ip.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"

/* Up to so much is made before the first byte is sent. */
#define FIRST_FILL_BYTES 4096
/* However many answers are under way, each gets so much time in a turn. */
#define SLICE_MIN_NS 25000u
/* A client that goes on sending beyond this, though its body is refused, is cut off. */
#define BODY_IGNORED_MAX_BYTES ((size_t)64 << 20)

struct http_request {
    struct http_env *env;              /* borrowed */
    unsigned status;                   /* it is refused with; 0: it is not */
    const char *why;                   /* static */
    size_t body_bytes;                 /* that have come */
    size_t ignored_bytes;              /* of a body that is refused */
    size_t withheld_bytes;             /* that have come, and come again */
    bool may_change;                   /* the client may, once there is an answer */
    bool lines;                        /* likewise: the body is a call a line */
    bool ended;                        /* all of the body is there */
    bool counted;                      /* among those that are being answered */
    struct answer *answer;             /* owned; NULL before the body is there */
    size_t held_bytes;                 /* by it, as counted in the environment */
    uint64_t round;                    /* in which it had its last share of the time; 0: none yet */
    struct MHD_Connection *connection; /* of the answer that is streamed */
    struct MHD_Connection *suspended;  /* its connection, while that waits */
    struct http_request *next_suspended;
};

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* Where a connection that begins comes from. */
static struct client_place place_of(struct MHD_Connection *connection, int fd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct ip_addr addr = {0};
    uint16_t port;
    if (info && info->client_addr && info->client_addr->sa_family == AF_UNIX)
        return place_of_local(fd);
    if (info && info->client_addr)
        ip_from_sockaddr(info->client_addr, &addr, &port);
    return place_of_address(&addr);
}

void http_connection(void *env, struct MHD_Connection *connection, void **client,
                     enum MHD_ConnectionNotificationCode what)
{
    struct api_clients *clients = &((struct http_env *)env)->clients;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*client)
            clients_remove(clients, *client);
        *client = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info)
        return;
    struct client_place place = place_of(connection, info->connect_fd);
    *client = clients_add(clients, info->connect_fd, &place, time_mono_ms());
}

static struct api_client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static const struct config *config_of(const struct http_env *env)
{
    return speaker_config(env->methods.speaker);
}

/* Whether a header says so: those of RFC 7239 and RFC 9110 §7.6.3, and what proxies add besides. */
static bool came_by_proxy(struct MHD_Connection *connection)
{
    static const char *const headers[] = {MHD_HTTP_HEADER_FORWARDED, MHD_HTTP_HEADER_VIA,
                                          "X-Forwarded-For", "X-Real-IP"};
    bool found = false;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        found |= header_of(connection, headers[i]) != NULL;
    return found;
}

/* Who asks, and what they may do. */
static struct caller identify(const struct http_env *env, struct MHD_Connection *connection)
{
    struct caller_signs signs = {
        .authorization = header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION),
        .origin = header_of(connection, MHD_HTTP_HEADER_ORIGIN),
        .host = header_of(connection, MHD_HTTP_HEADER_HOST),
        .proxied = came_by_proxy(connection),
    };
    const struct api_client *client = client_of(connection);
    if (client) /* else it is nowhere, and a stranger */
        signs.place = client->place;
    return caller_identify(config_of(env), &signs);
}

/* What the body is written as; false: it is nothing that is understood. */
static bool find_form(struct MHD_Connection *connection, enum jsonrpc_form *ret_form)
{
    static const struct {
        const char *type;
        enum jsonrpc_form form;
    } types[] = {
        {"application/json", JSONRPC_DOCUMENT},
        /* Those of JSON-RPC over HTTP before application/json was agreed upon. */
        {"application/json-rpc", JSONRPC_DOCUMENT},
        {"application/jsonrequest", JSONRPC_DOCUMENT},
        {"application/x-ndjson", JSONRPC_LINES},
    };
    const char *header = header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
    size_t len = header ? strcspn(header, "; \t") : 0;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (len != strlen(types[i].type) || strncasecmp(header, types[i].type, len) != 0)
            continue;
        *ret_form = types[i].form;
        return true;
    }
    return false;
}

static enum MHD_Result queue_response(struct MHD_Connection *connection, unsigned status,
                                      struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    enum jsonrpc_form form = JSONRPC_DOCUMENT;
    bool is_lines = status == MHD_HTTP_OK && find_form(connection, &form) && form == JSONRPC_LINES;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                            is_lines ? "application/x-ndjson" : "application/json");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_POST);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Takes over `text`. */
static enum MHD_Result respond_text(struct MHD_Connection *connection, unsigned status,
                                    struct strbuf *text)
{
    size_t len = text->len_bytes;
    return queue_response(
        connection, status,
        MHD_create_response_from_buffer(len, strbuf_take(text), MHD_RESPMEM_MUST_FREE));
}

/* Refuses a request as such. */
static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    struct strbuf text = {0};
    http_put_refusal(&text, why);
    return respond_text(connection, status, &text);
}

/* Until when one answer may be worked on in this turn. */
static uint64_t slice_end_ns(const struct http_env *env)
{
    uint64_t slice_ns = env->turn_ns / env->answering;
    return time_mono_ns() + (slice_ns > SLICE_MIN_NS ? slice_ns : SLICE_MIN_NS);
}

static void resume_all(struct http_request **list)
{
    while (*list) {
        struct http_request *r = *list;
        *list = r->next_suspended;
        MHD_resume_connection(r->suspended);
        r->suspended = NULL;
    }
}

void http_resume(struct http_env *env)
{
    resume_all(&env->suspended);
    resume_all(&env->behind);
}

void http_begin_run(struct http_env *env)
{
    if (!env->left_out)
        env->round++;
    env->left_out = false;
    resume_all(&env->behind);
}

/* Leaves the connection alone until the list is resumed. */
static void suspend(struct http_request *r, struct MHD_Connection *connection,
                    struct http_request **list)
{
    r->suspended = connection;
    r->next_suspended = *list;
    *list = r;
    MHD_suspend_connection(connection);
}

/* Counts anew what the request holds. */
static void count_held(struct http_request *r)
{
    size_t held = r->answer ? answer_held_bytes(r->answer) : 0;
    r->env->held_bytes[r->may_change] += held - r->held_bytes;
    r->held_bytes = held;
}

/* Whether the request may have a share of the time now; it is due at most once in a round. */
static bool has_share(struct http_request *r)
{
    struct http_env *env = r->env;
    uint64_t grace_ns = r->ended ? 0 : env->turn_ns; /* for those that have just come */
    if (r->round == env->round)
        return false;
    if (time_mono_ns() >= env->turn_end_ns + grace_ns) {
        env->left_out = true;
        return false;
    }
    r->round = env->round;
    return true;
}

/* Makes the next block of a streamed answer. Returning 0 means "not yet": libmicrohttpd then asks
 * again in its next run. */
static ssize_t next_block(void *ctx, uint64_t offset, char *block, size_t max_bytes)
{
    (void)offset;
    struct http_request *r = ctx;
    if (!has_share(r))
        return 0;
    answer_fill(r->answer, max_bytes, slice_end_ns(r->env));
    size_t len = answer_take(r->answer, block, max_bytes);
    count_held(r);
    if (len > 0)
        return (ssize_t)len;
    if (answer_complete(r->answer))
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (answer_is_pending(r->answer))
        suspend(r, r->connection, &r->env->suspended);
    else
        r->env->pause = true;
    return 0;
}

static enum MHD_Result respond_stream(struct http_request *r, struct MHD_Connection *connection)
{
    r->connection = connection;
    return queue_response(
        connection, MHD_HTTP_OK,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536, next_block, r, NULL));
}

/* Sees to it that the request is among those that are being answered. */
static void count_answering(struct http_request *r)
{
    r->env->answering += !r->counted;
    r->counted = true;
}

/* The first of the body, or its end where there is none. */
static void begin_answer(struct http_request *r, struct MHD_Connection *connection)
{
    enum jsonrpc_form form = JSONRPC_DOCUMENT;
    if (r->answer)
        return;
    struct caller caller = identify(r->env, connection);
    find_form(connection, &form);
    r->may_change = caller.access > ACCESS_READ;
    r->lines = form == JSONRPC_LINES;
    r->answer = answer_new(&r->env->methods, &caller, form);
    caller_release(&caller);
}

/* All of the body is there. */
static void end_body(struct http_request *r, struct MHD_Connection *connection)
{
    struct api_client *of = client_of(connection);
    char name[PLACE_TEXT_MAX];
    begin_answer(r, connection);
    answer_end(r->answer);
    r->ended = true;
    count_answering(r);
    if (!of)
        return;
    log_debug("API: %s: request of %zu bytes", place_format(&of->place, name), r->body_bytes);
    client_answer_begins(of, time_mono_ms());
}

/* The body is there: answers it. Without a response libmicrohttpd calls again in its next run. */
static enum MHD_Result respond(struct http_request *r, struct MHD_Connection *connection)
{
    if (!has_share(r))
        return MHD_YES;
    if (!r->ended)
        end_body(r, connection);
    bool done = answer_prepare(r->answer, slice_end_ns(r->env));
    count_held(r);
    if (!done) {
        if (answer_is_pending(r->answer))
            suspend(r, connection, &r->env->suspended);
        else
            r->env->pause = true;
        return MHD_YES;
    }
    if (!answer_wants_answer(r->answer)) {
        struct strbuf none = {0};
        return respond_text(connection, MHD_HTTP_NO_CONTENT, &none);
    }
    answer_fill(r->answer, FIRST_FILL_BYTES, slice_end_ns(r->env));
    if (!answer_complete(r->answer))
        return respond_stream(r, connection);
    size_t len = answer_ready_bytes(r->answer);
    char *text = mem_alloc(len + 1);
    answer_take(r->answer, text, len);
    return queue_response(connection, MHD_HTTP_OK,
                          MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE));
}

/* How much the client may send in a request, and all such clients together. */
static size_t body_max_bytes(const struct http_request *r)
{
    size_t max = config_of(r->env)->api_body_max_bytes;
    return r->may_change || max < HTTP_READER_BODY_MAX_BYTES ? max : HTTP_READER_BODY_MAX_BYTES;
}

static size_t bodies_max_bytes(const struct http_request *r)
{
    return r->may_change ? 2 * body_max_bytes(r) : HTTP_READER_BODIES_MAX_BYTES;
}

/* The request is refused: what has come of it is given back. */
static void refuse_later(struct http_request *r, unsigned status, const char *why)
{
    answer_free(r->answer);
    r->answer = NULL;
    count_held(r);
    r->status = status;
    r->why = why;
}

/* Counts what the request holds, and refuses what is too much. */
static void check_held(struct http_request *r)
{
    count_held(r);
    bool is_too_much = r->env->held_bytes[r->may_change] > bodies_max_bytes(r);
    if (is_too_much && r->lines)
        answer_cut(r->answer); /* others have been carried out: those are answered */
    else if (is_too_much)
        refuse_later(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too many large requests at once; try again");
}

/* Carries out lines that have come. False where there are more: the client waits until the next
 * turn. */
static bool work_off(struct http_request *r, struct MHD_Connection *connection)
{
    bool done = answer_prepare(r->answer, slice_end_ns(r->env));
    check_held(r);
    if (!done)
        suspend(r, connection, answer_is_pending(r->answer) ? &r->env->suspended : &r->env->behind);
    return done;
}

/* Takes a piece of a body that is lines, once those before it have been carried out. Where it is
 * not carried out at once, its last byte stays with the library, so that this is called again. */
static void take_lines(struct http_request *r, struct MHD_Connection *connection,
                       const char *upload, size_t *len_bytes)
{
    struct api_client *client = client_of(connection);
    count_answering(r);
    if (!has_share(r)) {
        suspend(r, connection, &r->env->behind);
        return;
    }
    if (!work_off(r, connection))
        return;
    if (client && r->may_change)
        client_goes_on(client, time_mono_ms());
    answer_feed(r->answer, upload + r->withheld_bytes, *len_bytes - r->withheld_bytes);
    r->body_bytes += *len_bytes - r->withheld_bytes;
    r->withheld_bytes = work_off(r, connection) ? 0 : 1;
    *len_bytes = r->withheld_bytes;
}

/* Takes a piece of a document. */
static void take_document(struct http_request *r, const char *upload, size_t len_bytes)
{
    r->body_bytes += len_bytes;
    if (r->body_bytes > body_max_bytes(r)) {
        refuse_later(r, MHD_HTTP_CONTENT_TOO_LARGE, NULL);
        return;
    }
    answer_feed(r->answer, upload, len_bytes);
    check_held(r);
}

/* Takes a piece of the body, or notes why it cannot be taken. */
static enum MHD_Result take_upload(struct http_request *r, struct MHD_Connection *connection,
                                   const char *upload, size_t *len_bytes)
{
    size_t len = *len_bytes;
    if (!r->status)
        begin_answer(r, connection);
    if (!r->status && r->lines) {
        take_lines(r, connection, upload, len_bytes);
        return MHD_YES;
    }
    *len_bytes = 0;
    if (!r->status) {
        take_document(r, upload, len);
        return MHD_YES;
    }
    /* Read on to its end: a client that is still sending would not see the answer. */
    r->ignored_bytes += len;
    return r->ignored_bytes <= BODY_IGNORED_MAX_BYTES ? MHD_YES : MHD_NO;
}

/* Refuses a request for its size, which the log tells of, too. */
static enum MHD_Result refuse_size(struct http_env *env, struct MHD_Connection *connection,
                                   unsigned status, const char *why)
{
    const struct api_client *client = client_of(connection);
    if (client)
        call_log_refusal(&env->methods.log, &client->place, client->known, "request", "refused: %s",
                         why);
    return refuse(connection, status, why);
}

/* Finds out whether a request is one at all. */
static void judge(struct http_request *r, struct MHD_Connection *connection, const char *url,
                  const char *method)
{
    enum jsonrpc_form form;
    if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
        refuse_later(r, MHD_HTTP_METHOD_NOT_ALLOWED, "only POST is understood");
    else if (strcmp(url, "/") != 0)
        refuse_later(r, MHD_HTTP_NOT_FOUND, "requests go to the path /");
    else if (!find_form(connection, &form))
        refuse_later(r, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                     "the Content-Type must be application/json or application/x-ndjson");
}

/* A request begins: its headers are there. */
static struct http_request *request_new(struct http_env *env, struct MHD_Connection *connection,
                                        const char *url, const char *method)
{
    struct api_client *client = client_of(connection);
    if (client)
        client_asks(client);
    if (client &&
        caller_has_token(config_of(env), header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION)))
        client_know(&env->clients, client);
    struct http_request *r = mem_zalloc(sizeof(*r));
    r->env = env;
    judge(r, connection, url, method);
    return r;
}

/* The body has ended of a request that is refused. */
static enum MHD_Result refuse_now(struct http_request *r, struct MHD_Connection *connection)
{
    char text[64];
    if (r->status == MHD_HTTP_SERVICE_UNAVAILABLE)
        return refuse_size(r->env, connection, r->status, r->why);
    if (r->status != MHD_HTTP_CONTENT_TOO_LARGE)
        return refuse(connection, r->status, r->why);
    size_t max = body_max_bytes(r);
    bool is_mib = max % (1 << 20) == 0;
    snprintf(text, sizeof(text), "the body is larger than %zu %s", is_mib ? max >> 20 : max,
             is_mib ? "MiB" : "bytes");
    return refuse_size(r->env, connection, r->status, text);
}

enum MHD_Result http_handle(void *env, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload,
                            size_t *upload_bytes, void **request)
{
    (void)version;
    struct http_request *r = *request;
    if (!r) {
        *request = request_new(env, connection, url, method);
        return MHD_YES; /* the body follows */
    }
    if (*upload_bytes > 0)
        return take_upload(r, connection, upload, upload_bytes);
    return r->status ? refuse_now(r, connection) : respond(r, connection);
}

void http_completed(void *env, struct MHD_Connection *connection, void **request,
                    enum MHD_RequestTerminationCode why)
{
    struct http_request *r = *request;
    if (!r)
        return;
    struct api_client *client = client_of(connection);
    if (client && r->ended && why == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED)
        call_log_refusal(&((struct http_env *)env)->methods.log, &client->place, client->known,
                         "connection", "closed: it took nothing of its answer for %u s",
                         HTTP_SILENCE_S);
    if (client)
        client_answer_ends(client, time_mono_ms());
    r->env->answering -= r->counted;
    answer_free(r->answer);
    r->answer = NULL;
    count_held(r);
    free(r);
    *request = NULL;
}
