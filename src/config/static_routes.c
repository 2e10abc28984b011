/* [[peers.static_routes]] and [[peers.static_flows]]: from tables to routes. */
#include "config/static_routes.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A list of texts and where they stand. */
struct text_list {
    char **items; /* owned */
    struct toml_place *places;
    size_t count;
    size_t size;
};

/* One route while its table is read. */
struct route_draft {
    struct route_spec spec; /* its lists are set when the table has been read */
    uint32_t *labels;       /* owned */
    size_t label_count;
    struct text_list matches;
    struct text_list as_path;
    struct text_list cluster_list;
    struct text_list communities;
};

static void add_text(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    (void)l;
    struct text_list *list = ctx;
    if (list->count == list->size) {
        list->size = list->size ? 2 * list->size : 8;
        list->items = mem_resize(list->items, list->size, sizeof(*list->items));
        list->places = mem_resize(list->places, list->size, sizeof(*list->places));
    }
    list->places[list->count] = item->place;
    list->items[list->count++] = mem_strdup(text);
}

static void text_list_clear(struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    list->count = 0;
}

static void text_list_release(struct text_list *list)
{
    text_list_clear(list);
    free(list->items);
    free(list->places);
}

/* Empties a draft and keeps its memory for the next route. */
static void route_draft_clear(struct route_draft *draft)
{
    text_list_clear(&draft->matches);
    text_list_clear(&draft->as_path);
    text_list_clear(&draft->cluster_list);
    text_list_clear(&draft->communities);
    draft->label_count = 0;
    draft->spec = (struct route_spec){0};
}

static void route_draft_release(struct route_draft *draft)
{
    text_list_release(&draft->matches);
    text_list_release(&draft->as_path);
    text_list_release(&draft->cluster_list);
    text_list_release(&draft->communities);
    free(draft->labels);
}

static void set_borrowed_text(struct loader *l, const struct schema_key *key,
                              const struct toml_node *value, void *target)
{
    (void)l;
    *(const char **)((char *)target + key->offset) = value->as.string;
}

/* A list of strings or integers, or one string. */
static void set_text_list(struct loader *l, const struct schema_key *key,
                          const struct toml_node *value, void *target)
{
    struct text_list *list = (struct text_list *)((char *)target + key->offset);
    if (value->type == TOML_STRING)
        add_text(l, value, value->as.string, list);
    else
        value_each_text(l, value, true, add_text, list);
}

static void set_matches(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    struct route_draft *draft = target;
    if (value->as.list.count == 0)
        loader_problem(l, value->place, "%s must hold at least one rule", key->name);
    value_each_text(l, value, false, add_text, &draft->matches);
}

static void set_family(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    (void)key;
    struct route_spec *spec = &((struct route_draft *)target)->spec;
    spec->family = value_family(l, value->place, value->as.string);
    spec->has_family = spec->family != FAMILY_NONE;
}

static void set_labels(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    struct route_draft *draft = target;
    struct toml_node alone = {.type = TOML_ARRAY, .as.list = {.items = value, .count = 1}};
    const struct toml_node *list = value->type == TOML_ARRAY ? value : &alone;
    if (list->as.list.count == 0) {
        loader_problem(l, value->place, "%s must hold at least one label", key->name);
        return;
    }
    draft->labels = mem_resize(draft->labels, list->as.list.count, sizeof(*draft->labels));
    if (value_numbers(l, key, list, draft->labels) == list->as.list.count)
        draft->label_count = list->as.list.count; /* else it is no stack that was meant */
}

static void set_local_pref(struct loader *l, const struct schema_key *key,
                           const struct toml_node *value, void *target)
{
    struct route_spec *spec = &((struct route_draft *)target)->spec;
    spec->has_local_pref = value_in_range(l, key, value, 0, UINT32_MAX);
    spec->local_pref = (uint32_t)value->as.integer;
}

static void set_med(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    void *target)
{
    struct route_spec *spec = &((struct route_draft *)target)->spec;
    spec->has_med = value_in_range(l, key, value, 0, UINT32_MAX);
    spec->med = (uint32_t)value->as.integer;
}

static void set_aigp(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    struct route_spec *spec = &((struct route_draft *)target)->spec;
    spec->has_aigp = value_in_range(l, key, value, 0, INT64_MAX);
    spec->aigp = (uint64_t)value->as.integer;
}

static void set_afi(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    void *target)
{
    if (value_in_range(l, key, value, 1, 2))
        ((struct route_draft *)target)->spec.afi = (int)value->as.integer;
}

#define AT(field) .offset = offsetof(struct route_draft, field)

/* Attributes that routes and flows share. */
static const struct schema_key attribute_keys[] = {
    {
        .name = "origin",
        TYPE_STRING,
        .default_text = "`\"IGP\"`",
        .reload = RELOAD_ROUTES,
        .help = "`\"IGP\"`, `\"EGP\"` or `\"Incomplete\"`.",
        .set = set_borrowed_text,
        AT(spec.origin),
    },
    {
        .name = "as_path",
        .types = TOML_ARRAY | TOML_STRING,
        .type_text = "a list of AS numbers, or one string",
        .default_text = "empty",
        .reload = RELOAD_ROUTES,
        .help =
            "AS numbers, plain or dotted: `[\"65000\", \"1.10\"]`; `\"{1 2}\"` is a set. Our own "
            "AS is added where the session asks for it.",
        .set = set_text_list,
        AT(as_path),
    },
    {
        .name = "local_pref",
        TYPE_INTEGER,
        .reload = RELOAD_ROUTES,
        .help = "LOCAL_PREF, 0 to 4294967295. Only internal peers are sent one: 100 when none is "
                "given.",
        .set = set_local_pref,
    },
    {
        .name = "multi_exit_disc",
        .alias = "med",
        TYPE_INTEGER,
        .reload = RELOAD_ROUTES,
        .help = "MULTI_EXIT_DISC, 0 to 4294967295.",
        .set = set_med,
    },
    {
        .name = "communities",
        .types = TOML_ARRAY,
        .type_text = "a list of communities",
        .default_text = "none",
        .reload = RELOAD_ROUTES,
        .help = "Communities of any kind: see [Communities](#communities).",
        .set = set_text_list,
        AT(communities),
    },
    {
        .name = "aggregator",
        TYPE_STRING,
        .reload = RELOAD_ROUTES,
        .help = "AGGREGATOR: the AS number, plain or dotted, and the router ID of who put the "
                "route together of others, as `\"65000:192.0.2.1\"`.",
        .set = set_borrowed_text,
        AT(spec.aggregator),
    },
    {
        .name = "atomic_aggregate",
        TYPE_BOOLEAN,
        .default_text = "`false`",
        .reload = RELOAD_ROUTES,
        .help = "ATOMIC_AGGREGATE: the AS path lacks some of those that are behind it.",
        .set = value_set_bool,
        AT(spec.atomic_aggregate),
    },
    {
        .name = "originator_id",
        TYPE_STRING,
        .reload = RELOAD_ROUTES,
        .help = "ORIGINATOR_ID, as of a reflected route (RFC 4456): a router ID, "
                "`\"192.0.2.1\"`. Only internal peers are sent one.",
        .set = set_borrowed_text,
        AT(spec.originator_id),
    },
    {
        .name = "cluster_list",
        TYPE_STRINGS,
        .default_text = "empty",
        .reload = RELOAD_ROUTES,
        .help = "CLUSTER_LIST, likewise: cluster IDs, the nearest first. Only internal peers are "
                "sent one.",
        .set = set_text_list,
        AT(cluster_list),
    },
    {
        .name = "aigp",
        TYPE_INTEGER,
        .reload = RELOAD_ROUTES,
        .help = "The metric of AIGP (RFC 7311), 0 to 9223372036854775807. Only internal peers are "
                "sent one.",
        .set = set_aigp,
    },
};

static const struct schema schema_attributes = {
    .title = "a route",
    .keys = attribute_keys,
    .count = sizeof(attribute_keys) / sizeof(attribute_keys[0]),
};

static const struct schema_key route_keys[] = {
    {
        .name = "prefix",
        TYPE_STRING,
        .reload = RELOAD_ROUTES,
        .help = "What to announce: `\"192.0.2.0/24\"`. A bare address is a prefix of full length; "
                "bits after the length are cleared.",
        .required = true,
        .set = set_borrowed_text,
        AT(spec.text.prefix),
    },
    {
        .name = "next_hop",
        TYPE_STRING,
        .reload = RELOAD_ROUTES,
        .help = "The next hop: an address of the prefix's IP version, or an IPv6 address for an "
                "IPv4 prefix over an IPv6 session (RFC 8950).",
        .required = true,
        .set = set_borrowed_text,
        AT(spec.next_hop),
    },
    {
        .name = "family",
        TYPE_STRING,
        .default_text = "what the prefix, `rd` and `labels` speak for",
        .reload = RELOAD_ROUTES,
        .help = "One of the [families](#families) with prefixes.",
        .set = set_family,
    },
    {
        .name = "rd",
        TYPE_STRING,
        .reload = RELOAD_ROUTES,
        .help = "The route distinguisher, in families that have one: `\"65000:1\"`, "
                "`\"192.0.2.1:1\"`, `\"4200000000:1\"`.",
        .set = set_borrowed_text,
        AT(spec.text.rd),
    },
    {
        .name = "labels",
        .types = TOML_INTEGER | TOML_ARRAY,
        .type_text = "a label or a list of labels",
        .reload = RELOAD_ROUTES,
        .help = "In families that have labels: one, 0 to 1048575, or a stack of them with the top "
                "one first, which goes to peers that take as many (RFC 8277).",
        .set = set_labels,
        .max = LABEL_MAX,
    },
};

static const struct schema_key flow_keys[] = {
    {
        .name = "afi",
        TYPE_INTEGER,
        .reload = RELOAD_ROUTES,
        .help = "1 for IPv4, 2 for IPv6.",
        .required = true,
        .set = set_afi,
    },
    {
        .name = "action",
        TYPE_STRING,
        .reload = RELOAD_ROUTES,
        .help = "What to do with the packets: see [Actions](#actions).",
        .required = true,
        .set = set_borrowed_text,
        AT(spec.text.action),
    },
    {
        .name = "matches",
        TYPE_STRINGS,
        .reload = RELOAD_ROUTES,
        .help = "Which packets, at least one rule: see [Rules](#rules).",
        .required = true,
        .set = set_matches,
        AT(matches),
    },
};

const struct schema schema_route = {
    .title = "[[peers.static_routes]]",
    .keys = route_keys,
    .count = sizeof(route_keys) / sizeof(route_keys[0]),
    .more = &schema_attributes,
};

const struct schema schema_flow = {
    .title = "[[peers.static_flows]]",
    .keys = flow_keys,
    .count = sizeof(flow_keys) / sizeof(flow_keys[0]),
    .more = &schema_attributes,
};

/* What it takes to report the problems of one route. */
struct report {
    struct loader *loader;
    const struct schema *schema;
    const struct toml_node *table;
    const struct route_draft *draft;
};

static struct toml_place place_of(const struct report *r, const struct route_problem *problem)
{
    const struct toml_node *node = loader_find(r->table, problem->field);
    const struct schema_key *key = schema_key_named(r->schema, problem->field);
    if (!node)
        return r->table->place;
    if (problem->index < 0 || node->type != TOML_ARRAY)
        return node->place;
    if (key->set == set_labels) /* all of them are in the draft */
        return node->as.list.items[problem->index].place;
    const struct text_list *list = (const struct text_list *)((const char *)r->draft + key->offset);
    return list->places[problem->index];
}

static void report_problem(void *ctx, const struct route_problem *problem)
{
    struct report *r = ctx;
    if (!problem->missing)
        loader_problem(r->loader, place_of(r, problem), "%s: %s", problem->field,
                       strbuf_text(&problem->text));
    else if (!loader_find(r->table, problem->field)) /* else its type was wrong: reported */
        loader_missing(r->loader, r->table->place, "%s is missing in %s", problem->field,
                       r->schema->title);
}

static void report_judged(void *ctx, const struct route_problem *problem)
{
    struct report *r = ctx;
    if (problem->is_warning)
        loader_warning(r->loader, place_of(r, problem), "%s: %s", problem->field,
                       strbuf_text(&problem->text));
    else
        report_problem(ctx, problem);
}

static void append(struct peer_draft *peer, const struct placed_route *route)
{
    if (peer->route_count == peer->route_size) {
        peer->route_size = peer->route_size ? 2 * peer->route_size : 16;
        peer->routes = mem_resize(peer->routes, peer->route_size, sizeof(*peer->routes));
    }
    peer->routes[peer->route_count++] = *route;
}

/* Makes the spec of what was read whole. */
static struct route_spec *complete_spec(struct route_draft *draft, bool by_rules)
{
    struct route_spec *spec = &draft->spec;
    spec->by_rules = by_rules;
    spec->text.rules = (const char *const *)draft->matches.items;
    spec->text.rule_count = draft->matches.count;
    spec->text.labels = draft->labels;
    spec->text.label_count = draft->label_count;
    spec->as_path = (const char *const *)draft->as_path.items;
    spec->as_path_count = draft->as_path.count;
    spec->cluster_list = (const char *const *)draft->cluster_list.items;
    spec->cluster_list_count = draft->cluster_list.count;
    spec->text.communities = (const char *const *)draft->communities.items;
    spec->text.community_count = draft->communities.count;
    return spec;
}

/* Which of its attributes stay within the AS. */
static uint8_t within_as_of(const struct route_spec *spec)
{
    return (uint8_t)(spec->has_local_pref << WITHIN_AS_LOCAL_PREF |
                     (spec->originator_id != NULL) << WITHIN_AS_ORIGINATOR_ID |
                     (spec->cluster_list_count > 0) << WITHIN_AS_CLUSTER_LIST |
                     spec->has_aigp << WITHIN_AS_AIGP);
}

static void read_route(struct loader *l, const struct schema *schema, const struct toml_node *table,
                       struct route_draft *draft, struct peer_draft *peer)
{
    route_draft_clear(draft);
    schema_apply(l, schema, schema->title, table, draft);
    if (table->type != TOML_TABLE)
        return;
    struct route_spec *spec = complete_spec(draft, schema == &schema_flow);
    struct report report = {.loader = l, .schema = schema, .table = table, .draft = draft};
    struct placed_route placed = {.place = table->place, .within_as = within_as_of(spec)};
    struct ip_addr next_hop;
    if (spec->text.prefix && spec->next_hop && ip_parse(spec->next_hop, &next_hop) == 0) {
        struct prefix remote = prefix_from_ip(&next_hop);
        placed.has_ipv6_next_hop = next_hop.version == IP_V6 && !strchr(spec->text.prefix, ':');
        placed.leads_to_peer =
            prefix_equal(&remote, &peer->peer.remote) && peer->peer.remote_interface[0] == '\0';
    }
    if (static_route_build_each(spec, &placed.route, report_problem, &report))
        return;
    if (static_route_judge_each(spec, &placed.route, report_judged, &report))
        static_route_release(&placed.route);
    else
        append(peer, &placed);
}

bool static_route_read(struct loader *l, const struct static_route_form *form,
                       const struct toml_node *table, struct static_route *ret_route)
{
    struct route_draft draft = {0};
    bool stumbled_before = l->stumbled;
    l->stumbled = false;
    schema_apply(l, form->schema, form->schema->title, table, &draft);
    bool ok = table->type == TOML_TABLE;
    if (ok) {
        struct route_spec *spec = complete_spec(&draft, form->by_rules);
        struct report report = {
            .loader = l, .schema = form->schema, .table = table, .draft = &draft};
        if (!spec->next_hop)
            spec->next_hop = form->next_hop;
        ok = static_route_build_each(spec, ret_route, report_problem, &report) == 0;
    }
    if (ok && l->stumbled) { /* by what is no part of it */
        static_route_release(ret_route);
        ok = false;
    }
    l->stumbled = stumbled_before || !ok;
    route_draft_release(&draft);
    return ok;
}

static void read_routes(struct loader *l, const struct schema *schema,
                        const struct toml_node *array, struct peer_draft *peer)
{
    struct route_draft draft = {0};
    for (size_t i = 0; i < array->as.list.count; i++)
        read_route(l, schema, &array->as.list.items[i], &draft, peer);
    route_draft_release(&draft);
}

void static_routes_set(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    (void)key;
    read_routes(l, &schema_route, value, target);
}

void static_routes_set_flows(struct loader *l, const struct schema_key *key,
                             const struct toml_node *value, void *target)
{
    (void)key;
    read_routes(l, &schema_flow, value, target);
}

void static_routes_inherit(struct peer_draft *draft)
{
    const struct peer_draft *group = draft->group;
    for (size_t i = 0; group && i < group->route_count; i++) {
        const struct placed_route *from = &group->routes[i];
        struct placed_route copy = *from;
        copy.inherited = true;
        static_route_copy(&from->route, &copy.route);
        append(draft, &copy);
    }
}

static int compare_routes(const void *a, const void *b)
{
    const struct placed_route *x = a;
    const struct placed_route *y = b;
    int order = static_route_compare_key(&x->route, &y->route);
    if (order != 0)
        return order;
    if (x->inherited != y->inherited)
        return x->inherited ? -1 : 1;
    return loader_place_compare(x->place, y->place);
}

static void report_twice(struct loader *l, const struct peer_draft *draft, size_t i)
{
    const struct placed_route *route = &draft->routes[i];
    const struct placed_route *before = &draft->routes[i - 1];
    struct strbuf text = {0};
    static_route_format_key(&route->route, &text);
    /* Inherited routes are no fault of the group: the peer that inherits is to blame. */
    struct toml_place place = route->inherited ? draft->node->place : route->place;
    struct loader_line line;
    loader_problem(l, place, "'%.200s' is announced twice: also on %s%s", strbuf_text(&text),
                   loader_line_text(l, before->place, place, &line),
                   before->inherited ? ", in the peer's group" : "");
    strbuf_release(&text);
}

/* Why the peer will not be sent its own route, whatever comes; NULL when it can be. */
static const char *obstacle(const struct config_peer *peer, const struct placed_route *route)
{
    if (route->has_ipv6_next_hop && peer->remote.version == IP_V4)
        return "a session between IPv4 addresses takes no IPv6 next hop";
    if (route->leads_to_peer)
        return "its next hop is the peer itself";
    return NULL;
}

/* Routes that will not be announced. For what a group brings the group is warned of, once, or the
 * peer where it has families of its own. */
static void check_announced(struct loader *l, const struct peer_draft *draft,
                            const struct placed_route *route)
{
    const struct toml_node *own_families = loader_find(draft->node, "families");
    const char *family = family_info((enum family)route->route.family)->name;
    bool has_family = family_in(draft->peer.families, (enum family)route->route.family);
    const char *why = route->inherited ? NULL : obstacle(&draft->peer, route);
    if ((has_family && !why) || !peer_draft_is_certain(draft, "families"))
        return;
    if (route->inherited && own_families) {
        loader_warning(
            l, own_families->place,
            "static routes of the peer's group in \"%s\" will not be announced: families "
            "does not have it",
            family);
        return;
    }
    struct strbuf text = {0};
    static_route_format_key(&route->route, &text);
    if (has_family)
        loader_warning(l, route->place, "'%.200s' will not be announced: %s", strbuf_text(&text),
                       why);
    else
        loader_warning(l, route->place,
                       "'%.200s' will not be announced: families does not have \"%s\"",
                       strbuf_text(&text), family);
    strbuf_release(&text);
}

static void check_route(struct loader *l, const struct peer_draft *draft, size_t i)
{
    const struct placed_route *route = &draft->routes[i];
    if (i > 0 && static_route_compare_key(&draft->routes[i - 1].route, &route->route) == 0)
        report_twice(l, draft, i);
    else
        check_announced(l, draft, route);
}

void static_routes_finish(struct loader *l, struct peer_draft *draft)
{
    struct config_peer *peer = &draft->peer;
    if (draft->route_count == 0)
        return;
    qsort(draft->routes, draft->route_count, sizeof(*draft->routes), compare_routes);
    for (size_t i = 0; i < draft->route_count; i++)
        check_route(l, draft, i);
    peer->routes = mem_resize(NULL, draft->route_count, sizeof(*peer->routes));
    for (size_t i = 0; i < draft->route_count; i++)
        peer->routes[i] = draft->routes[i].route;
    peer->route_count = draft->route_count;
    draft->route_count = 0;
}
