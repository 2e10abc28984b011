/* Options of routes. What is wrong with a value is for the daemon to say. */
#include "cli/route_options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/request.h"

void route_options_set_words(json_t *params, const char *key, const struct cli_call *call,
                             const char *option)
{
    struct strbuf all = {0};
    cli_call_join(call, option, " ", &all);
    json_t *list = json_array();
    char *rest = NULL;
    for (char *word = strtok_r(all.data ? all.data : (char[]){""}, " \t,", &rest); word;
         word = strtok_r(NULL, " \t,", &rest))
        json_array_append_new(list, json_string(word));
    if (json_array_size(list) > 0)
        json_object_set(params, key, list);
    json_decref(list);
    strbuf_release(&all);
}

/* Sets a list parameter to the numbers among the words of all values of an option, and to those
 * that are none as they are: the daemon says what is wrong with them. */
static void set_numbers(json_t *params, const char *key, const struct cli_call *call,
                        const char *option)
{
    route_options_set_words(params, key, call, option);
    json_t *list = json_object_get(params, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        char *end;
        long long number = strtoll(json_string_value(json_array_get(list, i)), &end, 10);
        if (*end == '\0')
            json_array_set_new(list, i, json_integer(number));
    }
}

void route_options_set_key(json_t *params, const char *prefix, const struct cli_call *call)
{
    request_set_text(params, "prefix", prefix);
    request_set_text(params, "family", cli_call_text(call, "family"));
    request_set_text(params, "rd", cli_call_text(call, "rd"));
    set_numbers(params, "labels", call, "label");
}

void route_options_set_attributes(json_t *params, const struct cli_call *call)
{
    struct strbuf as_path = {0};
    request_set_text(params, "origin", cli_call_text(call, "origin"));
    cli_call_join(call, "as-path", " ", &as_path);
    if (as_path.len_bytes > 0)
        request_set_text(params, "as_path", strbuf_text(&as_path));
    request_set_number(params, "local_pref", call, "local-pref");
    request_set_number(params, "multi_exit_disc", call, "med");
    route_options_set_words(params, "communities", call, "community");
    request_set_text(params, "aggregator", cli_call_text(call, "aggregator"));
    request_set_flag(params, "atomic_aggregate", call, "atomic-aggregate");
    request_set_text(params, "originator_id", cli_call_text(call, "originator-id"));
    route_options_set_words(params, "cluster_list", call, "cluster-list");
    request_set_number(params, "aigp", call, "aigp");
    strbuf_release(&as_path);
}

void route_options_set_aim(json_t *params, const struct cli_call *call)
{
    route_options_set_words(params, "to", call, "to");
}

void route_options_set_terms(json_t *params, const struct cli_call *call)
{
    route_options_set_aim(params, call);
    request_set_text(params, "ttl", cli_call_text(call, "ttl"));
    request_set_text(params, "owner", cli_call_text(call, "owner"));
    request_set_text(params, "label", cli_call_text(call, "route-label"));
    route_options_set_words(params, "tags", call, "tag");
}

void route_options_set_matches(json_t *params, const struct cli_call *call)
{
    json_t *matches = json_array();
    const char *match;
    for (size_t i = 0; (match = cli_call_value(call, "match", i)) != NULL; i++)
        json_array_append_new(matches, json_string(match));
    json_object_set_new(params, "matches", matches);
}

void route_options_set_flow(json_t *params, const struct cli_call *call)
{
    json_object_set_new(params, "afi", json_integer(strcmp(call->args[0], "ipv6") == 0 ? 2 : 1));
    route_options_set_matches(params, call);
}
