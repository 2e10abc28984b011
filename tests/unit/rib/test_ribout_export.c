/* RIB-out with peers of all kinds: what each holds is what its best route looks like to it, and it
 * is sent nothing that changes nothing for it. The model looks at one prefix and one peer at a
 * time. */
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

/* What the policy of a peer makes of a path that may be told to it; else why not. Asked of its
 * policy alone. */
static enum rib_withheld judge_path(const struct ribout_outbound *by, struct rib_entry *e,
                                    const struct rib_path *path, struct attr_block *ret_attrs)
{
    static struct policy_scratch *scratch;
    static struct policy_run *run;
    const struct rib_attrs *set = rib_attrs_at(&rib.attrs, path->attrs);
    struct span attrs = rib_attrs_span(set);
    enum rib_withheld why = RIB_TOLD;
    if (by->policy) {
        struct rib_view view = {.chain = by->policy, .peer = by->peer};
        const struct rib_audience who = {&by->profile, &view, 0};
        struct policy_scene scene = rib_view_scene(&rib, &who, e, path->source, path->attrs);
        scratch = scratch ? scratch : policy_scratch_new();
        run = run ? run : policy_run_new(scratch);
        scene.attrs = attrs;
        scene.hot = &set->hot;
        const struct policy_outcome *outcome =
            policy_run_explain(run, view.chain, &scene, NULL, NULL);
        attrs = outcome->attrs;
        why = outcome->accepted ? RIB_TOLD : RIB_WITHHELD_POLICY;
    }
    ret_attrs->len_bytes = (uint32_t)attrs.len_bytes;
    memcpy(ret_attrs->bytes, attrs.data, attrs.len_bytes);
    attr_block_finish(ret_attrs);
    if (by->policy && why == RIB_TOLD) {
        uint32_t made = rib_attrs_intern(&rib.attrs, attrs, &ret_attrs->hot);
        const struct rib_exported what = {&by->profile, made, path->source};
        bool always;
        why = rib_export_judge_message(&rib, &what, e, &always);
        rib_attrs_unref(&rib.attrs, made);
    }
    return why;
}

/* A route of our own whose next hop is the peer, as policy has made it. */
static bool goes_to(const struct peer *p, const struct rib_path *path,
                    const struct attr_block *attrs)
{
    const struct rib_source *own = rib_source_at(&rib, p->source);
    return rib_source_at(&rib, path->source)->kind != RIB_SOURCE_PEER &&
           attrs->hot.next_hop_len_bytes == 4 &&
           memcmp(attrs->bytes + attrs->hot.next_hop_offset, own->addr.bytes, 4) == 0;
}

/* The path that the peer is told of an entry, or not: the best one, or its own of the
 * configuration. */
static const struct rib_path *select_best(const struct peer *p, const struct ribout_outbound *by,
                                          struct rib_entry *e, struct attr_block *ret_attrs,
                                          enum rib_withheld *ret_why)
{
    const struct rib_path *path = (by->policy ? rib_export_choose : rib_export_select)(
        &rib, &by->profile, p->config_source, e, ret_why);
    if (!path)
        return NULL;
    *ret_why = judge_path(by, e, path, ret_attrs);
    if (*ret_why == RIB_TOLD && path->source == p->source)
        *ret_why = RIB_WITHHELD_OWN;
    else if (*ret_why == RIB_TOLD && goes_to(p, path, ret_attrs))
        *ret_why = RIB_WITHHELD_NEXT_HOP_IS_PEER;
    return path;
}

/* Why the client of the route server is not told a path. */
static enum rib_withheld judge_for(const struct peer *p, const struct ribout_outbound *by,
                                   struct rib_entry *e, const struct rib_path *path,
                                   struct attr_block *ret_attrs)
{
    if (path->source == p->source)
        return RIB_WITHHELD_OWN;
    enum rib_withheld why = rib_export_judge(&rib, &by->profile, path, e, !by->policy);
    if (why == RIB_TOLD)
        why = judge_path(by, e, path, ret_attrs);
    return why == RIB_TOLD && goes_to(p, path, ret_attrs) ? RIB_WITHHELD_NEXT_HOP_IS_PEER : why;
}

/* The first path that the client of a route server may have: it selects the best one again and
 * again, each time without those before. */
static const struct rib_path *select_first(const struct peer *p, const struct ribout_outbound *by,
                                           struct rib_entry *e, struct attr_block *ret_attrs,
                                           enum rib_withheld *ret_why)
{
    struct rib_path more[PEERS + 1 + NETWORKS];
    struct rib_entry left = *e;
    const struct rib_path *first = NULL;
    const uint8_t kinds = by->profile.source_kinds;
    bool leads = e->best_usable && rib_decide_usable_of(&rib, &e->best, kinds);
    assert_true(rib_entry_path_count(e) <= PEERS + 1 + NETWORKS);
    if (e->more_count > 0)
        memcpy(more, e->more, e->more_count * sizeof(*more));
    left.more = more;
    for (;; leads = false) {
        int best = leads ? 0 : rib_decide_best(&rib, &left, kinds, false);
        if (best < 0)
            return first;
        struct rib_path *of_left = rib_entry_path(&left, (unsigned)best);
        const struct rib_path *path = rib_entry_path_of(e, of_left->source);
        enum rib_withheld why = judge_for(p, by, e, path, ret_attrs);
        of_left->reject = RIB_REJECT_POLICY; /* from here on it is none of them */
        if (!first || why == RIB_TOLD)
            *ret_why = why;
        if (why == RIB_TOLD)
            return path;
        first = first ? first : path;
    }
}

/* What the peer is told of an entry, and by which path; else why not. */
static const struct rib_path *select_for(const struct peer *p, const struct ribout_outbound *by,
                                         uint32_t id, struct attr_block *ret_attrs,
                                         enum rib_withheld *ret_why)
{
    struct rib_entry *e = rib_table_at(&rib.tables[FAMILY_IPV4_UNICAST], id);
    bool tells_config = (by->profile.source_kinds & (1u << RIB_SOURCE_CONFIG)) != 0;
    bool has_own = tells_config && p->config_source && rib_entry_path_of(e, p->config_source);
    if (by->profile.route_server_client && !has_own) {
        const struct rib_path *path = select_first(p, by, e, ret_attrs, ret_why);
        if (path)
            return path;
    }
    return select_best(p, by, e, ret_attrs, ret_why);
}

/* The hash of the attributes that the peer is to hold; 0: none. */
static uint64_t expected_of(const struct peer *p, uint32_t i)
{
    static struct attr_block attrs;
    struct nlri_key key = key_of(i);
    uint32_t id = rib_table_find(&rib.tables[FAMILY_IPV4_UNICAST], key);
    if (id == 0)
        return 0;
    enum rib_withheld why;
    const struct ribout_outbound by = outbound(p);
    const struct rib_path *path = select_for(p, &by, id, &attrs, &why);
    if (!path || why != RIB_TOLD)
        return 0;
    static uint8_t buf[4096];
    uint8_t hop[32];
    uint8_t hop_len_bytes;
    struct attr_export x;
    uint32_t made = rib_attrs_intern(&rib.attrs, attr_block_span(&attrs), &attrs.hot);
    assert_int_equal(rib_export_attrs(&rib, &p->profile, made, path->source, &x), 0);
    rib_attrs_unref(&rib.attrs, made);
    struct writer w = writer_over(buf, sizeof(buf));
    update_encode_attrs(&w, attr_block_span(&attrs), &attrs.hot, FAMILY_IPV4_UNICAST, &x, hop,
                        &hop_len_bytes);
    return hash_of(span_of(hop, hop_len_bytes), writer_span(&w));
}

/* Members by what they are told of an entry, and why not. */
struct told {
    unsigned by_source[64]; /* that are told a path of it */
    unsigned not_told[64];  /* by the reason, where there is a path … */
    unsigned no_path[64];   /* … and where there is none */
};

static void count_told(struct told *told, const struct rib_path *path, enum rib_withheld why,
                       unsigned members)
{
    assert_true(members > 0 && (!path || path->source < 64));
    *(!path             ? &told->no_path[why]
      : why == RIB_TOLD ? &told->by_source[path->source]
                        : &told->not_told[why]) += members;
}

static void take_answer(void *ctx, const struct ribout_answer *answer)
{
    count_told(ctx, answer->path, answer->why, answer->members);
}

/* What groups answer of an entry is what their members do, whatever was told so far. */
static void check_answers(uint32_t id)
{
    struct rib_table *t = &rib.tables[FAMILY_IPV4_UNICAST];
    struct told by_group = {0};
    struct told by_member = {0};
    rib_entry_decide(&rib, t, id);
    ribout_each_answer(&out, t, id, RIB_SOURCE_API, take_answer, &by_group);
    for (unsigned i = 0; i < PEERS; i++) {
        const struct peer *p = &peers[i];
        const struct export_profile *profile = p->up ? ribout_member_profile(p->member) : NULL;
        if (!profile || !(profile->source_kinds & (1u << RIB_SOURCE_API)))
            continue;
        static struct attr_block attrs;
        const struct rib_view *view = p->member->view;
        const struct ribout_outbound by = {*profile, view ? view->chain : NULL,
                                           view && view->peer ? view->peer : p->known_as};
        enum rib_withheld why;
        const struct rib_path *path = select_for(p, &by, id, &attrs, &why);
        count_told(&by_member, path, why, 1);
    }
    assert_memory_equal(&by_group, &by_member, sizeof(by_group));
}

static void check_all(void)
{
    quiesce();
    for (unsigned i = 0; i < PEERS; i++) {
        const struct peer *p = &peers[i];
        uint32_t told = 0;
        for (uint32_t k = 0; p->up && k < PREFIXES; k++) {
            uint64_t expected = expected_of(p, k);
            if (p->held[k] != expected)
                fail_msg("peer %u, prefix %u: holds %llx, expected %llx", i, k,
                         (unsigned long long)p->held[k], (unsigned long long)expected);
            told += expected != 0;
            struct nlri_key key = key_of(k);
            uint32_t id = rib_table_find(&rib.tables[FAMILY_IPV4_UNICAST], key);
            const struct rib_path *path;
            if (id != 0)
                assert_int_equal(ribout_member_told(&out, p->member, id, &path).why == RIB_TOLD,
                                 expected != 0);
        }
        if (p->up)
            assert_int_equal(ribout_member_advertised(p->member), told);
    }
}

/* The source of the static routes of a network; it comes with the first of them. */
static uint32_t config_source_of(unsigned network)
{
    if (config_sources[network] != 0)
        return config_sources[network];
    config_sources[network] =
        rib_source_add(&rib.sources, &(struct rib_source){.kind = RIB_SOURCE_CONFIG});
    for (unsigned i = network; i < PEERS; i += NETWORKS) {
        if (!peers[i].up)
            continue;
        peers[i].config_source = config_sources[network];
        ribout_set_config_source(&out, peers[i].member, config_sources[network]);
    }
    return config_sources[network];
}

/* Draws what the peers that come are. */
static void draw_mode(uint64_t seed)
{
    alike = seed % 2;
    with_policies = seed % 4 > 1;
    clients = seed % 8 > 3;
}

static void change_route(struct random *r)
{
    uint32_t prefix = random_below(r, alike ? PREFIXES / 4 : PREFIXES);
    unsigned i = random_below(r, PEERS + 2 + (alike ? 3 : 1) * NETWORKS);
    uint32_t source = i < PEERS       ? peers[i].source
                      : i < PEERS + 2 ? api_source
                                      : config_source_of((i - PEERS - 2) % NETWORKS);
    if (i < PEERS && !peers[i].up)
        return;
    struct nlri_key key = key_of(prefix);
    if (random_below(r, 3) > 0)
        announce(prefix, source, random_below(r, SETS));
    else
        rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, source, 0);
}

/* A network is removed, and another one with its peers comes. */
static void replace_config(unsigned network)
{
    for (unsigned i = network; i < PEERS; i += NETWORKS)
        peer_gone(i);
    if (config_sources[network] != 0) {
        rib_source_down(&rib, config_sources[network]);
        rib_source_remove(&rib.sources, config_sources[network]);
    }
    config_sources[network] = 0;
}

/* The session of a peer ends, and the next one, which is like it or not, brings some of its routes
 * again, whether these have been removed by now or not. */
static void flap(struct random *r, unsigned i)
{
    struct peer *p = &peers[i];
    unsigned percent = 25 * random_below(r, 5);
    peer_down(i);
    if (random_below(r, 2))
        draw_session(r, p);
    if (random_below(r, 4) == 0)
        rib_sweep(&rib, 20);
    peer_up(i);
    for (uint32_t k = 0; k < PREFIXES; k++) {
        struct nlri_key key = key_of(k);
        const struct rib_path *path = rib_find_path(&rib, FAMILY_IPV4_UNICAST, key, p->source);
        if (path && random_below(r, 100) < percent)
            announce_set(k, p->source, path->attrs);
    }
}

/* Import policies are others. */
static struct rib_verdict judge_anew(void *ctx, const struct rib_table *t,
                                     const struct rib_entry *e, const struct rib_path *path)
{
    struct random *r = ctx;
    struct rib_verdict verdict = rib_verdict_same(path);
    (void)t;
    (void)e;
    if (rib_source_at(&rib, path->source)->kind != RIB_SOURCE_PEER || random_below(r, 2))
        return verdict;
    verdict.reject = random_below(r, 3) ? RIB_ACCEPTED : RIB_REJECT_POLICY;
    verdict.attrs = random_below(r, 2) ? path->received : sets[random_below(r, SETS)];
    return verdict;
}

static void judge_again(struct random *r)
{
    struct rib_table *t = &rib.tables[FAMILY_IPV4_UNICAST];
    struct nlri_key key = key_of(random_below(r, alike ? PREFIXES / 4 : PREFIXES));
    uint32_t id = rib_table_find(t, key);
    if (id != 0)
        rib_rejudge(&rib, t, id, judge_anew, r);
}

/* Everything at once, in pieces: sessions, reloads, refreshes, peers that take nothing. */
static void random_step(struct random *r)
{
    unsigned i = random_below(r, PEERS);
    uint32_t what = random_below(r, 1000);
    if (what < 660)
        change_route(r);
    else if (what < 690)
        judge_again(r);
    else if (what < 697 && peers[i].up)
        stall(&peers[i]);
    else if (what < 700)
        replace_config(random_below(r, NETWORKS));
    else if (what < 710 && peers[i].up)
        peer_down(i);
    else if (what < 712)
        peer_gone(i);
    else if (what < 740 && !peers[i].up)
        come(r, i);
    else if (what < 745 && peers[i].up)
        flap(r, i);
    else if (what < 770 && peers[i].up)
        change_profile(r, i);
    else if (what < 790 && peers[i].up)
        ribout_refresh(peers[i].member);
    else if (what < 900)
        ribout_flush(&out, 1);
    else if (what < 980)
        ribout_work(&out, 1);
    else if (what < 987)
        rib_sweep(&rib, 20);
    else if (what < 990)
        change_chain(r);
    else if (what < 992 && peers[i].up)
        rename_peer(r, i);
    else
        work_on_retelling(20);
}

static void peers_hold_what_the_best_route_looks_like(void **state)
{
    (void)state;
    const char *seeds = getenv("SEEDS"); /* more of them, where there is time */
    for (uint64_t seed = 1; seed <= (seeds ? strtoul(seeds, NULL, 10) : 96); seed++) {
        struct random r = {seed * 1000003};
        draw_mode(seed);
        for (unsigned step = 0; step < 1000; step++) {
            random_step(&r);
            struct nlri_key key = key_of(random_below(&r, PREFIXES));
            uint32_t id = rib_table_find(&rib.tables[FAMILY_IPV4_UNICAST], key);
            if (id != 0)
                check_answers(id);
            if (step % 100 == 99)
                check_all();
        }
    }
    assert_true(messages > 1000);
}

static void what_is_on_its_way_is_not_withheld(void **state)
{
    (void)state;
    check_all();
    announce(0, api_source, 0);
    struct nlri_key key = key_of(0);
    uint32_t id = rib_table_find(&rib.tables[FAMILY_IPV4_UNICAST], key);
    uint32_t withheld = 0;
    for (unsigned i = 0; i < PEERS; i++) {
        const struct rib_path *path;
        enum rib_withheld why = ribout_member_told(&out, peers[i].member, id, &path).why;
        assert_int_equal(why == RIB_TOLD, expected_of(&peers[i], 0) != 0);
        withheld += why == RIB_WITHHELD_NEXT_HOP_IS_PEER;
    }
    assert_true(withheld <= 1); /* addresses differ */
    check_all();
}

/* A peer that comes into a group of its own is told nothing of what is not for it: there is nothing
 * to withdraw. */
static void a_new_peer_is_sent_no_withdrawal(void **state)
{
    (void)state;
    unsigned told = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct random r = {seed * 977};
        draw_mode(seed);
        for (uint32_t i = 0; i < PREFIXES; i++)
            announce(i, api_source, random_below(&r, SETS));
        for (uint32_t i = 0; i < PREFIXES; i++)
            announce(i, config_source_of(i % NETWORKS), random_below(&r, SETS));
        check_all();
        for (unsigned i = 0; i < PEERS; i++)
            if (peers[i].up)
                peer_down(i);
        quiesce();
        needless = messages = announced = 0;
        for (unsigned i = 0; i < PEERS; i++)
            come(&r, i);
        check_all();
        assert_int_equal(needless, 0);
        for (unsigned i = 0; i < PEERS; i++)
            announced -= ribout_member_advertised(peers[i].member);
        assert_int_equal(announced, 0); /* each route once */
        told += messages;
    }
    assert_true(told > 100);
}

/* All peers come anew, of other kinds perhaps. */
static void replace_peers(struct random *r)
{
    for (unsigned i = 0; i < PEERS; i++) {
        if (peers[i].up)
            peer_down(i);
        come(r, i);
    }
    check_all();
    needless = 0;
}

/* Routes change, whether they look different to a peer or not, and so do profiles. */
static void nothing_is_sent_that_changes_nothing(void **state)
{
    (void)state;
    unsigned moved = 0;
    check_all();
    needless = messages = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct random r = {seed * 7368787};
        draw_mode(seed);
        if (seed == 2 || seed % 10 == 0 || seed % 10 == 5)
            replace_peers(&r);
        for (unsigned step = 0; step < 300; step++) {
            if (random_below(&r, 10) == 0) {
                unsigned i = random_below(&r, PEERS);
                bool was_client = peers[i].profile.route_server_client;
                draw_profile(&r, &peers[i]);
                peers[i].profile.route_server_client = was_client;
                set_source(i);
                struct ribout_outbound what = outbound(&peers[i]);
                ribout_move(&out, peers[i].member, &what);
                moved++;
            } else {
                change_route(&r);
            }
            check_all();
            assert_int_equal(needless, 0);
        }
    }
    assert_true(messages > 1000 && moved > 100);
}

/* The session of a peer ends; what it had announced. */
static void end_session(unsigned i, uint32_t *ret_sets)
{
    for (uint32_t k = 0; k < PREFIXES; k++) {
        struct nlri_key key = key_of(k);
        const struct rib_path *path =
            rib_find_path(&rib, FAMILY_IPV4_UNICAST, key, peers[i].source);
        ret_sets[k] = path ? path->attrs : 0;
    }
    peer_down(i);
}

/* The next one brings all of that again but for one prefix. */
static void come_back(unsigned i, const uint32_t *before, uint32_t but)
{
    peer_up(i);
    for (uint32_t k = 0; k < PREFIXES; k++)
        if (before[k] != 0)
            announce_set(k, peers[i].source, k == but ? sets[0] : before[k]);
}

static void who_brings_the_same_again_is_not_heard(void **state)
{
    (void)state;
    struct random r = {23};
    for (unsigned round = 0; round < 300; round++) {
        unsigned i = random_below(&r, PEERS);
        uint32_t but = random_below(&r, 2) ? random_below(&r, PREFIXES) : PREFIXES;
        uint32_t said[PREFIXES];
        unsigned before[PEERS];
        for (unsigned k = 0; k < 20; k++)
            change_route(&r);
        check_all();
        for (unsigned k = 0; k < PEERS; k++)
            before[k] = peers[k].messages;
        end_session(i, said);
        come_back(i, said, but);
        check_all();
        /* The other route may mean a message, and withdrawals another one. */
        for (unsigned k = 0; k < PEERS; k++)
            if (k != i)
                assert_in_range(peers[k].messages - before[k], 0, but < PREFIXES ? 2 : 0);
    }
}

/* Another kind of session, AS, link, router id or client: what was told of the routes that come
 * again is not what is to be told now. */
static void what_a_source_has_become_is_told(void **state)
{
    (void)state;
    struct random r = {24};
    for (unsigned round = 0; round < 1000; round++) {
        unsigned i = random_below(&r, PEERS);
        struct peer *p = &peers[i];
        const uint32_t router_id = p->router_id;
        const struct export_profile was = p->profile;
        uint32_t said[PREFIXES];
        for (unsigned k = 0; k < 20; k++)
            change_route(&r);
        check_all();
        end_session(i, said);
        draw_session(&r, p);
        if (random_below(&r, 2)) { /* all of it, or nothing but the router id */
            p->profile = was;
            p->router_id = router_id + 1;
        }
        if (random_below(&r, 2)) /* unseen by the groups, some is removed, or all */
            rib_sweep(&rib, 1 + random_below(&r, 400));
        come_back(i, said, PREFIXES);
        for (unsigned k = 0; k < 3; k++)
            change_route(&r);
        check_all();
    }
}

/* Another peer that brings what one brought that is gone is another source to the groups, which
 * have not seen yet that the routes went. */
static void who_takes_the_place_of_another_is_not_taken_for_it(void **state)
{
    (void)state;
    struct random r = {25};
    for (unsigned round = 0; round < 300; round++) {
        unsigned i = random_below(&r, PEERS);
        unsigned other = (i + 1 + random_below(&r, PEERS - 1)) % PEERS;
        uint32_t said[PREFIXES];
        peer_gone(other);
        for (unsigned k = 0; k < 20; k++)
            change_route(&r);
        check_all();
        end_session(i, said);
        peer_gone(i);
        while (rib_sweep(&rib, 1000))
            ;
        draw_session(&r, &peers[other]);
        come_back(other, said, PREFIXES);
        check_all();
        come(&r, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(peers_hold_what_the_best_route_looks_like, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_is_not_withheld, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_peer_is_sent_no_withdrawal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_sent_that_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_brings_the_same_again_is_not_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_source_has_become_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_takes_the_place_of_another_is_not_taken_for_it, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
