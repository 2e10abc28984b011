/* HTTP requests of the API (RFC 9110), on libmicrohttpd.
 *
 * A web page can send requests to a server on the machine of its reader. So nothing but
 * application/json is taken, which a page cannot send to another origin without being permitted to
 * (nor its older names); that it changes nothing is seen to by api/caller.
 *
 * An answer that is ready at once has a length; a longer one is streamed, one block a callback.
 *
 * A turn ends by the clock, however many answers are under way: a round, in which each of them has
 * one share, may take several turns. Requests that have just come have theirs in the turn itself as
 * far as possible, so that they need not wait for others' long lists. */
#include "api/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
    struct http_env *env; /* borrowed */
    struct strbuf body;
    size_t ignored_bytes;             /* of a body that is too large */
    bool too_busy;                    /* no room for the body at present */
    struct answer *answer;            /* owned; NULL before the body is there */
    uint64_t round;                   /* in which it had its last share of the time; 0: none yet */
    struct MHD_Connection *suspended; /* its connection, while that waits for a reload */
    struct http_request *next_suspended;
};

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool client_address(struct MHD_Connection *connection, struct ip_addr *ret_addr)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    uint16_t port;
    return info && info->client_addr && ip_from_sockaddr(info->client_addr, ret_addr, &port) == 0;
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
    struct ip_addr addr = {0};
    client_address(connection, &addr);
    if (info)
        *client = clients_add(clients, info->connect_fd, &addr, time_mono_ms());
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

/* Who asks, and what they may do. */
static struct caller identify(const struct http_env *env, struct MHD_Connection *connection)
{
    struct caller_signs signs = {
        .authorization = header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION),
        .origin = header_of(connection, MHD_HTTP_HEADER_ORIGIN),
        .host = header_of(connection, MHD_HTTP_HEADER_HOST),
        .proxied = header_of(connection, MHD_HTTP_HEADER_FORWARDED) ||
                   header_of(connection, "X-Forwarded-For"),
    };
    client_address(connection, &signs.addr);
    return caller_identify(config_of(env), &signs);
}

static bool is_json(struct MHD_Connection *connection)
{
    /* The latter two are those of JSON-RPC over HTTP before application/json was agreed upon. */
    static const char *const types[] = {"application/json", "application/json-rpc",
                                        "application/jsonrequest"};
    const char *header = header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
    size_t len = header ? strcspn(header, "; \t") : 0;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (len == strlen(types[i]) && strncasecmp(header, types[i], len) == 0)
            return true;
    return false;
}

static enum MHD_Result queue_response(struct MHD_Connection *connection, unsigned status,
                                      struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
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

void http_begin_run(struct http_env *env)
{
    if (!env->left_out)
        env->round++;
    env->left_out = false;
}

/* Whether the request may have a share of the time now; it is due at most once in a round. */
static bool has_share(struct http_request *r)
{
    struct http_env *env = r->env;
    uint64_t grace_ns = r->answer ? 0 : env->turn_ns; /* for those that have just come */
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
    if (len > 0)
        return (ssize_t)len;
    if (answer_complete(r->answer))
        return MHD_CONTENT_READER_END_OF_STREAM;
    r->env->pause = true;
    return 0;
}

static enum MHD_Result respond_stream(struct http_request *r, struct MHD_Connection *connection)
{
    return queue_response(
        connection, MHD_HTTP_OK,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536, next_block, r, NULL));
}

/* Leaves the connection alone until http_resume. */
static void suspend(struct http_request *r, struct MHD_Connection *connection)
{
    r->suspended = connection;
    r->next_suspended = r->env->suspended;
    r->env->suspended = r;
    MHD_suspend_connection(connection);
}

void http_resume(struct http_env *env)
{
    while (env->suspended) {
        struct http_request *r = env->suspended;
        env->suspended = r->next_suspended;
        MHD_resume_connection(r->suspended);
        r->suspended = NULL;
    }
}

/* The body is there: answers it. Without a response libmicrohttpd calls again in its next run. */
static enum MHD_Result respond(struct http_request *r, struct MHD_Connection *connection)
{
    if (!has_share(r))
        return MHD_YES;
    if (!r->answer) {
        struct caller caller = identify(r->env, connection);
        char name[IP_TEXT_MAX];
        log_debug("API: %s: request of %zu bytes", ip_format(&caller.addr, name),
                  r->body.len_bytes);
        struct api_client *of = client_of(connection);
        if (of)
            client_answer_begins(of, time_mono_ms());
        r->answer = answer_new(&r->env->methods, &caller, strbuf_text(&r->body), r->body.len_bytes);
        caller_release(&caller);
        r->env->answering++;
    }
    if (!answer_prepare(r->answer, slice_end_ns(r->env))) {
        if (answer_is_pending(r->answer))
            suspend(r, connection);
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

/* Keeps a piece of the body, or notes that it cannot be kept. */
static enum MHD_Result take_upload(struct http_request *r, const char *upload, size_t len_bytes)
{
    if (r->ignored_bytes == 0 && r->body.len_bytes + len_bytes <= HTTP_BODY_MAX_BYTES) {
        r->too_busy |= r->env->bodies_bytes + len_bytes > HTTP_BODIES_MAX_BYTES;
        if (r->too_busy)
            return MHD_YES;
        strbuf_add_bytes(&r->body, upload, len_bytes);
        r->env->bodies_bytes += len_bytes;
        return MHD_YES;
    }
    /* Read on to its end: a client that is still sending would not see the answer. */
    r->ignored_bytes += len_bytes;
    return r->ignored_bytes <= BODY_IGNORED_MAX_BYTES ? MHD_YES : MHD_NO;
}

/* Refuses a request for its size, which the log tells of, too. */
static enum MHD_Result refuse_size(struct http_env *env, struct MHD_Connection *connection,
                                   unsigned status, const char *why)
{
    const struct api_client *client = client_of(connection);
    if (client)
        call_log_refusal(&env->methods.log, &client->addr, client->known, "request", "refused: %s",
                         why);
    return refuse(connection, status, why);
}

/* A request begins: its headers are there. */
static struct http_request *request_new(struct http_env *env, struct MHD_Connection *connection)
{
    struct api_client *client = client_of(connection);
    if (client)
        client_asks(client);
    if (client &&
        caller_has_token(config_of(env), header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION)))
        client_know(&env->clients, client);
    struct http_request *r = mem_zalloc(sizeof(*r));
    r->env = env;
    return r;
}

enum MHD_Result http_handle(void *env, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload,
                            size_t *upload_bytes, void **request)
{
    (void)version;
    struct http_request *r = *request;
    if (!r) {
        *request = request_new(env, connection);
        return MHD_YES; /* the body follows */
    }
    if (*upload_bytes > 0) {
        enum MHD_Result result = take_upload(r, upload, *upload_bytes);
        *upload_bytes = 0;
        return result;
    }
    if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only POST is understood");
    if (strcmp(url, "/") != 0)
        return refuse(connection, MHD_HTTP_NOT_FOUND, "requests go to the path /");
    if (!is_json(connection))
        return refuse(connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                      "the Content-Type must be application/json");
    if (r->ignored_bytes > 0)
        return refuse_size(env, connection, MHD_HTTP_CONTENT_TOO_LARGE,
                           "the body is larger than 1 MiB");
    if (r->too_busy)
        return refuse_size(env, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                           "too many large requests at once; try again");
    return respond(r, connection);
}

void http_completed(void *env, struct MHD_Connection *connection, void **request,
                    enum MHD_RequestTerminationCode why)
{
    struct http_request *r = *request;
    if (!r)
        return;
    struct api_client *client = client_of(connection);
    if (client && r->answer && why == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED)
        call_log_refusal(&((struct http_env *)env)->methods.log, &client->addr, client->known,
                         "connection", "closed: it took nothing of its answer for %u s",
                         HTTP_SILENCE_S);
    if (client)
        client_answer_ends(client, time_mono_ms());
    if (r->answer)
        r->env->answering--;
    r->env->bodies_bytes -= r->body.len_bytes;
    answer_free(r->answer);
    strbuf_release(&r->body);
    free(r);
    *request = NULL;
}
