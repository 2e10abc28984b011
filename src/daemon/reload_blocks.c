/* A reload of the blocks of peers: what a new configuration makes of them, and what waits. */
#include "daemon/reload_blocks.h"

#include <stdlib.h>

#include "base/mem.h"
#include "daemon/channel.h"
#include "daemon/state.h"

/* Neighbours of which the answer says by name what waits for their next session. */
enum { NAMED_MAX = 10 };

/* What becomes of a block of the next configuration. */
struct change {
    bool is_new;
    config_key_set keys; /* that differ */
};

/* Whether a reload does this for one of the keys of a peer. */
static bool asks_for(config_key_set keys, enum config_reload reload)
{
    return (keys & config_peer_keys(reload)) != 0;
}

/* Dynamic neighbours to which another block applies now lose their session: their configuration is
 * not what they were accepted with. Entries of the new configuration are in place. */
static void drop_strays(struct speaker *s, struct peer_block *b)
{
    for (uint32_t i = b->neighbor_count; i-- > 0;)
        if (speaker_match(s, &b->neighbors[i]->addr) != b)
            peer_block_remove_neighbor(s, b, i);
}

static void reconfigure_neighbor(struct speaker *s, struct neighbor *n, config_key_set keys)
{
    peer_reconfigure(n->session, n->block->config);
    channels_settle(n);
    if (asks_for(keys, RELOAD_RESTART)) {
        peer_reset(n->session, NOTIFY_CEASE_CONFIG_CHANGE, NULL);
        return;
    }
    if (keys) /* perhaps what the session ended for is mended */
        peer_forgive(n->session);
    if (asks_for(keys, RELOAD_LIMITS))
        channels_change_limits(s, n);
    if (n->up)
        channels_change_policies(s, n);
}

/* Takes a block from one configuration to the next. */
static void change_block(struct speaker *s, struct peer_block *b, const struct config_peer *next,
                         config_key_set keys)
{
    b->config = next;
    for (uint32_t i = 0; i < b->neighbor_count; i++)
        reconfigure_neighbor(s, b->neighbors[i], keys);
    if (asks_for(keys, RELOAD_MD5))
        peer_block_guard(s, b);
    /* A name and a group are what policies know neighbours by. */
    if (asks_for(keys, RELOAD_EXPORT) || asks_for(keys, RELOAD_POLICY) ||
        asks_for(keys, RELOAD_AS_INHERITED))
        for (uint32_t i = 0; i < b->neighbor_count; i++)
            neighbor_update_export(s, b->neighbors[i]);
    if (asks_for(keys, RELOAD_ENABLE))
        peer_block_set_enabled(b, next->enabled, NULL);
}

/* The block of the old configuration for the same remote; NULL. */
static struct peer_block *peer_block_of(const struct speaker *s, const struct config *old,
                                        const struct config_peer *config)
{
    const struct config_peer *before =
        config_find_peer(old, &config->remote, config->remote_interface);
    return before ? s->blocks[before - old->peers] : NULL;
}

static void remove_vanished(struct speaker *s, struct reload_summary *sum)
{
    for (size_t i = 0; i < s->block_count; i++) {
        struct peer_block *b = s->blocks[i];
        if (config_find_peer(s->config, &b->config->remote, b->config->remote_interface))
            continue;
        peer_block_free(s, b);
        s->blocks[i] = NULL;
        sum->peers_removed++;
    }
}

/* Notes what is to be done for the blocks that stay, before anything is. */
static void compare_blocks(struct speaker *s, const struct config *old, struct peer_block **blocks,
                           struct change *changes, const struct config_peer **before)
{
    const struct config *next = s->config;
    for (size_t i = 0; i < next->peer_count; i++) {
        struct change *c = &changes[i];
        blocks[i] = peer_block_of(s, old, &next->peers[i]);
        c->is_new = !blocks[i];
        if (c->is_new)
            continue;
        c->keys = config_peer_changed_keys(blocks[i]->config, &next->peers[i]);
        if (asks_for(c->keys, RELOAD_MD5) && !next->peers[i].md5_password)
            peer_block_unguard(s, blocks[i]); /* makes room for keys that come */
        bool routes_differ = asks_for(c->keys, RELOAD_ROUTES) || asks_for(c->keys, RELOAD_EXPORT);
        before[i] = routes_differ ? blocks[i]->config : &next->peers[i];
    }
}

/* Makes the blocks those of the speaker's configuration, in its order. New ones come last: when
 * they start, all others are in place. `changes` is parallel to them. */
static void change_blocks(struct speaker *s, const struct config *old, struct change *changes,
                          struct reload_summary *sum)
{
    const struct config *next = s->config;
    struct peer_block **blocks = mem_resize(NULL, next->peer_count, sizeof(struct peer_block *));
    const struct config_peer **before =
        mem_zalloc((next->peer_count + 1) * sizeof(struct config_peer *));
    remove_vanished(s, sum);
    compare_blocks(s, old, blocks, changes, before);
    s->reload.before = before;
    free(s->blocks);
    s->blocks = blocks;
    s->block_count = next->peer_count;
    s->blocks_version++;
    for (size_t i = 0; i < next->peer_count; i++) {
        if (blocks[i])
            change_block(s, blocks[i], &next->peers[i], changes[i].keys);
        sum->peers_changed += changes[i].keys != 0;
    }
    for (size_t i = 0; i < next->peer_count; i++) {
        if (blocks[i])
            continue;
        blocks[i] = peer_block_new(s, &next->peers[i]);
        sum->peers_added++;
    }
    for (size_t i = 0; i < next->peer_count; i++) {
        if (peer_block_is_network(blocks[i]))
            drop_strays(s, blocks[i]);
        if (changes[i].is_new && blocks[i]->enabled)
            peer_block_set_enabled(blocks[i], true, NULL);
    }
}

/* --- what waits --- */

/* "hold_timer, families and md5_password" */
static void add_key_names(config_key_set keys, struct strbuf *out)
{
    unsigned bit = 0;
    const char *name = config_next_peer_key(keys, &bit);
    for (size_t i = 0; name; i++) {
        const char *next = config_next_peer_key(keys, &bit);
        strbuf_printf(out, "%s%s", i == 0 ? "" : next ? ", " : " and ", name);
        name = next;
    }
}

/* Says which changes wait for the next session of a neighbour, and how it is begun. */
static void warn_of_waiting(const struct neighbor *n, config_key_set keys, struct strbuf *lines)
{
    const char *name = peer_name(n->session);
    add_key_names(keys, lines);
    strbuf_printf(lines, " of %s %s effect with its next %s: `bgpd neighbor reset %s`\n", name,
                  (keys & (keys - 1)) ? "take" : "takes",
                  config_keys_need_connection(keys) ? "connection" : "session", name);
}

static void warn_of_all_waiting(const struct speaker *s, const struct change *changes,
                                struct strbuf *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < s->block_count; i++) {
        const struct peer_block *b = s->blocks[i];
        for (uint32_t k = 0; changes[i].keys && k < b->neighbor_count; k++) {
            config_key_set keys = changes[i].keys & peer_pending(b->neighbors[k]->session);
            if (keys && count++ < NAMED_MAX)
                warn_of_waiting(b->neighbors[k], keys, lines);
        }
    }
    if (count > NAMED_MAX)
        strbuf_printf(lines,
                      "changes of %zu more neighbors wait likewise: the column Pending of `bgpd "
                      "show neighbors` says which\n",
                      count - NAMED_MAX);
}

static void update_export(void *ctx, struct neighbor *n)
{
    neighbor_update_export(ctx, n);
}

void reload_blocks(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    struct change *changes = mem_zalloc((s->config->peer_count + 1) * sizeof(*changes));
    change_blocks(s, old, changes, sum);
    if (config_changed_keys(old, s->config) & config_keys(RELOAD_EXPORT))
        speaker_each_neighbor(s, update_export, s);
    warn_of_all_waiting(s, changes, &sum->warnings);
    free(changes);
}
