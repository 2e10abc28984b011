/* OPEN messages: RFC 4271 §4.2 and §6.2, RFC 5492, RFC 9072, RFC 7607 (AS 0).
 *
 * Capabilities are rows of one table, in wire/capability.c; this file knows how they are packed. */
#include "wire/open.h"

#include "base/err.h"
#include "base/reader.h"
#include "wire/message.h"

enum { BGP_VERSION = 4, PARAMETER_CAPABILITIES = 2, PARAMETER_EXTENDED_LENGTH = 255 };

static int open_error(uint8_t subcode, struct span data, struct notification *ret_error)
{
    *ret_error = notification_make(NOTIFY_OPEN, subcode, data);
    return ERR_INVALID;
}

static int open_malformed(struct notification *ret_error)
{
    return open_error(NOTIFY_OPEN_UNSPECIFIC, span_of(NULL, 0), ret_error);
}

/* Bounds the optional parameters. RFC 9072 §2: when the first parameter type is 255 the lengths
 * that follow, of the whole and of each parameter, have two bytes, and the one-byte length in
 * front counts for nothing but not being 0. */
static struct reader parameters(struct reader *r, bool *ret_extended)
{
    uint8_t len = reader_u8(r);
    *ret_extended = len > 0 && reader_left(r) > 0 && r->pos[0] == PARAMETER_EXTENDED_LENGTH;
    if (!*ret_extended)
        return reader_sub(r, len);
    reader_u8(r);
    uint16_t extended_len = reader_u16(r);
    return reader_sub(r, extended_len);
}

/* Gathers the capabilities of all parameters: borrowed from the message while there is one
 * parameter, else copied to `scratch`. */
static bool gather(struct writer *scratch, struct span value, struct span *capabilities)
{
    if (capabilities->len_bytes == 0) {
        *capabilities = value;
        return true;
    }
    if (writer_len(scratch) == 0)
        writer_put(scratch, *capabilities);
    writer_put(scratch, value);
    *capabilities = writer_span(scratch);
    return writer_ok(scratch);
}

/* True when the value of a capabilities parameter is a run of whole TLVs. */
static bool is_whole(struct span value)
{
    struct reader r = reader_over(value);
    struct capability_view cap;
    while (capability_next(&r, &cap))
        ;
    return reader_ok(&r);
}

static int read_parameters(struct reader *r, uint8_t *scratch, struct span *ret_capabilities,
                           struct notification *ret_error)
{
    struct writer gathered = writer_over(scratch, OPEN_CAPABILITIES_MAX);
    struct span capabilities = span_of(NULL, 0);
    bool extended;
    struct reader params = parameters(r, &extended);
    while (reader_left(&params) > 0) {
        uint8_t type = reader_u8(&params);
        uint16_t len = extended ? reader_u16(&params) : reader_u8(&params);
        struct span value = reader_take(&params, len);
        if (!reader_ok(&params))
            break;
        if (type != PARAMETER_CAPABILITIES)
            return open_error(NOTIFY_OPEN_BAD_OPTIONAL_PARAMETER, span_of(NULL, 0), ret_error);
        if (!is_whole(value) || !gather(&gathered, value, &capabilities))
            return open_malformed(ret_error);
    }
    if (!reader_ok(&params) || reader_left(r) > 0)
        return open_malformed(ret_error);
    *ret_capabilities = capabilities;
    return 0;
}

/* Fills the fields that capabilities decide. */
static void apply_capabilities(struct open_msg *open)
{
    struct reader r = reader_over(open->raw_capabilities);
    struct capability_view cap;
    while (capability_next(&r, &cap))
        capability_apply(&cap, &open->caps, &open->as);
    if (!open->caps.has_multiprotocol)
        open->caps.families = FAMILY_BIT(FAMILY_OF_FIELDS);
}

/* The checks of RFC 4271 §6.2 on the fixed fields. */
static int check_fields(const struct open_msg *open, struct notification *ret_error)
{
    struct span none = span_of(NULL, 0);
    if (open->hold_time_s == 1 || open->hold_time_s == 2)
        return open_error(NOTIFY_OPEN_BAD_HOLD_TIME, none, ret_error);
    if (open->bgp_id == 0)
        return open_error(NOTIFY_OPEN_BAD_BGP_ID, none, ret_error);
    if (open->as == 0 || open->as2 == 0)
        return open_error(NOTIFY_OPEN_BAD_PEER_AS, none, ret_error);
    return 0;
}

int open_decode(struct span body, uint8_t *scratch, struct open_msg *ret_open,
                struct notification *ret_error)
{
    static const uint8_t our_version[2] = {0, BGP_VERSION};
    struct reader r = reader_over(body);
    struct open_msg open = {.version = reader_u8(&r)};
    open.as2 = reader_u16(&r);
    open.as = open.as2;
    open.hold_time_s = reader_u16(&r);
    open.bgp_id = reader_u32(&r);
    if (!reader_ok(&r))
        return open_malformed(ret_error);
    if (open.version != BGP_VERSION)
        return open_error(NOTIFY_OPEN_BAD_VERSION, span_of(our_version, 2), ret_error);
    int err = read_parameters(&r, scratch, &open.raw_capabilities, ret_error);
    if (err)
        return err;
    apply_capabilities(&open);
    err = check_fields(&open, ret_error);
    if (err)
        return err;
    *ret_open = open;
    return 0;
}

/* The optional parameters: none at all when there is no capability to announce. */
static void put_parameters(struct writer *w, uint32_t as, const struct open_caps *caps)
{
    size_t params_mark = writer_mark(w);
    writer_u8(w, 0);
    writer_u8(w, PARAMETER_CAPABILITIES);
    size_t value_mark = writer_mark(w);
    writer_u8(w, 0);
    capability_put_all(w, as, caps);
    if (!writer_ok(w))
        return;
    size_t value_len = writer_len(w) - value_mark - 1;
    if (value_len == 0) {
        writer_rewind(w, params_mark);
        writer_u8(w, 0);
        return;
    }
    writer_patch_u8(w, value_mark, (uint8_t)value_len);
    writer_patch_u8(w, params_mark, (uint8_t)(value_len + 2));
}

void open_encode(struct writer *w, uint32_t as, uint16_t hold_time_s, uint32_t bgp_id,
                 const struct open_caps *caps)
{
    size_t mark = message_begin(w, MESSAGE_OPEN);
    writer_u8(w, BGP_VERSION);
    writer_u16(w, as > UINT16_MAX ? AS_TRANS : (uint16_t)as);
    writer_u16(w, hold_time_s);
    writer_u32(w, bgp_id);
    put_parameters(w, as, caps);
    message_end(w, mark);
}

struct open_caps open_negotiate(const struct open_caps *ours, const struct open_caps *theirs)
{
    struct open_caps both = {
        .families = ours->families & theirs->families,
        .has_multiprotocol = ours->has_multiprotocol && theirs->has_multiprotocol,
        .route_refresh = ours->route_refresh && theirs->route_refresh,
        .enhanced_refresh = ours->enhanced_refresh && theirs->enhanced_refresh,
        .extended_message = ours->extended_message && theirs->extended_message,
        .as4 = ours->as4 && theirs->as4,
        .extended_next_hop =
            ours->extended_next_hop & theirs->extended_next_hop & ours->families & theirs->families,
        .has_multiple_labels = ours->has_multiple_labels && theirs->has_multiple_labels,
    };
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        both.labels[i] = ours->labels[i] < theirs->labels[i] ? ours->labels[i] : theirs->labels[i];
    return both;
}

void open_describe_capabilities(struct span raw_capabilities,
                                void (*each)(void *ctx, const char *text), void *ctx)
{
    struct reader r = reader_over(raw_capabilities);
    struct capability_view cap;
    struct strbuf text = {0};
    while (capability_next(&r, &cap)) {
        strbuf_clear(&text);
        capability_describe(&cap, &text);
        each(ctx, strbuf_text(&text));
    }
    strbuf_release(&text);
}
