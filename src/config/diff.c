/* Comparing configurations: pure. What is compared and how stands in the rows of the schema. */
#include "config/diff.h"

#include <stdlib.h>

#include "base/mem.h"
#include "config/global.h"
#include "config/peer_keys.h"
#include "config/schema.h"

/* --- the keys of a table --- */

static config_key_set changed_keys(const struct schema *schema, const void *a, const void *b)
{
    config_key_set changed = 0;
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_key *key = &schema->keys[i];
        if (key->same && !key->same((const char *)a + key->kept.offset,
                                    (const char *)b + key->kept.offset, key->kept.len_bytes))
            changed |= UINT64_C(1) << i;
    }
    return changed;
}

static const char *next_key(const struct schema *schema, config_key_set keys, unsigned *bit)
{
    while (*bit < schema->count)
        if (keys >> (*bit)++ & 1)
            return schema->keys[*bit - 1].name;
    return NULL;
}

static config_key_set keys_with(const struct schema *schema, enum config_reload reload)
{
    config_key_set keys = 0;
    for (size_t i = 0; i < schema->count; i++)
        if (schema->keys[i].reload == reload)
            keys |= UINT64_C(1) << i;
    return keys;
}

config_key_set config_peer_changed_keys(const struct config_peer *a, const struct config_peer *b)
{
    return changed_keys(&schema_peer, a, b);
}

config_key_set config_peer_keys(enum config_reload reload)
{
    return keys_with(&schema_peer, reload);
}

config_key_set config_session_keys(bool attempts)
{
    return config_peer_keys(RELOAD_NEXT_SESSION) | config_peer_keys(RELOAD_NEXT_CONNECTION) |
           config_peer_keys(RELOAD_MD5) | (attempts ? config_peer_keys(RELOAD_NEXT_ATTEMPT) : 0);
}

bool config_keys_need_connection(config_key_set keys)
{
    return (keys & config_session_keys(true) & ~config_peer_keys(RELOAD_NEXT_SESSION)) != 0;
}

struct config_peer *config_session_copy(const struct config_peer *peer)
{
    struct config_peer *copy = mem_alloc(sizeof(*copy));
    *copy = *peer;
    copy->description = NULL;
    copy->name = NULL;
    copy->group = NULL;
    copy->routes = NULL;
    copy->route_count = 0;
    copy->channels = NULL;
    copy->channel_count = 0;
    copy->md5_password = peer->md5_password ? mem_strdup(peer->md5_password) : NULL;
    return copy;
}

void config_session_copy_free(struct config_peer *copy)
{
    if (copy)
        config_peer_release(copy);
    free(copy);
}

config_key_set config_changed_keys(const struct config *a, const struct config *b)
{
    return changed_keys(&schema_global, a, b);
}

config_key_set config_keys(enum config_reload reload)
{
    return keys_with(&schema_global, reload);
}

const char *config_next_peer_key(config_key_set keys, unsigned *bit)
{
    return next_key(&schema_peer, keys, bit);
}

const char *config_next_key(config_key_set keys, unsigned *bit)
{
    return next_key(&schema_global, keys, bit);
}

/* --- static routes --- */

/* Both lists are sorted by key: one pass over both. */
enum config_route_change config_routes_next(const struct config_peer *old_peer,
                                            const struct config_peer *new_peer,
                                            struct config_routes_cursor *at,
                                            const struct static_route **ret_route)
{
    size_t old_count = old_peer ? config_peer_announced_count(old_peer) : 0;
    size_t new_count = config_peer_announced_count(new_peer);
    if (at->old_at < old_count || at->new_at < new_count) {
        const struct static_route *gone =
            at->old_at < old_count ? &old_peer->routes[at->old_at] : NULL;
        const struct static_route *come =
            at->new_at < new_count ? &new_peer->routes[at->new_at] : NULL;
        int order = !gone ? 1 : !come ? -1 : static_route_compare_key(gone, come);
        at->old_at += order <= 0;
        at->new_at += order >= 0;
        *ret_route = order < 0 ? gone : come;
        if (order == 0 && static_route_equal(gone, come))
            return CONFIG_ROUTE_STAYS;
        return order < 0 ? CONFIG_ROUTE_GOES : CONFIG_ROUTE_COMES;
    }
    return CONFIG_ROUTES_END;
}
