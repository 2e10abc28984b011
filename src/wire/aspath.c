/* AS_PATH values: checks, questions, text and conversions.
 *
 * All functions but aspath_check trust their input: it has passed aspath_check once. A path is read
 * segment by segment through `struct segment` and written through `struct path_writer`, which joins
 * what can stand in one sequence and starts a new segment when one is full.
 *
 * RFC 4271 §4.3, 5.1.2, 9.1.2.2; RFC 5065 §3, 5; RFC 5396; RFC 6793; RFC 7606 §7.2; RFC 7607. */
#include "wire/aspath.h"

#include <string.h>

#include "base/err.h"
#include "base/reader.h"
#include "wire/open.h"

enum { SEGMENT_MAX = 255 };

struct segment {
    uint8_t type; /* enum aspath_segment */
    uint8_t count;
    struct reader asns; /* whole ones: while there is room for one more there is one more */
};

static inline bool segment_next(struct reader *r, unsigned asn_bytes, struct segment *ret_segment)
{
    enum { HEADER_BYTES = 2 };
    if (reader_left(r) == 0)
        return false;
    struct span header = reader_take(r, HEADER_BYTES);
    if (!reader_ok(r))
        return false;
    ret_segment->type = header.data[0];
    ret_segment->count = header.data[1];
    ret_segment->asns = reader_sub(r, (size_t)ret_segment->count * asn_bytes);
    return reader_ok(r);
}

static uint32_t read_asn(struct reader *r, unsigned asn_bytes)
{
    return asn_bytes == 4 ? reader_u32(r) : reader_u16(r);
}

static bool is_confed(const struct segment *s)
{
    return s->type == ASPATH_CONFED_SEQUENCE || s->type == ASPATH_CONFED_SET;
}

/* Checks segments of types from ASPATH_SET to `last_type`. */
static inline int check_segments(struct span value, unsigned asn_bytes, uint8_t last_type)
{
    struct reader r = reader_over(value);
    struct segment s;
    while (segment_next(&r, asn_bytes, &s)) {
        if (s.type < ASPATH_SET || s.type > last_type || s.count == 0)
            return ERR_INVALID;
        while (reader_left(&s.asns) >= asn_bytes) {
            if (read_asn(&s.asns, asn_bytes) == 0)
                return ERR_INVALID;
        }
    }
    return reader_ok(&r) ? 0 : ERR_INVALID;
}

int aspath_check(struct span value, unsigned asn_bytes)
{
    return check_segments(value, asn_bytes, ASPATH_SEQUENCE);
}

int aspath_check_as4(struct span value)
{
    return check_segments(value, 4, ASPATH_CONFED_SET);
}

/* What a segment adds to the length of a path. */
static unsigned segment_length(const struct segment *s)
{
    switch (s->type) {
    case ASPATH_SEQUENCE:
        return s->count;
    case ASPATH_SET:
        return 1;
    default:
        return 0;
    }
}

struct aspath_summary aspath_summarize(struct span value)
{
    struct aspath_summary sum = {0};
    struct reader r = reader_over(value);
    struct segment s;
    for (bool first = true; segment_next(&r, 4, &s); first = false) {
        sum.length = (uint16_t)(sum.length + segment_length(&s));
        sum.has_set |= s.type == ASPATH_SET;
        if (first && s.type == ASPATH_SEQUENCE)
            sum.first_as = reader_u32(&s.asns);
    }
    return sum;
}

/* Numbers that were met: by open addressing, with room for all of a path. 0 is a free place. */
static bool is_new(uint32_t *table, unsigned bits, uint32_t as)
{
    uint32_t at = as * 0x9e3779b1u >> (32 - bits);
    while (table[at] != 0 && table[at] != as)
        at = (at + 1) & ((1u << bits) - 1);
    bool is = table[at] == 0;
    table[at] = as;
    return is;
}

unsigned aspath_unique_length(struct span value)
{
    enum { SMALL_BITS = 7, LARGE_BITS = 15 }; /* 64 ASNs, and 65,535 bytes of them */
    uint32_t table[1 << LARGE_BITS];
    unsigned bits = value.len_bytes <= 64u * 4 ? SMALL_BITS : LARGE_BITS;
    unsigned length = 0;
    struct reader r = reader_over(value);
    struct segment s;
    memset(table, 0, sizeof(table[0]) << bits);
    while (segment_next(&r, 4, &s)) {
        if (s.type != ASPATH_SEQUENCE) {
            length += segment_length(&s);
            continue;
        }
        while (reader_left(&s.asns) >= 4)
            length += is_new(table, bits, reader_u32(&s.asns));
    }
    return length;
}

uint32_t aspath_origin_as(struct span value)
{
    enum { ASN_BYTES = 4 };
    uint32_t as = 0;
    struct reader r = reader_over(value);
    struct segment s;
    while (segment_next(&r, ASN_BYTES, &s)) {
        as = 0;
        if (s.type != ASPATH_SEQUENCE || s.count == 0)
            continue;
        reader_take(&s.asns, (s.count - 1u) * ASN_BYTES);
        as = reader_u32(&s.asns);
    }
    return as;
}

static unsigned path_length(struct span value, unsigned asn_bytes)
{
    unsigned length = 0;
    struct reader r = reader_over(value);
    struct segment s;
    while (segment_next(&r, asn_bytes, &s))
        length += segment_length(&s);
    return length;
}

unsigned aspath_count_as(struct span value, uint32_t as)
{
    unsigned count = 0;
    struct reader r = reader_over(value);
    struct segment s;
    while (segment_next(&r, 4, &s)) {
        while (reader_left(&s.asns) >= 4)
            count += reader_u32(&s.asns) == as;
    }
    return count;
}

unsigned aspath_count_in(struct span value, const struct u32_set *asns)
{
    unsigned count = 0;
    struct reader r = reader_over(value);
    struct segment s;
    while (segment_next(&r, 4, &s)) {
        while (reader_left(&s.asns) >= 4)
            count += u32_set_has(asns, reader_u32(&s.asns));
    }
    return count;
}

bool aspath_is_private_as(uint32_t as)
{
    return (as >= 64512 && as <= 65534) || (as >= 4200000000 && as <= 4294967294);
}

bool aspath_has_private_as(struct span value)
{
    struct reader r = reader_over(value);
    struct segment s;
    while (segment_next(&r, 4, &s))
        while (reader_left(&s.asns) >= 4)
            if (aspath_is_private_as(reader_u32(&s.asns)))
                return true;
    return false;
}

/* Text. */

static const struct {
    const char *open;
    const char *close;
} brackets[] = {
    [ASPATH_SET] = {"{", "}"},
    [ASPATH_SEQUENCE] = {"", ""},
    [ASPATH_CONFED_SEQUENCE] = {"(", ")"},
    [ASPATH_CONFED_SET] = {"[", "]"},
};

void aspath_format(struct span value, struct strbuf *out)
{
    const char *space = "";
    struct reader r = reader_over(value);
    struct segment s;
    while (segment_next(&r, 4, &s)) {
        bool known = s.type >= ASPATH_SET && s.type <= ASPATH_CONFED_SET;
        strbuf_add(out, space);
        strbuf_add(out, known ? brackets[s.type].open : "?");
        for (unsigned i = 0; i < s.count; i++) {
            if (i > 0)
                strbuf_add_char(out, ' ');
            strbuf_add_u32(out, reader_u32(&s.asns));
        }
        strbuf_add(out, known ? brackets[s.type].close : "?");
        space = " ";
    }
}

/* Reads decimal digits up to `max`; *text is moved past them. */
static int parse_number(const char **text, uint64_t max, uint64_t *ret_value)
{
    const char *p = *text;
    uint64_t value = 0;
    if (*p < '0' || *p > '9')
        return ERR_INVALID;
    for (; *p >= '0' && *p <= '9'; p++) {
        value = value * 10 + (uint64_t)(*p - '0');
        if (value > max)
            return ERR_RANGE;
    }
    *text = p;
    *ret_value = value;
    return 0;
}

/* Reads "N" or "HIGH.LOW" at *text and moves it past that. */
static int parse_asn(const char **text, uint32_t *ret_as)
{
    const char *p = *text;
    uint64_t value;
    int err = parse_number(&p, UINT32_MAX, &value);
    if (err)
        return err;
    if (*p == '.') {
        uint64_t low;
        p++;
        if ((err = parse_number(&p, UINT16_MAX, &low)))
            return err;
        if (value > UINT16_MAX)
            return ERR_RANGE;
        value = value << 16 | low;
    }
    *text = p;
    *ret_as = (uint32_t)value;
    return 0;
}

int aspath_parse_as(const char *text, uint32_t *ret_as)
{
    uint32_t as;
    int err = parse_asn(&text, &as);
    if (err)
        return err;
    if (*text != '\0')
        return ERR_INVALID;
    *ret_as = as;
    return 0;
}

/* Writing. */

struct path_writer {
    struct writer *w;
    unsigned asn_bytes;
    uint8_t type;      /* of the segment that is being written; 0: none yet */
    uint8_t count;     /* ASNs in it */
    size_t count_mark; /* where its count stands */
};

static void path_open_segment(struct path_writer *p, uint8_t type)
{
    writer_u8(p->w, type);
    p->count_mark = writer_mark(p->w);
    writer_u8(p->w, 0);
    p->type = type;
    p->count = 0;
}

/* ASNs of a sequence continue the sequence before them. */
static void path_begin_segment(struct path_writer *p, uint8_t type)
{
    if (p->type != ASPATH_SEQUENCE || type != ASPATH_SEQUENCE)
        path_open_segment(p, type);
}

static void put_asn(struct writer *w, uint32_t as, unsigned asn_bytes)
{
    if (asn_bytes == 4)
        writer_u32(w, as);
    else
        writer_u16(w, as > UINT16_MAX ? AS_TRANS : (uint16_t)as);
}

static void path_add(struct path_writer *p, uint32_t as)
{
    if (p->count == SEGMENT_MAX)
        path_open_segment(p, p->type);
    put_asn(p->w, as, p->asn_bytes);
    writer_patch_u8(p->w, p->count_mark, ++p->count);
}

static bool is_separator(char c)
{
    return c == ' ' || c == '\t' || c == ',';
}

int aspath_parse(const char *text, struct writer *w)
{
    struct path_writer p = {.w = w, .asn_bytes = 4};
    bool in_set = false;
    for (;;) {
        while (is_separator(*text))
            text++;
        if (*text == '\0')
            break;
        if (*text == '{' && !in_set) {
            path_open_segment(&p, ASPATH_SET);
            in_set = true;
            text++;
        } else if (*text == '}' && in_set && p.count > 0) {
            in_set = false;
            text++;
        } else {
            uint32_t as;
            int err = parse_asn(&text, &as);
            if (err)
                return err;
            if (*text != '\0' && !is_separator(*text) && *text != '{' && *text != '}')
                return ERR_INVALID;
            if (as == 0 || (in_set && p.count == SEGMENT_MAX))
                return ERR_RANGE;
            if (!in_set)
                path_begin_segment(&p, ASPATH_SEQUENCE);
            path_add(&p, as);
        }
    }
    if (in_set)
        return ERR_INVALID;
    return writer_ok(w) ? 0 : ERR_FULL;
}

/* Writes 4-octet ASNs. */
static void put_asns(struct writer *w, struct reader asns, unsigned asn_bytes)
{
    if (asn_bytes == 4) {
        writer_put(w, reader_rest(&asns));
        return;
    }
    while (reader_left(&asns) > 0)
        put_asn(w, reader_u32(&asns), asn_bytes);
}

/* Writes the segments of `value` as they are: a path must not change on its way. */
static void put_segments(struct writer *w, struct span value, unsigned from_bytes,
                         unsigned to_bytes)
{
    if (from_bytes == to_bytes) {
        writer_put(w, value);
        return;
    }
    struct reader r = reader_over(value);
    struct segment s;
    while (segment_next(&r, from_bytes, &s)) {
        struct path_writer p = {.w = w, .asn_bytes = to_bytes};
        path_open_segment(&p, s.type);
        while (reader_left(&s.asns) > 0)
            path_add(&p, read_asn(&s.asns, from_bytes));
    }
}

void aspath_put_widened(struct writer *w, struct span value_as2)
{
    put_segments(w, value_as2, 2, 4);
}

bool aspath_needs_as4(struct span value)
{
    struct reader r = reader_over(value);
    struct segment s;
    while (segment_next(&r, 4, &s)) {
        while (reader_left(&s.asns) >= 4) {
            if (reader_u32(&s.asns) > UINT16_MAX)
                return true;
        }
    }
    return false;
}

/* Writes sequences of their own. */
static void put_sequences(struct writer *w, const uint32_t *asns, unsigned count,
                          unsigned asn_bytes)
{
    struct path_writer p = {.w = w, .asn_bytes = asn_bytes};
    for (unsigned i = 0; i < count; i++) {
        path_begin_segment(&p, ASPATH_SEQUENCE);
        path_add(&p, asns[i]);
    }
}

void aspath_put_prepended(struct writer *w, struct span value, const uint32_t *asns, unsigned count,
                          unsigned asn_bytes)
{
    struct reader r = reader_over(value);
    struct segment first = {0};
    segment_next(&r, 4, &first);
    unsigned room = first.type == ASPATH_SEQUENCE ? SEGMENT_MAX - first.count : 0;
    unsigned joined = count < room ? count : room;
    put_sequences(w, asns, count - joined, asn_bytes);
    if (joined == 0) {
        put_segments(w, value, 4, asn_bytes);
        return;
    }
    writer_u16(w, (uint16_t)(ASPATH_SEQUENCE << 8 | (joined + first.count)));
    for (unsigned i = count - joined; i < count; i++)
        put_asn(w, asns[i], asn_bytes);
    put_asns(w, first.asns, asn_bytes);
    if (reader_left(&r) > 0) /* hardly ever */
        put_segments(w, reader_rest(&r), 4, asn_bytes);
}

void aspath_put_mapped(struct writer *w, struct span value, uint32_t (*map)(void *ctx, uint32_t as),
                       void *ctx)
{
    struct reader r = reader_over(value);
    struct segment s;
    while (segment_next(&r, 4, &s)) {
        struct path_writer p = {.w = w, .asn_bytes = 4};
        while (reader_left(&s.asns) > 0) {
            uint32_t as = map(ctx, reader_u32(&s.asns));
            if (as == 0)
                continue;
            if (p.type == 0)
                path_open_segment(&p, s.type);
            path_add(&p, as);
        }
    }
}

void aspath_put_last(struct writer *w, struct span value, unsigned length)
{
    unsigned whole = path_length(value, 4);
    unsigned skip = whole > length ? whole - length : 0;
    struct reader r = reader_over(value);
    struct segment s;
    while (skip > 0 && segment_next(&r, 4, &s)) {
        unsigned left = segment_length(&s);
        if (left <= skip) {
            skip -= left;
            continue;
        }
        reader_take(&s.asns, (size_t)skip * 4);
        writer_u8(w, s.type);
        writer_u8(w, (uint8_t)(left - skip));
        writer_put(w, reader_rest(&s.asns));
        skip = 0;
    }
    writer_put(w, reader_rest(&r));
}

/* Writes the segments of a path with 2-octet ASNs until `limit` of its length has been written. */
static void path_add_leading(struct path_writer *p, struct span value_as2, unsigned limit)
{
    struct reader r = reader_over(value_as2);
    struct segment s;
    while (limit > 0 && segment_next(&r, 2, &s)) {
        unsigned length = segment_length(&s);
        bool whole = length <= limit;
        path_open_segment(p, s.type);
        for (unsigned i = 0; i < (whole ? s.count : limit); i++)
            path_add(p, reader_u16(&s.asns));
        limit -= whole ? length : limit;
    }
}

void aspath_put_merged(struct writer *w, struct span as_path_as2, struct span as4_path)
{
    unsigned length = path_length(as_path_as2, 2);
    unsigned length4 = path_length(as4_path, 4);
    if (length < length4) {
        aspath_put_widened(w, as_path_as2);
        return;
    }
    struct path_writer p = {.w = w, .asn_bytes = 4};
    path_add_leading(&p, as_path_as2, length - length4);

    /* As prepending does: into the first segment, where sequences meet; the rest as it is. */
    bool may_join = p.type == ASPATH_SEQUENCE;
    struct reader r = reader_over(as4_path);
    struct segment s;
    while (segment_next(&r, 4, &s)) {
        if (is_confed(&s))
            continue;
        bool joins = may_join && s.type == ASPATH_SEQUENCE && p.count + s.count <= SEGMENT_MAX;
        if (!joins)
            path_open_segment(&p, s.type);
        while (reader_left(&s.asns) > 0)
            path_add(&p, reader_u32(&s.asns));
        may_join = false;
    }
}
