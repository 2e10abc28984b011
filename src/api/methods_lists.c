/* Methods that go through the routes there are: lists of them, and how many there are. */
#include "api/filter_params.h"
#include "api/handlers.h"
#include "api/methods.h"
#include "api/originated_stream.h"
#include "api/route_counts.h"
#include "daemon/query.h"

/* Opens the query of a call, from the cursor that it may have. */
static int open_query(struct method_call *call, enum route_query_kind kind,
                      struct route_query **ret_query)
{
    struct route_filter filter = {.kind = kind};
    int code = filter_params_read(call, &filter);
    if (!code && route_query_new(call->env->speaker, &filter, method_param_if(call, "cursor")->text,
                                 ret_query))
        code = method_fail_param(call, "cursor", "it is not one, or of another question", NULL);
    filter_params_release(&filter);
    return code;
}

static void put_route(const void *env, struct jsonw *w, const struct route_view *route,
                      const struct time_now *now)
{
    route_view_put(((const struct method_env *)env)->renderer, w, route, 0, now);
}

static void put_advertised(const void *env, struct jsonw *w, const struct route_view *route,
                           const struct time_now *now)
{
    route_view_put(((const struct method_env *)env)->renderer, w, route, ROUTE_VIEW_ADVERTISED,
                   now);
}

static void put_of_table(const void *env, struct jsonw *w, const struct route_view *route,
                         const struct time_now *now)
{
    route_view_put(((const struct method_env *)env)->renderer, w, route, ROUTE_VIEW_BEST, now);
}

/* A list of routes as the result. */
static int answer_routes(struct method_call *call, enum route_query_kind kind)
{
    static const struct route_stream_how lists[] = {
        [ROUTES_LEARNED] = {.form = ROUTE_STREAM_LIST, .put = put_route},
        [ROUTES_ADVERTISED] = {.form = ROUTE_STREAM_LIST, .put = put_advertised},
        [ROUTES_LOC_RIB] = {.form = ROUTE_STREAM_OBJECT, .put = put_of_table},
        [ROUTES_ORIGINATED] = {.form = ROUTE_STREAM_OBJECT, .put = view_originated_put},
    };
    struct route_stream_how how = lists[kind];
    struct route_query *query;
    how.limit = method_param(call, "limit")->number;
    how.ctx = call->env;
    int code = open_query(call, kind, &query);
    if (!code)
        call->stream = route_stream_new(query, &how);
    return code;
}

int handle_show_routes_learned(struct method_call *call)
{
    return answer_routes(call, ROUTES_LEARNED);
}

int handle_show_routes_advertised(struct method_call *call)
{
    return answer_routes(call, ROUTES_ADVERTISED);
}

int handle_show_routes(struct method_call *call)
{
    return answer_routes(call, ROUTES_LOC_RIB);
}

int handle_show_originated(struct method_call *call)
{
    return answer_routes(call, ROUTES_ORIGINATED);
}

#define ORIGINATED_ONLY "only with \"list\": \"originated\""

/* Parameters that not all lists have. */
static int check_list(struct method_call *call, enum route_query_kind kind)
{
    static const struct {
        const char *param;
        unsigned lists; /* that have it: bits by enum route_query_kind */
        const char *expected;
    } some[] = {
        {"to_peer", 1u << ROUTES_ADVERTISED, "only with \"list\": \"advertised\""},
        {"withheld", 1u << ROUTES_ADVERTISED, "only with \"list\": \"advertised\""},
        {"best", 1u << ROUTES_LOC_RIB, "only with \"list\": \"routes\""},
        {"filtered", 1u << ROUTES_LOC_RIB | 1u << ROUTES_LEARNED,
         "only with \"list\": \"routes\" or \"learned\""},
        {"owner", 1u << ROUTES_ORIGINATED, ORIGINATED_ONLY},
        {"label", 1u << ROUTES_ORIGINATED, ORIGINATED_ONLY},
        {"tag", 1u << ROUTES_ORIGINATED, ORIGINATED_ONLY},
        {"to", 1u << ROUTES_ORIGINATED, ORIGINATED_ONLY},
        {"beyond_limits", 1u << ROUTES_ORIGINATED, ORIGINATED_ONLY},
    };
    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
        if (method_param(call, some[i].param)->given && !(some[i].lists & 1u << kind))
            return method_fail_param(call, some[i].param, "this list has no such thing",
                                     some[i].expected);
    return 0;
}

int handle_count_routes(struct method_call *call)
{
    const struct param_value *list = method_param(call, "list");
    const struct param_value *by = method_param(call, "by");
    struct route_counts_room *room = call->env->counts;
    enum route_query_kind kind = list->given ? (enum route_query_kind)list->number : ROUTES_LOC_RIB;
    struct route_query *query;
    int code = check_list(call, kind);
    if (!code && by->given && !route_counts_have_room(room))
        code = method_fail(call, JSONRPC_FAILED, "%u others are having routes counted: ask again",
                           (unsigned)ROUTE_COUNTS_MAX);
    if (!code)
        code = open_query(call, kind, &query);
    if (!code)
        call->stream = route_counts_stream_new(
            query, room, by->given ? (enum route_count_by)by->number : COUNT_BY_NONE,
            kind == ROUTES_ADVERTISED, method_param(call, "limit")->number);
    return code;
}
