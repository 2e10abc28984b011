/* Peers of all kinds, sources and members at once, with what each of them holds. */
#ifndef BGPD_TESTS_RIB_EXPORT_PEERS_H
#define BGPD_TESTS_RIB_EXPORT_PEERS_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../keys.h"
#include "../policies.h"
#include "../random.h"
#include "../random_chain.h"
#include "base/hash.h"
#include "queue.h"
#include "rib/decide.h"
#include "rib/review.h"
#include "rib/ribout.h"
#include "rib/ribout_answer.h"
#include "rib/ribout_group.h"
#include "rib/sweep.h"
#include "sets.h"
#include "wire/nlri.h"
#include "wire/update.h"

enum { PREFIXES = 60, PEERS = 9, NETWORKS = 3, SETS = 30, OUR_AS = 65000, OTHER_AS = 64999 };
enum { WRITTEN_CHAINS = 8, CHAINS = 12 }; /* those after the written ones are random */
/* Some of the sets fit into it, some prefixes with others. */
enum { SHORT_MESSAGE_BYTES = 83 };

/* A peer that is source and member at once, and a hash of what it holds for each prefix. */
struct peer {
    bool up;
    bool stalled; /* its queue looks full until it is read */
    uint32_t source;
    uint32_t config_source;
    uint32_t router_id;
    struct export_profile profile;
    unsigned chain; /* of its export policy; 0: none */
    struct policy_neighbor *known_as;
    struct ribout_member *member;
    struct msgq queue;
    unsigned messages; /* so far */
    uint64_t held[PREFIXES];
};

static struct rib rib;
static struct ribout out;
static uint32_t sets[SETS];
static uint32_t api_source;
static uint32_t config_sources[NETWORKS]; /* of the peers whose number ends with the index; 0: none
                                            yet */
static bool alike;                        /* most peers are of one group, or two */
static bool clients;                      /* and those are clients of the route server */
static bool with_policies;
static struct policy_chain *chains[CHAINS];
static uint64_t chain_seeds[CHAINS]; /* of the random ones */
static struct peer peers[PEERS];
static struct rib_review review;
static bool change_in_review;
static unsigned needless; /* announcements of what was held, withdrawals of what was not */
static unsigned messages;
static unsigned announced; /* prefixes */

static struct nlri_key key_of(uint32_t i)
{
    uint8_t bytes[4] = {10, (uint8_t)i, 0, 0};
    return prefix_key(prefix_make(IP_V4, (uint8_t)(16 + i % 3 * 8), bytes));
}

static void take_nlri(struct peer *p, struct span nlri, uint64_t hash)
{
    struct reader r = reader_over(nlri);
    struct prefix prefix;
    while (nlri_next(&r, IP_V4, &prefix)) {
        uint64_t *held = &p->held[prefix.bytes[1]];
        needless += *held == hash;
        announced += hash != 0;
        *held = hash;
    }
    assert_true(reader_ok(&r));
}

static uint64_t hash_of(struct span next_hop, struct span attrs)
{
    return hash_bytes(attrs.data, attrs.len_bytes) ^
           (next_hop.len_bytes > 4 ? hash_bytes(next_hop.data, next_hop.len_bytes) : 0);
}

/* MP_REACH_NLRI stands in front of the other attributes. */
static void take_mp_reach(struct peer *p, struct span attrs)
{
    struct reader r = reader_over(attrs);
    struct attr_view mp = {0};
    assert_true(attr_next(&r, &mp) && mp.type == ATTR_MP_REACH);
    struct span others = reader_rest(&r);
    r = reader_over(mp.value);
    reader_take(&r, 3);
    struct span next_hop = reader_take(&r, reader_u8(&r));
    reader_u8(&r);
    take_nlri(p, reader_rest(&r), hash_of(next_hop, others));
}

static void take_message(void *ctx, struct span body)
{
    struct peer *p = ctx;
    struct reader r = reader_over(body);
    struct span withdrawn = reader_take(&r, reader_u16(&r));
    struct span attrs = reader_take(&r, reader_u16(&r));
    take_nlri(p, withdrawn, 0);
    if (attrs.len_bytes > 0 && reader_left(&r) == 0)
        take_mp_reach(p, attrs);
    take_nlri(p, reader_rest(&r), hash_of(span_of(NULL, 0), attrs));
    assert_true(reader_ok(&r));
    messages++;
    p->messages++;
}

static void stall(struct peer *p)
{
    if (!p->stalled)
        p->queue.pending_bytes += RIBOUT_LIVE_LIMIT_BYTES;
    p->stalled = true;
}

static void read_queue(struct peer *p)
{
    if (p->stalled)
        p->queue.pending_bytes -= RIBOUT_LIVE_LIMIT_BYTES;
    p->stalled = false;
    queue_read(&p->queue, UINT_MAX, p->profile.max_message_bytes, take_message, p);
}

/* Export policies: that look at the attributes alone, at the peer, at the prefix, at both; alike
 * but for a number. */
static void make_chains(void)
{
    static const struct rule_spec named[] = {
        {"community", "0:{peer.as}", NULL, NULL, POLICY_REJECT},
        {"med", "2", "med", "+5", POLICY_GO_ON}};
    static const struct rule_spec short_ones[] = {
        {"prefix_length", "24", NULL, NULL, POLICY_REJECT},
        {"med", "1", NULL, NULL, POLICY_ACCEPT},
        {NULL, NULL, "next_hop", "192.0.2.9", 0}};
    static const struct rule_spec a[] = {{"community", "0:7", NULL, NULL, POLICY_REJECT}};
    static const struct rule_spec b[] = {{"community", "0:8", NULL, NULL, POLICY_REJECT}};
    static const struct rule_spec own[] = {{"community", "0:7", "next_hop", "peer", POLICY_ACCEPT},
                                           {"neighbor_as", "64501", NULL, NULL, POLICY_REJECT}};
    static const struct rule_spec both[] = {{"community", "0:{peer.as}", NULL, NULL, POLICY_ACCEPT},
                                            {"prefix_length", "16", NULL, NULL, POLICY_ACCEPT}};
    static const struct rule_spec odd[] = {{"origin_as", "{peer.as}", "med", "9", POLICY_GO_ON},
                                           {"source", "api", "med", "3", POLICY_ACCEPT}};
    chains[1] = chain_of(named, 2, POLICY_NEXT);
    chains[2] = chain_of(short_ones, 3, POLICY_NEXT);
    chains[3] = chain_of(a, 1, POLICY_NEXT);
    chains[4] = chain_of(b, 1, POLICY_NEXT);
    chains[5] = chain_of(own, 2, POLICY_NEXT);
    chains[6] = chain_of(both, 2, POLICY_REJECT);
    chains[7] = chain_of(odd, 2, POLICY_ACCEPT);
    for (unsigned i = WRITTEN_CHAINS; i < CHAINS; i++) {
        struct random r = {(chain_seeds[i] = i) * 7919};
        chains[i] = random_chain(&r);
    }
}

static struct ribout_outbound outbound(const struct peer *p)
{
    return (struct ribout_outbound){p->profile, chains[p->chain], p->known_as};
}

/* Who the peer is to policies from now on: a neighbour of its name, or of another one. */
static void know(unsigned i, const char *name)
{
    struct peer *p = &peers[i];
    policy_neighbor_unref(p->known_as);
    p->known_as =
        policy_neighbor_new(&(struct policy_neighbor){.as = 64500 + i % 5,
                                                      .name = name,
                                                      .group = "",
                                                      .kind = p->profile.session_kind,
                                                      .addr = ip_from_v4(0x0afe0000 + i)});
}

/* Draws what may change during a session. */
static void draw_profile(struct random *r, struct peer *p)
{
    struct export_profile *t = &p->profile;
    p->chain = with_policies ? random_below(r, CHAINS) : 0;
    t->source_kinds = 1u << RIB_SOURCE_PEER;
    if (random_below(r, alike ? 8 : 2) > 0)
        t->source_kinds |= 1u << RIB_SOURCE_CONFIG;
    if (alike || random_below(r, 4) > 0)
        t->source_kinds |= 1u << RIB_SOURCE_API;
    t->route_server_client = alike && clients;
    if (alike)
        return;
    bool is_external = t->session_kind == SESSION_EXTERNAL;
    t->route_server_client = is_external && random_below(r, 2);
    t->interpret_communities = random_below(r, 4) == 0;
    t->reflector_client = !is_external && random_below(r, 2);
    t->next_hop_self = random_below(r, 2);
    t->cluster_id = is_external ? 0 : 1 + random_below(r, 2);
}

/* Draws all that another session may be. */
static void draw_session(struct random *r, struct peer *p)
{
    bool is_internal = !alike && random_below(r, 2);
    p->profile = (struct export_profile){0};
    p->profile.family = FAMILY_IPV4_UNICAST;
    p->profile.local_as = alike || random_below(r, 4) > 0 ? OUR_AS : OTHER_AS;
    p->profile.link = alike ? 0 : random_below(r, 3);
    p->profile.max_message_bytes =
        random_below(r, alike ? 8 : 3) ? MESSAGE_MAX_BYTES : SHORT_MESSAGE_BYTES;
    p->profile.as4 = alike || random_below(r, 3) > 0;
    p->profile.session_kind = is_internal ? SESSION_INTERNAL : SESSION_EXTERNAL;
    p->profile.extended_next_hop = alike || random_below(r, 2);
    p->profile.next_hop_len_bytes =
        !alike && p->profile.extended_next_hop && random_below(r, 2) ? 16 : 4;
    memcpy(p->profile.next_hop, (const uint8_t[]){192, 0, 2, 1}, 4);
    p->router_id = 100 + random_below(r, 3);
    draw_profile(r, p);
    know((unsigned)(p - peers), "");
}

static struct rib_source source_of(unsigned i)
{
    const struct peer *p = &peers[i];
    return (struct rib_source){
        .kind = RIB_SOURCE_PEER,
        .session_kind = p->profile.session_kind,
        .reflector_client = p->profile.reflector_client,
        .route_server_client = p->profile.route_server_client,
        .local_as = p->profile.local_as,
        .link = p->profile.link,
        .router_id = p->router_id,
        .addr = ip_from_v4(0x0afe0000 + i),
    };
}

static void peer_up(unsigned i)
{
    struct peer *p = &peers[i];
    struct rib_source source = source_of(i);
    memset(p->held, 0, sizeof(p->held));
    if (p->source == 0)
        p->source = rib_source_add(&rib.sources, &source);
    rib_source_update(&rib, p->source, &source, p->known_as);
    p->config_source = config_sources[i % NETWORKS];
    struct ribout_outbound what = outbound(p);
    p->member = ribout_join(&out, &what, &p->queue, p->source, p->config_source);
    p->up = true;
}

static void come(struct random *r, unsigned i)
{
    draw_session(r, &peers[i]);
    peer_up(i);
}

static void peer_down(unsigned i)
{
    struct peer *p = &peers[i];
    ribout_leave(&out, p->member);
    rib_source_down(&rib, p->source);
    msgq_clear(&p->queue);
    p->stalled = p->up = false;
}

/* The peer is another one when it comes again. */
static void peer_gone(unsigned i)
{
    if (peers[i].up)
        peer_down(i);
    if (peers[i].source != 0)
        rib_source_remove(&rib.sources, peers[i].source);
    peers[i].source = 0;
}

static struct rib_verdict retell(void *ctx, const struct rib_table *t, const struct rib_entry *e,
                                 const struct rib_path *path)
{
    (void)ctx;
    (void)t;
    (void)e;
    struct rib_verdict verdict = rib_verdict_same(path);
    verdict.retell = rib_source_at(&rib, path->source)->kind == RIB_SOURCE_PEER;
    return verdict;
}

/* Goes on with telling again what sources say that have changed. */
static void work_on_retelling(uint32_t budget)
{
    if (rib.retelling && rib_review_step(&rib, &review, budget, retell, NULL) && !change_in_review)
        rib_retold(&rib);
    if (!review.running)
        change_in_review = false;
}

static void set_source(unsigned i)
{
    struct rib_source source = source_of(i);
    bool changed = rib_source_update(&rib, peers[i].source, &source, peers[i].known_as);
    change_in_review |= changed && review.running; /* then another pass is needed */
}

/* What a reload may do to a peer that is up. */
static void change_profile(struct random *r, unsigned i)
{
    struct peer *p = &peers[i];
    draw_profile(r, p);
    set_source(i);
    struct ribout_outbound what = outbound(p);
    ribout_move(&out, p->member, &what);
}

/* A policy becomes another one, or the same from elsewhere in the file. */
static void change_chain(struct random *r)
{
    unsigned i = WRITTEN_CHAINS + random_below(r, CHAINS - WRITTEN_CHAINS);
    if (random_below(r, 4) > 0)
        chain_seeds[i] = 1 + random_below(r, 1000000);
    struct random of_chain = {chain_seeds[i] * 7919};
    policy_chain_unref(chains[i]);
    chains[i] = random_chain(&of_chain);
    for (unsigned k = 0; k < PEERS; k++) {
        struct ribout_outbound what = outbound(&peers[k]);
        if (peers[k].up && peers[k].chain == i)
            ribout_move(&out, peers[k].member, &what);
    }
}

/* A peer gets another name. */
static void rename_peer(struct random *r, unsigned i)
{
    know(i, random_below(r, 2) ? "renamed" : "");
    set_source(i);
    struct ribout_outbound what = outbound(&peers[i]);
    ribout_move(&out, peers[i].member, &what);
}

static int set_up(void **state)
{
    (void)state;
    make_chains();
    rib_init(&rib);
    ribout_init(&out, &rib);
    static const uint32_t communities[] = {0, 7, 64501, 0xffffff01, 0xffffff02, 64500, 64503, 8};
    static const uint8_t link_local[16] = {0xfe, 0x80, [15] = 1};
    static const uint8_t both[32] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1, [16] = 0xfe, 0x80, [31] = 1};
    static const uint8_t unknown_types[] = {200, 201, 202};
    static const uint8_t unknown_flags[] = {0, 0, 0, 0x80, 0xa0, 0xc0, 0xe0};
    const struct span hops_v6[] = {span_of(link_local, 16), span_of(both, 16), span_of(both, 32)};
    for (uint32_t i = 0; i < SETS; i++) {
        bool is_v6 = i >= SETS - 6;
        struct set_spec spec = {.path = {64500 + i % 2, i % 4 == 0 ? 70000 : 0},
                                .next_hop = is_v6 ? 0 : 0x0afe0000 + i % 4, /* of some peers */
                                .next_hop_v6 = is_v6 ? hops_v6[i % 3] : span_of(NULL, 0),
                                .med = i / 2 % 3,
                                .community = communities[i % 8],
                                .unknown_type = unknown_types[i % 3],
                                .unknown_flags = unknown_flags[i % 7],
                                .weight = i % 8 == 5 ? i : 0,
                                .kept = i % 3 == 0 ? (uint8_t)(i / 3 % 4) : 0};
        sets[i] = make_set(&rib.attrs, &spec);
    }
    api_source = rib_source_add(&rib.sources, &(struct rib_source){.kind = RIB_SOURCE_API});
    memset(config_sources, 0, sizeof(config_sources));
    alike = clients = with_policies = false;
    struct random r = {11};
    for (unsigned i = 0; i < PEERS; i++)
        come(&r, i);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEERS; i++) {
        peer_gone(i);
        msgq_release(&peers[i].queue);
    }
    ribout_release(&out);
    for (unsigned i = 0; i < SETS; i++)
        rib_attrs_unref(&rib.attrs, sets[i]);
    rib_release(&rib);
    for (unsigned i = 0; i < PEERS; i++)
        policy_neighbor_unref(peers[i].known_as);
    memset(peers, 0, sizeof(peers));
    for (unsigned i = 0; i < CHAINS; i++)
        policy_chain_unref(chains[i]);
    return 0;
}

static void announce_set(uint32_t i, uint32_t source, uint32_t set)
{
    struct nlri_key key = key_of(i);
    struct rib_announcement a = {.source = source, .received = set, .attrs = set, .now_mono_s = 1};
    rib_announce(&rib, FAMILY_IPV4_UNICAST, key, &a);
}

static void announce(uint32_t i, uint32_t source, uint32_t set)
{
    announce_set(i, source, sets[set]);
}

static void quiesce(void)
{
    bool busy = true;
    while (busy) {
        work_on_retelling(1000);
        busy = rib_sweep(&rib, 1000) || rib.retelling;
        busy |= ribout_flush(&out, UINT64_MAX);
        busy |= ribout_work(&out, UINT64_MAX);
        for (unsigned i = 0; i < PEERS; i++) {
            busy |= peers[i].up && (peers[i].stalled || !msgq_empty(&peers[i].queue));
            if (peers[i].up)
                read_queue(&peers[i]);
        }
    }
}

#endif
