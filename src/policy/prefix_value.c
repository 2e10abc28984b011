/* Prefixes that a condition compares with. */
#include "policy/prefix_value.h"

static const struct policy_set_place place = {
    .kind = POLICY_PREFIX_SET,
    .else_taken = "a prefix as 10.0.0.0/8, \"10.0.0.0/8 le 24\" or a list of these",
};

static void add_all(struct prefix_set *set, const struct prefix_set *from)
{
    struct prefix_set_cursor cursor = {0};
    struct prefix_set_item item;
    uint8_t least;
    uint8_t most;
    while (prefix_set_next(from, &cursor, &item))
        while (length_set_take_run(&item.lengths, &least, &most))
            prefix_set_add(set, &item.prefix, least, most);
}

int prefix_value_add(struct policy_words *words, size_t word, const struct policy_set_place *at,
                     struct prefix_set *set)
{
    const char *text = words->at[word].text;
    struct text_error error = {0};
    struct policy_named_set *named;
    struct prefix prefix;
    uint8_t least;
    uint8_t most;
    if (policy_set_is_name(text)) {
        int err = policy_sets_need(words, word, at, &named);
        if (!err)
            add_all(set, named->set.prefixes);
        return err;
    }
    int err = prefix_set_parse_entry(text, &prefix, &least, &most, &error);
    if (err)
        return policy_words_fail_text(words, word, err, &error);
    prefix_set_add(set, &prefix, least, most);
    return 0;
}

static int read_set(struct policy_words *words, struct prefix_set **ret_set)
{
    struct policy_named_set *named;
    int err = 0;
    if (words->count == 1 && policy_set_is_name(words->at[0].text)) {
        err = policy_sets_need(words, 0, &place, &named);
        if (!err)
            *ret_set = prefix_set_ref(named->set.prefixes);
        return err;
    }
    struct prefix_set *set = prefix_set_new();
    for (size_t i = 0; err == 0 && i < words->count; i++)
        err = prefix_value_add(words, i, &place, set);
    if (err) {
        prefix_set_unref(set);
        return err;
    }
    prefix_set_settle(set);
    *ret_set = set;
    return 0;
}

int prefix_value_read(struct policy_words *words, void **ret_value, unsigned *ret_variables)
{
    struct prefix_set *set;
    int err = read_set(words, &set);
    if (err)
        return err;
    *ret_value = set;
    *ret_variables = 0;
    return 0;
}

void prefix_value_digest(const void *value, struct policy_digest *d)
{
    struct policy_digest digest = prefix_set_digest(value);
    policy_digest_add(d, &digest, sizeof(digest));
}

void prefix_value_release(void *value)
{
    prefix_set_unref(value);
}
