/* Methods by which BGPd itself originates routes, and withdraws them. */
#include <string.h>

#include "api/bulk.h"
#include "api/filter_params.h"
#include "api/handlers.h"
#include "api/methods.h"
#include "api/originate.h"
#include "api/originated_stream.h"
#include "api/rights.h"
#include "api/route_params.h"
#include "base/err.h"
#include "config/route.h"
#include "daemon/originated.h"
#include "daemon/originated_supposed.h"

/* What is said of a route that was built. */
struct judged {
    struct strbuf warnings;       /* a line each */
    struct route_problem problem; /* the first one; without a field: there is none */
};

static void take_judged(void *ctx, const struct route_problem *problem)
{
    struct judged *judged = ctx;
    struct strbuf text = {0};
    if (problem->is_warning) {
        strbuf_printf(&judged->warnings, "%s: %s\n", problem->field, strbuf_text(&problem->text));
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
    if (static_route_judge_each(spec, ret_route, take_judged, judged) == 0)
        return 0;
    static_route_release(ret_route);
    return route_params_fail(call, &judged->problem);
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

/* A limit does not permit it. */
static int fail_limit(struct method_call *call, const struct originated_refusal *refusal)
{
    struct strbuf name = {0};
    struct jsonw data = jsonw_over(&call->error.data);
    originate_limit_name(refusal->limit, &name);
    jsonw_object(&data, NULL);
    jsonw_text(&data, "limit", refusal->limit->place);
    jsonw_object_end(&data);
    int code = method_fail(call, JSONRPC_LIMIT, "not permitted: %s (%s)",
                           strbuf_text(&refusal->why), strbuf_text(&name));
    strbuf_release(&name);
    return code;
}

static int fail_advertise(struct method_call *call, int err, const struct static_route *route,
                          const struct originated_refusal *refusal)
{
    if (err == ERR_EXISTS)
        return rights_fail_owner(call, route, refusal->wrong);
    if (err == ERR_FULL)
        return fail_full(call, route);
    if (err == ERR_IO)
        return fail_unstored(call);
    if (err == ERR_STATE)
        return fail_limit(call, refusal);
    return fail_aim(call, err, refusal->wrong);
}

static void put_replaced(struct method_call *call, uint32_t id, struct strbuf *out)
{
    struct jsonw w = jsonw_over(out);
    const struct originated_view view = originated_view_of(call->env->speaker, id);
    view_originated_open(&w, call->env, &view, &call->now);
    jsonw_object_end(&w);
}

/* Carries it out, and a dry run back again; what comes of it is said to `steps`. 0, or the code of
 * the error. */
static int put_route(struct method_call *call, const struct static_route *route,
                     const struct originated_terms *terms, enum originate_how how,
                     const char *warnings, const struct originate_steps *steps)
{
    struct speaker *speaker = call->env->speaker;
    struct originated_plan plan = {.is_dry = how == ORIGINATE_DRY, .supposed = steps->supposed};
    struct originated_refusal refusal = {0};
    struct originated_view view;
    struct strbuf replaced = {0};
    int code = rights_check(call, route, terms);
    if (code)
        return code;
    int err = originated_plan(speaker, route, terms, &plan, &refusal);
    if (!err && steps->wants_replaced && plan.id != 0 && plan.is_changed)
        put_replaced(call, plan.id, &replaced);
    if (!err && how != ORIGINATE_CHECK)
        err = originated_carry_out(speaker, &plan, &view);
    if (err)
        code = fail_advertise(call, err, route, &refusal);
    else if (how != ORIGINATE_CHECK)
        steps->done(steps->ctx, call,
                    &(struct originate_done){&plan, &view, warnings, strbuf_text(&replaced)});
    if (!err && how == ORIGINATE_DRY)
        originated_take_back(speaker, &plan);
    if (how == ORIGINATE_CHECK && steps->held) {
        originated_plan_release(speaker, steps->held);
        *steps->held = plan;
    } else {
        originated_plan_release(speaker, &plan);
    }
    strbuf_release(&refusal.why);
    strbuf_release(&replaced);
    return code;
}

int originate_advertise(struct method_call *call, bool is_flow, enum originate_how how,
                        const struct originate_steps *steps)
{
    struct originated_terms terms = terms_of(call);
    struct route_spec spec = is_flow ? route_params_flow_key(call) : route_params_key(call);
    struct static_route route;
    struct judged judged = {0};
    int code = rights_settle(call, &terms);
    if (code)
        return code;
    terms.has_begun = how == ORIGINATE_GO_ON;
    if (is_flow)
        spec.text.action = method_param(call, "action")->text;
    else
        spec.next_hop = method_param(call, "next_hop")->text;
    route_params_attributes(call, &spec);
    code = make_route(call, &spec, &route, &judged);
    if (!code) {
        code = put_route(call, &route, &terms, how, strbuf_text(&judged.warnings), steps);
        static_route_release(&route);
    }
    strbuf_release(&judged.warnings);
    return code;
}

int originate_withdraw(struct method_call *call, bool is_flow, enum originate_how how,
                       struct originated_supposed *supposed, struct strbuf *ret_name)
{
    struct route_spec spec = is_flow ? route_params_flow_key(call) : route_params_key(call);
    struct static_route key;
    struct route_problem problem;
    const char *wrong = NULL;
    int code = 0;
    if (static_route_build_key(&spec, &key, &problem))
        return route_params_fail(call, &problem);
    static_route_format_key(&key, ret_name);
    const struct param_list *to = &method_param(call, "to")->list;
    struct originated_terms terms = {.to = (const char *const *)to->items, .to_count = to->count};
    rights_settle(call, &terms); /* whose it is nobody has said */
    terms.has_begun = how == ORIGINATE_GO_ON;
    int err = supposed ? originated_take_dry(call->env->speaker, &key, &terms, supposed, &wrong)
                       : originated_take(call->env->speaker, &key, &terms, &wrong);
    if (err == ERR_EXISTS)
        code = rights_fail_owner(call, &key, wrong);
    else if (err == ERR_IO)
        code = fail_unstored(call);
    else if (err)
        code = method_fail(call, JSONRPC_NOT_FOUND, "the API does not advertise %s%s",
                           strbuf_text(ret_name), terms.to_count > 0 ? " with this aim" : "");
    static_route_release(&key);
    return code;
}

/* --- one of them --- */

/* A route of the API, and what there is to say of it. */
static void put_advertised(void *ctx, struct method_call *call, const struct originate_done *done)
{
    struct jsonw *w = &call->out;
    struct strbuf none = {0};
    (void)ctx;
    strbuf_add(&none, "it goes to no peer: ");
    uint32_t peers = originated_reach(call->env->speaker, done->view, &none);
    view_originated_open(w, call->env, done->view, &call->now);
    jsonw_array(w, "warnings");
    const char *warnings = done->warnings;
    for (size_t len; *warnings != '\0'; warnings += len + 1) {
        len = strcspn(warnings, "\n");
        jsonw_text_bytes(w, NULL, warnings, len);
    }
    if (peers == 0)
        jsonw_text(w, NULL, strbuf_text(&none));
    jsonw_array_end(w);
    jsonw_uint(w, "advertised_to", peers);
    if (*done->replaced != '\0')
        jsonw_raw(w, "replaced", done->replaced, strlen(done->replaced));
    if (done->plan->is_dry)
        jsonw_bool(w, "dry_run", true);
    jsonw_object_end(w);
    strbuf_release(&none);
}

static const struct originate_steps show_it = {.done = put_advertised, .wants_replaced = true};

static int advertise_one(struct method_call *call, bool is_flow)
{
    bool is_dry = method_param(call, "dry_run")->flag;
    return originate_advertise(call, is_flow, is_dry ? ORIGINATE_DRY : ORIGINATE_DO, &show_it);
}

int handle_advertise_route(struct method_call *call)
{
    return advertise_one(call, false);
}

int handle_advertise_flow(struct method_call *call)
{
    return advertise_one(call, true);
}

/* Withdraws what the API advertises by this key. */
static int answer_withdraw(struct method_call *call, bool is_flow)
{
    struct strbuf name = {0};
    bool is_dry = method_param(call, "dry_run")->flag;
    struct originated_supposed supposed = {0};
    int code = originate_withdraw(call, is_flow, is_dry ? ORIGINATE_DRY : ORIGINATE_DO,
                                  is_dry ? &supposed : NULL, &name);
    originated_supposed_release(call->env->speaker, &supposed);
    if (!code) {
        jsonw_object(&call->out, NULL);
        jsonw_text(&call->out, "withdrawn", strbuf_text(&name));
        if (is_dry)
            jsonw_bool(&call->out, "dry_run", true);
        jsonw_object_end(&call->out);
    }
    strbuf_release(&name);
    return code;
}

int handle_withdraw_route(struct method_call *call)
{
    return answer_withdraw(call, false);
}

int handle_withdraw_flow(struct method_call *call)
{
    return answer_withdraw(call, true);
}

/* --- many of them --- */

int handle_advertise_routes(struct method_call *call)
{
    return bulk_begin(call, BULK_ADVERTISE);
}

int handle_withdraw_routes(struct method_call *call)
{
    return bulk_begin(call, BULK_WITHDRAW);
}

/* --- all of some kind --- */

/* Which ones the parameters mean. 0, or the code of the call's error. */
static int read_filter(struct method_call *call, struct originated_filter *ret_filter)
{
    family_set families;
    int code = filter_params_families(call, &families);
    *ret_filter = (struct originated_filter){
        .families = families,
        .owner = method_param(call, "owner")->text,
        .label = method_param(call, "label")->text,
        .tag = method_param(call, "tag")->text,
    };
    return code;
}

int handle_withdraw_originated(struct method_call *call)
{
    struct originated_filter filter;
    int code = read_filter(call, &filter);
    if (code)
        return code;
    bool all = method_param(call, "all")->flag;
    bool is_limited = filter.owner || filter.label || filter.tag;
    struct originated_terms terms = {.owner = filter.owner};
    code = rights_settle(call, &terms);
    if (code)
        return code;
    if (!is_limited && !all)
        return method_fail_param(call, "all", "missing; nothing says which routes",
                                 "owner, label or tag, or all = true");
    if (is_limited && all)
        return method_fail_param(call, "all", "it cannot stand beside owner, label or tag", NULL);
    if (terms.own_alone)
        filter.owner = terms.owner;
    call->stream =
        originated_withdrawal_new(call->env, &filter, method_param(call, "dry_run")->flag);
    return 0;
}
