/* JSON-RPC 2.0 over HTTP with libcurl.
 *
 * One call is one POST. The answer goes through json_split as it arrives, so a long list never is
 * in memory as a whole. No proxy and no redirect is ever used: the token goes to the daemon only.
 */
#include "cli/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "cli/curl_library.h"

enum {
    CONNECT_TIMEOUT_S = 5,
    SILENCE_TIMEOUT_S = 60,
    TOKEN_MAX_BYTES = 4096,
    RPC_ID = 1,
    RPC_INVALID_PARAMS = -32602,
};

/* One call on its way. */
struct exchange {
    struct client *client;
    const struct curl_library *lib;
    CURL *curl;
    struct curl_slist *headers;
    char *url;
    char *body; /* owned */
    struct json_split split;
    int split_status;
    char problem[CURL_ERROR_SIZE];
};

/* Forgets how the last call ended. */
static void forget(struct client *c)
{
    strbuf_clear(&c->error);
    json_decref(c->rpc_error);
    json_decref(c->cursor);
    c->rpc_error = c->cursor = NULL;
    c->problem = CLIENT_LOCAL;
}

void client_fail(struct client *c, const char *format, ...)
{
    va_list args;
    forget(c);
    va_start(args, format);
    strbuf_vprintf(&c->error, format, args);
    va_end(args);
}

void client_release(struct client *c)
{
    if (c->connection)
        curl_library_load(&c->error)->easy_cleanup(c->connection);
    c->connection = NULL;
    free(c->token);
    c->token = NULL;
    forget(c);
    strbuf_release(&c->error);
}

int client_load_token(struct client *c, const char *path)
{
    char line[TOKEN_MAX_BYTES];
    FILE *f = fopen(path, "re");
    if (!f) {
        int reason = errno;
        client_fail(c, "cannot read the token file %s: %s", path, strerror(reason));
        errno = reason;
        return ERR_IO;
    }
    bool got = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    size_t len = got ? strcspn(line, " \t\r\n") : 0;
    line[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        if (line[i] < '!' || line[i] > '~')
            len = 0;
    }
    if (len == 0) {
        client_fail(c, "the first line of %s is not a token", path);
        return ERR_INVALID;
    }
    free(c->token);
    c->token = mem_strdup(line);
    return 0;
}

/* The path of a socket in the file system; NULL: the daemon is at an address. */
static const char *path_of(const struct client *c)
{
    static const char lead[] = "unix:";
    return strncmp(c->host, lead, sizeof(lead) - 1) == 0 ? c->host + sizeof(lead) - 1 : NULL;
}

/* "127.0.0.1:8080", "[::1]:8080", "unix:/run/bgpd/api.sock"; in a URL the % of an interface is
 * escaped, and the host is one that is not looked up, where there is none. */
static void add_endpoint(const struct client *c, struct strbuf *out, bool for_url)
{
    if (path_of(c)) {
        strbuf_add(out, for_url ? "localhost" : c->host);
        return;
    }
    bool bracket = strchr(c->host, ':') && c->host[0] != '[';
    strbuf_add(out, bracket ? "[" : "");
    for (const char *p = c->host; *p; p++)
        for_url &&*p == '%' ? strbuf_add(out, "%25") : strbuf_add_char(out, *p);
    strbuf_printf(out, "%s:%u", bracket ? "]" : "", c->port);
}

static void explain(struct client *c, const char *before, const char *after)
{
    strbuf_clear(&c->error);
    c->problem = CLIENT_UNREACHABLE;
    strbuf_add(&c->error, before);
    add_endpoint(c, &c->error, false);
    strbuf_add(&c->error, after);
}

/* libcurl's write callback. */
static size_t on_data(char *data, size_t one, size_t len_bytes, void *ctx)
{
    (void)one;
    struct exchange *x = ctx;
    x->split_status = json_split_feed(&x->split, data, len_bytes);
    return x->split_status == 0 ? len_bytes : 0;
}

/* The text of one call; takes over `params`. */
static char *call_text(const char *method, json_t *params)
{
    json_t *request =
        json_pack("{s:s, s:i, s:s}", "jsonrpc", "2.0", "id", RPC_ID, "method", method);
    if (params)
        json_object_set_new(request, "params", params);
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    return text;
}

/* The pieces of the request that must outlive it. */
static void prepare(struct exchange *x)
{
    struct client *c = x->client;
    struct strbuf text = {0};
    strbuf_add(&text, c->tls ? "https://" : "http://");
    add_endpoint(c, &text, true);
    strbuf_add(&text, "/");
    x->url = strbuf_take(&text);
    x->headers = x->lib->slist_append(NULL, "Content-Type: application/json");
    x->headers = x->lib->slist_append(x->headers, "Accept: application/json");
    x->headers = x->lib->slist_append(x->headers, "Expect:");
    if (c->token) {
        strbuf_printf(&text, "Authorization: Bearer %s", c->token);
        x->headers = x->lib->slist_append(x->headers, strbuf_text(&text));
    }
    strbuf_release(&text);
}

static CURLcode perform(struct exchange *x)
{
    const struct curl_library *lib = x->lib;
    CURL *curl = x->curl;
    lib->easy_setopt(curl, CURLOPT_URL, x->url);
    lib->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    lib->easy_setopt(curl, CURLOPT_PROXY, "");
    lib->easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, path_of(x->client));
    if (x->client->ca)
        lib->easy_setopt(curl, CURLOPT_CAINFO, x->client->ca);
    lib->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    lib->easy_setopt(curl, CURLOPT_HTTPHEADER, x->headers);
    lib->easy_setopt(curl, CURLOPT_USERAGENT, "bgpd/" BGPD_VERSION);
    lib->easy_setopt(curl, CURLOPT_POSTFIELDS, x->body);
    lib->easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    lib->easy_setopt(curl, CURLOPT_TIMEOUT, (long)x->client->timeout_s);
    lib->easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    lib->easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_TIMEOUT_S);
    lib->easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L << 10);
    lib->easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    lib->easy_setopt(curl, CURLOPT_WRITEDATA, x);
    lib->easy_setopt(curl, CURLOPT_ERRORBUFFER, x->problem);
    return lib->easy_perform(curl);
}

/* Puts what went wrong below JSON into client.error. */
static int transport_error(struct exchange *x, CURLcode code)
{
    long os_errno = 0;
    double connect_s = 0;
    x->lib->easy_getinfo(x->curl, CURLINFO_OS_ERRNO, &os_errno);
    x->lib->easy_getinfo(x->curl, CURLINFO_CONNECT_TIME, &connect_s);
    const char *reason = x->problem[0] ? x->problem : x->lib->easy_strerror(code);
    if (code == CURLE_COULDNT_CONNECT && os_errno)
        reason = strerror((int)os_errno);

    struct strbuf after = {0};
    strbuf_printf(&after, ": %s", reason);
    int rc = ERR_IO;
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY) {
        explain(x->client, "what answers at ", " does not speak HTTP");
        rc = ERR_INVALID;
    } else if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
               code == CURLE_SSL_CACERT_BADFILE) {
        explain(x->client, "no daemon that can be trusted answers at ", strbuf_text(&after));
    } else if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
               code == CURLE_URL_MALFORMAT || connect_s <= 0) {
        explain(x->client, "no daemon answers at ", strbuf_text(&after));
    } else {
        explain(x->client, "the answer of ", " broke off");
        strbuf_add(&x->client->error, strbuf_text(&after));
    }
    strbuf_release(&after);
    return rc;
}

int client_not_json_rpc(struct client *c)
{
    const struct curl_library *lib = curl_library_load(&c->error); /* it is loaded */
    long status = 0;
    const char *type = NULL;
    lib->easy_getinfo(c->connection, CURLINFO_RESPONSE_CODE, &status);
    lib->easy_getinfo(c->connection, CURLINFO_CONTENT_TYPE, &type);
    explain(c, "what answers at ", " does not speak bgpd's JSON-RPC");
    strbuf_printf(&c->error, " (HTTP status %ld, %s)", status, type ? type : "no content type");
    return ERR_INVALID;
}

static int not_json_rpc(struct exchange *x)
{
    return client_not_json_rpc(x->client);
}

/* Whether the message says what was expected, or which parameter it is about. */
static bool says_expected(const char *message, const char *expected)
{
    return expected && (strstr(message, expected) || strstr(message, "expected "));
}

static bool names_param(const char *message, const char *param)
{
    static const char start[] = "Invalid params: ";
    size_t len = param ? strlen(param) : 0;
    return param && strncmp(message, start, sizeof(start) - 1) == 0 &&
           strncmp(message + sizeof(start) - 1, param, len) == 0 &&
           message[sizeof(start) - 1 + len] == ':';
}

bool client_add_error(struct strbuf *out, json_t *error)
{
    const char *message = json_string_value(json_object_get(error, "message"));
    json_t *data = json_object_get(error, "data");
    const char *param = json_string_value(json_object_get(data, "param"));
    const char *expected = json_string_value(json_object_get(data, "expected"));
    if (!message)
        return false;
    strbuf_add(out, message);
    if (says_expected(message, expected))
        param = expected = NULL;
    if (names_param(message, param))
        param = NULL;
    if (param && expected)
        strbuf_printf(out, " (%s: expected %s)", param, expected);
    else if (param)
        strbuf_printf(out, " (parameter %s)", param);
    else if (expected)
        strbuf_printf(out, " (expected %s)", expected);
    else if (json_is_string(data))
        strbuf_printf(out, ": %s", json_string_value(data));
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(data, "errors"), i, line)
    {
        if (json_is_string(line))
            strbuf_printf(out, "\n  %s", json_string_value(line));
    }
    return true;
}

static int daemon_error(struct exchange *x, json_t *error)
{
    struct client *c = x->client;
    json_t *code = json_object_get(error, "code");
    strbuf_clear(&c->error);
    if (!client_add_error(&c->error, error))
        return not_json_rpc(x);
    c->problem = json_integer_value(code) == RPC_INVALID_PARAMS ? CLIENT_BAD_VALUE : CLIENT_REFUSED;
    c->rpc_error = json_incref(error);
    return ERR_STATE;
}

/* What the whole answer, without the items of its list, means. */
static int understand(struct exchange *x, json_t **ret_result)
{
    const struct strbuf *rest = &x->split.rest;
    json_t *answer = json_loadb(strbuf_text(rest), rest->len_bytes, JSON_REJECT_DUPLICATES, NULL);
    json_t *error = json_object_get(answer, "error");
    json_t *result = json_object_get(answer, "result");
    const char *version = json_string_value(json_object_get(answer, "jsonrpc"));
    int rc = 0;
    if (json_is_null(error))
        error = NULL;
    if (!version || strcmp(version, "2.0") != 0 || !(error || result))
        rc = not_json_rpc(x);
    else if (error)
        rc = daemon_error(x, error);
    else
        *ret_result = json_incref(result);
    x->client->cursor = json_incref(json_object_get(answer, "cursor"));
    json_decref(answer);
    return rc;
}

static int finish(struct exchange *x, CURLcode code, json_t **ret_result)
{
    if (x->split_status == ERR_INVALID)
        return not_json_rpc(x);
    if (x->split_status == ERR_FULL) {
        explain(x->client, "the answer of ", " is too long");
        return ERR_INVALID;
    }
    if (x->split_status != 0)
        return x->split_status;
    if (code != CURLE_OK)
        return transport_error(x, code);
    return understand(x, ret_result);
}

/* Posts x->body; what comes back goes to x->split. The connection is kept for the next time, and
 * keeps nothing of this one. */
static int exchange(struct exchange *x, CURLcode *ret_code)
{
    struct client *c = x->client;
    forget(c);
    x->lib = curl_library_load(&c->error);
    if (!x->lib)
        return ERR_STATE;
    if (!c->connection)
        c->connection = x->lib->easy_init();
    x->curl = c->connection;
    prepare(x);
    *ret_code = perform(x);
    x->lib->easy_setopt(x->curl, CURLOPT_HTTPHEADER, NULL);
    x->lib->easy_setopt(x->curl, CURLOPT_POSTFIELDS, NULL);
    x->lib->easy_setopt(x->curl, CURLOPT_ERRORBUFFER, NULL);
    return 0;
}

static void release(struct exchange *x)
{
    if (x->lib)
        x->lib->slist_free_all(x->headers);
    json_split_release(&x->split);
    free(x->url);
    free(x->body);
}

int client_call(struct client *c, const char *method, json_t *params, json_split_item on_item,
                void *ctx, json_t **ret_result)
{
    /* The long lists of answers. */
    static const char *const lists[] = {"result", "result.routes", "result.settings",
                                        "result.changes", NULL};
    struct exchange x = {.client = c, .body = call_text(method, params)};
    CURLcode code = CURLE_OK;
    json_split_init(&x.split, lists, on_item, ctx);
    int rc = exchange(&x, &code);
    if (rc == 0)
        rc = finish(&x, code, ret_result);
    release(&x);
    return rc;
}

int client_exchange(struct client *c, const char *document, json_t **ret_answer)
{
    struct exchange x = {.client = c, .body = mem_strdup(document)};
    CURLcode code = CURLE_OK;
    json_split_init(&x.split, NULL, NULL, NULL);
    int rc = exchange(&x, &code);
    if (rc == 0 && x.split_status == 0 && code == CURLE_OK) {
        const struct strbuf *text = &x.split.rest;
        *ret_answer = json_loadb(strbuf_text(text), text->len_bytes, JSON_REJECT_DUPLICATES, NULL);
        rc = *ret_answer ? 0 : not_json_rpc(&x);
    } else if (rc == 0) {
        rc = finish(&x, code, ret_answer);
    }
    release(&x);
    return rc;
}
