/* Calls of methods, and what their functions need of them. */
#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "api/methods.h"

int method_run(const struct method_env *env, const struct method_request *request, uint64_t *ticket,
               struct strbuf *out, struct stream **ret_stream, struct jsonrpc_error *error)
{
    const struct method *method = request->method;
    struct param_value values[METHOD_PARAMS_MAX];
    struct method_call call = {.env = env,
                               .caller = request->caller,
                               .method = method,
                               .now = time_now_read(),
                               .values = values,
                               .params = request->params,
                               .items = request->items,
                               .out = jsonw_over(out),
                               .ticket = ticket};
    int result = params_bind(method->params, request->params, values, &call.error);
    if (result == 0)
        result = method->run(&call);
    if (result == 0)
        *ret_stream = call.stream;
    params_release(method->params, values);
    *error = call.error;
    return result;
}

static size_t param_index(const struct method_call *call, const char *name)
{
    size_t i = params_find(call->method->params, name);
    assert(call->method->params[i].name); /* the method has the parameter */
    return i;
}

const struct param_value *method_param(const struct method_call *call, const char *name)
{
    return &call->values[param_index(call, name)];
}

const struct param_value *method_param_if(const struct method_call *call, const char *name)
{
    static const struct param_value none;
    size_t i = params_find(call->method->params, name);
    return call->method->params[i].name ? &call->values[i] : &none;
}

int method_fail(struct method_call *call, enum jsonrpc_code code, const char *format, ...)
{
    call->error.code = code;
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&call->error.message, format, args);
    va_end(args);
    return code;
}

int method_fail_param(struct method_call *call, const char *name, const char *problem,
                      const char *expected)
{
    struct strbuf of_type = {0};
    param_put_expected(call->method->params[param_index(call, name)].type, &of_type);
    params_error(&call->error, name, problem, expected ? expected : strbuf_text(&of_type));
    strbuf_release(&of_type);
    return call->error.code;
}

int method_fail_peer(struct method_call *call, const struct scoped_prefix *peer)
{
    char text[PREFIX_TEXT_MAX];
    char addr[IP_TEXT_MAX];
    struct ip_addr ip = prefix_address(&peer->prefix);
    memcpy(ip.interface, peer->interface, sizeof(ip.interface));
    if (prefix_is_host(&peer->prefix))
        return method_fail(call, JSONRPC_NOT_FOUND, "no peer %s", ip_format(&ip, addr));
    return method_fail(call, JSONRPC_NOT_FOUND, "no peer within %s",
                       prefix_format(&peer->prefix, text));
}
