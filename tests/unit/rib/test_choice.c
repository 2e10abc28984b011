/* Which path is the best, against a naive reading of RFC 4271 §9.1.2.2 and RFC 5004: random sets of
 * paths in all orders of arrival, with withdrawals, replacements and sessions that end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "rib/decide.h"
#include "rib/rib.h"
#include "rib/sweep.h"
#include "sets.h"

enum { SMALL = 5, SOURCES = 9, MANY = 3000 };

/* A path of the model. */
struct naive {
    bool there;
    bool local;
    enum session_kind kind;
    bool rejected;
    uint32_t router_id;
    uint32_t address;
    uint32_t source;
    struct set_spec spec;
};

static struct rib rib;
static struct naive paths[MANY];
static unsigned path_count;
static const struct nlri_key key = {(const uint8_t[]){10, 0, 0, 0}, 24};

/* --- the reference --- */

static unsigned hops(const struct naive *p)
{
    unsigned count = 0;
    while (count < 4 && p->spec.path[count] != 0)
        count++;
    return p->spec.path_is_set && count > 0 ? 1 : count;
}

static bool same_neighbor_as(const struct naive *a, const struct naive *b)
{
    return !a->spec.path_is_set && !b->spec.path_is_set && a->spec.path[0] == b->spec.path[0];
}

/* Whether `a` has a better value than `b` in one of the steps a to c or before them. */
static int64_t step_before_med(const struct naive *a, unsigned step)
{
    switch (step) {
    case 0:
        return -(int64_t)a->spec.weight;
    case 1:
        return a->local ? 0 : 1;
    case 2:
        return -(int64_t)(a->spec.local_pref ? a->spec.local_pref : 100);
    case 3:
        return hops(a);
    default:
        return a->spec.origin;
    }
}

/* Leaves those with the least value. */
static void keep_least(bool *in, int64_t (*value)(const struct naive *, unsigned), unsigned step)
{
    int64_t least = INT64_MAX;
    for (unsigned i = 0; i < path_count; i++)
        if (in[i] && value(&paths[i], step) < least)
            least = value(&paths[i], step);
    for (unsigned i = 0; i < path_count; i++)
        in[i] &= value(&paths[i], step) == least;
}

static int64_t step_after_med(const struct naive *a, unsigned step)
{
    return step == 0 ? a->kind == SESSION_INTERNAL : step == 1 ? a->router_id : a->address;
}

static void drop_by_med(bool *in)
{
    static bool out[MANY];
    for (unsigned i = 0; i < path_count; i++) {
        out[i] = false;
        for (unsigned k = 0; k < path_count && in[i]; k++)
            out[i] |= in[k] && same_neighbor_as(&paths[i], &paths[k]) &&
                      paths[k].spec.med < paths[i].spec.med;
    }
    for (unsigned i = 0; i < path_count; i++)
        in[i] &= !out[i];
}

/* Index of the path that is to be the best when `present` (-1: none) is; -1: none. */
static int choose(int present)
{
    static bool in[MANY];
    bool any = false;
    for (unsigned i = 0; i < path_count; i++)
        any |= in[i] = paths[i].there && !paths[i].rejected;
    if (!any)
        return -1;
    for (unsigned step = 0; step < 5; step++)
        keep_least(in, step_before_med, step);
    drop_by_med(in);
    keep_least(in, step_after_med, 0);
    bool present_is_equal = present >= 0 && in[present];
    keep_least(in, step_after_med, 1);
    keep_least(in, step_after_med, 2);
    int winner = 0;
    while (!in[winner])
        winner++;
    if (present_is_equal && paths[present].kind == SESSION_EXTERNAL && !paths[present].local &&
        paths[present].router_id != paths[winner].router_id)
        return present;
    return winner;
}

/* --- the RIB --- */

static void settle(void)
{
    struct rib_table *t = &rib.tables[FAMILY_IPV4_UNICAST];
    for (uint32_t id; rib_dirty_take(&rib, t, &id, 1) == 1;)
        rib_dirty_done(t, &id, 1);
}

static struct rib_entry *entry(void)
{
    uint32_t id = rib_table_find(&rib.tables[FAMILY_IPV4_UNICAST], key);
    return id != 0 ? rib_table_at(&rib.tables[FAMILY_IPV4_UNICAST], id) : NULL;
}

static int index_of(const struct rib_path *path)
{
    unsigned i = 0;
    while (paths[i].source != path->source)
        i++;
    return (int)i;
}

/* Index of the path that the RIB has as the best; -1. */
static int chosen(void)
{
    settle();
    const struct rib_entry *e = entry();
    return e && e->best_usable ? index_of(&e->best) : -1;
}

static void come(unsigned i)
{
    uint32_t set = make_set(&rib.attrs, &paths[i].spec);
    struct rib_announcement a = {
        .source = paths[i].source,
        .received = set,
        .attrs = set,
        .reject = paths[i].rejected ? RIB_REJECT_AS_LOOP : RIB_ACCEPTED,
        .now_mono_s = 1,
    };
    rib_announce(&rib, FAMILY_IPV4_UNICAST, key, &a);
    rib_attrs_unref(&rib.attrs, set);
    paths[i].there = true;
}

static void go(unsigned i)
{
    assert_true(rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, paths[i].source, 0));
    paths[i].there = false;
}

static void random_spec(struct random *r, struct naive *p)
{
    p->spec = (struct set_spec){
        .next_hop = 1,
        .path = {p->local ? 0 : 1 + random_below(r, 2), p->local ? 0 : 9},
        .med = random_below(r, 3),
        .local_pref = random_below(r, 10) == 0 ? 200 : 0,
        .origin = random_below(r, 8) == 0,
        .weight = random_below(r, 6) == 0 ? 1 + random_below(r, 2) : 0,
    };
    p->rejected = random_below(r, 12) == 0;
    if (p->kind == SESSION_INTERNAL && random_below(r, 3) == 0)
        p->spec.path[0] = p->spec.path[1] = 0;
    /* One set counts like one hop, so that these meet sequences of one. */
    if (!p->local && random_below(r, 3) == 0) {
        p->spec.path_is_set = p->spec.path[0] != 0 && random_below(r, 2);
        p->spec.path[1] = 0;
    }
}

static void session_up(struct naive *p)
{
    struct rib_source source = {
        .kind = p->local ? RIB_SOURCE_API : RIB_SOURCE_PEER,
        .session_kind = (uint8_t)p->kind,
        .router_id = p->router_id,
        .addr = ip_from_v4(p->address),
    };
    if (p->source == 0)
        p->source = rib_source_add(&rib.sources, &source);
    else
        rib_source_update(&rib, p->source, &source, NULL);
}

/* Few router ids, so that there are equal ones; the first path may be the API's. */
static void make_paths(struct random *r, unsigned count)
{
    path_count = count;
    for (unsigned i = 0; i < count; i++) {
        paths[i] = (struct naive){
            .local = i == 0 && random_below(r, 10) == 0,
            .address = 0x0a000000 + i,
            .router_id = 1 + random_below(r, 3),
        };
        if (paths[i].local)
            paths[i].address = paths[i].router_id = 0;
        else
            paths[i].kind = random_below(r, 4) ? SESSION_EXTERNAL : SESSION_INTERNAL;
        random_spec(r, &paths[i]);
        session_up(&paths[i]);
    }
}

static void end_sessions(void)
{
    for (unsigned i = 0; i < path_count; i++) {
        rib_source_down(&rib, paths[i].source);
        rib_source_remove(&rib.sources, paths[i].source);
    }
    while (rib_sweep(&rib, 1000))
        settle();
    settle();
}

static int set_up(void **state)
{
    (void)state;
    rib_init(&rib);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rib_release(&rib);
    return 0;
}

/* --- tests --- */

/* The best path leads the order of all, and then each time that one which is to be chosen when the
 * ones before it are gone. */
static void check_ranking(int best)
{
    struct rib_entry *e = entry();
    struct rib_ranking ranking = {0};
    unsigned ranked = 0;
    if (e)
        rib_decide_rank(&rib, e, RIB_DECIDE_KINDS_ALL, &ranking);
    for (int next = best; next >= 0; next = choose(-1)) {
        assert_in_range(ranked, 0, ranking.count - 1);
        assert_int_equal(index_of(rib_entry_path(e, ranking.order[ranked++])), next);
        paths[next].there = false;
    }
    assert_int_equal(ranked, ranking.count);
    for (unsigned i = 0; i < path_count; i++)
        paths[i].there |= e && rib_entry_path_of(e, paths[i].source);
    rib_ranking_release(&ranking);
}

static void check(int *present)
{
    int expected = choose(*present);
    assert_int_equal(chosen(), expected);
    *present = expected;
}

/* The next permutation in lexical order; false after the last. */
static bool next_order(unsigned *order)
{
    int i = SMALL - 2;
    while (i >= 0 && order[i] > order[i + 1])
        i--;
    if (i < 0)
        return false;
    int k = SMALL - 1;
    while (order[k] < order[i])
        k--;
    for (int low = i, high = k; low != high; high = low) {
        unsigned swapped = order[low];
        order[low] = order[high];
        order[high] = swapped;
    }
    for (int low = i + 1, high = SMALL - 1; low < high; low++, high--) {
        unsigned swapped = order[low];
        order[low] = order[high];
        order[high] = swapped;
    }
    return true;
}

static void every_order_of_arrival_ends_as_the_reference_says(void **state)
{
    (void)state;
    struct random r = {11};
    for (unsigned round = 0; round < random_rounds(400); round++) {
        make_paths(&r, SMALL);
        unsigned order[SMALL] = {0, 1, 2, 3, 4};
        do {
            int present = -1;
            for (unsigned i = 0; i < SMALL; i++) {
                come(order[i]);
                check(&present);
            }
            /* Those that are not the best go first. */
            for (unsigned left = SMALL; left > 0; left--) {
                unsigned i = 0;
                while (!paths[order[i]].there || (left > 1 && (int)order[i] == present))
                    i++;
                go(order[i]);
                check(&present);
            }
        } while (next_order(order));
        end_sessions();
    }
}

/* The session of a path ends, and another one begins, with another router id perhaps: the path is
 * announced again before the dead one was removed, or it is removed. */
static void return_as_another(struct random *r, unsigned i, int *present)
{
    struct naive *p = &paths[i];
    rib_source_down(&rib, p->source);
    if (!p->local && random_below(r, 2))
        p->router_id = 1 + random_below(r, 3);
    session_up(p);
    if (p->there && random_below(r, 2)) {
        if (random_below(r, 2))
            random_spec(r, p);
        come(i);
        return;
    }
    *present = *present == (int)i ? -1 : *present;
    p->there = false;
    while (rib_sweep(&rib, 100))
        ;
}

static void random_changes_end_as_the_reference_says(void **state)
{
    (void)state;
    struct random r = {12};
    for (unsigned round = 0; round < random_rounds(300); round++) {
        make_paths(&r, SOURCES);
        int present = -1;
        for (unsigned step = 0; step < 200; step++) {
            unsigned i = random_below(&r, SOURCES);
            uint32_t what = random_below(&r, 20);
            if (what == 0) {
                return_as_another(&r, i, &present);
            } else if (what < 8 && paths[i].there) {
                go(i);
                present = present == (int)i ? -1 : present;
            } else {
                random_spec(&r, &paths[i]);
                come(i);
            }
            check(&present);
            if (step % 5 == 0)
                check_ranking(present);
        }
        end_sessions();
    }
}

/* Among many paths selection waits for the dirty list: whatever happened until then, the result is
 * what is to be chosen from all, or the best path that was there before. */
static void many_paths_are_selected_from_when_they_are_taken(void **state)
{
    (void)state;
    struct random r = {13};
    make_paths(&r, MANY);
    int present = -1;
    for (unsigned round = 0; round < 60; round++) {
        for (unsigned step = 0; step < 500; step++) {
            unsigned i = random_below(&r, MANY);
            if (random_below(&r, 3) == 0 && paths[i].there) {
                go(i);
                present = present == (int)i ? -1 : present;
            } else if ((int)i != present) {
                random_spec(&r, &paths[i]);
                come(i);
            }
        }
        check(&present);
    }
    for (unsigned i = 0; i < MANY; i++)
        if (paths[i].there && i % 20 != 0) {
            go(i);
            present = present == (int)i ? -1 : present;
        }
    check(&present);
    end_sessions();
    assert_int_equal(rib_table_count(&rib.tables[FAMILY_IPV4_UNICAST]), 0);
}

/* The example of RFC 5004: the best path is the oldest; one with the same router id comes last. */
static void make_three(void)
{
    path_count = 3;
    for (unsigned i = 0; i < 3; i++) {
        paths[i] = (struct naive){.router_id = i == 1 ? 1 : 2,
                                  .address = 0x0a000000 + 9 - i,
                                  .spec = {.path = {1 + i, 9}, .next_hop = 1}};
        session_up(&paths[i]);
        come(i);
        assert_int_equal(chosen(), 0);
    }
}

static void a_third_path_never_wins(void **state)
{
    (void)state;
    make_three();
    go(1); /* now the one that came last wins complete selection, and RFC 5004 does not hold */
    assert_int_equal(chosen(), 2);
    end_sessions();
}

/* The same where the session of the second path ends, and the next one has another router id before
 * the path is removed. */
static void a_third_path_never_wins_after_another_session(void **state)
{
    (void)state;
    make_three();
    rib_source_down(&rib, paths[1].source);
    paths[1].there = false;
    paths[1].router_id = 3;
    session_up(&paths[1]);
    while (rib_sweep(&rib, 100))
        ;
    assert_int_equal(chosen(), 2);
    end_sessions();
}

/* Sources for all paths that an entry has room for, and a few more. */
static uint32_t add_sources(uint32_t count)
{
    uint32_t first = rib.sources.count;
    for (uint32_t i = 0; i < count; i++) {
        struct rib_source source = {
            .kind = RIB_SOURCE_PEER, .router_id = 1 + i, .addr = ip_from_v4(i)};
        assert_int_equal(rib_source_add(&rib.sources, &source), first + i);
    }
    return first;
}

static void announce_from(uint32_t source, uint32_t set)
{
    struct rib_announcement a = {.source = source, .received = set, .attrs = set, .now_mono_s = 1};
    rib_announce(&rib, FAMILY_IPV4_UNICAST, key, &a);
}

static bool has_path_of(uint32_t source)
{
    return rib_find_path(&rib, FAMILY_IPV4_UNICAST, key, source) != NULL;
}

static void a_prefix_has_room_for_so_many_paths(void **state)
{
    (void)state;
    const uint32_t count = RIB_ENTRY_PATHS_MAX;
    uint32_t first = add_sources(count + 2);
    uint32_t set = make_set(&rib.attrs, &(struct set_spec){.path = {1, 2}, .next_hop = 1});
    for (uint32_t i = 0; i < count + 2; i++)
        announce_from(first + i, set);
    settle();
    const struct rib_table *t = &rib.tables[FAMILY_IPV4_UNICAST];
    assert_int_equal(t->path_count, count);
    assert_true(has_path_of(first + count - 1));
    assert_false(has_path_of(first + count));
    /* Those of sessions that are gone make room, and so does a withdrawal. */
    rib_source_down(&rib, first + 7);
    announce_from(first + count, set);
    assert_true(has_path_of(first + count));
    assert_false(has_path_of(first + 7));
    announce_from(first + count + 1, set);
    assert_false(has_path_of(first + count + 1));
    assert_true(rib_withdraw(&rib, FAMILY_IPV4_UNICAST, key, first, 0)); /* the best */
    announce_from(first + count + 1, set);
    assert_true(has_path_of(first + count + 1));
    settle();
    uint32_t id = rib_table_find(t, key);
    assert_int_equal(rib_table_at(t, id)->best.source, first + 1);
    for (uint32_t i = 0; i < count + 2; i++)
        if (i != 7)
            rib_source_down(&rib, first + i);
    while (rib_sweep(&rib, 1000))
        ;
    settle();
    assert_int_equal(t->path_count, 0);
    assert_int_equal(rib_table_count(t), 0);
    rib_attrs_unref(&rib.attrs, set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_order_of_arrival_ends_as_the_reference_says, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(random_changes_end_as_the_reference_says, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_paths_are_selected_from_when_they_are_taken, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_third_path_never_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_third_path_never_wins_after_another_session, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_prefix_has_room_for_so_many_paths, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
