/* Fuzz target: messages from a peer.
 *
 * Input: one byte that says what the session negotiated, one that says whether messages are to be
 * framed out of what follows (0) or the rest is the body of a message of that type, the rest.
 * Beside not crashing: what was decoded survives encoding and decoding again. */
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "check.h"
#include "wire/flowspec.h"
#include "wire/message.h"
#include "wire/nlri.h"
#include "wire/open.h"
#include "wire/update.h"

static struct update_decoder decoder;
static struct update_decoder decoder_again;
static uint8_t message[MESSAGE_MAX_EXTENDED_BYTES];
static uint8_t attrs_buf[2 * ATTR_BLOCK_MAX];
static uint8_t nlri_buf[2 * MESSAGE_MAX_EXTENDED_BYTES];
static uint8_t nlri_again_buf[2 * MESSAGE_MAX_EXTENDED_BYTES];

/* Notifications. */

static void check_notification(const struct notification *n)
{
    struct strbuf text = {0};
    notification_describe(n, &text);
    CHECK(text.len_bytes > 0);
    strbuf_release(&text);

    struct writer w = writer_over(message, sizeof(message));
    message_encode_notification(&w, n);
    uint8_t type = 0;
    struct span body = {0};
    struct notification error;
    struct notification again = {0};
    CHECK(message_frame(writer_span(&w), MESSAGE_MAX_BYTES, &type, &body, &error) ==
          (int)writer_len(&w));
    CHECK(type == MESSAGE_NOTIFICATION);
    CHECK(notification_decode(body, &again) == 0);
    CHECK(again.code == n->code && again.subcode == n->subcode);
    CHECK(
        span_equal(span_of(again.data, again.data_len_bytes), span_of(n->data, n->data_len_bytes)));
}

static void fuzz_notification(struct span body)
{
    struct notification n;
    if (notification_decode(body, &n) == 0)
        check_notification(&n);
}

static void fuzz_refresh(struct span body, bool enhanced)
{
    struct route_refresh refresh;
    struct notification error;
    if (message_decode_refresh(body, enhanced, &refresh, &error) != 0) {
        check_notification(&error);
        CHECK(body.len_bytes != 4 && (enhanced || error.code == NOTIFY_HEADER));
    } else {
        CHECK(body.len_bytes >= 4);
        CHECK(enhanced || refresh.subtype == REFRESH_REQUEST);
    }
}

/* OPEN. */

static void count_lines(void *ctx, const char *text)
{
    CHECK(*text != '\0');
    ++*(size_t *)ctx;
}

static void check_open_again(const struct open_msg *open)
{
    static uint8_t scratch[OPEN_CAPABILITIES_MAX];
    struct writer w = writer_over(message, sizeof(message));
    open_encode(&w, open->as, open->hold_time_s, open->bgp_id, &open->caps);
    struct open_msg again;
    struct notification error;
    uint8_t type = 0;
    struct span body = {0};
    CHECK(message_frame(writer_span(&w), MESSAGE_MAX_BYTES, &type, &body, &error) > 0);
    CHECK(open_decode(body, scratch, &again, &error) == 0);
    CHECK(again.as == open->as);
    CHECK(again.hold_time_s == open->hold_time_s && again.bgp_id == open->bgp_id);
    CHECK(again.caps.as4 == open->caps.as4);
    CHECK(again.caps.route_refresh == open->caps.route_refresh);
    CHECK(again.caps.enhanced_refresh == open->caps.enhanced_refresh);
    CHECK(again.caps.extended_message == open->caps.extended_message);
    CHECK(again.caps.extended_next_hop == open->caps.extended_next_hop);
    CHECK(again.caps.has_multiple_labels == open->caps.has_multiple_labels);
    CHECK(memcmp(again.caps.labels, open->caps.labels, sizeof(again.caps.labels)) == 0);
    /* Nothing but families BGPd does not know cannot be said again. */
    if (open->caps.families != 0)
        CHECK(again.caps.families == open->caps.families);
}

static void fuzz_open(struct span body)
{
    static uint8_t scratch[OPEN_CAPABILITIES_MAX];
    struct open_msg open;
    struct notification error;
    if (open_decode(body, scratch, &open, &error) != 0) {
        CHECK(error.code == NOTIFY_OPEN);
        check_notification(&error);
        return;
    }
    size_t lines = 0;
    open_describe_capabilities(open.raw_capabilities, count_lines, &lines);
    CHECK(lines <= open.raw_capabilities.len_bytes / 2);
    struct open_caps both = open_negotiate(&open.caps, &open.caps);
    CHECK(both.families == open.caps.families);
    check_open_again(&open);
}

/* UPDATE. */

/* Writes the NLRI of a run in canonical form. */
static void put_canonical_nlri(const struct update_nlri *run, struct writer *w)
{
    if (run->family == FAMILY_NONE)
        return;
    const struct family_info *info = family_info(run->family);
    struct reader r = reader_over(run->bytes);
    static uint8_t key[NLRI_ROOM_BYTES];
    struct nlri nlri;
    while (info->read(info, &r, key, &nlri, 1) == 1) {
        check_nlri(info, nlri);
        if (info->has_actions)
            check_flow(span_of(nlri.key.bytes, nlri.key.len), info->ip_version);
        CHECK(info->put(info, w, &nlri.key, 1, nlri.labels) == 1);
    }
    CHECK(reader_ok(&r)); /* update_decode has checked it */
    CHECK(writer_ok(w));
}

/* The next attribute that `export` lets through. */
static bool next_exported(struct reader *r, const struct attr_export *export,
                          struct attr_view *ret_attr)
{
    while (attr_next(r, ret_attr)) {
        const struct attr_spec *spec = attr_spec(ret_attr->type);
        if (spec ? !export->border || !spec->within_as
                 : (ret_attr->flags & ATTR_FLAG_TRANSITIVE) != 0)
            return true;
    }
    return false;
}

/* Canonical attributes are the same but for what exporting them adds and drops. */
static void check_same_attrs(const struct attr_block *before, const struct attr_block *after,
                             const struct attr_export *export)
{
    struct reader ra = reader_over(attr_block_span(before));
    struct reader rb = reader_over(attr_block_span(after));
    struct attr_view a;
    struct attr_view b;
    bool added_local_pref =
        export->session_kind == SESSION_INTERNAL && !(before->hot.flags & ATTR_HAS_LOCAL_PREF);
    while (attr_next(&rb, &b)) {
        if (b.type == ATTR_LOCAL_PREF && added_local_pref)
            continue;
        CHECK(next_exported(&ra, export, &a));
        CHECK(a.type == b.type);
        CHECK((a.flags | (attr_spec(a.type) ? 0 : ATTR_FLAG_PARTIAL)) == b.flags);
        CHECK(span_equal(a.value, b.value));
    }
    CHECK(!next_exported(&ra, export, &a));
    CHECK(reader_ok(&ra) && reader_ok(&rb));
}

/* One NLRI with its length off the front of canonical NLRI. */
static struct span take_nlri(struct reader *r, enum family family)
{
    const struct family_info *info = family_info(family);
    struct span nlri = {0};
    CHECK(info->split(info, r, &nlri));
    return nlri;
}

/* Decodes a message of one announcement, compares its attributes and collects its NLRI. */
static void check_announcement(struct span sent, const struct update_context *ctx,
                               enum family family, const struct attr_block *attrs,
                               const struct attr_export *export, struct writer *nlri)
{
    struct update u;
    struct notification error;
    uint8_t type = 0;
    struct span body = {0};
    CHECK(message_frame(sent, MESSAGE_MAX_EXTENDED_BYTES, &type, &body, &error) ==
          (int)sent.len_bytes);
    CHECK(type == MESSAGE_UPDATE);
    update_decode(body, ctx, &decoder_again, &u);
    CHECK(u.verdict == VERDICT_OK && u.problem_count == 0);
    CHECK(u.withdrawn.family == FAMILY_NONE && u.mp_unreach.family == FAMILY_NONE);
    CHECK((u.reach.family == FAMILY_NONE) != (u.mp_reach.family == FAMILY_NONE));
    bool in_field = u.reach.family != FAMILY_NONE;
    CHECK((in_field ? u.reach.family : u.mp_reach.family) == family);
    check_same_attrs(attrs, in_field ? u.attrs : u.mp_attrs, export);
    put_canonical_nlri(in_field ? &u.reach : &u.mp_reach, nlri);
}

/* Announces a decoded run to a peer like the one it came from, and looks at what arrives there. */
static void check_announced_again(const struct update_nlri *run, const struct attr_block *attrs,
                                  const struct update_context *ctx, bool as4)
{
    struct update_context peer = *ctx;
    peer.attr.as4 = as4;
    bool is_external = ctx->attr.session_kind == SESSION_EXTERNAL;
    struct attr_export export = {
        .as4 = as4,
        .session_kind = (uint8_t)ctx->attr.session_kind,
        .border = is_external,
        .transparent = is_external,
    };
    struct writer wa = writer_over(attrs_buf, sizeof(attrs_buf));
    uint8_t next_hop[32];
    uint8_t next_hop_len = 0;
    update_encode_attrs(&wa, attr_block_span(attrs), &attrs->hot, run->family, &export, next_hop,
                        &next_hop_len);
    CHECK(writer_ok(&wa));

    struct writer expected = writer_over(nlri_buf, sizeof(nlri_buf));
    struct writer arrived = writer_over(nlri_again_buf, sizeof(nlri_again_buf));
    put_canonical_nlri(run, &expected);
    struct reader left = reader_over(writer_span(&expected));
    while (reader_left(&left) > 0) {
        struct writer w = writer_over(message, sizeof(message));
        struct update_writer u;
        if (!update_begin_reach(&u, &w, MESSAGE_MAX_EXTENDED_BYTES, run->family, writer_span(&wa),
                                next_hop, next_hop_len))
            return; /* wider ASNs no longer fit into a message */
        struct reader next = left;
        while (reader_left(&next) > 0 && update_put(&u, take_nlri(&next, run->family)))
            left = next;
        if (!update_end(&u))
            return; /* a flow that does not fit after these attributes */
        check_announcement(writer_span(&w), &peer, run->family, attrs, &export, &arrived);
    }
    CHECK(span_equal(writer_span(&expected), writer_span(&arrived)));
}

static void check_withdrawn_again(const struct update_nlri *run, const struct update_context *ctx)
{
    struct writer expected = writer_over(nlri_buf, sizeof(nlri_buf));
    put_canonical_nlri(run, &expected);
    struct reader left = reader_over(writer_span(&expected));
    struct writer w = writer_over(message, sizeof(message));
    struct update_writer uw;
    if (!update_begin_withdraw(&uw, &w, MESSAGE_MAX_BYTES, run->family))
        return;
    if (!update_put(&uw, take_nlri(&left, run->family))) {
        CHECK(!update_end(&uw));
        return;
    }
    CHECK(update_end(&uw));
    CHECK(writer_len(&w) <= MESSAGE_MAX_BYTES);
    struct update u;
    struct reader r = reader_over(writer_span(&w));
    reader_take(&r, MESSAGE_HEADER_BYTES);
    update_decode(reader_rest(&r), ctx, &decoder_again, &u);
    CHECK(u.verdict == VERDICT_OK);
    CHECK(u.reach.family == FAMILY_NONE && u.mp_reach.family == FAMILY_NONE);
    bool in_field = u.withdrawn.family != FAMILY_NONE;
    CHECK((in_field ? u.withdrawn.family : u.mp_unreach.family) == run->family);
}

static void check_run(const struct update_nlri *run, const struct attr_block *attrs,
                      const struct update_context *ctx)
{
    if (run->family == FAMILY_NONE)
        return;
    CHECK(family_in(ctx->families, run->family));
    struct writer w = writer_over(nlri_buf, sizeof(nlri_buf));
    put_canonical_nlri(run, &w);
    CHECK(writer_len(&w) > 0);
    if (!attrs) {
        check_withdrawn_again(run, ctx);
        return;
    }
    struct span value;
    community_each(attr_block_span(attrs), check_community, NULL);
    if (attr_find(attr_block_span(attrs), ATTR_AS_PATH, &value))
        check_as_path(value);
    check_announced_again(run, attrs, ctx, true);
    /* A 2-octet peer ignores AS4_PATH beside an AGGREGATOR with a 2-octet AS (RFC 6793 §4.2.3). */
    if (!attr_find(attr_block_span(attrs), ATTR_AGGREGATOR, &value))
        check_announced_again(run, attrs, ctx, false);
}

static void fuzz_update(struct span body, const struct update_context *ctx)
{
    struct update u;
    update_decode(body, ctx, &decoder, &u);
    CHECK(u.problem_count <= UPDATE_PROBLEMS_MAX);
    CHECK((u.verdict == VERDICT_OK) == (u.problem_count == 0));
    if (u.problem_count > 0)
        CHECK(u.problems[u.problem_count - 1].verdict == u.verdict);
    if (u.verdict == VERDICT_RESET) {
        CHECK(u.error.code == NOTIFY_UPDATE);
        check_notification(&u.error);
        return;
    }
    bool usable = u.verdict < VERDICT_WITHDRAW;
    CHECK((u.attrs != NULL) == (usable && u.reach.family != FAMILY_NONE));
    CHECK((u.mp_attrs != NULL) == (usable && u.mp_reach.family != FAMILY_NONE));
    check_run(&u.reach, u.attrs, ctx);
    check_run(&u.mp_reach, u.mp_attrs, ctx);
    check_run(&u.withdrawn, NULL, ctx);
    check_run(&u.mp_unreach, NULL, ctx);
}

/* Input. */

static void fuzz_body(uint8_t type, struct span body, const struct update_context *ctx)
{
    switch (type) {
    case MESSAGE_OPEN:
        fuzz_open(body);
        break;
    case MESSAGE_UPDATE:
        fuzz_update(body, ctx);
        break;
    case MESSAGE_NOTIFICATION:
        fuzz_notification(body);
        break;
    case MESSAGE_ROUTE_REFRESH:
        fuzz_refresh(body, false);
        fuzz_refresh(body, true);
        break;
    }
}

static void fuzz_stream(struct reader *r, size_t max_bytes, const struct update_context *ctx)
{
    for (;;) {
        struct span input = span_of(r->pos, reader_left(r));
        uint8_t type = 0;
        struct span body = {0};
        struct notification error;
        int len = message_frame(input, max_bytes, &type, &body, &error);
        if (len < 0)
            check_notification(&error);
        if (len <= 0)
            return;
        CHECK((size_t)len <= input.len_bytes);
        CHECK((size_t)len == body.len_bytes + MESSAGE_HEADER_BYTES);
        fuzz_body(type, body, ctx);
        reader_take(r, (size_t)len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_over(span_of(data, size));
    uint8_t negotiated = reader_u8(&r);
    uint8_t type = reader_u8(&r);
    if (!reader_ok(&r) || size > MESSAGE_MAX_EXTENDED_BYTES)
        return 0;
    struct update_context ctx = {
        .attr = {.as4 = negotiated & 0x01,
                 .session_kind = negotiated & 0x02 ? SESSION_INTERNAL : SESSION_EXTERNAL,
                 .loopback = negotiated & 0x08},
        .extended_next_hop = negotiated & 0x04 ? FAMILY_ALL : 0,
        .families = (negotiated >> 4) & FAMILY_ALL,
    };
    if (ctx.families == 0)
        ctx.families = FAMILY_ALL;
    if (type != 0)
        fuzz_body(type, reader_rest(&r), &ctx);
    else
        fuzz_stream(&r, negotiated & 0x08 ? MESSAGE_MAX_EXTENDED_BYTES : MESSAGE_MAX_BYTES, &ctx);
    return 0;
}
