/* NOTIFICATION messages: RFC 4271 §4.5, names of RFC 4486, 6608, 7313, 9234, 9384, 9687, and the
 * shutdown message of RFC 9003. What a peer wrote is made harmless before it is shown. */
#include "wire/notification.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/reader.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "wire/family.h"

enum { SHUTDOWN_MESSAGE_MAX = 255, SUBCODE_COUNT = 12, SHOWN_DATA_BYTES = 64 };

static const struct {
    const char *name;
    const char *subcodes[SUBCODE_COUNT];
} codes[] = {
    [NOTIFY_HEADER] = {"Message Header Error",
                       {[0] = "Unspecific",
                        [NOTIFY_HEADER_NOT_SYNCHRONIZED] = "Connection Not Synchronized",
                        [NOTIFY_HEADER_BAD_LENGTH] = "Bad Message Length",
                        [NOTIFY_HEADER_BAD_TYPE] = "Bad Message Type"}},
    [NOTIFY_OPEN] = {"OPEN Message Error",
                     {[NOTIFY_OPEN_UNSPECIFIC] = "Unspecific",
                      [NOTIFY_OPEN_BAD_VERSION] = "Unsupported Version Number",
                      [NOTIFY_OPEN_BAD_PEER_AS] = "Bad Peer AS",
                      [NOTIFY_OPEN_BAD_BGP_ID] = "Bad BGP Identifier",
                      [NOTIFY_OPEN_BAD_OPTIONAL_PARAMETER] = "Unsupported Optional Parameter",
                      [5] = "Authentication Failure",
                      [NOTIFY_OPEN_BAD_HOLD_TIME] = "Unacceptable Hold Time",
                      [NOTIFY_OPEN_UNSUPPORTED_CAPABILITY] = "Unsupported Capability",
                      [NOTIFY_OPEN_ROLE_MISMATCH] = "Role Mismatch"}},
    [NOTIFY_UPDATE] = {"UPDATE Message Error",
                       {[0] = "Unspecific",
                        [NOTIFY_UPDATE_MALFORMED_ATTRIBUTES] = "Malformed Attribute List",
                        [NOTIFY_UPDATE_UNRECOGNIZED_WELL_KNOWN] =
                            "Unrecognized Well-known Attribute",
                        [NOTIFY_UPDATE_MISSING_WELL_KNOWN] = "Missing Well-known Attribute",
                        [NOTIFY_UPDATE_ATTRIBUTE_FLAGS] = "Attribute Flags Error",
                        [NOTIFY_UPDATE_ATTRIBUTE_LENGTH] = "Attribute Length Error",
                        [NOTIFY_UPDATE_INVALID_ORIGIN] = "Invalid ORIGIN Attribute",
                        [7] = "AS Routing Loop",
                        [NOTIFY_UPDATE_INVALID_NEXT_HOP] = "Invalid NEXT_HOP Attribute",
                        [NOTIFY_UPDATE_OPTIONAL_ATTRIBUTE] = "Optional Attribute Error",
                        [NOTIFY_UPDATE_INVALID_NETWORK] = "Invalid Network Field",
                        [NOTIFY_UPDATE_MALFORMED_AS_PATH] = "Malformed AS_PATH"}},
    [NOTIFY_HOLD_EXPIRED] = {"Hold Timer Expired", {[0] = "Unspecific"}},
    [NOTIFY_FSM] = {"Finite State Machine Error",
                    {[NOTIFY_FSM_UNSPECIFIC] = "Unspecific",
                     [NOTIFY_FSM_IN_OPEN_SENT] = "Unexpected Message in OpenSent",
                     [NOTIFY_FSM_IN_OPEN_CONFIRM] = "Unexpected Message in OpenConfirm",
                     [NOTIFY_FSM_IN_ESTABLISHED] = "Unexpected Message in Established"}},
    [NOTIFY_CEASE] = {"Cease",
                      {[0] = "Unspecific",
                       [NOTIFY_CEASE_MAX_PREFIXES] = "Maximum Number of Prefixes Reached",
                       [NOTIFY_CEASE_ADMIN_SHUTDOWN] = "Administrative Shutdown",
                       [NOTIFY_CEASE_PEER_DECONFIGURED] = "Peer De-configured",
                       [NOTIFY_CEASE_ADMIN_RESET] = "Administrative Reset",
                       [NOTIFY_CEASE_CONNECTION_REJECTED] = "Connection Rejected",
                       [NOTIFY_CEASE_CONFIG_CHANGE] = "Other Configuration Change",
                       [NOTIFY_CEASE_COLLISION] = "Connection Collision Resolution",
                       [NOTIFY_CEASE_OUT_OF_RESOURCES] = "Out of Resources",
                       [NOTIFY_CEASE_HARD_RESET] = "Hard Reset",
                       [NOTIFY_CEASE_BFD_DOWN] = "BFD Down"}},
    [NOTIFY_ROUTE_REFRESH] = {"ROUTE-REFRESH Message Error", {[1] = "Invalid Message Length"}},
    [NOTIFY_SEND_HOLD_EXPIRED] = {"Send Hold Timer Expired", {[0] = "Unspecific"}},
};

static const char *or_unknown(const char *name)
{
    return name ? name : "unknown";
}

const char *notification_code_name(uint8_t code)
{
    return or_unknown(code < sizeof(codes) / sizeof(codes[0]) ? codes[code].name : NULL);
}

const char *notification_subcode_name(uint8_t code, uint8_t subcode)
{
    bool in_table = code < sizeof(codes) / sizeof(codes[0]) && subcode < SUBCODE_COUNT;
    return or_unknown(in_table ? codes[code].subcodes[subcode] : NULL);
}

struct notification notification_make(uint8_t code, uint8_t subcode, struct span data)
{
    struct notification n;
    n.code = code;
    n.subcode = subcode;
    n.data_len_bytes =
        (uint16_t)(data.len_bytes < NOTIFICATION_DATA_MAX ? data.len_bytes : NOTIFICATION_DATA_MAX);
    if (n.data_len_bytes > 0)
        memcpy(n.data, data.data, n.data_len_bytes);
    return n;
}

/* The two subcodes whose data are a shutdown message (RFC 9003 §2). */
static bool has_shutdown_message(uint8_t code, uint8_t subcode)
{
    return code == NOTIFY_CEASE &&
           (subcode == NOTIFY_CEASE_ADMIN_SHUTDOWN || subcode == NOTIFY_CEASE_ADMIN_RESET);
}

/* Length of the longest start of `text` that fits and does not cut a UTF-8 character. */
static size_t shutdown_len_bytes(const char *text)
{
    size_t len = strlen(text);
    if (len <= SHUTDOWN_MESSAGE_MAX)
        return len;
    len = SHUTDOWN_MESSAGE_MAX;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

struct notification notification_cease(uint8_t subcode, const char *message)
{
    uint8_t data[1 + SHUTDOWN_MESSAGE_MAX];
    struct writer w = writer_over(data, sizeof(data));
    if (message && has_shutdown_message(NOTIFY_CEASE, subcode)) {
        size_t len = shutdown_len_bytes(message);
        writer_u8(&w, (uint8_t)len);
        writer_bytes(&w, message, len);
    }
    return notification_make(NOTIFY_CEASE, subcode, writer_span(&w));
}

/* True, with *ret_text borrowed from `n`, when it carries a shutdown message. */
static bool shutdown_message(const struct notification *n, struct span *ret_text)
{
    if (!has_shutdown_message(n->code, n->subcode))
        return false;
    struct reader r = reader_over(span_of(n->data, n->data_len_bytes));
    struct span text = reader_take(&r, reader_u8(&r));
    if (!reader_ok(&r) || text.len_bytes == 0)
        return false;
    *ret_text = text;
    return true;
}

/* RFC 4486 §4: AFI, SAFI and the limit. False when it is anything else. */
static bool describe_prefix_limit(const struct notification *n, struct strbuf *out)
{
    struct reader r = reader_over(span_of(n->data, n->data_len_bytes));
    uint16_t afi = reader_u16(&r);
    uint8_t safi = reader_u8(&r);
    uint32_t limit = reader_u32(&r);
    if (n->code != NOTIFY_CEASE || n->subcode != NOTIFY_CEASE_MAX_PREFIXES || !reader_ok(&r) ||
        reader_left(&r) > 0)
        return false;
    enum family family = family_from_wire(afi, safi);
    if (family == FAMILY_NONE)
        strbuf_printf(out, ", AFI %u, SAFI %u, limit %" PRIu32, afi, safi, limit);
    else
        strbuf_printf(out, ", %s, limit %" PRIu32, family_info(family)->name, limit);
    return true;
}

void notification_describe(const struct notification *n, struct strbuf *out)
{
    strbuf_printf(out, "%s (%u) / %s (%u)", notification_code_name(n->code), n->code,
                  notification_subcode_name(n->code, n->subcode), n->subcode);
    struct span text;
    if (shutdown_message(n, &text)) {
        strbuf_add(out, ", message \"");
        utf8_add_foreign(out, text.data, text.len_bytes);
        strbuf_add_char(out, '"');
    } else if (!describe_prefix_limit(n, out) && n->data_len_bytes > 0) {
        strbuf_add(out, ", data ");
        strbuf_add_hex(out, n->data, n->data_len_bytes, SHOWN_DATA_BYTES);
    }
}

int notification_decode(struct span body, struct notification *ret_n)
{
    struct reader r = reader_over(body);
    uint8_t code = reader_u8(&r);
    uint8_t subcode = reader_u8(&r);
    if (!reader_ok(&r))
        return ERR_TRUNCATED;
    *ret_n = notification_make(code, subcode, reader_rest(&r));
    return 0;
}
