/* Methods by which BGPd itself originates routes. */
#include "api/handlers.h"
#include "api/methods.h"
#include "api/route_params.h"
#include "config/route.h"
#include "daemon/query.h"

static void put_warning(void *ctx, const struct route_problem *warning)
{
    struct strbuf text = {0};
    strbuf_printf(&text, "%s: %s", warning->field, strbuf_text(&warning->text));
    jsonw_text(ctx, NULL, strbuf_text(&text));
    strbuf_release(&text);
}

/* A route of the API as the RIB has it, and what there is to say of it. */
static void put_advertised(struct method_call *call, const struct route_spec *spec,
                           const struct static_route *route, const struct route_view *view,
                           uint32_t peers, const struct strbuf *why_none)
{
    struct jsonw *w = &call->out;
    route_view_put(call->env->renderer, w, view, ROUTE_VIEW_OPEN, &call->now);
    jsonw_array(w, "warnings");
    static_route_warn_each(spec, route, put_warning, w);
    if (peers == 0)
        jsonw_text(w, NULL, strbuf_text(why_none));
    jsonw_array_end(w);
    jsonw_uint(w, "advertised_to", peers);
    jsonw_object_end(w);
}

/* The RIB did not take the route. */
static int fail_full(struct method_call *call, const struct static_route *route)
{
    struct strbuf name = {0};
    static_route_format_key(route, &name);
    int code = method_fail(call, JSONRPC_FAILED, "%s: there are too many other routes",
                           strbuf_text(&name));
    strbuf_release(&name);
    return code;
}

/* Builds the route, advertises it, and shows it as the result. */
static int answer_advertise(struct method_call *call, struct route_spec *spec)
{
    struct static_route route;
    struct route_problem problem;
    route_params_attributes(call, spec);
    if (static_route_build(spec, &route, &problem))
        return route_params_fail(call, &problem);
    struct strbuf none = {0};
    struct route_view view;
    uint32_t peers;
    int code = 0;
    strbuf_add(&none, "it goes to no peer: ");
    if (speaker_advertise(call->env->speaker, &route, &view, &peers, &none))
        code = fail_full(call, &route);
    else
        put_advertised(call, spec, &route, &view, peers, &none);
    strbuf_release(&none);
    static_route_release(&route);
    return code;
}

int handle_advertise_route(struct method_call *call)
{
    struct route_spec spec = route_params_key(call);
    spec.next_hop = method_param(call, "next_hop")->text;
    return answer_advertise(call, &spec);
}

int handle_advertise_flow(struct method_call *call)
{
    struct route_spec spec = route_params_flow_key(call);
    spec.text.action = method_param(call, "action")->text;
    return answer_advertise(call, &spec);
}

/* Withdraws what the API advertises by this key. */
static int answer_withdraw(struct method_call *call, const struct route_spec *spec)
{
    struct static_route key;
    struct route_problem problem;
    struct strbuf name = {0};
    int code = 0;
    if (static_route_build_key(spec, &key, &problem))
        return route_params_fail(call, &problem);
    static_route_format_key(&key, &name);
    if (speaker_withdraw(call->env->speaker, &key)) {
        code = method_fail(call, JSONRPC_NOT_FOUND, "the API does not advertise %s",
                           strbuf_text(&name));
    } else {
        jsonw_object(&call->out, NULL);
        jsonw_text(&call->out, "withdrawn", strbuf_text(&name));
        jsonw_object_end(&call->out);
    }
    static_route_release(&key);
    strbuf_release(&name);
    return code;
}

int handle_withdraw_route(struct method_call *call)
{
    struct route_spec spec = route_params_key(call);
    return answer_withdraw(call, &spec);
}

int handle_withdraw_flow(struct method_call *call)
{
    struct route_spec spec = route_params_flow_key(call);
    return answer_withdraw(call, &spec);
}
