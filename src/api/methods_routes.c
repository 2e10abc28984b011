/* Methods that show routes, and those by which BGPd itself originates them. */
#include "api/handlers.h"
#include "api/methods.h"
#include "api/route_params.h"
#include "config/route.h"
#include "daemon/query.h"

/* Lists. */

/* Only routes of what the parameters that all lists have say. */
static void filter_nlri(struct method_call *call, struct route_filter *filter)
{
    const struct param_value *family = method_param(call, "family");
    const struct param_value *rd = method_param(call, "rd");
    if (family->given)
        filter->families = FAMILY_BIT(family->family);
    filter->has_rd = rd->given;
    memcpy(filter->rd, rd->rd, sizeof(filter->rd));
}

/* Only those of whose origin that is known. */
static void filter_rov(struct method_call *call, struct route_filter *filter)
{
    const struct param_value *rov = method_param(call, "rov");
    filter->has_rov = rov->given;
    filter->rov = (enum rov_state)rov->number;
}

/* Only routes from, or to, what the parameter `name` says. */
static int filter_peer(struct method_call *call, const char *name, struct route_filter *filter)
{
    const struct param_value *value = method_param(call, name);
    if (!value->given)
        return 0;
    if (value->source != ROUTE_SOURCE_PEER) {
        filter->has_own = true;
        filter->own = value->source;
        return 0;
    }
    if (!speaker_knows_peer(call->env->speaker, &value->peer))
        return method_fail_peer(call, &value->peer);
    filter->has_peer = true;
    filter->peer = value->peer;
    return 0;
}

/* Ends every method that lists routes: opens the query and makes it the result. */
static int answer_routes(struct method_call *call, const struct route_filter *filter,
                         enum route_stream_form form, unsigned extra)
{
    struct route_query *query;
    if (route_query_new(call->env->speaker, filter, method_param(call, "cursor")->text, &query))
        return method_fail_param(call, "cursor", "it is not one, or of another question", NULL);
    call->stream = route_stream_new(query, call->env->renderer, form, extra,
                                    method_param(call, "limit")->number);
    return 0;
}

int handle_show_routes_learned(struct method_call *call)
{
    struct route_filter filter = {.kind = ROUTES_LEARNED,
                                  .filtered = method_param(call, "filtered")->flag};
    filter_nlri(call, &filter);
    filter_rov(call, &filter);
    int code = filter_peer(call, "from_peer", &filter);
    return code ? code : answer_routes(call, &filter, ROUTE_STREAM_LIST, 0);
}

int handle_show_routes_advertised(struct method_call *call)
{
    struct route_filter filter = {.kind = ROUTES_ADVERTISED,
                                  .withheld = method_param(call, "withheld")->flag};
    filter_nlri(call, &filter);
    int code = filter_peer(call, "to_peer", &filter);
    return code ? code : answer_routes(call, &filter, ROUTE_STREAM_LIST, ROUTE_VIEW_ADVERTISED);
}

/* Sets what prefixes must match; the parameters for it exclude each other. */
static int filter_match(struct method_call *call, struct route_filter *filter)
{
    static const struct {
        const char *param;
        enum route_match match;
    } matches[] = {
        {"exact", MATCH_EXACT},
        {"longest", MATCH_LONGEST},
        {"longer", MATCH_LONGER},
    };
    for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
        const struct param_value *value = method_param(call, matches[i].param);
        if (!value->given)
            continue;
        if (filter->match != MATCH_ANY)
            return method_fail_param(call, matches[i].param, "it cannot stand beside another one",
                                     "only one of exact, longest and longer");
        filter->match = matches[i].match;
        filter->prefix = value->prefix;
    }
    return 0;
}

int handle_show_routes(struct method_call *call)
{
    struct route_filter filter = {
        .kind = ROUTES_LOC_RIB,
        .as_in_path = method_param(call, "as")->number,
        .has_community = method_param(call, "community")->given,
        .community = method_param(call, "community")->community,
        .best_only = method_param(call, "best")->flag,
        .filtered = method_param(call, "filtered")->flag,
    };
    filter_nlri(call, &filter);
    filter_rov(call, &filter);
    int code = filter_peer(call, "from_peer", &filter);
    if (!code)
        code = filter_match(call, &filter);
    return code ? code : answer_routes(call, &filter, ROUTE_STREAM_OBJECT, ROUTE_VIEW_BEST);
}

/* Routes of our own. */

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
