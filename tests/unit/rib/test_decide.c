/* Best path selection, step by step (RFC 4271 §9.1.2.2, RFC 4456 §9, RFC 5004). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../random.h"
#include "rib/decide.h"
#include "sets.h"

/* Sources: external peers of growing router id and address, an internal one, the API. */
enum { EXT1 = 1, EXT2, EXT3, INT1, API };

static struct rib_source sources[] = {
    [EXT1] = {.kind = RIB_SOURCE_PEER, .router_id = 10},
    [EXT2] = {.kind = RIB_SOURCE_PEER, .router_id = 20},
    [EXT3] = {.kind = RIB_SOURCE_PEER, .router_id = 20},
    [INT1] = {.kind = RIB_SOURCE_PEER, .session_kind = SESSION_INTERNAL, .router_id = 1},
    [API] = {.kind = RIB_SOURCE_API},
};

static struct rib rib = {.sources = {.at = sources}};

static struct rib_path path_of(uint32_t source, struct set_spec spec)
{
    uint32_t set = make_set(&rib.attrs, &spec);
    return (struct rib_path){.received = set, .attrs = set, .source = source};
}

/* Whether `first` is selected of two; `is_current`: it is the present best. */
static bool first_wins(struct rib_path first, struct rib_path second, bool is_current)
{
    struct rib_entry e = {
        .best = first, .more = &second, .more_count = 1, .flags = ENTRY_HAS_MED | ENTRY_HAS_WEIGHT};
    int best = rib_decide_best(&rib, &e, RIB_DECIDE_KINDS_ALL, is_current);
    assert_in_range(best, 0, 1);
    return best == 0;
}

/* What is said of the second one of two, when the first one is the best. */
static enum rib_step step_of(struct rib_path best, struct rib_path other)
{
    struct rib_entry e = {.best = best,
                          .best_usable = true,
                          .more = &other,
                          .more_count = 1,
                          .flags = ENTRY_HAS_MED | ENTRY_HAS_WEIGHT};
    return rib_decide_settled(&rib, &e, 1).step;
}

/* `a` must win over `b` by a step, whichever comes first and whichever is the present best. */
static void assert_wins(struct rib_path a, struct rib_path b, enum rib_step step)
{
    assert_int_equal(step_of(a, b), step);
    assert_true(first_wins(a, b, false));
    assert_true(first_wins(a, b, true));
    assert_false(first_wins(b, a, false));
    assert_false(first_wins(b, a, true));
    rib_attrs_unref(&rib.attrs, a.attrs);
    rib_attrs_unref(&rib.attrs, b.attrs);
}

static void each_step_decides_before_the_next(void **state)
{
    (void)state;
    struct set_spec base = {.path = {1, 2}, .next_hop = 1};
    /* In each pair the loser is better in all that is looked at later. */
    struct set_spec weighty = {.path = {1, 2, 3}, .next_hop = 1, .origin = 2, .weight = 1};
    struct set_spec liked = {.path = {1}, .next_hop = 1, .local_pref = 300};
    assert_wins(path_of(INT1, weighty), path_of(API, liked), RIB_STEP_WEIGHT);
    liked.weight = 1;
    weighty.weight = 0x80000000;
    assert_wins(path_of(EXT2, weighty), path_of(EXT1, liked), RIB_STEP_WEIGHT);

    /* What else is noted of a path does not count. */
    struct set_spec local = {.path = {1, 2, 3}, .next_hop = 1, .origin = 2, .kept = 1};
    assert_wins(path_of(API, local), path_of(EXT1, base), RIB_STEP_OWN);

    struct set_spec preferred = {.path = {1, 2, 3}, .next_hop = 1, .local_pref = 200};
    assert_wins(path_of(EXT2, preferred), path_of(EXT1, base), RIB_STEP_LOCAL_PREF);

    struct set_spec longer = {.path = {1, 2, 3}, .next_hop = 1};
    struct set_spec egp = {.path = {1, 2}, .next_hop = 1, .origin = 1};
    assert_wins(path_of(EXT2, egp), path_of(EXT1, longer), RIB_STEP_AS_PATH);

    struct set_spec high_med = {.path = {1, 2}, .next_hop = 1, .med = 50};
    assert_wins(path_of(EXT2, high_med), path_of(EXT1, egp), RIB_STEP_ORIGIN);

    struct set_spec low_med = {.path = {1, 2}, .next_hop = 1, .med = 10};
    assert_wins(path_of(INT1, low_med), path_of(EXT1, high_med), RIB_STEP_MED);

    assert_wins(path_of(EXT2, base), path_of(INT1, base), RIB_STEP_EXTERNAL);
}

/* Between paths of one weight MEDs count, whatever lighter ones have. */
static void weight_comes_before_the_med(void **state)
{
    (void)state;
    struct rib_path paths[3] = {
        path_of(EXT1, (struct set_spec){.path = {1, 2}, .next_hop = 1, .med = 1}),
        path_of(EXT2, (struct set_spec){.path = {1, 2}, .next_hop = 1, .med = 30, .weight = 5}),
        path_of(EXT3, (struct set_spec){.path = {1, 2}, .next_hop = 1, .med = 20, .weight = 5}),
    };
    struct rib_entry e = {.best = paths[0],
                          .more = &paths[1],
                          .more_count = 2,
                          .flags = ENTRY_HAS_MED | ENTRY_HAS_WEIGHT};
    assert_int_equal(rib_decide_best(&rib, &e, RIB_DECIDE_KINDS_ALL, false), 2);
    assert_int_equal(rib_decide_best(&rib, &e, RIB_DECIDE_KINDS_ALL, true), 2);
    e.more_count = 1;
    assert_int_equal(rib_decide_addition(&rib, &e, 1), RIB_BEST_CHANGES);
    assert_false(rib_decide_upholds(&rib, &paths[1], &paths[0]));
    for (unsigned i = 0; i < 3; i++)
        rib_attrs_unref(&rib.attrs, paths[i].attrs);
}

static void no_med_counts_as_the_lowest(void **state)
{
    (void)state;
    struct set_spec none = {.path = {1, 2}, .next_hop = 1};
    struct set_spec one = {.path = {1, 2}, .next_hop = 1, .med = 1};
    assert_wins(path_of(EXT2, none), path_of(EXT1, one), RIB_STEP_MED);
}

static void meds_of_different_neighbours_are_not_compared(void **state)
{
    (void)state;
    struct set_spec a = {.path = {1, 9}, .next_hop = 1, .med = 500};
    struct set_spec b = {.path = {2, 9}, .next_hop = 1, .med = 1};
    struct rib_path pa = path_of(EXT1, a);
    struct rib_path pb = path_of(EXT2, b);
    assert_true(first_wins(pa, pb, false)); /* by router id */
    rib_attrs_unref(&rib.attrs, pa.attrs);
    rib_attrs_unref(&rib.attrs, pb.attrs);
}

static void ties_go_by_router_id_then_address_unless_one_is_current(void **state)
{
    (void)state;
    assert_int_equal(ip_parse("192.0.2.2", &sources[EXT2].addr), 0);
    assert_int_equal(ip_parse("192.0.2.3", &sources[EXT3].addr), 0);
    struct set_spec spec = {.path = {1, 2}, .next_hop = 1};
    struct rib_path low = path_of(EXT1, spec);
    struct rib_path mid = path_of(EXT2, spec);
    struct rib_path high = path_of(EXT3, spec);
    assert_true(first_wins(low, mid, false));
    assert_false(first_wins(mid, low, false));
    assert_true(first_wins(mid, high, false));
    assert_false(first_wins(high, mid, false));
    assert_true(first_wins(high, low, true)); /* RFC 5004 */
    /* … which does not hold between sessions with the same speaker */
    assert_false(first_wins(high, mid, true));
    assert_int_equal(step_of(low, mid), RIB_STEP_ROUTER_ID);
    assert_int_equal(step_of(mid, high), RIB_STEP_ADDRESS);
    assert_int_equal(step_of(high, low), RIB_STEP_PRESENT);
    rib_attrs_unref(&rib.attrs, low.attrs);
    rib_attrs_unref(&rib.attrs, mid.attrs);
    rib_attrs_unref(&rib.attrs, high.attrs);
}

/* RFC 4271 §9.1.2.2 c: without a neighbour AS there is none to share. */
static void the_med_of_a_path_that_begins_with_a_set_is_compared_with_none(void **state)
{
    (void)state;
    struct rib_path high = path_of(
        EXT1, (struct set_spec){.path = {7, 8}, .path_is_set = true, .next_hop = 1, .med = 500});
    struct rib_path low = path_of(
        EXT2, (struct set_spec){.path = {7, 8}, .path_is_set = true, .next_hop = 1, .med = 1});
    assert_true(first_wins(high, low, false)); /* by router id */
    assert_false(first_wins(low, high, false));
    rib_attrs_unref(&rib.attrs, high.attrs);
    rib_attrs_unref(&rib.attrs, low.attrs);
}

/* The example in which comparing in order of arrival gives different winners (RFC 4451 §3.1.1 in
 * spirit): A beats B by router id, B beats C by identity, C beats A by MED. */
static void meds_give_one_winner_in_any_order(void **state)
{
    (void)state;
    struct rib_path paths[3] = {
        path_of(EXT1, (struct set_spec){.path = {7, 2}, .next_hop = 1, .med = 30}),
        path_of(EXT2, (struct set_spec){.path = {8, 2}, .next_hop = 1, .med = 1}),
        path_of(EXT3, (struct set_spec){.path = {7, 2}, .next_hop = 1, .med = 5}),
    };
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (unsigned i = 0; i < 6; i++) {
        struct rib_path more[2] = {paths[orders[i][1]], paths[orders[i][2]]};
        struct rib_entry e = {.best = paths[orders[i][0]],
                              .more = more,
                              .more_count = 2,
                              .flags = ENTRY_HAS_MED | ENTRY_HAS_WEIGHT};
        int best = rib_decide_best(&rib, &e, RIB_DECIDE_KINDS_ALL, false);
        assert_in_range(best, 0, 2);
        /* 30 loses against 5 within AS 7; then router ids tie and the address decides. */
        assert_int_equal(rib_entry_path(&e, (unsigned)best)->source, EXT2);
    }
    for (unsigned i = 0; i < 3; i++)
        rib_attrs_unref(&rib.attrs, paths[i].attrs);
}

/* A path that a third one keeps out by its MED has lost to that one, whatever the best has. */
static void a_path_loses_by_its_med_to_one_of_its_neighbour_as(void **state)
{
    (void)state;
    struct rib_path more[2] = {
        path_of(EXT1, (struct set_spec){.path = {7, 2}, .next_hop = 1, .med = 30}),
        path_of(EXT3, (struct set_spec){.path = {7, 2}, .next_hop = 1, .med = 5}),
    };
    struct rib_entry e = {
        .best = path_of(EXT2, (struct set_spec){.path = {8, 2}, .next_hop = 1, .med = 1}),
        .best_usable = true,
        .more = more,
        .more_count = 2,
        .flags = ENTRY_HAS_MED};
    struct rib_settled by_med = rib_decide_settled(&rib, &e, 1);
    assert_int_equal(by_med.step, RIB_STEP_MED);
    assert_int_equal(by_med.against, 2);
    struct rib_settled by_address = rib_decide_settled(&rib, &e, 2);
    assert_int_equal(by_address.step, RIB_STEP_ADDRESS);
    assert_int_equal(by_address.against, 0);
    more[1].reject = RIB_REJECT_AS_LOOP; /* who is not used beats nobody */
    assert_int_equal(rib_decide_settled(&rib, &e, 1).step, RIB_STEP_PRESENT);
    assert_int_equal(rib_decide_settled(&rib, &e, 2).step, RIB_STEP_UNUSABLE);
    rib_attrs_unref(&rib.attrs, e.best.attrs);
    for (unsigned i = 0; i < 2; i++)
        rib_attrs_unref(&rib.attrs, more[i].attrs);
}

/* What the steps look at, to be told apart by the test itself: the smaller value is preferred. */
struct looked_at {
    uint64_t by_step[RIB_STEP_PATH_ID + 1];
};

static struct looked_at look_at(const struct rib_path *path)
{
    const struct rib_source *source = &sources[path->source];
    const struct rib_attrs *set = rib_attrs_at(&rib.attrs, path->attrs);
    const struct attr_hot *hot = &set->hot;
    struct looked_at l = {0};
    l.by_step[RIB_STEP_WEIGHT] = UINT32_MAX - attr_local_of(rib_attrs_span(set)).weight;
    l.by_step[RIB_STEP_OWN] = source->kind == RIB_SOURCE_PEER;
    l.by_step[RIB_STEP_LOCAL_PREF] = UINT32_MAX - hot->local_pref;
    l.by_step[RIB_STEP_AS_PATH] = hot->as_path_len;
    l.by_step[RIB_STEP_ORIGIN] = hot->origin;
    l.by_step[RIB_STEP_MED] = hot->flags & ATTR_HAS_MED ? hot->med : 0;
    l.by_step[RIB_STEP_EXTERNAL] = source->session_kind;
    l.by_step[RIB_STEP_ROUTER_ID] = source->router_id;
    l.by_step[RIB_STEP_ADDRESS] = source->addr.bytes[3];
    l.by_step[RIB_STEP_PATH_ID] = path->path_id;
    return l;
}

/* The step that is named tells the two apart, and those before it do not. */
static void assert_told_apart(const struct rib_path *winner, const struct rib_path *loser,
                              enum rib_step step)
{
    struct looked_at w = look_at(winner);
    struct looked_at l = look_at(loser);
    bool same_as = rib_attrs_at(&rib.attrs, winner->attrs)->hot.neighbor_as ==
                   rib_attrs_at(&rib.attrs, loser->attrs)->hot.neighbor_as;
    for (enum rib_step i = RIB_STEP_WEIGHT; i <= RIB_STEP_PATH_ID; i++) {
        if (i == RIB_STEP_MED && !same_as)
            continue;
        if (step == RIB_STEP_PRESENT ? i > RIB_STEP_EXTERNAL : i == step)
            break;
        assert_int_equal(w.by_step[i], l.by_step[i]);
    }
    if (step != RIB_STEP_PRESENT)
        assert_true(w.by_step[step] < l.by_step[step]);
    assert_true(step != RIB_STEP_MED || same_as);
}

static void what_is_said_of_random_choices_is_so(void **state)
{
    (void)state;
    struct random random = {12};
    unsigned seen[RIB_STEP_FOR_ONE_PEER + 1] = {0};
    for (unsigned n = 0; n < 20000; n++) {
        struct rib_path paths[6];
        struct rib_entry e = {
            .best_usable = true, .more = &paths[1], .flags = ENTRY_HAS_MED | ENTRY_HAS_WEIGHT};
        unsigned count = 2 + random_below(&random, 4);
        for (unsigned i = 0; i < count; i++) {
            struct set_spec spec = {
                .path = {1 + random_below(&random, 2), 2},
                .next_hop = 1,
                .med = random_below(&random, 3),
                .local_pref = random_below(&random, 8) == 0 ? 200 : 0,
                .weight = random_below(&random, 16) == 0,
                .origin = random_below(&random, 8) == 0,
            };
            spec.path[2] = random_below(&random, 8) == 0 ? 3 : 0;
            paths[i] = path_of(EXT1 + i, spec);
        }
        e.best = paths[0];
        e.more_count = (uint16_t)(count - 1);
        unsigned first = random_below(&random, count);
        if (first > 0)
            rib_entry_to_front(&e, first);
        bool is_current = random_below(&random, 2) == 0;
        int best = rib_decide_best(&rib, &e, RIB_DECIDE_KINDS_ALL, is_current);
        assert_in_range(best, 0, count - 1);
        if (best > 0)
            rib_entry_to_front(&e, (unsigned)best);
        for (unsigned i = 1; i < count; i++) {
            struct rib_settled s = rib_decide_settled(&rib, &e, i);
            assert_told_apart(rib_entry_path(&e, s.against), rib_entry_path(&e, i), s.step);
            assert_true(s.step != RIB_STEP_PRESENT || is_current);
            seen[s.step]++;
        }
        for (unsigned i = 0; i < count; i++)
            rib_attrs_unref(&rib.attrs, rib_entry_path(&e, i)->attrs);
    }
    for (enum rib_step i = RIB_STEP_WEIGHT; i <= RIB_STEP_PRESENT; i++)
        if (i != RIB_STEP_CLUSTER_LIST && i != RIB_STEP_PATH_ID)
            assert_true(seen[i] > 0);
}

static void rejected_dead_and_private_paths_are_not_used(void **state)
{
    (void)state;
    struct rib_source local[3] = {
        [1] = {.kind = RIB_SOURCE_PEER}, [2] = {.kind = RIB_SOURCE_CONFIG}};
    const struct rib other = {.sources = {.at = local}};
    struct rib_path path = {.source = 1};
    assert_true(rib_decide_usable(&other, &path));
    path.reject = RIB_REJECT_AS_LOOP;
    assert_false(rib_decide_usable(&other, &path));
    path.reject = RIB_ACCEPTED;
    local[1].generation++;
    assert_false(rib_decide_usable(&other, &path));
    path.source = 2;
    assert_false(rib_decide_usable(&other, &path));
}

static int release_pool(void **state)
{
    (void)state;
    rib_attrs_pool_release(&rib.attrs);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_decides_before_the_next),
        cmocka_unit_test(weight_comes_before_the_med),
        cmocka_unit_test(no_med_counts_as_the_lowest),
        cmocka_unit_test(meds_of_different_neighbours_are_not_compared),
        cmocka_unit_test(ties_go_by_router_id_then_address_unless_one_is_current),
        cmocka_unit_test(the_med_of_a_path_that_begins_with_a_set_is_compared_with_none),
        cmocka_unit_test(meds_give_one_winner_in_any_order),
        cmocka_unit_test(a_path_loses_by_its_med_to_one_of_its_neighbour_as),
        cmocka_unit_test(what_is_said_of_random_choices_is_so),
        cmocka_unit_test(rejected_dead_and_private_paths_are_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, release_pool);
}
