/* Methods that show routes, and those by which BGPd itself originates them. */
#include "api/handlers.h"
#include "api/methods.h"
#include "config/route.h"
#include "daemon/query.h"

/* Lists. */

static void filter_families(struct method_call *call, struct route_filter *filter)
{
    const struct param_value *family = method_param(call, "family");
    if (family->given)
        filter->families = FAMILY_BIT(family->family);
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
    struct route_filter filter = {.kind = ROUTES_LEARNED};
    filter_families(call, &filter);
    int code = filter_peer(call, "from_peer", &filter);
    return code ? code : answer_routes(call, &filter, ROUTE_STREAM_LIST, 0);
}

int handle_show_routes_advertised(struct method_call *call)
{
    struct route_filter filter = {.kind = ROUTES_ADVERTISED,
                                  .withheld = method_param(call, "withheld")->flag};
    filter_families(call, &filter);
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
    };
    filter_families(call, &filter);
    int code = filter_peer(call, "from_peer", &filter);
    if (!code)
        code = filter_match(call, &filter);
    return code ? code : answer_routes(call, &filter, ROUTE_STREAM_OBJECT, ROUTE_VIEW_BEST);
}

/* Routes of our own. */

static struct route_spec spec_of(struct method_call *call)
{
    const struct param_list *as_path = &method_param(call, "as_path")->list;
    const struct param_list *communities = &method_param(call, "communities")->list;
    return (struct route_spec){
        .origin = method_param(call, "origin")->text,
        .as_path = (const char *const *)as_path->items,
        .as_path_count = as_path->count,
        .has_local_pref = method_param(call, "local_pref")->given,
        .local_pref = method_param(call, "local_pref")->number,
        .has_med = method_param(call, "multi_exit_disc")->given,
        .med = method_param(call, "multi_exit_disc")->number,
        .communities = (const char *const *)communities->items,
        .community_count = communities->count,
    };
}

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
static int answer_advertise(struct method_call *call, const struct route_spec *spec)
{
    struct static_route route;
    struct route_problem problem = {.index = -1};
    if (static_route_build(spec, &route, &problem)) {
        int code = method_fail_param(call, problem.field, strbuf_text(&problem.text), NULL);
        strbuf_release(&problem.text);
        return code;
    }
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
    struct route_spec spec = spec_of(call);
    spec.key.prefix = method_param(call, "prefix")->text;
    spec.next_hop = method_param(call, "next_hop")->text;
    return answer_advertise(call, &spec);
}

int handle_advertise_flow(struct method_call *call)
{
    struct route_spec spec = spec_of(call);
    const struct param_list *matches = &method_param(call, "matches")->list;
    spec.by_rules = true;
    spec.afi = (int)method_param(call, "afi")->number;
    spec.action = method_param(call, "action")->text;
    spec.key.rules = (const char *const *)matches->items;
    spec.key.rule_count = matches->count;
    return answer_advertise(call, &spec);
}

/* Withdraws what the API advertises by this key. */
static int withdraw_key(struct method_call *call, enum family family, struct nlri_key key)
{
    struct strbuf name = {0};
    const struct family_info *info = family_info(family);
    struct static_route route = static_route_make(family, key, span_of(NULL, 0));
    int code = 0;
    info->format(info, (struct nlri){.key = key}, &name);
    if (speaker_withdraw(call->env->speaker, &route)) {
        code = method_fail(call, JSONRPC_NOT_FOUND, "the API does not advertise %s",
                           strbuf_text(&name));
    } else {
        jsonw_object(&call->out, NULL);
        jsonw_text(&call->out, "withdrawn", strbuf_text(&name));
        jsonw_object_end(&call->out);
    }
    static_route_release(&route);
    strbuf_release(&name);
    return code;
}

/* What is wrong with a key, for the answer. */
struct key_error {
    struct method_call *call;
    int code;
};

static void answer_problem(void *ctx, int err, const struct route_problem *problem)
{
    (void)err;
    struct key_error *error = ctx;
    if (error->code == 0)
        error->code =
            method_fail_param(error->call, problem->field, strbuf_text(&problem->text), NULL);
}

int handle_withdraw_route(struct method_call *call)
{
    const struct prefix *prefix = &method_param(call, "prefix")->prefix;
    return withdraw_key(call, family_for_text(prefix->version, NLRI_TEXT_PREFIX),
                        (struct nlri_key){prefix->bytes, prefix->len_bits});
}

int handle_withdraw_flow(struct method_call *call)
{
    const struct param_list *matches = &method_param(call, "matches")->list;
    const struct nlri_text text = {.rules = (const char *const *)matches->items,
                                   .rule_count = matches->count};
    uint8_t version = method_param(call, "afi")->number == AFI_IPV4 ? IP_V4 : IP_V6;
    enum family family = family_for_text(version, NLRI_TEXT_RULES);
    const struct family_info *info = family_info(family);
    struct key_error error = {.call = call};
    uint8_t bytes[NLRI_MAX_BYTES];
    struct nlri nlri;
    if (info->parse(info, &text, bytes, &nlri, answer_problem, &error))
        return error.code;
    return withdraw_key(call, family, nlri.key);
}
