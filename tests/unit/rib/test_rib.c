/* The RIB against a naive model: a matrix of prefixes and sources, selection by looking at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../keys.h"
#include "../random.h"
#include "rib/decide.h"
#include "rib/review.h"
#include "rib/rib.h"
#include "rib/sweep.h"
#include "sets.h"

enum { PREFIXES = 400, PEERS = 6, SETS = 30 };

struct model {
    uint32_t set[PREFIXES][PEERS]; /* index + 1; 0: no path */
    bool dead[PREFIXES][PEERS];    /* of a session before; until it is removed */
};

static struct rib rib;
static uint32_t sets[SETS];
static uint32_t source_of[PEERS];
static struct model model;

static struct nlri_key key_of(uint32_t i)
{
    uint8_t bytes[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 0};
    return prefix_key(prefix_make(IP_V4, 24, bytes));
}

static void peer_up(unsigned peer)
{
    struct rib_source source = {.kind = RIB_SOURCE_PEER,
                                .session_kind = peer % 3 == 2 ? SESSION_INTERNAL : SESSION_EXTERNAL,
                                .router_id = 100 + peer,
                                .addr = ip_from_v4(0x0a000000 + peer)};
    if (source_of[peer] == 0)
        source_of[peer] = rib_source_add(&rib.sources, &source);
}

static void peer_down(unsigned peer)
{
    rib_source_down(&rib, source_of[peer]);
    for (unsigned i = 0; i < PREFIXES; i++) {
        model.dead[i][peer] |= model.set[i][peer] != 0;
        model.set[i][peer] = 0;
    }
}

static void sweep(void)
{
    while (rib_sweep(&rib, 64))
        ;
    memset(model.dead, 0, sizeof(model.dead));
}

/* Whether the path of `peer` is one that a full comparison could select: nothing beats it by
 * quality. Which of equal external ones is selected depends on history (RFC 5004), so only that is
 * checked. */
static void check_best(uint32_t i)
{
    struct nlri_key key = key_of(i);
    uint32_t id = rib_table_find(&rib.tables[FAMILY_IPV4_UNICAST], key);
    unsigned paths = 0;
    for (unsigned p = 0; p < PEERS; p++)
        paths += model.set[i][p] != 0;
    if (paths == 0) {
        if (id != 0)
            assert_int_equal(rib_entry_path_count(rib_table_at(&rib.tables[0], id)), 0);
        return;
    }
    assert_int_not_equal(id, 0);
    struct rib_entry *e = rib_table_at(&rib.tables[0], id);
    assert_int_equal(rib_entry_path_count(e), paths);
    assert_true(e->best_usable);
    for (unsigned p = 0; p < PEERS; p++) {
        if (model.set[i][p] == 0)
            continue;
        const struct rib_path *path = rib_find_path(&rib, FAMILY_IPV4_UNICAST, key, source_of[p]);
        assert_non_null(path);
        assert_int_equal(path->attrs, sets[model.set[i][p] - 1]);
        const struct attr_hot *best = &rib_attrs_at(&rib.attrs, e->best.attrs)->hot;
        const struct attr_hot *other = &rib_attrs_at(&rib.attrs, path->attrs)->hot;
        assert_true(best->local_pref >= other->local_pref);
        if (best->local_pref == other->local_pref)
            assert_true(best->as_path_len <= other->as_path_len);
        /* None of the same neighbour AS beats it by its MED, whatever came first. */
        if (best->local_pref == other->local_pref && best->as_path_len == other->as_path_len &&
            best->neighbor_as == other->neighbor_as)
            assert_true(best->med <= other->med);
    }
}

/* Takes all entries off the dirty lists, as RIB-out would. */
static unsigned settle(void)
{
    unsigned count = 0;
    struct rib_table *t = &rib.tables[FAMILY_IPV4_UNICAST];
    for (uint32_t id; rib_dirty_take(&rib, t, &id, 1) == 1; count++)
        rib_dirty_done(t, &id, 1);
    return count;
}

static void announce(uint32_t i, unsigned peer, uint32_t set)
{
    struct nlri_key key = key_of(i);
    struct rib_announcement a = {
        .source = source_of[peer], .received = sets[set], .attrs = sets[set], .now_mono_s = 1};
    rib_announce(&rib, FAMILY_IPV4_UNICAST, key, &a);
    model.set[i][peer] = set + 1;
    model.dead[i][peer] = false;
}

static int set_up(void **state)
{
    (void)state;
    rib_init(&rib);
    memset(&model, 0, sizeof(model));
    memset(source_of, 0, sizeof(source_of));
    for (uint32_t i = 0; i < SETS; i++) {
        struct set_spec spec = {.path = {64500 + i % 3, i % 2 ? 64600 + i : 0},
                                .next_hop = 0x0afe0000 + i,
                                .local_pref = 100 + i % 2 * 50,
                                .med = i % 5 == 0 ? i : 0};
        sets[i] = make_set(&rib.attrs, &spec);
    }
    for (unsigned p = 0; p < PEERS; p++)
        peer_up(p);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SETS; i++)
        rib_attrs_unref(&rib.attrs, sets[i]);
    rib_release(&rib); /* asserts that no set is referred to any more */
    return 0;
}

static void random_operations_equal_the_model(void **state)
{
    (void)state;
    struct random r = {77};
    for (unsigned step = 0; step < 40000; step++) {
        uint32_t i = random_below(&r, PREFIXES);
        unsigned peer = random_below(&r, PEERS);
        uint32_t what = random_below(&r, 1000);
        if (what < 600) {
            announce(i, peer, random_below(&r, SETS));
        } else if (what < 990) {
            struct nlri_key key = key_of(i);
            bool there = rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, source_of[peer], 0);
            assert_int_equal(there, model.set[i][peer] != 0 || model.dead[i][peer]);
            model.set[i][peer] = 0;
            model.dead[i][peer] = false;
        } else if (what < 994) {
            peer_down(peer);
            if (random_below(&r, 2)) /* sometimes the sweep is late */
                sweep();
            peer_up(peer);
        } else {
            sweep();
            settle();
            for (uint32_t k = 0; k < PREFIXES; k++)
                check_best(k);
        }
    }
    for (unsigned p = 0; p < PEERS; p++)
        peer_down(p);
    while (rib_sweep(&rib, 64))
        ;
    settle();
    assert_int_equal(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), 0);
    assert_int_equal(rib.tables[FAMILY_IPV4_UNICAST].path_count, 0);
    assert_int_equal(rib.attrs.count, SETS);
}

static void dead_paths_stop_counting_before_they_are_removed(void **state)
{
    (void)state;
    announce(1, 0, 1); /* local preference 150 */
    announce(1, 1, 0);
    settle();
    rib_source_down(&rib, source_of[0]);
    announce(1, 3, 2); /* makes the RIB select again, without a sweep */
    struct nlri_key key = key_of(1);
    struct rib_entry *e = rib_table_at(&rib.tables[0], rib_table_find(&rib.tables[0], key));
    assert_int_not_equal(e->best.source, source_of[0]);
    while (rib_sweep(&rib, 100))
        ;
    settle();
    assert_int_equal(rib_entry_path_count(e), 2);
}

static void only_what_matters_is_dirty(void **state)
{
    (void)state;
    announce(1, 0, 1);
    assert_int_equal(settle(), 1);
    announce(1, 0, 1); /* the same again */
    assert_int_equal(settle(), 0);
    announce(1, 1, 2); /* a worse path */
    assert_int_equal(settle(), 0);
    announce(1, 1, 3); /* still not better: the external best stays (RFC 5004) */
    announce(1, 0, 3);
    assert_int_equal(settle(), 1);
}

/* The list may not come to its end for long: it holds no more than waits, more or less. */
static void the_dirty_list_does_not_grow_when_it_is_never_empty(void **state)
{
    (void)state;
    struct rib_table *t = &rib.tables[FAMILY_IPV4_UNICAST];
    for (uint32_t i = 0; i < PREFIXES; i++)
        announce(i, 0, 1);
    for (uint32_t round = 0; round < 100 * PREFIXES; round++) {
        uint32_t id;
        assert_int_equal(rib_dirty_take(&rib, t, &id, 1), 1);
        rib_dirty_done(t, &id, 1);
        announce(round % PREFIXES, 0, 2 + round % 21);
        assert_int_equal(rib_dirty_count(t), PREFIXES);
    }
    assert_in_range(t->dirty_size, PREFIXES, 8 * PREFIXES);
}

static struct rib_verdict retell_first(void *ctx, const struct rib_table *t,
                                       const struct rib_entry *e, const struct rib_path *path)
{
    (void)ctx;
    (void)t;
    (void)e;
    struct rib_verdict verdict = rib_verdict_same(path);
    verdict.retell = path->source == source_of[0];
    return verdict;
}

static void a_new_reflection_client_makes_its_routes_dirty(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 10; i++)
        announce(i, i % 2, 1);
    assert_int_equal(settle(), 10);
    struct rib_review review = {0};
    struct rib_source client = *rib_source_at(&rib, source_of[0]);
    client.reflector_client = true;
    assert_true(rib_source_update(&rib, source_of[0], &client, NULL));
    while (!rib_review_step(&rib, &review, 3, retell_first, NULL))
        ;
    rib_retold(&rib);
    assert_int_equal(settle(), 5);
    assert_false(rib_source_update(&rib, source_of[0], &client, NULL));
    assert_int_equal(settle(), 0);
}

/* What paths are to be: by set, as the judge of the daemon, or removed. */
struct opinion {
    bool rejects[SETS];
    bool removes[SETS];
    unsigned becomes[SETS]; /* another set, plus 1; 0: as received */
    unsigned asked;
};

static uint32_t set_for(const struct opinion *o, unsigned i)
{
    return sets[o->becomes[i] != 0 && !o->rejects[i] ? o->becomes[i] - 1 : i];
}

static struct rib_verdict judge(void *ctx, const struct rib_table *t, const struct rib_entry *e,
                                const struct rib_path *path)
{
    struct opinion *o = ctx;
    (void)t;
    (void)e;
    o->asked++;
    for (unsigned i = 0; i < SETS; i++)
        if (path->received == sets[i])
            return (struct rib_verdict){.removed = o->removes[i],
                                        .reject = o->rejects[i] ? RIB_REJECT_POLICY + 7u : 0u,
                                        .attrs = set_for(o, i)};
    fail();
    return rib_verdict_same(path);
}

static void check_judged(uint32_t i, const struct opinion *o)
{
    struct nlri_key key = key_of(i);
    uint32_t id = rib_table_find(&rib.tables[FAMILY_IPV4_UNICAST], key);
    struct rib_entry *e = id ? rib_table_at(&rib.tables[FAMILY_IPV4_UNICAST], id) : NULL;
    bool any = false;
    for (unsigned p = 0; p < PEERS; p++) {
        uint32_t set = model.set[i][p];
        if (set == 0)
            continue;
        const struct rib_path *path = rib_find_path(&rib, FAMILY_IPV4_UNICAST, key, source_of[p]);
        if (o->removes[set - 1]) {
            assert_null(path);
            model.set[i][p] = 0;
            continue;
        }
        assert_non_null(path);
        assert_int_equal(path->reject != RIB_ACCEPTED, o->rejects[set - 1]);
        assert_int_equal(path->attrs, set_for(o, set - 1));
        assert_int_equal(path->received, sets[set - 1]);
        any |= !o->rejects[set - 1];
    }
    if (!e)
        return;
    assert_int_equal(e->best_usable, any);
    int best = rib_decide_best(&rib, e, RIB_DECIDE_KINDS_ALL, e->best_usable);
    assert_int_equal(best, any ? 0 : -1);
}

/* Judged again in slices of any size, the best path of each prefix is that of a full look at what
 * is left, and what RIB-out is told of is what changed. */
static void judged_again_the_best_is_selected_again(void **state)
{
    (void)state;
    struct random r = {99};
    struct rib_review review = {0};
    for (unsigned round = 0; round < 60; round++) {
        struct opinion o = {0};
        for (unsigned k = 0; k < 300; k++)
            announce(random_below(&r, PREFIXES), random_below(&r, PEERS), random_below(&r, SETS));
        for (unsigned i = 0; i < SETS; i++) {
            o.rejects[i] = random_below(&r, 3) == 0;
            o.removes[i] = random_below(&r, 20) == 0;
            o.becomes[i] = random_below(&r, 3) == 0 ? 1 + random_below(&r, SETS) : 0;
        }
        settle();
        unsigned paths = rib.tables[FAMILY_IPV4_UNICAST].path_count;
        uint32_t budget = 1 + random_below(&r, 500);
        while (!rib_review_step(&rib, &review, budget, judge, &o))
            assert_true(review.running);
        assert_false(review.running);
        assert_int_equal(o.asked, paths);
        for (uint32_t i = 0; i < PREFIXES; i++)
            check_judged(i, &o);
        settle();
        /* By the same judgement nothing changes. */
        while (!rib_review_step(&rib, &review, budget, judge, &o))
            ;
        assert_int_equal(settle(), 0);
    }
    for (unsigned p = 0; p < PEERS; p++)
        peer_down(p);
    while (rib_sweep(&rib, 64))
        ;
    settle();
    assert_int_equal(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), 0);
}

static struct rib_verdict judge_at_length(void *ctx, const struct rib_table *t,
                                          const struct rib_entry *e, const struct rib_path *path)
{
    (void)t;
    (void)e;
    rib_review_spend(ctx, 1000);
    return rib_verdict_same(path);
}

/* A step ends by what judging took, with one entry at least. */
static void a_step_ends_by_what_judges_spend(void **state)
{
    (void)state;
    struct rib_review review = {0};
    unsigned steps = 1;
    for (uint32_t i = 0; i < 10; i++)
        announce(i, 0, 1);
    settle();
    while (!rib_review_step(&rib, &review, 1000, judge_at_length, &review))
        steps++;
    /* Without that five, as entries that are not in use count as well. */
    assert_in_range(steps, 10, 20);
}

static void only_other_best_paths_are_dirty_when_judged_again(void **state)
{
    (void)state;
    struct rib_review review = {0};
    struct opinion o = {0};
    announce(1, 0, 1); /* local preference 150 */
    announce(1, 1, 2);
    announce(2, 0, 2);
    settle();
    o.rejects[2] = true; /* not the best of 1, the only one of 2 */
    while (!rib_review_step(&rib, &review, 1, judge, &o))
        ;
    assert_int_equal(settle(), 1);
    o.rejects[1] = true;
    o.rejects[2] = false;
    while (!rib_review_step(&rib, &review, 1, judge, &o))
        ;
    assert_int_equal(settle(), 2);
}

/* --- no more than so many --- */

static const struct rib_adj_in *adj_in(unsigned peer)
{
    return rib_source_adj_in(&rib.sources, source_of[peer], FAMILY_IPV4_UNICAST);
}

static void announce_judged(uint32_t i, unsigned peer, uint32_t set, enum rib_reject reject)
{
    struct nlri_key key = key_of(i);
    struct rib_announcement a = {.source = source_of[peer],
                                 .received = sets[set],
                                 .attrs = sets[set],
                                 .reject = (uint16_t)reject,
                                 .now_mono_s = 1};
    rib_announce(&rib, FAMILY_IPV4_UNICAST, key, &a);
}

static const struct rib_path *path_of(uint32_t i, unsigned peer)
{
    struct nlri_key key = key_of(i);
    return rib_find_path(&rib, FAMILY_IPV4_UNICAST, key, source_of[peer]);
}

static void withdraw(uint32_t i, unsigned peer)
{
    struct nlri_key key = key_of(i);
    rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, source_of[peer], 0);
}

static void beyond_the_most_nothing_new_is_taken(void **state)
{
    (void)state;
    rib_source_set_most(&rib.sources, source_of[0], FAMILY_IPV4_UNICAST, 3, RIB_ANY_NUMBER);
    for (uint32_t i = 0; i < 5; i++)
        announce_judged(i, 0, 0, i == 1 ? RIB_REJECT_AS_LOOP : RIB_ACCEPTED);
    assert_int_equal(adj_in(0)->paths, 3);
    assert_int_equal(rib_adj_in_accepted(adj_in(0)), 2);
    assert_int_equal(adj_in(0)->ignored, 2);
    assert_null(path_of(3, 0));
    settle();
    assert_int_equal(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), 3);

    announce_judged(2, 0, 1, RIB_ACCEPTED); /* known ones are replaced */
    assert_int_equal(path_of(2, 0)->attrs, sets[1]);
    withdraw(0, 0);
    announce_judged(3, 0, 0, RIB_ACCEPTED);
    announce_judged(4, 0, 0, RIB_ACCEPTED);
    assert_non_null(path_of(3, 0));
    assert_int_equal(adj_in(0)->ignored, 3);

    rib_source_set_most(&rib.sources, source_of[0], FAMILY_IPV4_UNICAST, 1,
                        RIB_ANY_NUMBER); /* what is there stays */
    assert_int_equal(adj_in(0)->paths, 3);
    announce_judged(3, 0, 1, RIB_ACCEPTED);
    assert_int_equal(path_of(3, 0)->attrs, sets[1]);
    rib_source_set_most(&rib.sources, source_of[0], FAMILY_IPV4_UNICAST, RIB_ANY_NUMBER,
                        RIB_ANY_NUMBER);
    announce_judged(4, 0, 0, RIB_ACCEPTED);
    assert_int_equal(adj_in(0)->paths, 4);
}

/* Also when the session ended without a path. */
static void what_was_not_taken_counts_for_one_session(void **state)
{
    (void)state;
    rib_source_set_most(&rib.sources, source_of[0], FAMILY_IPV4_UNICAST, 1, RIB_ANY_NUMBER);
    for (unsigned session = 0; session < 2; session++) {
        announce_judged(0, 0, 0, RIB_ACCEPTED);
        announce_judged(1, 0, 0, RIB_ACCEPTED);
        assert_int_equal(adj_in(0)->ignored, 1);
        if (session == 0)
            withdraw(0, 0);
        rib_source_down(&rib, source_of[0]);
        assert_int_equal(adj_in(0)->ignored, 0);
    }
}

static void what_is_not_used_may_count_or_not(void **state)
{
    (void)state;
    rib_source_set_most(&rib.sources, source_of[0], FAMILY_IPV4_UNICAST, RIB_ANY_NUMBER, 2);
    for (uint32_t i = 0; i < 4; i++)
        announce_judged(i, 0, 0, RIB_REJECT_AS_LOOP);
    for (uint32_t i = 4; i < 7; i++)
        announce_judged(i, 0, 0, RIB_ACCEPTED);
    assert_int_equal(adj_in(0)->paths, 6);
    assert_int_equal(rib_adj_in_accepted(adj_in(0)), 2);
    assert_int_equal(adj_in(0)->ignored, 1);

    announce_judged(0, 0, 1, RIB_ACCEPTED); /* would be used: what it replaces is gone */
    assert_null(path_of(0, 0));
    assert_int_equal(adj_in(0)->ignored, 2);
    announce_judged(4, 0, 1, RIB_REJECT_AS_LOOP); /* makes room */
    announce_judged(1, 0, 1, RIB_ACCEPTED);
    assert_non_null(path_of(1, 0));
    assert_int_equal(rib_adj_in_accepted(adj_in(0)), 2);
}

static struct rib_verdict accept_all(void *ctx, const struct rib_table *t,
                                     const struct rib_entry *e, const struct rib_path *path)
{
    (void)ctx;
    (void)t;
    (void)e;
    return (struct rib_verdict){.attrs = path->received};
}

static void judged_again_no_more_are_accepted_than_permitted(void **state)
{
    (void)state;
    struct rib_review review = {0};
    rib_source_set_most(&rib.sources, source_of[0], FAMILY_IPV4_UNICAST, RIB_ANY_NUMBER, 2);
    for (uint32_t i = 0; i < 5; i++)
        announce_judged(i, 0, 0, RIB_REJECT_AS_LOOP);
    assert_int_equal(rib_adj_in_accepted(adj_in(0)), 0);
    while (!rib_review_step(&rib, &review, 100, accept_all, NULL))
        ;
    assert_int_equal(rib_adj_in_accepted(adj_in(0)), 2);
    assert_int_equal(adj_in(0)->paths, 2);
    assert_int_equal(adj_in(0)->ignored, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_operations_equal_the_model, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dead_paths_stop_counting_before_they_are_removed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_what_matters_is_dirty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_dirty_list_does_not_grow_when_it_is_never_empty, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_reflection_client_makes_its_routes_dirty, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(beyond_the_most_nothing_new_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_not_taken_counts_for_one_session, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_used_may_count_or_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(judged_again_no_more_are_accepted_than_permitted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(judged_again_the_best_is_selected_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_step_ends_by_what_judges_spend, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_other_best_paths_are_dirty_when_judged_again, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
