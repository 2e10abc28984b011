/* What the API asks of the speaker about peers and its own routes. */
#include <string.h>

#include "base/err.h"
#include "daemon/state.h"

static struct speaker_peer view_peer(const struct speaker *s, const struct entry *e,
                                     const struct neighbor *n)
{
    struct speaker_peer view = {.config = e->config, .remote.prefix = e->config->remote};
    view.enabled = e->enabled;
    entry_closed_why(s, e, view.closed);
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
    return view;
}

/* How many items of a walk an entry has, and which neighbour one of them is (NULL: the network). */
static uint32_t item_count(const struct entry *e)
{
    return e->neighbor_count + entry_is_network(e);
}

static const struct neighbor *item_neighbor(const struct entry *e, uint32_t item)
{
    bool network = entry_is_network(e);
    return network && item == 0 ? NULL : e->neighbors[item - network];
}

/* Whether the item where the cursor stands is what it was. */
static bool stands_at_last(const struct speaker *s, const struct speaker_peer_cursor *c)
{
    if (c->entry >= s->entry_count || c->item >= item_count(s->entries[c->entry]))
        return false;
    const struct entry *e = s->entries[c->entry];
    const struct neighbor *n = item_neighbor(e, c->item);
    struct scoped_prefix name = {.prefix = e->config->remote};
    if (n)
        name = scoped_prefix_from_ip(&n->addr);
    return prefix_equal(&name.prefix, &c->last.prefix) &&
           strcmp(name.interface, c->last.interface) == 0;
}

/* Moves the cursor behind what it has shown last, wherever that is now. Where that is gone, what
 * followed it has taken its place. */
static void go_on(const struct speaker *s, struct speaker_peer_cursor *c)
{
    struct speaker_peer_cursor search = *c;
    bool found = stands_at_last(s, &search);
    for (search.entry = found ? search.entry : 0; !found && search.entry < s->entry_count;) {
        uint32_t count = item_count(s->entries[search.entry]);
        for (search.item = 0; search.item < count; search.item++)
            if ((found = stands_at_last(s, &search)))
                break;
        if (!found)
            search.entry++;
    }
    if (!found)
        return;
    *c = search;
    c->item++;
}

bool speaker_next_peer(const struct speaker *s, struct speaker_peer_cursor *cursor,
                       struct speaker_peer *ret_peer)
{
    if (cursor->begun)
        go_on(s, cursor);
    cursor->begun = true;
    for (; cursor->entry < s->entry_count; cursor->entry++, cursor->item = 0) {
        const struct entry *e = s->entries[cursor->entry];
        if (cursor->item >= item_count(e))
            continue;
        *ret_peer = view_peer(s, e, item_neighbor(e, cursor->item));
        cursor->last = ret_peer->remote;
        return true;
    }
    return false;
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
    if (!t.only) {
        entry_set_enabled(t.entry, false, message);
        peers_forgive(s->env, &t.entry->config->remote);
    } else if (peer_is_started(t.only->session)) {
        peer_stop(t.only->session, NOTIFY_CEASE_ADMIN_SHUTDOWN, message);
    }
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
    if (!t.only)
        peers_forgive(s->env, &t.entry->config->remote);
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
