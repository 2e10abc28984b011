/* Loading a configuration: the whole way from a file to a checked struct config. */
#include "config/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/channel_keys.h"
#include "config/file.h"
#include "config/global.h"
#include "config/keep.h"
#include "config/loader.h"
#include "config/no_effect.h"
#include "config/originate_keys.h"
#include "config/peer_draft.h"
#include "config/peer_keys.h"
#include "config/policies.h"
#include "config/policy_fit.h"
#include "config/policy_tests.h"
#include "config/set_files.h"
#include "config/sources.h"
#include "config/static_routes.h"
#include "config/token_keys.h"

/* The groups of a file, by name. */
struct groups {
    const char **names;        /* owned; the names are borrowed */
    struct peer_draft *drafts; /* owned */
    size_t count;
    bool missed; /* a peer names one that is not there: it may mean any of them */
};

static void read_groups(struct loader *l, struct groups *groups)
{
    const struct toml_node *table = loader_find(l->root, "groups");
    if (!table || table->type != TOML_TABLE)
        return;
    const struct toml_list *list = &table->as.list;
    groups->names = mem_resize(NULL, list->count + 1, sizeof(*groups->names));
    groups->drafts = mem_resize(NULL, list->count + 1, sizeof(*groups->drafts));
    groups->count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        struct strbuf where = {0};
        strbuf_printf(&where, "[groups.%.64s]", list->items[i].key);
        groups->names[i] = list->items[i].key;
        peer_draft_init(&groups->drafts[i], &schema_peer, &list->items[i]);
        peer_draft_read_group(l, &groups->drafts[i], strbuf_text(&where));
        strbuf_release(&where);
    }
}

static void groups_release(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        peer_draft_release(&groups->drafts[i]);
    free(groups->drafts);
    free(groups->names);
}

/* The group that a peer names; NULL, reported unless it names none, when there is no such table. */
static struct peer_draft *find_group(struct loader *l, struct groups *groups,
                                     const struct toml_node *peer)
{
    const struct toml_node *name = loader_find(peer, "group");
    if (name && name->type != TOML_STRING)
        groups->missed = true;
    if (!name || name->type != TOML_STRING)
        return NULL;
    for (size_t i = 0; i < groups->count; i++) {
        struct peer_draft *draft = &groups->drafts[i];
        if (strcmp(groups->names[i], name->as.string) == 0)
            return draft->node->type == TOML_TABLE ? draft : NULL;
    }
    groups->missed = true;
    struct schema_choices choices = {.names = groups->names, .count = groups->count};
    struct strbuf hint = {0};
    schema_hint(&hint, name->as.string, &choices);
    loader_missing(l, name->place, "there is no [groups.%.64s]%s", name->as.string,
                   strbuf_text(&hint));
    strbuf_release(&hint);
    return NULL;
}

/* A peer's remote and where it stands, to find those given twice. */
struct remote {
    const struct config_peer *peer;
    struct toml_place place;
};

static int compare_remote_places(const void *a, const void *b)
{
    const struct remote *x = a;
    const struct remote *y = b;
    int order = config_compare_remotes(x->peer, y->peer);
    return order != 0 ? order : loader_place_compare(x->place, y->place);
}

/* Reports remotes that stand twice, and indexes the peers by remote. */
static void index_peers(struct loader *l, struct remote *remotes, size_t count)
{
    struct config *c = l->config;
    char text[PREFIX_TEXT_MAX];
    if (count > 0)
        qsort(remotes, count, sizeof(*remotes), compare_remote_places);
    c->by_remote = mem_resize(NULL, count + 1, sizeof(*c->by_remote));
    for (size_t i = 0; i < count; i++) {
        const struct config_peer *peer = remotes[i].peer;
        c->by_remote[i] = peer;
        c->remote_lengths[peer->remote.version == IP_V6][peer->remote.len_bits] = true;
        if (i == 0 || peer->remote.version == IP_NONE ||
            config_compare_remotes(remotes[i - 1].peer, peer) != 0)
            continue;
        struct loader_line line;
        loader_problem(l, remotes[i].place, "remote_ip %s is that of another peer: %s",
                       prefix_format(&peer->remote, text),
                       loader_line_text(l, remotes[i - 1].place, remotes[i].place, &line));
    }
}

static bool same_secret(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The kernel looks for a key by address alone. So it asks a peer without one for that of a network
 * around it, and has one key for a link-local address on all interfaces. What cannot be had would
 * be connections that are dropped without a word. */
static void check_key(struct loader *l, const struct remote *remotes, size_t i)
{
    const struct config_peer *peer = remotes[i].peer;
    char text[PREFIX_TEXT_MAX];
    char around[PREFIX_TEXT_MAX];
    struct loader_line line;
    if (peer->remote.version == IP_NONE)
        return;
    if (i > 0 && prefix_equal(&remotes[i - 1].peer->remote, &peer->remote) &&
        strcmp(remotes[i - 1].peer->remote_interface, peer->remote_interface) != 0 &&
        !same_secret(remotes[i - 1].peer->md5_password, peer->md5_password))
        loader_problem(l, remotes[i].place,
                       "%s must have the same md5_password on all interfaces (see %s): the "
                       "system has one key for the address",
                       prefix_format(&peer->remote, text),
                       loader_line_text(l, remotes[i - 1].place, remotes[i].place, &line));
    for (unsigned len = peer->md5_password ? 0 : peer->remote.len_bits; len-- > 0;) {
        if (!l->config->remote_lengths[peer->remote.version == IP_V6][len])
            continue;
        struct prefix cover = prefix_make(peer->remote.version, (uint8_t)len, peer->remote.bytes);
        const struct config_peer *network = config_find_peer(l->config, &cover, "");
        if (!network || !network->md5_password)
            continue;
        loader_problem(l, remotes[i].place,
                       "%s needs an md5_password: it lies in %s, which has one, and the system "
                       "asks every address of that network for a key",
                       prefix_format(&peer->remote, text), prefix_format(&cover, around));
        return;
    }
}

/* A name of a peer and where it stands, to find those given twice. */
struct peer_name {
    const char *name; /* borrowed */
    struct toml_place place;
};

static int compare_names(const void *a, const void *b)
{
    const struct peer_name *x = a;
    const struct peer_name *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : loader_place_compare(x->place, y->place);
}

/* Policies call peers by their names: a name stands for one. */
static void check_names(struct loader *l, const struct groups *groups,
                        const struct toml_node *array)
{
    size_t count = 0;
    struct peer_name *names = mem_resize(NULL, l->config->peer_count + 1, sizeof(*names));
    for (size_t i = 0; i < l->config->peer_count; i++) {
        const struct config_peer *peer = &l->config->peers[i];
        if (!peer->name)
            continue;
        names[count++] =
            (struct peer_name){peer->name, loader_find(&array->as.list.items[i], "name")->place};
        for (size_t k = 0; k < groups->count; k++)
            if (strcmp(groups->names[k], peer->name) == 0)
                loader_problem(l, names[count - 1].place,
                               "'%.64s' cannot be the name of a peer: a group has it", peer->name);
    }
    if (count > 0)
        qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 1; i < count; i++) {
        struct loader_line line;
        if (strcmp(names[i - 1].name, names[i].name) == 0)
            loader_problem(l, names[i].place, "name '%.64s' is that of another peer: %s",
                           names[i].name,
                           loader_line_text(l, names[i - 1].place, names[i].place, &line));
    }
    free(names);
}

static void read_peer(struct loader *l, struct groups *groups, const struct toml_node *node,
                      struct config_peer *ret_peer)
{
    struct peer_draft draft;
    peer_draft_init(&draft, &schema_peer, node);
    if (node->type == TOML_TABLE) {
        draft.group = find_group(l, groups, node);
        if (draft.group)
            draft.peer.group = mem_strdup(draft.group->node->key);
        draft.lost_group = !draft.group && loader_find(node, "group");
        peer_draft_read_peer(l, &draft);
        static_routes_inherit(&draft);
        channel_keys_settle(l, &draft);
        peer_draft_check(l, &draft);
        channel_keys_require_policies(l, &draft);
        if (!l->incomplete && !draft.lost_group)
            no_effect_check_peer(l, &draft);
        static_routes_finish(l, &draft);
    } else if (node->type != TOML_BROKEN) {
        loader_problem(l, node->place, "peers must hold tables, not %s",
                       schema_type_text(node->type));
    }
    *ret_peer = draft.peer;
    draft.peer = (struct config_peer){0};
    peer_draft_release(&draft);
}

static void check_groups(struct loader *l, const struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        const struct peer_draft *group = &groups->drafts[i];
        no_effect_check_group(l, group);
        if (!group->use.inherited && !groups->missed && !l->incomplete &&
            group->node->type == TOML_TABLE)
            loader_warning(l, group->node->place, "[groups.%.64s] has no effect: no peer is in it",
                           groups->names[i]);
    }
}

static void read_peers(struct loader *l)
{
    struct groups groups = {0};
    read_groups(l, &groups);
    struct config *c = l->config;
    const struct toml_node *array = loader_find(l->root, "peers");
    size_t count = array && array->type == TOML_ARRAY ? array->as.list.count : 0;
    c->peers = mem_resize(NULL, count + 1, sizeof(*c->peers));
    struct remote *remotes = mem_resize(NULL, count + 1, sizeof(*remotes));
    for (size_t i = 0; i < count; i++) {
        const struct toml_node *node = &array->as.list.items[i];
        const struct toml_node *ip =
            node->type == TOML_TABLE ? loader_find(node, "remote_ip") : NULL;
        read_peer(l, &groups, node, &c->peers[i]);
        c->peer_count++;
        remotes[i] = (struct remote){.peer = &c->peers[i], .place = ip ? ip->place : node->place};
    }
    index_peers(l, remotes, count);
    for (size_t i = 0; i < count; i++)
        check_key(l, remotes, i);
    check_names(l, &groups, array);
    check_groups(l, &groups);
    free(remotes);
    groups_release(&groups);
}

/* What no key at the top has set; after the peers, whose identifiers may have to stand in. */
static void take_defaults(struct loader *l)
{
    struct config *c = l->config;
    if (c->bgp_socket_count == 0) {
        c->bgp_sockets = mem_zalloc(sizeof(*c->bgp_sockets));
        c->bgp_sockets[c->bgp_socket_count++] =
            (struct endpoint){.addr = {.version = IP_V6}, .port = CONFIG_DEFAULT_BGP_PORT};
    }
    if (c->api_socket_count + c->api_path_count == 0)
        c->api_sockets[c->api_socket_count++] = config_default_api_socket();
    if (c->router_id == 0 && c->peer_count > 0)
        c->router_id = c->peers[0].router_id;
    else if (c->router_id == 0 && !loader_find(l->root, "router_id"))
        loader_missing(l, (struct toml_place){.line = 1, .column = 1},
                       "router_id is missing in the top level");
    if (c->cluster_id == 0)
        c->cluster_id = c->router_id;
    global_check_sockets(l);
}

static void read_document(struct loader *l)
{
    struct config *c = l->config;
    c->api_socket_uid = c->api_socket_gid = CONFIG_ID_KEEP;
    c->api_socket_mode = 0660;
    c->api_loopback = ACCESS_FULL;
    c->api_audit = CONFIG_DEFAULT_API_AUDIT;
    c->api_body_max_bytes = CONFIG_DEFAULT_API_BODY_MAX_BYTES;
    c->poll_interval_s = CONFIG_DEFAULT_POLL_INTERVAL_S;
    schema_apply(l, &schema_global, schema_global.title, l->root, c);
    token_keys_read(l);
    policies_read(l);
    read_peers(l);
    originate_keys_read(l);
    policies_check(l);
    policy_fit_check(l);
    policy_tests_run(l);
    policies_deliver(l);
    policies_note_validation(l->config);
    take_defaults(l);
}

/* Ends the run: the configuration, or NULL when it has errors. */
static struct config *conclude(struct loader *l, struct config_report *report)
{
    struct config *c = l->config;
    loader_report(l, report);
    if (l->error_count > 0) {
        config_free(c);
        c = NULL;
    }
    if (c)
        c->written = keep_written(l);
    if (c && l->coverage)
        policy_tests_cover(l, l->coverage);
    loader_release(l);
    policies_release(l);
    return c;
}

/* Reads a text; `l` says where it comes from, and is used up. */
static struct config *parse(struct loader *l, const char *text, size_t len_bytes,
                            struct config_report *report)
{
    if (sources_read(l, text, len_bytes)) {
        l->config = mem_zalloc(sizeof(*l->config));
        l->config->path = mem_strdup(l->path);
        l->config->name = mem_strdup(l->name);
        l->config->is_sent = l->name != l->path;
        l->config->set_files = set_files_new();
        read_document(l);
    }
    struct config *c = conclude(l, report);
    sources_release(l);
    return c;
}

struct config *config_parse(const char *text, size_t len_bytes, const char *path,
                            struct config_report *report)
{
    struct loader l = {.path = path, .name = path};
    return parse(&l, text, len_bytes, report);
}

void config_report_fail(struct config_report *report, const char *name, const char *format, ...)
{
    struct loader l = {.name = name};
    struct strbuf text = {0};
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    loader_problem(&l, (struct toml_place){0}, "%s", strbuf_text(&text));
    strbuf_release(&text);
    loader_report(&l, report);
    loader_release(&l);
}

/* Of what may hold passwords nothing is left. */
static void wipe(char *text, size_t len_bytes)
{
    if (text)
        explicit_bzero(text, len_bytes);
}

static struct config *load(struct loader *l, struct config_report *report)
{
    struct strbuf text = {0};
    struct config *c = NULL;
    loader_note_file(l, l->path);
    const char *unreadable = config_file_read(l->path, &text);
    if (unreadable) {
        config_report_fail(report, l->path, "cannot be read: %s", unreadable);
        loader_release(l);
    } else {
        c = parse(l, strbuf_text(&text), text.len_bytes, report);
    }
    wipe(text.data, text.len_bytes);
    strbuf_release(&text);
    return c;
}

struct config *config_load(const char *path, struct config_report *report)
{
    return config_load_covered(path, report, NULL);
}

struct config *config_load_covered(const char *path, struct config_report *report,
                                   struct config_coverage *ret_coverage)
{
    struct loader l = {.path = path, .name = path, .coverage = ret_coverage};
    struct config *c = load(&l, report);
    mem_trim();
    return c;
}

/* --- files, and texts that were sent --- */

struct config_source config_source_file(const char *path)
{
    return (struct config_source){.path = mem_strdup(path)};
}

struct config_source config_source_sent(const char *path, const char *name, const char *text)
{
    return (struct config_source){
        .path = mem_strdup(path), .name = mem_strdup(name), .text = mem_strdup(text)};
}

void config_source_know(struct config_source *from, const struct config *before)
{
    from->known_files = set_files_ref(before->set_files);
}

struct config *config_source_load(const struct config_source *from, struct config_report *report)
{
    struct loader l = {.path = from->path,
                       .name = from->text ? from->name : from->path,
                       .known_files = from->known_files};
    struct config *c =
        from->text ? parse(&l, from->text, strlen(from->text), report) : load(&l, report);
    /* The document was many times as large as what was made of it, and each thread that loads has
     * a heap of its own. */
    mem_trim();
    return c;
}

void config_source_release(struct config_source *from)
{
    wipe(from->text, from->text ? strlen(from->text) : 0);
    free(from->path);
    free(from->name);
    free(from->text);
    set_files_unref(from->known_files);
    *from = (struct config_source){0};
}
