/* RIB-out with peers of all kinds: what each holds is what its best route looks like to it, and it
 * is sent nothing that changes nothing for it. */
#include "export_model.h"

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
    for (uint64_t seed = 1; seed <= (seeds ? strtoul(seeds, NULL, 10) : random_rounds(96));
         seed++) {
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
    /* Each mode of the eight, in any case. */
    for (uint64_t seed = 1; seed <= random_rounds(40); seed++) {
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
    for (uint64_t seed = 1; seed <= random_rounds(40); seed++) {
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
    for (unsigned round = 0; round < random_rounds(300); round++) {
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
    for (unsigned round = 0; round < random_rounds(1000); round++) {
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
    for (unsigned round = 0; round < random_rounds(300); round++) {
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
