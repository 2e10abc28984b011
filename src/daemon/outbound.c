/* What goes out in a turn: changes to the update groups, passes of their members, and then the
 * queues to the sockets: however many take more at once, those go on in the next turn whose turn
 * did not come. */
#include "daemon/outbound.h"

#include "base/log.h"
#include "base/time.h"
#include "daemon/channel.h"
#include "daemon/state.h"

/* A member whose pass waits for its queue goes on when some of this was sent. */
_Static_assert(PEER_QUEUE_LIMIT_BYTES <= RIBOUT_PASS_LIMIT_BYTES, "a pass would never go on");

static int init(struct speaker *s, struct strbuf *error)
{
    (void)error;
    ribout_init(&s->out, &s->rib);
    return 0;
}

static void release(struct speaker *s)
{
    ribout_release(&s->out);
}

static bool show_changes(struct speaker *s, uint64_t deadline_ns)
{
    return ribout_flush(&s->out, deadline_ns);
}

static bool make_passes(struct speaker *s, uint64_t deadline_ns)
{
    return ribout_work(&s->out, deadline_ns);
}

/* A session whose peer takes so little that RIB-out gave up on it cannot go on. */
static void end_if_given_up(void *ctx, struct neighbor *n)
{
    (void)ctx;
    bool given_up = false;
    for (unsigned i = 0; i < n->channel_count; i++)
        given_up |= n->channels[i].member && ribout_member_given_up(n->channels[i].member);
    if (!given_up)
        return;
    log_warning("peer %s: slow peer: withdrawal backlog limit exceeded", peer_name(n->session));
    struct notification cease =
        notification_make(NOTIFY_CEASE, NOTIFY_CEASE_OUT_OF_RESOURCES, span_of(NULL, 0));
    peer_notify(n->session, &cease, 0);
}

/* The next one of the round, which begins anew after the last one; NULL: there are none. */
static struct neighbor *next_neighbor(struct speaker *s)
{
    struct sending *at = &s->sending;
    for (size_t i = 0; i <= s->block_count && s->block_count > 0; i++) {
        if (at->block >= s->block_count)
            *at = (struct sending){0};
        const struct peer_block *b = s->blocks[at->block];
        if (at->neighbor < b->neighbor_count)
            return b->neighbors[at->neighbor++];
        *at = (struct sending){.block = at->block + 1};
    }
    return NULL;
}

/* True when the time was over before all had their turn. */
static bool flush_queues(struct speaker *s, uint64_t deadline_ns)
{
    for (uint32_t left = s->neighbor_total; left > 0; left--) {
        struct neighbor *n = next_neighbor(s);
        if (!n || !n->up || msgq_empty(peer_queue(n->session)))
            continue;
        peer_flush(n->session);
        if (time_mono_ns() >= deadline_ns)
            return left > 1;
    }
    return false;
}

static bool send_queues(struct speaker *s, uint64_t deadline_ns)
{
    bool some_end = s->out.given_up > 0; /* their paths are to be removed */
    if (some_end)
        speaker_each_neighbor(s, end_if_given_up, NULL);
    bool some_wait = flush_queues(s, deadline_ns);
    /* A socket may have taken what filled a queue. */
    return some_wait || some_end || ribout_has_work(&s->out);
}

const struct service export_service = {
    .name = "export",
    .init = init,
    .work = show_changes,
    .share_percent = 100,
    .release = release,
};

const struct service passes_service = {.name = "passes", .work = make_passes, .share_percent = 100};

const struct service sending_service = {
    .name = "sending",
    .work = send_queues,
    .share_percent = 100,
    .is_beside = true,
    .gathering_percent = 10, /* a call of the system takes as long for one message as for many */
};
