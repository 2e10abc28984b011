/* JSON-RPC 2.0 (https://www.jsonrpc.org/specification): requests taken apart, answers put
 * together. Pure: knows no method and no socket. */
#ifndef BGPD_API_JSONRPC_H
#define BGPD_API_JSONRPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/json_split.h"
#include "base/strbuf.h"
#include "base/text_queue.h"

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
    JSONRPC_LIMIT = -32005,      /* a limit does not permit it; data: {"limit": place} */
};

/* Why a call fails; zero-initialised is "it does not". */
struct jsonrpc_error {
    int code;              /* enum jsonrpc_code, or 0 */
    struct strbuf message; /* for people */
    struct strbuf data;    /* JSON text; empty: no data */
};

void jsonrpc_error_release(struct jsonrpc_error *error);

/* What a request is written as. */
enum jsonrpc_form {
    JSONRPC_DOCUMENT, /* one JSON text: a call, or a batch of them */
    JSONRPC_LINES,    /* a call a line */
};

/* One call, an item of a list, a line is at most this long. */
#define JSONRPC_TEXT_MAX_BYTES ((size_t)1 << 20)

/* Lists that are not held with the call that has them, where a call stands alone: they may be as
 * long as a body. What a text of `items` is. */
enum jsonrpc_list { JSONRPC_ROUTES, JSONRPC_FLOWS, JSONRPC_LISTS };
/* What they are called among the parameters. */
extern const char *const jsonrpc_list_names[JSONRPC_LISTS];

/* A request body, taken apart as it arrives. */
struct jsonrpc_request {
    enum jsonrpc_form form;
    struct json_split split; /* of a document */
    struct strbuf line;      /* the one that is arriving */
    struct text_queue texts; /* the calls of a batch, lines, or items of the lists of one call */
    size_t lists[JSONRPC_LISTS]; /* how many items these have */
    bool too_long;               /* the line is */
    bool batch;
    bool complete;  /* jsonrpc_request_end was called */
    bool alone_out; /* the call that stands alone, or what is wrong with all, was handed out */
    struct jsonrpc_error
        broken; /* the request as a whole: this is what there is instead of calls */
};

void jsonrpc_request_init(struct jsonrpc_request *request, enum jsonrpc_form form);
void jsonrpc_request_release(struct jsonrpc_request *request);
/* More of the body; its end. A document is checked to be JSON as it arrives, and has calls at its
 * end alone: none, where it is not. */
void jsonrpc_request_feed(struct jsonrpc_request *request, const char *data, size_t len_bytes);
void jsonrpc_request_end(struct jsonrpc_request *request);
/* Memory that it takes, about. */
size_t jsonrpc_request_held_bytes(const struct jsonrpc_request *request);

/* One call, to be released. */
struct jsonrpc_call {
    json_t *root;     /* owned; what is borrowed below is borrowed from it */
    const char *text; /* that it was read from; borrowed from the request until its next call */
    size_t len_bytes;
    const char *method;
    const json_t *params;     /* an array or an object; NULL: none */
    const json_t *id;         /* a string, a number or null; NULL: none to be had */
    bool wants_answer;        /* false for a notification */
    struct text_queue *items; /* of its lists, for which their lengths stand in `params`; borrowed;
                                 NULL: none */
    int problem; /* 0, or the code of what makes it no valid call: then `method` is NULL */
    struct strbuf problem_text;
};

/* The next call; false: there is none now. Whether there is one. */
bool jsonrpc_request_next(struct jsonrpc_request *request, struct jsonrpc_call *ret_call);
bool jsonrpc_request_has_more(const struct jsonrpc_request *request);
/* The call that a text is. */
void jsonrpc_call_read(const char *text, size_t len_bytes, struct jsonrpc_call *ret_call);
void jsonrpc_call_release(struct jsonrpc_call *call);

/* Writes everything of an answer in front of its result; the result and jsonrpc_put_result_end
 * follow. `id` may be NULL: null. */
void jsonrpc_put_result_begin(struct strbuf *out, const json_t *id);
void jsonrpc_put_result_end(struct strbuf *out);
/* Writes a whole answer that says why a call failed. */
void jsonrpc_put_error(struct strbuf *out, const json_t *id, const struct jsonrpc_error *error);

#endif
