/* IPv4 and IPv6 flow specifications (RFC 8955, RFC 8956): wire/flowspec.h behind rows of the table
 * of families. Their keys are the canonical components. */
#include <string.h>

#include "wire/family_rows.h"
#include "wire/flowspec.h"
#include "wire/message.h"
#include "wire/nlri_text.h"

_Static_assert(FLOW_MAX_BYTES <= NLRI_MAX_BYTES, "a flow is a key");

static struct span span_of_key(struct nlri_key key)
{
    return span_of(key.bytes, key.len);
}

/* --- the wire --- */

static bool flow_split(const struct family_info *f, struct reader *r, struct span *ret_nlri)
{
    (void)f;
    return flow_take(r, ret_nlri);
}

/* One at a time: there is room for one of the longest. */
static size_t flow_read(const struct family_info *f, struct reader *r, uint8_t *ret_bytes,
                        struct nlri *ret_nlri, size_t most)
{
    size_t len_bytes;
    if (most == 0 || flow_next(r, f->ip_version, ret_bytes, &len_bytes) != 1)
        return 0;
    *ret_nlri = (struct nlri){.key = {ret_bytes, (uint32_t)len_bytes}};
    return 1;
}

static bool flow_check(const struct family_info *f, struct span run)
{
    uint8_t bytes[FLOW_MAX_BYTES];
    struct nlri nlri;
    struct reader r = reader_over(run);
    while (flow_read(f, &r, bytes, &nlri, 1) == 1)
        ;
    return reader_ok(&r);
}

static size_t flow_size(const struct family_info *f, struct nlri nlri)
{
    (void)f;
    return flow_len_bytes(span_of_key(nlri.key));
}

static size_t flow_write(const struct family_info *f, struct writer *w, const struct nlri_key *keys,
                         size_t count, struct span labels)
{
    (void)f;
    (void)labels;
    size_t put = 0;
    for (; put < count && writer_left(w) >= flow_len_bytes(span_of_key(keys[put])); put++)
        flow_put(w, span_of_key(keys[put]));
    return put;
}

/* --- keys --- */

static int flow_order(const struct family_info *f, struct nlri_key a, struct nlri_key b)
{
    return flow_compare(span_of_key(a), span_of_key(b), f->ip_version);
}

static bool flow_relation(const struct family_info *f, struct nlri_key key,
                          enum nlri_relation relation, const struct prefix *p)
{
    (void)f;
    return flow_relates(span_of_key(key), relation, p);
}

/* A pattern with an offset is no prefix (RFC 8956 §3.1). */
static bool flow_is_to(const struct family_info *f, struct nlri_key key, struct prefix *ret_prefix)
{
    struct flow_prefix found;
    if (!flow_find_prefix(span_of_key(key), f->ip_version, FLOW_DESTINATION, &found) ||
        found.offset_bits != 0)
        return false;
    *ret_prefix = found.prefix;
    return true;
}

/* --- text --- */

static void flow_text(const struct family_info *f, struct nlri nlri, struct strbuf *out)
{
    flow_format(span_of_key(nlri.key), f->ip_version, out);
}

/* All rules, and one by one. */
static void flow_show(const struct family_info *f, struct nlri nlri,
                      void (*each)(void *ctx, const struct nlri_field *field), void *ctx)
{
    static const char separator[] = "; ";
    const char *rules[FLOW_LABEL]; /* as many as there are types */
    size_t count = 0;
    struct strbuf text = {0};
    flow_text(f, nlri, &text);
    const char *all = strbuf_text(&text);
    each(ctx, &(struct nlri_field){.name = "prefix", .words = &all, .count = 1});
    char *rule = text.data;
    for (char *end; rule; rule = end) {
        rules[count++] = rule;
        end = strstr(rule, separator);
        if (end) {
            *end = '\0';
            end += sizeof(separator) - 1;
        }
    }
    each(ctx,
         &(struct nlri_field){.name = "rules", .words = rules, .count = count, .is_list = true});
    strbuf_release(&text);
}

/* Who hears of problems, and of what. */
struct flow_report {
    const struct nlri_text *text;
    void (*each)(void *ctx, int err, const struct route_problem *problem);
    void *ctx;
};

/* The rules that are wrong by themselves; when there is none, it is their combination. */
static void report_rules(const struct flow_report *report, const struct family_info *f, int err,
                         const struct strbuf *why)
{
    bool found = false;
    uint8_t bytes[FLOW_MAX_BYTES];
    size_t len_bytes;
    for (size_t i = 0; i < report->text->rule_count; i++) {
        struct route_problem problem = {.field = "matches", .index = (int)i};
        int rule_err =
            flow_parse(&report->text->rules[i], 1, f->ip_version, bytes, &len_bytes, &problem.text);
        if (rule_err) {
            found = true;
            report->each(report->ctx, rule_err, &problem);
        }
        strbuf_release(&problem.text);
    }
    if (!found)
        report->each(report->ctx, err,
                     &(struct route_problem){.field = "matches", .index = -1, .text = *why});
}

static int flow_read_text(const struct family_info *f, const struct nlri_text *text,
                          uint8_t *ret_bytes, struct nlri *ret_nlri,
                          void (*each)(void *ctx, int err, const struct route_problem *problem),
                          void *ctx)
{
    struct strbuf why = {0};
    size_t len_bytes;
    int err = flow_parse(text->rules, text->rule_count, f->ip_version, ret_bytes, &len_bytes, &why);
    if (err)
        report_rules(&(struct flow_report){text, each, ctx}, f, err, &why);
    else
        *ret_nlri = (struct nlri){.key = {ret_bytes, (uint32_t)len_bytes}};
    strbuf_release(&why);
    return err;
}

/* FRR ends a session on which more than 5,200 bytes of flows come in one UPDATE. */
#define FLOW_MESSAGE_MAX_BYTES MESSAGE_MAX_BYTES

const struct family_info family_ipv4_flow = {
    .name = "ipv4 flow",
    .afi_name = "IPv4",
    .safi_name = "Flowspec",
    .afi = AFI_IPV4,
    .safi = 133,
    .ip_version = IP_V4,
    .written_as = NLRI_TEXT_RULES,
    .is_default = true,
    .has_actions = true,
    .nlri_max_bytes = 2 + FLOW_MAX_BYTES,
    .message_max_bytes = FLOW_MESSAGE_MAX_BYTES,
    .check = flow_check,
    .split = flow_split,
    .read = flow_read,
    .put = flow_write,
    .len_bytes = flow_size,
    .compare = flow_order,
    .relates = flow_relation,
    .destination = flow_is_to,
    .format = flow_text,
    .show = flow_show,
    .parse = flow_read_text,
    .judge = flow_judge,
};

const struct family_info family_ipv6_flow = {
    .name = "ipv6 flow",
    .afi_name = "IPv6",
    .safi_name = "Flowspec",
    .afi = AFI_IPV6,
    .safi = 133,
    .ip_version = IP_V6,
    .written_as = NLRI_TEXT_RULES,
    .is_default = true,
    .has_actions = true,
    .nlri_max_bytes = 2 + FLOW_MAX_BYTES,
    .message_max_bytes = FLOW_MESSAGE_MAX_BYTES,
    .check = flow_check,
    .split = flow_split,
    .read = flow_read,
    .put = flow_write,
    .len_bytes = flow_size,
    .compare = flow_order,
    .relates = flow_relation,
    .destination = flow_is_to,
    .format = flow_text,
    .show = flow_show,
    .parse = flow_read_text,
    .judge = flow_judge,
};
