/* Sets of prefixes with their origins: for each AS the set of its prefixes.
 *
 * Invariants of what is settled: groups ascend, that of any AS in front; each has a prefix. */
#include "policy/prefix_origin_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "policy/as_set.h"
#include "policy/set_file.h"

struct prefix_origin_set *prefix_origin_set_new(void)
{
    struct prefix_origin_set *set = mem_zalloc(sizeof(*set));
    set->refs = 1;
    return set;
}

struct prefix_origin_set *prefix_origin_set_ref(struct prefix_origin_set *set)
{
    set->refs++;
    return set;
}

void prefix_origin_set_unref(struct prefix_origin_set *set)
{
    if (!set || --set->refs > 0)
        return;
    for (size_t i = 0; i < set->group_count; i++)
        prefix_set_unref(set->groups[i].prefixes);
    free(set->groups);
    free(set->entries);
    free(set);
}

void prefix_origin_set_add(struct prefix_origin_set *set, const struct prefix_origin *entry)
{
    assert(!set->settled);
    if (set->count == set->size) {
        set->size = set->size ? set->size * 2 : 4;
        set->entries = mem_resize(set->entries, set->size, sizeof(*set->entries));
    }
    set->entries[set->count++] = *entry;
}

static void add_group(struct prefix_origin_set *set, const struct prefix_origin_group *group)
{
    struct prefix_origin added = {.as = group->as, .is_of_any = group->is_of_any};
    struct prefix_set_cursor cursor = {0};
    struct prefix_set_item item;
    while (prefix_set_next(group->prefixes, &cursor, &item)) {
        added.entry.prefix = item.prefix;
        while (length_set_take_run(&item.lengths, &added.entry.from_bits, &added.entry.to_bits))
            prefix_origin_set_add(set, &added);
    }
}

void prefix_origin_set_add_all(struct prefix_origin_set *set, const struct prefix_origin_set *from)
{
    for (size_t i = 0; i < from->group_count; i++)
        add_group(set, &from->groups[i]);
}

/* Settling. */

static int compare_origins(const void *a, const void *b)
{
    const struct prefix_origin *x = a;
    const struct prefix_origin *y = b;
    if (x->is_of_any != y->is_of_any)
        return x->is_of_any ? -1 : 1;
    return (x->as > y->as) - (x->as < y->as);
}

/* Makes a group of the entries from `first` on that have its AS; returns the index after them. */
static size_t settle_group(struct prefix_origin_set *set, size_t first)
{
    const struct prefix_origin *of = &set->entries[first];
    struct prefix_origin_group *group = &set->groups[set->group_count++];
    size_t i = first;
    *group = (struct prefix_origin_group){of->as, of->is_of_any, prefix_set_new()};
    for (; i < set->count && compare_origins(&set->entries[i], of) == 0; i++)
        prefix_set_add(group->prefixes, &set->entries[i].entry.prefix,
                       set->entries[i].entry.from_bits, set->entries[i].entry.to_bits);
    prefix_set_settle(group->prefixes);
    return i;
}

static size_t count_origins(const struct prefix_origin_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += i == 0 || compare_origins(&set->entries[i - 1], &set->entries[i]) != 0;
    return count;
}

void prefix_origin_set_settle(struct prefix_origin_set *set)
{
    assert(!set->settled);
    size_t count = 0;
    if (set->count > 0) {
        qsort(set->entries, set->count, sizeof(*set->entries), compare_origins);
        set->groups = mem_resize(NULL, count_origins(set), sizeof(*set->groups));
    }
    for (size_t i = 0; i < set->count;)
        i = settle_group(set, i);
    for (size_t i = 0; i < set->group_count; i++) {
        struct policy_digest digest = prefix_set_digest(set->groups[i].prefixes);
        policy_digest_add_number(&set->digest, set->groups[i].is_of_any);
        policy_digest_add_number(&set->digest, set->groups[i].as);
        policy_digest_add(&set->digest, &digest, sizeof(digest));
        count += prefix_set_count(set->groups[i].prefixes);
    }
    free(set->entries);
    set->entries = NULL;
    set->size = 0;
    set->count = count;
    set->settled = true;
}

/* Asking. */

static const struct prefix_set *prefixes_of(const struct prefix_origin_set *set, uint32_t as)
{
    size_t first = set->group_count > 0 && set->groups[0].is_of_any;
    size_t end = set->group_count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (set->groups[middle].as == as)
            return set->groups[middle].prefixes;
        if (set->groups[middle].as < as)
            first = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

bool prefix_origin_set_has(const struct prefix_origin_set *set, uint8_t ip_version,
                           const uint8_t *address_bytes, uint8_t len_bits, uint32_t as)
{
    assert(set->settled);
    const struct prefix_set *of_as = as != 0 ? prefixes_of(set, as) : NULL;
    if (of_as && prefix_set_has(of_as, ip_version, address_bytes, len_bits))
        return true;
    return set->group_count > 0 && set->groups[0].is_of_any &&
           prefix_set_has(set->groups[0].prefixes, ip_version, address_bytes, len_bits);
}

size_t prefix_origin_set_count(const struct prefix_origin_set *set)
{
    return set->count;
}

struct policy_digest prefix_origin_set_digest(const struct prefix_origin_set *set)
{
    return set->digest;
}

/* Text. */

static const char blanks[] = " \t";

static const char expected[] =
    "(expected a prefix and an AS: 192.0.2.0/24 64500, or 192.0.2.0/24 le 26 64500)";

/* Whether what begins there is the number that belongs to a "le" or "ge" before it. */
static bool is_length(const char *text, size_t start)
{
    while (start > 0 && strchr(blanks, text[start - 1]))
        start--;
    return start > 2 && strchr(blanks, text[start - 3]) &&
           (memcmp(text + start - 2, "le", 2) == 0 || memcmp(text + start - 2, "ge", 2) == 0);
}

static int parse_as(const char *word, size_t column, struct prefix_origin *entry,
                    struct text_error *e)
{
    uint32_t low;
    uint32_t high;
    struct text_error why = {0};
    if (strcmp(word, "*") == 0) {
        entry->is_of_any = true;
        return 0;
    }
    int err = as_set_parse_entry(word, &low, &high, &why);
    text_error_release(&why);
    if (err == ERR_RANGE)
        return text_error_at(e, err, column, word, strlen(word), "is too large for an AS number");
    if (err || low != high || strchr(word, '-'))
        return text_error_at(e, ERR_INVALID, column, word, strlen(word), "is no AS number %s",
                             expected);
    entry->as = low;
    return 0;
}

int prefix_origin_parse(const char *text, struct prefix_origin *ret_entry,
                        struct text_error *ret_error)
{
    size_t end = strlen(text);
    struct prefix_origin entry = {0};
    while (end > 0 && strchr(blanks, text[end - 1]))
        end--;
    size_t start = end;
    while (start > 0 && !strchr(blanks, text[start - 1]))
        start--;
    if (is_length(text, start))
        return text_error_at(ret_error, ERR_INVALID, start + 1, text + start, end - start,
                             "is a length, and there is no AS number after it %s", expected);
    char *head = mem_strdup(text);
    char *word = mem_strdup(text + start);
    head[start] = '\0';
    word[end - start] = '\0';
    int err = parse_as(word, start + 1, &entry, ret_error);
    if (!err)
        err = prefix_set_parse_entry(head, &entry.entry.prefix, &entry.entry.from_bits,
                                     &entry.entry.to_bits, ret_error);
    free(head);
    free(word);
    if (!err)
        *ret_entry = entry;
    return err;
}

static int take_line(void *ctx, const char *text, struct text_error *e)
{
    struct prefix_origin entry;
    int err = prefix_origin_parse(text, &entry, e);
    if (!err)
        prefix_origin_set_add(ctx, &entry);
    return err;
}

static int take_item(void *ctx, json_t *item, struct text_error *e)
{
    if (!json_is_string(item) || strlen(json_string_value(item)) != json_string_length(item))
        return text_error_at(e, ERR_INVALID, 0, NULL, 0,
                             "an item is no prefix with an AS (expected \"192.0.2.0/24 64500\")");
    return take_line(ctx, json_string_value(item), e);
}

int prefix_origin_set_read(struct prefix_origin_set *set, const char *text, size_t len_bytes,
                           struct text_error *ret_error)
{
    const struct set_file_taker taker = {
        .line = take_line, .item = take_item, .ctx = set, .count = &set->count};
    return set_file_read(text, len_bytes, &taker, ret_error);
}
