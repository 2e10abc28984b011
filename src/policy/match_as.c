/* Matches that look for an AS in the path. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/as_set.h"
#include "policy/match_rows.h"
#include "policy/sets.h"
#include "policy/variable.h"
#include "wire/aspath.h"

struct as_choice {
    struct as_set *set; /* a reference */
    unsigned variables; /* any of these as well */
};

/* --- reading --- */

static const struct policy_set_place place = {
    .kind = POLICY_AS_SET,
    .else_taken = "65001, a range as 64512-65534, a variable as {peer.as} or a list of these",
};

static void add_all(struct as_set *set, const struct as_set *from)
{
    for (size_t i = 0; i < from->count; i++)
        as_set_add(set, from->ranges[i].low, from->ranges[i].high);
}

/* Whether a text is the name of a set: AS174 is a number. */
static bool is_name(const char *text)
{
    uint32_t low;
    uint32_t high;
    struct text_error error = {0};
    bool is = policy_set_is_name(text) && as_set_parse_entry(text, &low, &high, &error) != 0;
    text_error_release(&error);
    return is;
}

static int read_word(struct policy_words *words, size_t word, struct as_choice *value)
{
    const char *text = words->at[word].text;
    struct text_error error = {0};
    struct policy_named_set *named;
    uint32_t low;
    uint32_t high;
    unsigned variable;
    int err;
    if (is_name(text)) {
        err = policy_sets_need(words, word, &place, &named);
        if (!err)
            add_all(value->set, named->set.asns);
        return err;
    }
    if (policy_variable_is_meant(text)) {
        err =
            policy_variable_parse(text, text, strlen(text), POLICY_VARIABLES_AS, &variable, &error);
        value->variables |= err ? 0 : variable;
    } else {
        err = as_set_parse_entry(text, &low, &high, &error);
        if (!err)
            as_set_add(value->set, low, high);
    }
    return err ? policy_words_fail_text(words, word, err, &error) : 0;
}

static void release_as(void *value)
{
    struct as_choice *v = value;
    as_set_unref(v->set);
    free(v);
}

static int read_as(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    int err = 0;
    struct as_choice *value = mem_zalloc(sizeof(*value));
    struct policy_named_set *named;
    if (words->count == 1 && is_name(words->at[0].text)) {
        err = policy_sets_need(words, 0, &place, &named);
        value->set = err ? NULL : as_set_ref(named->set.asns);
    } else {
        value->set = as_set_new();
        for (size_t i = 0; err == 0 && i < words->count; i++)
            err = read_word(words, i, value);
        if (!err)
            as_set_settle(value->set);
    }
    if (err) {
        release_as(value);
        return err;
    }
    *ret_value = value;
    *ret_variables = value->variables;
    return 0;
}

static void digest_as(const void *value, struct policy_digest *d)
{
    const struct as_choice *v = value;
    struct policy_digest digest = as_set_digest(v->set);
    policy_digest_add(d, &digest, sizeof(digest));
    policy_digest_add_number(d, v->variables);
}

/* --- one AS --- */

static const unsigned variables_as[] = {POLICY_PEER_AS, POLICY_LOCAL_AS, POLICY_ORIGIN_AS,
                                        POLICY_NEIGHBOR_AS};

enum { VARIABLES_AS = sizeof(variables_as) / sizeof(variables_as[0]) };

static bool has(const struct as_choice *v, const struct policy_scene *scene, uint32_t as)
{
    if (as == 0)
        return false;
    if (as_set_has(v->set, as))
        return true;
    if (v->variables == 0)
        return false;
    struct policy_values values = policy_values_of(scene, v->variables);
    for (size_t i = 0; i < VARIABLES_AS; i++)
        if ((v->variables & variables_as[i]) && policy_values_as(&values, variables_as[i]) == as)
            return true;
    return false;
}

static struct span path_of(const struct policy_scene *scene)
{
    return attr_as_path(scene->attrs, scene->hot);
}

static enum policy_answer test_origin_as(const void *value, const struct policy_scene *scene)
{
    return has(value, scene, aspath_origin_as(path_of(scene))) ? POLICY_YES : POLICY_NO;
}

static enum policy_answer test_neighbor_as(const void *value, const struct policy_scene *scene)
{
    return has(value, scene, scene->hot->neighbor_as) ? POLICY_YES : POLICY_NO;
}

static bool add_one(const struct policy_candidates *to, uint32_t as)
{
    if (as != 0)
        to->add_as(to->ctx, as);
    return true;
}

static bool origin_as_candidates(const void *value, const struct policy_scene *scene,
                                 const struct policy_candidates *to)
{
    (void)value;
    return add_one(to, aspath_origin_as(path_of(scene)));
}

static bool neighbor_as_candidates(const void *value, const struct policy_scene *scene,
                                   const struct policy_candidates *to)
{
    (void)value;
    return add_one(to, scene->hot->neighbor_as);
}

/* --- any AS of the path --- */

static enum policy_answer test_in_path(const void *value, const struct policy_scene *scene)
{
    const struct as_choice *v = value;
    struct span path = path_of(scene);
    if (as_set_has_any_of_path(v->set, path))
        return POLICY_YES;
    if (v->variables == 0)
        return POLICY_NO;
    struct policy_values values = policy_values_of(scene, v->variables);
    for (size_t i = 0; i < VARIABLES_AS; i++) {
        uint32_t as =
            v->variables & variables_as[i] ? policy_values_as(&values, variables_as[i]) : 0;
        if (as != 0 && aspath_count_as(path, as) > 0)
            return POLICY_YES;
    }
    return POLICY_NO;
}

/* All of the path; those that stand there several times in a row once. */
static bool in_path_candidates(const void *value, const struct policy_scene *scene,
                               const struct policy_candidates *to)
{
    (void)value;
    struct aspath_walk walk = aspath_walk_over(path_of(scene));
    uint32_t last = 0;
    uint32_t as;
    while (aspath_walk_next(&walk, &as)) {
        if (as != last)
            to->add_as(to->ctx, as);
        last = as;
    }
    return true;
}

/* What of a path stands behind its first AS, however often that stands in front. A set in front has
 * no first one: all of the path counts. */
static enum policy_answer test_behind_first(const void *value, const struct policy_scene *scene)
{
    const uint32_t first = scene->hot->neighbor_as;
    bool is_behind = first == 0;
    struct aspath_walk walk = aspath_walk_over(path_of(scene));
    uint32_t as;
    while (aspath_walk_next(&walk, &as)) {
        is_behind = is_behind || as != first;
        if (is_behind && has(value, scene, as))
            return POLICY_YES;
    }
    return POLICY_NO;
}

#define OF_ASNS                                                                                    \
    .takes =                                                                                       \
        "an AS number, a range (\"64512-65534\"), \"{peer.as}\", the name of an AS set, or a "     \
        "list of these",                                                                           \
    .types = POLICY_NUMBER | POLICY_TEXT | POLICY_LIST, .read = read_as, .digest = digest_as,      \
    .release = release_as

const struct policy_match policy_match_origin_as = {
    .name = "origin_as",
    .help = "The AS that the route began in, the last one of its AS path. A path that is empty or "
            "ends with a set has none, and matches nothing.",
    OF_ASNS,
    .test = test_origin_as,
    .candidates = origin_as_candidates,
};

const struct policy_match policy_match_neighbor_as = {
    .name = "neighbor_as",
    .help = "The AS that the route came from, the first one of its AS path. A path that is empty "
            "or begins with a set has none, and matches nothing.",
    OF_ASNS,
    .test = test_neighbor_as,
    .candidates = neighbor_as_candidates,
};

const struct policy_match policy_match_as_in_path = {
    .name = "as_in_path",
    .help = "Any AS of the AS path, those in sets included, is one of these.",
    OF_ASNS,
    .test = test_in_path,
    .candidates = in_path_candidates,
};

const struct policy_match policy_match_as_behind_first = {
    .name = "as_behind_first",
    .help = "Any AS of the AS path behind the first one, which may stand there several times, is "
            "one of these.",
    OF_ASNS,
    .test = test_behind_first,
    .candidates = in_path_candidates,
};
