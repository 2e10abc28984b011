/* What the table of methods says of itself: an OpenRPC document (https://spec.open-rpc.org, 1.2),
 * and the reference in docs/api.md. */
#include "api/handlers.h"
#include "api/methods.h"

static void put_param(struct jsonw *w, const struct param *param)
{
    struct strbuf schema = {0};
    param_put_schema(param->type, &schema);
    jsonw_object(w, NULL);
    jsonw_text(w, "name", param->name);
    jsonw_text(w, "description", param->help);
    jsonw_bool(w, "required", param->required);
    jsonw_raw(w, "schema", schema.data, schema.len_bytes);
    jsonw_object_end(w);
    strbuf_release(&schema);
}

static void put_result(struct jsonw *w, const struct method *method)
{
    jsonw_object(w, "result");
    jsonw_text(w, "name", "result");
    jsonw_text(w, "description", method->result);
    jsonw_object(w, "schema");
    if (method->result_type)
        jsonw_text(w, "type", method->result_type);
    jsonw_object_end(w);
    jsonw_object_end(w);
}

static void put_method(struct jsonw *w, const struct method *method)
{
    jsonw_object(w, NULL);
    jsonw_text(w, "name", method->name);
    jsonw_text(w, "summary", method->help);
    jsonw_text(w, "paramStructure", "either");
    jsonw_array(w, "params");
    for (const struct param *p = method->params; p->name; p++)
        put_param(w, p);
    jsonw_array_end(w);
    put_result(w, method);
    jsonw_text(w, "x-access", method->access > ACCESS_READ ? "change" : "read");
    jsonw_text(w, "x-role", access_names[method->access]);
    jsonw_object_end(w);
}

int handle_discover(struct method_call *call)
{
    struct jsonw *w = &call->out;
    size_t count;
    const struct method *methods = methods_table(&count);
    jsonw_object(w, NULL);
    jsonw_text(w, "openrpc", "1.2.6");
    jsonw_object(w, "info");
    jsonw_text(w, "title", "BGPd");
    jsonw_text(w, "version", BGPD_VERSION);
    jsonw_object_end(w);
    jsonw_array(w, "methods");
    for (size_t i = 0; i < count; i++)
        put_method(w, &methods[i]);
    jsonw_array_end(w);
    jsonw_object_end(w);
    return 0;
}

void methods_put_markdown(struct strbuf *out)
{
    size_t count;
    const struct method *methods = methods_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct method *m = &methods[i];
        strbuf_printf(out, "### `%s`%s\n\n%s\n\n", m->name,
                      m->access > ACCESS_READ ? " (changes something)" : "", m->help);
        if (m->access == ACCESS_ORIGINATE)
            strbuf_add(out, "Of the tokens with a role, `\"originate\"` is enough.\n\n");
        if (m->params[0].name)
            strbuf_add(out,
                       "| # | Parameter | Required | Value | Meaning |\n|--:|---|---|---|---|\n");
        for (size_t k = 0; m->params[k].name; k++) {
            const struct param *p = &m->params[k];
            strbuf_printf(out, "| %zu | `%s` | %s | ", k + 1, p->name, p->required ? "yes" : "no");
            param_put_expected(p->type, out);
            strbuf_printf(out, " | %s |\n", p->help);
        }
        strbuf_printf(out, "%sResult: %s\n\n", m->params[0].name ? "\n" : "", m->result);
    }
}
