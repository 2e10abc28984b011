/* Refusals, ours and those of libmicrohttpd.
 *
 * The library refuses what it cannot read as a request before it asks us (RFC 9110 §15.5: 400, 413,
 * 414, 431, 505), with a page of HTML, and has no option for another one. (Version 0.9.75 even
 * writes the head of that answer twice where the Content-Length is no number.) But it queues the
 * page like any other answer, by its public function, which the dynamic linker finds in this
 * program first. A page of the library's own is known by having no Content-Type. Should a version
 * of the library call its function directly, its pages are what they were; test_server would tell.
 */
#include "api/http_refuse.h"

#include <dlfcn.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "api/jsonrpc.h"
#include "base/log.h"

void http_put_refusal(struct strbuf *out, const char *why)
{
    struct jsonrpc_error error = {.code = JSONRPC_INVALID_REQUEST};
    strbuf_printf(&error.message, "Invalid request: %s", why);
    jsonrpc_put_error(out, NULL, &error);
    jsonrpc_error_release(&error);
}

/* Why the library refuses a request. */
static const char *reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *why;
    } reasons[] = {
        {MHD_HTTP_BAD_REQUEST, "it is no HTTP as RFC 9112 has it"},
        {MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large"},
        {MHD_HTTP_URI_TOO_LONG, "the request line is too long"},
        {MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too large"},
        {MHD_HTTP_HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.0 and HTTP/1.1 are understood"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].why;
    return MHD_get_reason_phrase_for(status);
}

static void add_date(struct strbuf *out)
{
    char date[40];
    struct tm tm;
    time_t now = time(NULL);
    gmtime_r(&now, &tm);
    if (strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
        strbuf_printf(out, "Date: %s\r\n", date);
}

static bool send_text(struct MHD_Connection *connection, int fd, const struct strbuf *text)
{
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    ssize_t sent = tls && tls->tls_session
                       ? gnutls_record_send(tls->tls_session, text->data, text->len_bytes)
                       : send(fd, text->data, text->len_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent >= 0;
}

/* Answers in the library's place: the few bytes fit into the socket, for an answer is complete
 * before the library reads the next request. */
static void answer(struct MHD_Connection *connection, unsigned status)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct strbuf body = {0};
    struct strbuf text = {0};
    http_put_refusal(&body, reason(status));
    strbuf_printf(&text, "HTTP/1.1 %u %s\r\n", status, MHD_get_reason_phrase_for(status));
    add_date(&text);
    strbuf_printf(&text,
                  "Connection: close\r\nContent-Type: application/json\r\n"
                  "Cache-Control: no-store\r\nContent-Length: %zu\r\n\r\n%s",
                  body.len_bytes, strbuf_text(&body));
    if (info && !send_text(connection, info->connect_fd, &text))
        log_debug("API: a refusal could not be sent");
    strbuf_release(&body);
    strbuf_release(&text);
}

/* Stands in front of the library's function of this name. */
enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned status,
                                   struct MHD_Response *response)
{
    enum MHD_Result (*real)(struct MHD_Connection *, unsigned, struct MHD_Response *);
    *(void **)&real = dlsym(RTLD_NEXT, "MHD_queue_response"); /* as dlopen(3) has it */
    if (MHD_get_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE))
        return real ? real(connection, status, response) : MHD_NO;
    answer(connection, status);
    return MHD_NO; /* the library closes the connection */
}
