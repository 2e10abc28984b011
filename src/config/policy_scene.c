/* Routes of tests: those of static routes and flows, with who they come from and go to. What is not
 * said is as in most networks: the route was sent by an external peer, of the first AS in its path.
 * Addresses and ASNs that stand in are those for documentation (RFC 5737, RFC 3849, RFC 5398). */
#include "config/policy_scene.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/policy_words.h"
#include "config/static_routes.h"
#include "config/values.h"
#include "policy/action.h"
#include "policy/match.h"
#include "policy/validation.h"
#include "wire/attr_edit.h"

enum { AS_OF_PEER = 64511, AS_OF_OURS = 64496 };

/* --- neighbours --- */

static void set_address(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    if (ip_parse(value->as.string, &((struct policy_neighbor *)target)->addr) != 0)
        loader_problem(l, value->place, "%s '%.64s' is not an IP address", key->name,
                       value->as.string);
}

static void set_name(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    (void)l;
    (void)key;
    ((struct policy_neighbor *)target)->name = value->as.string;
}

static void set_group(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      void *target)
{
    (void)l;
    (void)key;
    ((struct policy_neighbor *)target)->group = value->as.string;
}

#define AT(field) .offset = offsetof(struct policy_neighbor, field)

static const struct schema_key peer_keys[] = {
    {
        .name = "as",
        TYPE_AS,
        .default_text = "the first of `as_path`",
        .reload = RELOAD_AT_ONCE,
        .help = "Its AS.",
        .set = value_set_as,
        AT(as),
    },
    {
        .name = "local_as",
        TYPE_AS,
        .default_text = "`default_as`",
        .reload = RELOAD_AT_ONCE,
        .help = "Our AS towards it: the same one makes it internal.",
        .set = value_set_as,
        AT(local_as),
    },
    {
        .name = "address",
        TYPE_STRING,
        .default_text = "one for documentation",
        .reload = RELOAD_AT_ONCE,
        .help = "Its address.",
        .set = set_address,
    },
    {
        .name = "name",
        TYPE_STRING,
        .default_text = "the address",
        .reload = RELOAD_AT_ONCE,
        .help = "Its name.",
        .set = set_name,
    },
    {
        .name = "group",
        TYPE_STRING,
        .default_text = "none",
        .reload = RELOAD_AT_ONCE,
        .help = "The name of its group.",
        .set = set_group,
    },
};

const struct schema schema_test_peer = {
    .title = "a peer of a test",
    .keys = peer_keys,
    .count = sizeof(peer_keys) / sizeof(peer_keys[0]),
};

/* What of a neighbour was not said. */
static void complete_neighbor(const struct loader *l, struct test_neighbor *n, uint32_t as,
                              uint8_t ip_version)
{
    static const char *const addresses[] = {"192.0.2.1", "2001:db8::1"};
    struct policy_neighbor *known = &n->known;
    const struct config *c = l->config;
    if (known->local_as == 0)
        known->local_as = c->default_as       ? c->default_as
                          : c->peer_count > 0 ? c->peers[0].local_as
                                              : AS_OF_OURS;
    if (known->as == 0)
        known->as = as ? as : AS_OF_PEER;
    if (known->addr.version == IP_NONE)
        ip_parse(addresses[ip_version == IP_V6], &known->addr);
    known->kind = session_kind_of(known->local_as, known->as);
    if (!known->name)
        known->name = ip_format(&known->addr, n->address);
    if (!known->group)
        known->group = "";
}

/* A peer of the configuration. */
static bool find_peer(struct loader *l, const struct toml_node *value, struct test_neighbor *n)
{
    const struct config *c = l->config;
    const char *name = value->as.string;
    for (size_t i = 0; i < c->peer_count; i++) {
        const struct config_peer *peer = &c->peers[i];
        struct ip_addr addr = prefix_address(&peer->remote);
        ip_format(&addr, n->address);
        if (peer->remote.version == IP_NONE ||
            (strcmp(n->address, name) != 0 && (!peer->name || strcmp(peer->name, name) != 0)))
            continue;
        n->known = (struct policy_neighbor){.as = peer->remote_as,
                                            .local_as = peer->local_as,
                                            .addr = addr,
                                            .name = peer->name,
                                            .group = peer->group};
        return true;
    }
    loader_missing(l, value->place, "there is no peer with this name or address: '%.64s'", name);
    return false;
}

/* One that is no text or table was reported. */
static bool read_neighbor(struct loader *l, const struct toml_node *value, struct test_neighbor *n)
{
    if (value->type == TOML_STRING)
        return find_peer(l, value, n);
    l->stumbled = false;
    if (value->type == TOML_TABLE)
        schema_apply(l, &schema_test_peer, value->key, value, &n->known);
    return !l->stumbled;
}

/* --- routes --- */

static const struct schema_key route_keys[] = {
    {
        .name = "direction",
        TYPE_STRING,
        .default_text = "`\"import\"`",
        .reload = RELOAD_AT_ONCE,
        .help = "`\"import\"` or `\"export\"`.",
        .set = value_set_later,
    },
    {
        .name = "peer",
        .types = TOML_STRING | TOML_TABLE,
        .type_text = "a name or a table",
        .default_text = "an external one",
        .reload = RELOAD_AT_ONCE,
        .help =
            "Who sends the route, or (`\"export\"`) is told it: the name or address of a peer, or "
            "a table.",
        .set = value_set_later,
    },
    {
        .name = "source",
        .types = TOML_STRING | TOML_TABLE,
        .type_text = "\"api\", \"config\", a name or a table",
        .default_text = "an external peer",
        .reload = RELOAD_AT_ONCE,
        .help = "With `\"export\"`: where the route comes from.",
        .set = value_set_later,
    },
    {
        .name = "marks",
        TYPE_STRINGS,
        .default_text = "none",
        .reload = RELOAD_AT_ONCE,
        .help = "The marks that other policies have put on it.",
        .set = value_set_later,
    },
    {
        .name = "rov",
        TYPE_STRING,
        .default_text = "`\"not-found\"`",
        .reload = RELOAD_AT_ONCE,
        .help = "What is known of its origin: `\"valid\"`, `\"invalid\"` or `\"not-found\"`.",
        .set = value_set_later,
    },
    {
        .name = "aspa",
        TYPE_STRING,
        .default_text = "`\"unknown\"`",
        .reload = RELOAD_AT_ONCE,
        .help = "What is known of its path: `\"valid\"`, `\"invalid\"` or `\"unknown\"`.",
        .set = value_set_later,
    },
};

const struct schema schema_test_route = {
    .title = "route",
    .keys = route_keys,
    .count = sizeof(route_keys) / sizeof(route_keys[0]),
    .more = &schema_route,
};

static const struct schema schema_test_flow = {
    .title = "route",
    .keys = route_keys,
    .count = sizeof(route_keys) / sizeof(route_keys[0]),
    .more = &schema_flow,
};

static bool read_direction(struct loader *l, const struct toml_node *table,
                           struct test_scene *scene)
{
    static const char *const names[] = {"import", "export"};
    const struct toml_node *value = loader_find(table, "direction");
    if (!value)
        return true;
    for (size_t i = 0; value->type == TOML_STRING && i < POLICY_DIRECTIONS; i++) {
        if (strcmp(value->as.string, names[i]) == 0) {
            scene->scene.direction = (enum policy_direction)i;
            return true;
        }
    }
    if (value->type == TOML_STRING)
        value_report_word(l, value->place, "direction", value->as.string, names, POLICY_DIRECTIONS);
    return false;
}

static bool read_source(struct loader *l, const struct toml_node *table, struct test_scene *scene)
{
    const struct toml_node *value = loader_find(table, "source");
    if (!value)
        return true;
    if (scene->scene.direction == POLICY_IMPORT) {
        loader_problem(
            l, value->key_place,
            "source is for direction = \"export\": what is imported comes from the peer");
        return false;
    }
    if (value->type == TOML_STRING && strcmp(value->as.string, "api") == 0)
        scene->scene.origin = POLICY_FROM_API;
    else if (value->type == TOML_STRING && strcmp(value->as.string, "config") == 0)
        scene->scene.origin = POLICY_FROM_CONFIG;
    else
        return read_neighbor(l, value, &scene->source);
    return true;
}

/* Who the route comes from and goes to, as far as it is said. */
static bool read_neighbors(struct loader *l, const struct toml_node *table,
                           struct test_scene *scene)
{
    const struct toml_node *peer = loader_find(table, "peer");
    bool ok = read_direction(l, table, scene) && read_source(l, table, scene);
    return (!peer || read_neighbor(l, peer, &scene->peer)) && ok;
}

static const char *const states[] = {"rov", "aspa"};

/* Marks, which no static route can have, as the action that policies do it with puts them there. */
static bool give_marks(struct loader *l, const struct toml_node *value,
                       const struct test_scene *scene, struct attr_edit *edit)
{
    static const struct word_form form = {
        .name = "marks", .takes = "a list of names", .types = POLICY_TEXT | POLICY_LIST};
    const struct policy_action *action = policy_action_named("mark");
    struct placed_words words;
    void *read;
    unsigned variables;
    bool ok = placed_words_of(l, &form, value, NULL, &words);
    if (ok && action->read(&words.words, &read, &variables) != 0) {
        placed_words_report(l, &form, value, &words);
        ok = false;
    } else if (ok) {
        action->apply(read, &scene->scene, edit);
        action->release(read);
    }
    placed_words_release(&words);
    return ok;
}

/* What validation has noted of it, in the words of the matches. */
static bool give_state(struct loader *l, const char *key, const struct toml_node *value,
                       struct attr_edit *edit)
{
    const struct policy_match *match = policy_match_named(key);
    const struct word_form form = {.name = key, .takes = match->takes, .types = POLICY_TEXT};
    struct attr_local local = attr_edit_local(edit);
    struct placed_words words;
    void *read;
    unsigned variables;
    bool ok = placed_words_of(l, &form, value, NULL, &words);
    if (ok && match->read(&words.words, &read, &variables) != 0) {
        placed_words_report(l, &form, value, &words);
        ok = false;
    } else if (ok) {
        local.validation |= (uint8_t)match->states(read);
        attr_edit_put_local(edit, &local);
        match->release(read);
    }
    placed_words_release(&words);
    return ok;
}

/* The attributes of the route, and what else it is given. */
static bool read_attributes(struct loader *l, const struct toml_node *table,
                            struct test_scene *scene)
{
    struct attr_edit *edit = mem_alloc(sizeof(*edit));
    scene->attrs = mem_alloc(sizeof(*scene->attrs));
    attr_edit_begin(edit, static_route_attrs(&scene->route));
    const struct toml_node *marks = loader_find(table, "marks");
    bool ok = !marks || give_marks(l, marks, scene, edit);
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        const struct toml_node *value = loader_find(table, states[i]);
        ok = (!value || give_state(l, states[i], value, edit)) && ok;
    }
    if (ok && attr_edit_finish(edit, scene->attrs) != 0) {
        loader_problem(l, table->place, "this route has more than fits in a message");
        ok = false;
    }
    free(edit);
    return ok;
}

/* What is not said. */
static void complete(const struct loader *l, struct test_scene *scene)
{
    static const struct policy_validation nothing_known;
    static const char *const own[] = {"192.0.2.254", "2001:db8::fffe"};
    bool is_import = scene->scene.direction == POLICY_IMPORT;
    uint8_t version = family_info(scene->scene.family)->ip_version;
    complete_neighbor(l, &scene->peer, is_import ? scene->attrs->hot.neighbor_as : 0, version);
    complete_neighbor(l, &scene->source, scene->attrs->hot.neighbor_as, version);
    scene->scene.peer = &scene->peer.known;
    scene->scene.validation = &nothing_known;
    if (scene->scene.origin == POLICY_FROM_PEER)
        scene->scene.source = is_import ? &scene->peer.known : &scene->source.known;
    scene->scene.local_as = scene->peer.known.local_as;
    ip_parse(own[scene->peer.known.addr.version == IP_V6], &scene->own_next_hop);
    scene->scene.own_next_hop =
        span_of(scene->own_next_hop.bytes, scene->own_next_hop.version == IP_V4 ? 4 : 16);
}

/* The next hop where none is given: the peer, or an address for documentation. */
static const char *default_next_hop(const struct toml_node *table, const struct test_scene *scene,
                                    char *text)
{
    const struct ip_addr *addr = &scene->peer.known.addr;
    const struct toml_node *prefix = loader_find(table, "prefix");
    bool is_v6 = prefix && prefix->type == TOML_STRING && strchr(prefix->as.string, ':');
    if (addr->version == (is_v6 ? IP_V6 : IP_V4) && !ip_is_link_local(addr))
        return ip_format(addr, text);
    return is_v6 ? "2001:db8::1" : "192.0.2.1";
}

bool test_scene_read(struct loader *l, const struct toml_node *table, struct test_scene *ret_scene)
{
    char text[IP_TEXT_MAX];
    bool is_table = table->type == TOML_TABLE;
    bool is_flow = is_table && (loader_find(table, "matches") || loader_find(table, "afi"));
    *ret_scene = (struct test_scene){0};
    bool ok = !is_table || read_neighbors(l, table, ret_scene);
    const struct static_route_form form = {
        .schema = is_flow ? &schema_test_flow : &schema_test_route,
        .by_rules = is_flow,
        .next_hop = is_table && !is_flow ? default_next_hop(table, ret_scene, text) : NULL,
    };
    if (!static_route_read(l, &form, table, &ret_scene->route) || !ok ||
        !read_attributes(l, table, ret_scene))
        return false;
    struct policy_scene *scene = &ret_scene->scene;
    scene->family = (enum family)ret_scene->route.family;
    scene->key = static_route_key(&ret_scene->route);
    scene->attrs = attr_block_span(ret_scene->attrs);
    scene->hot = &ret_scene->attrs->hot;
    complete(l, ret_scene);
    return true;
}

void test_scene_release(struct test_scene *scene)
{
    static_route_release(&scene->route);
    free(scene->attrs);
}
