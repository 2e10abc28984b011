/* JSON-RPC 2.0: requests taken apart, answers put together.
 *
 * A body is cut into its calls, or a call's long lists into their items, as it arrives, and these
 * are kept as text. Each is read when its turn comes; so a long batch costs no more memory than its
 * text. A document that is not JSON has no calls at all, so it is checked before the first of them
 * is read; lines are calls of their own, each good or not by itself.
 *
 * A call whose id can be read is answered with it even when the rest is invalid. */
#include "api/jsonrpc.h"

#include <string.h>

#include "api/json_read.h"
#include "api/jsonw.h"
#include "base/err.h"

void jsonrpc_error_release(struct jsonrpc_error *error)
{
    strbuf_release(&error->message);
    strbuf_release(&error->data);
    error->code = 0;
}

/* --- a body --- */

const char *const jsonrpc_list_names[JSONRPC_LISTS] = {
    [JSONRPC_ROUTES] = "routes",
    [JSONRPC_FLOWS] = "flows",
};

/* A batch, and the same lists. */
static const char *const lists[] = {"", "params.routes", "params.flows", NULL};

/* Where a byte of a text is that begins at this line and column. */
static void put_place(struct strbuf *out, uint32_t line, uint32_t column, const char *text,
                      size_t offset_bytes)
{
    for (size_t i = 0; i < offset_bytes; i++) {
        column++;
        if (text[i] != '\n')
            continue;
        line++;
        column = 1;
    }
    strbuf_printf(out, "line %u column %u", line, column);
}

static void break_syntax(struct jsonrpc_request *r, const char *text,
                         const struct json_read_problem *problem, uint32_t line, uint32_t column)
{
    r->broken.code = JSONRPC_PARSE_ERROR;
    strbuf_add(&r->broken.message, "Parse error at ");
    put_place(&r->broken.message, line, column, text, problem->offset_bytes);
    strbuf_printf(&r->broken.message, ": %s", problem->text);
}

static void break_request(struct jsonrpc_request *r, int code, const char *why)
{
    r->broken.code = code;
    strbuf_add(&r->broken.message, why);
}

static enum jsonrpc_list list_of(const struct json_split *s)
{
    return strcmp(s->keys[1], jsonrpc_list_names[JSONRPC_FLOWS]) == 0 ? JSONRPC_FLOWS
                                                                      : JSONRPC_ROUTES;
}

static int on_item(void *request, const char *text, size_t len_bytes)
{
    struct jsonrpc_request *r = request;
    struct json_read_problem problem;
    bool is_call = r->split.depth == 1;
    enum jsonrpc_list list = is_call ? JSONRPC_ROUTES : list_of(&r->split);
    if (!json_check(text, len_bytes, &problem)) {
        break_syntax(r, text, &problem, r->split.item_line, r->split.item_column);
        return ERR_INVALID;
    }
    text_queue_add(&r->texts, list, text, len_bytes);
    r->lists[list]++;
    return 0;
}

void jsonrpc_request_init(struct jsonrpc_request *request, enum jsonrpc_form form)
{
    *request = (struct jsonrpc_request){.form = form};
    json_split_init(&request->split, lists, on_item, request);
    request->split.item_max_bytes = request->split.rest_max_bytes = JSONRPC_TEXT_MAX_BYTES;
}

void jsonrpc_request_release(struct jsonrpc_request *request)
{
    json_split_release(&request->split);
    strbuf_release(&request->line);
    text_queue_release(&request->texts);
    jsonrpc_error_release(&request->broken);
}

static bool is_blank(const struct strbuf *text)
{
    return strspn(strbuf_text(text), " \t\r\n") == text->len_bytes;
}

static void end_line(struct jsonrpc_request *r)
{
    /* What is too long is no call, as that is shown by its beginning. */
    if (r->too_long || !is_blank(&r->line))
        text_queue_add(&r->texts, r->too_long, r->line.data, r->too_long ? 0 : r->line.len_bytes);
    strbuf_clear(&r->line);
    r->too_long = false;
}

static void feed_lines(struct jsonrpc_request *r, const char *data, size_t len_bytes)
{
    while (len_bytes > 0) {
        const char *newline = memchr(data, '\n', len_bytes);
        size_t take = newline ? (size_t)(newline - data) : len_bytes;
        r->too_long |= take > JSONRPC_TEXT_MAX_BYTES - r->line.len_bytes;
        if (!r->too_long)
            strbuf_add_bytes(&r->line, data, take);
        if (newline) {
            end_line(r);
            take++;
        }
        data += take;
        len_bytes -= take;
    }
}

/* What the splitter does not go on with. */
static void break_document(struct jsonrpc_request *r, int rc)
{
    const struct json_split *s = &r->split;
    if (r->broken.code)
        return; /* by an item */
    if (rc == ERR_FULL) {
        break_request(r, JSONRPC_INVALID_REQUEST,
                      "Invalid request: a call, or one item of a list, is longer than 1 MiB");
        return;
    }
    struct json_read_problem problem = {
        s->list_depth ? "a value is missing" : "a bracket closes that none has opened", 0};
    break_syntax(r, "", &problem, s->list_depth ? s->item_line : s->line,
                 s->list_depth ? s->item_column : 1);
}

void jsonrpc_request_feed(struct jsonrpc_request *request, const char *data, size_t len_bytes)
{
    if (request->broken.code)
        return;
    if (request->form == JSONRPC_LINES) {
        feed_lines(request, data, len_bytes);
        return;
    }
    int rc = json_split_feed(&request->split, data, len_bytes);
    if (rc != 0)
        break_document(request, rc);
    if (request->broken.code)
        text_queue_release(&request->texts);
}

/* The whole document is there: what stands around its items has to be JSON, too. */
static void end_document(struct jsonrpc_request *r)
{
    const struct strbuf *rest = &r->split.rest;
    const char *text = strbuf_text(rest);
    struct json_read_problem problem;
    if (r->broken.code)
        return;
    if (!json_check(text, rest->len_bytes, &problem)) {
        /* Behind items the place in the rest is not that in the document: there it is the end. */
        bool is_whole = r->texts.left == 0 && !r->split.list_depth;
        if (!is_whole)
            problem.offset_bytes = 0;
        break_syntax(r, text, &problem, is_whole ? 1 : r->split.line,
                     is_whole ? 1 : (uint32_t)(r->split.read_bytes - r->split.line_at) + 1);
        return;
    }
    r->batch = text[strspn(text, " \t\r\n")] == '[';
    if (r->batch && r->texts.left == 0) {
        r->batch = false; /* an empty batch is answered by one error, not by a list */
        break_request(r, JSONRPC_INVALID_REQUEST, "Invalid request: an empty batch");
    }
}

void jsonrpc_request_end(struct jsonrpc_request *request)
{
    request->complete = true;
    if (request->form == JSONRPC_DOCUMENT)
        end_document(request);
    else
        end_line(request);
}

size_t jsonrpc_request_held_bytes(const struct jsonrpc_request *request)
{
    return request->texts.held_bytes + request->split.rest.size_bytes +
           request->split.item.size_bytes + request->line.size_bytes;
}

/* --- calls --- */

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

void jsonrpc_call_release(struct jsonrpc_call *call)
{
    json_decref(call->root);
    strbuf_release(&call->problem_text);
    *call = (struct jsonrpc_call){0};
}

void jsonrpc_call_read(const char *text, size_t len_bytes, struct jsonrpc_call *ret_call)
{
    struct json_read_problem problem;
    json_t *root = json_read(text, len_bytes, &problem);
    *ret_call = (struct jsonrpc_call){
        .root = root, .text = text, .len_bytes = len_bytes, .wants_answer = true};
    if (!root) {
        ret_call->problem = JSONRPC_PARSE_ERROR;
        strbuf_add(&ret_call->problem_text, "Parse error at ");
        put_place(&ret_call->problem_text, 1, 1, text, problem.offset_bytes);
        strbuf_printf(&ret_call->problem_text, ": %s", problem.text);
        return;
    }
    const json_t *id = json_object_get(root, "id");
    const char *invalid = find_problem(root);
    if (invalid) {
        ret_call->id = is_id(id) ? id : NULL;
        ret_call->problem = JSONRPC_INVALID_REQUEST;
        strbuf_add(&ret_call->problem_text, invalid);
        return;
    }
    const json_t *params = json_object_get(root, "params");
    ret_call->method = json_string_value(json_object_get(root, "method"));
    ret_call->params = json_is_null(params) ? NULL : params;
    ret_call->id = id;
    ret_call->wants_answer = id != NULL;
}

/* The call of a document that is no batch, or what is wrong with the document. */
static void read_alone(struct jsonrpc_request *r, struct jsonrpc_call *ret_call)
{
    r->alone_out = true;
    if (r->broken.code) {
        *ret_call = (struct jsonrpc_call){.wants_answer = true, .problem = r->broken.code};
        strbuf_add(&ret_call->problem_text, strbuf_text(&r->broken.message));
        return;
    }
    jsonrpc_call_read(strbuf_text(&r->split.rest), r->split.rest.len_bytes, ret_call);
    json_t *params = json_object_get(ret_call->root, "params");
    for (unsigned i = 0; i < JSONRPC_LISTS; i++) {
        if (r->lists[i] > 0)
            json_object_set_new(params, jsonrpc_list_names[i],
                                json_integer((json_int_t)r->lists[i]));
    }
    ret_call->items = r->texts.left > 0 ? &r->texts : NULL;
}

bool jsonrpc_request_has_more(const struct jsonrpc_request *request)
{
    bool is_many = request->form == JSONRPC_LINES || request->batch;
    return is_many ? request->texts.left > 0 : request->complete && !request->alone_out;
}

bool jsonrpc_request_next(struct jsonrpc_request *request, struct jsonrpc_call *ret_call)
{
    struct text_item item;
    bool is_many = request->form == JSONRPC_LINES || request->batch;
    if (!is_many) {
        if (!request->complete || request->alone_out)
            return false;
        read_alone(request, ret_call);
        return true;
    }
    if (!text_queue_next(&request->texts, &item))
        return false;
    text_queue_forget(&request->texts);
    bool too_long = request->form == JSONRPC_LINES && item.kind != 0;
    jsonrpc_call_read(item.text, item.len_bytes, ret_call);
    if (too_long) {
        ret_call->problem = JSONRPC_INVALID_REQUEST;
        strbuf_clear(&ret_call->problem_text);
        strbuf_add(&ret_call->problem_text, "Invalid request: the line is longer than 1 MiB");
    }
    return true;
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
