/* Prefixes, RDs and labels as people write and read them. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "wire/nlri_prefix.h"
#include "wire/nlri_text.h"
#include "wire/rd.h"

void nlri_prefix_format(const struct family_info *f, struct nlri nlri, struct strbuf *out)
{
    char text[PREFIX_TEXT_MAX];
    struct prefix p = nlri_prefix_of(f, nlri.key);
    if (f->rd_bytes > 0) {
        rd_format(nlri.key.bytes, out);
        strbuf_add_char(out, ':');
    }
    strbuf_add(out, prefix_format(&p, text));
}

/* --- showing --- */

/* Who is shown the fields. */
struct show {
    void (*each)(void *ctx, const struct nlri_field *field);
    void *ctx;
};

static void show_word(const struct show *show, const char *name, const char *word)
{
    show->each(show->ctx, &(struct nlri_field){.name = name, .words = &word, .count = 1});
}

static void show_rd(const struct show *show, const uint8_t *bytes)
{
    struct strbuf text = {0};
    rd_format(bytes, &text);
    show_word(show, "rd", strbuf_text(&text));
    strbuf_release(&text);
}

static void show_labels(const struct show *show, struct span labels)
{
    enum { TEXT_MAX = 8 };
    char texts[NLRI_MAX_LABELS][TEXT_MAX];
    const char *words[NLRI_MAX_LABELS];
    size_t count = 0;
    for (struct reader r = reader_over(labels); reader_left(&r) > 0; count++) {
        snprintf(texts[count], TEXT_MAX, "%u", (label_take(&r) >> LABEL_SHIFT) & LABEL_MAX);
        words[count] = texts[count];
    }
    show->each(show->ctx, &(struct nlri_field){.name = "labels",
                                               .words = words,
                                               .count = count,
                                               .is_list = true,
                                               .are_numbers = true});
}

void nlri_prefix_show(const struct family_info *f, struct nlri nlri,
                      void (*each)(void *ctx, const struct nlri_field *field), void *ctx)
{
    const struct show show = {each, ctx};
    char text[PREFIX_TEXT_MAX];
    struct prefix p = nlri_prefix_of(f, nlri.key);
    show_word(&show, "prefix", prefix_format(&p, text));
    if (f->rd_bytes > 0)
        show_rd(&show, nlri.key.bytes);
    if (f->has_labels)
        show_labels(&show, nlri.labels);
}

/* --- reading --- */

/* A route that is read. */
struct parse {
    const struct family_info *f;
    const struct nlri_text *text;
    uint8_t *bytes;
    struct nlri nlri;
    int err; /* of the first problem */
    void (*each)(void *ctx, int err, const struct route_problem *problem);
    void *ctx;
};

/* Reports a problem and releases its text. */
static void report(struct parse *p, int err, struct route_problem *problem)
{
    if (p->err == 0)
        p->err = err;
    p->each(p->ctx, err, problem);
    strbuf_release(&problem->text);
}

static void reportf(struct parse *p, int err, const char *field, int index, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
static void reportf(struct parse *p, int err, const char *field, int index, const char *format, ...)
{
    struct route_problem problem = {.field = field, .index = index};
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&problem.text, format, args);
    va_end(args);
    report(p, err, &problem);
}

static bool is_multicast(const struct prefix *p)
{
    return p->version == IP_V4 ? p->bytes[0] >> 4 == 0xe : p->bytes[0] == 0xff;
}

static void parse_prefix(struct parse *p)
{
    const char *text = p->text->prefix;
    struct prefix prefix;
    int err = prefix_parse(text, &prefix);
    if (err == ERR_RANGE)
        reportf(p, err, "prefix", -1, "the length of '%.64s' must be at most %u", text,
                strchr(text, ':') ? 128 : 32);
    else if (err)
        reportf(p, err, "prefix", -1, "'%.64s' is not a prefix (\"192.0.2.0/24\")", text);
    else if (prefix.version != p->f->ip_version)
        reportf(p, ERR_INVALID, "prefix", -1, "'%.64s' is no prefix of the family \"%s\"", text,
                p->f->name);
    else if (prefix.len_bits > 0 && is_multicast(&prefix))
        reportf(p, ERR_INVALID, "prefix", -1, "'%.64s' is multicast, not unicast", text);
    if (p->err)
        return;
    memcpy(p->bytes + p->f->rd_bytes, prefix.bytes, p->f->key_bytes - p->f->rd_bytes);
    p->nlri.key = (struct nlri_key){p->bytes, 8u * p->f->rd_bytes + prefix.len_bits};
}

static void parse_rd(struct parse *p)
{
    static const char expected[] = "(\"65000:1\", \"192.0.2.1:1\", \"4200000000:1\")";
    const char *text = p->text->rd;
    if (p->f->rd_bytes == 0) {
        if (text)
            reportf(p, ERR_INVALID, "rd", -1, "routes of the family \"%s\" have none", p->f->name);
        return;
    }
    if (!text) {
        struct route_problem problem = {.field = "rd", .index = -1, .missing = true};
        strbuf_add(&problem.text, "it is required");
        report(p, ERR_INVALID, &problem);
        return;
    }
    int err = rd_parse(text, p->bytes);
    if (err == ERR_RANGE)
        reportf(
            p, err, "rd", -1,
            "a number in '%.64s' is too large: at most 65535 follows an address or an ASN above "
            "65535, and 4294967295 any other",
            text);
    else if (err)
        reportf(p, err, "rd", -1, "'%.64s' is not a route distinguisher %s", text, expected);
}

/* How many labels there is room for beside RD and prefix in the 255 bits of an NLRI. */
static size_t label_room(const struct parse *p)
{
    return (UINT8_MAX - p->nlri.key.len) / (8 * LABEL_BYTES);
}

static void check_label(struct parse *p, size_t index)
{
    uint32_t label = p->text->labels[index];
    if (label > LABEL_MAX)
        reportf(p, ERR_RANGE, "labels", (int)index, "%u is not in the range 0 to %d", label,
                LABEL_MAX);
    else if (index == 0 && p->text->label_count > 1 && label_is_withdrawal(label))
        reportf(p, ERR_INVALID, "labels", (int)index,
                "%u cannot be the first of several: peers take it for the only one", label);
}

static void parse_labels(struct parse *p)
{
    const struct nlri_text *text = p->text;
    if (!p->f->has_labels && text->label_count > 0)
        reportf(p, ERR_INVALID, "labels", -1, "routes of the family \"%s\" have none", p->f->name);
    for (size_t i = 0; i < text->label_count; i++)
        check_label(p, i);
    if (p->err)
        return;
    if (text->label_count > label_room(p)) {
        reportf(p, ERR_RANGE, "labels", -1,
                "there are %zu; beside the prefix there is room for at most %zu", text->label_count,
                label_room(p));
        return;
    }
    struct writer w = writer_over(p->bytes + p->f->key_bytes, NLRI_MAX_LABELS_BYTES);
    for (size_t i = 0; i < text->label_count; i++)
        label_put(&w,
                  text->labels[i] << LABEL_SHIFT | (i + 1 == text->label_count ? LABEL_BOTTOM : 0));
    assert(writer_ok(&w));
    p->nlri.labels = writer_span(&w);
}

int nlri_prefix_parse(const struct family_info *f, const struct nlri_text *text, uint8_t *ret_bytes,
                      struct nlri *ret_nlri,
                      void (*each)(void *ctx, int err, const struct route_problem *problem),
                      void *ctx)
{
    struct parse p = {.f = f, .text = text, .bytes = ret_bytes, .each = each, .ctx = ctx};
    parse_prefix(&p);
    parse_rd(&p);
    parse_labels(&p);
    if (p.err == 0)
        *ret_nlri = p.nlri;
    return p.err;
}
