/* Sets of communities against their entries one by one; sets by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/err.h"
#include "base/mem.h"
#include "policy/as_set.h"
#include "policy/community_set.h"
#include "policy/prefix_set.h"
#include "policy/sets.h"
#include "wire/attr.h"

static const char *const entries[] = {
    "1:1",
    "1:2",
    "1:3",
    "2:*",
    "*:4",
    "3:2-3",
    "1:1:1",
    "1:1:2",
    "2:*:*",
    "no-export",
    "{peer.as}:1",
    "0:{peer.as}",
    "target:1:1",
    "target:1:*",
    "soo:*",
    "target:{peer.as}:2",
    "mark:3",
    "target:[::1]:1",
    "target:[::1]:2-3",
};

enum { ENTRIES = sizeof(entries) / sizeof(entries[0]) };

static struct community_pattern pattern_of(const char *text)
{
    struct text_error error = {0};
    struct community_pattern p;
    assert_int_equal(community_pattern_parse(text, &p, &error), 0);
    return p;
}

static struct community random_community(struct random *r)
{
    struct community c = {0};
    char text[64];
    static const char *const names[] = {"", "", "target:", "soo:", "target:[::"};
    unsigned form = random_below(r, 5);
    snprintf(text, sizeof(text), "%s%u%s:%u%s", names[form], random_below(r, 5),
             form == 4 ? "]" : "", random_below(r, 5), form == 1 ? ":1" : "");
    assert_int_equal(community_parse(text, &c), 0);
    return c;
}

/* Canonical attributes with some communities. */
static void random_attrs(struct random *r, struct attr_block *block)
{
    attr_block_init(block);
    for (unsigned kind = 0; kind <= COMMUNITY_LARGE; kind++) {
        uint8_t bytes[4 * 20];
        struct writer w = writer_over(bytes, sizeof(bytes));
        for (unsigned i = random_below(r, 4); i-- > 0;) {
            struct community c;
            do
                c = random_community(r);
            while (c.kind != kind);
            writer_bytes(&w, c.bytes, community_len_bytes(kind));
        }
        if (writer_len(&w) > 0)
            attr_block_add(block, community_attr_type(kind), writer_span(&w));
    }
    attr_block_finish(block);
}

struct asking {
    const struct community_pattern *patterns;
    size_t count;
    const struct policy_values *values;
    bool any;
};

static void ask(void *ctx, const struct community *c)
{
    struct asking *asking = ctx;
    for (size_t i = 0; i < asking->count; i++)
        asking->any |= community_pattern_matches(&asking->patterns[i], c, asking->values);
}

static void note_as(void *ctx, uint32_t as)
{
    *(unsigned *)ctx |= as < 32 ? 1u << as : 0;
}

static void it_has_what_its_entries_match(void **state)
{
    (void)state;
    struct random r = {11};
    struct attr_block *block = mem_alloc(sizeof(*block));
    unsigned answers[2] = {0};
    for (unsigned round = 0; round < 5000; round++) {
        struct community_pattern patterns[6];
        size_t count = random_below(&r, 6);
        struct community_set *set = community_set_new();
        struct community_set *again = community_set_new();
        for (size_t i = 0; i < count; i++) {
            patterns[i] = pattern_of(entries[random_below(&r, ENTRIES)]);
            community_set_add(set, &patterns[i]);
        }
        for (size_t i = count; i-- > 0;)
            community_set_add(again, &patterns[i]);
        community_set_settle(set);
        community_set_add_all(again, set);
        community_set_settle(again);
        assert_true(policy_digest_equal(community_set_digest(set), community_set_digest(again)));
        assert_int_equal(community_set_count(set), community_set_count(again));

        random_attrs(&r, block);
        const struct policy_values none = {0};
        unsigned named = 0;
        assert_true(community_set_find_peers(set, attr_block_span(block), &none, note_as, &named));
        bool general = community_set_has_any(set, attr_block_span(block), &none);
        for (uint32_t as = 0; as < 6; as++) {
            const struct policy_values values = {.peer_as = as};
            struct asking asking = {patterns, count, &values, false};
            community_each(attr_block_span(block), ask, &asking);
            bool has = community_set_has_any(set, attr_block_span(block), &values);
            assert_int_equal(has, asking.any);
            assert_int_equal(community_set_has_any(again, attr_block_span(block), &values), has);
            if (!(named & 1u << as))
                assert_int_equal(has, general);
            else if (!general) /* none is named in vain */
                assert_true(has || as == 0);
            answers[has]++;
        }
        community_set_unref(set);
        community_set_unref(again);
    }
    assert_true(answers[0] > 5000 && answers[1] > 5000);
    free(block);
}

static void peers_without_an_as_are_any(void **state)
{
    (void)state;
    const struct policy_values none = {0};
    struct community_set *set = community_set_new();
    struct community_pattern p = pattern_of("target:{peer.address}:1");
    unsigned named = 0;
    community_set_add(set, &p);
    community_set_settle(set);
    assert_false(community_set_find_peers(set, span_of(NULL, 0), &none, note_as, &named));
    assert_int_equal(set->variables, POLICY_PEER_ADDRESS);
    community_set_unref(set);
}

static void files_are_read(void **state)
{
    (void)state;
    static const char text[] = "# ours\n65000:1\n65000:1:*  # large\n\ntarget:1:1\n";
    static const char json[] = "{\"a\": [\"65000:1\", \"65000:1:*\", \"target:1:1\"]}";
    static const char bad[] = "65000:1\n65000:70000\n";
    struct text_error error = {0};
    struct community_set *set = community_set_new();
    struct community_set *from_json = community_set_new();
    assert_int_equal(community_set_read(set, bad, strlen(bad), &error), ERR_RANGE);
    assert_int_equal(error.line, 2);
    assert_int_equal(community_set_read(set, "{\"a\": [1]}", 10, &error), ERR_INVALID);
    text_error_release(&error);
    assert_int_equal(community_set_read(set, text, strlen(text), &error), 0);
    assert_int_equal(community_set_read(from_json, json, strlen(json), &error), 0);
    community_set_settle(set);
    community_set_settle(from_json);
    assert_int_equal(community_set_count(set), 3);
    assert_true(community_set_bytes(set) > sizeof(*set));
    assert_true(policy_digest_equal(community_set_digest(set), community_set_digest(from_json)));
    community_set_unref(set);
    community_set_unref(from_json);
}

/* --- names --- */

static struct policy_sets some_sets(void)
{
    struct policy_sets sets = {0};
    struct prefix_set *prefixes = prefix_set_new();
    struct as_set *asns = as_set_new();
    struct community_set *communities = community_set_new();
    prefix_set_settle(prefixes);
    as_set_settle(asns);
    community_set_settle(communities);
    policy_sets_add(&sets, POLICY_PREFIX_SET, "bogons", prefixes);
    policy_sets_add(&sets, POLICY_AS_SET, "tier1", asns);
    policy_sets_add(&sets, POLICY_COMMUNITY_SET, "action", communities);
    return sets;
}

static const char *nth_word(unsigned n)
{
    return n == 0 ? "self" : NULL;
}

static void sets_are_found_by_name(void **state)
{
    (void)state;
    static const struct policy_set_place of_prefixes = {POLICY_PREFIX_SET, "or else", nth_word};
    static const struct policy_set_place of_asns = {.kind = POLICY_AS_SET, .else_taken = "or else"};
    struct policy_sets sets = some_sets();
    struct policy_word word = {.type = POLICY_TEXT};
    struct policy_words words = {.at = &word, .count = 1, .sets = &sets};
    struct policy_named_set *named;
    static const struct {
        const char *name;
        const char *say;
    } bad[] = {
        {"bogon", "there is no prefix set 'bogon' (did you mean 'bogons'?)"},
        {"slf", "there is no prefix set 'slf' (did you mean 'self'?)"},
        {"nothing", "there is no prefix set 'nothing' (expected a prefix set, or else)"},
        {"tier1", "'tier1' is an AS set (expected a prefix set, or else)"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        word.text = bad[i].name;
        assert_int_equal(policy_sets_need(&words, 0, &of_prefixes, &named), ERR_NOT_FOUND);
        assert_string_equal(strbuf_text(&words.problem.text), bad[i].say);
    }
    word.text = "tier1";
    assert_false(sets.of_kind[POLICY_AS_SET][0].used);
    assert_int_equal(policy_sets_need(&words, 0, &of_asns, &named), 0);
    assert_true(named == &sets.of_kind[POLICY_AS_SET][0] && named->used);
    words.sets = NULL;
    assert_int_equal(policy_sets_need(&words, 0, &of_asns, &named), ERR_NOT_FOUND);
    strbuf_release(&words.problem.text);
    policy_sets_release(&sets);
}

static void names_are_told_from_values(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "bogons", "my-set_1", "AS-FOO"};
    static const char *const none[] = {"", "1a", "-a", "a b", "a:b", "a.b", "{a}", "ä"};
    static const struct {
        enum policy_set_kind kind;
        const char *name;
    } taken[] = {
        {POLICY_PREFIX_SET, "peer"},
        {POLICY_PREFIX_SET, "self"},
        {POLICY_AS_SET, "AS174"},
        {POLICY_COMMUNITY_SET, "no-export"},
    };
    struct strbuf error = {0};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        for (unsigned kind = 0; kind < POLICY_SET_KINDS; kind++)
            assert_int_equal(policy_set_name_check(kind, names[i], &error), 0);
    assert_string_equal(strbuf_text(&error), "");
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(policy_set_name_check(POLICY_AS_SET, none[i], &error), ERR_INVALID);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        strbuf_clear(&error);
        assert_int_equal(policy_set_name_check(taken[i].kind, taken[i].name, &error), ERR_INVALID);
        assert_non_null(strstr(strbuf_text(&error), "it means something else"));
    }
    strbuf_release(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_what_its_entries_match),
        cmocka_unit_test(peers_without_an_as_are_any),
        cmocka_unit_test(files_are_read),
        cmocka_unit_test(sets_are_found_by_name),
        cmocka_unit_test(names_are_told_from_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
