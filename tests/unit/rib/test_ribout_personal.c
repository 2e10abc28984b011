/* Static routes of members in a shared group: what each holds is its own before any other, whatever
 * came and went while it walked. */
#include "peers.h"

/* What changes in one place while two peers, who have static routes for it, walk. */
static void change_a_place(struct random *r)
{
    uint32_t i = 2500 + random_below(r, 2) * 2000; /* in the second slice, or the third */
    uint32_t config_source = config_sources[2 + random_below(r, 2) * 2];
    struct nlri_key key = key_of(i);
    switch (random_below(r, 4)) {
    case 0:
        announce(i, 1, random_below(r, 2));
        break;
    case 1:
        rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, peers[1].source, 0);
        break;
    case 2:
        announce_from(i, config_source, random_below(r, 3) ? sets[random_below(r, 2)] : untold);
        break;
    default:
        rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, config_source, 0);
    }
    if (random_below(r, 2))
        ribout_flush(&out, UINT64_MAX);
}

/* Much in few places, which those who walk have seen or not. */
static void changes_beside_a_walk_lose_nothing(void **state)
{
    (void)state;
    struct random r = {15485863};
    unsigned live = 0;
    for (uint32_t i = 0; i < PREFIXES; i++)
        announce(i, 1, i % SETS);
    for (unsigned step = 0; step < random_rounds(30000); step++) {
        if (step % 60 == 0)
            check_all();
        change_a_place(&r);
        uint32_t what = random_below(&r, 40);
        if (what < 2)
            ribout_refresh(peers[2 + what * 2].member);
        else if (what == 2)
            move_somewhere(&r);
        else if (what < 16)
            ribout_work(&out, 1);
        live += peers[2].member->started && peers[2].member->pass.live;
    }
    check_all();
    assert_true(live > random_rounds(500));
}

/* A peer's socket takes nothing for a while. */
static void set_stalled(struct peer *p, bool stalled)
{
    if (stalled)
        p->queue.pending_bytes += RIBOUT_LIVE_LIMIT_BYTES;
    else
        p->queue.pending_bytes -= RIBOUT_LIVE_LIMIT_BYTES;
}

/* The only peer that is not stalled makes one slice of its pass. */
static void walk_a_slice(const struct peer *p)
{
    uint32_t left = p->member->started ? p->member->pass.left : UINT32_MAX;
    while (!p->member->started || p->member->pass.left == left)
        ribout_work(&out, 1);
}

/* Peers 0 and 2 come, and are at one place in their passes. */
static void gather_newcomers(void)
{
    peer_up(0);
    walk_a_slice(&peers[0]);
    set_stalled(&peers[0], true);
    peer_up(2); /* falls in with the other one */
    walk_a_slice(&peers[2]);
    set_stalled(&peers[2], true);
    set_stalled(&peers[0], false);
    walk_a_slice(&peers[0]);
    set_stalled(&peers[2], false);
    assert_int_equal(peers[0].member->pass.pos, peers[2].member->pass.pos);
    assert_true(peers[2].member->pass.left > PREFIXES / 2);
}

/* Those who walk together are told everything once, whether it is for all of them or not. */
static void newcomers_are_told_everything_once(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PREFIXES; i++) {
        announce(i, 1, i * 7 % SETS);
        if (i % 4 > 0)
            announce_from(i, config_sources[i % 5], i % 4 == 1 ? untold : sets[i % SETS]);
    }
    quiesce();
    peer_down(0);
    peer_down(2);
    quiesce();
    peers[0].announced = peers[2].announced = 0;
    gather_newcomers();
    check_all();
    for (unsigned i = 0; i <= 2; i += 2)
        assert_int_equal(peers[i].announced, ribout_member_advertised(peers[i].member));
}

static void withdraw_static(uint32_t i, unsigned network)
{
    struct nlri_key key = key_of(i);
    rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, config_sources[network], 0);
}

/* Nobody is left to whom the static routes would be told: what the group kept of them goes, whether
 * they stay or not. */
static void nothing_is_kept_for_those_who_left(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PREFIXES; i++)
        announce_from(i, config_sources[2], sets[i % SETS]);
    check_all();
    const struct ribout_group *g = peers[0].member->group;
    assert_int_equal(peers[2].held[5], 6);
    assert_int_equal(g->personals.told, PREFIXES);
    peer_down(2);
    for (uint32_t i = 0; i < PREFIXES; i += 2) /* before anybody has looked */
        withdraw_static(i, 2);
    check_all();
    assert_int_equal(g->personals.told, 0);
    assert_int_equal(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), PREFIXES / 2);
    peer_up(2);
    check_all();
    assert_int_equal(g->personals.told, PREFIXES / 2);
    for (uint32_t i = 1; i < PREFIXES; i += 2)
        withdraw_static(i, 2);
    check_all();
    assert_int_equal(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), 0);
}

static void move_peer(unsigned i, unsigned kind)
{
    peers[i].profile = profile(kind);
    ribout_move(&out, peers[i].member, &(struct ribout_outbound){.profile = peers[i].profile});
}

/* A group that has said nothing at all, and says what is for its newcomer alone: whichever group
 * has its turn first. */
static void static_routes_come_and_go_with_a_move(void **state)
{
    (void)state;
    announce_from(5, config_sources[2], sets[3]);
    for (uint32_t first = 0; first < 3; first++) {
        move_peer(2, 2);
        move_peer(4, 3 + first);
        check_all();
        assert_int_equal(peers[2].held[5], 0);
        move_peer(2, 3 + first);
        out.next_walk = first;
        check_all();
        assert_int_equal(peers[2].held[5], 4);
    }
}

/* Routes of many config sources for one prefix: each gets its own, in as many pieces as it takes.
 */
static void a_prefix_may_be_static_for_everybody(void **state)
{
    (void)state;
    enum { MANY = 1500 };
    static struct peer many[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        struct peer *p = &many[i];
        uint32_t config =
            rib_source_add(&rib.sources, &(struct rib_source){.kind = RIB_SOURCE_CONFIG});
        p->profile = profile(0);
        p->member = ribout_join(&out, &(struct ribout_outbound){.profile = p->profile}, &p->queue,
                                0, config);
        for (uint32_t k = 0; k < 3; k++)
            announce_from(k, config, sets[(i + k) % SETS]);
    }
    for (uint32_t k = 0; k < 4; k++)
        announce(k, 1, 7);
    bool busy = true;
    for (unsigned round = 0; round < 2; round++, busy = true) {
        while (busy) {
            busy = ribout_flush(&out, UINT64_MAX);
            busy |= ribout_work(&out, UINT64_MAX);
            for (unsigned i = 0; i < MANY; i++)
                read_queue(&many[i], UINT32_MAX);
        }
        for (unsigned i = 0; i < MANY; i++) {
            for (uint32_t k = 0; k < 3; k++)
                assert_int_equal(many[i].held[k],
                                 round == 0 ? (i + k) % SETS + 1 : (i + k + 1) % SETS + 1);
            assert_int_equal(many[i].held[3], 8);
            if (round == 0)
                for (uint32_t k = 0; k < 3; k++)
                    announce_from(k, many[i].member->config_source, sets[(i + k + 1) % SETS]);
        }
    }
    check_all();
    for (unsigned i = 0; i < MANY; i++) {
        ribout_leave(&out, many[i].member);
        msgq_release(&many[i].queue);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changes_beside_a_walk_lose_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(newcomers_are_told_everything_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_kept_for_those_who_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(static_routes_come_and_go_with_a_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_prefix_may_be_static_for_everybody, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
