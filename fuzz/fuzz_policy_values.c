/* Fuzz target: what conditions compare with, as people write it. The first line is the name of a
 * match, each other one a word; or the name is "communities", and the rest a file of a set. Beside
 * not crashing: what is refused says of which word and why; what is read says the same of itself
 * when it is read again, and of routes without a peer what it says with one where it mentions none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "policy/as_set.h"
#include "policy/community_set.h"
#include "policy/match.h"
#include "policy/path_text.h"
#include "policy/prefix_origin_set.h"
#include "policy/prefix_set.h"
#include "policy/sets.h"
#include "wire/community.h"

enum { WORDS_MAX = 16, TEXT_MAX = 4096 };

/* --- the surroundings --- */

static void add_sets(struct policy_sets *sets)
{
    struct text_error error = {0};
    struct prefix_set *prefixes = prefix_set_new();
    struct as_set *asns = as_set_new();
    struct community_set *communities = community_set_new();
    struct prefix_origin_set *origins = prefix_origin_set_new();
    CHECK(prefix_set_read(prefixes, "10.0.0.0/8 le 24", 16, &error) == 0);
    CHECK(community_set_read(communities, "1:*\n0:{peer.as}", 15, &error) == 0);
    CHECK(prefix_origin_set_read(origins, "10.0.0.0/8 le 24 2", 18, &error) == 0);
    as_set_add(asns, 64512, 65534);
    prefix_set_settle(prefixes);
    as_set_settle(asns);
    community_set_settle(communities);
    prefix_origin_set_settle(origins);
    policy_sets_add(sets, POLICY_PREFIX_SET, "nets", prefixes);
    policy_sets_add(sets, POLICY_AS_SET, "ases", asns);
    policy_sets_add(sets, POLICY_COMMUNITY_SET, "comms", communities);
    policy_sets_add(sets, POLICY_PREFIX_ORIGIN_SET, "objects", origins);
}

static void add_community(struct attr_block *block, const char *text)
{
    struct community c;
    CHECK(community_parse(text, &c) == 0);
    attr_block_add(block, community_attr_type(c.kind),
                   span_of(c.bytes, community_len_bytes(c.kind)));
}

static void make_attrs(struct attr_block *block)
{
    static const uint8_t path[] = {2, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0xfc, 0, 1, 1, 0, 0, 0, 2};
    static const uint8_t next_hop[] = {192, 0, 2, 1};
    attr_block_init(block);
    attr_block_add(block, ATTR_ORIGIN, span_of("", 1));
    attr_block_add(block, ATTR_AS_PATH, span_of(path, sizeof(path)));
    attr_block_add(block, ATTR_NEXT_HOP, span_of(next_hop, sizeof(next_hop)));
    add_community(block, "0:1");
    add_community(block, "1:1:1");
    add_community(block, "target:1:1");
    add_community(block, "target:[2001:db8::1]:1");
    attr_block_finish(block);
}

static void note_as(void *ctx, uint32_t as)
{
    (void)as;
    ++*(size_t *)ctx;
}

/* Asks of routes of all families. */
static void ask(const struct policy_match *match, const void *value, unsigned variables)
{
    static const uint8_t key[NLRI_TREE_MAX_BYTES] = {0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 10};
    static const uint8_t flow[] = {1, 8, 10, 3, 0x81, 6};
    static char name[] = "peer";
    static struct attr_block block;
    struct path_text path_text = {0};
    const struct policy_neighbor peer = {
        .as = 1, .addr = {.version = IP_V4, .bytes = {192, 0, 2, 1}}, .name = name, .group = name};
    size_t named = 0;
    const struct policy_candidates to = {&named, note_as};
    make_attrs(&block);
    for (enum family family = 0; family < FAMILY_COUNT; family++) {
        const struct family_info *f = family_info(family);
        struct policy_scene scene = {.source = &peer,
                                     .local_as = 65000,
                                     .family = family,
                                     .attrs = attr_block_span(&block),
                                     .hot = &block.hot,
                                     .path_text = &path_text};
        scene.key = f->key_bytes ? (struct nlri_key){key, f->rd_bytes * 8u + 8}
                                 : (struct nlri_key){flow, sizeof(flow)};
        enum policy_answer general = match->test(value, &scene);
        bool are_named = match->candidates && match->candidates(value, &scene, &to);
        scene.peer = &peer;
        enum policy_answer answer = match->test(value, &scene);
        if (!(variables & POLICY_OF_PEER) || (are_named && named == 0))
            CHECK(answer == general);
    }
    path_text_release(&path_text);
}

/* --- what is read --- */

static void fuzz_match(const struct policy_match *match, struct policy_words *words)
{
    void *value = NULL;
    void *again = NULL;
    unsigned variables;
    struct policy_digest digest = {0};
    struct policy_digest digest_again = {0};
    int err = match->read(words, &value, &variables);
    CHECK((err != 0) == (words->problem.text.len_bytes > 0));
    CHECK(words->problem.word < words->count);
    CHECK((err == 0) == (value != NULL));
    if (err)
        return;
    CHECK(match->read(words, &again, &variables) == 0);
    match->digest(value, &digest);
    match->digest(again, &digest_again);
    CHECK(policy_digest_equal(digest, digest_again));
    match->release(again);
    ask(match, value, variables);
    match->release(value);
}

/* A set is the same as one that is made of its entries. */
static void fuzz_communities(const char *text, size_t len)
{
    struct text_error error = {0};
    struct community_set *set = community_set_new();
    struct community_set *again = community_set_new();
    int err = community_set_read(set, text, len, &error);
    CHECK((err != 0) == (error.say.len_bytes > 0));
    community_set_settle(set);
    CHECK(!err || community_set_count(set) == 0);
    community_set_add_all(again, set);
    community_set_settle(again);
    CHECK(policy_digest_equal(community_set_digest(set), community_set_digest(again)));
    for (size_t i = 0; i < community_set_count(set); i++) {
        const struct policy_values values = {.peer_as = 1, .local_as = 2, .origin_as = 70000};
        struct community_pattern p = community_set_at(set, i);
        struct community c = {0};
        if (community_pattern_make(&p, &values, &c))
            CHECK(community_set_has(set, &c, &values));
    }
    community_set_unref(set);
    community_set_unref(again);
    text_error_release(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX)
        return 0;
    struct policy_sets sets = {0};
    struct policy_word at[WORDS_MAX];
    struct policy_words words = {.at = at, .sets = &sets};
    char *text = mem_alloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    char *rest = text;
    char *name = strsep(&rest, "\n");
    const struct policy_match *match = policy_match_named(name);
    add_sets(&sets);
    if (strcmp(name, "communities") == 0 && rest)
        fuzz_communities(rest, strlen(rest));
    while (match && rest && words.count < (match->types & POLICY_LIST ? WORDS_MAX : 1))
        at[words.count++] = (struct policy_word){.text = strsep(&rest, "\n"), .type = POLICY_TEXT};
    if (words.count > 0)
        fuzz_match(match, &words);
    strbuf_release(&words.problem.text);
    policy_sets_release(&sets);
    free(text);
    return 0;
}
