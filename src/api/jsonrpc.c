/* JSON-RPC 2.0: requests taken apart, answers put together.
 *
 * Calls are looked at one by one when their turn comes; so a long batch costs no more memory than
 * its parsed text. A call whose id can be read is answered with it even when the rest is invalid.
 */
#include "api/jsonrpc.h"

#include <string.h>

#include "api/jsonw.h"

void jsonrpc_error_release(struct jsonrpc_error *error)
{
    strbuf_release(&error->message);
    strbuf_release(&error->data);
    error->code = 0;
}

void jsonrpc_request_init(struct jsonrpc_request *request, const char *body, size_t len_bytes)
{
    *request = (struct jsonrpc_request){.count = 1};
    json_error_t problem;
    /* Strings with U+0000 are refused by the parser, so every string is a C string. */
    request->root = json_loadb(body, len_bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (!request->root) {
        request->broken.code = JSONRPC_PARSE_ERROR;
        strbuf_printf(&request->broken.message, "Parse error at line %d column %d: %s",
                      problem.line, problem.column, problem.text);
        return;
    }
    request->batch = json_is_array(request->root);
    if (!request->batch)
        return;
    request->count = json_array_size(request->root);
    if (request->count == 0) {
        request->batch = false; /* an empty batch is answered by one error, not by a list */
        request->count = 1;
        request->broken.code = JSONRPC_INVALID_REQUEST;
        strbuf_add(&request->broken.message, "Invalid request: an empty batch");
    }
}

void jsonrpc_request_release(struct jsonrpc_request *request)
{
    json_decref(request->root);
    request->root = NULL;
    jsonrpc_error_release(&request->broken);
}

static bool is_id(const json_t *id)
{
    return json_is_string(id) || json_is_number(id) || json_is_null(id);
}

/* What makes `object` no valid call, for people; NULL when it is one. */
static const char *find_problem(const json_t *object)
{
    if (!json_is_object(object))
        return "Invalid request: expected an object";
    const json_t *version = json_object_get(object, "jsonrpc");
    if (!json_is_string(version) || strcmp(json_string_value(version), "2.0") != 0)
        return "Invalid request: \"jsonrpc\" must be \"2.0\"";
    if (!json_is_string(json_object_get(object, "method")))
        return "Invalid request: \"method\" must be a string";
    const json_t *id = json_object_get(object, "id");
    if (id && !is_id(id))
        return "Invalid request: \"id\" must be a string, a number or null";
    const json_t *params = json_object_get(object, "params");
    if (params && !json_is_array(params) && !json_is_object(params) && !json_is_null(params))
        return "Invalid request: \"params\" must be an array or an object";
    return NULL;
}

struct jsonrpc_call jsonrpc_request_call(const struct jsonrpc_request *request, size_t index)
{
    if (request->broken.code)
        return (struct jsonrpc_call){.wants_answer = true,
                                     .problem = request->broken.code,
                                     .problem_text = strbuf_text(&request->broken.message)};
    const json_t *object = request->batch ? json_array_get(request->root, index) : request->root;
    const json_t *id = json_object_get(object, "id");
    const char *problem = find_problem(object);
    if (problem)
        return (struct jsonrpc_call){.id = is_id(id) ? id : NULL,
                                     .wants_answer = true,
                                     .problem = JSONRPC_INVALID_REQUEST,
                                     .problem_text = problem};
    const json_t *params = json_object_get(object, "params");
    return (struct jsonrpc_call){
        .method = json_string_value(json_object_get(object, "method")),
        .params = json_is_null(params) ? NULL : params,
        .id = id,
        .wants_answer = id != NULL,
    };
}

static int put_dumped(const char *text, size_t len_bytes, void *out)
{
    strbuf_add_bytes(out, text, len_bytes);
    return 0;
}

static void put_head(struct strbuf *out, const json_t *id, const char *member)
{
    strbuf_add(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    if (id)
        json_dump_callback(id, put_dumped, out, JSON_ENCODE_ANY | JSON_COMPACT);
    else
        strbuf_add(out, "null");
    strbuf_add(out, ",\"");
    strbuf_add(out, member);
    strbuf_add(out, "\":");
}

void jsonrpc_put_result_begin(struct strbuf *out, const json_t *id)
{
    put_head(out, id, "result");
}

void jsonrpc_put_result_end(struct strbuf *out)
{
    strbuf_add_char(out, '}');
}

void jsonrpc_put_error(struct strbuf *out, const json_t *id, const struct jsonrpc_error *error)
{
    put_head(out, id, "error");
    struct jsonw w = jsonw_over(out);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "code", error->code);
    jsonw_text(&w, "message", strbuf_text(&error->message));
    if (error->data.len_bytes > 0)
        jsonw_raw(&w, "data", error->data.data, error->data.len_bytes);
    jsonw_object_end(&w);
    strbuf_add_char(out, '}');
}
