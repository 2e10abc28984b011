/* What a configuration owns, and finding peers in it. */
#include "config/config.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/originate_limits.h"
#include "config/set_files.h"
#include "config/tls_pair.h"
#include "config/written.h"
#include "policy/chain.h"
#include "policy/rpki_entries.h"

const char *const config_limit_action_names[LIMIT_ACTIONS] = {
    [LIMIT_WARN] = "warn", [LIMIT_IGNORE_NEW] = "ignore-new", [LIMIT_SHUTDOWN] = "shutdown"};
const char *const config_limit_count_names[LIMIT_COUNTS] = {
    [LIMIT_RECEIVED] = "received", [LIMIT_ACCEPTED] = "accepted"};

const struct static_route *config_peer_find_route(const struct config_peer *peer,
                                                  enum family family, struct nlri_key key)
{
    size_t from = 0;
    size_t to = config_peer_announced_count(peer);
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = static_route_compare_to(&peer->routes[middle], family, key);
        if (order == 0)
            return &peer->routes[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

bool config_limit_equal(const struct config_limit *a, const struct config_limit *b)
{
    return a->limit == b->limit && a->warn_percent == b->warn_percent && a->action == b->action &&
           a->count == b->count && a->restart_s == b->restart_s;
}

const struct config_channel *config_peer_channel(const struct config_peer *peer, enum family family)
{
    for (size_t i = 0; i < peer->channel_count; i++)
        if (peer->channels[i].family == family)
            return &peer->channels[i];
    return NULL;
}

static void free_secret(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void config_peer_release(struct config_peer *peer)
{
    for (size_t i = 0; i < peer->route_count; i++)
        static_route_release(&peer->routes[i]);
    free(peer->routes);
    for (size_t i = 0; i < peer->channel_count; i++) {
        policy_chain_unref(peer->channels[i].import);
        policy_chain_unref(peer->channels[i].export);
    }
    free(peer->channels);
    free(peer->description);
    free(peer->name);
    free(peer->group);
    free_secret(peer->md5_password);
    *peer = (struct config_peer){0};
}

static void release_rpki(struct config *c)
{
    for (size_t i = 0; i < c->rpki_cache_count; i++)
        free(c->rpki_caches[i].description);
    free(c->rpki_caches);
    for (size_t i = 0; i < c->rpki_file_count; i++)
        free(c->rpki_files[i]);
    free(c->rpki_files);
    rpki_entries_unref(c->rpki_static);
}

struct endpoint config_default_api_socket(void)
{
    return (struct endpoint){.addr = ip_from_v4(INADDR_LOOPBACK), .port = CONFIG_DEFAULT_API_PORT};
}

void config_free(struct config *c)
{
    if (!c)
        return;
    if (c->borrowers > 0) {
        c->borrowers--;
        return;
    }
    for (size_t i = 0; i < c->peer_count; i++)
        config_peer_release(&c->peers[i]);
    free(c->peers);
    free(c->by_remote);
    for (size_t i = 0; i < c->policy_count; i++)
        policy_unref(c->policies[i]);
    free(c->policies);
    policy_chain_unref(c->local_import);
    release_rpki(c);
    set_files_unref(c->set_files);
    free(c->state_path);
    for (size_t i = 0; i < c->originate_limit_count; i++)
        originate_limit_release(&c->originate_limits[i]);
    free(c->originate_limits);
    free(c->bgp_sockets);
    for (size_t i = 0; i < c->api_path_count; i++)
        free(c->api_paths[i]);
    for (size_t i = 0; i < c->api_host_count; i++)
        free(c->api_hosts[i]);
    free(c->api_hosts);
    free_secret(c->api_token);
    tokens_unref(c->tokens);
    tls_pair_unref(c->api_tls);
    free(c->path);
    free(c->name);
    written_free(c->written);
    free(c);
}

/* It is immutable but for this. */
const struct config *config_borrow(const struct config *c)
{
    ((struct config *)c)->borrowers++;
    return c;
}

int config_compare_remotes(const struct config_peer *a, const struct config_peer *b)
{
    if (a->remote.version != b->remote.version)
        return a->remote.version < b->remote.version ? -1 : 1;
    int order = prefix_compare(&a->remote, &b->remote);
    if (order != 0)
        return order;
    return strcmp(a->remote_interface, b->remote_interface);
}

/* The first policy of a name, by its number; c->policy_count: there is none. */
static size_t find_name(const struct config *c, const char *name)
{
    size_t from = 0;
    size_t to = c->policy_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(name, c->policies[middle]->name) <= 0)
            to = middle;
        else
            from = middle + 1;
    }
    bool found = from < c->policy_count && strcmp(name, c->policies[from]->name) == 0;
    return found ? from : c->policy_count;
}

struct policy *config_find_policy(const struct config *c, const char *name)
{
    size_t i = find_name(c, name);
    return i < c->policy_count ? c->policies[i] : NULL;
}

const struct policy *config_find_same_policy(const struct config *c, const struct policy *policy)
{
    for (size_t i = find_name(c, policy->name);
         i < c->policy_count && strcmp(c->policies[i]->name, policy->name) == 0; i++)
        if (policy_digest_equal(c->policies[i]->digest, policy->digest))
            return c->policies[i];
    return NULL;
}

bool config_same_policies(const struct config *a, const struct config *b)
{
    bool same = a->policy_count == b->policy_count;
    for (size_t i = 0; same && i < a->policy_count; i++)
        same = strcmp(a->policies[i]->name, b->policies[i]->name) == 0 &&
               policy_digest_equal(a->policies[i]->digest, b->policies[i]->digest);
    return same;
}

static struct policy *policy_in(const struct policy_chain *chain, const char *name)
{
    for (size_t i = 0; chain && i < chain->policy_count; i++)
        if (strcmp(chain->policies[i]->name, name) == 0)
            return chain->policies[i];
    return NULL;
}

struct policy *config_peer_policy(const struct config_peer *peer, const char *name)
{
    const struct config_channel *before = NULL;
    struct policy *found = NULL;
    for (size_t i = 0; !found && i < peer->channel_count; i++) {
        const struct config_channel *c = &peer->channels[i];
        if (before && c->import == before->import && c->export == before->export)
            continue;
        found = policy_in(c->import, name);
        if (!found)
            found = policy_in(c->export, name);
        before = c;
    }
    return found;
}

static int compare_to_entry(const void *key, const void *entry)
{
    return config_compare_remotes(key, *(const struct config_peer *const *)entry);
}

const struct config_peer *config_find_peer(const struct config *c, const struct prefix *remote,
                                           const char *interface)
{
    struct config_peer key = {.remote = *remote};
    snprintf(key.remote_interface, sizeof(key.remote_interface), "%s", interface);
    if (c->peer_count == 0)
        return NULL; /* nor is there an array */
    const struct config_peer *const *found =
        bsearch(&key, c->by_remote, c->peer_count, sizeof(*c->by_remote), compare_to_entry);
    return found ? *found : NULL;
}

const struct config_peer *config_match_peer(const struct config *c, const struct ip_addr *addr)
{
    unsigned longest = prefix_max_bits(addr->version);
    const char *interface = addr->interface;
    for (unsigned len = longest + 1; len-- > 0; interface = "") { /* networks have none */
        if (!c->remote_lengths[addr->version == IP_V6][len])
            continue;
        struct prefix remote = prefix_make(addr->version, (uint8_t)len, addr->bytes);
        const struct config_peer *peer = config_find_peer(c, &remote, interface);
        if (peer)
            return peer;
    }
    return NULL;
}
