/* A route shown to policies by hand: what a session would tell of the neighbour and of ourselves
 * comes from the configuration, or else from the route. */
#include "api/policy_trial.h"

#include <stdlib.h>
#include <string.h>

#include "api/route_params.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/text_sort.h"
#include "policy/validation.h"
#include "wire/aspath.h"
#include "wire/attr_edit.h"

/* The peer with this name or address; NULL. *ret_addr is the address, if it is one. */
static const struct config_peer *find_peer(const struct config *config, const char *text,
                                           struct ip_addr *ret_addr)
{
    if (ip_parse(text, ret_addr) == 0)
        return config_match_peer(config, ret_addr);
    *ret_addr = (struct ip_addr){0};
    for (size_t i = 0; i < config->peer_count; i++) {
        const struct config_peer *peer = &config->peers[i];
        if (!peer->name || strcmp(peer->name, text) != 0)
            continue;
        *ret_addr = prefix_address(&peer->remote);
        return peer;
    }
    return NULL;
}

/* --- policies --- */

static int fail_policy(struct method_call *call, const struct config *config, const char *name)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < config->policy_count; i++)
        nearest_offer(&nearest, config->policies[i]->name);
    return method_fail(call, JSONRPC_NOT_FOUND, "there is no policy %.64s%s%s", name,
                       nearest.best ? "; did you mean " : "", nearest.best ? nearest.best : "");
}

/* With the values that parameters have for the peer, where it has the policy. */
static struct policy *find_policy(const struct method_call *call, const struct config *config,
                                  const char *name)
{
    struct ip_addr addr;
    const char *text = method_param(call, "peer")->text;
    const struct config_peer *peer = text ? find_peer(config, text, &addr) : NULL;
    struct policy *of_peer = peer ? config_peer_policy(peer, name) : NULL;
    return of_peer ? of_peer : config_find_policy(config, name);
}

static int take_chain(struct policy_trial *t, struct method_call *call, const struct config *config)
{
    const struct param_list *names = &method_param(call, "policy")->list;
    struct policy **policies = mem_resize(NULL, names->count + 1, sizeof(struct policy *));
    int code = 0;
    for (size_t i = 0; i < names->count && !code; i++) {
        policies[i] = find_policy(call, config, names->items[i]);
        if (!policies[i])
            code = fail_policy(call, config, names->items[i]);
    }
    if (!code && names->count > 0)
        t->chain =
            policy_chain_new(policies, names->count,
                             method_param(call, "export")->flag ? POLICY_EXPORT : POLICY_IMPORT);
    if (!code && !t->chain)
        code = method_fail_param(
            call, "policy",
            names->count > 0 ? "they have too many rules together" : "it names none", NULL);
    free(policies);
    return code;
}

/* --- neighbours --- */

static struct policy_neighbor *make_neighbor(const struct config *config,
                                             const struct config_peer *peer, struct ip_addr addr,
                                             uint32_t as)
{
    char text[IP_TEXT_MAX];
    struct policy_neighbor what = {
        .as = as     ? as
              : peer ? peer->remote_as
                     : 0,
        .local_as = peer ? peer->local_as : config->default_as,
        .addr = addr,
        .name = peer && peer->name ? peer->name : ip_format(&addr, text),
        .group = peer && peer->group ? peer->group : "",
    };
    what.kind = session_kind_of(what.local_as, what.as);
    return policy_neighbor_new(&what);
}

/* The first AS of the path, whose route it would be; 0. */
static uint32_t first_as(struct method_call *call)
{
    const struct param_list *path = &method_param(call, "as_path")->list;
    uint32_t as;
    return path->count > 0 && aspath_parse_as(path->items[0], &as) == 0 ? as : 0;
}

static int take_peer(struct policy_trial *t, struct method_call *call, const struct config *config)
{
    const char *text = method_param(call, "peer")->text;
    uint32_t as = method_param(call, "peer_as")->number;
    bool is_import = !method_param(call, "export")->flag;
    struct ip_addr addr = {0};
    const struct config_peer *peer = text ? find_peer(config, text, &addr) : NULL;
    if (text && !peer && (as == 0 || addr.version == IP_NONE))
        return method_fail(call, JSONRPC_NOT_FOUND, "no peer %.64s%s", text,
                           addr.version == IP_NONE ? "" : ": it takes peer_as");
    if (!peer && as == 0 && is_import)
        as = first_as(call);
    t->peer = make_neighbor(config, peer, addr, as);
    /* What a session would have: the router id stands for it. */
    struct ip_addr own =
        peer && peer->local_address.version ? peer->local_address : ip_from_v4(config->router_id);
    memcpy(t->own_next_hop, own.bytes, ip_len_bytes(own.version));
    t->scene.own_next_hop = span_of(t->own_next_hop, ip_len_bytes(own.version));
    return 0;
}

/* Of whom a route is that goes out. */
static int take_source(struct policy_trial *t, struct method_call *call,
                       const struct config *config)
{
    const char *text = method_param(call, "from")->text;
    struct ip_addr addr;
    if (!text || strcmp(text, "API") == 0 || strcmp(text, "Config") == 0) {
        t->scene.origin =
            text && strcmp(text, "Config") == 0 ? POLICY_FROM_CONFIG : POLICY_FROM_API;
        return 0;
    }
    const struct config_peer *peer = find_peer(config, text, &addr);
    if (!peer)
        return method_fail(call, JSONRPC_NOT_FOUND, "no peer %.64s", text);
    t->source = make_neighbor(config, peer, addr, 0);
    t->scene.origin = POLICY_FROM_PEER;
    return 0;
}

static int take_neighbors(struct policy_trial *t, struct method_call *call,
                          const struct config *config)
{
    bool is_export = method_param(call, "export")->flag;
    int code = take_peer(t, call, config);
    if (!code && is_export)
        code = take_source(t, call, config);
    else if (!code && method_param(call, "from")->given)
        code =
            method_fail_param(call, "from", "it is for `export`: else the route is `peer`'s", NULL);
    if (code)
        return code;
    if (!is_export)
        t->source = policy_neighbor_ref(t->peer);
    t->scene.direction = is_export ? POLICY_EXPORT : POLICY_IMPORT;
    t->scene.source = t->source;
    t->scene.peer = t->peer;
    t->scene.local_as = t->peer->local_as;
    return 0;
}

/* --- the route --- */

/* Sorts the names and writes them as they are kept. */
static int write_marks(struct method_call *call, struct writer *w)
{
    const struct param_list *marks = &method_param(call, "marks")->list;
    text_sort((const char **)marks->items, marks->count);
    for (size_t i = 0; i < marks->count; i++) {
        if (!attr_mark_is_name(marks->items[i]))
            return method_fail_param(call, "marks", "one of them is no name of a mark", NULL);
        if (i > 0 && strcmp(marks->items[i], marks->items[i - 1]) == 0)
            continue;
        size_t len_bytes = strlen(marks->items[i]);
        writer_u8(w, (uint8_t)len_bytes);
        writer_bytes(w, marks->items[i], len_bytes);
    }
    return writer_ok(w) ? 0 : method_fail_param(call, "marks", "there are too many", NULL);
}

static int take_attributes(struct policy_trial *t, struct method_call *call)
{
    uint8_t marks[4096];
    struct writer w = writer_over(marks, sizeof(marks));
    int code = write_marks(call, &w);
    if (code)
        return code;
    struct attr_local local = {.marks = writer_span(&w)};
    struct attr_edit *edit = mem_alloc(sizeof(*edit));
    t->attrs = mem_alloc(sizeof(*t->attrs));
    attr_edit_begin(edit, static_route_attrs(&t->route));
    attr_edit_put_local(edit, &local);
    if (attr_edit_finish(edit, t->attrs) != 0)
        code = method_fail(call, JSONRPC_FAILED, "the attributes are too long");
    free(edit);
    t->scene.attrs = attr_block_span(t->attrs);
    t->scene.hot = &t->attrs->hot;
    return code;
}

/* The next hop where none is given: the peer's own address, if routes of the kind can have that. */
static const char *default_next_hop(const struct policy_trial *t, const char *prefix,
                                    char buf[IP_TEXT_MAX])
{
    bool is_v6 = strchr(prefix, ':') != NULL;
    const struct policy_neighbor *from = t->source ? t->source : t->peer;
    if (from->addr.version == (is_v6 ? IP_V6 : IP_V4) && !ip_is_link_local(&from->addr) &&
        !ip_is_loopback(&from->addr))
        return ip_format(&from->addr, buf);
    return is_v6 ? "2001:db8::1" : "192.0.2.1";
}

static int take_route(struct policy_trial *t, struct method_call *call)
{
    bool is_flow = method_param(call, "matches")->given;
    struct route_spec spec = is_flow ? route_params_flow_key(call) : route_params_key(call);
    struct route_problem problem;
    char next_hop[IP_TEXT_MAX];
    if (is_flow == method_param(call, "prefix")->given)
        return method_fail_param(call, "prefix", "either a prefix or `matches` is needed", NULL);
    if (is_flow && !method_param(call, "afi")->given)
        return method_fail_param(call, "afi", "flows need it", NULL);
    route_params_attributes(call, &spec);
    spec.next_hop = method_param(call, "next_hop")->text;
    if (is_flow)
        spec.text.action = "accept";
    else if (!spec.next_hop)
        spec.next_hop = default_next_hop(t, spec.text.prefix, next_hop);
    if (static_route_build(&spec, &t->route, &problem))
        return route_params_fail(call, &problem);
    t->scene.family = (enum family)t->route.family;
    t->scene.key = static_route_key(&t->route);
    return take_attributes(t, call);
}

int policy_trial_init(struct policy_trial *t, struct method_call *call, const struct config *config)
{
    static const struct policy_validation nothing_known;
    *t = (struct policy_trial){0};
    t->scene.validation =
        call->env->config ? &nothing_known : speaker_validation(call->env->speaker);
    int code = take_chain(t, call, config);
    if (!code)
        code = take_neighbors(t, call, config);
    return code ? code : take_route(t, call);
}

void policy_trial_release(struct policy_trial *t)
{
    policy_chain_unref(t->chain);
    policy_neighbor_unref(t->peer);
    policy_neighbor_unref(t->source);
    static_route_release(&t->route);
    free(t->attrs);
}
