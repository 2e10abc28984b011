/* Framing, KEEPALIVE, NOTIFICATION and ROUTE-REFRESH: RFC 4271 §4.1, §4.4, §4.5 and §6.1, RFC 2918,
 * RFC 5291 §4, RFC 7313, RFC 8654.
 *
 * One table says how long a message of each type may be. */
#include "wire/message.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/reader.h"

enum { MARKER_BYTES = 16, REFRESH_BODY_BYTES = 4, NOTIFY_REFRESH_BAD_LENGTH = 1 };

static const struct message_spec {
    uint16_t min_bytes;
    uint16_t max_bytes;
} messages[] = {
    [MESSAGE_OPEN] = {29, MESSAGE_MAX_BYTES},
    [MESSAGE_UPDATE] = {23, MESSAGE_MAX_EXTENDED_BYTES},
    [MESSAGE_NOTIFICATION] = {21, MESSAGE_MAX_EXTENDED_BYTES},
    [MESSAGE_KEEPALIVE] = {MESSAGE_HEADER_BYTES, MESSAGE_HEADER_BYTES},
    /* A wrong length may have an error code of its own: message_decode_refresh. */
    [MESSAGE_ROUTE_REFRESH] = {MESSAGE_HEADER_BYTES, MESSAGE_MAX_EXTENDED_BYTES},
};

static const struct message_spec *message_spec(uint8_t type)
{
    bool known = type < sizeof(messages) / sizeof(messages[0]) && messages[type].min_bytes > 0;
    return known ? &messages[type] : NULL;
}

static const uint8_t all_ones[MARKER_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                               0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static int header_error(uint8_t subcode, struct span data, struct notification *ret_error)
{
    *ret_error = notification_make(NOTIFY_HEADER, subcode, data);
    return ERR_INVALID;
}

int message_frame(struct span input, size_t max_bytes, uint8_t *ret_type, struct span *ret_body,
                  struct notification *ret_error)
{
    if (input.len_bytes < MESSAGE_HEADER_BYTES)
        return 0;
    struct reader r = reader_over(input);
    struct span marker = reader_take(&r, MARKER_BYTES);
    struct span len_field = span_of(r.pos, 2);
    uint16_t len = reader_u16(&r);
    struct span type_field = span_of(r.pos, 1);
    uint8_t type = reader_u8(&r);

    if (!span_equal(marker, span_of(all_ones, MARKER_BYTES)))
        return header_error(NOTIFY_HEADER_NOT_SYNCHRONIZED, span_of(NULL, 0), ret_error);
    if (len < MESSAGE_HEADER_BYTES || len > max_bytes)
        return header_error(NOTIFY_HEADER_BAD_LENGTH, len_field, ret_error);
    const struct message_spec *spec = message_spec(type);
    if (!spec)
        return header_error(NOTIFY_HEADER_BAD_TYPE, type_field, ret_error);
    if (len < spec->min_bytes || len > spec->max_bytes)
        return header_error(NOTIFY_HEADER_BAD_LENGTH, len_field, ret_error);
    if (input.len_bytes < len)
        return 0;
    *ret_type = type;
    *ret_body = reader_take(&r, (size_t)(len - MESSAGE_HEADER_BYTES));
    return len;
}

static void put_header(struct writer *w, uint16_t len, uint8_t type)
{
    uint8_t *header = writer_claim(w, MESSAGE_HEADER_BYTES);
    if (!header)
        return;
    struct writer in = writer_over(header, MESSAGE_HEADER_BYTES);
    writer_bytes(&in, all_ones, MARKER_BYTES);
    writer_u16(&in, len);
    writer_u8(&in, type);
}

size_t message_begin(struct writer *w, enum message_type type)
{
    size_t mark = writer_mark(w);
    put_header(w, 0, (uint8_t)type);
    return mark;
}

void message_end(struct writer *w, size_t mark)
{
    writer_patch_u16(w, mark + MARKER_BYTES, (uint16_t)(writer_len(w) - mark));
}

void message_encode_keepalive(struct writer *w)
{
    put_header(w, MESSAGE_HEADER_BYTES, MESSAGE_KEEPALIVE);
}

_Static_assert(MESSAGE_HEADER_BYTES + 2 + NOTIFICATION_DATA_MAX == MESSAGE_MAX_BYTES,
               "a notification fits into any message");

void message_encode_notification(struct writer *w, const struct notification *n)
{
    size_t mark = message_begin(w, MESSAGE_NOTIFICATION);
    writer_u8(w, n->code);
    writer_u8(w, n->subcode);
    writer_bytes(w, n->data, n->data_len_bytes);
    message_end(w, mark);
}

void message_encode_refresh(struct writer *w, enum family family, enum refresh_subtype subtype)
{
    const struct family_info *info = family_info(family);
    put_header(w, MESSAGE_HEADER_BYTES + REFRESH_BODY_BYTES, MESSAGE_ROUTE_REFRESH);
    writer_u16(w, info->afi);
    writer_u8(w, (uint8_t)subtype);
    writer_u8(w, info->safi);
}

/* The answer carries the complete message (RFC 7313 §5), as far as a notification holds it. */
static struct notification refresh_length_error(struct span body)
{
    uint8_t message[NOTIFICATION_DATA_MAX];
    struct writer w = writer_over(message, sizeof(message));
    put_header(&w, (uint16_t)(MESSAGE_HEADER_BYTES + body.len_bytes), MESSAGE_ROUTE_REFRESH);
    size_t kept = body.len_bytes < writer_left(&w) ? body.len_bytes : writer_left(&w);
    writer_bytes(&w, body.data, kept);
    return notification_make(NOTIFY_ROUTE_REFRESH, NOTIFY_REFRESH_BAD_LENGTH, writer_span(&w));
}

/* The length field of a message with this body: the data of Bad Message Length. */
static int body_length_error(struct span body, struct notification *ret_error)
{
    uint8_t len_field[2];
    struct writer w = writer_over(len_field, sizeof(len_field));
    writer_u16(&w, (uint16_t)(MESSAGE_HEADER_BYTES + body.len_bytes));
    return header_error(NOTIFY_HEADER_BAD_LENGTH, writer_span(&w), ret_error);
}

int message_decode_refresh(struct span body, bool enhanced, struct route_refresh *ret_refresh,
                           struct notification *ret_error)
{
    struct reader r = reader_over(body);
    struct route_refresh refresh = {.afi = reader_u16(&r)};
    uint8_t subtype = reader_u8(&r);
    bool is_marker = enhanced && (subtype == REFRESH_BEGIN || subtype == REFRESH_END);
    refresh.subtype = enhanced ? subtype : REFRESH_REQUEST;
    refresh.safi = reader_u8(&r);
    if (is_marker && body.len_bytes != REFRESH_BODY_BYTES) {
        *ret_error = refresh_length_error(body);
        return ERR_INVALID;
    }
    if (!reader_ok(&r))
        return body_length_error(body, ret_error);
    *ret_refresh = refresh;
    return 0;
}
