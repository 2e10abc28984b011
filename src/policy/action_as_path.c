/* The action that changes what a path has: ASNs are replaced, private ones are left out (RFC 6996),
 * and the end of the path is kept. In this order, each seeing what the one before has left. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/number.h"
#include "policy/action_rows.h"
#include "policy/as_set.h"
#include "policy/as_value.h"
#include "policy/sets.h"
#include "wire/aspath.h"

enum private_asns { PRIVATE_STAY, PRIVATE_GO, PRIVATE_LEADING_GO };

struct replacement {
    struct as_set *from; /* counted */
    uint64_t numbers;    /* how many it has */
    struct as_value to;
};

struct path_value {
    enum private_asns private_asns;
    bool keeps_last;
    uint32_t keep_last;
    unsigned variables;
    size_t count;
    struct replacement replacements[]; /* those of fewer numbers first */
};

static void release_as_path(void *value)
{
    struct path_value *v = value;
    for (size_t i = 0; i < v->count; i++)
        as_set_unref(v->replacements[i].from);
    free(v);
}

/* --- reading --- */

static int read_private(struct policy_words *words, size_t word, struct path_value *v)
{
    const char *text = words->at[word].text;
    if (strcmp(text, "true") == 0 || strcmp(text, "all") == 0)
        v->private_asns = PRIVATE_GO;
    else if (strcmp(text, "leading") == 0)
        v->private_asns = PRIVATE_LEADING_GO;
    else if (strcmp(text, "false") != 0)
        return policy_words_fail(words, word, ERR_INVALID,
                                 "'%.64s' is none of those that can be removed (expected true, "
                                 "\"all\" or \"leading\")",
                                 text);
    return 0;
}

static int read_keep_last(struct policy_words *words, size_t word, struct path_value *v)
{
    int err = number_parse(words->at[word].text, UINT16_MAX, &v->keep_last);
    v->keeps_last = true;
    return err ? policy_words_fail(words, word, err,
                                   "'%.64s' is no length of a path (expected a number up to %d)",
                                   words->at[word].text, UINT16_MAX)
               : 0;
}

/* What is replaced: an AS, a range, or a set by its name. A reference for the caller. */
static int read_from(struct policy_words *words, size_t word, struct as_set **ret_set)
{
    const char *key = words->at[word].key;
    struct text_error error = {0};
    uint32_t low;
    uint32_t high;
    if (!key)
        return policy_words_fail(words, word, ERR_INVALID,
                                 "'%.64s' is in the place of nothing (expected a table: "
                                 "{ 65001 = 65002 })",
                                 words->at[word].text);
    if (policy_set_is_name(key) && words->sets) {
        struct policy_named_set *named = policy_sets_find(words->sets, POLICY_AS_SET, key);
        if (named) {
            *ret_set = as_set_ref(named->set.asns);
            return 0;
        }
    }
    int err = as_set_parse_entry(key, &low, &high, &error);
    text_error_release(&error);
    if (err)
        return policy_words_fail(words, word, err,
                                 "'%.64s' is no AS and no AS set that there is (expected 65001, a "
                                 "range as 64512-65534, or the name of an AS set)",
                                 key);
    *ret_set = as_set_new();
    as_set_add(*ret_set, low, high);
    as_set_settle(*ret_set);
    return 0;
}

static uint64_t numbers_of(const struct as_set *set)
{
    uint64_t numbers = 0;
    for (size_t i = 0; i < set->count; i++)
        numbers += (uint64_t)set->ranges[i].high - set->ranges[i].low + 1;
    return numbers;
}

static int read_replacement(struct policy_words *words, size_t word, struct path_value *v)
{
    struct replacement r = {0};
    int err = read_from(words, word, &r.from);
    if (err)
        return err;
    err = as_value_read(words, word, "", &r.to);
    if (err) {
        as_set_unref(r.from);
        return err;
    }
    r.numbers = numbers_of(r.from);
    v->variables |= r.to.variable;
    size_t at = v->count++;
    for (; at > 0 && v->replacements[at - 1].numbers > r.numbers; at--)
        v->replacements[at] = v->replacements[at - 1];
    v->replacements[at] = r;
    return 0;
}

static int read_part(struct policy_words *words, size_t word, struct path_value *v)
{
    const char *part = words->at[word].part;
    if (strcmp(part, "remove_private") == 0)
        return read_private(words, word, v);
    if (strcmp(part, "keep_last") == 0)
        return read_keep_last(words, word, v);
    return read_replacement(words, word, v);
}

static int read_as_path(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct path_value *v = mem_zalloc(sizeof(*v) + words->count * sizeof(v->replacements[0]));
    int err = 0;
    for (size_t i = 0; err == 0 && i < words->count; i++)
        err = read_part(words, i, v);
    if (err) {
        release_as_path(v);
        return err;
    }
    *ret_value = v;
    *ret_variables = v->variables;
    return 0;
}

/* --- applying --- */

struct mapping {
    const struct path_value *v;
    struct policy_values values;
    bool past_leading; /* an AS that is not private has come */
};

/* That of the fewest numbers that has the AS; one whose variable has no value leaves it. */
static uint32_t replaced(const struct mapping *m, uint32_t as)
{
    for (size_t i = 0; i < m->v->count; i++) {
        const struct replacement *r = &m->v->replacements[i];
        if (!as_set_has(r->from, as))
            continue;
        uint32_t to = as_value_of(&r->to, &m->values);
        return to != 0 ? to : as;
    }
    return as;
}

static uint32_t map_as(void *ctx, uint32_t as)
{
    struct mapping *m = ctx;
    as = replaced(m, as);
    if (m->v->private_asns == PRIVATE_STAY)
        return as;
    bool goes = aspath_is_private_as(as) && !m->past_leading;
    if (m->v->private_asns == PRIVATE_LEADING_GO && !goes)
        m->past_leading = true;
    return goes ? 0 : as;
}

static int apply_as_path(const void *value, const struct policy_scene *scene,
                         struct attr_edit *edit)
{
    const struct path_value *v = value;
    struct span path;
    if (attr_edit_find(edit, ATTR_AS_PATH, &path) &&
        (v->count > 0 || v->private_asns != PRIVATE_STAY)) {
        struct mapping m = {v, policy_values_of(scene, v->variables), false};
        size_t mark = attr_edit_put_begin(edit);
        aspath_put_mapped(&edit->scratch, path, map_as, &m);
        attr_edit_put_end(edit, ATTR_AS_PATH, mark);
    }
    if (attr_edit_find(edit, ATTR_AS_PATH, &path) && v->keeps_last) {
        size_t mark = attr_edit_put_begin(edit);
        aspath_put_last(&edit->scratch, path, v->keep_last);
        attr_edit_put_end(edit, ATTR_AS_PATH, mark);
    }
    return 0;
}

static void digest_as_path(const void *value, struct policy_digest *d)
{
    const struct path_value *v = value;
    policy_digest_add_number(d, v->private_asns);
    policy_digest_add_number(d, v->keeps_last);
    policy_digest_add_number(d, v->keep_last);
    for (size_t i = 0; i < v->count; i++) {
        struct policy_digest from = as_set_digest(v->replacements[i].from);
        policy_digest_add(d, &from, sizeof(from));
        as_value_digest(&v->replacements[i].to, d);
    }
}

static const struct policy_part parts[] = {
    {
        .name = "replace",
        .takes = "a table: an AS number, a range or an AS set = an AS number or a variable",
        .help =
            "Puts another AS in the place of those that are named, each time: "
            "{ \"64512-65534\" = \"{local.as}\" }. Where several name an AS, that of the fewest "
            "numbers counts.",
        .types = POLICY_TABLE | POLICY_NUMBER | POLICY_TEXT,
    },
    {
        .name = "remove_private",
        .takes = "true, \"all\" or \"leading\"",
        .help =
            "Leaves out private ASNs (RFC 6996: 64512-65534, 4200000000-4294967294): all of "
            "them, wherever they stand (true is the same), or those in front of the first other "
            "one.",
        .types = POLICY_FLAG | POLICY_TEXT,
    },
    {
        .name = "keep_last",
        .takes = "a number up to 65535",
        .help = "Keeps so many ASNs at the end of the path, where the route began; a set counts as "
                "one. 0 leaves none.",
        .types = POLICY_NUMBER,
    },
    {0},
};

const struct policy_action policy_action_as_path = {
    .name = "as_path",
    .takes = "{ replace, remove_private, keep_last }",
    .help =
        "Changes the AS path: first ASNs are replaced, then private ones are left out, then the "
        "end is kept. It comes before `prepend`.",
    .types = POLICY_TABLE,
    .parts = parts,
    .read = read_as_path,
    .apply = apply_as_path,
    .digest = digest_as_path,
    .release = release_as_path,
};
