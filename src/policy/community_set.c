/* Sets of communities: those that are one community are sorted, patterns are tried in turn. */
#include "policy/community_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/set_file.h"
#include "wire/attr.h"

#define STANDARD (1u << COMMUNITY_STANDARD)

struct community_set *community_set_new(void)
{
    struct community_set *set = mem_zalloc(sizeof(*set));
    set->refs = 1;
    return set;
}

struct community_set *community_set_ref(struct community_set *set)
{
    set->refs++;
    return set;
}

void community_set_unref(struct community_set *set)
{
    if (!set || --set->refs > 0)
        return;
    u32_set_release(&set->standard);
    free(set->literals);
    free(set->ranges);
    free(set->patterns);
    free(set);
}

void community_set_add(struct community_set *set, const struct community_pattern *pattern)
{
    assert(!set->settled);
    if (set->pattern_count == set->pattern_size) {
        set->pattern_size = set->pattern_size ? set->pattern_size * 2 : 4;
        set->patterns = mem_resize(set->patterns, set->pattern_size, sizeof(*set->patterns));
    }
    set->patterns[set->pattern_count++] = *pattern;
}

void community_set_add_all(struct community_set *set, const struct community_set *from)
{
    for (size_t i = 0; i < community_set_count(from); i++) {
        struct community_pattern pattern = community_set_at(from, i);
        community_set_add(set, &pattern);
    }
}

/* --- settling --- */

static int compare_literals(const void *a, const void *b)
{
    const struct community *x = a;
    const struct community *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return memcmp(x->bytes, y->bytes, community_len_bytes(x->kind));
}

/* In no order that means anything, but the same one whatever it was before. */
static int compare_patterns(const void *a, const void *b)
{
    struct policy_digest x = {0};
    struct policy_digest y = {0};
    community_pattern_digest(a, &x);
    community_pattern_digest(b, &y);
    if (x.high != y.high)
        return x.high < y.high ? -1 : 1;
    return (x.low > y.low) - (x.low < y.low);
}

/* Sorts items, and drops those that are equal to the one before; how many are left. */
static size_t sort_once(void *items, size_t count, size_t size,
                        int (*compare)(const void *a, const void *b))
{
    uint8_t *at = items;
    size_t kept = 0;
    if (count > 0)
        qsort(items, count, size, compare);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare(at + (kept - 1) * size, at + i * size) != 0)
            memmove(at + kept++ * size, at + i * size, size);
    return kept;
}

static uint32_t standard_value(const struct community *c)
{
    struct reader r = reader_over(span_of(c->bytes, 4));
    return reader_u32(&r);
}

/* Takes what is one community out of the patterns. */
static void part_literals(struct community_set *set)
{
    size_t kept = 0;
    set->literals = mem_resize(NULL, set->pattern_count + 1, sizeof(*set->literals));
    for (size_t i = 0; i < set->pattern_count; i++) {
        const struct community_pattern *p = &set->patterns[i];
        set->kinds |= p->kinds;
        set->variables |= p->variables;
        if (p->variables & POLICY_OF_PEER)
            set->of_peer |= p->kinds;
        else
            set->of_any |= p->kinds;
        if (p->shape != COMMUNITY_SHAPE_ONE)
            set->patterns[kept++] = *p;
        else if (p->community.kind == COMMUNITY_STANDARD)
            u32_set_add(&set->standard, standard_value(&p->community));
        else
            set->literals[set->literal_count++] = p->community;
    }
    set->pattern_count = kept;
}

/* Notes the patterns of standard communities that are ranges of both halves. */
static void note_ranges(struct community_set *set)
{
    set->ranges = mem_resize(NULL, set->pattern_count + 1, sizeof(*set->ranges));
    set->ranges_suffice = true;
    for (size_t i = 0; i < set->pattern_count; i++) {
        const struct community_pattern *p = &set->patterns[i];
        if (!(p->kinds & STANDARD) || (p->variables & POLICY_OF_PEER))
            continue;
        if (p->shape == COMMUNITY_SHAPE_NUMBERS && p->variables == 0)
            set->ranges[set->range_count++] =
                (struct standard_range){p->fields[0].low << 16 | p->fields[1].low,
                                        p->fields[0].high << 16 | p->fields[1].high};
        else
            set->ranges_suffice = false;
    }
}

static void make_digest(struct community_set *set)
{
    struct policy_digest *d = &set->digest;
    policy_digest_add(d, set->standard.items, set->standard.count * sizeof(*set->standard.items));
    for (size_t i = 0; i < set->literal_count; i++) {
        const struct community *c = &set->literals[i];
        policy_digest_add(d, c->bytes, community_len_bytes(c->kind));
    }
    for (size_t i = 0; i < set->pattern_count; i++)
        community_pattern_digest(&set->patterns[i], d);
}

void community_set_settle(struct community_set *set)
{
    assert(!set->settled);
    part_literals(set);
    u32_set_settle(&set->standard);
    set->literal_count =
        sort_once(set->literals, set->literal_count, sizeof(*set->literals), compare_literals);
    set->literals = mem_resize(set->literals, set->literal_count + 1, sizeof(*set->literals));
    set->pattern_count =
        sort_once(set->patterns, set->pattern_count, sizeof(*set->patterns), compare_patterns);
    set->pattern_size = set->pattern_count + 1;
    set->patterns = mem_resize(set->patterns, set->pattern_size, sizeof(*set->patterns));
    note_ranges(set);
    set->settled = true;
    make_digest(set);
}

/* --- asking --- */

static bool has_literal(const struct community_set *set, const struct community *c)
{
    if (c->kind == COMMUNITY_STANDARD)
        return u32_set_has(&set->standard, standard_value(c));
    return set->literal_count > 0 &&
           bsearch(c, set->literals, set->literal_count, sizeof(*set->literals), compare_literals);
}

bool community_set_has(const struct community_set *set, const struct community *c,
                       const struct policy_values *values)
{
    assert(set->settled);
    if (has_literal(set, c))
        return true;
    for (size_t i = 0; i < set->pattern_count; i++)
        if (community_pattern_matches(&set->patterns[i], c, values))
            return true;
    return false;
}

static bool in_range(const struct standard_range *range, uint32_t value)
{
    return value >> 16 >= range->least >> 16 && value >> 16 <= range->most >> 16 &&
           (value & UINT16_MAX) >= (range->least & UINT16_MAX) &&
           (value & UINT16_MAX) <= (range->most & UINT16_MAX);
}

/* Whether any of the standard communities of an attribute is in it, as far as ranges suffice. */
static bool has_any_standard(const struct community_set *set, struct span value)
{
    struct reader r = reader_over(value);
    while (reader_left(&r) >= 4) {
        uint32_t community = reader_u32(&r);
        if (u32_set_has(&set->standard, community))
            return true;
        for (size_t i = 0; i < set->range_count; i++)
            if (in_range(&set->ranges[i], community))
                return true;
    }
    return false;
}

bool community_set_has_any(const struct community_set *set, struct span attrs,
                           const struct policy_values *values)
{
    struct community c;
    struct span standard;
    unsigned of_peer = policy_values_have_peer(values) ? set->of_peer : 0;
    unsigned kinds = set->of_any | of_peer;
    if ((kinds & STANDARD) && set->ranges_suffice && !(of_peer & STANDARD)) {
        if (attr_find(attrs, ATTR_COMMUNITIES, &standard) && has_any_standard(set, standard))
            return true;
        kinds &= ~STANDARD;
    }
    if (kinds == 0)
        return false;
    struct community_cursor cursor = community_cursor_over(attrs, kinds);
    while (community_cursor_next(&cursor, &c))
        if (community_set_has(set, &c, values))
            return true;
    return false;
}

bool community_set_find_peers(const struct community_set *set, struct span attrs,
                              const struct policy_values *values,
                              void (*add_as)(void *ctx, uint32_t as), void *ctx)
{
    for (size_t i = 0; i < set->pattern_count; i++) {
        const struct community_pattern *p = &set->patterns[i];
        if (!(p->variables & POLICY_OF_PEER))
            continue;
        if (!(p->variables & POLICY_PEER_AS))
            return false;
        struct community_cursor cursor = community_cursor_over(attrs, p->kinds);
        struct community c;
        uint32_t as;
        while (community_cursor_next(&cursor, &c))
            if (community_pattern_find_peer_as(p, &c, values, &as))
                add_as(ctx, as);
    }
    return true;
}

size_t community_set_count(const struct community_set *set)
{
    return set->standard.count + set->literal_count + set->pattern_count;
}

struct community_pattern community_set_at(const struct community_set *set, size_t at)
{
    struct community_pattern p = {.shape = COMMUNITY_SHAPE_ONE};
    if (at < set->standard.count) {
        struct writer w = writer_over(p.community.bytes, 4);
        writer_u32(&w, set->standard.items[at]);
        p.community.kind = COMMUNITY_STANDARD;
    } else if (at - set->standard.count < set->literal_count) {
        p.community = set->literals[at - set->standard.count];
    } else {
        return set->patterns[at - set->standard.count - set->literal_count];
    }
    p.kinds = 1u << p.community.kind;
    return p;
}

size_t community_set_bytes(const struct community_set *set)
{
    return sizeof(*set) + set->pattern_size * sizeof(*set->patterns) +
           (set->literal_count + 1) * sizeof(*set->literals) +
           (set->pattern_count + 1) * sizeof(*set->ranges) +
           set->standard.size * sizeof(*set->standard.items);
}

struct policy_digest community_set_digest(const struct community_set *set)
{
    return set->digest;
}

/* --- files --- */

static int take_line(void *ctx, const char *entry, struct text_error *e)
{
    struct community_pattern pattern;
    int err = community_pattern_parse(entry, &pattern, e);
    if (!err)
        community_set_add(ctx, &pattern);
    return err;
}

static int take_item(void *ctx, json_t *item, struct text_error *e)
{
    if (json_is_string(item) && strlen(json_string_value(item)) == json_string_length(item))
        return take_line(ctx, json_string_value(item), e);
    return text_error_at(e, ERR_INVALID, 0, NULL, 0,
                         "an item is no community (expected \"65000:100\")");
}

int community_set_read(struct community_set *set, const char *text, size_t len_bytes,
                       struct text_error *ret_error)
{
    const struct set_file_taker taker = {
        .line = take_line, .item = take_item, .ctx = set, .count = &set->pattern_count};
    return set_file_read(text, len_bytes, &taker, ret_error);
}

/* --- cursors --- */

struct community_cursor community_cursor_over(struct span attrs, unsigned kinds)
{
    return (struct community_cursor){.attrs = reader_over(attrs),
                                     .value = reader_over(span_of(NULL, 0)),
                                     .kinds = kinds,
                                     .len_bytes = 1};
}

/* The kind that an attribute carries; false: it carries none. */
static bool kind_of(uint8_t attr_type, enum community_kind *ret_kind)
{
    switch (attr_type) {
    case ATTR_COMMUNITIES:
        *ret_kind = COMMUNITY_STANDARD;
        return true;
    case ATTR_EXT_COMMUNITIES:
        *ret_kind = COMMUNITY_EXTENDED;
        return true;
    case ATTR_IPV6_EXT_COMMUNITIES:
        *ret_kind = COMMUNITY_IPV6_EXTENDED;
        return true;
    case ATTR_LARGE_COMMUNITIES:
        *ret_kind = COMMUNITY_LARGE;
        return true;
    default:
        return false;
    }
}

/* Goes on to the next attribute with communities; false: there is none. */
static bool next_attribute(struct community_cursor *cursor)
{
    struct attr_view a;
    while (attr_next(&cursor->attrs, &a)) {
        if (!kind_of(a.type, &cursor->kind) || !(cursor->kinds & 1u << cursor->kind))
            continue;
        cursor->value = reader_over(a.value);
        cursor->len_bytes = community_len_bytes(cursor->kind);
        if (reader_left(&cursor->value) >= cursor->len_bytes)
            return true;
    }
    return false;
}

bool community_cursor_next(struct community_cursor *cursor, struct community *ret_community)
{
    if (reader_left(&cursor->value) < cursor->len_bytes && !next_attribute(cursor))
        return false;
    ret_community->kind = cursor->kind;
    if (cursor->kind == COMMUNITY_STANDARD) /* most are: a fixed size is much faster */
        reader_copy(&cursor->value, ret_community->bytes, 4);
    else
        reader_copy(&cursor->value, ret_community->bytes, cursor->len_bytes);
    return true;
}
