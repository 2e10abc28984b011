/* What the API asks of the speaker about peers and its own routes. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "daemon/channel.h"
#include "daemon/query.h"
#include "daemon/state.h"

/* What people call it by: the address, or the network. */
static struct scoped_prefix peer_block_name(const struct peer_block *b)
{
    struct scoped_prefix name = {.prefix = b->config->remote};
    memcpy(name.interface, b->config->remote_interface, sizeof(name.interface));
    return name;
}

static void say_nobody_listens(const struct speaker *s, char buf[ENTRY_CLOSED_TEXT_MAX])
{
    struct strbuf lines = {0};
    listening_describe(s->listening, &lines);
    int len = (int)strcspn(strbuf_text(&lines), "\n");
    snprintf(buf, ENTRY_CLOSED_TEXT_MAX, "no BGP socket is open: %.*s", len, strbuf_text(&lines));
    strbuf_release(&lines);
}

static struct speaker_peer view_peer(const struct speaker *s, const struct peer_block *b,
                                     const struct neighbor *n)
{
    struct speaker_peer view = {
        .speaker = s, .config = b->config, .remote = peer_block_name(b), .enabled = b->enabled};
    peer_block_closed_why(s, b, view.closed);
    if (view.closed[0] == '\0' && !listening_at(s->listening, 0))
        say_nobody_listens(s, view.closed);
    if (n) {
        view.remote = scoped_prefix_from_ip(&n->addr);
        view.session = n->session;
        view.enabled = peer_is_started(n->session);
        view.neighbor = n;
        view.martians_ignored = n->martians;
    }
    for (unsigned i = 0; n && i < n->channel_count; i++) {
        view.prefixes_received += channel_received(s, &n->channels[i]);
        view.prefixes_accepted += channel_accepted(s, &n->channels[i]);
        view.prefixes_advertised += channel_advertised(&n->channels[i]);
    }
    return view;
}

static enum speaker_channel_state state_of(const struct channel *c)
{
    const struct neighbor *n = c->neighbor;
    if (c->member)
        return CHANNEL_UP;
    if (n->up)
        return CHANNEL_NOT_NEGOTIATED;
    bool ended_it = c->limit.over && c->limit.config.action == LIMIT_SHUTDOWN;
    return ended_it && peer_held_back_s(n->session) > 0 ? CHANNEL_LIMITED : CHANNEL_DOWN;
}

bool speaker_peer_channel(const struct speaker_peer *peer, unsigned index,
                          struct speaker_channel *ret_channel)
{
    const struct neighbor *n = peer->neighbor;
    if (!n || index >= n->channel_count)
        return false;
    const struct channel *c = &n->channels[index];
    *ret_channel = (struct speaker_channel){
        .family = c->family,
        .state = state_of(c),
        .received = channel_received(peer->speaker, c),
        .accepted = channel_accepted(peer->speaker, c),
        .advertised = channel_advertised(c),
        .end_of_rib = c->end_of_rib,
        .limit = c->limit.config,
        .near_limit = c->limit.near,
        .over_limit = c->limit.over,
        .ignored = channel_ignored(peer->speaker, c),
    };
    return true;
}

/* How many items of a walk a block has, and which neighbour one of them is (NULL: the network). */
static uint32_t item_count(const struct peer_block *b)
{
    return b->neighbor_count + peer_block_is_network(b);
}

static const struct neighbor *item_neighbor(const struct peer_block *b, uint32_t item)
{
    bool network = peer_block_is_network(b);
    return network && item == 0 ? NULL : b->neighbors[item - network];
}

/* Whether the item where the cursor stands is what it was. */
static bool stands_at_last(const struct speaker *s, const struct speaker_peer_cursor *c)
{
    if (c->block >= s->block_count || c->item >= item_count(s->blocks[c->block]))
        return false;
    const struct peer_block *b = s->blocks[c->block];
    const struct neighbor *n = item_neighbor(b, c->item);
    struct scoped_prefix name = n ? scoped_prefix_from_ip(&n->addr) : peer_block_name(b);
    return prefix_equal(&name.prefix, &c->last.prefix) &&
           strcmp(name.interface, c->last.interface) == 0;
}

/* Moves the cursor past what it has shown last, wherever that is now. Where that is gone, what
 * followed it has taken its place. */
static void go_on(const struct speaker *s, struct speaker_peer_cursor *c)
{
    struct speaker_peer_cursor search = *c;
    bool found = stands_at_last(s, &search);
    for (search.block = found ? search.block : 0; !found && search.block < s->block_count;) {
        uint32_t count = item_count(s->blocks[search.block]);
        for (search.item = 0; search.item < count; search.item++)
            if ((found = stands_at_last(s, &search)))
                break;
        if (!found)
            search.block++;
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
    for (; cursor->block < s->block_count; cursor->block++, cursor->item = 0) {
        const struct peer_block *b = s->blocks[cursor->block];
        if (cursor->item >= item_count(b))
            continue;
        *ret_peer = view_peer(s, b, item_neighbor(b, cursor->item));
        cursor->last = ret_peer->remote;
        return true;
    }
    return false;
}

/* The entries and the blocks are in the same order. */
static const struct peer_block *block_of(const struct speaker *s, const struct config_peer *entry)
{
    return s->blocks[entry - s->config->peers];
}

const struct config_peer *speaker_next_waiting(const struct speaker *s,
                                               const struct config_peer *entry, uint32_t *at,
                                               config_key_set *ret_keys)
{
    const struct peer_block *b = block_of(s, entry);
    const struct config_peer *began = NULL;
    while (!began && *at < b->neighbor_count)
        began = peer_began_with(b->neighbors[(*at)++]->session, ret_keys);
    return began;
}

bool speaker_entry_is_enabled(const struct speaker *s, const struct config_peer *entry)
{
    return block_of(s, entry)->enabled;
}

const char *speaker_state_path(const struct speaker *s)
{
    return s->originated.store_path;
}

/* What a name of the API stands for, one at a time: a whole block (with the dynamic neighbours of a
 * network), or a dynamic neighbour of a block that is not meant as a whole. */
struct target {
    struct peer_block *block;
    struct neighbor *only; /* NULL: the whole block */
};

typedef void (*target_act)(void *ctx, struct target target);

/* Calls `act` (which may be NULL) for all that `remote` means: the peer with this address, or the
 * configured addresses and networks and the dynamic neighbours within this network. How many these
 * are. */
static size_t each_target(const struct speaker *s, const struct scoped_prefix *remote,
                          target_act act, void *ctx)
{
    size_t count = 0;
    for (size_t i = 0; i < s->block_count; i++) {
        struct target t = {.block = s->blocks[i]};
        struct scoped_prefix name = peer_block_name(t.block);
        if (scoped_prefix_covers(remote, &name)) {
            count++;
            if (act)
                act(ctx, t);
            continue;
        }
        for (uint32_t k = 0; peer_block_is_network(t.block) && k < t.block->neighbor_count; k++) {
            t.only = t.block->neighbors[k];
            if (!scoped_prefix_contains_ip(remote, &t.only->addr))
                continue;
            count++;
            if (act)
                act(ctx, t);
        }
    }
    return count;
}

bool speaker_knows_peer(const struct speaker *s, const struct scoped_prefix *remote)
{
    return each_target(s, remote, NULL, NULL) > 0;
}

int speaker_check_peer(const struct speaker *s, const struct scoped_prefix *remote)
{
    size_t count = each_target(s, remote, NULL, NULL);
    if (count == 0)
        return ERR_NOT_FOUND;
    return count > 1 && prefix_is_host(&remote->prefix) ? ERR_EXISTS : 0;
}

/* Calls `act` for all that `remote` means. An address without an interface must mean one peer. */
static int control(const struct speaker *s, const struct scoped_prefix *remote, target_act act,
                   void *ctx)
{
    int err = speaker_check_peer(s, remote);
    if (!err)
        each_target(s, remote, act, ctx);
    return err;
}

static void enable_target(void *ctx, struct target t)
{
    (void)ctx;
    if (!t.only)
        peer_block_set_enabled(t.block, true, NULL);
    else if (!peer_is_started(t.only->session))
        peer_start(t.only->session);
}

int speaker_enable_peer(struct speaker *s, const struct scoped_prefix *remote)
{
    return control(s, remote, enable_target, NULL);
}

/* What ends sessions has a message as its context (RFC 9003; NULL: none). */
static void disable_target(void *ctx, struct target t)
{
    const char *const *message = ctx;
    if (!t.only)
        peer_block_set_enabled(t.block, false, *message);
    else if (peer_is_started(t.only->session))
        peer_stop(t.only->session, NOTIFY_CEASE_ADMIN_SHUTDOWN, *message);
}

int speaker_disable_peer(struct speaker *s, const struct scoped_prefix *remote, const char *message)
{
    return control(s, remote, disable_target, &message);
}

/* Calls `act` for each neighbour that the target means. */
static void each_neighbor(struct target t, void (*act)(void *ctx, struct neighbor *n), void *ctx)
{
    if (t.only) {
        act(ctx, t.only);
        return;
    }
    for (uint32_t i = 0; i < t.block->neighbor_count; i++)
        act(ctx, t.block->neighbors[i]);
}

static void reset_neighbor(void *ctx, struct neighbor *n)
{
    const char *const *message = ctx;
    peer_reset(n->session, NOTIFY_CEASE_ADMIN_RESET, *message);
}

static void reset_target(void *ctx, struct target t)
{
    each_neighbor(t, reset_neighbor, ctx);
}

int speaker_reset_peer(struct speaker *s, const struct scoped_prefix *remote, const char *message)
{
    return control(s, remote, reset_target, &message);
}

struct refresh {
    family_set wanted;
    family_set sent;
};

static void refresh_neighbor(void *ctx, struct neighbor *n)
{
    struct refresh *r = ctx;
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        if (family_in(r->wanted, (enum family)f) &&
            peer_request_refresh(n->session, (enum family)f) == 0)
            r->sent |= FAMILY_BIT(f);
}

static void refresh_target(void *ctx, struct target t)
{
    each_neighbor(t, refresh_neighbor, ctx);
}

int speaker_refresh_peer(struct speaker *s, const struct scoped_prefix *remote, family_set families,
                         family_set *ret_families)
{
    struct refresh r = {.wanted = families};
    int err = control(s, remote, refresh_target, &r);
    if (err)
        return err;
    if (r.sent == 0)
        return ERR_STATE;
    *ret_families = r.sent;
    return 0;
}
