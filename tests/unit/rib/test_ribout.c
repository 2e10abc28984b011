/* RIB-out: what members hold after reading their queues must be what selection says, whatever came
 * and went meanwhile and however slowly they read. */
#include "../keys.h"
#include "peers.h"

static void live_changes_reach_everybody_but_their_source(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        announce(i, 0, i % SETS);
    check_all();
    assert_int_equal(peers[0].held[5], 0);
    assert_int_equal(peers[1].held[5], 6);
    for (uint32_t i = 0; i < 100; i++)
        announce(i, 1, 3); /* the best moves: peer 1 must forget, peer 0 must learn */
    check_all();
}

static void identical_routes_move_between_sources(void **state)
{
    (void)state;
    announce(1, 0, 3);
    announce(1, 1, 3);
    check_all();
    struct nlri_key key = key_of(1);
    rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, peers[0].source, 0);
    check_all();
}

static void one_encoding_serves_the_whole_group(void **state)
{
    (void)state;
    quiesce();
    for (uint32_t i = 0; i < 50; i++)
        announce(i, 0, 1);
    ribout_flush(&out, UINT64_MAX);
    struct iovec first;
    struct iovec second;
    assert_int_equal(msgq_vectors(&peers[2].queue, &first, 1), 1);
    assert_int_equal(msgq_vectors(&peers[4].queue, &second, 1), 1);
    assert_ptr_equal(first.iov_base, second.iov_base); /* 0, 2, 4, 6 are one group */
    assert_true(msgq_empty(&peers[0].queue));
    check_all();
}

/* What many sources have changed is one buffer, of which each gets all but its own. */
static void sources_share_buffers(void **state)
{
    (void)state;
    quiesce();
    for (uint32_t i = 0; i < 400; i++)
        announce(i, i % PEERS, i % SETS);
    ribout_flush(&out, UINT64_MAX);
    for (unsigned i = 0; i < PEERS; i++)
        assert_in_range(peers[i].queue.count, 1, 2);
    check_all();
}

/* A peer of whom nearly all routes are keeps a copy of the others', not the buffer with its own. */
static void a_small_share_is_copied(void **state)
{
    (void)state;
    quiesce();
    for (uint32_t i = 0; i < 5000; i++)
        announce(i, 0, i % SETS);
    announce(5500, 2, 1);
    ribout_flush(&out, UINT64_MAX);
    assert_int_equal(peers[0].queue.count, 1);
    const struct msgbuf *buf = peers[0].queue.ring[peers[0].queue.head].buf;
    assert_int_equal(buf->refs, 1);
    assert_int_equal(buf->len_bytes, peers[0].queue.pending_bytes);
    check_all();
}

/* Static routes come and go: in ranges, or a few among many. */
static void change_statics(struct random *r, uint32_t from, uint32_t count)
{
    uint32_t source = config_sources[random_below(r, NETWORKS)];
    uint32_t step = 1 + random_below(r, 2) * 300;
    uint32_t set = random_below(r, 4) ? sets[random_below(r, 2)] : untold;
    bool comes = random_below(r, 3) > 0;
    for (uint32_t i = from; i < from + count * step && i < PREFIXES; i += step) {
        struct nlri_key key = key_of(i);
        if (comes)
            announce_from(i, source, set);
        else
            rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, source, 0);
    }
}

static void random_step(struct random *r)
{
    unsigned peer = random_below(r, PEERS);
    uint32_t what = random_below(r, 1000);
    uint32_t from = random_below(r, PREFIXES);
    uint32_t count = 1 + random_below(r, 200);
    if (what < 100) {
        change_statics(r, from, count);
    } else if (what < 500) {
        uint32_t set = random_below(r, random_below(r, 2) ? 2 : SETS);
        for (uint32_t i = from; peers[peer].up && i < from + count && i < PREFIXES; i++)
            announce(i, peer, set);
    } else if (what < 700) {
        for (uint32_t i = from; peers[peer].up && i < from + count && i < PREFIXES; i++) {
            struct nlri_key key = key_of(i);
            rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, peers[peer].source, 0);
        }
    } else if (what < 720) {
        if (peers[peer].up)
            peer_down(peer);
        else
            peer_up(peer);
    } else if (what < 740) {
        if (peers[peer].up)
            ribout_refresh(peers[peer].member);
    } else if (what < 760) {
        peers[peer].profile = profile(random_below(r, 3));
        if (peers[peer].up)
            ribout_move(&out, peers[peer].member,
                        &(struct ribout_outbound){.profile = peers[peer].profile});
    } else if (what < 850) {
        if (peers[peer].up)
            read_queue(&peers[peer], 1 + random_below(r, 4));
    } else if (what < 900) {
        rib_sweep(&rib, 500);
    } else if (what < 960) {
        ribout_flush(&out, 1); /* a deadline that has passed: one chunk */
    } else {
        ribout_work(&out, 1);
    }
}

static void random_operations_converge(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= random_rounds(4); seed++) {
        struct random r = {seed * 1000003};
        for (unsigned step = 0; step < 3000; step++) {
            random_step(&r);
            if (step % 500 == 499)
                check_all();
        }
    }
}

/* Members move, and move on, while everything else goes on: each call of ribout_work does one slice
 * for one group, so that most of what happens falls between two slices of a move. */
static void moves_in_slices_lose_nothing(void **state)
{
    (void)state;
    unsigned between_slices = 0;
    for (uint64_t seed = 1; seed <= random_rounds(6); seed++) {
        struct random r = {seed * 7368787};
        for (uint32_t i = 0; i < PREFIXES; i++)
            announce(i, random_below(&r, PEERS), random_below(&r, SETS));
        check_all();
        for (unsigned step = 0; step < 1500; step++) {
            if (step % 10 == 0)
                move_somewhere(&r);
            random_step(&r);
            ribout_work(&out, 1);
            for (unsigned i = 0; i < PEERS; i++)
                between_slices +=
                    peers[i].up && peers[i].member->left.group && peers[i].member->left.pos > 1;
            if (step % 300 == 299)
                check_all();
        }
        for (unsigned i = 0; i < PEERS; i++)
            if (!peers[i].up)
                peer_up(i);
    }
    assert_true(between_slices > 500);
}

/* A call with a deadline that has passed looks at a slice, not at a table. */
static void a_move_is_cut_into_slices(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PREFIXES; i++)
        announce(i, 0, i * 7 % SETS);
    check_all();
    peers[3].profile = profile(2);
    peers[3].profile.source_kinds = 0; /* is told nothing any more */
    ribout_move(&out, peers[3].member, &(struct ribout_outbound){.profile = peers[3].profile});
    unsigned calls = 0;
    while (!peers[3].member->left.group && ribout_work(&out, 1))
        ;
    for (; peers[3].member->left.group; calls++) {
        uint32_t pos = peers[3].member->left.pos;
        assert_true(ribout_work(&out, 1));
        assert_true(!peers[3].member->left.group || peers[3].member->left.pos - pos <= 2048);
    }
    assert_true(calls >= 3);
    quiesce();
    for (uint32_t i = 0; i < PREFIXES; i++)
        assert_int_equal(peers[3].held[i], 0);
}

/* A member that reads nothing falls out of step, holds a bounded queue, and catches up later. */
static void a_slow_member_catches_up(void **state)
{
    (void)state;
    quiesce();
    struct peer *slow = &peers[2];
    uint32_t set = 0;
    for (unsigned round = 0; round < 400; round++) {
        for (uint32_t i = 0; i < PREFIXES; i++)
            announce(i, 0, (set + i * 7) % SETS);
        set++;
        ribout_flush(&out, UINT64_MAX);
        ribout_work(&out, UINT64_MAX);
        for (unsigned i = 0; i < PEERS; i++)
            if (&peers[i] != slow)
                read_queue(&peers[i], UINT32_MAX);
        assert_true(slow->queue.pending_bytes <=
                    RIBOUT_LIVE_LIMIT_BYTES + RIBOUT_PASS_LIMIT_BYTES + 100000);
    }
    assert_true(slow->queue.pending_bytes > RIBOUT_LIVE_LIMIT_BYTES / 2); /* it did get stuck */
    check_all();
    for (uint32_t i = 0; i < PREFIXES; i += 2) {
        struct nlri_key key = key_of(i);
        rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, peers[0].source, 0);
    }
    check_all();
}

/* What a socket that takes nothing leaves. */
static void stuff_queue(struct peer *p)
{
    static const uint8_t filler[RIBOUT_LIVE_LIMIT_BYTES];
    struct msgbuf *buf = msgbuf_new(filler, sizeof(filler), 1, 1);
    msgq_push(&p->queue, buf);
    msgbuf_unref(buf);
}

/* Prefixes that come and go while a member reads nothing cost what they are, not how often. */
static void tombstones_are_kept_once_for_each_prefix(void **state)
{
    (void)state;
    quiesce();
    struct peer *slow = &peers[2];
    stuff_queue(slow);
    for (unsigned round = 0; round < 100; round++) {
        for (uint32_t i = 0; i < 1000; i++)
            announce(i, 0, (round + i) % SETS);
        ribout_flush(&out, UINT64_MAX);
        for (uint32_t i = 0; i < 1000; i++) {
            struct nlri_key key = key_of(i);
            rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, peers[0].source, 0);
        }
        ribout_flush(&out, UINT64_MAX);
        for (unsigned i = 0; i < PEERS; i++)
            if (&peers[i] != slow)
                read_queue(&peers[i], UINT32_MAX);
    }
    assert_in_range(slow->member->group->tombstone_size, 1000, 4096);
    msgq_clear(&slow->queue);
    check_all();
    assert_int_equal(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), 0);
}

/* Prefixes beyond those that peers look at. */
static struct nlri_key far_key(uint32_t i)
{
    uint8_t bytes[4] = {(uint8_t)(20 + (i >> 16)), (uint8_t)(i >> 8), (uint8_t)i, 0};
    return prefix_key(prefix_make(IP_V4, 24, bytes));
}

static void announce_far(uint32_t first, uint32_t count)
{
    struct rib_announcement a = {
        .source = peers[0].source, .received = sets[1], .attrs = sets[1], .now_mono_s = 1};
    for (uint32_t i = first; i < first + count; i++) {
        struct nlri_key key = far_key(i);
        rib_announce(&rib, FAMILY_IPV4_UNICAST, key, &a);
    }
    ribout_flush(&out, UINT64_MAX);
}

static void withdraw_far(uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        struct nlri_key key = far_key(i);
        rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, peers[0].source, 0);
    }
    ribout_flush(&out, UINT64_MAX);
}

/* All that is queued is taken, unseen, but by one peer. */
static void clear_queues_but(const struct peer *slow)
{
    for (unsigned i = 0; i < PEERS; i++)
        if (&peers[i] != slow)
            msgq_clear(&peers[i].queue);
}

/* Prefixes that are never the same, and a member that takes nothing: it is given up on, what has to
 * be kept in mind for it stays bounded, and nobody else notices. */
static void a_member_that_takes_nothing_is_given_up_on(void **state)
{
    (void)state;
    quiesce();
    struct peer *slow = &peers[2];
    struct rib_table *t = &rib.tables[FAMILY_IPV4_UNICAST];
    stuff_queue(slow);
    for (uint32_t i = 0; i < 400000; i += 1000) {
        announce_far(i, 1000);
        withdraw_far(i, 1000);
        ribout_work(&out, UINT64_MAX);
        clear_queues_but(slow);
        assert_in_range(rib_table_count(t), 0, 2 * RIBOUT_TOMBSTONE_LIMIT);
        if (i == 90000)
            assert_false(ribout_member_given_up(slow->member));
    }
    for (unsigned i = 0; i < PEERS; i++)
        assert_int_equal(ribout_member_given_up(peers[i].member), &peers[i] == slow);
    assert_int_equal(out.given_up, 1);
    assert_int_equal(rib_table_count(t), 0);
    msgq_clear(&slow->queue);
    announce(5, 0, 3);
    while (ribout_flush(&out, UINT64_MAX) || ribout_work(&out, UINT64_MAX))
        ;
    assert_true(msgq_empty(&slow->queue));
    peer_down(2);
    assert_int_equal(out.given_up, 0);
    peer_up(2);
    check_all();
}

/* The same while it waits in the middle of a move: it is the group that it left that remembers. */
static void a_member_that_gets_stuck_in_a_move_is_given_up_on(void **state)
{
    (void)state;
    quiesce();
    struct peer *slow = &peers[2];
    announce(5, 0, 3);
    quiesce();
    slow->profile = profile(2);
    stuff_queue(slow);
    ribout_move(&out, slow->member, &(struct ribout_outbound){.profile = slow->profile});
    while (ribout_work(&out, UINT64_MAX))
        ;
    assert_non_null(slow->member->left.group);
    for (uint32_t i = 0; i < 400000; i += 1000) {
        announce_far(i, 1000);
        withdraw_far(i, 1000);
        ribout_work(&out, UINT64_MAX);
        clear_queues_but(slow);
        assert_in_range(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), 0,
                        2 * RIBOUT_TOMBSTONE_LIMIT);
    }
    assert_true(ribout_member_given_up(slow->member));
    assert_int_equal(out.given_up, 1);
    peer_down(2);
    peer_up(2);
    check_all();
}

/* A table that goes as a whole is no more than what the member was told. */
static void a_member_is_waited_for_when_a_table_goes(void **state)
{
    (void)state;
    quiesce();
    struct peer *slow = &peers[2];
    announce_far(0, 150000);
    for (unsigned i = 0; i < PEERS; i++)
        msgq_clear(&peers[i].queue);
    stuff_queue(slow);
    withdraw_far(0, 150000);
    clear_queues_but(slow);
    assert_int_equal(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), 150000);
    assert_false(ribout_member_given_up(slow->member));
    msgq_clear(&slow->queue);
    while (ribout_has_work(&out)) {
        ribout_work(&out, UINT64_MAX);
        clear_queues_but(NULL);
    }
    assert_int_equal(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), 0);
    check_all();
}

/* A pass that waits for a full queue goes on when the queue was read, and says so. */
static void a_full_queue_stops_a_pass_only_for_a_while(void **state)
{
    (void)state;
    peer_down(2);
    for (uint32_t i = 0; i < PREFIXES; i++)
        announce(i, 0, i * 7 % SETS);
    quiesce();
    peer_up(2);
    static const uint8_t filler[RIBOUT_PASS_LIMIT_BYTES];
    struct msgbuf *buf = msgbuf_new(filler, sizeof(filler), 1, 1);
    msgq_push(&peers[2].queue, buf);
    msgbuf_unref(buf);
    while (ribout_work(&out, UINT64_MAX))
        ;
    assert_int_equal(peers[2].queue.pending_bytes, sizeof(filler));
    assert_false(ribout_has_work(&out));
    msgq_clear(&peers[2].queue);
    assert_true(ribout_has_work(&out));
    check_all();
}

/* The new group is filled after the old one had its turn: there is more to do then. */
static void a_move_is_carried_out_without_another_event(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        announce(i, 0, i % SETS);
    check_all();
    peers[3].profile = profile(2);
    ribout_move(&out, peers[3].member, &(struct ribout_outbound){.profile = peers[3].profile});
    while (ribout_work(&out, UINT64_MAX))
        ;
    assert_false(ribout_has_work(&out));
    assert_int_equal(ribout_member_profile(peers[3].member)->cluster_id,
                     peers[3].profile.cluster_id);
    check_all();
}

static void a_new_group_is_not_told_paths_of_the_dead(void **state)
{
    (void)state;
    peer_down(7);
    for (uint32_t i = 0; i < 100; i++) {
        announce(i, 0, 5);
        announce(i, 1, 6);
    }
    check_all();
    peer_down(1); /* and with it what is best, or what is not */
    peer_down(0);
    announce(200, 2, 1);
    peers[7].profile = profile(2);
    peer_up(7);
    while (ribout_work(&out, UINT64_MAX)) /* no sweep yet */
        read_queue(&peers[7], UINT32_MAX);
    read_queue(&peers[7], UINT32_MAX);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(peers[7].held[i], 0);
    assert_int_equal(peers[7].held[200], 2);
    check_all();
}

static void nothing_is_left_when_all_is_withdrawn(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PREFIXES; i++)
        announce(i, i % 3, i % SETS);
    check_all();
    for (unsigned i = 0; i < 3; i++)
        peer_down(i);
    check_all();
    assert_int_equal(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), 0);
    assert_int_equal(rib.attrs.count, SETS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(live_changes_reach_everybody_but_their_source, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(identical_routes_move_between_sources, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_encoding_serves_the_whole_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sources_share_buffers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_small_share_is_copied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_operations_converge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(moves_in_slices_lose_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_move_is_cut_into_slices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slow_member_catches_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tombstones_are_kept_once_for_each_prefix, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_member_that_takes_nothing_is_given_up_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_member_that_gets_stuck_in_a_move_is_given_up_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_member_is_waited_for_when_a_table_goes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_queue_stops_a_pass_only_for_a_while, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_move_is_carried_out_without_another_event, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_group_is_not_told_paths_of_the_dead, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_left_when_all_is_withdrawn, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
