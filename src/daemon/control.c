/* What the API asks of the speaker about peers and its own routes. */
#include "base/err.h"
#include "base/log.h"
#include "daemon/state.h"

static void show_entry(const struct speaker *s, const struct entry *e, const struct neighbor *n,
                       void (*each)(void *ctx, const struct speaker_peer *peer), void *ctx)
{
    struct speaker_peer view = {.config = e->config, .remote.prefix = e->config->remote};
    char closed[ENTRY_CLOSED_TEXT_MAX];
    view.enabled = e->enabled;
    view.closed = entry_closed_why(s, e, closed);
    if (n) {
        view.remote = scoped_prefix_from_ip(&n->addr);
        view.session = n->session;
        view.enabled = peer_is_started(n->session);
        view.martians_ignored = n->martians;
    }
    for (unsigned f = 0; n && f < FAMILY_COUNT; f++) {
        if (n->source != 0)
            view.prefixes_received[f] = rib_source_at(&s->rib, n->source)->path_count[f];
        if (n->members[f])
            view.prefixes_advertised[f] = ribout_member_advertised(n->members[f]);
    }
    each(ctx, &view);
}

void speaker_each_peer(const struct speaker *s,
                       void (*each)(void *ctx, const struct speaker_peer *peer), void *ctx)
{
    for (size_t i = 0; i < s->entry_count; i++) {
        const struct entry *e = s->entries[i];
        if (entry_is_network(e))
            show_entry(s, e, NULL, each, ctx);
        for (uint32_t k = 0; k < e->neighbor_count; k++)
            show_entry(s, e, e->neighbors[k], each, ctx);
    }
}

/* What a name of the API stands for: an entry, or one neighbour of a network. */
struct target {
    struct entry *entry;
    struct neighbor *only; /* NULL: all of the entry */
};

/* Whether `remote` is the name of `addr`, a neighbour's address. */
static bool is_named(const struct scoped_prefix *remote, const struct ip_addr *addr)
{
    struct scoped_prefix name = scoped_prefix_from_ip(addr);
    return scoped_prefix_names(remote, &name);
}

/* The entry of a network with this name, or one neighbour with it: of an entry for one address that
 * is the entry itself. */
static int find_target(const struct speaker *s, const struct scoped_prefix *remote,
                       struct target *ret)
{
    struct target found = {0};
    for (size_t i = 0; i < s->entry_count; i++) {
        struct entry *e = s->entries[i];
        bool network = entry_is_network(e);
        if (network && prefix_equal(&e->config->remote, &remote->prefix)) {
            *ret = (struct target){.entry = e};
            return 0;
        }
        for (uint32_t k = 0; k < e->neighbor_count; k++) {
            if (!is_named(remote, &e->neighbors[k]->addr))
                continue;
            if (found.entry)
                return ERR_EXISTS;
            found = (struct target){.entry = e, .only = network ? e->neighbors[k] : NULL};
        }
    }
    if (!found.entry)
        return ERR_NOT_FOUND;
    *ret = found;
    return 0;
}

/* Calls `act` for each neighbour that the target means. */
static void for_target(const struct target *t, void (*act)(void *ctx, struct neighbor *n),
                       void *ctx)
{
    if (t->only) {
        act(ctx, t->only);
        return;
    }
    for (uint32_t i = 0; i < t->entry->neighbor_count; i++)
        act(ctx, t->entry->neighbors[i]);
}

int speaker_enable_peer(struct speaker *s, const struct scoped_prefix *remote)
{
    struct target t;
    int err = find_target(s, remote, &t);
    if (err)
        return err;
    if (!t.only)
        entry_set_enabled(t.entry, true, NULL);
    else if (!peer_is_started(t.only->session))
        peer_start(t.only->session);
    return 0;
}

int speaker_disable_peer(struct speaker *s, const struct scoped_prefix *remote, const char *message)
{
    struct target t;
    int err = find_target(s, remote, &t);
    if (err)
        return err;
    if (!t.only)
        entry_set_enabled(t.entry, false, message);
    else if (peer_is_started(t.only->session))
        peer_stop(t.only->session, NOTIFY_CEASE_ADMIN_SHUTDOWN, message);
    return 0;
}

static void reset_one(void *ctx, struct neighbor *n)
{
    peer_reset(n->session, NOTIFY_CEASE_ADMIN_RESET, ctx);
}

int speaker_reset_peer(struct speaker *s, const struct scoped_prefix *remote, const char *message)
{
    struct target t;
    int err = find_target(s, remote, &t);
    if (err)
        return err;
    for_target(&t, reset_one, (void *)(uintptr_t)message);
    return 0;
}

struct refresh {
    family_set wanted;
    family_set sent;
};

static void refresh_one(void *ctx, struct neighbor *n)
{
    struct refresh *r = ctx;
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        if (family_in(r->wanted, (enum family)f) &&
            peer_request_refresh(n->session, (enum family)f) == 0)
            r->sent |= FAMILY_BIT(f);
}

int speaker_refresh_peer(struct speaker *s, const struct scoped_prefix *remote, family_set families,
                         family_set *ret_families)
{
    struct target t;
    int err = find_target(s, remote, &t);
    if (err)
        return err;
    struct refresh r = {.wanted = families};
    for_target(&t, refresh_one, &r);
    if (r.sent == 0)
        return ERR_STATE;
    *ret_families = r.sent;
    return 0;
}

void speaker_advertise(struct speaker *s, struct static_route *route)
{
    route_originate(s, s->api_source, route);
    static_route_release(route);
}

int speaker_withdraw(struct speaker *s, const struct static_route *key)
{
    return route_retract(s, s->api_source, key) ? 0 : ERR_NOT_FOUND;
}
