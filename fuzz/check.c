/* Checks that the fuzz targets share: what has a text form survives it. */
#include "check.h"

#include <string.h>

#include "base/number.h"
#include "base/strbuf.h"
#include "wire/aspath.h"
#include "wire/flowspec.h"
#include "wire/nlri_text.h"

static void check_flow_text(struct span flow, uint8_t ip_version)
{
    uint8_t bytes[FLOW_MAX_BYTES];
    size_t len = 0;
    struct strbuf text = {0};
    struct strbuf error = {0};
    flow_format(flow, ip_version, &text);
    const char *rules = strbuf_text(&text);
    CHECK(flow_parse(&rules, 1, ip_version, bytes, &len, &error) == 0);
    CHECK(span_equal(span_of(bytes, len), flow));
    strbuf_release(&text);
    strbuf_release(&error);
}

static void check_flow_sense(struct span flow, uint8_t ip_version)
{
    uint8_t type = 0;
    struct strbuf why = {0};
    bool never = flow_never_matches(flow, ip_version, &type, &why);
    CHECK(never == (why.len_bytes > 0));
    CHECK(!never || flow_has(flow, ip_version, type));
    strbuf_clear(&why);
    bool all = flow_excludes_nothing(flow, ip_version, &type, &why);
    CHECK(all == (why.len_bytes > 0));
    CHECK(!all || flow_has(flow, ip_version, type));
    CHECK(flow_is_to_all(flow, ip_version) || flow_has(flow, ip_version, FLOW_DESTINATION));
    strbuf_release(&why);
}

/* What has a prefix is within all addresses. */
static void check_flow_prefixes(struct span flow, uint8_t ip_version)
{
    const struct prefix all = {.version = ip_version};
    bool has_prefix =
        flow_has(flow, ip_version, FLOW_DESTINATION) || flow_has(flow, ip_version, FLOW_SOURCE);
    CHECK(flow_relates(flow, NLRI_WITHIN, &all) == has_prefix);
    if (flow_relates(flow, NLRI_EQUALS, &all))
        CHECK(flow_relates(flow, NLRI_COVERS, &all));
}

void check_flow(struct span flow, uint8_t ip_version)
{
    uint8_t nlri[FLOW_MAX_BYTES + 2];
    uint8_t bytes[FLOW_MAX_BYTES];
    size_t len = 0;
    struct writer w = writer_over(nlri, sizeof(nlri));
    flow_put(&w, flow);
    CHECK(writer_ok(&w));
    CHECK(writer_len(&w) == flow_len_bytes(flow));
    struct reader r = reader_over(writer_span(&w));
    CHECK(flow_next(&r, ip_version, bytes, &len) == 1);
    CHECK(span_equal(span_of(bytes, len), flow));
    CHECK(flow_next(&r, ip_version, bytes, &len) == 0);
    CHECK(flow_compare(flow, flow, ip_version) == 0);
    check_flow_text(flow, ip_version);
    check_flow_sense(flow, ip_version);
    check_flow_prefixes(flow, ip_version);
}

/* What a route is shown with, as a person would write it. */
struct shown {
    struct nlri_text text;
    struct strbuf prefix;
    struct strbuf rd;
    const char *rule; /* all of them */
    uint32_t labels[NLRI_MAX_LABELS];
};

static void note_field(void *ctx, const struct nlri_field *field)
{
    struct shown *shown = ctx;
    if (strcmp(field->name, "prefix") == 0) {
        strbuf_add(&shown->prefix, field->words[0]);
    } else if (strcmp(field->name, "rd") == 0) {
        strbuf_add(&shown->rd, field->words[0]);
        shown->text.rd = strbuf_text(&shown->rd);
    } else if (strcmp(field->name, "labels") == 0) {
        CHECK(field->count <= NLRI_MAX_LABELS);
        for (size_t i = 0; i < field->count; i++)
            CHECK(number_parse(field->words[i], UINT32_MAX, &shown->labels[i]) == 0);
        shown->text.labels = shown->labels;
        shown->text.label_count = field->count;
    }
}

/* What a route is shown with is read back, where it is one that a person may announce. */
static void check_nlri_text(const struct family_info *f, struct nlri nlri)
{
    static uint8_t bytes[NLRI_ROOM_BYTES];
    struct strbuf name = {0};
    struct shown shown = {0};
    struct nlri again;
    f->format(f, nlri, &name);
    CHECK(name.len_bytes > 0);
    f->show(f, nlri, note_field, &shown);
    shown.rule = strbuf_text(&shown.prefix);
    if (f->written_as & NLRI_TEXT_PREFIX)
        shown.text.prefix = shown.rule;
    shown.text.rules = &shown.rule;
    shown.text.rule_count = f->written_as & NLRI_TEXT_RULES ? 1 : 0;
    if (!nlri_is_martian(f, nlri.key)) {
        CHECK(f->parse(f, &shown.text, bytes, &again, NULL, NULL) == 0);
        CHECK(nlri_key_equal(f, again.key, nlri.key));
        CHECK(span_equal(again.labels, nlri.labels));
    }
    strbuf_release(&shown.prefix);
    strbuf_release(&shown.rd);
    strbuf_release(&name);
}

void check_nlri(const struct family_info *f, struct nlri nlri)
{
    static uint8_t wire[NLRI_MAX_BYTES + 2];
    static uint8_t bytes[NLRI_ROOM_BYTES];
    struct writer w = writer_over(wire, sizeof(wire));
    CHECK(f->put(f, &w, &nlri.key, 1, nlri.labels) == 1);
    CHECK(writer_ok(&w));
    CHECK(writer_len(&w) == f->len_bytes(f, nlri) && writer_len(&w) <= f->nlri_max_bytes);
    CHECK(f->check(f, writer_span(&w)));
    struct reader r = reader_over(writer_span(&w));
    struct reader whole = r;
    struct span one;
    struct nlri again;
    CHECK(f->split(f, &whole, &one) && one.len_bytes == writer_len(&w));
    CHECK(f->read(f, &r, bytes, &again, 1) == 1 && reader_left(&r) == 0);
    CHECK(nlri_key_equal(f, again.key, nlri.key));
    CHECK(span_equal(again.labels, nlri.labels));
    CHECK(!f->compare || f->compare(f, again.key, nlri.key) == 0);
    check_nlri_text(f, nlri);
}

void check_community(void *ctx, const struct community *c)
{
    (void)ctx;
    struct strbuf text = {0};
    struct community again = {0};
    community_format(c, &text);
    CHECK(community_parse(strbuf_text(&text), &again) == 0);
    CHECK(again.kind == c->kind);
    CHECK(memcmp(again.bytes, c->bytes, community_len_bytes(c->kind)) == 0);
    if (flow_action_of(c) != FLOW_ACTION_NONE) {
        strbuf_clear(&text);
        flow_format_action(c, &text);
        CHECK(text.len_bytes > 0);
    }
    strbuf_release(&text);
}

void check_as_path(struct span value)
{
    static uint8_t buf[2 * 65536];
    struct writer w = writer_over(buf, sizeof(buf));
    struct strbuf text = {0};
    struct strbuf again = {0};
    aspath_format(value, &text);
    CHECK(aspath_parse(strbuf_text(&text), &w) == 0);
    aspath_format(writer_span(&w), &again);
    CHECK(strcmp(strbuf_text(&text), strbuf_text(&again)) == 0);
    CHECK(aspath_summarize(writer_span(&w)).length == aspath_summarize(value).length);
    strbuf_release(&text);
    strbuf_release(&again);
}
