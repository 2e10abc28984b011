/* Matches on the AS path as a whole. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/match_rows.h"
#include "policy/path_text.h"
#include "policy/ranges.h"
#include "wire/aspath.h"

static struct span path_of(const struct policy_scene *scene)
{
    return attr_as_path(scene->attrs, scene->hot);
}

/* --- as_path --- */

struct expressions {
    size_t count;
    struct path_regex *at[]; /* references, sorted by their texts */
};

static void release_expressions(void *value)
{
    struct expressions *v = value;
    for (size_t i = 0; i < v->count; i++)
        path_regex_unref(v->at[i]);
    free(v);
}

static int compare_expressions(const void *a, const void *b)
{
    return strcmp(path_regex_text(*(struct path_regex *const *)a),
                  path_regex_text(*(struct path_regex *const *)b));
}

static int read_expressions(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct expressions *v = mem_alloc(sizeof(*v) + words->count * sizeof(v->at[0]));
    v->count = 0;
    for (size_t i = 0; i < words->count; i++) {
        struct text_error error = {0};
        int err = path_regex_compile(words->at[i].text, &v->at[v->count], &error);
        if (err) {
            release_expressions(v);
            return policy_words_fail_text(words, i, err, &error);
        }
        v->count++;
    }
    qsort(v->at, v->count, sizeof(struct path_regex *), compare_expressions);
    *ret_value = v;
    *ret_variables = 0;
    return 0;
}

static enum policy_answer test_expressions(const void *value, const struct policy_scene *scene)
{
    const struct expressions *v = value;
    struct span path = path_of(scene);
    enum policy_answer answer = POLICY_NO;
    for (size_t i = 0; i < v->count; i++) {
        switch (path_text_match(scene->path_text, path, v->at[i])) {
        case PATH_REGEX_YES:
            return POLICY_YES;
        case PATH_REGEX_UNFINISHED:
            answer = POLICY_UNKNOWN;
            break;
        case PATH_REGEX_NO:
            break;
        }
    }
    return answer;
}

static void digest_expressions(const void *value, struct policy_digest *d)
{
    const struct expressions *v = value;
    for (size_t i = 0; i < v->count; i++)
        policy_digest_add_text(d, path_regex_text(v->at[i]));
}

const struct policy_match policy_match_as_path = {
    .name = "as_path",
    .takes = "a regular expression (\"^65001_\"), or a list of these",
    .help = "Any of these is found in the AS path as text, `65001 65002 {65003 65004}`. Permitted "
            "are digits, blanks, `.`, `[...]`, `(...)`, `|`, `*`, `+`, `?`, `{n,m}`, `^`, `$`, and "
            "`_`, which is the start, the end, or a blank, comma or bracket.",
    .types = POLICY_TEXT | POLICY_LIST,
    .read = read_expressions,
    .test = test_expressions,
    .digest = digest_expressions,
    .release = release_expressions,
};

/* --- as_path_unique_length --- */

static int read_length(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct policy_ranges *ranges;
    int err = policy_ranges_read(words, UINT16_MAX, &ranges);
    if (err)
        return err;
    *ret_value = ranges;
    *ret_variables = 0;
    return 0;
}

static enum policy_answer test_unique_length(const void *value, const struct policy_scene *scene)
{
    unsigned length = aspath_unique_length(path_of(scene));
    return policy_ranges_have(value, length) ? POLICY_YES : POLICY_NO;
}

const struct policy_match policy_match_as_path_unique_length = {
    .name = "as_path_unique_length",
    .takes = "a number, a range (\"1-2\") or a list of these",
    .help = "How many ASNs the AS path has when those that stand there several times count once; a "
            "set counts as one.",
    .types = POLICY_NUMBER | POLICY_TEXT | POLICY_LIST,
    .read = read_length,
    .test = test_unique_length,
    .digest = policy_ranges_digest,
    .release = free,
};

/* --- what it has --- */

static int read_flag(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    bool *value = mem_alloc(sizeof(*value));
    *value = strcmp(words->at[0].text, "true") == 0;
    *ret_value = value;
    *ret_variables = 0;
    return 0;
}

static void digest_flag(const void *value, struct policy_digest *d)
{
    policy_digest_add_number(d, *(const bool *)value);
}

static enum policy_answer equals(const void *value, bool has)
{
    return *(const bool *)value == has ? POLICY_YES : POLICY_NO;
}

static enum policy_answer test_as_set(const void *value, const struct policy_scene *scene)
{
    return equals(value, scene->hot->flags & ATTR_HAS_AS_SET);
}

static enum policy_answer test_private_as(const void *value, const struct policy_scene *scene)
{
    return equals(value, aspath_has_private_as(path_of(scene)));
}

#define A_FLAG                                                                                     \
    .takes = "true or false", .types = POLICY_FLAG, .read = read_flag, .digest = digest_flag,      \
    .release = free

const struct policy_match policy_match_has_as_set = {
    .name = "has_as_set",
    .help = "Whether there is a set in the AS path (RFC 9774 deprecates them).",
    A_FLAG,
    .test = test_as_set,
};

const struct policy_match policy_match_has_private_as = {
    .name = "has_private_as",
    .help = "Whether there is an AS for private use in the AS path: 64512 to 65534 or 4200000000 "
            "to 4294967294 (RFC 6996). 65535 and 4294967295 are reserved (RFC 7300) and do not "
            "count.",
    A_FLAG,
    .test = test_private_as,
};
