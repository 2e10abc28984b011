/* Comparing configurations: pure, and in terms of what has to be done. */
#include "config/diff.h"

#include <string.h>

static bool text_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
    return ip_equal(&a->addr, &b->addr) && a->port == b->port;
}

static bool routes_equal(const struct config_peer *a, const struct config_peer *b)
{
    if (a->route_count != b->route_count)
        return false;
    for (size_t i = 0; i < a->route_count; i++) {
        if (!static_route_equal(&a->routes[i], &b->routes[i]))
            return false;
    }
    return true;
}

unsigned config_peer_diff(const struct config_peer *a, const struct config_peer *b)
{
    unsigned changes = 0;
    if (a->enabled != b->enabled)
        changes |= PEER_CHANGE_ENABLED;
    if (a->passive != b->passive)
        changes |= PEER_CHANGE_PASSIVE;
    if (a->remote_as != b->remote_as || a->local_as != b->local_as || a->router_id != b->router_id)
        changes |= PEER_CHANGE_IDENTITY;
    if (!ip_equal(&a->local_address, &b->local_address) || a->dest_port != b->dest_port ||
        a->ttl_security != b->ttl_security || a->multihop != b->multihop)
        changes |= PEER_CHANGE_TRANSPORT;
    if (!text_equal(a->md5_password, b->md5_password))
        changes |= PEER_CHANGE_MD5;
    if (a->hold_time_s != b->hold_time_s || a->families != b->families ||
        a->extended_messages != b->extended_messages)
        changes |= PEER_CHANGE_OPEN;
    if (a->advertise_sources != b->advertise_sources || a->next_hop_self != b->next_hop_self ||
        a->route_reflector_client != b->route_reflector_client ||
        a->route_server_client != b->route_server_client ||
        a->interpret_communities != b->interpret_communities ||
        !ip_equal(&a->next_hop_ipv4, &b->next_hop_ipv4))
        changes |= PEER_CHANGE_EXPORT;
    if (a->enforce_first_as != b->enforce_first_as || a->allow_own_as != b->allow_own_as ||
        a->accept_martians != b->accept_martians)
        changes |= PEER_CHANGE_IMPORT;
    if (a->connect_retry_s != b->connect_retry_s || a->fast_fallover != b->fast_fallover ||
        memcmp(a->max_prefixes, b->max_prefixes, sizeof(a->max_prefixes)) != 0)
        changes |= PEER_CHANGE_LIMITS;
    if (!routes_equal(a, b))
        changes |= PEER_CHANGE_ROUTES;
    if (!text_equal(a->description, b->description))
        changes |= PEER_CHANGE_DESCRIPTION;
    return changes;
}

/* Both lists are sorted by key: one pass over both. */
enum config_route_change config_routes_next(const struct config_peer *old_peer,
                                            const struct config_peer *new_peer,
                                            struct config_routes_cursor *at,
                                            const struct static_route **ret_route)
{
    size_t old_count = old_peer ? old_peer->route_count : 0;
    while (at->old_at < old_count || at->new_at < new_peer->route_count) {
        const struct static_route *gone =
            at->old_at < old_count ? &old_peer->routes[at->old_at] : NULL;
        const struct static_route *come =
            at->new_at < new_peer->route_count ? &new_peer->routes[at->new_at] : NULL;
        int order = !gone ? 1 : !come ? -1 : static_route_compare_key(gone, come);
        at->old_at += order <= 0;
        at->new_at += order >= 0;
        if (order == 0 && static_route_equal(gone, come))
            continue;
        *ret_route = order < 0 ? gone : come;
        return order < 0 ? CONFIG_ROUTE_GOES : CONFIG_ROUTE_COMES;
    }
    return CONFIG_ROUTES_END;
}

unsigned config_global_diff(const struct config *a, const struct config *b)
{
    unsigned changes = 0;
    bool sockets_equal = a->bgp_socket_count == b->bgp_socket_count;
    for (size_t i = 0; sockets_equal && i < a->bgp_socket_count; i++)
        sockets_equal = endpoint_equal(&a->bgp_sockets[i], &b->bgp_sockets[i]);
    if (!sockets_equal)
        changes |= CONFIG_CHANGE_BGP_SOCKETS;
    if (!endpoint_equal(&a->api_socket, &b->api_socket))
        changes |= CONFIG_CHANGE_API_SOCKET;
    if (a->cluster_id != b->cluster_id)
        changes |= CONFIG_CHANGE_CLUSTER_ID;
    if (!text_equal(a->api_token, b->api_token))
        changes |= CONFIG_CHANGE_API_TOKEN;
    return changes;
}
