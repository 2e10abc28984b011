/* Asking what an action makes of a route. Include after cmocka. */
#ifndef BGPD_TESTS_ACTION_FIXTURE_H
#define BGPD_TESTS_ACTION_FIXTURE_H

#include "actions.h"
#include "canonical.h"

static struct policy_neighbor peer = {
    .as = 65010,
    .local_as = 65000,
    .addr = {.version = IP_V4, .bytes = {192, 0, 2, 10}},
};

/* What actions are asked in; a test changes what it is about. */
static struct policy_scene scene = {
    .direction = POLICY_IMPORT,
    .peer = &peer,
    .local_as = 65000,
    .own_next_hop = {.data = (const uint8_t[]){192, 0, 2, 100}, .len_bytes = 4},
    .family = FAMILY_IPV4_UNICAST,
};

static struct attr_edit edit;
static struct attr_block before_block, after_block, result;

static inline int release_test_sets(void **state)
{
    (void)state;
    policy_sets_release(&test_sets);
    return 0;
}

/* What an action makes of attributes; the result is in `result`. */
static inline int apply_to(const char *name, const char *value, struct span attrs)
{
    struct policy_set set = set_of(name, value);
    struct attr_hot hot = attr_hot_of(attrs);
    scene.attrs = attrs;
    scene.hot = &hot;
    attr_edit_begin(&edit, attrs);
    int err = set.action->apply(set.value, &scene, &edit);
    if (!err)
        err = attr_edit_finish(&edit, &result);
    set.action->release(set.value);
    return err;
}

static inline void assert_becomes(const char *name, const char *value, const char *before,
                                  const char *after)
{
    attrs_of(&before_block, before);
    attrs_of(&after_block, after);
    assert_int_equal(apply_to(name, value, attr_block_span(&before_block)), 0);
    assert_span_equal(attr_block_span(&result), attr_block_span(&after_block));
    assert_memory_equal(&result.hot, &after_block.hot, sizeof(result.hot));
    assert_true(is_canonical(attr_block_span(&result), scene.family));
}

static inline void assert_stays(const char *name, const char *value, const char *attrs)
{
    assert_becomes(name, value, attrs, attrs);
}

/* The value is refused, with words that say it, at a word. */
static inline void assert_refused_at(const char *name, const char *value, size_t word,
                                     const char *says)
{
    struct test_words w;
    void *unused = NULL;
    unsigned variables;
    assert_int_not_equal(policy_action_named(name)->read(words_of(&w, value), &unused, &variables),
                         0);
    if (!strstr(strbuf_text(&w.words.problem.text), says))
        fail_msg("%s: %s", value, strbuf_text(&w.words.problem.text));
    assert_int_equal(w.words.problem.word, word);
    strbuf_release(&w.words.problem.text);
}

static inline void assert_refused(const char *name, const char *value, const char *says)
{
    assert_refused_at(name, value, 0, says);
}

/* Two values are the same to routes, or not, and so are their digests. */
static inline bool have_equal_digests(const char *name, const char *a, const char *b)
{
    struct policy_digest digests[2] = {0};
    for (unsigned i = 0; i < 2; i++) {
        struct policy_set set = set_of(name, i == 0 ? a : b);
        set.action->digest(set.value, &digests[i]);
        set.action->release(set.value);
    }
    return policy_digest_equal(digests[0], digests[1]);
}

#endif
