/* Calls are kept as compact JSON, by keys that are JSON, too: of a route its prefix, family and
 * route distinguisher, of a flow its rules as the daemon writes them, and of both their targets. A
 * withdrawal has the key of what it withdraws. */
#include "cli/ledger.h"

#include <stdlib.h>
#include <string.h>

void ledger_init(struct ledger *l)
{
    *l = (struct ledger){.announced = json_object(), .watchdogs = json_object()};
}

void ledger_release(struct ledger *l)
{
    json_decref(l->announced);
    json_decref(l->watchdogs);
    *l = (struct ledger){0};
}

/* The methods that are noted, and where what names a route stands when parameters come by
 * position; -1: nowhere. */
static const struct method {
    const char *name;
    bool withdraws;
    bool of_flow;
    int prefix;
    int family;
    int rd;
    int labels;
    int afi;
    int matches;
} methods[] = {
    {"advertise_route", false, false, 0, 7, 8, 9, -1, -1},
    {"withdraw_route", true, false, 0, 1, 2, 3, -1, -1},
    {"advertise_flow", false, true, -1, -1, -1, -1, 0, 2},
    {"withdraw_flow", true, true, -1, -1, -1, -1, 0, 1},
};

static const struct method *method_of(const json_t *call)
{
    const char *name = json_string_value(json_object_get(call, "method"));
    for (size_t i = 0; name && i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

/* A parameter, by name or position; NULL where it is not given. */
static json_t *param(const json_t *params, const char *name, int position)
{
    json_t *value = json_is_object(params) ? json_object_get(params, name)
                    : json_is_array(params) && position >= 0
                        ? json_array_get(params, (size_t)position)
                        : NULL;
    return json_is_null(value) ? NULL : value;
}

static void copy_param(json_t *out, const json_t *params, const char *name, int position)
{
    json_t *value = param(params, name, position);
    if (value)
        json_object_set(out, name, value);
}

/* The parameters that name a route, enough to withdraw it. */
static json_t *route_key(const struct method *m, const json_t *params)
{
    json_t *key = json_object();
    const char *prefix = json_string_value(param(params, "prefix", m->prefix));
    copy_param(key, params, "prefix", m->prefix);
    copy_param(key, params, "family", m->family);
    copy_param(key, params, "rd", m->rd);
    copy_param(key, params, "to", -1);
    /* Labels alone say the family, and are no part of what a route is called. */
    bool labels_say = param(params, "labels", m->labels) && !json_object_get(key, "rd") &&
                      !json_object_get(key, "family");
    if (labels_say && prefix)
        json_object_set_new(
            key, "family",
            json_string(strchr(prefix, ':') ? "ipv6 labeled-unicast" : "ipv4 labeled-unicast"));
    return key;
}

static json_t *flow_key(const struct method *m, const json_t *params, const json_t *result)
{
    json_t *key = json_object();
    json_t *rules = json_object_get(result, m->withdraws ? "withdrawn" : "prefix");
    copy_param(key, params, "afi", m->afi);
    copy_param(key, params, "to", -1);
    if (json_is_string(rules))
        json_object_set(key, "rules", rules);
    else
        copy_param(key, params, "matches", m->matches);
    return key;
}

static char *key_of(const struct method *m, const json_t *call, const json_t *result)
{
    const json_t *params = json_object_get(call, "params");
    json_t *key = m->of_flow ? flow_key(m, params, result) : route_key(m, params);
    char *text = json_dumps(key, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(key);
    return text;
}

/* The call as it is kept: without an id of whoever made it. */
static json_t *kept(const json_t *call)
{
    json_t *bare = json_object();
    json_object_set(bare, "method", json_object_get(call, "method"));
    json_object_set(bare, "params", json_object_get(call, "params"));
    char *text = json_dumps(bare, JSON_COMPACT);
    json_t *value = json_string(text);
    free(text);
    json_decref(bare);
    return value;
}

void ledger_note(struct ledger *l, const json_t *call, const json_t *result)
{
    const struct method *m = method_of(call);
    if (!m)
        return;
    char *key = key_of(m, call, result);
    if (m->withdraws)
        json_object_del(l->announced, key);
    else
        json_object_set_new(l->announced, key, kept(call));
    free(key);
}

/* The call that withdraws what a call announces. */
static json_t *withdrawal_of(const json_t *call)
{
    const struct method *m = method_of(call);
    const json_t *params = json_object_get(call, "params");
    json_t *key = m->of_flow ? json_object() : route_key(m, params);
    if (m->of_flow) {
        copy_param(key, params, "afi", m->afi);
        copy_param(key, params, "matches", m->matches);
        copy_param(key, params, "to", -1);
    }
    json_t *out = json_object();
    json_object_set_new(out, "method",
                        json_string(m->of_flow ? "withdraw_flow" : "withdraw_route"));
    json_object_set_new(out, "params", key);
    return out;
}

/* The calls among `kept_calls`, or what withdraws these. */
static json_t *calls_of(json_t *kept_calls, const json_t *to, bool withdraw)
{
    json_t *calls = json_array();
    const char *key;
    json_t *text;
    json_object_foreach(kept_calls, key, text)
    {
        json_t *call = json_loads(json_string_value(text), 0, NULL);
        json_t *went_to = param(json_object_get(call, "params"), "to", -1);
        if (!to || json_equal(to, went_to))
            json_array_append_new(calls, withdraw ? withdrawal_of(call) : json_incref(call));
        json_decref(call);
    }
    return calls;
}

json_t *ledger_announcements(const struct ledger *l)
{
    return calls_of(l->announced, NULL, false);
}

json_t *ledger_withdrawals(const struct ledger *l, const json_t *to)
{
    return calls_of(l->announced, to, true);
}

bool ledger_watch(struct ledger *l, const char *name, const json_t *calls)
{
    json_t *watched = json_object_get(l->watchdogs, name);
    size_t i;
    json_t *call;
    if (!watched) {
        watched = json_object();
        json_object_set_new(l->watchdogs, name, watched);
    }
    if (json_object_size(watched) + json_array_size(calls) > LEDGER_WATCHED_MAX)
        return false;
    json_array_foreach(calls, i, call)
    {
        const struct method *m = method_of(call);
        char *key = m ? key_of(m, call, NULL) : NULL;
        if (m && !m->withdraws)
            json_object_set_new(watched, key, kept(call));
        free(key);
    }
    return true;
}

json_t *ledger_watchdog(const struct ledger *l, const char *name, bool withdraw)
{
    return calls_of(json_object_get(l->watchdogs, name), NULL, withdraw);
}
