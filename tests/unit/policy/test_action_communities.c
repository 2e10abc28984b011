/* The action on communities of all kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "action_fixture.h"
#include "policy/community_set.h"

#define HAD(communities) "next_hop 192.0.2.1; as_path 7 8; communities " communities

static void communities_are_added_at_the_end_once(void **state)
{
    (void)state;
    assert_becomes("communities", "add=65000:1", HAD(""), HAD("65000:1"));
    assert_becomes("communities", "add=65000:1", HAD("9:9 1:1"), HAD("9:9 1:1 65000:1"));
    assert_becomes("communities", "add=5:5 add=1:1 add=5:5", HAD("9:9"), HAD("9:9 5:5 1:1"));
    assert_becomes("communities",
                   "add=65000:1 add=no-export add=65000:1:2 add=target:65000:7 "
                   "add=target:[2001:db8::1]:9 add=0x4300000000000001 add=101",
                   HAD(""),
                   HAD("65000:1 no-export 65000:1:2 target:65000:7 target:[2001:db8::1]:9 "
                       "0x4300000000000001 101"));
    assert_stays("communities", "add=1:1", HAD("9:9 1:1"));
    assert_stays("communities", "add=1:1:1 add=target:1:1", HAD("1:1:1 target:1:1"));
    /* What came twice is left as it came. */
    assert_becomes("communities", "add=2:2", HAD("1:1 1:1"), HAD("1:1 1:1 2:2"));
    assert_int_equal(result.hot.flags & ATTR_NO_EXPORT, 0);
    assert_becomes("communities", "add=no-export", HAD(""), HAD("no-export"));
    assert_int_equal(result.hot.flags & ATTR_NO_EXPORT, ATTR_NO_EXPORT);
}

static void communities_are_taken_out_by_pattern_and_set(void **state)
{
    (void)state;
    assert_becomes("communities", "remove=65000:*", HAD("65000:1 1:2 65000:7 65000:1:1"),
                   HAD("1:2 65000:1:1"));
    assert_becomes("communities", "remove=65000:10-19", HAD("65000:9 65000:10 65000:19 65000:20"),
                   HAD("65000:9 65000:20"));
    assert_becomes("communities", "remove=65000:1 remove=target:*",
                   HAD("65000:1 target:1:2 origin:1:2 target:[2001:db8::1]:9"), HAD("origin:1:2"));
    assert_becomes("communities", "remove=action remove=3:3",
                   HAD("65000:1 3:3 1:2 65000:1:9 65000:2:9"), HAD("1:2 65000:2:9"));
    assert_becomes("communities", "remove=*",
                   HAD("65000:1 target:1:2 target:[2001:db8::1]:9 1:2:3"), HAD(""));
    assert_becomes("communities", "remove=*:*", HAD("65000:1 target:1:2 1:2:3"),
                   HAD("target:1:2 1:2:3"));
    assert_becomes("communities", "remove=no-export", HAD("no-export 1:1"), HAD("1:1"));
    assert_stays("communities", "remove=65000:*", HAD("65001:1 target:65000:1 65000:1:1"));
    assert_stays("communities", "remove=action", HAD("3:3"));
    assert_stays("communities", "remove=*", HAD(""));
}

static void removing_comes_first(void **state)
{
    (void)state;
    assert_becomes("communities", "add=65000:1 add=65000:3 remove=65000:*",
                   HAD("65000:1 65000:2 1:1"), HAD("1:1 65000:1 65000:3"));
    assert_becomes("communities", "remove=* add=1:1 add=1:2:3", HAD("65000:1 target:1:2"),
                   HAD("1:1 1:2:3"));
}

static void kinds_are_replaced(void **state)
{
    (void)state;
    assert_becomes("communities", "replace=1:1", HAD("9:9 8:8 1:2:3 target:1:2"),
                   HAD("1:1 1:2:3 target:1:2"));
    assert_becomes("communities", "replace=1:1 replace=7:7:7 add=1:2",
                   HAD("9:9 8:8 1:2:3 target:1:2"), HAD("1:1 1:2 7:7:7 target:1:2"));
    assert_stays("communities", "replace=1:1", HAD("1:1 1:2:3"));
    /* Also where what is put there cannot be made. */
    assert_becomes("communities", "replace=0:{origin.as}", "next_hop 192.0.2.1; communities 9:9",
                   "next_hop 192.0.2.1");
}

static void variables_are_filled_in(void **state)
{
    (void)state;
    assert_becomes("communities", "add=0:{peer.as} add={local.as}:1:{peer.as}", HAD(""),
                   HAD("0:65010 65000:1:65010"));
    assert_becomes("communities", "add={neighbor.as}:{origin.as}", HAD(""), HAD("7:8"));
    assert_becomes("communities", "add=target:{peer.as}:5 add=origin:{peer.address}:6", HAD(""),
                   HAD("target:65010:5 origin:192.0.2.10:6"));
    assert_becomes("communities", "remove={local.as}:{peer.as}", HAD("65000:65010 65000:65011"),
                   HAD("65000:65011"));
    assert_becomes("communities", "remove=peers", HAD("0:65010 0:65011"), HAD("0:65011"));
    struct policy_set set = set_of("communities", "add={local.as}:{origin.as} remove=peers");
    assert_int_equal(set.variables, POLICY_LOCAL_AS | POLICY_ORIGIN_AS | POLICY_PEER_AS);
    set.action->release(set.value);
}

/* An AS above 65535 in a standard community adds nothing, and what depends on it matches nothing.
 */
static void what_has_no_room_is_not_added(void **state)
{
    (void)state;
    static struct policy_neighbor wide = {.as = 65536, .local_as = 65000};
    scene.peer = &wide;
    assert_becomes("communities", "add=0:{peer.as} add=0:{peer.as}:0", HAD(""), HAD("0:65536:0"));
    assert_stays("communities", "add={peer.as}:{local.as}", HAD("1:1"));
    assert_stays("communities", "remove=0:{peer.as}", HAD("0:0 0:1 1:0"));
    assert_stays("communities", "add=origin:{peer.address}:6", HAD(""));
    assert_stays("communities", "add=0:{origin.as}", "next_hop 192.0.2.1; as_path 7 {8}");
    scene.peer = &peer;
}

static const char *warning(const char *value, const struct policy_neighbor *towards)
{
    static struct strbuf text;
    struct policy_set set = set_of("communities", value);
    strbuf_clear(&text);
    bool any = set.action->warn(set.value, towards, &text);
    assert_int_equal(any, text.len_bytes > 0);
    set.action->release(set.value);
    return any ? strbuf_text(&text) : NULL;
}

static void what_has_no_room_is_warned_of(void **state)
{
    (void)state;
    const struct policy_neighbor wide = {
        .as = 65536, .local_as = 4200000000, .addr = {.version = IP_V6, .bytes = {0x20, 1}}};
    const struct policy_neighbor unknown = {.as = 0};
    assert_string_equal(warning("add=1:1 add=0:{peer.as}", &wide),
                        "'0:{peer.as}' has no room for AS 65536: it is not added");
    assert_string_equal(warning("replace={local.as}:1", &wide),
                        "'{local.as}:1' has no room for AS 4200000000: it is not added");
    assert_string_equal(warning("add=target:{peer.address}:1", &wide),
                        "'target:{peer.address}:1' has no room for 2001::: it is not added");
    assert_null(warning("add=0:{peer.as} add={local.as}:1", &peer));
    assert_null(warning("add=0:{peer.as}:1 add=target:{peer.as}:1", &wide));
    assert_null(warning("add=0:{neighbor.as}", &wide));
    assert_null(warning("remove=0:{peer.as}", &wide));
    assert_null(warning("add=0:{peer.as} add={local.as}:1 add=target:{peer.address}:1", &unknown));
}

static void what_is_no_community_is_refused(void **state)
{
    (void)state;
    assert_refused("communities", "add=65000:*", "is more than one community");
    assert_refused("communities", "replace=65000:1-2", "is more than one community");
    assert_refused("communities", "add=65536:1", "too large");
    assert_refused("communities", "add=action", "'action'");
    assert_refused("communities", "remove=65000:x", "is no number");
    assert_refused("communities", "remove=actoin", "did you mean 'action'?");
    assert_refused("communities", "remove=nothing-like-it", "there is no community set");
    assert_refused_at("communities", "remove=action add=1:1 add=0:{peer.ass}", 2, "{peer.as}");
    assert_refused_at("communities", "add=1:1 remove=", 1, "is no community");
}

static void values_are_recognised(void **state)
{
    (void)state;
    assert_true(have_equal_digests("communities", "remove=1:1 remove=2:2 add=3:3",
                                   "add=3:3 remove=2:2 remove=1:1"));
    assert_false(have_equal_digests("communities", "add=1:1 add=2:2", "add=2:2 add=1:1"));
    assert_false(have_equal_digests("communities", "add=1:1", "replace=1:1"));
    assert_false(have_equal_digests("communities", "add=1:1", "remove=1:1"));
    assert_false(have_equal_digests("communities", "add=0:{peer.as}", "add=0:{local.as}"));
}

static struct community_set *set_with(const char *const *patterns)
{
    struct community_set *set = community_set_new();
    struct text_error error = {0};
    for (; *patterns; patterns++) {
        struct community_pattern p;
        assert_int_equal(community_pattern_parse(*patterns, &p, &error), 0);
        community_set_add(set, &p);
    }
    community_set_settle(set);
    return set;
}

static int make_sets(void **state)
{
    (void)state;
    policy_sets_add(&test_sets, POLICY_COMMUNITY_SET, "action",
                    set_with((const char *const[]){"65000:*", "65000:1:*", NULL}));
    policy_sets_add(&test_sets, POLICY_COMMUNITY_SET, "peers",
                    set_with((const char *const[]){"0:{peer.as}", NULL}));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(communities_are_added_at_the_end_once),
        cmocka_unit_test(communities_are_taken_out_by_pattern_and_set),
        cmocka_unit_test(removing_comes_first),
        cmocka_unit_test(kinds_are_replaced),
        cmocka_unit_test(variables_are_filled_in),
        cmocka_unit_test(what_has_no_room_is_not_added),
        cmocka_unit_test(what_has_no_room_is_warned_of),
        cmocka_unit_test(what_is_no_community_is_refused),
        cmocka_unit_test(values_are_recognised),
    };
    return cmocka_run_group_tests(tests, make_sets, release_test_sets);
}
