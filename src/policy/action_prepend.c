/* The action that puts ASNs in front of the path (RFC 4271 §5.1.2). */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/number.h"
#include "policy/action_rows.h"
#include "policy/as_value.h"
#include "wire/aspath.h"

enum { PREPEND_MAX = 255 };

struct prepend_value {
    bool last; /* the first AS of the path as it stands by then */
    struct as_value as;
    uint8_t count;
};

static int read_as(struct policy_words *words, size_t word, struct prepend_value *v)
{
    const char *text = words->at[word].text;
    v->last = strcmp(text, "last") == 0;
    if (v->last)
        return 0;
    if (strcmp(text, "peer") != 0 && strcmp(text, "self") != 0)
        return as_value_read(words, word, ", \"peer\", \"self\" or \"last\"", &v->as);
    v->as.variable = text[0] == 'p' ? POLICY_PEER_AS : POLICY_LOCAL_AS;
    return 0;
}

static int read_count(struct policy_words *words, size_t word, struct prepend_value *v)
{
    uint32_t count;
    int err = number_parse(words->at[word].text, PREPEND_MAX, &count);
    if (err || count == 0)
        return policy_words_fail(words, word, ERR_RANGE,
                                 "'%.64s' is not how often (expected a number from 1 to %d)",
                                 words->at[word].text, PREPEND_MAX);
    v->count = (uint8_t)count;
    return 0;
}

static int read_prepend(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct prepend_value v = {.count = 1};
    bool has_as = false;
    int err = 0;
    for (size_t i = 0; err == 0 && i < words->count; i++) {
        bool is_as = strcmp(words->at[i].part, "as") == 0;
        err = is_as ? read_as(words, i, &v) : read_count(words, i, &v);
        has_as |= is_as;
    }
    if (!err && !has_as)
        err = policy_words_fail(words, 0, ERR_INVALID,
                                "'as' is missing (expected the AS to be prepended: a number, a "
                                "variable as {peer.as}, \"peer\", \"self\" or \"last\")");
    if (err)
        return err;
    struct prepend_value *value = mem_alloc(sizeof(*value));
    *value = v;
    *ret_value = value;
    *ret_variables = v.as.variable;
    return 0;
}

/* Nothing where there is no such AS. */
static int apply_prepend(const void *value, const struct policy_scene *scene,
                         struct attr_edit *edit)
{
    const struct prepend_value *v = value;
    struct policy_values values = policy_values_of(scene, v->as.variable);
    struct span path = span_of(NULL, 0);
    uint32_t asns[PREPEND_MAX];
    attr_edit_find(edit, ATTR_AS_PATH, &path);
    uint32_t as = v->last ? aspath_summarize(path).first_as : as_value_of(&v->as, &values);
    if (as == 0)
        return 0;
    for (unsigned i = 0; i < v->count; i++)
        asns[i] = as;
    size_t mark = attr_edit_put_begin(edit);
    aspath_put_prepended(&edit->scratch, path, asns, v->count, 4);
    attr_edit_put_end(edit, ATTR_AS_PATH, mark);
    return 0;
}

static void digest_prepend(const void *value, struct policy_digest *d)
{
    const struct prepend_value *v = value;
    policy_digest_add_number(d, v->last);
    policy_digest_add_number(d, v->count);
    as_value_digest(&v->as, d);
}

static const struct policy_part parts[] = {
    {
        .name = "as",
        .takes = "an AS number, \"peer\", \"self\", \"last\" or a variable",
        .help =
            "The AS: a number, that of the neighbor whose policy it is (\"peer\"), ours towards "
            "it (\"self\"), or the first one of the path as it stands (\"last\").",
        .types = POLICY_NUMBER | POLICY_TEXT,
    },
    {
        .name = "count",
        .takes = "a number from 1 to 255",
        .help = "How often; once without it.",
        .types = POLICY_NUMBER,
    },
    {0},
};

const struct policy_action policy_action_prepend = {
    .name = "prepend",
    .takes = "{ as, count }",
    .help = "Puts an AS in front of the path, after `as_path` has done its work. What is put there "
            "on export stands behind our own AS, which external neighbors are sent in any case.",
    .types = POLICY_TABLE,
    .parts = parts,
    .read = read_prepend,
    .apply = apply_prepend,
    .digest = digest_prepend,
    .release = free,
};
