/* What a group is told: sources, communities, reflection, next hops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../random.h"
#include "rib/export.h"
#include "sets.h"

enum { EXTERNAL = 1, INTERNAL, CLIENT, API, CONFIG, OTHER_CONFIG };

static struct rib_source sources[] = {
    [EXTERNAL] = {.kind = RIB_SOURCE_PEER, .alive = true},
    [INTERNAL] = {.kind = RIB_SOURCE_PEER, .alive = true, .ibgp = true},
    [CLIENT] = {.kind = RIB_SOURCE_PEER, .alive = true, .ibgp = true, .reflector_client = true},
    [API] = {.kind = RIB_SOURCE_API, .alive = true},
    [CONFIG] = {.kind = RIB_SOURCE_CONFIG, .alive = true},
    [OTHER_CONFIG] = {.kind = RIB_SOURCE_CONFIG, .alive = true},
};

static struct rib rib = {.sources = sources};

static struct rib_treatment treatment(bool ebgp)
{
    struct rib_treatment t = {0};
    t.family = FAMILY_IPV4_UNICAST;
    t.ebgp = ebgp;
    t.source_kinds = 1u << RIB_SOURCE_PEER | 1u << RIB_SOURCE_API | 1u << RIB_SOURCE_CONFIG;
    t.config_source = CONFIG;
    t.next_hop_len_bytes = 4;
    return t;
}

/* Whether a group is told the only path of a prefix. */
static bool is_told(const struct rib_treatment *t, uint32_t source, uint32_t community)
{
    struct set_spec spec = {.path = {64500}, .next_hop = 0x0afe0001, .community = community};
    uint32_t set = make_set(&rib.attrs, &spec);
    bool config = sources[source].kind == RIB_SOURCE_CONFIG;
    struct rib_entry e = {.best = {.received = set, .attrs = set, .source = source},
                          .best_usable = !config,
                          .flags = sources[source].kind == RIB_SOURCE_PEER ? 0 : ENTRY_HAS_LOCAL};
    bool told = rib_export_select(&rib, t, &e) != NULL;
    rib_attrs_unref(&rib.attrs, set);
    return told;
}

static void well_known_communities_bound_what_was_learned(void **state)
{
    (void)state;
    struct rib_treatment external = treatment(true);
    struct rib_treatment internal = treatment(false);
    assert_true(is_told(&external, EXTERNAL, 0));
    assert_false(is_told(&external, EXTERNAL, 0xffffff01)); /* NO_EXPORT */
    assert_true(is_told(&internal, EXTERNAL, 0xffffff01));
    assert_false(is_told(&external, EXTERNAL, 0xffffff02)); /* NO_ADVERTISE */
    assert_false(is_told(&internal, EXTERNAL, 0xffffff02));
    assert_false(is_told(&external, EXTERNAL, 0xffffff03)); /* NO_EXPORT_SUBCONFED */
    assert_true(is_told(&external, API, 0xffffff01));       /* ours: for the neighbour to act on */
}

static void internal_routes_are_reflected_where_one_side_is_a_client(void **state)
{
    (void)state;
    struct rib_treatment internal = treatment(false);
    assert_false(is_told(&internal, INTERNAL, 0));
    assert_true(is_told(&internal, CLIENT, 0));
    internal.reflector_client = true;
    assert_true(is_told(&internal, INTERNAL, 0));
    struct attr_export x = rib_export_attrs(&rib, &internal, INTERNAL);
    assert_true(x.reflect);
    assert_int_equal(x.next_hop_len_bytes, 0);
    x = rib_export_attrs(&rib, &internal, EXTERNAL);
    assert_false(x.reflect);
}

static void sources_are_chosen_by_kind(void **state)
{
    (void)state;
    struct rib_treatment t = treatment(true);
    assert_true(is_told(&t, CONFIG, 0));
    assert_false(is_told(&t, OTHER_CONFIG, 0)); /* another peer's static routes */
    t.source_kinds = 1u << RIB_SOURCE_API;
    assert_false(is_told(&t, EXTERNAL, 0));
    assert_true(is_told(&t, API, 0));
}

/* An IPv6 next hop of an IPv4 route is only for peers that negotiated RFC 8950. */
static void ipv6_next_hops_need_the_capability(void **state)
{
    (void)state;
    static const uint8_t next_hop[16] = {0x20, 1, 0xd, 0xb8};
    static struct attr_block b;
    attr_block_init(&b);
    attr_block_add(&b, ATTR_ORIGIN, span_of("", 1));
    attr_block_add(&b, ATTR_AS_PATH, span_of(NULL, 0));
    attr_block_add(&b, ATTR_NEXT_HOP, span_of(next_hop, sizeof(next_hop)));
    assert_int_equal(attr_block_finish(&b), 0);
    uint32_t set = rib_attrs_intern(&rib.attrs, attr_block_span(&b), &b.hot);
    for (uint32_t source = API; source <= CONFIG; source++) {
        struct rib_treatment t = treatment(true);
        struct rib_entry e = {.best = {.received = set, .attrs = set, .source = source},
                              .best_usable = source == API,
                              .flags = ENTRY_HAS_LOCAL};
        assert_null(rib_export_select(&rib, &t, &e));
        t.extended_next_hop = true;
        assert_non_null(rib_export_select(&rib, &t, &e));
    }
    rib_attrs_unref(&rib.attrs, set);
}

/* What is remembered from one entry to the next never changes the answer. */
static void entries_in_a_row_are_judged_like_single_ones(void **state)
{
    (void)state;
    uint32_t sets[3];
    for (uint32_t i = 0; i < 3; i++) {
        struct set_spec spec = {
            .path = {64500 + i}, .next_hop = 0x0afe0001, .community = 0xffffff00 + i};
        sets[i] = make_set(&rib.attrs, &spec);
    }
    struct random r = {7};
    unsigned told = 0;
    for (unsigned round = 0; round < 200; round++) {
        struct rib_treatment t = treatment(round % 2);
        struct rib_export_memo memo = {0};
        t.reflector_client = random_below(&r, 2);
        sources[INTERNAL].alive = random_below(&r, 2);
        for (unsigned i = 0; i < 50; i++) {
            uint32_t source = EXTERNAL + random_below(&r, 3);
            uint32_t set = sets[random_below(&r, 3)];
            struct rib_path other = {.received = sets[0], .attrs = sets[0], .source = CLIENT};
            struct rib_entry e = {.best = {.received = set, .attrs = set, .source = source},
                                  .more = &other,
                                  .more_count = (uint16_t)random_below(&r, 2),
                                  .best_usable = random_below(&r, 4) > 0,
                                  .flags = random_below(&r, 4) > 0 ? 0 : ENTRY_HAS_LOCAL};
            const struct rib_path *path = rib_export_select(&rib, &t, &e);
            assert_ptr_equal(rib_export_select_next(&rib, &t, &e, &memo), path);
            told += path != NULL;
        }
    }
    assert_in_range(told, 1000, 9000);
    sources[INTERNAL].alive = true;
    for (uint32_t i = 0; i < 3; i++)
        rib_attrs_unref(&rib.attrs, sets[i]);
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
        cmocka_unit_test(well_known_communities_bound_what_was_learned),
        cmocka_unit_test(internal_routes_are_reflected_where_one_side_is_a_client),
        cmocka_unit_test(sources_are_chosen_by_kind),
        cmocka_unit_test(ipv6_next_hops_need_the_capability),
        cmocka_unit_test(entries_in_a_row_are_judged_like_single_ones),
    };
    return cmocka_run_group_tests(tests, NULL, release_pool);
}
