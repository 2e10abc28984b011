/* Prefixes with ranges of lengths, as people and bgpq4 write them. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/number.h"
#include "policy/prefix_set.h"
#include "policy/set_file.h"

/* A length that was given, or not. */
struct bound {
    bool given;
    uint32_t bits;
    size_t column; /* 0: not known */
};

/* What stands after a prefix. */
struct bounds {
    struct bound ge;
    struct bound le;
};

/* A word of a text. */
struct word {
    const char *start;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct word next_word(const char *text)
{
    while (is_blank(*text))
        text++;
    const char *end = text;
    while (*end > ' ' || (*end != '\0' && !is_blank(*end)))
        end++;
    return (struct word){text, (size_t)(end - text)};
}

/* A word as a text of its own, in `buf` where more follows it; one that has no room there is cut,
 * which makes no number or prefix of what was none. */
static const char *word_text(struct word w, char *buf, size_t size)
{
    size_t len = w.len < size ? w.len : size - 1;
    if (w.start[w.len] == '\0')
        return w.start;
    memcpy(buf, w.start, len);
    buf[len] = '\0';
    return buf;
}

static bool word_is(struct word w, const char *text)
{
    return w.len == strlen(text) && memcmp(w.start, text, w.len) == 0;
}

/* Reads a prefix whose host bits are zero. */
static int parse_prefix(struct word w, size_t column, struct prefix *ret_prefix,
                        struct text_error *e)
{
    char text[IP_TEXT_MAX + 8];
    struct prefix p;
    bool had_host_bits;
    int err = prefix_parse_strict(word_text(w, text, sizeof(text)), &p, &had_host_bits);
    if (err == ERR_RANGE)
        return text_error_at(e, err, column, w.start, w.len, "is longer than %s",
                             memchr(w.start, ':', w.len) ? "128 bits" : "32 bits");
    if (err)
        return text_error_at(e, err, column, w.start, w.len,
                             "%s prefix (expected one like 192.0.2.0/24 or 2001:db8::/32)",
                             w.len > 0 ? "is no" : "there is no");
    if (had_host_bits) {
        char shown[PREFIX_TEXT_MAX];
        return text_error_at(e, ERR_INVALID, column, w.start, w.len,
                             "has bits set after its length (expected %s)",
                             prefix_format(&p, shown));
    }
    *ret_prefix = p;
    return 0;
}

static int check_bound(const struct prefix *p, const struct bound *b, const char *name,
                       struct text_error *e)
{
    if (!b->given)
        return 0;
    if (b->bits > prefix_max_bits(p->version))
        return text_error_at(e, ERR_RANGE, b->column, NULL, 0,
                             "%s %u is too long: prefixes of IPv%u have at most %u bits", name,
                             b->bits, p->version, prefix_max_bits(p->version));
    if (b->bits < p->len_bits)
        return text_error_at(e, ERR_RANGE, b->column, NULL, 0,
                             "%s %u is shorter than the prefix, which has %u bits", name, b->bits,
                             p->len_bits);
    return 0;
}

/* The lengths that bounds leave. */
static int apply_bounds(const struct prefix *p, const struct bounds *b, uint8_t *ret_from_bits,
                        uint8_t *ret_to_bits, struct text_error *e)
{
    int err = check_bound(p, &b->ge, "ge", e);
    if (!err)
        err = check_bound(p, &b->le, "le", e);
    if (err)
        return err;
    uint32_t from = b->ge.given ? b->ge.bits : p->len_bits;
    uint32_t to = b->le.given ? b->le.bits : b->ge.given ? prefix_max_bits(p->version) : from;
    if (from > to)
        return text_error_at(e, ERR_RANGE, b->ge.column, NULL, 0,
                             "ge %u is more than le %u: no length is both", from, to);
    *ret_from_bits = (uint8_t)from;
    *ret_to_bits = (uint8_t)to;
    return 0;
}

/* Reads "ge N" or "le N" at `name`, and moves *rest past it. */
static int parse_bound(const char *text, struct word name, const char **rest, struct bounds *bounds,
                       struct text_error *e)
{
    char digits[16];
    size_t column = (size_t)(name.start - text) + 1;
    bool is_ge = word_is(name, "ge");
    struct bound *bound = is_ge ? &bounds->ge : &bounds->le;
    if (!is_ge && !word_is(name, "le"))
        return text_error_at(e, ERR_INVALID, column, name.start, name.len,
                             "is neither 'ge N' nor 'le N', which may follow a prefix");
    if (bound->given)
        return text_error_at(e, ERR_INVALID, column, name.start, name.len, "stands there twice");
    struct word number = next_word(name.start + name.len);
    int err = number_parse(word_text(number, digits, sizeof(digits)), UINT16_MAX, &bound->bits);
    if (err)
        return text_error_at(e, err, (size_t)(number.start - text) + 1, number.start, number.len,
                             "%s after '%s'",
                             number.len == 0    ? "there is no length"
                             : err == ERR_RANGE ? "is no length of a prefix"
                                                : "is no number: a length was expected",
                             is_ge ? "ge" : "le");
    bound->given = true;
    bound->column = column;
    *rest = number.start + number.len;
    return 0;
}

int prefix_set_parse_entry(const char *text, struct prefix *ret_prefix, uint8_t *ret_from_bits,
                           uint8_t *ret_to_bits, struct text_error *ret_error)
{
    struct word w = next_word(text);
    const char *rest = w.start + w.len;
    struct bounds bounds = {0};
    struct prefix p;
    int err = parse_prefix(w, (size_t)(w.start - text) + 1, &p, ret_error);
    for (w = next_word(rest); !err && w.len > 0; w = next_word(rest))
        err = parse_bound(text, w, &rest, &bounds, ret_error);
    if (!err)
        err = apply_bounds(&p, &bounds, ret_from_bits, ret_to_bits, ret_error);
    if (!err)
        *ret_prefix = p;
    return err;
}

/* Files. */

static int take_line(void *ctx, const char *entry, struct text_error *e)
{
    struct prefix p;
    uint8_t from_bits;
    uint8_t to_bits;
    int err = prefix_set_parse_entry(entry, &p, &from_bits, &to_bits, e);
    if (!err)
        prefix_set_add(ctx, &p, from_bits, to_bits);
    return err;
}

static int take_string(struct prefix_set *set, const json_t *item, struct text_error *e)
{
    const char *text = json_string_value(item);
    int err = 0;
    if (strlen(text) != json_string_length(item))
        err = text_error_at(e, ERR_INVALID, 0, NULL, 0, "a NUL byte cannot be part of an entry");
    return err ? err : take_line(set, text, e);
}

static int take_bound(const json_t *value, const char *name, struct bound *ret_bound,
                      struct text_error *e)
{
    json_int_t bits = json_integer_value(value);
    if (!json_is_integer(value) || bits < 0 || bits > UINT16_MAX)
        return text_error_at(e, ERR_INVALID, 0, NULL, 0,
                             "\"%s\" is no length of a prefix (expected a number like 24)", name);
    *ret_bound = (struct bound){.given = true, .bits = (uint32_t)bits};
    return 0;
}

/* One of bgpq4: {"prefix": "10.0.0.0/8", "exact": false, "greater-equal": 9, "less-equal": 24}. */
struct object {
    const char *prefix; /* NULL: none */
    const json_t *exact;
    struct bounds bounds;
};

static int take_member(const char *name, const json_t *value, struct object *o,
                       struct text_error *e)
{
    if (strcmp(name, "prefix") == 0 && json_is_string(value)) {
        o->prefix = json_string_value(value);
    } else if (strcmp(name, "exact") == 0 && json_is_boolean(value)) {
        o->exact = value;
    } else if (strcmp(name, "greater-equal") == 0) {
        return take_bound(value, name, &o->bounds.ge, e);
    } else if (strcmp(name, "less-equal") == 0) {
        return take_bound(value, name, &o->bounds.le, e);
    } else {
        return text_error_at(
            e, ERR_INVALID, 0, name, strlen(name),
            "is nothing that an entry has (expected \"prefix\", a string; "
            "\"exact\", true or false; \"greater-equal\", \"less-equal\", numbers)");
    }
    return 0;
}

static int take_object(struct prefix_set *set, json_t *item, struct text_error *e)
{
    struct object o = {0};
    const char *name;
    json_t *value;
    struct prefix p;
    uint8_t from_bits;
    uint8_t to_bits;
    int err = 0;
    json_object_foreach(item, name, value)
    {
        err = take_member(name, value, &o, e);
        if (err)
            return err;
    }
    if (!o.prefix)
        return text_error_at(e, ERR_INVALID, 0, NULL, 0, "an entry has no \"prefix\"");
    bool ranges = o.bounds.ge.given || o.bounds.le.given;
    if (o.exact && json_is_true(o.exact) == ranges)
        return text_error_at(e, ERR_INVALID, 0, o.prefix, strlen(o.prefix),
                             ranges ? "is exact and has a range of lengths, too"
                                    : "is not exact and has no range of lengths");
    err = parse_prefix((struct word){o.prefix, strlen(o.prefix)}, 0, &p, e);
    if (!err)
        err = apply_bounds(&p, &o.bounds, &from_bits, &to_bits, e);
    if (!err)
        prefix_set_add(set, &p, from_bits, to_bits);
    return err;
}

static int take_item(void *ctx, json_t *item, struct text_error *e)
{
    if (json_is_string(item))
        return take_string(ctx, item, e);
    if (json_is_object(item))
        return take_object(ctx, item, e);
    return text_error_at(e, ERR_INVALID, 0, NULL, 0,
                         "an item is no prefix (expected {\"prefix\": \"192.0.2.0/24\", \"exact\": "
                         "true} or \"192.0.2.0/24 le 32\")");
}

int prefix_set_read(struct prefix_set *set, const char *text, size_t len_bytes,
                    struct text_error *ret_error)
{
    const struct set_file_taker taker = {
        .line = take_line, .item = take_item, .ctx = set, .count = &set->count};
    return set_file_read(text, len_bytes, &taker, ret_error);
}
