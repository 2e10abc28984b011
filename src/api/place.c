/* Where a client is. */
#include "api/place.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

struct client_place place_of_address(const struct ip_addr *addr)
{
    return (struct client_place){.addr = *addr};
}

struct client_place place_of_local(int fd)
{
    struct client_place place = {.user = "?"};
    struct local_peer peer;
    if (local_peer_of(fd, &peer) == 0)
        snprintf(place.user, sizeof(place.user), "%s", peer.user);
    return place;
}

bool place_is_file(const struct client_place *place)
{
    return place->addr.version == IP_NONE && place->user[0] != '\0';
}

bool place_is_local(const struct client_place *place)
{
    return place_is_file(place) || ip_is_loopback(&place->addr);
}

uint64_t place_user_hash(const struct client_place *place)
{
    return place->user[0] != '\0' ? hash_bytes(place->user, strlen(place->user)) : 0;
}

const char *place_format(const struct client_place *place, char buf[PLACE_TEXT_MAX])
{
    if (place->addr.version != IP_NONE)
        return ip_format(&place->addr, buf);
    snprintf(buf, PLACE_TEXT_MAX, "unix:%s", place->user);
    return buf;
}
