/* Matches on communities of all kinds. */
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "policy/community_set.h"
#include "policy/match_rows.h"
#include "policy/ranges.h"
#include "policy/sets.h"

static const struct policy_set_place place = {
    POLICY_COMMUNITY_SET, "65000:100, a pattern as 65000:*, a name as no-export or a list of these",
    community_nth_word};

/* --- reading --- */

/* The set of a word that is a name; NULL, with *ret_err 0: it is none. */
static const struct community_set *named_set(struct policy_words *words, size_t word, int *ret_err)
{
    struct community c;
    struct policy_named_set *named;
    const char *text = words->at[word].text;
    *ret_err = 0;
    if (!policy_set_is_name(text) || community_parse(text, &c) == 0)
        return NULL;
    *ret_err = policy_sets_need(words, word, &place, &named);
    return *ret_err ? NULL : named->set.communities;
}

/* A pattern, with `lead` in front where it is without. */
static int read_pattern(struct policy_words *words, size_t word, const char *lead,
                        struct community_set *set)
{
    struct text_error error = {0};
    struct strbuf whole = {0};
    struct community_pattern pattern;
    const char *text = words->at[word].text;
    if (strncasecmp(text, "target:", 7) != 0 && strncasecmp(text, "rt:", 3) != 0)
        strbuf_add(&whole, lead);
    strbuf_add(&whole, text);
    int err = community_pattern_parse(strbuf_text(&whole), &pattern, &error);
    strbuf_release(&whole);
    if (err)
        return policy_words_fail_text(words, word, err, &error);
    community_set_add(set, &pattern);
    return 0;
}

/* The set of all words. */
static int read_set(struct policy_words *words, const char *lead, struct community_set **ret_set)
{
    int err = 0;
    const struct community_set *named;
    struct community_set *set = community_set_new();
    for (size_t i = 0; err == 0 && i < words->count; i++) {
        named = named_set(words, i, &err);
        if (named)
            community_set_add_all(set, named);
        else if (!err)
            err = read_pattern(words, i, lead, set);
    }
    if (err) {
        community_set_unref(set);
        return err;
    }
    community_set_settle(set);
    *ret_set = set;
    return 0;
}

static int read_community(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    int err;
    struct community_set *set;
    const struct community_set *named = words->count == 1 ? named_set(words, 0, &err) : NULL;
    if (named) {
        set = (struct community_set *)named;
        community_set_ref(set);
    } else if ((err = read_set(words, "", &set)) != 0) {
        return err;
    }
    *ret_value = set;
    *ret_variables = set->variables;
    return 0;
}

static void digest_set(const void *value, struct policy_digest *d)
{
    struct policy_digest digest = community_set_digest(value);
    policy_digest_add(d, &digest, sizeof(digest));
}

static void release_set(void *value)
{
    community_set_unref(value);
}

/* --- community --- */

static enum policy_answer test_community(const void *value, const struct policy_scene *scene)
{
    const struct community_set *set = value;
    struct policy_values values = policy_values_of(scene, set->variables);
    return community_set_has_any(set, scene->attrs, &values) ? POLICY_YES : POLICY_NO;
}

static bool community_candidates(const void *value, const struct policy_scene *scene,
                                 const struct policy_candidates *to)
{
    const struct community_set *set = value;
    struct policy_values values = policy_values_of(scene, set->variables);
    return community_set_find_peers(set, scene->attrs, &values, to->add_as, to->ctx);
}

/* Of patterns there are too many. */
static bool community_needs(const void *value, const struct policy_communities *to)
{
    const struct community_set *set = value;
    enum { MANY = 256 }; /* to keep for each chain that has the set */
    struct community_pattern pattern;
    if (community_set_count(set) > MANY)
        return false;
    for (size_t i = 0; i < community_set_count(set); i++)
        if (community_set_at(set, i).shape != COMMUNITY_SHAPE_ONE)
            return false;
    for (size_t i = 0; i < community_set_count(set); i++) {
        pattern = community_set_at(set, i);
        to->add(to->ctx, &pattern.community);
    }
    return true;
}

#define COMMUNITIES_TAKES                                                                          \
    "a community (\"65000:100\"), a pattern (\"65000:*\", \"65000:1:100-199\", "                   \
    "\"0:{peer.as}\"), the name of a community set, or a list of these"

const struct policy_match policy_match_community = {
    .name = "community",
    .takes = COMMUNITIES_TAKES,
    .help =
        "Any of the communities of the route, standard, extended or large, is one of these. In a "
        "pattern `*`, a range or a variable stands for a number, also in extended ones as "
        "`target:65000:*`; `*` alone is every community.",
    .types = POLICY_TEXT | POLICY_LIST,
    .read = read_community,
    .test = test_community,
    .candidates = community_candidates,
    .needs = community_needs,
    .digest = digest_set,
    .release = release_set,
};

/* --- community_all --- */

struct all_value {
    struct community_set *set; /* a reference: what the patterns are of */
    size_t count;
    struct community_pattern at[];
};

static int read_all(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    void *set;
    int err = read_community(words, &set, ret_variables);
    if (err)
        return err;
    size_t count = community_set_count(set);
    struct all_value *value = mem_zalloc(sizeof(*value) + count * sizeof(value->at[0]));
    value->set = set;
    value->count = count;
    for (size_t i = 0; i < count; i++)
        value->at[i] = community_set_at(set, i);
    *ret_value = value;
    return 0;
}

/* Whether each of up to 64 patterns has a community. */
static bool have_all(const struct community_pattern *patterns, size_t count, struct span attrs,
                     const struct policy_values *values)
{
    uint64_t missing = UINT64_MAX >> (64 - count);
    struct community_cursor cursor = community_cursor_over(attrs, UINT32_MAX);
    struct community c;
    while (missing != 0 && community_cursor_next(&cursor, &c))
        for (size_t i = 0; i < count; i++)
            if ((missing >> i & 1) && community_pattern_matches(&patterns[i], &c, values))
                missing &= ~(UINT64_C(1) << i);
    return missing == 0;
}

static bool all_there(const struct all_value *value, struct span attrs,
                      const struct policy_values *values)
{
    enum { AT_ONCE = 64 };
    for (size_t i = 0; i < value->count; i += AT_ONCE) {
        size_t count = value->count - i < AT_ONCE ? value->count - i : AT_ONCE;
        if (!have_all(value->at + i, count, attrs, values))
            return false;
    }
    return true;
}

static enum policy_answer test_all(const void *value, const struct policy_scene *scene)
{
    const struct all_value *v = value;
    if (!scene->peer && (v->set->variables & POLICY_OF_PEER))
        return POLICY_NO;
    struct policy_values values = policy_values_of(scene, v->set->variables);
    return all_there(v, scene->attrs, &values) ? POLICY_YES : POLICY_NO;
}

/* A pattern with {peer.as} names those that it may be true for; of them, those count for which all
 * of the others may be true as well. */
static bool all_candidates(const void *value, const struct policy_scene *scene,
                           const struct policy_candidates *to)
{
    const struct all_value *v = value;
    const struct community_pattern *by_as = NULL;
    struct policy_values values = policy_values_of(scene, v->set->variables);
    for (size_t i = 0; i < v->count; i++) {
        if (v->at[i].variables & POLICY_PEER_AS)
            by_as = &v->at[i];
        else if (!(v->at[i].variables & POLICY_OF_PEER) &&
                 !have_all(&v->at[i], 1, scene->attrs, &values))
            return true; /* for nobody */
    }
    if (!by_as)
        return false;
    struct community_cursor cursor = community_cursor_over(scene->attrs, by_as->kinds);
    struct community c;
    while (community_cursor_next(&cursor, &c)) {
        struct policy_values assumed = values;
        assumed.any_address = true;
        if (community_pattern_find_peer_as(by_as, &c, &values, &assumed.peer_as) &&
            all_there(v, scene->attrs, &assumed))
            to->add_as(to->ctx, assumed.peer_as);
    }
    return true;
}

static void digest_all(const void *value, struct policy_digest *d)
{
    digest_set(((const struct all_value *)value)->set, d);
}

static void release_all(void *value)
{
    struct all_value *v = value;
    community_set_unref(v->set);
    free(v);
}

const struct policy_match policy_match_community_all = {
    .name = "community_all",
    .takes = COMMUNITIES_TAKES,
    .help = "For each of these, those of sets included, the route has a community that it matches.",
    .types = POLICY_TEXT | POLICY_LIST,
    .read = read_all,
    .test = test_all,
    .candidates = all_candidates,
    .digest = digest_all,
    .release = release_all,
};

/* --- community_count --- */

static enum policy_answer test_count(const void *value, const struct policy_scene *scene)
{
    uint64_t count = 0;
    struct attr_view a;
    struct reader r = reader_over(scene->attrs);
    while (attr_next(&r, &a))
        for (unsigned kind = 0; kind <= COMMUNITY_LARGE; kind++)
            if (a.type == community_attr_type(kind))
                count += a.value.len_bytes / community_len_bytes(kind);
    return policy_ranges_have(value, count) ? POLICY_YES : POLICY_NO;
}

static int read_count(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct policy_ranges *ranges;
    int err = policy_ranges_read(words, UINT16_MAX, &ranges);
    if (err)
        return err;
    *ret_value = ranges;
    *ret_variables = 0;
    return 0;
}

const struct policy_match policy_match_community_count = {
    .name = "community_count",
    .takes = "a number, a range (\"0-20\") or a list of these",
    .help = "How many communities the route has, of all kinds together.",
    .types = POLICY_NUMBER | POLICY_TEXT | POLICY_LIST,
    .read = read_count,
    .test = test_count,
    .digest = policy_ranges_digest,
    .release = free,
};

/* --- route_target --- */

static int read_target(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct community_set *set;
    int err = read_set(words, "target:", &set);
    if (err)
        return err;
    *ret_value = set;
    *ret_variables = set->variables;
    return 0;
}

static enum policy_answer test_target(const void *value, const struct policy_scene *scene)
{
    const struct community_set *set = value;
    const struct community_name *target = community_name_find("target", 6);
    struct policy_values values = policy_values_of(scene, set->variables);
    struct community_cursor cursor = community_cursor_over(scene->attrs, set->kinds);
    struct community c;
    while (community_cursor_next(&cursor, &c))
        if (community_has_name(&c, target) && community_set_has(set, &c, &values))
            return POLICY_YES;
    return POLICY_NO;
}

const struct policy_match policy_match_route_target = {
    .name = "route_target",
    .takes =
        "a route target (\"65000:100\"), a pattern (\"65000:*\"), the name of a community set, or "
        "a list of these",
    .help = "Any of the route targets of the route is one of these: `community` with `target:` in "
            "front. Of sets, what is no route target does not count.",
    .types = POLICY_TEXT | POLICY_LIST,
    .read = read_target,
    .test = test_target,
    .candidates = community_candidates,
    .digest = digest_set,
    .release = release_set,
};
