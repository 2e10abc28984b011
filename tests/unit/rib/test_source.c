/* Sources that outlive sessions: what of their paths is dead, and when an index is free again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../keys.h"
#include "../random.h"
#include "rib/sweep.h"
#include "sets.h"

enum { PREFIXES = 700, SOURCES = 5, SETS = 4 };

static struct rib rib;
static struct rib_table *table;
static uint32_t sets[SETS];
static uint32_t source_of[SOURCES];

static struct nlri_key key_of(uint32_t i)
{
    uint8_t bytes[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 0};
    return prefix_key(prefix_make(IP_V4, 24, bytes));
}

static uint32_t add_source(uint32_t number)
{
    struct rib_source source = {
        .kind = RIB_SOURCE_PEER, .router_id = 100 + number, .addr = ip_from_v4(number)};
    return rib_source_add(&rib.sources, &source);
}

static void announce(uint32_t i, uint32_t source, uint32_t set)
{
    struct nlri_key key = key_of(i);
    struct rib_announcement a = {
        .source = source, .received = sets[set], .attrs = sets[set], .now_mono_s = 1};
    rib_announce(&rib, FAMILY_IPV4_UNICAST, key, &a);
}

/* Takes all entries off the dirty list, as RIB-out would; how many. */
static unsigned settle(void)
{
    unsigned count = 0;
    for (uint32_t id; rib_dirty_take(&rib, table, &id, 1) == 1; count++)
        rib_dirty_done(table, &id, 1);
    return count;
}

static void sweep(void)
{
    while (rib_sweep(&rib, 100))
        ;
    settle();
}

static bool has_live_path(uint32_t i, uint32_t source)
{
    struct nlri_key key = key_of(i);
    const struct rib_path *path = rib_find_path(&rib, FAMILY_IPV4_UNICAST, key, source);
    return path && !rib_path_is_dead(&rib, path);
}

static uint32_t live_count(uint32_t source)
{
    return rib_source_adj_in(&rib.sources, source, FAMILY_IPV4_UNICAST)->paths;
}

static void check_live(uint32_t source, bool (*is_live)(uint32_t i))
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < PREFIXES; i++) {
        assert_int_equal(has_live_path(i, source), is_live(i));
        live += is_live(i);
    }
    assert_int_equal(live_count(source), live);
}

static int set_up(void **state)
{
    (void)state;
    rib_init(&rib);
    table = &rib.tables[FAMILY_IPV4_UNICAST];
    for (uint32_t i = 0; i < SETS; i++)
        sets[i] = make_set(&rib.attrs, &(struct set_spec){.path = {64500 + i}, .next_hop = 1});
    for (uint32_t i = 0; i < SOURCES; i++)
        source_of[i] = add_source(i);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SOURCES; i++)
        rib_source_down(&rib, source_of[i]);
    sweep();
    assert_int_equal(rib_table_count(table), 0);
    assert_int_equal(table->path_count, 0);
    for (uint32_t i = 0; i < SETS; i++)
        rib_attrs_unref(&rib.attrs, sets[i]);
    rib_release(&rib);
    return 0;
}

static bool none(uint32_t i)
{
    (void)i;
    return false;
}

static bool is_last(uint32_t i)
{
    return i == PREFIXES - 1;
}

/* One path from each session, and no sweep between them: only that of the last one is live, however
 * often the number of a generation comes round. */
static void a_generation_does_not_come_back_to_life(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PREFIXES; i++) {
        rib_source_down(&rib, source_of[0]);
        announce(i, source_of[0], 0);
        assert_int_equal(live_count(source_of[0]), 1);
        if (i % 50 == 0)
            for (uint32_t k = 0; k <= i; k++)
                assert_int_equal(has_live_path(k, source_of[0]), k == i);
    }
    check_live(source_of[0], is_last);
    sweep();
    assert_int_equal(table->path_count, 1);
    check_live(source_of[0], is_last);
}

/* A neighbour whose sessions end faster than the sweep goes round, for as long as it likes: the end
 * of one stays a matter of constant time. */
static void the_end_of_a_session_removes_nothing(void **state)
{
    (void)state;
    const struct rib_source_life *life = &rib.sources.life[source_of[0]];
    for (unsigned session = 0; session < 1000; session++) {
        for (uint32_t i = session % 2; i < PREFIXES; i += 2)
            announce(i, source_of[0], 0);
        uint32_t dead_before = life->dead_count;
        assert_int_equal(dead_before > 0, session > 0);
        rib_source_down(&rib, source_of[0]);
        assert_int_equal(life->dead_count, dead_before + PREFIXES / 2);
        rib_sweep(&rib, PREFIXES / 5);
        settle();
    }
}

/* Sessions without a route use up no generation, and make nobody remove anything. */
static void sessions_without_routes_cost_nothing(void **state)
{
    (void)state;
    announce(0, source_of[0], 0);
    for (unsigned session = 0; session < 1000; session++) {
        rib_source_down(&rib, source_of[0]);
        check_live(source_of[0], none);
        assert_int_equal(table->path_count, 1);
    }
}

/* Dead paths of others are left alone by what only counts for one source. */
static void sources_die_apart(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PREFIXES; i++)
        announce(i, source_of[i % SOURCES], i % SETS);
    rib_source_down(&rib, source_of[1]);
    for (uint32_t i = 0; i < PREFIXES; i++)
        assert_int_equal(has_live_path(i, source_of[i % SOURCES]), i % SOURCES != 1);
    sweep();
    assert_int_equal(table->path_count, PREFIXES - PREFIXES / SOURCES);
}

/* What comes again as it was takes the place of the dead path, and nobody need hear of it. */
static void the_same_again_is_heard_of_by_nobody(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PREFIXES; i++)
        for (uint32_t k = 0; k < SOURCES; k++)
            announce(i, source_of[k], 0);
    settle();
    for (uint32_t k = 0; k < SOURCES; k++) {
        rib_source_down(&rib, source_of[k]);
        for (uint32_t i = 0; i < PREFIXES; i++)
            announce(i, source_of[k], i == 7 ? 1 : 0);
        assert_int_equal(table->path_count, PREFIXES * SOURCES);
        assert_int_equal(live_count(source_of[k]), PREFIXES);
        assert_false(rib_has_dead_paths(&rib));
        assert_int_equal(settle(), k == 0); /* the one that changed, of the best */
    }
    sweep();
    assert_int_equal(table->path_count, PREFIXES * SOURCES);
}

/* A withdrawal that comes before the sweep takes the dead path away. */
static void a_dead_path_may_be_withdrawn(void **state)
{
    (void)state;
    struct nlri_key key = key_of(3);
    announce(3, source_of[0], 0);
    announce(4, source_of[0], 0);
    settle();
    rib_source_down(&rib, source_of[0]);
    rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, source_of[0], 0);
    assert_int_equal(settle(), 1);
    assert_int_equal(table->path_count, 1);
    check_live(source_of[0], none);
    assert_true(rib_has_dead_paths(&rib));
}

/* Whatever dies while a sweep is under way, and wherever that is. */
static void what_dies_during_a_sweep_is_swept(void **state)
{
    (void)state;
    struct random r = {17};
    static bool live[PREFIXES][SOURCES];
    for (unsigned step = 0; step < 30000; step++) {
        uint32_t i = random_below(&r, PREFIXES);
        uint32_t k = random_below(&r, SOURCES);
        uint32_t what = random_below(&r, 100);
        if (what < 80) {
            announce(i, source_of[k], random_below(&r, SETS));
            live[i][k] = true;
        } else if (what < 82) {
            rib_source_down(&rib, source_of[k]);
            for (i = 0; i < PREFIXES; i++)
                live[i][k] = false;
        } else if (what < 99) {
            rib_sweep(&rib, 1 + random_below(&r, 40));
            settle();
        } else {
            sweep();
            uint32_t paths = 0;
            for (i = 0; i < PREFIXES; i++)
                for (k = 0; k < SOURCES; k++, paths += live[i][k - 1])
                    assert_int_equal(has_live_path(i, source_of[k]), live[i][k]);
            assert_int_equal(table->path_count, paths);
        }
    }
    memset(live, 0, sizeof(live));
}

/* Neighbours that come and go by thousands, and are each another one. */
static void the_table_of_sources_does_not_grow(void **state)
{
    (void)state;
    struct random r = {18};
    uint32_t present[50] = {0};
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t *source = &present[random_below(&r, 50)];
        if (*source == 0) {
            *source = add_source(step);
            announce(random_below(&r, PREFIXES), *source, 0);
        } else {
            rib_source_down(&rib, *source);
            rib_source_remove(&rib.sources, *source);
            *source = 0;
        }
        rib_sweep(&rib, 100);
        settle();
    }
    /* Those that are there, and those whose paths are not removed yet. */
    assert_in_range(rib.sources.count, SOURCES, 100);
    for (unsigned i = 0; i < 50; i++)
        if (present[i] != 0)
            rib_source_down(&rib, present[i]);
}

/* An index is free when neither paths nor Adj-RIB-Outs name it. */
static void an_index_is_free_when_nothing_names_it(void **state)
{
    (void)state;
    uint32_t old = source_of[0];
    announce(0, old, 0);
    rib_source_ref(&rib.sources, old);
    rib_source_down(&rib, old);
    rib_source_remove(&rib.sources, old);
    uint32_t second = add_source(9);
    assert_int_not_equal(second, old);
    sweep();
    uint32_t third = add_source(10);
    assert_int_not_equal(third, old);
    rib_source_unref(&rib.sources, old);
    source_of[0] = add_source(11);
    assert_int_equal(source_of[0], old);
    assert_int_equal(rib_source_at(&rib, old)->router_id, 111);
    announce(1, old, 0);
    assert_int_equal(live_count(old), 1);
}

/* What was told of its routes looks different when it begins to count as marked, or does not any
 * more; who it is again changes nothing. */
static void another_mark_is_another_look(void **state)
{
    (void)state;
    struct rib_source what = *rib_source_at(&rib, source_of[0]);
    uint64_t changes = rib.sources.changes;
    assert_int_equal(rib_source_alter(&rib.sources, source_of[0], &what, NULL), RIB_SOURCE_SAME);
    assert_int_equal(rib.sources.changes, changes);
    for (uint32_t as = 65001; as >= 65000; as--) {
        what.only_to_customer = as;
        assert_int_equal(rib_source_alter(&rib.sources, source_of[0], &what, NULL),
                         RIB_SOURCE_LOOKS);
        assert_int_equal(rib_source_at(&rib, source_of[0])->only_to_customer, as);
        assert_int_equal(rib_source_alter(&rib.sources, source_of[0], &what, NULL),
                         RIB_SOURCE_SAME);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_generation_does_not_come_back_to_life, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_of_a_session_removes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sessions_without_routes_cost_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sources_die_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_again_is_heard_of_by_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_path_may_be_withdrawn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_dies_during_a_sweep_is_swept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_table_of_sources_does_not_grow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_mark_is_another_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_index_is_free_when_nothing_names_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
