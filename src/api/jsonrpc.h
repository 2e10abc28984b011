/* JSON-RPC 2.0 (https://www.jsonrpc.org/specification): requests taken apart, answers put
 * together. Pure: knows no method and no socket. */
#ifndef BGPD_API_JSONRPC_H
#define BGPD_API_JSONRPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

enum jsonrpc_code {
    JSONRPC_PARSE_ERROR = -32700,
    JSONRPC_INVALID_REQUEST = -32600,
    JSONRPC_METHOD_NOT_FOUND = -32601,
    JSONRPC_INVALID_PARAMS = -32602,
    /* BGPd's own. */
    JSONRPC_FAILED = -32000,     /* not possible in the present state */
    JSONRPC_NOT_FOUND = -32001,  /* no such peer or route */
    JSONRPC_FORBIDDEN = -32003,  /* the client may not change anything */
    JSONRPC_BAD_CONFIG = -32004, /* data: {"errors": [line, …]} */
};

/* Why a call fails; zero-initialised is "it does not". */
struct jsonrpc_error {
    int code;              /* enum jsonrpc_code, or 0 */
    struct strbuf message; /* for people */
    struct strbuf data;    /* JSON text; empty: no data */
};

void jsonrpc_error_release(struct jsonrpc_error *error);

/* A request body: one call, or a batch of them. */
struct jsonrpc_request {
    json_t *root; /* owned; NULL when the text was not JSON */
    bool batch;
    size_t count; /* of calls, the invalid ones included; at least 1 */
    struct jsonrpc_error
        broken; /* the request as a whole: `count` is 1 and call 0 has this error */
};

/* Takes a body apart. What is wrong with it is found by jsonrpc_request_call. */
void jsonrpc_request_init(struct jsonrpc_request *request, const char *body, size_t len_bytes);
void jsonrpc_request_release(struct jsonrpc_request *request);

/* One call of a request; all borrowed from it. */
struct jsonrpc_call {
    const char *method;
    const json_t *params; /* an array or an object; NULL: none */
    const json_t *id;     /* a string, a number or null; NULL: none to be had */
    bool wants_answer;    /* false for a notification */
    int problem;          /* 0, or the code of what makes it no valid call: then `method` is NULL */
    const char *problem_text;
};

struct jsonrpc_call jsonrpc_request_call(const struct jsonrpc_request *request, size_t index);

/* Writes everything of an answer in front of its result; the result and jsonrpc_put_result_end
 * follow. `id` may be NULL: null. */
void jsonrpc_put_result_begin(struct strbuf *out, const json_t *id);
void jsonrpc_put_result_end(struct strbuf *out);
/* Writes a whole answer that says why a call failed. */
void jsonrpc_put_error(struct strbuf *out, const json_t *id, const struct jsonrpc_error *error);

#endif
