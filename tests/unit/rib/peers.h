/* Peers that are members of update groups and read what they are sent, and what they must hold. */
#ifndef BGPD_TESTS_RIB_PEERS_H
#define BGPD_TESTS_RIB_PEERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../keys.h"
#include "../random.h"
#include "queue.h"
#include "rib/ribout.h"
#include "rib/ribout_group.h"
#include "rib/sweep.h"
#include "sets.h"
#include "wire/nlri.h"
#include "wire/update.h"

enum { PREFIXES = 6000, PEERS = 8, SETS = 40, NETWORKS = 6 };

/* A peer that is source and member at once, and what it holds: index + 1 of the set for each
 * prefix. */
struct peer {
    bool up;
    uint32_t source;
    struct export_profile profile;
    struct ribout_member *member;
    struct msgq queue;
    uint16_t held[PREFIXES];
    unsigned end_of_ribs;
    unsigned announced; /* prefixes so far */
};

static struct rib rib;
static struct ribout out;
static uint32_t sets[SETS];
static uint32_t untold; /* a set that no peer is told */
static struct peer peers[PEERS];
static uint32_t config_sources[NETWORKS]; /* of the peers whose number ends with the index */
static struct update_decoder decoder;

static inline struct nlri_key key_of(uint32_t i)
{
    uint8_t bytes[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 0};
    return prefix_key(prefix_make(IP_V4, 24, bytes));
}

static inline uint32_t index_of(const struct prefix *p)
{
    return (uint32_t)p->bytes[1] << 8 | p->bytes[2];
}

static inline uint16_t set_index(const struct attr_block *attrs)
{
    for (uint16_t i = 0; i < SETS; i++)
        if (span_equal(rib_attrs_span(rib_attrs_at(&rib.attrs, sets[i])), attr_block_span(attrs)))
            return (uint16_t)(i + 1);
    fail_msg("attributes that nobody sent");
    return 0;
}

static inline void take_message(void *peer, struct span body)
{
    struct peer *p = peer;
    const struct update_context ctx = {.attr = {.as4 = true, .session_kind = SESSION_INTERNAL},
                                       .families = FAMILY_ALL};
    struct update u;
    update_decode(body, &ctx, &decoder, &u);
    assert_int_equal(u.verdict, VERDICT_OK);
    p->end_of_ribs += u.end_of_rib == FAMILY_IPV4_UNICAST;
    struct prefix prefix;
    struct reader r = reader_over(u.withdrawn.bytes);
    while (u.withdrawn.family != FAMILY_NONE && nlri_next(&r, IP_V4, &prefix))
        p->held[index_of(&prefix)] = 0;
    r = reader_over(u.reach.bytes);
    for (; u.reach.family != FAMILY_NONE && nlri_next(&r, IP_V4, &prefix); p->announced++)
        p->held[index_of(&prefix)] = set_index(u.attrs);
}

static inline void read_queue(struct peer *p, unsigned max)
{
    queue_read(&p->queue, max, MESSAGE_MAX_BYTES, take_message, p);
}

static inline void peer_up(unsigned i)
{
    struct peer *p = &peers[i];
    struct rib_source source = {
        .kind = RIB_SOURCE_PEER,
        .local_as = 65000,
        .router_id = 100 + i,
        .addr = ip_from_v4(0x0a000000 + i),
    };
    if (p->source == 0)
        p->source = rib_source_add(&rib.sources, &source);
    else
        rib_source_update(&rib, p->source, &source, NULL);
    memset(p->held, 0, sizeof(p->held));
    p->end_of_ribs = 0;
    p->member = ribout_join(&out, &(struct ribout_outbound){.profile = p->profile}, &p->queue,
                            p->source, config_sources[i % NETWORKS]);
    p->up = true;
}

static inline void peer_down(unsigned i)
{
    struct peer *p = &peers[i];
    ribout_leave(&out, p->member);
    rib_source_down(&rib, p->source);
    msgq_clear(&p->queue);
    p->up = false;
}

static inline struct export_profile profile(unsigned kind)
{
    struct export_profile t = {0};
    t.family = FAMILY_IPV4_UNICAST;
    t.session_kind = SESSION_INTERNAL;
    t.local_as = 65000;
    t.cluster_id = kind; /* of no effect to routes that are not reflected */
    t.max_message_bytes = MESSAGE_MAX_BYTES;
    t.as4 = true;
    t.source_kinds = 1u << RIB_SOURCE_PEER;
    if (kind != 2)
        t.source_kinds |= 1u << RIB_SOURCE_CONFIG;
    return t;
}

static inline int set_up(void **state)
{
    (void)state;
    rib_init(&rib);
    ribout_init(&out, &rib);
    for (uint32_t i = 0; i < SETS; i++) {
        struct set_spec spec = {.path = {64500 + i % 5, 64600 + i},
                                .next_hop = 0x0afe0001 + i,
                                .local_pref = 100 + i % 4,
                                .med = i % 7};
        sets[i] = make_set(&rib.attrs, &spec);
    }
    static const uint8_t hop_v6[16] = {0x20, 1, 0xd, 0xb8};
    untold = make_set(&rib.attrs, &(struct set_spec){.next_hop_v6 = span_of(hop_v6, 16)});
    for (unsigned i = 0; i < NETWORKS; i++)
        config_sources[i] =
            rib_source_add(&rib.sources, &(struct rib_source){.kind = RIB_SOURCE_CONFIG});
    for (unsigned i = 0; i < PEERS; i++) {
        peers[i].profile = profile(i % 2);
        peer_up(i);
    }
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEERS; i++) {
        if (peers[i].up)
            peer_down(i);
        msgq_release(&peers[i].queue);
        peers[i].source = 0;
    }
    ribout_release(&out);
    for (unsigned i = 0; i < SETS; i++)
        rib_attrs_unref(&rib.attrs, sets[i]);
    rib_attrs_unref(&rib.attrs, untold);
    rib_release(&rib);
    return 0;
}

static inline void announce_from(uint32_t i, uint32_t source, uint32_t set)
{
    struct nlri_key key = key_of(i);
    struct rib_announcement a = {.source = source, .received = set, .attrs = set, .now_mono_s = 1};
    rib_announce(&rib, FAMILY_IPV4_UNICAST, key, &a);
}

static inline void announce(uint32_t i, unsigned peer, uint32_t set)
{
    announce_from(i, peers[peer].source, sets[set]);
}

/* Runs until nothing is left to do and every queue is read. */
static inline void quiesce(void)
{
    bool busy = true;
    while (busy) {
        busy = rib_sweep(&rib, 1000);
        busy |= ribout_flush(&out, UINT64_MAX);
        busy |= ribout_work(&out, UINT64_MAX);
        for (unsigned i = 0; i < PEERS; i++) {
            busy |= peers[i].up && !msgq_empty(&peers[i].queue);
            if (peers[i].up)
                read_queue(&peers[i], UINT32_MAX);
        }
    }
}

/* The path that a peer is to be told, unless it is its own; NULL. */
static inline const struct rib_path *path_for(const struct peer *p, struct rib_entry *e)
{
    bool tells_config = (p->profile.source_kinds & (1u << RIB_SOURCE_CONFIG)) != 0;
    const struct rib_path *path = NULL;
    if (tells_config)
        path = rib_entry_path_of(e, config_sources[(p - peers) % NETWORKS]);
    return path || !e->best_usable ? path : &e->best;
}

static inline void check_peer(const struct peer *p)
{
    uint32_t told = 0;
    for (uint32_t i = 0; i < PREFIXES; i++) {
        struct nlri_key key = key_of(i);
        uint32_t id = rib_table_find(&rib.tables[FAMILY_IPV4_UNICAST], key);
        struct rib_entry *e = id ? rib_table_at(&rib.tables[FAMILY_IPV4_UNICAST], id) : NULL;
        const struct rib_path *path = e ? path_for(p, e) : NULL;
        uint16_t expected = 0;
        for (uint16_t k = 0; path && path->source != p->source && k < SETS; k++)
            if (sets[k] == path->attrs)
                expected = (uint16_t)(k + 1);
        if (p->held[i] != expected)
            fail_msg("prefix %u: holds %u, expected %u", i, p->held[i], expected);
        told += expected != 0;
    }
    assert_int_equal(ribout_member_advertised(p->member), told);
    assert_true(p->end_of_ribs >= 1);
}

static inline void check_all(void)
{
    quiesce();
    for (unsigned i = 0; i < PEERS; i++)
        if (peers[i].up)
            check_peer(&peers[i]);
}

static inline void move_somewhere(struct random *r)
{
    struct peer *p = &peers[random_below(r, PEERS)];
    p->profile = profile(random_below(r, 3));
    if (p->up)
        ribout_move(&out, p->member, &(struct ribout_outbound){.profile = p->profile});
}

#endif
