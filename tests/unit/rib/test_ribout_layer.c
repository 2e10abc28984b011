/* Clients of a route server: who hears of which change, and what is kept for it. That each is told
 * the first path that it may have is for test_ribout_export to say. */
#include "peers.h"

/* In the order of preference. */
enum { BEST = 3, SECOND = 2, THIRD = 1, SECOND_TOO = 6 };

static int set_up_clients(void **state)
{
    set_up(state);
    for (unsigned i = 0; i < PEERS; i++) {
        peer_down(i);
        peers[i].profile = profile(0);
        peers[i].profile.route_server_client = true;
        peer_up(i);
    }
    quiesce();
    return 0;
}

/* How often each peer has been told of a prefix. */
struct counts {
    unsigned of[PEERS];
};

static struct counts counts(void)
{
    struct counts c;
    quiesce();
    for (unsigned i = 0; i < PEERS; i++)
        c.of[i] = peers[i].announced;
    return c;
}

/* Since then one peer was told of a prefix, or two were, and nobody else was. */
static void assert_told(struct counts before, unsigned one, unsigned other)
{
    struct counts now = counts();
    for (unsigned i = 0; i < PEERS; i++)
        assert_int_equal(now.of[i] - before.of[i], i == one || i == other);
}

enum { NOBODY = PEERS };

static void a_change_is_told_to_those_who_have_the_path(void **state)
{
    (void)state;
    announce(0, 0, BEST);
    announce(0, 1, SECOND);
    struct counts before = counts();
    assert_int_equal(peers[0].held[0], SECOND + 1);
    assert_int_equal(peers[1].held[0], BEST + 1);
    assert_int_equal(peers[7].held[0], BEST + 1);

    announce(0, 2, THIRD); /* nobody may have it who has none of the others */
    assert_told(before, NOBODY, NOBODY);
    announce(0, 1, SECOND_TOO);
    assert_told(before, 0, NOBODY);
    assert_int_equal(peers[0].held[0], SECOND_TOO + 1);

    before = counts();
    struct nlri_key key = key_of(0);
    rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, peers[1].source, 0);
    assert_told(before, 0, NOBODY);
    assert_int_equal(peers[0].held[0], THIRD + 1);

    before = counts();
    rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, peers[0].source, 0);
    struct counts now = counts();
    for (unsigned i = 0; i < PEERS; i++) /* the first has it, and it is the third's own */
        assert_int_equal(now.of[i] - before.of[i], i != 0 && i != 2);
    assert_int_equal(peers[2].held[0], 0);
    assert_int_equal(ribout_member_advertised(peers[2].member), 0);
    assert_int_equal(ribout_member_advertised(peers[0].member), 1);
}

/* All others take it; the peer that it comes from now has what it may have already. */
static void the_best_path_moves(void **state)
{
    (void)state;
    announce(0, 0, THIRD);
    announce(0, 1, SECOND);
    struct counts before = counts();
    announce(0, 0, BEST);
    struct counts now = counts();
    for (unsigned i = 0; i < PEERS; i++)
        assert_int_equal(now.of[i] - before.of[i], i != 0);
    assert_int_equal(peers[0].held[0], SECOND + 1);
    assert_int_equal(peers[1].held[0], BEST + 1);
}

static unsigned pages_of(const struct ribout_group *g)
{
    unsigned pages = 0;
    for (uint32_t i = 0; i < g->layers.page_count; i++)
        pages += g->layers.pages[i] != NULL;
    return pages;
}

static void layers_are_there_while_there_are_several_paths(void **state)
{
    (void)state;
    const struct ribout_group *g = peers[0].member->group;
    struct random r = {9};
    for (uint32_t i = 0; i < PREFIXES; i++)
        announce(i, i % PEERS, random_below(&r, SETS));
    quiesce();
    assert_int_equal(pages_of(g), 0);
    for (unsigned round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < PREFIXES; i++)
            announce(i, (i + 1 + random_below(&r, 3)) % PEERS, random_below(&r, SETS));
        quiesce();
        assert_true(pages_of(g) > 0);
    }
    for (unsigned peer = 0; peer < PEERS; peer++)
        for (uint32_t i = 0; i < PREFIXES; i++) {
            struct nlri_key key = key_of(i);
            rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, peers[peer].source, 0);
        }
    quiesce();
    assert_int_equal(pages_of(g), 0);
    for (unsigned i = 0; i < SETS; i++)
        assert_int_equal(rib_attrs_at(&rib.attrs, sets[i])->refs, 1);
    for (unsigned i = 0; i < PEERS; i++) {
        assert_int_equal(peers[i].held[0], 0);
        assert_int_equal(ribout_member_advertised(peers[i].member), 0);
        assert_int_equal(rib.sources.life[peers[i].source].out_refs, 0);
    }
}

/* Only groups that are told further paths need look at an entry when one of these changes. */
static void without_clients_further_paths_are_nothing_to_look_at(void **state)
{
    (void)state;
    const struct rib_table *t = &rib.tables[FAMILY_IPV4_UNICAST];
    announce(0, 0, BEST);
    announce(0, 1, SECOND);
    quiesce();
    announce(0, 1, SECOND_TOO);
    assert_int_equal(rib_dirty_count(t), 1);
    quiesce();
    for (unsigned i = 0; i < PEERS; i++) {
        peers[i].profile.route_server_client = false;
        const struct ribout_outbound what = {.profile = peers[i].profile};
        ribout_move(&out, peers[i].member, &what);
    }
    quiesce();
    assert_int_equal(t->layered, 0);
    assert_int_equal(peers[0].held[0], 0);
    announce(0, 1, SECOND);
    assert_int_equal(rib_dirty_count(t), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_is_told_to_those_who_have_the_path, set_up_clients,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_best_path_moves, set_up_clients, tear_down),
        cmocka_unit_test_setup_teardown(layers_are_there_while_there_are_several_paths,
                                        set_up_clients, tear_down),
        cmocka_unit_test_setup_teardown(without_clients_further_paths_are_nothing_to_look_at,
                                        set_up_clients, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
