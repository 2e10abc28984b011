/* Methods by which BGPd itself originates routes, and those that find what it originates. */
#include "api/handlers.h"
#include "api/methods.h"
#include "api/originated_stream.h"
#include "api/rights.h"
#include "api/route_params.h"
#include "base/err.h"
#include "base/number.h"
#include "config/route.h"
#include "daemon/originated.h"

/* What is said of a route that was built. */
struct judged {
    struct strbuf warnings;       /* texts, as the elements of an array */
    struct jsonw w;               /* over these */
    struct route_problem problem; /* the first one; without a field: there is none */
};

static void take_judged(void *ctx, const struct route_problem *problem)
{
    struct judged *judged = ctx;
    struct strbuf text = {0};
    if (problem->is_warning) {
        strbuf_printf(&text, "%s: %s", problem->field, strbuf_text(&problem->text));
        jsonw_text(&judged->w, NULL, strbuf_text(&text));
        strbuf_release(&text);
    } else if (!judged->problem.field) {
        strbuf_add(&text, strbuf_text(&problem->text));
        judged->problem = *problem;
        judged->problem.text = text;
    }
}

/* Makes the route and judges it. Not 0, with the error of the call set, where it is wrong. */
static int make_route(struct method_call *call, const struct route_spec *spec,
                      struct static_route *ret_route, struct judged *judged)
{
    if (static_route_build(spec, ret_route, &judged->problem))
        return route_params_fail(call, &judged->problem);
    judged->w = jsonw_over(&judged->warnings);
    if (static_route_judge_each(spec, ret_route, take_judged, judged) == 0)
        return 0;
    static_route_release(ret_route);
    return route_params_fail(call, &judged->problem);
}

/* A route of the API, and what there is to say of it. */
static void put_advertised(struct method_call *call, const struct strbuf *warnings,
                           const struct originated_view *view)
{
    struct jsonw *w = &call->out;
    struct strbuf none = {0};
    strbuf_add(&none, "it goes to no peer: ");
    uint32_t peers = originated_reach(call->env->speaker, view, &none);
    view_originated_open(w, call->env, view, &call->now);
    jsonw_array(w, "warnings");
    if (warnings->len_bytes > 0)
        jsonw_raw(w, NULL, warnings->data, warnings->len_bytes);
    if (peers == 0)
        jsonw_text(w, NULL, strbuf_text(&none));
    jsonw_array_end(w);
    jsonw_uint(w, "advertised_to", peers);
    jsonw_object_end(w);
    strbuf_release(&none);
}

/* Nothing can be stored, and so nothing is changed. */
static int fail_unstored(struct method_call *call)
{
    struct strbuf why = {0};
    originated_problem(call->env->speaker, &why);
    int code = method_fail(call, JSONRPC_FAILED, "not carried out, as it cannot be stored: %s",
                           strbuf_text(&why));
    strbuf_release(&why);
    return code;
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

/* What is said of a route beside the route itself. */
static struct originated_terms terms_of(struct method_call *call)
{
    const struct param_list *tags = &method_param(call, "tags")->list;
    const struct param_list *to = &method_param(call, "to")->list;
    return (struct originated_terms){
        .owner = method_param(call, "owner")->text,
        .label = method_param(call, "label")->text,
        .tags = (const char *const *)tags->items,
        .tag_count = tags->count,
        .to = (const char *const *)to->items,
        .to_count = to->count,
        .ttl_s = method_param(call, "ttl")->number,
    };
}

static int fail_aim(struct method_call *call, int err, const char *wrong)
{
    struct strbuf problem = {0};
    if (err == ERR_RANGE)
        strbuf_printf(&problem, "there are more than %d", AIM_ITEMS_MAX);
    else
        strbuf_printf(&problem, "no peer, network or group is called '%.64s'", wrong);
    int code = method_fail_param(call, "to", strbuf_text(&problem), NULL);
    strbuf_release(&problem);
    return code;
}

/* Builds the route, advertises it, and shows it as the result. */
static int answer_advertise(struct method_call *call, struct route_spec *spec)
{
    struct originated_terms terms = terms_of(call);
    struct static_route route;
    struct judged judged = {0};
    struct originated_view view;
    const char *wrong = NULL;
    int code = rights_settle(call, &terms);
    if (code)
        return code;
    route_params_attributes(call, spec);
    code = make_route(call, spec, &route, &judged);
    if (code) {
        strbuf_release(&judged.warnings);
        return code;
    }
    code = rights_check(call, &route, &terms);
    int err = code ? 0 : originated_put(call->env->speaker, &route, &terms, &view, &wrong);
    if (err == ERR_EXISTS)
        code = rights_fail_owner(call, &route, wrong);
    else if (err == ERR_FULL)
        code = fail_full(call, &route);
    else if (err == ERR_IO)
        code = fail_unstored(call);
    else if (err)
        code = fail_aim(call, err, wrong);
    else if (!code)
        put_advertised(call, &judged.warnings, &view);
    static_route_release(&route);
    strbuf_release(&judged.warnings);
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
    const struct param_list *to = &method_param(call, "to")->list;
    struct originated_terms terms = {.to = (const char *const *)to->items, .to_count = to->count};
    const char *wrong = NULL;
    rights_settle(call, &terms); /* whose it is nobody has said */
    int err = originated_take(call->env->speaker, &key, &terms, &wrong);
    if (err == ERR_EXISTS) {
        code = rights_fail_owner(call, &key, wrong);
    } else if (err == ERR_IO) {
        code = fail_unstored(call);
    } else if (err) {
        code = method_fail(call, JSONRPC_NOT_FOUND, "the API does not advertise %s%s",
                           strbuf_text(&name), terms.to_count > 0 ? " with this aim" : "");
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

/* --- finding them --- */

static struct originated_filter filter_of(struct method_call *call)
{
    const struct param_value *family = method_param(call, "family");
    return (struct originated_filter){
        .families = family->given ? FAMILY_BIT(family->family) : 0,
        .owner = method_param(call, "owner")->text,
        .label = method_param(call, "label")->text,
        .tag = method_param(call, "tag")->text,
    };
}

int handle_show_originated(struct method_call *call)
{
    const struct originated_filter filter = filter_of(call);
    const char *cursor = method_param(call, "cursor")->text;
    uint32_t after = 0;
    if (cursor && number_parse(cursor, UINT32_MAX - 1, &after) != 0)
        return method_fail_param(call, "cursor", "it is not one", NULL);
    call->stream =
        originated_list_new(call->env, &filter, after, method_param(call, "limit")->number);
    return 0;
}

int handle_withdraw_originated(struct method_call *call)
{
    struct originated_filter filter = filter_of(call);
    bool all = method_param(call, "all")->flag;
    bool is_limited = filter.owner || filter.label || filter.tag;
    struct originated_terms terms = {.owner = filter.owner};
    int code = rights_settle(call, &terms);
    if (code)
        return code;
    if (!is_limited && !all)
        return method_fail_param(call, "all", "missing; nothing says which routes",
                                 "owner, label or tag, or all = true");
    if (is_limited && all)
        return method_fail_param(call, "all", "it cannot stand beside owner, label or tag", NULL);
    if (terms.own_alone)
        filter.owner = terms.owner;
    call->stream = originated_withdrawal_new(call->env, &filter);
    return 0;
}
