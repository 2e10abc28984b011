/* The daemon without sockets, clock or loop.
 *
 * daemon/exchange.c, channels and judging are linked as they are, with everything below them. What
 * it asks of the session layer and the speaker's loop is answered here; receive() and turn() do
 * what session/intake.c, session/receive.c and daemon/speaker.c do between the system calls.
 * Deadlines never pass, so that nothing depends on how fast the machine is. */
#include "host.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "daemon/channel.h"
#include "table.h"
#include "wire/message.h"

enum {
    LOCAL_AS = 65000,
    SWEEP_ENTRIES = 4096,
    SWEEP_DIRTY_MAX = 16384,
    VECTORS_MAX = 256,
};

/* --- what they ask for --- */

const struct peer_session *peer_session(const struct peer *peer)
{
    return &peer->session;
}

uint32_t peer_link(const struct peer *peer)
{
    (void)peer;
    return 0;
}

struct msgq *peer_queue(struct peer *peer)
{
    return &peer->queue;
}

const char *peer_name(const struct peer *peer)
{
    (void)peer;
    return "peer";
}

void peer_notify(struct peer *peer, const struct notification *n, uint32_t restart_s)
{
    (void)peer;
    (void)restart_s;
    bench_fail("a session ended with NOTIFICATION %u/%u", n->code, n->subcode);
}

void speaker_wake(struct speaker *s)
{
    (void)s; /* host_run turns until nothing is left */
}

void input_spend(struct speaker *s, uint32_t tests)
{
    (void)s;
    (void)tests; /* there is no clock to look at */
}

void peer_log_limit(struct peer *peer, enum log_level level, const char *format, ...)
{
    (void)peer;
    (void)level;
    (void)format; /* there are no limits */
}

int peer_request_refresh(struct peer *peer, enum family family)
{
    (void)peer;
    (void)family;
    return ERR_STATE; /* nothing reloads here */
}

void peers_each_own_address(const struct peer_env *env,
                            void (*each)(void *ctx, const struct ip_addr *addr, const char *link),
                            void *ctx)
{
    (void)env; /* the same on every machine */
    (void)each;
    (void)ctx;
}

uint32_t speaker_dirty_count(const struct speaker *s)
{
    (void)s;
    return 0; /* no flows are validated here */
}

void speaker_each_neighbor(const struct speaker *s, void (*each)(void *ctx, struct neighbor *n),
                           void *ctx)
{
    (void)s; /* our addresses do not change while they are counted */
    (void)each;
    (void)ctx;
}

/* --- peers --- */

static void init_peer(struct host *h, uint32_t index, uint32_t as)
{
    struct peer *p = &h->peers[index];
    struct open_caps caps = {
        .families = h->peer_config.families, .has_multiprotocol = true, .as4 = true};
    p->session = (struct peer_session){
        .negotiated = caps,
        .update_ctx = {.attr = {.as4 = true}, .families = caps.families},
        .remote_as = as,
        .remote_bgp_id = 0x0b000001 + index,
        .max_message_bytes = MESSAGE_MAX_BYTES,
        .local = {.addr = ip_from_v4(0x7f000001), .port = CONFIG_DEFAULT_BGP_PORT},
        .remote = {.addr = ip_from_v4(0x7f010001 + index), .port = CONFIG_DEFAULT_BGP_PORT},
    };
    p->neighbor =
        (struct neighbor){.block = &h->block, .addr = p->session.remote.addr, .session = p};
}

void host_init(struct host *h, uint32_t peer_count, uint32_t first_as, bool route_server)
{
    *h = (struct host){
        .config = {.router_id = 0x0a000001, .default_as = LOCAL_AS, .cluster_id = 0x0a000001},
        .peer_config = {.local_as = LOCAL_AS,
                        .router_id = 0x0a000001,
                        .families =
                            FAMILY_BIT(FAMILY_IPV4_UNICAST) | FAMILY_BIT(FAMILY_IPV6_UNICAST),
                        .advertise_sources = ADVERTISE_PEER,
                        .enforce_first_as = true,
                        .route_server_client = route_server},
        .peer_count = peer_count,
        .read_bytes = 65536,
    };
    h->block.config = &h->peer_config;
    h->speaker.config = &h->config;
    judge_configure(&h->speaker.judge, &h->config);
    h->decoder = mem_zalloc(sizeof *h->decoder);
    h->peers = mem_zalloc(peer_count * sizeof *h->peers);
    rib_init(&h->speaker.rib);
    ribout_init(&h->speaker.out, &h->speaker.rib);
    for (uint32_t i = 0; i < peer_count; i++)
        init_peer(h, i, first_as + i);
}

void host_release(struct host *h)
{
    for (uint32_t i = 0; i < h->peer_count; i++)
        host_down(h, i);
    host_run(h);
    for (uint32_t i = 0; i < h->peer_count; i++) {
        channels_release(&h->peers[i].neighbor);
        policy_neighbor_unref(h->peers[i].neighbor.known_as);
        msgq_release(&h->peers[i].queue);
    }
    ribout_release(&h->speaker.out);
    rib_release(&h->speaker.rib);
    review_service.release(&h->speaker);
    free(h->peers);
    free(h->decoder);
}

void host_up(struct host *h, uint32_t peer)
{
    neighbor_up(&h->speaker, &h->peers[peer].neighbor);
}

void host_down(struct host *h, uint32_t peer)
{
    neighbor_down(&h->speaker, &h->peers[peer].neighbor);
    msgq_clear(&h->peers[peer].queue);
}

uint32_t host_advertised(const struct host *h, uint32_t peer, enum family family)
{
    return channel_advertised(channel_find(&h->peers[peer].neighbor, family));
}

/* --- turns --- */

/* Takes one message off the input, as session/intake.c and session/receive.c do. */
static void receive_one(struct host *h, struct peer *p)
{
    uint8_t type;
    struct span body;
    struct notification error;
    struct update update;
    int len_bytes = message_frame(p->input, MESSAGE_MAX_BYTES, &type, &body, &error);
    if (len_bytes <= 0 || type != MESSAGE_UPDATE)
        bench_fail("the input is not a sequence of UPDATEs");
    p->input = span_of(p->input.data + len_bytes, p->input.len_bytes - (size_t)len_bytes);
    update_decode(body, &p->session.update_ctx, h->decoder, &update);
    if (update.problem_count > 0)
        bench_fail("a bad UPDATE: %s", update.problems[0].what);
    neighbor_update(&h->speaker, &p->neighbor, &update);
}

static void receive(struct host *h, struct peer *p)
{
    size_t before = p->input.len_bytes;
    while (p->input.len_bytes > 0 && before - p->input.len_bytes < h->read_bytes)
        receive_one(h, p);
    rib_batch_apply(&h->speaker.rib, &h->speaker.batch);
}

/* Takes everything out of a peer's queue, as net/transport.c does when a socket takes it. */
static void drain(struct peer *p)
{
    uint64_t messages = 0;
    while (!msgq_empty(&p->queue)) {
        struct iovec vectors[VECTORS_MAX];
        size_t len_bytes = 0;
        int count = msgq_vectors(&p->queue, vectors, VECTORS_MAX);
        for (int i = 0; i < count; i++)
            len_bytes += vectors[i].iov_len;
        msgq_advance(&p->queue, len_bytes, &messages, &p->updates_sent);
    }
}

static uint32_t dirty_total(const struct host *h)
{
    uint32_t total = 0;
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        total += rib_dirty_count(&h->speaker.rib.tables[f]);
    return total;
}

static bool sweep(struct host *h)
{
    bool more = rib_has_dead_paths(&h->speaker.rib);
    while (more && dirty_total(h) < SWEEP_DIRTY_MAX)
        more = rib_sweep(&h->speaker.rib, SWEEP_ENTRIES);
    return more;
}

/* In the order of daemon/speaker.c. */
bool host_turn(struct host *h)
{
    bool more = false;
    for (uint32_t i = 0; i < h->peer_count; i++) {
        receive(h, &h->peers[i]);
        more |= h->peers[i].input.len_bytes > 0;
    }
    more |= sweep(h);
    more |= ribout_flush(&h->speaker.out, UINT64_MAX);
    more |= ribout_work(&h->speaker.out, UINT64_MAX);
    for (uint32_t i = 0; i < h->peer_count; i++)
        drain(&h->peers[i]);
    return more | ribout_has_work(&h->speaker.out);
}

void host_run(struct host *h)
{
    while (host_turn(h))
        ;
}
