/* What sessions report, and their life from the start of the speaker to its end. */
#include "daemon/sessions.h"

#include <stdlib.h>

#include "base/mem.h"
#include "daemon/channel.h"
#include "daemon/reload_blocks.h"
#include "daemon/state.h"

/* --- what they report --- */

static void on_established(void *ctx, struct peer *peer)
{
    neighbor_up(ctx, peer_user(peer));
}

static void on_down(void *ctx, struct peer *peer, enum session_down_reason reason)
{
    struct neighbor *n = peer_user(peer);
    (void)reason;
    if (n->up)
        reload_count_session(ctx, n);
    neighbor_down(ctx, n);
}

static void on_update(void *ctx, struct peer *peer, const struct update *update)
{
    neighbor_update(ctx, peer_user(peer), update);
}

static void on_refresh(void *ctx, struct peer *peer, enum family family)
{
    struct ribout_member *member = channel_member(peer_user(peer), family);
    if (member)
        ribout_refresh(member);
    speaker_wake(ctx);
}

static void on_writable(void *ctx, struct peer *peer)
{
    (void)peer;
    speaker_wake(ctx);
}

static bool want_input(void *ctx, size_t message_bytes)
{
    return input_wanted(ctx, message_bytes);
}

static void on_input_end(void *ctx)
{
    input_ends(ctx);
}

static void on_links_changed(void *ctx)
{
    speaker_links_changed(ctx);
}

static const struct session_handler handler = {
    .established = on_established,
    .down = on_down,
    .update = on_update,
    .refresh = on_refresh,
    .writable = on_writable,
    .want_input = want_input,
    .input_end = on_input_end,
    .links_changed = on_links_changed,
};

/* --- the service --- */

static int init(struct speaker *s, struct strbuf *error)
{
    (void)error;
    s->env = peer_env_new(s->loop, &handler, s);
    return 0;
}

static void start_block(struct speaker *s, size_t i)
{
    const struct config_peer *config = &s->config->peers[i];
    struct peer_block *b = s->blocks[i] = peer_block_new(s, config);
    for (size_t k = 0; k < config_peer_announced_count(config); k++)
        peer_block_announce(s, b, &config->routes[k]);
}

/* All blocks are there before the first peer starts. */
static void start(struct speaker *s)
{
    s->block_count = s->config->peer_count;
    s->blocks = mem_resize(NULL, s->block_count, sizeof(struct peer_block *));
    for (size_t i = 0; i < s->block_count; i++)
        start_block(s, i);
    for (size_t i = 0; i < s->block_count; i++)
        if (s->blocks[i]->enabled)
            peer_block_set_enabled(s->blocks[i], true, NULL);
}

static void stop(struct speaker *s)
{
    for (size_t i = 0; i < s->block_count; i++)
        peer_block_set_enabled(s->blocks[i], false, NULL);
    for (size_t i = 0; i < s->block_count; i++)
        peer_block_free(s, s->blocks[i]);
    s->block_count = 0;
}

static void release(struct speaker *s)
{
    peer_env_free(s->env);
    free(s->blocks);
}

const struct service sessions_service = {
    .name = "sessions",
    .init = init,
    .start = start,
    .reconfigure = reload_blocks,
    .tick = speaker_reap,
    .stop = stop,
    .release = release,
};
