/* Filters of routes from the parameters of a call: one way for all methods that go through routes.
 */
#include "api/filter_params.h"

#include <string.h>

#include "policy/text_error.h"
#include "wire/nlri_text.h"

/* The families whose routes are written by prefixes, or those of flows. */
static family_set families_of_kind(bool flows)
{
    family_set set = 0;
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        if (((family_info(f)->written_as & NLRI_TEXT_PREFIX) == 0) == flows)
            set |= FAMILY_BIT(f);
    return set;
}

int filter_params_families(struct method_call *call, family_set *ret_families)
{
    const struct param_value *family = method_param_if(call, "family");
    const struct param_value *kind = method_param_if(call, "kind");
    family_set families = kind->given ? families_of_kind(kind->flag) : FAMILY_ALL;
    if (family->given)
        families &= FAMILY_BIT(family->family);
    *ret_families = kind->given || family->given ? families : 0;
    return families ? 0 : method_fail_param(call, "kind", "this family has none of these", NULL);
}

/* Only routes of these families, and with this RD. */
static int read_nlri(struct method_call *call, struct route_filter *filter)
{
    const struct param_value *rd = method_param_if(call, "rd");
    filter->has_rd = rd->given;
    memcpy(filter->rd, rd->rd, sizeof(filter->rd));
    return filter_params_families(call, &filter->families);
}

/* Only those of whose attributes, origin and use this is so. */
static void read_facts(struct method_call *call, struct route_filter *filter)
{
    const struct param_value *community = method_param_if(call, "community");
    const struct param_value *rov = method_param_if(call, "rov");
    filter->as_in_path = method_param_if(call, "as")->number;
    filter->origin_as = method_param_if(call, "origin_as")->number;
    filter->has_community = community->given;
    filter->community = community->community;
    filter->has_rov = rov->given;
    filter->rov = (enum rov_state)rov->number;
    filter->best_only = method_param_if(call, "best")->flag;
    filter->filtered = method_param_if(call, "filtered")->flag;
    filter->withheld = method_param_if(call, "withheld")->flag;
}

/* Only those of what the API originates of which it was said so. */
static void read_terms(struct method_call *call, struct route_filter *filter)
{
    filter->owner = method_param_if(call, "owner")->text;
    filter->label = method_param_if(call, "label")->text;
    filter->tag = method_param_if(call, "tag")->text;
    filter->aimed_at = method_param_if(call, "to")->text;
    filter->beyond_limits = method_param_if(call, "beyond_limits")->flag;
}

/* Only routes from, and to, these. */
static int read_peers(struct method_call *call, struct route_filter *filter)
{
    const struct param_value *from = method_param_if(call, "from_peer");
    const struct param_value *to = method_param_if(call, "to_peer");
    const struct speaker *speaker = call->env->speaker;
    filter->has_own = from->given && from->source != ROUTE_SOURCE_PEER;
    filter->own = from->source;
    filter->has_from = from->given && !filter->has_own;
    filter->from = from->peer;
    filter->has_to = to->given;
    filter->to = to->peer;
    if (filter->has_from && !speaker_knows_peer(speaker, &from->peer))
        return method_fail_peer(call, &from->peer);
    if (filter->has_to && !speaker_knows_peer(speaker, &to->peer))
        return method_fail_peer(call, &to->peer);
    return 0;
}

/* What prefixes must match; the parameters for it exclude each other. */
static int read_match(struct method_call *call, struct route_filter *filter)
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
        const struct param_value *value = method_param_if(call, matches[i].param);
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

static int read_expression(struct method_call *call, struct route_filter *filter)
{
    const struct param_value *value = method_param_if(call, "as_path");
    struct text_error error = {0};
    if (!value->given || !path_regex_compile(value->text, &filter->as_path, &error))
        return 0;
    struct strbuf problem = {0};
    strbuf_printf(&problem, "column %zu: %s", error.column, strbuf_text(&error.say));
    int code = method_fail_param(call, "as_path", strbuf_text(&problem), NULL);
    strbuf_release(&problem);
    text_error_release(&error);
    return code;
}

int filter_params_read(struct method_call *call, struct route_filter *filter)
{
    int code = read_nlri(call, filter);
    read_facts(call, filter);
    if (filter->kind == ROUTES_ORIGINATED)
        read_terms(call, filter);
    if (!code)
        code = read_peers(call, filter);
    if (!code)
        code = read_match(call, filter);
    return code ? code : read_expression(call, filter);
}

void filter_params_release(struct route_filter *filter)
{
    path_regex_unref(filter->as_path);
    filter->as_path = NULL;
}
