/* Routes from the parameters of a call. What is wrong with one is said of the parameter: fields of
 * struct route_spec are called as these. */
#include "api/route_params.h"

struct route_spec route_params_key(struct method_call *call)
{
    const struct param_value *family = method_param(call, "family");
    const struct param_numbers *labels = &method_param(call, "labels")->numbers;
    return (struct route_spec){
        .has_family = family->given,
        .family = family->family,
        .text = {.prefix = method_param(call, "prefix")->text,
                 .rd = method_param(call, "rd")->text,
                 .labels = labels->items,
                 .label_count = labels->count},
    };
}

struct route_spec route_params_flow_key(struct method_call *call)
{
    const struct param_list *matches = &method_param(call, "matches")->list;
    return (struct route_spec){
        .by_rules = true,
        .afi = (int)method_param(call, "afi")->number,
        .text = {.rules = (const char *const *)matches->items, .rule_count = matches->count},
    };
}

void route_params_attributes(struct method_call *call, struct route_spec *spec)
{
    const struct param_list *as_path = &method_param(call, "as_path")->list;
    const struct param_list *clusters = &method_param(call, "cluster_list")->list;
    const struct param_list *communities = &method_param(call, "communities")->list;
    spec->origin = method_param(call, "origin")->text;
    spec->as_path = (const char *const *)as_path->items;
    spec->as_path_count = as_path->count;
    spec->has_local_pref = method_param(call, "local_pref")->given;
    spec->local_pref = method_param(call, "local_pref")->number;
    spec->has_med = method_param(call, "multi_exit_disc")->given;
    spec->med = method_param(call, "multi_exit_disc")->number;
    spec->atomic_aggregate = method_param(call, "atomic_aggregate")->flag;
    spec->aggregator = method_param(call, "aggregator")->text;
    spec->originator_id = method_param(call, "originator_id")->text;
    spec->cluster_list = (const char *const *)clusters->items;
    spec->cluster_list_count = clusters->count;
    spec->has_aigp = method_param(call, "aigp")->given;
    spec->aigp = method_param(call, "aigp")->metric;
    spec->text.communities = (const char *const *)communities->items;
    spec->text.community_count = communities->count;
}

int route_params_fail(struct method_call *call, struct route_problem *problem)
{
    int code = method_fail_param(call, problem->field, strbuf_text(&problem->text), NULL);
    strbuf_release(&problem->text);
    return code;
}
