/* Flows against unicast routes. In the end, however changes came and in whatever slices they were
 * followed, every flow is judged as if it came now: by a model that looks at all routes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../keys.h"
#include "../random.h"
#include "rib/decide.h"
#include "rib/flow_check.h"
#include "rib/rib.h"
#include "rib/sweep.h"
#include "sets.h"

enum { PEERS = 6, SETS = 10, PREFIXES = 96, FLOWS = 3 * PREFIXES };

/* External: two of AS 65001, one of AS 65002, a route server. Internal: a reflector, and a router
 * whose id its clients' routes have. */
static const struct {
    uint32_t addr;
    uint32_t router_id;
    bool is_internal;
} peers[PEERS] = {
    {0x7f000001, 101, false}, {0x7f000002, 102, false}, {0x7f000003, 103, false},
    {0x7f000004, 104, false}, {0x7f000005, 105, true},  {0x7f000006, 106, true},
};

static const struct set_spec specs[SETS] = {
    {.path = {65001, 7}},
    {.path = {65001}},
    {.path = {65002, 7}},
    {.path = {65002}},
    {.path = {0}},
    {.path = {65001, 9}, .path_is_set = true},
    {.path = {65001}, .originator = 106},
    {.path = {65002}, .originator = 106},
    {.path = {65001}, .originator = 0x7f000001},
    {.path = {65002, 7}, .originator = 77},
};

static struct rib rib;
static uint32_t sets[SETS];
static uint32_t sources[PEERS];
static struct prefix prefixes[PREFIXES];
static bool is_held[PEERS]; /* flows of the peer are validated */

/* --- the world --- */

static const struct attr_hot *hot_of(uint32_t set)
{
    return &rib_attrs_at(&rib.attrs, set)->hot;
}

static void up(unsigned peer)
{
    struct rib_source source = {.kind = RIB_SOURCE_PEER,
                                .session_kind =
                                    peers[peer].is_internal ? SESSION_INTERNAL : SESSION_EXTERNAL,
                                .router_id = peers[peer].router_id,
                                .addr = ip_from_v4(peers[peer].addr)};
    if (sources[peer] == 0)
        sources[peer] = rib_source_add(&rib.sources, &source);
}

/* Three flows for each prefix: by itself, and with a protocol; every seventh has no destination. */
static struct nlri_key flow_key(uint32_t i)
{
    static uint8_t kept[8][16];
    static unsigned next;
    const struct prefix *p = &prefixes[i / 3];
    uint8_t *bytes = kept[next++ % 8];
    uint32_t len = 0;
    if (i % 7 != 0) {
        uint32_t prefix_bytes = (p->len_bits + 7u) / 8;
        bytes[len++] = 1;
        bytes[len++] = p->len_bits;
        memcpy(bytes + len, p->bytes, prefix_bytes);
        len += prefix_bytes;
    }
    if (i % 3 != 0 || len == 0) {
        bytes[len++] = 3;
        bytes[len++] = 0x81;
        bytes[len++] = (uint8_t)(i % 7 != 0 ? i % 3 : i % 200);
    }
    return (struct nlri_key){bytes, len};
}

/* All of 10/8 that differ in few bits, so that many cover each other. */
static void make_prefixes(void)
{
    static const uint8_t lengths[] = {8, 12, 16, 17, 24, 32};
    uint32_t count = 0;
    prefixes[count++] = prefix_make(IP_V4, 0, (const uint8_t[4]){0});
    for (uint32_t i = 0; count < PREFIXES; i++) {
        uint8_t bytes[4] = {(uint8_t)(10 + i / 48), (uint8_t)(i % 2 ? 16 : 0),
                            (uint8_t)(i % 4 ? 128 : 0), (uint8_t)(i % 8)};
        struct prefix p = prefix_make(IP_V4, lengths[i % 6], bytes);
        bool is_known = false;
        for (uint32_t k = 0; k < count; k++)
            is_known |= prefix_equal(&p, &prefixes[k]);
        if (is_known) {
            bytes[3] = (uint8_t)i;
            p = prefix_make(IP_V4, 32, bytes);
        }
        prefixes[count++] = p;
    }
}

static int set_up(void **state)
{
    (void)state;
    rib_init(&rib);
    make_prefixes();
    memset(sources, 0, sizeof(sources));
    for (unsigned i = 0; i < SETS; i++)
        sets[i] = make_set(&rib.attrs, &specs[i]);
    for (unsigned i = 0; i < PEERS; i++) {
        up(i);
        is_held[i] = true;
    }
    return 0;
}

static void flush(enum family family, uint32_t most)
{
    struct rib_table *t = &rib.tables[family];
    uint32_t ids[16];
    while (most > 0) {
        uint32_t count = rib_dirty_take(&rib, t, ids, most < 16 ? most : 16);
        if (count == 0)
            return;
        if (rib.flows[family])
            flow_check_note(&rib, t, ids, count);
        rib_dirty_done(t, ids, count);
        most -= count;
    }
}

/* --- flows --- */

static int peer_of(uint32_t source)
{
    for (int i = 0; i < PEERS; i++)
        if (sources[i] == source)
            return i;
    return -1;
}

static struct rib_verdict judge(void *ctx, const struct rib_table *t, const struct rib_entry *e,
                                const struct rib_path *path)
{
    (void)ctx;
    struct rib_verdict verdict = rib_verdict_same(path);
    const struct flow_claim claim = {t->family, rib_table_key(t, e), path->source,
                                     hot_of(path->received)};
    struct flow_held held;
    if (is_held[peer_of(path->source)])
        verdict.reject = (uint16_t)flow_check(&rib, &claim, &held);
    return verdict;
}

static bool step(uint32_t budget)
{
    return flow_check_step(&rib, FAMILY_IPV4_FLOW, budget, judge, NULL);
}

static void announce_flow(struct nlri_key key, unsigned peer, uint32_t set)
{
    struct rib_announcement a = {
        .source = sources[peer], .received = set, .attrs = set, .now_mono_s = 1};
    const struct flow_claim claim = {FAMILY_IPV4_FLOW, key, sources[peer], hot_of(set)};
    struct flow_held held;
    if (is_held[peer]) {
        flow_check_expect(&rib, FAMILY_IPV4_FLOW, key);
        a.reject = (uint16_t)flow_check(&rib, &claim, &held);
    }
    rib_announce(&rib, FAMILY_IPV4_FLOW, key, &a);
    if (is_held[peer])
        flow_check_register(&rib, FAMILY_IPV4_FLOW,
                            rib_table_find(&rib.tables[FAMILY_IPV4_FLOW], key));
}

static void announce(const struct prefix *p, unsigned peer, uint32_t received, uint32_t set,
                     uint16_t reject)
{
    struct rib_announcement a = {.source = sources[peer],
                                 .received = received,
                                 .attrs = set,
                                 .reject = reject,
                                 .now_mono_s = 1};
    rib_announce(&rib, FAMILY_IPV4_UNICAST, prefix_key(*p), &a);
}

static void withdraw(const struct prefix *p, unsigned peer)
{
    rib_withdraw(&rib, FAMILY_IPV4_UNICAST, prefix_key(*p), sources[peer], 0);
}

static enum rib_reject reject_of(struct nlri_key key, unsigned peer)
{
    const struct rib_path *path = rib_find_path(&rib, FAMILY_IPV4_FLOW, key, sources[peer]);
    assert_non_null(path);
    return (enum rib_reject)path->reject;
}

/* Follows all changes to their end. */
static void settle(void)
{
    for (;;) {
        flush(FAMILY_IPV4_UNICAST, UINT32_MAX);
        flush(FAMILY_IPV4_FLOW, UINT32_MAX);
        bool more = step(7);
        if (!more && rib_dirty_count(&rib.tables[FAMILY_IPV4_UNICAST]) == 0 &&
            rib_dirty_count(&rib.tables[FAMILY_IPV4_FLOW]) == 0)
            return;
    }
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEERS; i++)
        rib_source_down(&rib, sources[i]);
    while (rib_sweep(&rib, 1000))
        ;
    settle();
    assert_null(rib.flows[FAMILY_IPV4_FLOW]); /* nothing is left of the flows */
    assert_null(rib.flows[FAMILY_IPV4_UNICAST]);
    for (unsigned i = 0; i < SETS; i++)
        rib_attrs_unref(&rib.attrs, sets[i]);
    rib_release(&rib);
    return 0;
}

/* --- the model --- */

/* The best path of a prefix of the table; NULL. */
static const struct rib_path *best_of(uint32_t prefix)
{
    struct rib_table *t = &rib.tables[FAMILY_IPV4_UNICAST];
    uint32_t id = rib_table_find(t, prefix_key(prefixes[prefix]));
    if (id == 0)
        return NULL;
    rib_entry_decide(&rib, t, id);
    return rib_table_at(t, id)->best_usable ? &rib_table_at(t, id)->best : NULL;
}

static bool originators_match(const struct rib_path *flow, const struct rib_path *route)
{
    uint32_t a = hot_of(flow->received)->originator_id;
    uint32_t b = hot_of(route->received)->originator_id;
    unsigned from = (unsigned)peer_of(flow->source);
    unsigned to = (unsigned)peer_of(route->source);
    if (a != 0 && b != 0)
        return a == b;
    if (a == 0 && b == 0)
        return from == to;
    unsigned direct = a == 0 ? from : to;
    uint32_t id = a + b;
    return id == peers[direct].addr || (peers[direct].is_internal && id == peers[direct].router_id);
}

static enum rib_reject expected(uint32_t flow, const struct rib_path *path)
{
    const struct attr_hot *hot = hot_of(path->received);
    unsigned peer = (unsigned)peer_of(path->source);
    const struct prefix *to = &prefixes[flow / 3];
    const struct rib_path *cover = NULL;
    int cover_bits = -1;
    if (flow % 7 == 0)
        return RIB_REJECT_FLOW_DESTINATION;
    if (peers[peer].is_internal && hot->as_path_len == 0)
        return RIB_ACCEPTED;
    for (uint32_t i = 0; i < PREFIXES; i++) {
        const struct rib_path *best = best_of(i);
        if (best && prefix_covers(&prefixes[i], to) && prefixes[i].len_bits > cover_bits) {
            cover = best;
            cover_bits = prefixes[i].len_bits;
        }
    }
    if (!cover)
        return RIB_REJECT_FLOW_ROUTE;
    if (!originators_match(path, cover))
        return RIB_REJECT_FLOW_ORIGINATOR;
    uint32_t as = hot_of(cover->received)->neighbor_as;
    if (!peers[peer].is_internal && (as == 0 || hot->neighbor_as != as))
        return RIB_REJECT_FLOW_AS;
    for (uint32_t i = 0; i < PREFIXES; i++) {
        const struct rib_path *best = best_of(i);
        if (best && prefix_covers(to, &prefixes[i]) && !prefix_equal(to, &prefixes[i]) &&
            hot_of(best->received)->neighbor_as != as)
            return RIB_REJECT_FLOW_MORE_SPECIFIC;
    }
    return RIB_ACCEPTED;
}

/* How often each reason was seen: all of them must be. */
static unsigned seen[RIB_REJECT_FLOW_PENDING + 1];

static void check_all(void)
{
    for (uint32_t i = 0; i < FLOWS; i++) {
        for (unsigned peer = 0; peer < PEERS; peer++) {
            const struct rib_path *path =
                rib_find_path(&rib, FAMILY_IPV4_FLOW, flow_key(i), sources[peer]);
            if (!path || rib_path_is_dead(&rib, path) || !is_held[peer])
                continue;
            assert_int_equal(path->reject, expected(i, path));
            seen[path->reject]++;
        }
    }
}

/* --- tests --- */

static void random_change(struct random *r)
{
    unsigned peer = random_below(r, PEERS);
    uint32_t set = sets[random_below(r, SETS)];
    const struct prefix *p = &prefixes[random_below(r, PREFIXES)];
    uint32_t what = random_below(r, 100);
    if (what < 30)
        announce(p, peer, set, set, random_below(r, 6) == 0 ? RIB_REJECT_POLICY : RIB_ACCEPTED);
    else if (what < 35) /* import policy makes the same of it, whatever was received */
        announce(p, peer, set, sets[0], RIB_ACCEPTED);
    else if (what < 55)
        withdraw(p, peer);
    else if (what < 80)
        announce_flow(flow_key(random_below(r, FLOWS)), peer, set);
    else if (what < 90)
        rib_withdraw(&rib, FAMILY_IPV4_FLOW, flow_key(random_below(r, FLOWS)), sources[peer], 0);
    else if (what == 90)
        rib_source_down(&rib, sources[peer]);
    else if (what < 94)
        rib_sweep(&rib, 20);
    else if (what < 97)
        flush(random_below(r, 2) ? FAMILY_IPV4_UNICAST : FAMILY_IPV4_FLOW, random_below(r, 9));
    else
        step(random_below(r, 6));
}

static void the_last_routes_hold_in_the_end(void **state)
{
    (void)state;
    struct random r = {20260};
    for (unsigned round = 0; round < random_rounds(1500); round++) {
        unsigned changes = 1 + random_below(&r, round % 50 == 0 ? 300 : 12);
        for (unsigned i = 0; i < changes; i++)
            random_change(&r);
        /* What is dead is found by the sweep, or by who asks for the best path. */
        if (random_below(&r, 2))
            while (rib_sweep(&rib, 1000))
                ;
        for (uint32_t i = 0; i < PREFIXES; i++)
            best_of(i);
        settle();
        check_all();
    }
    for (unsigned reason = RIB_REJECT_FLOW_DESTINATION; reason < RIB_REJECT_FLOW_PENDING; reason++)
        assert_true(seen[reason] > random_rounds(100));
    assert_true(seen[RIB_ACCEPTED] > random_rounds(100));
    assert_int_equal(seen[RIB_REJECT_FLOW_PENDING], 0);
}

static struct prefix prefix_of(const char *text)
{
    struct prefix p;
    assert_int_equal(prefix_parse(text, &p), 0);
    return p;
}

static struct nlri_key flow_to(const char *text)
{
    static uint8_t bytes[8];
    const struct prefix p = prefix_of(text);
    bytes[0] = 1;
    bytes[1] = p.len_bits;
    memcpy(bytes + 2, p.bytes, 4);
    return (struct nlri_key){bytes, 2 + (p.len_bits + 7u) / 8};
}

/* More routes within the destination than can be looked at without waiting. */
static void many_routes_within_are_looked_through_in_slices(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    struct prefix all = prefix_of("10.0.0.0/8");
    struct prefix last = prefix_of("10.255.0.0/24");
    announce(&all, 0, sets[0], sets[0], RIB_ACCEPTED);
    for (uint32_t i = 0; i < MANY; i++) {
        uint8_t bytes[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 0};
        struct prefix p = prefix_make(IP_V4, 24, bytes);
        announce(&p, 1, sets[1], sets[1], RIB_ACCEPTED);
    }
    announce(&last, 2, sets[2], sets[2], RIB_ACCEPTED);
    flush(FAMILY_IPV4_UNICAST, UINT32_MAX);
    announce_flow(flow_to("10.0.0.0/8"), 0, sets[0]);
    assert_int_equal(reject_of(flow_to("10.0.0.0/8"), 0), RIB_REJECT_FLOW_PENDING);
    unsigned steps = 0;
    while (step(100))
        steps++;
    assert_true(steps > MANY / 100 - 5);
    assert_int_equal(reject_of(flow_to("10.0.0.0/8"), 0), RIB_REJECT_FLOW_MORE_SPECIFIC);

    withdraw(&last, 2); /* that was the only other one */
    settle();
    assert_int_equal(reject_of(flow_to("10.0.0.0/8"), 0), RIB_ACCEPTED);
    announce(&last, 2, sets[2], sets[2], RIB_ACCEPTED);
    flush(FAMILY_IPV4_UNICAST, UINT32_MAX);
    assert_false(step(100)); /* what was found of the others is known */
    assert_int_equal(reject_of(flow_to("10.0.0.0/8"), 0), RIB_REJECT_FLOW_MORE_SPECIFIC);

    withdraw(&last, 2);
    flush(FAMILY_IPV4_UNICAST, UINT32_MAX);
    assert_true(step(100));
    announce(&last, 2, sets[2], sets[2], RIB_ACCEPTED); /* before the walk comes there */
    flush(FAMILY_IPV4_UNICAST, UINT32_MAX);
    assert_false(step(100));
    assert_int_equal(reject_of(flow_to("10.0.0.0/8"), 0), RIB_REJECT_FLOW_MORE_SPECIFIC);
}

/* A prefix that covers a great many destinations has all of them looked at, once. */
static void many_destinations_are_swept(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    struct prefix all = prefix_of("0.0.0.0/0");
    char text[32];
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "10.%u.%u.1/32", i / 256, i % 256);
        announce_flow(flow_to(text), 0, sets[0]);
    }
    settle();
    assert_int_equal(reject_of(flow_to("10.9.9.1/32"), 0), RIB_REJECT_FLOW_ROUTE);
    for (unsigned i = 0; i < 100; i++) { /* however often it changes */
        announce(&all, 0, sets[i % 2], sets[i % 2], RIB_ACCEPTED);
        flush(FAMILY_IPV4_UNICAST, UINT32_MAX);
    }
    unsigned steps = 0;
    while (step(64))
        steps++;
    assert_true(steps < 600);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "10.%u.%u.1/32", i / 256, i % 256);
        assert_int_equal(reject_of(flow_to(text), 0), RIB_ACCEPTED);
    }
}

/* A change of a route that is no candidate for a flow costs it nothing. */
static void other_routes_are_not_followed(void **state)
{
    (void)state;
    struct prefix near = prefix_of("10.1.0.0/16");
    struct prefix far = prefix_of("10.0.0.0/8");
    struct prefix beside = prefix_of("10.2.0.0/16");
    announce(&near, 0, sets[0], sets[0], RIB_ACCEPTED);
    announce_flow(flow_to("10.1.1.0/24"), 0, sets[0]);
    settle();
    const struct prefix *const others[] = {&far, &beside};
    for (unsigned i = 0; i < 2; i++) {
        announce(others[i], 2, sets[2], sets[2], RIB_ACCEPTED);
        flush(FAMILY_IPV4_UNICAST, UINT32_MAX);
        assert_int_equal(rib.flows[FAMILY_IPV4_FLOW]->queue.first, 0);
    }
    withdraw(&near, 0);
    flush(FAMILY_IPV4_UNICAST, UINT32_MAX);
    assert_int_not_equal(rib.flows[FAMILY_IPV4_FLOW]->queue.first, 0);
    settle();
    assert_int_equal(reject_of(flow_to("10.1.1.0/24"), 0), RIB_REJECT_FLOW_ORIGINATOR);
}

/* What a policy makes of a route is not what a flow is held against, nor what a change is. */
static void routes_count_as_they_were_received(void **state)
{
    (void)state;
    struct prefix p = prefix_of("10.1.0.0/16");
    announce(&p, 0, sets[0], sets[4], RIB_ACCEPTED);
    announce_flow(flow_to("10.1.1.0/24"), 0, sets[0]);
    settle();
    assert_int_equal(reject_of(flow_to("10.1.1.0/24"), 0), RIB_ACCEPTED);
    announce(&p, 0, sets[2], sets[4], RIB_ACCEPTED);
    settle();
    assert_int_equal(reject_of(flow_to("10.1.1.0/24"), 0), RIB_REJECT_FLOW_AS);
}

/* The other route stays one when the best match becomes another AS's, until it is of that, too. */
static void another_route_is_another_beside_any_best_match(void **state)
{
    (void)state;
    struct prefix p = prefix_of("10.0.0.0/8");
    struct prefix within = prefix_of("10.1.0.0/16");
    announce(&p, 0, sets[0], sets[0], RIB_ACCEPTED);
    announce(&within, 3, sets[4], sets[4], RIB_ACCEPTED);
    announce_flow(flow_to("10.0.0.0/8"), 0, sets[0]);
    announce_flow(flow_to("10.0.0.0/8"), 2, sets[2]);
    settle();
    assert_int_equal(reject_of(flow_to("10.0.0.0/8"), 0), RIB_REJECT_FLOW_MORE_SPECIFIC);
    withdraw(&p, 0);
    announce(&p, 2, sets[2], sets[2], RIB_ACCEPTED);
    settle();
    assert_int_equal(reject_of(flow_to("10.0.0.0/8"), 0), RIB_REJECT_FLOW_ORIGINATOR);
    assert_int_equal(reject_of(flow_to("10.0.0.0/8"), 2), RIB_REJECT_FLOW_MORE_SPECIFIC);
    announce(&within, 3, sets[2], sets[2], RIB_ACCEPTED);
    settle();
    assert_int_equal(reject_of(flow_to("10.0.0.0/8"), 2), RIB_ACCEPTED);
}

/* Flows that are not held any more are not in the index. */
static void flows_can_be_let_go(void **state)
{
    (void)state;
    struct rib_table *t = &rib.tables[FAMILY_IPV4_FLOW];
    announce_flow(flow_to("10.1.1.0/24"), 0, sets[0]);
    announce_flow(flow_to("10.1.1.0/24"), 1, sets[0]);
    settle();
    assert_non_null(rib.flows[FAMILY_IPV4_FLOW]);
    flow_check_unregister(&rib, FAMILY_IPV4_FLOW, rib_table_find(t, flow_to("10.1.1.0/24")));
    assert_null(rib.flows[FAMILY_IPV4_FLOW]);
    flow_check_unregister(&rib, FAMILY_IPV4_FLOW, rib_table_find(t, flow_to("10.1.1.0/24")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_routes_hold_in_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_routes_within_are_looked_through_in_slices, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_destinations_are_swept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_routes_are_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(routes_count_as_they_were_received, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_route_is_another_beside_any_best_match, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(flows_can_be_let_go, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
