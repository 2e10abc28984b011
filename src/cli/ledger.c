/* Calls are kept as compact JSON, below what they announce and whom they are aimed at.
 *
 * The name of a route is made of its prefix, family and route distinguisher, that of a flow of its
 * rules as they were written; a withdrawal has the name of what it withdraws. Of one name the aims
 * have no neighbor in common, but for the one that is for all. A call is noted before it is carried
 * out, so that what comes behind it in the same batch knows of it. */
#include "cli/ledger.h"

#include <stdlib.h>
#include <string.h>

/* The aim of what is for everybody. */
#define EVERYBODY ""

void ledger_init(struct ledger *l)
{
    *l =
        (struct ledger){.names = json_object(), .flows = json_object(), .watchdogs = json_object()};
}

void ledger_release(struct ledger *l)
{
    json_decref(l->names);
    json_decref(l->flows);
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
    int to;
} methods[] = {
    {"advertise_route", false, false, 0, 7, 8, 9, -1, -1, 10},
    {"withdraw_route", true, false, 0, 1, 2, 3, -1, -1, 4},
    {"advertise_flow", false, true, -1, -1, -1, -1, 0, 2, 8},
    {"withdraw_flow", true, true, -1, -1, -1, -1, 0, 1, 2},
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

/* The parameters that name a route or flow, enough to withdraw it from everybody. */
static json_t *name_params(const struct method *m, const json_t *params)
{
    json_t *name = json_object();
    if (m->of_flow) {
        copy_param(name, params, "afi", m->afi);
        copy_param(name, params, "matches", m->matches);
        return name;
    }
    const char *prefix = json_string_value(param(params, "prefix", m->prefix));
    copy_param(name, params, "prefix", m->prefix);
    copy_param(name, params, "family", m->family);
    copy_param(name, params, "rd", m->rd);
    /* Labels alone say the family, and are no part of what a route is called. */
    bool labels_say = param(params, "labels", m->labels) && !json_object_get(name, "rd") &&
                      !json_object_get(name, "family");
    if (labels_say && prefix)
        json_object_set_new(
            name, "family",
            json_string(strchr(prefix, ':') ? "ipv6 labeled-unicast" : "ipv4 labeled-unicast"));
    return name;
}

static char *dump(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

static char *name_of(const struct method *m, const json_t *call)
{
    json_t *params = name_params(m, json_object_get(call, "params"));
    char *text = dump(params);
    json_decref(params);
    return text;
}

char *ledger_name(const json_t *call)
{
    const struct method *m = method_of(call);
    return m ? name_of(m, call) : NULL;
}

/* The targets of a call; NULL: everybody. */
static json_t *targets_of(const struct method *m, const json_t *call)
{
    return param(json_object_get(call, "params"), "to", m->to);
}

/* Under which aim a call is kept: its targets as text. */
static char *aim_of(const json_t *targets)
{
    return targets ? dump(targets) : strdup(EVERYBODY);
}

/* The call as it is kept: without an id of whoever made it. */
static char *text_of(const json_t *call)
{
    json_t *bare = json_object();
    json_object_set(bare, "method", json_object_get(call, "method"));
    json_object_set(bare, "params", json_object_get(call, "params"));
    char *text = dump(bare);
    json_decref(bare);
    return text;
}

static json_t *call_of(const json_t *text)
{
    return json_loads(json_string_value(text), 0, NULL);
}

static json_t *new_call(const char *method, json_t *params)
{
    json_t *call = json_object();
    json_object_set_new(call, "method", json_string(method));
    json_object_set_new(call, "params", params);
    return call;
}

/* The call that withdraws what a call announces, from its targets. */
static json_t *withdrawal_of(const json_t *call)
{
    const struct method *m = method_of(call);
    json_t *params = name_params(m, json_object_get(call, "params"));
    json_t *to = targets_of(m, call);
    if (to)
        json_object_set(params, "to", to);
    return new_call(m->of_flow ? "withdraw_flow" : "withdraw_route", params);
}

static void keep(struct ledger *l, const char *name, const char *aim, const json_t *call)
{
    json_t *aims = json_object_get(l->names, name);
    char *text = text_of(call);
    if (!aims) {
        aims = json_object();
        json_object_set_new(l->names, name, aims);
    }
    json_object_set_new(aims, aim, json_string(text));
    free(text);
}

static void drop(struct ledger *l, const char *name, const char *aim)
{
    json_t *aims = json_object_get(l->names, name);
    json_object_del(aims, aim);
    if (aims && json_object_size(aims) == 0)
        json_object_del(l->names, name);
}

void ledger_note(struct ledger *l, const json_t *call)
{
    const struct method *m = method_of(call);
    if (!m)
        return;
    char *name = name_of(m, call);
    char *aim = aim_of(targets_of(m, call));
    if (m->withdraws)
        drop(l, name, aim);
    else
        keep(l, name, aim, call);
    free(name);
    free(aim);
}

/* Aims. */

static bool has_member(const json_t *list, const json_t *member)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), member))
            return true;
    return false;
}

/* The members of a list that are not in another: a new list. */
static json_t *without(const json_t *list, const json_t *other)
{
    json_t *rest = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!has_member(other, json_array_get(list, i)))
            json_array_append(rest, json_array_get(list, i));
    return rest;
}

/* What is being made of a call. */
struct expansion {
    struct ledger *ledger;
    const char *name;
    json_t *aims;         /* a copy of those of that name */
    const json_t *wanted; /* whom the call is for; NULL: everybody */
    json_t *calls;        /* what is to be carried out */
};

/* Takes an earlier announcement back, but from those in `rest`, who keep it. */
static void narrow(struct expansion *x, const char *aim, const json_t *call, json_t *rest)
{
    json_t *params = json_deep_copy(json_object_get(call, "params"));
    if (json_array_size(rest) > 0 && json_is_object(params)) {
        json_object_set(params, "to", rest);
        json_t *kept = new_call(json_string_value(json_object_get(call, "method")), params);
        char *rest_aim = aim_of(rest);
        keep(x->ledger, x->name, rest_aim, kept);
        json_array_append_new(x->calls, kept);
        free(rest_aim);
    } else {
        json_decref(params);
    }
    json_array_append_new(x->calls, withdrawal_of(call));
    drop(x->ledger, x->name, aim);
}

/* Those of `others` to whom nothing of that name is aimed: they were told what is for all. */
static json_t *told_with_all(const struct expansion *x, const json_t *others)
{
    json_t *rest = json_copy((json_t *)others);
    const char *aim;
    json_t *text;
    json_object_foreach(x->aims, aim, text)
    {
        json_t *call = call_of(text);
        json_t *to = targets_of(method_of(call), call);
        json_t *left = to ? without(rest, to) : json_incref(rest);
        json_decref(rest);
        rest = left;
        json_decref(call);
    }
    return rest;
}

/* What becomes of the earlier announcement with an aim. */
static void revise(struct expansion *x, const char *aim, bool withdraws, const json_t *others)
{
    json_t *call = call_of(json_object_get(x->aims, aim));
    json_t *to = targets_of(method_of(call), call);
    json_t *rest = NULL;
    if (!x->wanted)
        rest = json_array();
    else if (to)
        rest = without(to, x->wanted);
    else if (withdraws)
        rest = told_with_all(x, others);
    /* What is aimed at somebody is told in place of what is for all, and at others beside it. */
    bool stays = !rest || (to && x->wanted && json_array_size(rest) == json_array_size(to));
    if (!stays)
        narrow(x, aim, call, rest);
    json_decref(rest);
    json_decref(call);
}

json_t *ledger_expand(struct ledger *l, json_t *call, const json_t *others)
{
    const struct method *m = method_of(call);
    json_t *calls = json_array();
    if (!m) {
        json_array_append(calls, call);
        return calls;
    }
    char *name = name_of(m, call);
    char *own_aim = aim_of(targets_of(m, call));
    struct expansion x = {l, name, json_copy(json_object_get(l->names, name)), targets_of(m, call),
                          calls};
    if (!m->withdraws) {
        json_array_append(calls, call);
        keep(l, name, own_aim, call);
    }
    const char *aim;
    json_t *text;
    json_object_foreach(x.aims, aim, text)
    {
        if (m->withdraws || strcmp(aim, own_aim) != 0)
            revise(&x, aim, m->withdraws, others);
    }
    if (json_array_size(calls) == 0)
        json_array_append(calls, call); /* it is for the daemon to say that there is none */
    json_decref(x.aims);
    free(name);
    free(own_aim);
    return calls;
}

bool ledger_needs_others(const struct ledger *l, const json_t *call)
{
    const struct method *m = method_of(call);
    if (!m || !m->withdraws || !targets_of(m, call))
        return false;
    char *name = name_of(m, call);
    bool needs = json_object_get(json_object_get(l->names, name), EVERYBODY) != NULL;
    free(name);
    return needs;
}

/* How calls ended. */

/* What the daemon calls a flow, with its aim, where the result says so. */
static char *flow_of(const struct method *m, const json_t *call, const json_t *result)
{
    json_t *rules = json_object_get(result, m->withdraws ? "withdrawn" : "prefix");
    json_t *afi = param(json_object_get(call, "params"), "afi", m->afi);
    if (!m->of_flow || !json_is_string(rules))
        return NULL;
    json_t *to = targets_of(m, call);
    json_t *key = json_pack("[O?, O, O?]", afi, rules, to);
    char *text = dump(key);
    json_decref(key);
    return text;
}

void ledger_done(struct ledger *l, const json_t *call, const json_t *result)
{
    const struct method *m = method_of(call);
    char *flow = m ? flow_of(m, call, result) : NULL;
    if (!flow)
        return;
    char *aim = aim_of(targets_of(m, call));
    if (m->withdraws) {
        /* It may have been announced in other words. */
        const char *name = json_string_value(json_object_get(l->flows, flow));
        if (name)
            drop(l, name, aim);
        json_object_del(l->flows, flow);
    } else {
        char *name = name_of(m, call);
        json_object_set_new(l->flows, flow, json_string(name));
        free(name);
    }
    free(flow);
    free(aim);
}

void ledger_failed(struct ledger *l, const json_t *call)
{
    const struct method *m = method_of(call);
    if (!m || m->withdraws)
        return;
    char *name = name_of(m, call);
    char *aim = aim_of(targets_of(m, call));
    char *text = text_of(call);
    const char *kept = json_string_value(json_object_get(json_object_get(l->names, name), aim));
    if (kept && strcmp(kept, text) == 0)
        drop(l, name, aim);
    free(name);
    free(aim);
    free(text);
}

/* All there is. */

json_t *ledger_announcements(const struct ledger *l)
{
    json_t *calls = json_array();
    const char *name;
    const char *aim;
    json_t *aims;
    json_t *text;
    json_object_foreach(l->names, name, aims)
    {
        json_object_foreach(aims, aim, text)
        {
            json_array_append_new(calls, call_of(text));
        }
    }
    return calls;
}

json_t *ledger_withdrawals(const struct ledger *l, json_t *to)
{
    json_t *calls = json_array();
    const char *name;
    json_t *aims;
    json_object_foreach(l->names, name, aims)
    {
        json_t *params = json_loads(name, 0, NULL);
        bool of_flow = json_object_get(params, "matches") != NULL;
        if (to)
            json_object_set(params, "to", to);
        json_array_append_new(calls,
                              new_call(of_flow ? "withdraw_flow" : "withdraw_route", params));
    }
    return calls;
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
        json_t *withdrawal = withdrawal_of(call);
        char *key = text_of(withdrawal);
        char *text = text_of(call);
        json_object_set_new(watched, key, json_string(text));
        json_decref(withdrawal);
        free(key);
        free(text);
    }
    return true;
}

json_t *ledger_watchdog(const struct ledger *l, const char *name, bool withdraw)
{
    json_t *calls = json_array();
    const char *key;
    json_t *text;
    json_object_foreach(json_object_get(l->watchdogs, name), key, text)
    {
        json_t *call = call_of(text);
        json_array_append_new(calls, withdraw ? withdrawal_of(call) : json_incref(call));
        json_decref(call);
    }
    return calls;
}
