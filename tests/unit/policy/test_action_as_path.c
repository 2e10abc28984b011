/* Actions on AS paths: prepend and as_path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "action_fixture.h"
#include "policy/as_set.h"

#define HOP "next_hop 192.0.2.1; "

static struct policy_neighbor wide = {.as = 4200000001, .local_as = 65000};

static void an_as_is_prepended(void **state)
{
    (void)state;
    assert_becomes("prepend", "as=65009", HOP "as_path 1 2", HOP "as_path 65009 1 2");
    assert_becomes("prepend", "as=65009 count=3", HOP "as_path 1",
                   HOP "as_path 65009 65009 65009 1");
    assert_becomes("prepend", "count=2 as=AS1.10", HOP "", HOP "as_path 65546 65546");
    assert_becomes("prepend", "as=peer count=2", HOP "as_path 1", HOP "as_path 65010 65010 1");
    assert_becomes("prepend", "as=self", HOP "as_path 1", HOP "as_path 65000 1");
    assert_becomes("prepend", "as=last count=2", HOP "as_path 7 8", HOP "as_path 7 7 7 8");
    assert_becomes("prepend", "as={origin.as}", HOP "as_path 7 8", HOP "as_path 8 7 8");
    assert_becomes("prepend", "as={neighbor.as}", HOP "as_path 7 8", HOP "as_path 7 7 8");
    assert_becomes("prepend", "as={peer.as}", HOP "as_path 7", HOP "as_path 65010 7");
    assert_becomes("prepend", "as={local.as}", HOP "as_path {7}", HOP "as_path 65000 {7}");
}

static void without_such_an_as_nothing_is_prepended(void **state)
{
    (void)state;
    assert_stays("prepend", "as=last count=3", HOP "");
    assert_stays("prepend", "as=last", HOP "as_path {1 2} 3");
    assert_stays("prepend", "as={origin.as}", HOP "as_path 1 {2}");
    assert_stays("prepend", "as={neighbor.as}", HOP "");
    scene.local_as = 0;
    assert_stays("prepend", "as=self", HOP "as_path 1");
    scene.local_as = 65000;
}

/* A sequence has room for 255. */
static void full_sequences_are_followed_by_others(void **state)
{
    (void)state;
    struct strbuf want = {0};
    strbuf_add(&want, HOP "as_path 5 5");
    for (unsigned i = 0; i < 255 + 255; i++)
        strbuf_add(&want, " 9");
    strbuf_add(&want, " 1");
    attrs_of(&before_block, HOP "as_path 1");
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(apply_to("prepend", "as=9 count=255", attr_block_span(&before_block)), 0);
        memcpy(&before_block, &result, sizeof(result));
    }
    assert_int_equal(apply_to("prepend", "as=5 count=2", attr_block_span(&before_block)), 0);
    assert_int_equal(result.hot.as_path_len, 513);
    struct span path = {0};
    struct strbuf have = {0};
    assert_true(attr_find(attr_block_span(&result), ATTR_AS_PATH, &path));
    strbuf_add(&have, HOP "as_path ");
    aspath_format(path, &have);
    assert_string_equal(strbuf_text(&have), strbuf_text(&want));
    assert_true(is_canonical(attr_block_span(&result), scene.family));
    strbuf_release(&want);
    strbuf_release(&have);
}

/* There is an end to it: the route is rejected then. */
static void a_path_that_is_too_long_is_an_error(void **state)
{
    (void)state;
    attrs_of(&before_block, HOP "as_path 1");
    int err = 0;
    unsigned times = 0;
    while (err == 0) {
        err = apply_to("prepend", "as=9 count=255", attr_block_span(&before_block));
        memcpy(&before_block, &result, sizeof(result));
        times++;
        assert_true(times < 100);
    }
    assert_int_equal(err, ERR_FULL);
    assert_in_range(times, 60, 65); /* of 65,535 bytes */
}

static void bad_prepends_are_refused(void **state)
{
    (void)state;
    assert_refused("prepend", "count=3", "'as' is missing");
    assert_refused("prepend", "as=first", "is no AS (expected a number as 174 or 1.10");
    assert_refused("prepend", "as=first", "\"peer\", \"self\" or \"last\"");
    assert_refused("prepend", "as=0", "is no AS");
    assert_refused("prepend", "as=4294967296", "is no AS");
    assert_refused("prepend", "as=1-2", "is no AS");
    assert_refused("prepend", "as={peer.name}", "has no place here");
    assert_refused("prepend", "as={peeras}", "is no variable");
    assert_refused_at("prepend", "as=1 count=0", 1,
                      "'0' is not how often (expected a number from 1");
    assert_refused_at("prepend", "as=1 count=256", 1, "to 255");
    assert_refused_at("prepend", "as=1 count=#-1", 1, "is not how often");
}

static void ases_are_replaced(void **state)
{
    (void)state;
    assert_becomes("as_path", "replace[65001]=65002", HOP "as_path 1 65001 {65001 3} 65001",
                   HOP "as_path 1 65002 {65002 3} 65002");
    assert_becomes("as_path", "replace[64512-65534]={local.as}", HOP "as_path 1 64600 65535",
                   HOP "as_path 1 65000 65535");
    assert_becomes("as_path", "replace[tier1]={peer.as}", HOP "as_path 174 1 3356",
                   HOP "as_path 65010 1 65010");
    assert_becomes("as_path", "replace[7]={origin.as} replace[8]={neighbor.as}",
                   HOP "as_path 7 8 9", HOP "as_path 9 7 9");
    /* What names the fewest counts, wherever it stands; and each is replaced once. */
    assert_becomes("as_path", "replace[1-100]=7 replace[5]=6 replace[4-6]=8",
                   HOP "as_path 1 4 5 6 100", HOP "as_path 7 8 6 8 7");
    assert_stays("as_path", "replace[65001]=65002", HOP "as_path 1 65003");
    assert_stays("as_path", "replace[65001]=65002", HOP "");
    /* A variable without a value replaces nothing. */
    assert_stays("as_path", "replace[7]={origin.as}", HOP "as_path 7 {8}");
}

static void private_ases_are_left_out(void **state)
{
    (void)state;
#define MIXED "as_path 64512 65534 174 4200000000 {65000 3356 4294967294} {65001} 65535"
    assert_becomes("as_path", "remove_private=true", HOP MIXED, HOP "as_path 174 {3356} 65535");
    assert_becomes("as_path", "remove_private=all", HOP MIXED, HOP "as_path 174 {3356} 65535");
    assert_becomes("as_path", "remove_private=leading", HOP MIXED,
                   HOP "as_path 174 4200000000 {65000 3356 4294967294} {65001} 65535");
    assert_becomes("as_path", "remove_private=true", HOP "as_path 65000 65001", HOP "");
    assert_stays("as_path", "remove_private=false", HOP MIXED);
    assert_stays("as_path", "remove_private=true", HOP "as_path 64511 65535 4199999999 4294967295");
    assert_stays("as_path", "remove_private=true", HOP "");
}

static void the_end_of_a_path_is_kept(void **state)
{
    (void)state;
    assert_becomes("as_path", "keep_last=1", HOP "as_path 1 2 3", HOP "as_path 3");
    assert_becomes("as_path", "keep_last=2", HOP "as_path 1 2 3", HOP "as_path 2 3");
    assert_becomes("as_path", "keep_last=2", HOP "as_path 1 2 {3 4} 5", HOP "as_path {3 4} 5");
    assert_becomes("as_path", "keep_last=3", HOP "as_path 1 2 {3 4} 5", HOP "as_path 2 {3 4} 5");
    assert_becomes("as_path", "keep_last=0", HOP "as_path 1 2", HOP "");
    assert_stays("as_path", "keep_last=3", HOP "as_path 1 2 3");
    assert_stays("as_path", "keep_last=65535", HOP "as_path 1 {2 3}");
}

static void one_comes_after_the_other(void **state)
{
    (void)state;
    assert_becomes("as_path", "keep_last=2 remove_private=true replace[65001]=174",
                   HOP "as_path 1 2 65001 65002 65003", HOP "as_path 2 174");
    struct policy_set set = set_of("as_path", "replace[1]={peer.as} replace[2]={origin.as}");
    assert_int_equal(set.variables, POLICY_PEER_AS | POLICY_ORIGIN_AS);
    set.action->release(set.value);
    assert_true(have_equal_digests("as_path", "replace[1]=2 replace[3-5]=6",
                                   "replace[3-5]=6 replace[1]=2"));
    assert_false(have_equal_digests("as_path", "replace[1]=2", "replace[1]=3"));
    assert_false(have_equal_digests("as_path", "replace[1]=2", "replace[2]=2"));
    assert_false(have_equal_digests("as_path", "keep_last=0", "remove_private=false"));
    assert_false(have_equal_digests("prepend", "as=1", "as=1 count=2"));
    assert_true(have_equal_digests("prepend", "as=peer", "as={peer.as}"));
    scene.peer = &wide;
    assert_becomes("prepend", "as=peer", HOP "as_path 1", HOP "as_path 4200000001 1");
    scene.peer = &peer;
}

static void bad_paths_are_refused(void **state)
{
    (void)state;
    assert_refused("as_path", "remove_private=some", "expected true, \"all\" or \"leading\"");
    assert_refused("as_path", "keep_last=65536", "is no length of a path");
    assert_refused("as_path", "keep_last=#-1", "is no length of a path");
    assert_refused("as_path", "replace=65001", "expected a table");
    assert_refused("as_path", "replace[nosuch]=1", "'nosuch' is no AS and no AS set that there is");
    assert_refused("as_path", "replace[5-4]=1", "'5-4' is no AS");
    assert_refused_at("as_path", "replace[5]=1 replace[6]=tier1", 1, "'tier1' is no AS");
    assert_refused_at("as_path", "replace[5]=1 replace[tier1]=0", 1, "'0' is no AS");
    assert_refused("as_path", "replace[5]={peer.address}", "has no place here");
}

static int make_sets(void **state)
{
    (void)state;
    struct as_set *tier1 = as_set_new();
    as_set_add(tier1, 174, 174);
    as_set_add(tier1, 3356, 3356);
    as_set_settle(tier1);
    policy_sets_add(&test_sets, POLICY_AS_SET, "tier1", tier1);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_as_is_prepended),
        cmocka_unit_test(without_such_an_as_nothing_is_prepended),
        cmocka_unit_test(full_sequences_are_followed_by_others),
        cmocka_unit_test(a_path_that_is_too_long_is_an_error),
        cmocka_unit_test(bad_prepends_are_refused),
        cmocka_unit_test(ases_are_replaced),
        cmocka_unit_test(private_ases_are_left_out),
        cmocka_unit_test(the_end_of_a_path_is_kept),
        cmocka_unit_test(one_comes_after_the_other),
        cmocka_unit_test(bad_paths_are_refused),
    };
    return cmocka_run_group_tests(tests, make_sets, release_test_sets);
}
