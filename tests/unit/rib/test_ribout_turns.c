/* RIB-out with export policies that tell all peers apart: how much is done at a time, and who
 * waits for whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../keys.h"
#include "../policies.h"
#include "rib/ribout.h"
#include "rib/ribout_group.h"
#include "rib/sweep.h"
#include "sets.h"

enum { PEERS = 200, PREFIXES = 1000 };
enum { AT_ONCE = PREFIXES / 5 }; /* more are too many for one step */

static struct peer {
    uint32_t source;
    struct policy_neighbor *known_as;
    struct ribout_member *member;
    struct msgq queue;
} peers[PEERS];

static struct rib rib;
static struct ribout out;
static struct rib_table *table;
static struct policy_chain *own_next_hop; /* each peer is told another thing */
static struct policy_chain *with_med;     /* likewise */
static uint32_t announcer;
static uint32_t sets[2];

static struct ribout_outbound by(unsigned i, struct policy_chain *policy)
{
    struct ribout_outbound what = {.policy = policy, .peer = peers[i].known_as};
    memset(&what.profile, 0, sizeof(what.profile)); /* compared as bytes */
    what.profile.family = FAMILY_IPV4_UNICAST;
    what.profile.session_kind = SESSION_EXTERNAL;
    what.profile.local_as = 65000;
    what.profile.as4 = true;
    what.profile.max_message_bytes = MESSAGE_MAX_BYTES;
    what.profile.source_kinds = 1u << RIB_SOURCE_PEER;
    what.profile.next_hop_len_bytes = 4;
    return what;
}

static void join(unsigned i)
{
    const struct ribout_outbound what = by(i, own_next_hop);
    peers[i].member = ribout_join(&out, &what, &peers[i].queue, peers[i].source, 0);
}

static void leave(unsigned i)
{
    ribout_leave(&out, peers[i].member);
    msgq_clear(&peers[i].queue);
    peers[i].member = NULL;
}

static void announce_all(uint32_t set)
{
    for (uint32_t i = 0; i < PREFIXES; i++) {
        uint8_t bytes[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 0};
        struct nlri_key key = prefix_key(prefix_make(IP_V4, 24, bytes));
        struct rib_announcement a = {.source = announcer, .received = set, .attrs = set};
        rib_announce(&rib, FAMILY_IPV4_UNICAST, key, &a);
    }
}

/* One step of what is to be done, as in a turn whose time is over. */
static void step(void)
{
    ribout_flush(&out, 1);
    ribout_work(&out, 1);
    for (unsigned i = 0; i < PEERS; i++)
        msgq_clear(&peers[i].queue);
}

static void settle(void)
{
    while (rib_dirty_count(table) > 0 || ribout_has_work(&out))
        step();
    for (unsigned i = 0; i < PEERS; i++)
        if (peers[i].member)
            assert_true(peers[i].member->in_step);
}

static uint32_t add_source(unsigned i, struct policy_neighbor *known_as)
{
    const struct rib_source source = {.kind = RIB_SOURCE_PEER,
                                      .session_kind = SESSION_EXTERNAL,
                                      .local_as = 65000,
                                      .router_id = i + 1,
                                      .addr = known_as->addr};
    uint32_t index = rib_source_add(&rib.sources, &source);
    rib_source_update(&rib, index, &source, known_as);
    return index;
}

static int set_up(void **state)
{
    (void)state;
    static const struct rule_spec own[] = {{NULL, NULL, "next_hop", "peer", POLICY_GO_ON}};
    static const struct rule_spec med[] = {{NULL, NULL, "next_hop", "peer", POLICY_GO_ON},
                                           {NULL, NULL, "med", "+1", POLICY_GO_ON}};
    own_next_hop = chain_of(own, 1, POLICY_NEXT);
    with_med = chain_of(med, 2, POLICY_NEXT);
    rib_init(&rib);
    ribout_init(&out, &rib);
    table = &rib.tables[FAMILY_IPV4_UNICAST];
    for (uint32_t i = 0; i < 2; i++)
        sets[i] = make_set(&rib.attrs, &(struct set_spec){.path = {64999}, .next_hop = 1 + i});
    for (unsigned i = 0; i < PEERS; i++) {
        peers[i].known_as = policy_neighbor_new(&(struct policy_neighbor){
            .as = 64500 + i, .name = "", .group = "", .addr = ip_from_v4(0x0a000001 + i)});
        peers[i].source = add_source(i, peers[i].known_as);
    }
    announcer = rib_source_add(&rib.sources,
                               &(struct rib_source){.kind = RIB_SOURCE_PEER, .local_as = 65000});
    announce_all(sets[0]);
    for (unsigned i = 0; i < PEERS; i++)
        join(i);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rib_source_down(&rib, announcer);
    for (unsigned i = 0; i < PEERS; i++) {
        if (peers[i].member)
            leave(i);
        msgq_release(&peers[i].queue);
        policy_neighbor_unref(peers[i].known_as);
    }
    ribout_release(&out);
    for (unsigned i = 0; i < 2; i++)
        rib_attrs_unref(&rib.attrs, sets[i]);
    rib_release(&rib);
    policy_chain_unref(own_next_hop);
    policy_chain_unref(with_med);
    memset(peers, 0, sizeof(peers));
    return 0;
}

static void changes_are_looked_at_in_pieces(void **state)
{
    (void)state;
    settle();
    announce_all(sets[1]);
    unsigned steps = 0;
    for (uint32_t left = rib_dirty_count(table); left > 0; steps++) {
        step();
        uint32_t now = rib_dirty_count(table);
        assert_true(now < left && left - now <= AT_ONCE);
        left = now;
    }
    assert_true(steps >= PREFIXES / AT_ONCE);
    settle();
    assert_int_equal(ribout_member_advertised(peers[PEERS - 1].member), PREFIXES);
}

static void a_group_is_filled_in_pieces(void **state)
{
    (void)state;
    const struct ribout_group *g = peers[0].member->group;
    for (uint32_t before = g->advertised; before < PREFIXES; before = g->advertised) {
        step();
        assert_in_range(g->advertised - before, 1, AT_ONCE);
    }
    settle();
}

static void passes_and_moves_are_made_in_pieces(void **state)
{
    (void)state;
    settle();
    for (unsigned i = 0; i < PEERS; i++)
        ribout_refresh(peers[i].member);
    const struct ribout_member *m = peers[0].member;
    unsigned steps = 0;
    for (uint32_t before = 1; !m->in_step && m->pass.pos <= PREFIXES; before = m->pass.pos) {
        step();
        assert_true(m->pass.pos > PREFIXES || m->pass.pos - before <= AT_ONCE);
        steps++;
    }
    assert_true(steps >= PREFIXES / AT_ONCE);
    settle();
    for (unsigned i = 0; i < PEERS; i++) {
        const struct ribout_outbound what = by(i, with_med);
        ribout_move(&out, peers[i].member, &what);
    }
    steps = 0;
    for (uint32_t before = 1; ribout_member_is_moving(m); before = m->left.pos) {
        step();
        assert_true(!m->left.group || m->left.pos > PREFIXES || m->left.pos - before <= AT_ONCE);
        steps++;
    }
    assert_true(steps >= PREFIXES / AT_ONCE);
    settle();
}

static void who_waits_for_a_pass_is_sent_what_the_first_one_is(void **state)
{
    (void)state;
    settle();
    for (unsigned i = 0; i < PEERS; i++)
        ribout_refresh(peers[i].member);
    while (!peers[0].member->in_step) {
        ribout_work(&out, 1);
        for (unsigned i = 1; i < PEERS; i++)
            assert_int_equal(peers[i].queue.count > 0, peers[0].queue.count > 0);
    }
    for (unsigned i = 1; i < PEERS; i++)
        assert_true(peers[i].member->in_step);
}

/* Each new member is to be counted. That does not hold up those who are making passes. */
static void who_comes_does_not_keep_others_waiting(void **state)
{
    (void)state;
    settle();
    ribout_refresh(peers[0].member);
    for (unsigned steps = 0; !peers[0].member->in_step; steps++) {
        assert_true(steps < 100);
        leave(1 + steps % 5);
        join(1 + steps % 5);
        step();
    }
    settle();
    for (unsigned i = 0; i < PEERS; i++)
        assert_int_equal(ribout_member_advertised(peers[i].member), PREFIXES);
}

/* A peer that moves is not told nothing meanwhile. */
static void who_moves_is_told_as_much_until_it_is_counted(void **state)
{
    (void)state;
    settle();
    const struct ribout_outbound what = by(1, with_med);
    ribout_move(&out, peers[1].member, &what);
    do {
        step();
        assert_int_equal(ribout_member_advertised(peers[1].member), PREFIXES);
    } while (ribout_has_work(&out));
}

static uint64_t idle_hits(struct policy_chain *chain)
{
    ribout_count_hits(&out);
    return chain->policies[0]->hits[1].matched[POLICY_EXPORT]; /* of its default */
}

/* A policy that is not asked, as it looks for a community: what was told before is not a hit. */
static void withdrawals_are_no_hits(void **state)
{
    (void)state;
    static const struct rule_spec rules[] = {{"community", "0:7", NULL, NULL, POLICY_REJECT}};
    struct policy_chain *chain = chain_of(rules, 1, POLICY_ACCEPT);
    for (unsigned i = 0; i < PEERS; i++) {
        const struct ribout_outbound what = by(i, chain);
        ribout_move(&out, peers[i].member, &what);
    }
    settle();
    announce_all(sets[1]);
    settle();
    uint64_t hits = idle_hits(chain);
    assert_true(hits > 0);
    rib_source_down(&rib, announcer);
    while (rib_sweep(&rib, 1000))
        settle();
    settle();
    assert_int_equal(ribout_member_advertised(peers[1].member), 0);
    assert_int_equal(idle_hits(chain), hits);
    policy_chain_unref(chain);
}

/* What so many parties are told of each attribute set is not kept for long. */
static void what_all_are_told_is_not_kept_for_many_sets(void **state)
{
    (void)state;
    settle();
    for (uint32_t i = 0; i < PREFIXES; i++) {
        uint8_t bytes[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 0};
        uint32_t set = make_set(&rib.attrs, &(struct set_spec){.path = {100 + i}, .next_hop = 9});
        struct rib_announcement a = {.source = announcer, .received = set, .attrs = set};
        rib_announce(&rib, FAMILY_IPV4_UNICAST, prefix_key(prefix_make(IP_V4, 24, bytes)), &a);
        rib_attrs_unref(&rib.attrs, set);
    }
    settle();
    assert_true(rib.attrs.count < PREFIXES + 20 * PREFIXES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changes_are_looked_at_in_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_group_is_filled_in_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(passes_and_moves_are_made_in_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_waits_for_a_pass_is_sent_what_the_first_one_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_comes_does_not_keep_others_waiting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_moves_is_told_as_much_until_it_is_counted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(withdrawals_are_no_hits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_all_are_told_is_not_kept_for_many_sets, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
