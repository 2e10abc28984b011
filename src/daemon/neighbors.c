/* Peer blocks of the configuration and their neighbours: how they come and go. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/channel.h"
#include "daemon/state.h"

/* Dynamic neighbours of one network at a time; more connections are refused. */
#define DYNAMIC_NEIGHBORS_MAX 16384u

bool peer_block_is_network(const struct peer_block *b)
{
    return !prefix_is_host(&b->config->remote);
}

static struct neighbor *neighbor_new(struct speaker *s, struct peer_block *b,
                                     const struct ip_addr *addr)
{
    struct neighbor *n = mem_zalloc(sizeof(*n));
    n->block = b;
    n->addr = *addr;
    n->session = peer_new(s->env, b->config, addr, peer_block_is_network(b));
    peer_set_user(n->session, n);
    channels_settle(n);
    b->neighbors = mem_resize(b->neighbors, b->neighbor_count + 1, sizeof(struct neighbor *));
    b->neighbors[b->neighbor_count++] = n;
    s->neighbor_total++;
    return n;
}

/* The configured address, or that of the network. */
static struct ip_addr peer_block_address(const struct peer_block *b)
{
    struct ip_addr addr = prefix_address(&b->config->remote);
    memcpy(addr.interface, b->config->remote_interface, sizeof(addr.interface));
    return addr;
}

void peer_block_prepare_own(struct speaker *s, struct peer_block *b)
{
    if (b->config_source != 0)
        return;
    struct rib_source source = {.kind = RIB_SOURCE_CONFIG,
                                .router_id = b->config->router_id,
                                .addr = peer_block_address(b)};
    b->config_source = rib_source_add(&s->rib.sources, &source);
    for (uint32_t i = 0; i < b->neighbor_count; i++)
        neighbor_own_routes(s, b->neighbors[i]);
}

struct peer_block *peer_block_new(struct speaker *s, const struct config_peer *config)
{
    struct peer_block *b = mem_zalloc(sizeof(*b));
    b->config = config;
    b->enabled = config->enabled;
    if (!peer_block_is_network(b)) {
        struct ip_addr addr = peer_block_address(b);
        neighbor_new(s, b, &addr);
    }
    if (config->md5_password || peer_block_is_closed(s, b))
        peer_block_guard(s, b);
    return b;
}

static void neighbor_free(struct speaker *s, struct neighbor *n)
{
    peer_free(n->session); /* calls neighbor_down when it was established */
    if (n->up)
        neighbor_down(s, n);
    if (n->source != 0)
        rib_source_remove(&s->rib.sources, n->source);
    channels_release(n);
    policy_neighbor_unref(n->known_as);
    free(n);
    s->neighbor_total--;
}

void peer_block_free(struct speaker *s, struct peer_block *b)
{
    b->enabled = false; /* its sessions do not come again */
    for (uint32_t i = 0; i < b->neighbor_count; i++)
        neighbor_free(s, b->neighbors[i]);
    if (b->config_source != 0) {
        rib_source_down(&s->rib, b->config_source);
        rib_source_remove(&s->rib.sources, b->config_source);
    }
    peer_block_unguard(s, b);
    free(b->neighbors);
    free(b);
    speaker_wake(s);
}

struct neighbor *peer_block_find(const struct peer_block *b, const struct ip_addr *addr)
{
    for (uint32_t i = 0; i < b->neighbor_count; i++)
        if (ip_equal(&b->neighbors[i]->addr, addr))
            return b->neighbors[i];
    return NULL;
}

struct neighbor *peer_block_add_neighbor(struct speaker *s, struct peer_block *b,
                                         const struct ip_addr *addr)
{
    if (b->neighbor_count >= DYNAMIC_NEIGHBORS_MAX)
        return NULL;
    struct neighbor *n = neighbor_new(s, b, addr);
    peer_start(n->session);
    return n;
}

void peer_block_remove_neighbor(struct speaker *s, struct peer_block *b, uint32_t index)
{
    struct neighbor *n = b->neighbors[index];
    b->neighbors[index] = b->neighbors[--b->neighbor_count];
    neighbor_free(s, n);
}

void peer_block_set_enabled(struct peer_block *b, bool enabled, const char *message)
{
    b->enabled = enabled;
    for (uint32_t i = 0; i < b->neighbor_count; i++) {
        struct peer *session = b->neighbors[i]->session;
        if (enabled && !peer_is_started(session))
            peer_start(session);
        else if (!enabled && peer_is_started(session))
            peer_stop(session, NOTIFY_CEASE_ADMIN_SHUTDOWN, message);
    }
}

void peer_block_announce(struct speaker *s, struct peer_block *b, const struct static_route *route)
{
    struct span attrs = static_route_attrs(route);
    struct attr_hot hot = attr_hot_of(attrs);
    if (originated_holds(s, b, route))
        return;
    uint32_t set = rib_attrs_intern(&s->rib.attrs, attrs, &hot);
    peer_block_prepare_own(s, b);
    route_originate(s, b->config_source, (enum family)route->family, static_route_key(route), set);
    rib_attrs_unref(&s->rib.attrs, set);
}

void peer_block_withdraw(struct speaker *s, struct peer_block *b, const struct static_route *route)
{
    if (!originated_holds(s, b, route))
        route_retract(s, b->config_source, (enum family)route->family, static_route_key(route));
}

struct peer_block *speaker_match(const struct speaker *s, const struct ip_addr *addr)
{
    const struct config_peer *config = config_match_peer(s->config, addr);
    return config ? s->blocks[config - s->config->peers] : NULL;
}

/* Whether a dynamic neighbour has no connection, and was not disabled by itself. */
static bool is_gone(const struct neighbor *n)
{
    enum fsm_state state = peer_state(n->session);
    bool disabled_alone = n->block->enabled && !peer_is_started(n->session);
    return !n->up && state != FSM_OPEN_SENT && state != FSM_OPEN_CONFIRM && !disabled_alone;
}

/* Lest it should begin anew each time it comes; as long as there is ample room for others. */
static bool must_stay(const struct peer_block *b, const struct neighbor *n)
{
    return peer_is_on_record(n->session) && b->neighbor_count < DYNAMIC_NEIGHBORS_MAX / 2;
}

void speaker_reap(struct speaker *s)
{
    for (size_t i = 0; i < s->block_count; i++) {
        struct peer_block *b = s->blocks[i];
        if (!peer_block_is_network(b))
            continue;
        for (uint32_t k = b->neighbor_count; k-- > 0;)
            if (is_gone(b->neighbors[k]) && !must_stay(b, b->neighbors[k]))
                peer_block_remove_neighbor(s, b, k);
    }
}
